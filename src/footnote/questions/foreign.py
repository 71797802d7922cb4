"""Whether a question is asked in another language than the one that questions are understood in."""

from __future__ import annotations

import re

from footnote import terms
from footnote.loaders.outline.document_language import identify, language_name

__all__ = ["foreign_language", "said_foreign"]

_FEWEST_WORDS = 3
"""Two words tell no language: "ketamine bladder"."""
_MOST_STOPWORDS = 0.25
"""Share of English stop words, "is" and "was" of other languages among them, above which a question is English."""
_SURE = 0.6
"""Names and learned words alone reach .4 for some language; a question of three words in German .5, of five .8 to .99."""
_OTHER_SCRIPT = re.compile(
    "[\u0370-\u052f\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
"""Greek, Cyrillic, Hebrew, Arabic, the scripts of India, Thai, Chinese, Japanese, Korean: one word tells enough."""


def foreign_language(question: str) -> str | None:
    """Name of the language that a question is asked in, where that is surely not English."""
    words = [word.text for word in terms.words(question)]
    if not _OTHER_SCRIPT.search(question) and len(words) < _FEWEST_WORDS:
        return None
    if sum(w in terms.STOPWORDS for w in words) > _MOST_STOPWORDS * len(words):
        return None
    # It takes a hundred megabytes: loaded when a refused question has hardly an English word.
    code, probability = identify(question.lower())
    return language_name(code) if code != "en" and probability >= _SURE else None


def said_foreign(language: str) -> str:
    """The sentence that says so."""
    return f"The question seems to be in {language}. Questions are understood in English: ask it in English."

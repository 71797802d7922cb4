"""What no quote can give: a sum, a count, an average, a summary, an answer in another language.  It is said plainly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from footnote import terms
from footnote.loaders.outline.document_language import identify, language_name

__all__ = ["Beyond", "beyond_quoting", "foreign_language", "said_beyond", "said_foreign", "summary_refusal"]

Beyond = Literal["sum", "count", "average", "summary"]

_PATTERNS: tuple[tuple[Beyond, str], ...] = (
    (
        "summary",
        (
            r"^\W*(?:(?:please|can you|could you|would you|will you)\b\W*)*(?:summari[sz]e|sum up|give (?:me )?(?:a|an|the) "
            r"(?:short |brief |quick )?(?:summary|overview|outline|gist)|write (?:me )?a (?:short |brief )?summary)\b"
            r"|^\W*(?:what(?: is|'s) the |a )?(?:short |brief )?(?:summary|gist|tl;?dr) of\b|\btl;?dr\b"
            r"|^\W*what are the (?:main|key) (?:points|takeaways|messages)\b"
        ),
    ),
    ("average", r"\b(?:on average|what(?: is|'s) the (?:average|mean|median) of|average of (?:all|the|these))\b"),
    (
        "count",
        r"^\W*(?:how many\b.{1,60}\b(?:are|is) (?:there|listed|mentioned|named|given|described)\b|count (?:the|all|how)\b)",
    ),
    (
        "sum",
        (
            r"\b(?:how (?:much|many)|costs?|prices?|pay|paid|number|amount)\b.*\b(?:in total|altogether|all together)\b|"
            r"\b(?:added? up|sum of|total of (?:all|the|these))\b"
        ),
    ),
)
_COMPILED = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _PATTERNS)
_COUNTED = re.compile(r"^\W*how many\s+(.{1,60}?)\s+(?:are|is)\b", re.IGNORECASE)
_NUMBER = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|no)"
_TOLD = {
    "sum": re.compile(r"\b(?:total|totals|altogether|sum|combined|together)\b", re.IGNORECASE),
    "average": re.compile(r"\b(?:average|averages|mean|median|typically)\b", re.IGNORECASE),
}
"""Words of a quote that tells the very thing: then there is nothing to add."""
_SENTENCES = {
    "sum": "Footnote only quotes: it does not add numbers up.",
    "count": "Footnote only quotes: it does not count.",
    "average": "Footnote only quotes: it does not calculate averages.",
}
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


def beyond_quoting(question: str) -> Beyond | None:
    """What a question wants that is more than a quote; None where a quote may answer it as it is."""
    return next((kind for kind, pattern in _COMPILED if pattern.search(question)), None)


def said_beyond(kind: Beyond, question: str, quotes: Sequence[str]) -> str:
    """The sentence that goes with the quotes of a question that wants a sum, a count or an average; empty where they tell it."""
    told = _counted(question) if kind == "count" else _TOLD.get(kind)
    if kind == "summary" or (told is not None and any(told.search(quote) for quote in quotes)):
        return ""
    return _SENTENCES[kind]


def _counted(question: str) -> re.Pattern[str] | None:
    """A number before what is counted: "four codes", "12 kinds of codes"."""
    found = _COUNTED.search(question)
    if found is None:
        return None
    counted = "|".join(re.escape(word[:5]) for word in terms.content_words(found.group(1)))
    return re.compile(rf"\b{_NUMBER}\s+(?:\w+\s+){{0,3}}?(?:{counted})", re.IGNORECASE) if counted else None


def summary_refusal(headings: Sequence[str]) -> str:
    """What is said where a summary is wanted, with the headings that can be asked about."""
    said = "Footnote only quotes: it does not write summaries."
    if not headings:
        return said
    listed = ", ".join(f"“{heading}”" for heading in headings)
    return f"{said} The documents have sections on {listed}: ask about one of them."


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

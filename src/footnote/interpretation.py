"""A question becomes the query that is searched: slips of spelling mended, abbreviations of the documents spelled out.

Both take their words from the documents alone, and both are shown to the person as the question that was understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from footnote import terms
from footnote.encoding import Encoder
from footnote.store import Index

if TYPE_CHECKING:
    from spellchecker import SpellChecker

SHORTEST_MENDED_CHARS = 5
"""Shorter words have too many neighbours one letter away."""
TWO_SLIPS_FROM_CHARS = 9
"""Words from this length on may have two letters wrong."""
DEFINING_PASSAGES = 3
"""An abbreviation in more passages than these finds them by itself: spelling it out then costs more than it gains."""

_ABBREVIATION = re.compile(r"\b[A-Z][A-Za-z]*[A-Z]s?\b")


def to_query(question: str, reader: Index, encoder: Encoder) -> str:
    """The question with its slips mended and its abbreviations spelled out; itself where there is nothing to do."""
    return spell_out(mend_spelling(question, reader, encoder), reader)


def mend_spelling(question: str, reader: Index, encoder: Encoder) -> str:
    """Replace words that neither the documents nor the language know by the closest word of the documents.

    A word that the encoder's tokenizer keeps whole, or that is in a list of English words, is never a slip, even where no
    document holds it.
    """
    suspects = [
        word
        for word in terms.words(question)
        if len(word.text) >= SHORTEST_MENDED_CHARS and word.text.isalpha() and word.text not in terms.STOPWORDS
    ]
    if not suspects:
        return question
    counts = reader.document_frequencies(terms.stem_words([word.text for word in suspects]))
    unknown = [w for w in suspects if not counts.get(terms.stem_words([w.text])[0])]
    if not unknown:
        return question
    bare = encoder.count_tokens([""])[0]
    split = [n - bare > 1 for n in encoder.count_tokens([word.text for word in unknown])]
    mended = question
    for word, is_split in reversed(list(zip(unknown, split, strict=True))):
        found = _closest(word.text, reader.vocabulary()) if is_split else None
        if found is not None and word.text not in _english_words():
            typed = word.span.of(question)
            ending = typed[len(word.text) :] if typed.casefold().startswith(word.text) else ""
            mended = mended[: word.span.start] + _like(typed, found) + ending + mended[word.span.end :]
    return mended


@lru_cache(maxsize=1)
def _english_words() -> SpellChecker:
    # Read when the first word looks like a slip: it takes a third of a second.
    from spellchecker import SpellChecker

    return SpellChecker(language="en")


def _closest(word: str, vocabulary: Mapping[str, int]) -> str | None:
    """The word of the documents with the fewest letters wrong, missing, added or swapped; the commonest of several."""
    from rapidfuzz.distance import OSA

    allowed = 2 if len(word) >= TWO_SLIPS_FROM_CHARS else 1
    best: tuple[int, int, str] | None = None
    for other, passages in vocabulary.items():
        if other[0] != word[0] or abs(len(other) - len(word)) > allowed or not other.isalpha():
            continue
        distance = OSA.distance(word, other, score_cutoff=allowed)
        if distance <= allowed:
            candidate = (distance, -passages, other)
            best = candidate if best is None or candidate < best else best
    return best[2] if best is not None else None


def _like(typed: str, found: str) -> str:
    """The found word with the capitals of the typed one."""
    if typed.isupper():
        return found.upper()
    return found.capitalize() if typed[0].isupper() else found


def spell_out(question: str, reader: Index) -> str:
    """Add what an abbreviation stands for, where the documents say so: "TRD" becomes "TRD (treatment-resistant depression)"."""
    spelled = question
    for match in reversed(list(_ABBREVIATION.finditer(question))):
        short = match.group().removesuffix("s") if match.group()[-2:-1].isupper() else match.group()
        meaning = _definition(short, reader)
        if meaning is not None and meaning.casefold() not in question.casefold():
            spelled = f"{spelled[: match.end()]} ({meaning}){spelled[match.end() :]}"
    return spelled


def _definition(short: str, reader: Index) -> str | None:
    """What the documents say that an abbreviation stands for: the words before its brackets that its letters begin."""
    keys, _ = reader.search_terms(terms.analyse(short), DEFINING_PASSAGES + 1)
    if len(keys) > DEFINING_PASSAGES:
        return None
    for passage in reader.passages(keys):
        text = passage.span.of(reader.document(passage.document_id).text)
        for place in re.finditer(rf"\(\s*{re.escape(short)}s?\s*\)", text):
            found = long_form(short, text[: place.start()])
            if found is not None:
                return found
    return None


@lru_cache(maxsize=1_024)
def long_form(short: str, before: str) -> str | None:
    """The shortest run of words at the end of a text that an abbreviation's letters spell in order.

    The rule is Schwartz and Hearst's (2003): letters are matched from the last to the first, and the first letter must
    begin a word.
    """
    window = before[-20 * len(short) :].rstrip(" *_\"'“")
    at = len(window) - 1
    for n, letter in enumerate(reversed(short.casefold())):
        first = n == len(short) - 1
        while at >= 0 and (window[at].casefold() != letter or (first and at > 0 and window[at - 1].isalnum())):
            at -= 1
        if at < 0:
            return None
        at -= 1
    found = " ".join(window[at + 1 :].replace("*", "").split())
    if found[1:].islower():
        found = found.lower()  # a capital that only began a sentence or an item
    enough_words = len(re.findall(r"\w+", found)) <= 2 * len(short) + 2
    return found if enough_words and len(found) > len(short) and "." not in found else None

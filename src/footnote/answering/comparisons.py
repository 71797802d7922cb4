"""Comparisons: "What is the difference between a kayak and a canoe?" is answered with what the documents tell of each side.

No passage need hold the comparison itself, which is why rerankers do not take one side for an answer: both sides are found by what
names them, a row's first cell or the heading above, and quoted together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from footnote import terms
from footnote.answering.quotes import LIST_MAX_CHARS, Quote, quote_around
from footnote.ranking.evidence import Retrieved
from footnote.ranking.retrieve import sentence_text
from footnote.ranking.scores import ScoredSentences
from footnote.records import Document, Passage, Sentence
from footnote.store import Index

COMPARED_CONFIDENCE = 0.7
"""Of two quotes that tell of the two sides: what each of them tells is certain, whether it is what was wanted is not."""
SAID_OF_BOTH = "Footnote only quotes: this is what the documents tell of each."

_MOST_WORDS = 6
"""Of one side: more is a clause, which names nothing."""
_MORE = r"(?:more|less|fewer|better|worse|(?!(?:oth|rath|numb|nev|wheth|aft|und|memb)er)\w{3,}er)\b"
_ASKING = r"is|are|was|were"
_FORMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:differences?|distinction) between (?P<one>.+?) and (?P<other>[^?!]+)",
        r"\bhow (?:is|are|does|do) (?P<one>.+?) (?:differ(?:ent)?) from (?P<other>[^?!]+)",
        r"\bcompar(?:e|ed|ing)\b:? (?P<one>.+?) (?:and|with|to|against|vs\.?|versus) (?P<other>[^?!]+)",
        r"^(?P<one>[^?!,]+?) (?:vs\.?|versus|compared (?:to|with)) (?P<other>[^?!]+)",
        rf"^\W*(?:{_ASKING}) (?P<one>.+?) (?:much |any |far )?{_MORE}.* than (?P<other>[^?!]+)",
        rf"^\W*(?:which|who|what)\b.*\b{_MORE}.*[,:;-] *(?P<one>.+?) or (?P<other>[^?!]+)",
    )
)


def compared_sides(question: str) -> tuple[frozenset[str], frozenset[str]] | None:
    """Stems that name each of the two things that a question compares, words of both left out; None where it compares nothing."""
    for form in _FORMS:
        found = form.search(question)
        if found is None:
            continue
        sides = found["one"], found["other"]
        if max(len(side.split()) for side in sides) > _MOST_WORDS:
            return None
        one, other = (frozenset(terms.content_stems(side)) for side in sides)
        return (one - other, other - one) if one - other and other - one else None
    return None


def compared_quotes(index: Index, retrieved: Retrieved, scored: ScoredSentences) -> list[Quote]:
    """A quote for each of two compared things, or one where both are rows of one table.

    Empty where a side is not found, and where the best sentence tells of both by itself.

    Args:
        index: for the documents' texts.
        retrieved: the best passages of the question.
        scored: their sentences.
    """
    sides = compared_sides(retrieved.query.text)
    if sides is None:
        return []
    if sides[0] | sides[1] <= set(terms.analyse(sentence_text(index, retrieved, scored.best))):
        return []
    one, other = (_best_of(index, retrieved, scored, *pair) for pair in (sides, sides[::-1]))
    if one is None or other is None or one == other:
        return []
    quotes = [_quote(index, retrieved, scored, n) for n in (one, other)]
    return _in_one_table(index, quotes) or quotes


def _best_of(
    index: Index, retrieved: Retrieved, scored: ScoredSentences, wanted: frozenset[str], rival: frozenset[str]
) -> int | None:
    """Position of the best sentence that tells of one thing and not of the other; None where none does.

    A row that is the thing's comes before a sentence under its heading.  One that only mentions it may tell anything.
    """
    found: list[tuple[int, float, int]] = []
    for n in range(len(scored.scores)):
        home, at = retrieved.sentence(n)
        passage = retrieved.passages[home]
        closeness = _closeness(index.document(passage.document_id), passage, passage.sentences[at], wanted, rival)
        if closeness:
            found.append((closeness, _score(retrieved, scored, n), -n))
    return -max(found)[2] if found else None


def _closeness(
    document: Document, passage: Passage, sentence: Sentence, wanted: frozenset[str], rival: frozenset[str]
) -> int:
    """2 for a row that the thing's name begins, 1 under a heading or title that names it, else 0."""
    block = document.blocks[sentence.block]
    above = set(terms.analyse(" ".join([document.title, *passage.heading_path])))
    named = set(terms.analyse(block.cells[0].of(document.text))) if block.cells else set()
    # "Plus ticket" is the row "Plus" under "Tickets".
    if wanted & named and wanted <= named | above and not rival <= named:
        return 2
    return int(sentence.kind != "heading" and wanted <= above and not rival <= above)


def _score(retrieved: Retrieved, scored: ScoredSentences, n: int) -> float:
    """The sentence's score; of those that were not read, by their likeness to the question and behind all others."""
    score = float(scored.scores[n])
    return score if np.isfinite(score) else float(retrieved.evidence.sentence_similarity[n]) - 1e3


def _quote(index: Index, retrieved: Retrieved, scored: ScoredSentences, n: int) -> Quote:
    home, at = retrieved.sentence(n)
    passage = retrieved.passages[home]
    document = index.document(passage.document_id)
    return quote_around(document, passage, at, _score(retrieved, scored, n), wants_list=False, faq=False)


def _in_one_table(index: Index, quotes: Sequence[Quote]) -> list[Quote]:
    """Two rows of one table as one quote with the rows between them; empty where they are none, or too far apart."""
    first, last = sorted(quotes, key=lambda quote: quote.span.start)
    if first.passage.document_id != last.passage.document_id or first.context is None or first.context != last.context:
        return []
    blocks = index.document(first.passage.document_id).blocks
    span = first.span.cover(last.span)
    inside = [block for block in blocks if block.span.overlaps(span)]
    if len(span) > LIST_MAX_CHARS or any(block.kind != "table_row" for block in inside):
        return []
    return [Quote(first.passage, span, max(first.score, last.score), first.context)]

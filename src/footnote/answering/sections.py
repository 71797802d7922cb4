"""Sections asked for by their number: "section 4.2" is the text under the heading that begins with 4.2, and no search is needed."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from footnote import terms
from footnote.answering.nearest import FRAMING
from footnote.answering.quotes import Quote
from footnote.records import Passage
from footnote.store import Index

__all__ = ["NUMBERED_CONFIDENCE", "AskedSection", "asked_section", "section_quotes"]

NUMBERED_CONFIDENCE = 0.95
"""Of the text under the very number that was asked for."""
_KINDS = "section|chapter|clause|article|part|paragraph|appendix|annex|rule|step"
_ASKED = re.compile(rf"(?:\b(?:{_KINDS})\s+|§\s*)(\d+(?:\.\d+)*)(?![\d.]*\w)", re.IGNORECASE)
_LOOKED_AT = 200
"""Passages with the number in their headings or text that are looked at."""


@dataclass(frozen=True, slots=True)
class AskedSection:
    """A section's number, and the words that tell of which document it is."""

    number: str
    document_words: frozenset[str]


def asked_section(question: str) -> AskedSection | None:
    """The section that a question wants as a whole; None where it names none, or asks something about one."""
    found = list(_ASKED.finditer(question))
    if len(found) != 1:
        return None
    rest = question[: found[0].start()] + " " + question[found[0].end() :]
    words = frozenset(terms.content_words(rest)) - FRAMING
    return AskedSection(found[0].group(1), words)


def section_quotes(
    reader: Index, asked: AskedSection, *, limit: int, allowed: Collection[str] | None = None
) -> list[Quote]:
    """The text under that number, a quote for each passage of it, in order; empty where no heading bears the number.

    Other words of the question have to stand in the title of the document, or the question wants something else.
    """
    weights = {"body": 0.1, "heading": 1.0}
    keys, _ = reader.search_terms(terms.analyse(asked.number), _LOOKED_AT, weights)
    under = re.compile(rf"^\W*(?:(?:{_KINDS})\s*)?§?\s*{re.escape(asked.number)}(?!\d|\.\d)", re.IGNORECASE)
    found: dict[str, list[Passage]] = {}
    for passage in reader.passages(keys):
        title, _ = reader.text_of(passage.document_id)
        fits = asked.document_words <= set(terms.content_words(title))
        if fits and (allowed is None or passage.document_id in allowed) and any(map(under.match, passage.heading_path)):
            found.setdefault(passage.document_id, []).append(passage)
    # Where several documents number their sections, nobody knows which is meant: the search may.
    if len(found) != 1:
        return []
    (passages,) = found.values()
    return [quote for quote in map(_body, sorted(passages, key=lambda each: each.span.start)) if quote][:limit]


def _body(passage: Passage) -> Quote | None:
    said = [sentence.span for sentence in passage.sentences if sentence.kind != "heading"]
    return Quote(passage, said[0].cover(said[-1]), 0.0) if said else None

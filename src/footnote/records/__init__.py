"""The values that cross module borders: frozen, made of tuples, without I/O.

Offsets are Unicode code points into a document's canonical text; a span is half-open.  Slicing makes text: no value here
carries text that was searched for.  Storage keys and matrix rows are not here: they belong to the store.
"""

from __future__ import annotations

from footnote.records.answers import AbstentionReason, Answer, Citation, GoldSpan, Hit, Judgment, Standing, rounded
from footnote.records.documents import (
    PARTS_WORDS,
    Block,
    BlockKind,
    BuildReport,
    Document,
    DocumentSummary,
    FaqPair,
    Passage,
    Sentence,
    SkippedFile,
    Span,
    Style,
    StyleKind,
    visible_offsets,
    visible_text,
)

__all__ = [
    "PARTS_WORDS",
    "AbstentionReason",
    "Answer",
    "Block",
    "BlockKind",
    "BuildReport",
    "Citation",
    "Document",
    "DocumentSummary",
    "FaqPair",
    "GoldSpan",
    "Hit",
    "Judgment",
    "Passage",
    "Sentence",
    "SkippedFile",
    "Span",
    "Standing",
    "Style",
    "StyleKind",
    "rounded",
    "visible_offsets",
    "visible_text",
]

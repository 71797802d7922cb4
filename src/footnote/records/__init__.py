"""The values that cross module borders: frozen, made of tuples, without I/O.

Offsets are Unicode code points into a document's canonical text; a span is half-open.  Slicing makes text: no value here
carries text that was searched for.  Storage keys and matrix rows are not here: they belong to the store.  What a record
looks like as JSON follows from its fields, see ``wire``: it is spelled out nowhere else.
"""

from __future__ import annotations

from footnote.records.answers import (
    AbstentionReason,
    Answer,
    Citation,
    Context,
    GoldSpan,
    Hit,
    Judgment,
    Signal,
    Standing,
    Timing,
    TrackRecord,
    Turn,
)
from footnote.records.documents import (
    PARTS_WORDS,
    Block,
    BlockKind,
    Document,
    FaqPair,
    Metadatum,
    Passage,
    Rectangle,
    Sentence,
    Span,
    Style,
    StyleKind,
    visible_offsets,
    visible_text,
)
from footnote.records.reports import (
    BuildReport,
    Cited,
    DocumentList,
    DocumentSummary,
    Excerpt,
    IndexCheck,
    IndexInfo,
    Info,
    Move,
    NamedSetting,
    SearchResult,
    SettingInfo,
    SkippedFile,
)
from footnote.wire import rounded

__all__ = [
    "PARTS_WORDS",
    "AbstentionReason",
    "Answer",
    "Block",
    "BlockKind",
    "BuildReport",
    "Citation",
    "Cited",
    "Context",
    "Document",
    "DocumentList",
    "DocumentSummary",
    "Excerpt",
    "FaqPair",
    "GoldSpan",
    "Hit",
    "IndexCheck",
    "IndexInfo",
    "Info",
    "Judgment",
    "Metadatum",
    "Move",
    "NamedSetting",
    "Passage",
    "Rectangle",
    "SearchResult",
    "Sentence",
    "SettingInfo",
    "Signal",
    "SkippedFile",
    "Span",
    "Standing",
    "Style",
    "StyleKind",
    "Timing",
    "TrackRecord",
    "Turn",
    "rounded",
    "visible_offsets",
    "visible_text",
]

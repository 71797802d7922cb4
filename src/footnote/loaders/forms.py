"""Documents and settings as JSON, between a worker process and the one that asked; nothing in a reply is trusted."""

from __future__ import annotations

import dataclasses
import json
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

from footnote.errors import DocumentError
from footnote.records import Block, BlockKind, Document, Span, Style, StyleKind
from footnote.settings import Settings

__all__ = ["document_from_json", "document_to_json", "settings_from_json", "settings_to_json"]

_KINDS = frozenset(get_args(BlockKind))
_STYLES = frozenset(get_args(StyleKind))


def settings_to_json(settings: Settings) -> str:
    return json.dumps(dataclasses.asdict(settings), default=str)


def settings_from_json(text: str) -> Settings:
    values = json.loads(text)
    return Settings(**{**values, "cache_dir": Path(values["cache_dir"])})


def document_to_json(document: Document) -> bytes:
    blocks = [
        [
            block.kind,
            _pair(block.span),
            block.level,
            block.headings,
            block.lead_in,
            block.header,
            [_pair(cell) for cell in block.cells],
            block.asks,
            block.ordered,
            [_pair(gap) for gap in block.hidden],
            [[*_pair(style.span), style.kind] for style in block.styles],
        ]
        for block in document.blocks
    ]
    values = [document.title, document.text, blocks, document.page_starts]
    rest = [document.source, document.metadata, document.warnings]
    return json.dumps([*values, *rest], separators=(",", ":")).encode("ascii")


def document_from_json(reply: bytes, *, document_id: str, sha256: str, settings: Settings) -> Document:
    """The document that a worker made.

    Raises:
        DocumentError: the reply is no document: its offsets do not fit its text, or it is beyond a limit.
    """
    try:
        title, text, blocks, pages, source, metadata, warnings = json.loads(reply)
        document = Document(
            id=document_id,
            title=str(title),
            text=str(text),
            sha256=sha256,
            blocks=tuple(_block(values) for values in blocks),
            page_starts=tuple(int(start) for start in pages),
            source=str(source),
            metadata=tuple((str(name), str(value)) for name, value in metadata),
            warnings=tuple(str(warning) for warning in warnings),
        )
        _check(document, settings)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DocumentError("its parser gave an answer that makes no sense", remedy="leave it out") from error
    return document


def _block(values: list[Any]) -> Block:
    kind, span, level, headings, lead_in, header, cells, asks, ordered, hidden, styles = values
    if kind not in _KINDS or any(style not in _STYLES for _, _, style in styles):
        raise ValueError("no such kind")
    return Block(
        kind,
        Span(*span),
        int(level),
        tuple(int(n) for n in headings),
        None if lead_in is None else int(lead_in),
        None if header is None else int(header),
        tuple(Span(*cell) for cell in cells),
        bool(asks),
        bool(ordered),
        tuple(Span(*gap) for gap in hidden),
        tuple(Style(Span(start, end), style) for start, end, style in styles),
    )


def _check(document: Document, settings: Settings) -> None:
    length, count = len(document.text), len(document.blocks)
    fits = length <= settings.document_max_chars and bool(document.text.strip())
    fits = fits and all(above.span.end <= below.span.start for above, below in pairwise(document.blocks))
    starts = document.page_starts
    fits = fits and all(a <= b for a, b in pairwise(starts)) and all(0 <= start <= length for start in starts)
    for number, block in enumerate(document.blocks):
        inner = (*block.cells, *block.hidden, *(style.span for style in block.styles))
        others = (*block.headings, *(n for n in (block.lead_in, block.header) if n is not None))
        fits = fits and block.span.end <= length and all(span.end <= length for span in inner)
        fits = fits and all(0 <= other < count for other in others) and all(n < number for n in block.headings)
    document.text.encode("utf-8")
    if not fits:
        raise ValueError("offsets that do not fit")


def _pair(span: Span) -> tuple[int, int]:
    return span.start, span.end

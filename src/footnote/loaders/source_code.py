"""Code, settings and logs: text whose lines mean something, taken as they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence

from footnote.loaders.canonical import decode
from footnote.loaders.drafts import Draft, assemble, readable_name
from footnote.loaders.front_matter import FrontMatter
from footnote.loaders.limits import check_text
from footnote.loaders.lines import Line, lines_of
from footnote.records import BlockKind, Document, Span
from footnote.settings import Settings

__all__ = ["load_code", "load_log"]

_BLOCK_LINES_MAX = 40
"""Most lines of a block of code: longer ones would be quoted whole."""
_ENTRY = re.compile(
    r"\[?(?:\d{4}[-/.]\d{2}[-/.]\d{2}|\d{1,2}[-/.]\w{2,3}[-/.]\d{2,4}|[A-Z][a-z]{2}\s+\d{1,2}|\d{1,2}:\d{2}:\d{2})|"
    r"(?:\S+\s+){0,3}(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL|FATAL)\b"
)


def load_code(raw: bytes, document_id: str, settings: Settings) -> Document:
    """Code or settings, in blocks that blank lines part.

    Raises:
        DocumentError: no text, too much of it, or not text.
    """
    return _load(raw, document_id, settings, logs=False)


def load_log(raw: bytes, document_id: str, settings: Settings) -> Document:
    """A log: each entry by itself, the lines without a time that follow it included.

    Raises:
        DocumentError: no text, too much of it, or not text.
    """
    return _load(raw, document_id, settings, logs=True)


def _load(raw: bytes, document_id: str, settings: Settings, *, logs: bool) -> Document:
    text, warnings = decode(raw)
    check_text(text, document_id, settings)
    lines = lines_of(text)
    groups = _entries(lines) if logs else _blocks(lines)
    kind: BlockKind = "paragraph" if logs else "code"
    drafts = [Draft(kind, _span(group)) for group in groups]
    front = FrontMatter(title=readable_name(document_id) if logs else document_id.rpartition("/")[2])
    return assemble(raw, text, drafts, document_id=document_id, front=front, warnings=warnings)


def _entries(lines: Sequence[Line]) -> list[list[Line]]:
    found: list[list[Line]] = []
    timed = any(_ENTRY.match(line.text) for line in lines)
    for line in lines:
        if not line.text.strip():
            continue
        goes_on = timed and found and not _ENTRY.match(line.text) and len(found[-1]) < _BLOCK_LINES_MAX
        if goes_on:
            found[-1].append(line)
        else:
            found.append([line])
    return found


def _blocks(lines: Sequence[Line]) -> list[list[Line]]:
    found: list[list[Line]] = [[]]
    for line in lines:
        if not line.text.strip() or len(found[-1]) == _BLOCK_LINES_MAX:
            found.append([])
        if line.text.strip():
            found[-1].append(line)
    return [group for group in found if group]


def _span(group: Sequence[Line]) -> Span:
    first, last = group[0], group[-1]
    return Span(first.start + len(first.text) - len(first.text.lstrip()), last.start + len(last.text.rstrip()))

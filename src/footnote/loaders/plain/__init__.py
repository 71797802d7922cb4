"""Plain text: paragraphs, lists and tables as they stand, headings inferred; chats, subtitles, logs and code by their lines.

A text is read in six steps:

1. ``decode`` makes the canonical text, ``read_front_matter`` takes what it says of itself at its top.
2. Where most lines name who speaks, it is a transcript (``transcripts``): each turn is a block, a question heads its answer.
3. Else its lines become *units* (``text_units``): what a reader sees as one paragraph, list item or table row.  A text that breaks
   its paragraphs into lines is told from one that does not by where its lines end.
4. Short units that do not end as sentences do, and that something follows which they can head, become headings
   (``text_headings.mark_headings``); their levels come of order and wording (``text_headings.set_levels``).
5. Each unit becomes a block.  Nothing is hidden but what no reader takes for words: the markers of list items, the bars of a
   table, rules, and the hyphens of words divided at a line's end.
6. Lines without markers that an announcement precedes are list items (``text_units.split_bare_lists``).

Code and logs are taken as they stand: code in blocks that blank lines part, a log entry by entry.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from footnote.loaders.outline import Draft, assemble, check_text, introduces, readable_name
from footnote.loaders.outline.canonical import decode
from footnote.loaders.outline.front_matter import FrontMatter, read_front_matter
from footnote.loaders.outline.lines import Content, Line, join_divided_words, lines_of, word_counts
from footnote.loaders.plain.text_headings import mark_headings, set_levels
from footnote.loaders.plain.text_units import Unit, cell_spans, split_bare_lists, units_of
from footnote.loaders.plain.transcripts import transcript_drafts
from footnote.records import BlockKind, Document, Span
from footnote.settings import Settings

__all__ = ["load_code", "load_log", "load_plain_text", "plain_text_drafts"]

_BLOCK_LINES_MAX = 40
"""Most lines of a block of code: longer ones would be quoted whole."""
_ENTRY = re.compile(
    r"\[?(?:\d{4}[-/.]\d{2}[-/.]\d{2}|\d{1,2}[-/.]\w{2,3}[-/.]\d{2,4}|[A-Z][a-z]{2}\s+\d{1,2}|\d{1,2}:\d{2}:\d{2})|"
    r"(?:\S+\s+){0,3}(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL|FATAL)\b"
)


def load_plain_text(raw: bytes, document_id: str, settings: Settings) -> Document:
    """Plain text bytes as a document."""
    text, warnings = decode(raw)
    check_text(text, document_id, settings)
    front = read_front_matter(text)
    drafts = transcript_drafts(text, lines_of(text, front.body_start))
    if drafts is not None:
        # What somebody says first is no title.
        front = replace(front, title=front.title or readable_name(document_id))
    else:
        drafts = plain_text_drafts(text, front.body_start)
    return assemble(raw, text, drafts, document_id=document_id, front=front, warnings=warnings)


def plain_text_drafts(text: str, start: int = 0) -> list[Draft]:
    """The blocks of a plain text from an offset on."""
    units = units_of(lines_of(text, start))
    mark_headings(units)
    set_levels(units)
    return split_bare_lists(text, _drafts(text, units))


def _drafts(text: str, units: Sequence[Unit]) -> list[Draft]:
    drafts: list[Draft] = []
    words = word_counts(text) if any(len(unit.lines) > 1 for unit in units) else Counter[str]()
    header: Draft | None = None
    items: list[tuple[int, Draft]] = []
    """(indent, draft) of the list item read last and of those it is nested in."""
    lead_in: Draft | None = None
    for unit in units:
        draft = _row(text, unit) if unit.kind in {"table_header", "table_row"} else _prose(text, unit)
        if draft is None:
            continue
        if len(unit.lines) > 1:
            join_divided_words(draft, unit.lines, words)
        if unit.kind == "item":
            if not items:
                lead_in = _introduces(text, drafts[-1], unit) if drafts else None
            while items and items[-1][0] >= unit.indent:
                items.pop()
            draft.level, draft.ordered = len(items) + 1, unit.ordered
            draft.lead_in = items[-1][1] if items else lead_in
            items.append((unit.indent, draft))
        else:
            items = []
        if unit.kind == "table_header":
            header = draft
        draft.header = header if unit.kind == "table_row" else None
        drafts.append(draft)
    return drafts


def _introduces(text: str, before: Draft, first: Unit) -> Draft | None:
    """The paragraph above a list, where it introduces it."""
    if before.kind != "paragraph":
        return None
    return before if introduces(before.visible(text), directly=not first.blank_before) else None


def _prose(text: str, unit: Unit) -> Draft | None:
    lines = list(unit.lines)
    if unit.kind == "heading" and unit.number:
        # A heading's number is part of its name.
        start = text.rfind("\n", 0, lines[0].start) + 1
        marker = text[start : lines[0].start].lstrip()
        lines[0] = Line(marker + lines[0].text, lines[0].start - len(marker))
    kind: BlockKind = "heading" if unit.kind == "heading" else "list_item" if unit.kind == "item" else "paragraph"
    content = Content.of(lines)
    return content.draft(text, kind, [(0, len(content.text))], level=unit.level)


def _row(text: str, unit: Unit) -> Draft | None:
    line = unit.lines[0]
    cells = cell_spans(line.text, line.start)
    content = Content.of(Line(cell.of(text), cell.start) for cell in cells if len(cell))
    visible = [(at, at + len(line.text)) for at, line in zip(content.starts, content.lines, strict=True)]
    draft = content.draft(text, "table_header" if unit.kind == "table_header" else "table_row", visible)
    if draft is not None:
        draft.cells = tuple(cells)
    return draft


def load_code(raw: bytes, document_id: str, settings: Settings) -> Document:
    """Code or settings, in blocks that blank lines part."""
    return _load(raw, document_id, settings, logs=False)


def load_log(raw: bytes, document_id: str, settings: Settings) -> Document:
    """A log: each entry by itself, the lines without a time that follow it included."""
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

"""Plain text: paragraphs, lists and tables as they stand, headings inferred.

Nothing is hidden in plain text but what no reader takes for words: the markers of list items, the bars of a table, rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from footnote.loaders.bare_lists import split_bare_lists
from footnote.loaders.canonical import decode
from footnote.loaders.divided_words import join_divided_words, word_counts
from footnote.loaders.drafts import Draft, assemble, introduces, readable_name
from footnote.loaders.front_matter import read_front_matter
from footnote.loaders.limits import check_text
from footnote.loaders.lines import Content, Line, lines_of
from footnote.loaders.tables import cell_spans
from footnote.loaders.text_headings import mark_headings
from footnote.loaders.text_levels import set_levels
from footnote.loaders.text_units import Unit, units_of
from footnote.loaders.transcripts import transcript_drafts
from footnote.records import BlockKind, Document
from footnote.settings import Settings

__all__ = ["load_plain_text", "plain_text_drafts"]


def load_plain_text(raw: bytes, document_id: str, settings: Settings) -> Document:
    """Plain text bytes as a document.

    Raises:
        DocumentError: no text, too much of it, or not text.
    """
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

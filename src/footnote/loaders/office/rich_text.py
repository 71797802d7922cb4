"""Rich text (RTF) as blocks: paragraphs, tables and notes, headings and lists by its styles or inferred as in plain text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from footnote.errors import DocumentError
from footnote.loaders.office.rich_text_reader import Paragraph, Row, read_rich_text
from footnote.loaders.outline import Draft
from footnote.loaders.outline.builder import Extract, left_out
from footnote.loaders.outline.canonical import clean_text
from footnote.loaders.outline.front_matter import office_front
from footnote.loaders.outline.grids import Cell, grid_of
from footnote.loaders.plain import plain_text_drafts
from footnote.records import Document
from footnote.settings import Settings

__all__ = ["load_rtf"]

_BULLETS = frozenset("•·▪◦‣o-–—*§\uf0b7\uf0a7")
_NEAR = 40
"""Twentieths of a point within which two borders of cells are one."""
_DEEPEST = 6


def load_rtf(raw: bytes, document_id: str, settings: Settings) -> Document:
    """Rich text."""
    if raw.lstrip()[:5] != b"{\\rtf":
        raise DocumentError("this is no rich text", remedy="save it again as RTF, or name it for what it is")
    read = read_rich_text(raw.lstrip())
    extract = Extract(settings)
    styled = any(isinstance(part, Paragraph) and part.level for part in read.parts)
    start = 0
    parts = read.parts
    while start < len(parts):
        end = start
        while end < len(parts) and isinstance(parts[end], Row) == isinstance(parts[start], Row):
            end += 1
        if isinstance(parts[start], Row):
            _add_table(extract, [part for part in parts[start:end] if isinstance(part, Row)])
        else:
            paragraphs = [part for part in parts[start:end] if isinstance(part, Paragraph)]
            _add_styled(extract, paragraphs) if styled else _add_inferred(extract, paragraphs)
        start = end
    extract.warnings += left_out(hidden=read.hidden, pictures=read.pictures)
    told = read.told
    return extract.document(
        raw, document_id, office_front(told.get("title", ""), {n: told.get(n, "") for n in ("author", "date")})
    )


def _add_styled(extract: Extract, paragraphs: Sequence[Paragraph]) -> None:
    titled = goes_on = False
    lead_in: Draft | None = None
    for part in paragraphs:
        bullet = part.label in _BULLETS
        text = f"{part.label} {part.text}" if part.label and not bullet else part.text
        if part.level:
            titled = titled or part.level < 0
            level = 1 if part.level < 0 else min(part.level + titled, _DEEPEST)
            extract.add("heading", text, level=level)
        elif part.label:
            if not goes_on:
                lead_in = extract.lead_in()
            extract.add("list_item", text, level=part.depth + 1, lead_in=lead_in)
        else:
            extract.add("paragraph", text)
        goes_on = bool(part.label) and not part.level


def _add_inferred(extract: Extract, paragraphs: Sequence[Paragraph]) -> None:
    """Paragraphs without styles: what is a heading or a list is found as in plain text."""
    lines = []
    for part in paragraphs:
        label = "•" if part.label in _BULLETS else part.label
        lines.append(clean_text(f"{label} {part.text}" if label else part.text))
    text = "\n".join(lines)
    made: dict[int, Draft | None] = {}
    header: Draft | None = None
    for draft in sorted(plain_text_drafts(text), key=lambda each: each.span):
        if draft.kind in {"table_header", "table_row"}:
            row = extract.add_row(draft.kind, [cell.of(text) for cell in draft.cells], header)
            header = row if draft.kind == "table_header" else header
            continue
        marker = text[text.rfind("\n", 0, draft.span.start) + 1 : draft.span.start].strip()
        numbered = any(character.isalnum() for character in marker) and marker != "o"
        shown = f"{marker} {draft.span.of(text)}" if numbered else draft.span.of(text)
        lead_in = made.get(id(draft.lead_in)) if draft.lead_in is not None else None
        made[id(draft)] = extract.add(draft.kind, shown, level=draft.level, lead_in=lead_in)


def _add_table(extract: Extract, rows: Sequence[Row]) -> None:
    edges: list[int] = []
    for edge in sorted({edge for row in rows for edge in row.edges}):
        if not edges or edge - edges[-1] > _NEAR:
            edges.append(edge)
    laid = []
    for row in rows:
        cells: list[Cell] = []
        at = 0
        for number, text in enumerate(row.texts):
            columns = 1
            if number < len(row.edges):
                reached = bisect_right(edges, row.edges[number] + _NEAR)
                columns, at = max(reached - at, 1), max(reached, at + 1)
            merge = row.merges[number] if number < len(row.merges) else ""
            if merge == "left" and cells:
                cells[-1] = Cell(cells[-1].text, cells[-1].columns + columns, continues=cells[-1].continues)
            else:
                cells.append(Cell(text, columns, continues=merge == "above"))
        laid.append(cells)
    heads = next((n for n, row in enumerate(rows) if not row.heads), len(rows))
    if max(map(len, laid)) < 2:
        for row in rows:
            for text in row.texts:
                extract.add("paragraph", text)
        return
    extract.add_grid(grid_of(laid), headed=heads if 0 < heads < len(rows) else None)

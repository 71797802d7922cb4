"""Raw HTML inside Markdown: its text, with the tags hidden.

Only so much HTML is understood as tells one stretch of text from the next, and the cells of a table; an HTML file has a loader
of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from footnote.loaders.outline import Draft
from footnote.loaders.outline.grids import Cell, TableShape, grid_of, shape_of
from footnote.loaders.outline.lines import Content
from footnote.records import BlockKind, Span

__all__ = ["html_drafts"]

_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?P<mute>script|style|template|head)\b.*?(?:</(?P=mute)\s*>|\Z)|<\?.*?\?>|<![A-Za-z].*?>|"
    r"</?(?P<tag>[A-Za-z][\w:-]*)(?:\s(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)?/?>",
    re.DOTALL | re.IGNORECASE,
)
_BLOCKS = re.compile(
    r"address|article|aside|blockquote|body|br|button|caption|center|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|"
    r"footer|form|h[1-6]|header|hr|html|iframe|legend|li|main|menu|nav|ol|option|p|pre|section|select|summary|table|tbody|td|"
    r"tfoot|th|thead|title|tr|ul"
)
"""Elements that set text apart; all others stand inside a line."""
_SPANS = re.compile(r"\b(?P<name>colspan|rowspan)\s*=\s*[\"']?\s*(?P<number>\d{1,5})", re.IGNORECASE)


@dataclass(slots=True)
class _OpenCell:
    """A cell that is being read: where its text stands, how far it reaches, whether it names something."""

    columns: int = 1
    rows: int = 1
    heads: bool = False
    visible: list[tuple[int, int]] = field(default_factory=list)


class _Reader:
    def __init__(self, source: str, content: Content) -> None:
        self.found: list[Draft] = []
        self._source = source
        self._content = content
        self._visible: list[tuple[int, int]] = []
        self._tag = ""
        self._rows: list[list[_OpenCell]] = []
        self._in_cell = False

    def text(self, start: int, end: int) -> None:
        if start < end:
            (self._rows[-1][-1].visible if self._in_cell else self._visible).append((start, end))

    def tag(self, name: str, markup: str) -> None:
        closes = markup.startswith("</")
        if name in {"td", "th"} and self._rows:
            self._in_cell = not closes
            if not closes:
                self._rows[-1].append(_open_cell(name, markup))
        elif name == "tr":
            self._in_cell = False
            if not closes:
                self.close()
                self._rows.append([])
        elif name == "table":
            self.end_table()
        elif not self._in_cell and _BLOCKS.fullmatch(name):
            self.close()
            self._tag = "" if closes else name

    def close(self) -> None:
        """A stretch of text outside of cells ends."""
        level = int(self._tag[1]) if re.fullmatch(r"h[1-6]", self._tag) else 0
        kind: BlockKind = "heading" if level else "list_item" if self._tag == "li" else "paragraph"
        draft = self._content.draft(self._source, kind, self._visible, level=1 if kind == "list_item" else level)
        if draft is not None:
            self.found.append(draft)
        self._visible.clear()

    def end_table(self) -> None:
        """The rows that were read become blocks; a cell that reaches into further rows stands in its first."""
        self.close()
        self._tag, self._in_cell = "", False
        rows, self._rows = [row for row in self._rows if row], []
        if not rows:
            return
        cells: dict[Cell, _OpenCell] = {}
        laid = []
        for row in rows:
            made = [Cell(self._text_of(cell), cell.columns, cell.rows, cell.heads) for cell in row]
            cells.update(zip(made, row, strict=True))
            laid.append(made)
        grid = grid_of(laid)
        header: Draft | None = None
        headed = all(cell.heads for cell in rows[0]) and len(rows) > 1
        headed = headed or shape_of([r for r in grid.texts() if r] or [[""]]) == TableShape(0, headed=True)
        above: list[Cell | None] = []
        for number, places in enumerate(grid.rows):
            shown = [
                cells[c] if c is not None and not _covers(places, above, n) else None for n, c in enumerate(places)
            ]
            above = places
            draft = self._row(shown, "table_header" if headed and not number else "table_row")
            if draft is not None:
                header = draft if draft.kind == "table_header" else header
                draft.header = header if draft.kind == "table_row" else None
                self.found.append(draft)

    def _text_of(self, cell: _OpenCell) -> str:
        return " ".join(" ".join(self._content.text[start:end].split()) for start, end in cell.visible).strip()

    def _row(self, cells: list[_OpenCell | None], kind: BlockKind) -> Draft | None:
        visible = [stretch for cell in cells if cell is not None for stretch in cell.visible]
        draft = self._content.draft(self._source, kind, visible)
        if draft is not None:
            at, spans = draft.span.start, []
            for cell in cells:
                inner = self._content.draft(self._source, kind, cell.visible) if cell is not None else None
                spans.append(inner.span if inner is not None else Span(at, at))
                at = spans[-1].end
            draft.cells = tuple(spans)
        return draft


def html_drafts(source: str, content: Content) -> list[Draft]:
    """The stretches of text of an HTML block: headings, list items, the rows of tables, else paragraphs."""
    reader = _Reader(source, content)
    at = 0
    for match in _MARKUP.finditer(content.text):
        reader.text(at, match.start())
        at = match.end()
        reader.tag((match["tag"] or "").lower(), match.group())
    reader.text(at, len(content.text))
    reader.end_table()
    return reader.found


def _open_cell(name: str, markup: str) -> _OpenCell:
    spans = {match["name"].lower(): int(match["number"]) for match in _SPANS.finditer(markup)}
    return _OpenCell(spans.get("colspan", 1), spans.get("rowspan", 1), heads=name == "th")


def _covers(places: list[Cell | None], above: list[Cell | None], column: int) -> bool:
    """Whether the cell at a place reaches there from the left or from above."""
    cell = places[column]
    return (column > 0 and places[column - 1] is cell) or (column < len(above) and above[column] is cell)

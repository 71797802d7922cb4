"""OpenDocument texts, and what spreadsheets share with them: cells, paragraphs, properties.

Headers, footers, comments and tables of contents are left out; so are deleted and hidden text, which is reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from footnote.errors import DocumentError
from footnote.loaders.archives import Archive, local_name, local_value, parse_xml
from footnote.loaders.drafts import Draft
from footnote.loaders.extract import Extract
from footnote.loaders.front_matter import FrontMatter
from footnote.loaders.grid import Cell, Grid, joined
from footnote.loaders.mathematics import formula_text, set_apart
from footnote.loaders.office import left_out, office_front
from footnote.loaders.opendocument_styles import Counter, OpenStyles
from footnote.records import Document
from footnote.settings import Settings

__all__ = ["OpenReader", "cells_of", "load_odt", "odf_front"]

_REPEATS_MAX = 1_000
"""Most copies of a repeated cell that are made: sheets end in a million blank ones."""
_SKIPPED = frozenset(
    "annotation annotation-end tracked-changes table-of-content bibliography alphabetical-index illustration-index ruby-text "
    "hidden-text sequence-decls variable-decls user-field-decls forms desc title named-expressions soft-page-break "
    "hidden-paragraph shapes".split()
)
_DEEPEST = 6


def load_odt(raw: bytes, document_id: str, settings: Settings) -> Document:
    """An OpenDocument text.

    Raises:
        DocumentError: no text, too much of it, encrypted, or no OpenDocument text.
    """
    archive = Archive(raw, settings)
    archive.check_open()
    root = parse_xml(archive.read("content.xml"))
    body = next((e for e in root.iter() if isinstance(e.tag, str) and local_name(e) == "text"), None)
    if body is None or local_name(body.getparent()) != "body":
        raise DocumentError("it is no OpenDocument text", remedy="save it again as one")
    extract = Extract(settings)
    walk = _Walk(extract, OpenReader(archive, root))
    walk.blocks(body)
    extract.warnings += left_out(hidden=walk.reader.hidden, pictures=walk.reader.pictures)
    return extract.document(raw, document_id, odf_front(archive))


def odf_front(archive: Archive) -> FrontMatter:
    """Title, author and date of an OpenDocument file."""
    if "meta.xml" not in archive.names():
        return FrontMatter()
    told = {local_name(e): (e.text or "") for e in parse_xml(archive.read("meta.xml")).iter() if isinstance(e.tag, str)}
    author = told.get("creator") or told.get("initial-creator") or ""
    date = told.get("date") or told.get("creation-date") or ""
    return office_front(told.get("title", ""), {"author": author, "date": date})


@dataclass(slots=True)
class _Line:
    """A paragraph's pieces, and what hangs on it: notes and text boxes."""

    pieces: list[str] = field(default_factory=list)
    hanging: list[Any] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.pieces)


class OpenReader:
    """Reads paragraphs, and counts what it leaves out."""

    def __init__(self, archive: Archive, root: Any) -> None:
        names = archive.names()
        self.styles = OpenStyles(root, parse_xml(archive.read("styles.xml")) if "styles.xml" in names else None)
        self.hidden = 0
        self.pictures = 0
        self._archive = archive

    def line(self, paragraph: Any) -> _Line:
        """The text of a paragraph."""
        line = _Line()
        self._into(paragraph, line)
        return line

    def text(self, paragraph: Any) -> str:
        """The text of a paragraph with that of its boxes and notes."""
        line = self.line(paragraph)
        inner = [self.text(p) for each in line.hanging for p in each.iter() if _is(p, "p", "h")]
        return "\n".join([line.text, *inner])

    def cell_text(self, cell: Any) -> str:
        """A cell's paragraphs as one text; items of a list, and tables inside of it, are told apart."""
        pieces: list[str] = []
        for child in cell:
            if _is(child, "p", "h"):
                pieces.append("\n" + self.text(child))
            elif _is(child, "list"):
                items = [self.cell_text(item) for item in child if _is(item, "list-item", "list-header")]
                pieces.append("\n" + "; ".join(item for item in items if item.strip()))
            elif _is(child, "table"):
                pieces.append("\n" + joined(cells_of(child, self.cell_text)[0].texts()))
        return "".join(pieces)[1:]

    def _into(self, element: Any, line: _Line) -> None:
        line.pieces.append(element.text or "")
        for child in element:
            if isinstance(child.tag, str):
                self._child(child, local_name(child), line)
            line.pieces.append(child.tail or "")

    def _child(self, child: Any, name: str, line: _Line) -> None:
        match name:
            case "s" | "tab":
                line.pieces.append(" ")
            case "line-break":
                line.pieces.append("\n")
            case "note":
                line.hanging += [each for each in child if _is(each, "note-body")]
            case "text-box":
                line.hanging.append(child)
            case "object":
                line.pieces.append(self._object(child))
            case "image":
                self.pictures += 1
            case _ if name in _SKIPPED:
                self.hidden += name in {"hidden-text", "hidden-paragraph"}
            case _ if self.styles.hides(local_value(child, "style-name")) and name == "span":
                self.hidden += 1
            case _:
                # White space between the parts of a frame is none of the text's.
                inner = _Line(hanging=line.hanging)
                self._into(child, inner)
                text = inner.text
                if name == "span" and (place := self.styles.position(local_value(child, "style-name"))):
                    text = set_apart(text, above=place == "super")
                line.pieces.append(text if text.strip() or name in {"span", "a"} else "")

    def _object(self, element: Any) -> str:
        """An embedded formula as text; other objects have none."""
        for child in element:
            if _is(child, "math"):
                return formula_text(child)
        name = (local_value(element, "href") or "").removeprefix("./") + "/content.xml"
        if name not in self._archive.names():
            return ""
        root = parse_xml(self._archive.read(name), doctype=True)
        return formula_text(root) if local_name(root) == "math" else ""


class _Walk:
    def __init__(self, extract: Extract, reader: OpenReader) -> None:
        self.reader = reader
        self._extract = extract
        self._lead_in: Draft | None = None
        self._titled = False
        self._counter = Counter(reader.styles)

    def blocks(self, body: Any, depth: int = 0) -> None:
        """Add what stands in a body, a section, a box or a list item: paragraphs, headings, lists and tables."""
        for element in body:
            if not isinstance(element.tag, str):
                continue
            name = local_name(element)
            if name in {"p", "h"}:
                self._paragraph(element, depth)
                self._counter.written = True
            elif name == "table":
                self._table(element)
            elif name == "list":
                if not depth:
                    self._lead_in = self._extract.lead_in()
                self._counter.enter(element)
                self.blocks(element, depth + 1)
                self._counter.leave()
            elif name in {"list-item", "list-header"}:
                self._counter.item(element, counts=name == "list-item")
                self.blocks(element, depth)
            elif name in {"section", "numbered-paragraph", "index-body", "frame", "text-box"}:
                if local_value(element, "display") in {"none", "condition"} and name == "section":
                    self.reader.hidden += 1
                else:
                    self.blocks(element, depth)

    def _paragraph(self, element: Any, depth: int) -> None:
        reader, style = self.reader, local_value(element, "style-name")
        line = reader.line(element)
        text = line.text
        if reader.styles.hides(style) and text.strip():
            reader.hidden += 1
        elif reader.styles.is_title(style):
            self._titled = self._extract.add("heading", text, level=1) is not None or self._titled
        elif local_name(element) == "h" and text.strip():
            level = local_value(element, "outline-level") or "1"
            number = int(level) if level.isdecimal() and len(level) < 3 else 1
            label = self._counter.label() if depth else self._counter.heading(element, number)
            self._extract.add("heading", f"{label} {text}".strip(), level=min(max(number, 1) + self._titled, _DEEPEST))
        elif depth:
            label = self._counter.label()
            self._extract.add("list_item", f"{label} {text}".strip(), level=depth, lead_in=self._lead_in)
        else:
            self._extract.add("paragraph", text)
        for inner in line.hanging:
            self.blocks(inner)

    def _table(self, element: Any) -> None:
        grid, heads = cells_of(element, self.reader.cell_text)
        if max(map(len, grid.rows), default=0) < 2:
            for cell in (c for c in element.iter() if _is(c, "table-cell")):
                self.blocks(cell)
            return
        self._extract.add_grid(grid, headed=heads if 0 < heads < len(grid.rows) else None)


def cells_of(table: Any, text_of: Callable[[Any], str]) -> tuple[Grid, int]:
    """A table's grid, and how many of its rows are marked as its header; blank cells at the ends are left out."""
    rows: list[list[tuple[int, Cell]]] = []
    heads = 0
    for row, header in _rows(table):
        cells: list[tuple[int, Cell]] = []
        column = 0
        for cell in row:
            if not _is(cell, "table-cell", "covered-table-cell"):
                continue
            times = min(_count(cell, "number-columns-repeated"), _REPEATS_MAX)
            text = text_of(cell) if local_name(cell) == "table-cell" else ""
            spans = _count(cell, "number-columns-spanned"), _count(cell, "number-rows-spanned")
            if text.strip():
                cells += [(column + n, Cell(text, *spans)) for n in range(times)]
            column += times
        # Rows that repeat are blank ones at the end, or a few that are alike.
        copies = min(_count(row, "number-rows-repeated"), _REPEATS_MAX) if cells else 1
        rows += [cells] * copies
        heads += header * copies
    grid = Grid(len(rows))
    for number, cells in enumerate(rows):
        for column, cell in cells:
            grid.put(number, column, cell)
    return grid, heads


def _rows(table: Any) -> list[tuple[Any, bool]]:
    """The rows of a table, not those of tables inside of it, each with whether it belongs to its header."""
    found: list[tuple[Any, bool]] = []
    for child in table:
        if _is(child, "table-row"):
            found.append((child, False))
        elif _is(child, "table-header-rows"):
            found += [(row, True) for row, _ in _rows(child)]
        elif _is(child, "table-rows", "table-row-group"):
            found += _rows(child)
    return found


def _count(element: Any, name: str) -> int:
    value = local_value(element, name) or "1"
    return max(int(value), 1) if value.isdecimal() and len(value) < 10 else 1


def _is(element: Any, *names: str) -> bool:
    return isinstance(element.tag, str) and local_name(element) in names

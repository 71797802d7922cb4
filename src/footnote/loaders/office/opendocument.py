"""OpenDocument texts, and what spreadsheets share with them: cells, paragraphs, styles, numbers, properties.

Headers, footers, comments and tables of contents are left out; so are deleted and hidden text, which is reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from footnote.errors import DocumentError
from footnote.loaders.archives import Archive
from footnote.loaders.formulas import formula_text, is_named, local_name, local_value, parse_xml, set_apart
from footnote.loaders.office import numeral
from footnote.loaders.outline import Draft
from footnote.loaders.outline.builder import Extract, left_out
from footnote.loaders.outline.front_matter import FrontMatter, office_front
from footnote.loaders.outline.grids import Cell, Grid, joined
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
_CHAIN_MAX = 20
_LEVELS = 10


def load_odt(raw: bytes, document_id: str, settings: Settings) -> Document:
    """An OpenDocument text."""
    archive = Archive(raw, settings)
    archive.check_open()
    root = parse_xml(archive.read("content.xml"))
    body = next((e for e in root.iter() if is_named(e, "text")), None)
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
        inner = [self.text(p) for each in line.hanging for p in each.iter() if is_named(p, "p", "h")]
        return "\n".join([line.text, *inner])

    def cell_text(self, cell: Any) -> str:
        """A cell's paragraphs as one text; items of a list, and tables inside of it, are told apart."""
        pieces: list[str] = []
        for child in cell:
            if is_named(child, "p", "h"):
                pieces.append("\n" + self.text(child))
            elif is_named(child, "list"):
                items = [self.cell_text(item) for item in child if is_named(item, "list-item", "list-header")]
                pieces.append("\n" + "; ".join(item for item in items if item.strip()))
            elif is_named(child, "table"):
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
                line.hanging += [each for each in child if is_named(each, "note-body")]
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
            if is_named(child, "math"):
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
            for cell in (c for c in element.iter() if is_named(c, "table-cell")):
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
            if not is_named(cell, "table-cell", "covered-table-cell"):
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
        if is_named(child, "table-row"):
            found.append((child, False))
        elif is_named(child, "table-header-rows"):
            found += [(row, True) for row, _ in _rows(child)]
        elif is_named(child, "table-rows", "table-row-group"):
            found += _rows(child)
    return found


def _count(element: Any, name: str) -> int:
    value = local_value(element, name) or "1"
    return max(int(value), 1) if value.isdecimal() and len(value) < 10 else 1


@dataclass(frozen=True, slots=True)
class _Level:
    kind: str = ""
    prefix: str = ""
    suffix: str = ""
    start: int = 1
    shown: int = 1
    """How many levels the number shows, its own included."""


@dataclass(slots=True)
class _Style:
    parent: str = ""
    hidden: bool = False
    position: str = ""
    """``super`` or ``sub`` where it sets text above or below the line."""


class OpenStyles:
    """The styles of a document's content and of its styles part."""

    def __init__(self, *roots: Any) -> None:
        self._styles: dict[str, _Style] = {}
        self._lists: dict[str, dict[int, _Level]] = {}
        self.outline: dict[int, _Level] = {}
        for root in roots:
            for element in root.iter() if root is not None else ():
                if not isinstance(element.tag, str):
                    continue
                match local_name(element):
                    case "style":
                        self._styles.setdefault(local_value(element, "name") or "", _style(element))
                    case "list-style":
                        self._lists.setdefault(local_value(element, "name") or "", _levels(element))
                    case "outline-style":
                        self.outline = _levels(element)
                    case _:
                        pass

    def is_title(self, name: str | None) -> bool:
        """Whether a style is that of the document's title, or based on it."""
        return "Title" in self._chain(name)

    def hides(self, name: str | None) -> bool:
        """Whether a style hides text."""
        return any(self._styles[each].hidden for each in self._chain(name) if each in self._styles)

    def position(self, name: str | None) -> str:
        """Whether a style sets text above (``super``) or below (``sub``) the line; else empty."""
        return next(
            (p for each in self._chain(name) if each in self._styles and (p := self._styles[each].position)), ""
        )

    def levels(self, list_style: str) -> dict[int, _Level]:
        """The levels of a list style by their depth from 1."""
        return self._lists.get(list_style, {})

    def _chain(self, name: str | None) -> list[str]:
        found: list[str] = []
        while name and name not in found and len(found) < _CHAIN_MAX:
            found.append(name)
            name = self._styles[name].parent if name in self._styles else ""
        return found


def _style(element: Any) -> _Style:
    properties = [each for each in element if isinstance(each.tag, str)]
    placed = [(local_value(each, "text-position") or "").split(" ")[0] for each in properties]
    return _Style(
        local_value(element, "parent-style-name") or "",
        hidden=any(local_value(each, "display") == "none" for each in properties),
        position=next((place for place in placed if place in {"super", "sub"}), ""),
    )


@dataclass(slots=True)
class _OpenList:
    style: str
    key: str = ""
    counts: list[int | None] = field(default_factory=lambda: [None] * _LEVELS)


class Counter:
    """Counts headings and the items of lists, in the order in which they are read."""

    def __init__(self, styles: OpenStyles) -> None:
        self.written = False
        """Whether the open item's number stands before a paragraph already."""
        self._styles = styles
        self._open: list[_OpenList] = []
        self._counts_item = False
        self._ended: dict[str, list[int | None]] = {}
        self._headings: list[int | None] = [None] * (_LEVELS + 1)

    def enter(self, element: Any) -> None:
        """A list begins, on its own or in another."""
        style = local_value(element, "style-name") or (self._open[-1].style if self._open else "")
        opened = _OpenList(style, local_value(element, "id") or "")
        if self._open:
            opened.counts = self._open[-1].counts
            for deeper in range(len(self._open), _LEVELS):
                opened.counts[deeper] = None
        elif local_value(element, "continue-numbering") == "true":
            opened.counts = list(self._ended.get(f"style {style}", opened.counts))
        elif before := self._ended.get(f"id {local_value(element, 'continue-list')}"):
            opened.counts = list(before)
        self._open.append(opened)

    def leave(self) -> None:
        """The list that began last ends."""
        closed = self._open.pop()
        if not self._open:
            self._ended[f"style {closed.style}"] = closed.counts
            if closed.key:
                self._ended[f"id {closed.key}"] = closed.counts

    def item(self, element: Any, *, counts: bool) -> None:
        """An item begins; a header of a list has no number."""
        self.written, self._counts_item = False, counts
        depth = len(self._open)
        if not counts or not 0 < depth <= _LEVELS:
            return
        level = self._level(depth)
        value = self._open[-1].counts[depth - 1]
        start = local_value(element, "start-value") or ""
        own = int(start) if start.isdecimal() and len(start) < 9 else None
        number = own if own is not None else level.start if value is None else value + 1
        self._open[-1].counts[depth - 1] = number

    def label(self) -> str:
        """The number before the open item's first paragraph; empty for bullets and further paragraphs."""
        depth = len(self._open)
        if self.written or not self._counts_item or not 0 < depth <= _LEVELS:
            return ""
        levels = self._styles.levels(self._open[-1].style)
        return _shown(levels, depth, self._open[-1].counts)

    def heading(self, element: Any, depth: int) -> str:
        """The number before a heading of the outline."""
        levels = self._styles.outline
        if local_value(element, "is-list-header") == "true" or not 0 < depth <= _LEVELS:
            return ""
        value = self._headings[depth - 1]
        self._headings[depth - 1] = levels.get(depth, _Level()).start if value is None else value + 1
        for deeper in range(depth, _LEVELS):
            self._headings[deeper] = None
        return _shown(levels, depth, self._headings)

    def _level(self, depth: int) -> _Level:
        return self._styles.levels(self._open[-1].style).get(depth, _Level())


def _shown(levels: dict[int, _Level], depth: int, counts: list[int | None]) -> str:
    level = levels.get(depth)
    if level is None or not level.kind:
        return ""
    numbers = []
    for upper in range(max(depth - level.shown, 0) + 1, depth + 1):
        each = levels.get(upper, _Level())
        value = counts[upper - 1]
        if each.kind:
            numbers.append(numeral(each.start if value is None else value, each.kind))
    return f"{level.prefix}{'.'.join(numbers)}{level.suffix}".strip()


def _levels(element: Any) -> dict[int, _Level]:
    found: dict[int, _Level] = {}
    for part in element:
        if not isinstance(part.tag, str) or local_name(part) == "list-level-style-bullet":
            continue

        def number(name: str, otherwise: int, part: Any = part) -> int:
            value = local_value(part, name) or ""
            return int(value) if value.isdecimal() and len(value) < 9 else otherwise

        found[number("level", 1)] = _Level(
            kind=local_value(part, "num-format") or "",
            prefix=local_value(part, "num-prefix") or "",
            suffix=local_value(part, "num-suffix") or "",
            start=number("start-value", 1),
            shown=number("display-levels", 1),
        )
    return found

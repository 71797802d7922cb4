"""Word documents: all text in its order, by walking the parts that they are made of, once all changes are accepted.

Headers, footers, comments and tables of contents are left out; so are deleted and hidden text, which is reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from footnote.errors import DocumentError
from footnote.loaders.archives import Archive, office_core, related_parts
from footnote.loaders.formulas import formula_text, is_named, local_name, local_value, parse_xml, set_apart
from footnote.loaders.office.word_styles import Numbering, ParagraphStyle, Styles, ground_of, is_on
from footnote.loaders.outline import Draft
from footnote.loaders.outline.builder import Extract, left_out
from footnote.loaders.outline.grids import Cell, grid_of, joined
from footnote.records import Document
from footnote.settings import Settings

__all__ = ["load_docx"]

_WRAPPERS = frozenset({"sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"})
_TITLES = frozenset({"title", "doc title", "document title"})
_LIST_STYLES = ("list bullet", "list number", "list paragraph numbered")
_DEEPEST = 6
_SHAPE = "shape"
"""Ground of a text box, or of cells of a table with a style: of any colour."""
_INLINE_WRAPPERS = frozenset(
    "ins moveTo hyperlink smartTag sdt sdtContent fldSimple customXml dir bdo ruby rubyBase Choice Fallback "
    "AlternateContent".split()
)
_DROPPED = frozenset({"del", "moveFrom"})
_PICTURES = frozenset({"drawing", "pict", "object"})
_CHARACTERS = {"tab": " ", "ptab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011"}
_SYMBOLS = {
    "f0b7": "•",
    "f0a7": "▪",
    "f0fc": "✓",
    "f0fe": "☑",
    "f0a8": "☐",
    "f0e0": "→",
    "f0b0": "°",
    "f0b1": "±",
    "f06d": "µ",
}
"""Of the fonts Symbol and Wingdings, what people write with them; other signs of private fonts have no meaning elsewhere."""


def load_docx(raw: bytes, document_id: str, settings: Settings) -> Document:
    """A Word document."""
    archive = Archive(raw, settings)
    package = _Package(archive)
    body = child_of(package.root, "body")
    if body is None:
        raise DocumentError("it is damaged or no Word document", remedy="save it again")
    extract = Extract(settings)
    walk = _Walk(extract, package)
    with walk.lines.on(_page_ground(package.root)):
        walk.blocks(body)
    walk.report()
    return extract.document(raw, document_id, office_core(archive))


class _Package:
    """The parts of a Word document that its text needs."""

    def __init__(self, archive: Archive) -> None:
        main = related_parts(archive, "").get("officeDocument", ["word/document.xml"])[0]
        self.root = parse_xml(archive.read(main))
        parts = related_parts(archive, main)
        names = archive.names()

        def part(kind: str) -> Any:
            found = parts.get(kind, [""])[0]
            return parse_xml(archive.read(found)) if found in names else None

        self.styles = Styles(part("styles"))
        self.numbering = Numbering(part("numbering"))
        self.notes: dict[tuple[str, str], Any] = {}
        for kind in ("footnote", "endnote"):
            root = part(f"{kind}s")
            for note in root if root is not None else ():
                # Separators are kept as notes too, with a type.
                if isinstance(note.tag, str) and local_value(note, "type") in {None, "normal"}:
                    self.notes[kind, local_value(note, "id") or ""] = note


@dataclass(slots=True)
class _Open:
    """The list that goes on, since Word marks only its items, and whether the document has a title of its own."""

    lead_in: Draft | None = None
    list_goes_on: bool = False
    titled: bool = False


class _Walk:
    def __init__(self, extract: Extract, package: _Package) -> None:
        self._extract = extract
        self._package = package
        self.lines = LineReader(package.styles)
        self._open = _Open()
        self._begun = ""
        """Text of a paragraph whose end was deleted: it goes on in the next."""
        self._told: set[tuple[str, str]] = set()

    def blocks(self, body: Any) -> None:
        """Add what stands in a body: paragraphs and tables, however they are wrapped."""
        for element in body:
            if not isinstance(element.tag, str):
                continue
            name = local_name(element)
            if name == "p":
                self._paragraph(element)
            elif name == "tbl":
                self._table(element)
            elif name in _WRAPPERS:
                properties = child_of(element, "sdtPr")
                if properties is None or not is_on(child_of(properties, "showingPlcHdr")):
                    self.blocks(element)
            elif name == "AlternateContent":
                self.blocks(next(iter(element), element))

    def report(self) -> None:
        """Say what was left out."""
        if self._begun:
            self._extract.add("paragraph", self._begun)
        lines = self.lines
        self._extract.warnings += left_out(hidden=lines.hidden, pictures=lines.pictures, changes=lines.changes)

    def _paragraph(self, element: Any) -> None:
        properties = child_of(element, "pPr")
        style = self._package.styles.of(properties)
        line = self.lines.read(element)
        text, self._begun = self._begun + line.text, ""
        mark = child_of(properties, "rPr")
        if mark is not None and (child_of(mark, "del") is not None or child_of(mark, "moveFrom") is not None):
            self._begun, text = text, ""
        if style.hidden and text.strip():
            self.lines.hidden += 1
        elif text.strip() and not style.name.startswith("toc "):
            self._add(text, style)
        with self.lines.on(_SHAPE):
            for box in line.boxes:
                self.blocks(box)
        self._add_notes(line.notes)

    def _add(self, text: str, style: ParagraphStyle) -> None:
        depth = self._package.numbering.depth(style)
        label = self._package.numbering.label(style.list_id, depth) if style.list_id else None
        numbered = f"{label} {text.lstrip()}" if label else text
        if style.name in _TITLES:
            self._open.titled = self._extract.add("heading", text, level=1) is not None or self._open.titled
        elif style.heading:
            self._extract.add("heading", numbered, level=min(style.heading + self._open.titled, _DEEPEST))
        elif (style.list_id and label is not None) or style.name.startswith(_LIST_STYLES):
            if not self._open.list_goes_on:
                self._open.lead_in, self._open.list_goes_on = self._extract.lead_in(), True
            self._extract.add("list_item", numbered, level=depth + 1, lead_in=self._open.lead_in)
            return
        else:
            self._extract.add("quote" if "quote" in style.name else "paragraph", text)
        self._open.list_goes_on = False

    def _add_notes(self, notes: list[tuple[str, str]]) -> None:
        for key in notes:
            note = self._package.notes.get(key)
            if note is not None and key not in self._told:
                self._told.add(key)
                self.blocks(note)

    def _table(self, table: Any) -> None:
        self._open.list_goes_on = False
        with self.lines.on(_table_ground(table)):
            self._rows(table)

    def _rows(self, table: Any) -> None:
        rows = [row for row in _inner(table, "tr") if not _is_deleted(child_of(row, "trPr"))]
        cells = [list(_inner(row, "tc")) for row in rows]
        if max(map(len, cells), default=0) < 2:
            # A frame around text, not a table.
            for row in cells:
                for cell in row:
                    with self.lines.on(_cell_ground(cell)):
                        self.blocks(cell)
            return
        notes: list[tuple[str, str]] = []
        laid = [self._row(row, inner, notes) for row, inner in zip(rows, cells, strict=True)]
        heads = sum(is_on(child_of(child_of(row, "trPr"), "tblHeader")) for row in rows)
        self._extract.add_grid(grid_of(laid), headed=heads if 0 < heads < len(rows) else None)
        self._add_notes(notes)

    def _row(self, row: Any, cells: list[Any], notes: list[tuple[str, str]]) -> list[Cell]:
        properties = child_of(row, "trPr")
        skipped = _count(child_of(properties, "gridBefore"), 0)
        found = [Cell("", columns=skipped)] if skipped else []
        for cell in cells:
            properties = child_of(cell, "tcPr")
            merge = child_of(properties, "vMerge")
            columns = _count(child_of(properties, "gridSpan"), 1)
            if child_of(properties, "cellDel") is not None:
                found.append(Cell("", columns=columns))
                continue
            goes_on = merge is not None and (local_value(merge, "val") or "continue") == "continue"
            with self.lines.on(_cell_ground(cell)):
                text = "" if goes_on else self._cell_text(cell, notes)
            found.append(Cell(text, columns=columns, continues=goes_on))
        return found

    def _cell_text(self, cell: Any, notes: list[tuple[str, str]]) -> str:
        """A cell's paragraphs as one text; items of a list, and tables inside of it, are told apart."""
        pieces: list[str] = []
        last_is_item = False
        for element in _inner(cell, "p", "tbl"):
            if local_name(element) == "tbl":
                rows = [[self._cell_text(c, notes) for c in _inner(row, "tc")] for row in _inner(element, "tr")]
                text, is_item = joined(rows), False
            else:
                line = self.lines.read(element)
                style = self._package.styles.of(child_of(element, "pPr"))
                depth = self._package.numbering.depth(style)
                label = self._package.numbering.label(style.list_id, depth) if style.list_id else None
                text, is_item = f"{label} {line.text}" if label else line.text, label is not None
                with self.lines.on(_SHAPE):
                    text = "\n".join([text, *(self._cell_text(box, notes) for box in line.boxes)])
                notes += line.notes
            if text.strip():
                pieces.append(("; " if is_item and last_is_item else "\n") + text.strip())
                last_is_item = is_item
        return "".join(pieces)[1:]


def _inner(element: Any, *names: str) -> list[Any]:
    """The children of the given names, and those in wrappers around them."""
    found: list[Any] = []
    for child in element:
        if isinstance(child.tag, str):
            name = local_name(child)
            if name in names:
                found.append(child)
            elif name in _WRAPPERS:
                found += _inner(child, *names)
    return found


def _page_ground(root: Any) -> str | None:
    page = child_of(root, "background")
    return (local_value(page, "color") or "").lower().replace("auto", "") or None


def _table_ground(table: Any) -> str | None:
    """What the style of a table may lay under its cells is not known."""
    style = local_value(child_of(child_of(table, "tblPr"), "tblStyle"), "val")
    return None if style in {None, "TableGrid", "TableNormal"} else _SHAPE


def _cell_ground(cell: Any) -> str | None:
    shading = child_of(child_of(cell, "tcPr"), "shd")
    return ground_of(shading) if shading is not None else None


def _is_deleted(properties: Any) -> bool:
    return child_of(properties, "del") is not None


def _count(element: Any, otherwise: int) -> int:
    value = local_value(element, "val")
    return int(value) if value and value.isdecimal() and len(value) < 6 else otherwise


@dataclass(slots=True)
class Line:
    """A paragraph's text, and what hangs on it: ids of its notes, and the bodies of its text boxes."""

    text: str = ""
    notes: list[tuple[str, str]] = field(default_factory=list)
    boxes: list[Any] = field(default_factory=list)
    pictures: int = 0


@dataclass(slots=True)
class LineReader:
    """Reads paragraphs, and counts what it leaves out."""

    styles: Styles
    hidden: int = 0
    changes: int = 0
    pictures: int = 0
    _fields: list[str] = field(default_factory=list)
    """Of each field that is open, whether its code or its result is being read."""
    _paragraph: Any = None
    """Properties of the paragraph that is being read."""
    _ground: str | None = None

    @contextmanager
    def on(self, ground: str | None) -> Iterator[None]:
        """While what stands on a ground of that colour is read; None: on the one around it."""
        around, self._ground = self._ground, ground or self._ground
        yield
        self._ground = around

    def read(self, paragraph: Any) -> Line:
        """The text of a paragraph."""
        # A code ends in its paragraph, a result (a table of contents) may go on.
        self._fields = [part for part in self._fields if part == "result"]
        self._paragraph = child_of(paragraph, "pPr")
        line = Line()
        pieces: list[str] = []
        self._into(paragraph, pieces, line)
        line.text = "".join(pieces)
        self.pictures += line.pictures
        return line

    def _into(self, element: Any, pieces: list[str], line: Line) -> None:
        for child in element:
            if not isinstance(child.tag, str):
                continue
            name = local_name(child)
            if name == "r":
                self._run(child, pieces, line)
            elif name == "AlternateContent":
                # The same thing for newer and for older programs.
                self._into(next(iter(child), child), pieces, line)
            elif name == "sdt":
                self._control(child, pieces, line)
            elif name in _INLINE_WRAPPERS:
                self.changes += name in {"ins", "moveTo"}
                self._into(child, pieces, line)
            elif name in _DROPPED:
                self.changes += 1
            elif name in {"oMath", "oMathPara"}:
                pieces.append(formula_text(child))

    def _control(self, control: Any, pieces: list[str], line: Line) -> None:
        properties = child_of(control, "sdtPr")
        if properties is None or not is_on(child_of(properties, "showingPlcHdr")):
            self._into(control, pieces, line)

    def _run(self, run: Any, pieces: list[str], line: Line) -> None:
        properties = child_of(run, "rPr")
        hidden = self.styles.hides(properties, self._paragraph, self._ground)
        place = local_value(child_of(properties, "vertAlign"), "val")
        for child in run:
            if not isinstance(child.tag, str):
                continue
            name = local_name(child)
            if name == "fldChar":
                self._field(child, pieces)
            elif self._in_code():
                continue
            elif hidden:
                self.hidden += name == "t" and bool((child.text or "").strip())
            elif name in _PICTURES or name == "AlternateContent":
                self._drawing(child, line)
            elif name == "ruby":
                self._into(child, pieces, line)
            elif name in {"footnoteReference", "endnoteReference"}:
                line.notes.append((name.removesuffix("Reference"), local_value(child, "id") or ""))
            else:
                pieces.append(_characters(child, name, place))

    def _field(self, mark: Any, pieces: list[str]) -> None:
        match local_value(mark, "fldCharType"):
            case "begin":
                if not self._in_code():
                    pieces.append(_form_value(mark))
                self._fields.append("code")
            case "separate" if self._fields:
                self._fields[-1] = "result"
            case "end" if self._fields:
                self._fields.pop()
            case _:
                pass

    def _in_code(self) -> bool:
        return "code" in self._fields

    def _drawing(self, drawing: Any, line: Line) -> None:
        if local_name(drawing) == "AlternateContent":
            drawing = next(iter(drawing), drawing)
        boxes = list(_boxes(drawing))
        line.boxes += boxes
        line.pictures += not boxes


def _boxes(drawing: Any) -> Iterator[Any]:
    """The bodies of text boxes in a drawing, outermost only; of an alternative, the first way to say it."""
    for child in drawing:
        if not isinstance(child.tag, str):
            continue
        name = local_name(child)
        if name == "txbxContent":
            yield child
        elif name == "AlternateContent":
            yield from _boxes(next(iter(child), child))
        else:
            yield from _boxes(child)


def child_of(element: Any, name: str) -> Any:
    """The first child of a local name; None where there is none."""
    if element is not None:
        for child in element:
            if is_named(child, name):
                return child
    return None


def _characters(element: Any, name: str, place: str | None) -> str:
    """What a part of a run shows; ``place`` is where it is set on the line."""
    if name == "t":
        text = element.text or ""
        return set_apart(text, above=place == "superscript") if place in {"superscript", "subscript"} else text
    return _symbol(element) if name == "sym" else _CHARACTERS.get(name, "")


def _symbol(element: Any) -> str:
    code = (local_value(element, "char") or "").lower()
    if code in _SYMBOLS:
        return _SYMBOLS[code]
    if code.startswith("f0") or not code or len(code) > 5:
        return ""
    try:
        return chr(int(code, 16))
    except ValueError:
        return ""


def _form_value(mark: Any) -> str:
    """What is chosen in a field of an older form."""
    data = child_of(mark, "ffData")
    choices = child_of(data, "ddList")
    if choices is not None:
        entries = [local_value(each, "val") or "" for each in choices if local_name(each) == "listEntry"]
        chosen = (
            local_value(child_of(choices, "result"), "val") or local_value(child_of(choices, "default"), "val") or "0"
        )
        return entries[int(chosen)] if chosen.isdecimal() and int(chosen) < len(entries) else ""
    box = child_of(data, "checkBox")
    if box is not None:
        mark = child_of(box, "checked")
        return "☒" if is_on(mark if mark is not None else child_of(box, "default")) else "☐"
    return ""

"""Word documents: all text in its order, by walking the parts that they are made of.

Headers, footers, comments and tables of contents are left out; so are deleted and hidden text, which is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from footnote.errors import DocumentError
from footnote.loaders.archives import Archive, local_name, local_value, parse_xml
from footnote.loaders.drafts import Draft
from footnote.loaders.extract import Extract
from footnote.loaders.grid import Cell, grid_of, joined
from footnote.loaders.office import left_out, office_core, related_parts
from footnote.loaders.word_numbering import Numbering
from footnote.loaders.word_styles import ParagraphStyle, Styles, is_on
from footnote.loaders.word_text import LineReader, child_of
from footnote.records import Document
from footnote.settings import Settings

__all__ = ["load_docx"]

_WRAPPERS = frozenset({"sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"})
_TITLES = frozenset({"title", "doc title", "document title"})
_LIST_STYLES = ("list bullet", "list number", "list paragraph numbered")
_DEEPEST = 6


def load_docx(raw: bytes, document_id: str, settings: Settings) -> Document:
    """A Word document.

    Raises:
        DocumentError: no text, too much of it, encrypted, or no Word document.
    """
    archive = Archive(raw, settings)
    package = _Package(archive)
    body = child_of(package.root, "body")
    if body is None:
        raise DocumentError("it is damaged or no Word document", remedy="save it again")
    extract = Extract(settings)
    walk = _Walk(extract, package)
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
        self._lines = LineReader(package.styles)
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
        lines = self._lines
        self._extract.warnings += left_out(hidden=lines.hidden, pictures=lines.pictures, changes=lines.changes)

    def _paragraph(self, element: Any) -> None:
        properties = child_of(element, "pPr")
        style = self._package.styles.of(properties)
        line = self._lines.read(element)
        text, self._begun = self._begun + line.text, ""
        mark = child_of(properties, "rPr")
        if mark is not None and (child_of(mark, "del") is not None or child_of(mark, "moveFrom") is not None):
            self._begun, text = text, ""
        if style.hidden and text.strip():
            self._lines.hidden += 1
        elif text.strip() and not style.name.startswith("toc "):
            self._add(text, style)
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
        rows = [row for row in _inner(table, "tr") if not _is_deleted(child_of(row, "trPr"))]
        cells = [list(_inner(row, "tc")) for row in rows]
        if max(map(len, cells), default=0) < 2:
            # A frame around text, not a table.
            for row in cells:
                for cell in row:
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
            found.append(Cell("" if goes_on else self._cell_text(cell, notes), columns=columns, continues=goes_on))
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
                line = self._lines.read(element)
                style = self._package.styles.of(child_of(element, "pPr"))
                depth = self._package.numbering.depth(style)
                label = self._package.numbering.label(style.list_id, depth) if style.list_id else None
                text, is_item = f"{label} {line.text}" if label else line.text, label is not None
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


def _is_deleted(properties: Any) -> bool:
    return child_of(properties, "del") is not None


def _count(element: Any, otherwise: int) -> int:
    value = local_value(element, "val")
    return int(value) if value and value.isdecimal() and len(value) < 6 else otherwise

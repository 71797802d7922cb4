"""PowerPoint presentations: each slide's title as a heading, its text and tables, then its notes; slides are pages."""

from __future__ import annotations

from typing import Any

from footnote.errors import DocumentError
from footnote.loaders.archives import Archive, office_core, related_parts
from footnote.loaders.formulas import is_named, local_value, parse_xml
from footnote.loaders.outline.builder import Extract, left_out
from footnote.loaders.outline.grids import Cell, Grid
from footnote.records import Document
from footnote.settings import Settings

__all__ = ["load_pptx"]

_TITLES = frozenset({"title", "ctrTitle"})
_FRAMING = frozenset({"sldNum", "dt", "ftr", "hdr", "sldImg"})
_LEVEL = 2


def load_pptx(raw: bytes, document_id: str, settings: Settings) -> Document:
    """A presentation."""
    archive = Archive(raw, settings)
    main = related_parts(archive, "").get("officeDocument", ["ppt/presentation.xml"])[0]
    targets = related_parts(archive, main, by_id=True)
    order = [e for e in parse_xml(archive.read(main)).iter() if is_named(e, "sldId")]
    names = [targets[key][0] for e in order if (key := _relation(e)) in targets]
    if not names:
        raise DocumentError("it has no slides", remedy="save it again as PPTX")
    walk = _Walk(Extract(settings), archive)
    for name in names:
        walk.slide(name)
    extract = walk.extract
    if walk.hidden:
        extract.warnings.append(f"{walk.hidden} hidden slide{'s' if walk.hidden > 1 else ''} left out")
    extract.warnings += left_out(pictures=walk.pictures)
    return extract.document(raw, document_id, office_core(archive))


class _Walk:
    def __init__(self, extract: Extract, archive: Archive) -> None:
        self.extract = extract
        self.hidden = 0
        self.pictures = 0
        self._archive = archive

    def slide(self, name: str) -> None:
        """Add a slide, its title first and its notes last."""
        root = parse_xml(self._archive.read(name))
        if (root.get("show") or "1") in {"0", "false"}:
            self.hidden += 1
            return
        self.extract.start_page()
        shapes = [shape for shape in root.iter() if is_named(shape, "sp", "graphicFrame", "pic")]
        for shape in sorted(shapes, key=lambda each: _placeholder(each) not in _TITLES):
            self._shape(shape)
        parts = related_parts(self._archive, name)
        for kind, wanted in (("diagramData", "pt"), ("notesSlide", "sp")):
            for part in parts.get(kind, ()):
                if part in self._archive.names():
                    for shape in parse_xml(self._archive.read(part)).iter():
                        if is_named(shape, wanted):
                            self._shape(shape)

    def _shape(self, shape: Any) -> None:
        kind = _placeholder(shape)
        if is_named(shape, "pic"):
            self.pictures += 1
        elif is_named(shape, "graphicFrame"):
            for table in shape.iter():
                if is_named(table, "tbl"):
                    self._table(table)
        elif kind in _TITLES:
            self.extract.add("heading", " ".join(_lines(shape)), level=_LEVEL)
        elif kind not in _FRAMING:
            self._text(shape, listed=kind in {"body", "obj"} or kind.isdecimal())

    def _text(self, shape: Any, *, listed: bool) -> None:
        paragraphs = [p for p in shape.iter() if is_named(p, "p")]
        told = [p for p in paragraphs if _paragraph(p).strip()]
        lead_in = self.extract.lead_in()
        for paragraph in told:
            properties = next((e for e in paragraph if is_named(e, "pPr")), None)
            level = (properties.get("lvl") if properties is not None else None) or "0"
            if listed and len(told) > 1:
                depth = int(level) + 1 if level.isdecimal() and len(level) == 1 else 1
                self.extract.add("list_item", _paragraph(paragraph), level=depth, lead_in=lead_in)
            else:
                self.extract.add("paragraph", _paragraph(paragraph))

    def _table(self, table: Any) -> None:
        rows = [[cell for cell in row if is_named(cell, "tc")] for row in table if is_named(row, "tr")]
        grid = Grid(len(rows))
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if not (cell.get("hMerge") or cell.get("vMerge")):
                    text = "\n".join(_lines(cell))
                    grid.put(number, column, Cell(text, _count(cell, "gridSpan"), _count(cell, "rowSpan")))
        first = any(e.get("firstRow") in {"1", "true"} for e in table if is_named(e, "tblPr"))
        self.extract.add_grid(grid, headed=1 if first and len(rows) > 1 else None)


def _lines(element: Any) -> list[str]:
    return [text for p in element.iter() if is_named(p, "p") if (text := _paragraph(p)).strip()]


def _paragraph(paragraph: Any) -> str:
    pieces = []
    for part in paragraph.iter():
        if is_named(part, "t"):
            pieces.append(part.text or "")
        elif is_named(part, "br"):
            pieces.append("\n")
    return "".join(pieces)


def _placeholder(shape: Any) -> str:
    """What a shape is on its slide; empty for one that is nothing in particular."""
    for element in shape.iter():
        if is_named(element, "ph"):
            return element.get("type") or ("obj" if element.get("idx") else "body")
        if is_named(element, "txBody", "tbl", "blipFill"):
            return ""
    return ""


def _relation(element: Any) -> str:
    return next((value for key, value in element.items() if key.endswith("}id")), "")


def _count(element: Any, name: str) -> int:
    value = local_value(element, name) or "1"
    return int(value) if value.isdecimal() and len(value) < 5 else 1

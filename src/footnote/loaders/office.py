"""Text documents of office programs: DOCX, ODT and RTF."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from footnote.errors import DocumentError
from footnote.loaders.archives import Archive, parse_xml
from footnote.loaders.canonical import clean_text
from footnote.loaders.drafts import Draft, assemble
from footnote.loaders.extract import Extract
from footnote.loaders.front_matter import FrontMatter
from footnote.loaders.limits import check_text
from footnote.loaders.plain_text import plain_text_drafts
from footnote.records import Document
from footnote.settings import Settings

__all__ = ["load_docx", "load_odt", "load_rtf", "office_front", "sheet_rows"]

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_REPEATS_MAX = 1_000
"""Most copies of a repeated cell that are made: sheets end in a million blank ones."""


@dataclass(slots=True)
class _Lists:
    """The list that goes on, for formats that mark only its items."""

    lead_in: Draft | None = None
    open: bool = False

    def item(self, extract: Extract, text: str, level: int, *, ordered: bool) -> None:
        if not self.open:
            self.lead_in, self.open = extract.lead_in(), True
        extract.add("list_item", text, level=level, ordered=ordered, lead_in=self.lead_in)


def load_docx(raw: bytes, document_id: str, settings: Settings) -> Document:
    """A Word document.

    Raises:
        DocumentError: no text, too much of it, or no Word document.
    """
    archive = Archive(raw, settings)
    for name in archive.names():
        if name.endswith((".xml", ".rels")):
            parse_xml(archive.read(name))
    import docx
    from docx.table import Table

    try:
        word = docx.Document(io.BytesIO(raw))
    except (KeyError, ValueError) as error:
        raise DocumentError("it is damaged or no Word document", remedy="save it again") from error
    extract, lists = Extract(settings), _Lists()
    titled = False
    for part in word.iter_inner_content():
        if isinstance(part, Table):
            extract.add_table([[cell.text for cell in row.cells] for row in part.rows])
            continue
        style = (part.style.name if part.style is not None else None) or ""
        level, ordered = _list_level(part, style)
        if style == "Title":
            titled = extract.add("heading", part.text, level=1) is not None or titled
        elif style.startswith("Heading ") and style[8:].isdigit():
            extract.add("heading", part.text, level=min(int(style[8:]) + titled, 6))
        elif level:
            lists.item(extract, part.text, level, ordered=ordered)
            continue
        else:
            extract.add("quote" if "Quote" in style else "paragraph", part.text)
        lists.open = False
    core = word.core_properties
    date = core.modified or core.created
    pairs = {"author": core.author or "", "date": date.date().isoformat() if date else ""}
    return extract.document(raw, document_id, office_front(core.title or "", pairs))


def _list_level(paragraph: Any, style: str) -> tuple[int, bool]:
    """Nesting depth from 1 of a list item, 0 for another paragraph; whether its list is numbered, by its style's name."""
    numbering = paragraph._p.find(f"{_WORD}pPr/{_WORD}numPr")  # noqa: SLF001 - the library has no other way to it
    ordered = "Number" in style
    if numbering is None or style.startswith("Heading"):
        return (1, ordered) if style.startswith("List ") and style != "List Continue" else (0, False)
    depth = numbering.find(f"{_WORD}ilvl")
    value = depth.get(f"{_WORD}val") if depth is not None else "0"
    return (min(int(value), 8) + 1 if value and value.isdigit() else 1), ordered


def office_front(title: str, pairs: dict[str, str]) -> FrontMatter:
    """Title and metadata from a document's properties, blank ones left out."""
    metadata = tuple(sorted((name, clean_text(value).strip()) for name, value in pairs.items() if value.strip()))
    return FrontMatter(title=clean_text(title).strip(), metadata=metadata)


def load_odt(raw: bytes, document_id: str, settings: Settings) -> Document:
    """An OpenDocument text.

    Raises:
        DocumentError: no text, too much of it, or no OpenDocument text.
    """
    archive = Archive(raw, settings)
    root = parse_xml(archive.read("content.xml"))
    body = root.find(f"{_OFFICE}body/{_OFFICE}text")
    if body is None:
        raise DocumentError("it is no OpenDocument text", remedy="save it again as one")
    parents = {
        style.get(f"{_STYLE}name"): style.get(f"{_STYLE}parent-style-name") for style in root.iter(f"{_STYLE}style")
    }
    extract = Extract(settings)
    _add_odt(extract, body, parents)
    return extract.document(raw, document_id, odf_front(archive))


def odf_front(archive: Archive) -> FrontMatter:
    """Title, author and date of an OpenDocument file."""
    if "meta.xml" not in archive.names():
        return FrontMatter()
    meta = parse_xml(archive.read("meta.xml"))
    pairs = {"author": meta.findtext(f".//{_DC}creator") or "", "date": (meta.findtext(f".//{_DC}date") or "")[:10]}
    return office_front(meta.findtext(f".//{_DC}title") or "", pairs)


def _add_odt(extract: Extract, body: Any, parents: dict[Any, Any]) -> None:
    titled = False
    lead_in: Draft | None = None
    for element, depth, first in _odt_parts(body, 0):
        if element.tag == f"{_TABLE}table":
            extract.add_table(list(sheet_rows(element)))
            continue
        text = _odt_text(element)
        style = element.get(f"{_TEXT}style-name")
        if "Title" in {style, parents.get(style)}:
            titled = extract.add("heading", text, level=1) is not None or titled
        elif element.tag == f"{_TEXT}h":
            level = element.get(f"{_TEXT}outline-level") or "1"
            extract.add("heading", text, level=min((int(level) if level.isdigit() else 1) + titled, 6))
        elif depth:
            if first:
                lead_in = extract.lead_in()
            extract.add("list_item", text, level=depth, lead_in=lead_in)
        else:
            extract.add("paragraph", text)


def _odt_parts(body: Any, depth: int) -> Iterator[tuple[Any, int, bool]]:
    """(element, list depth, whether it begins a list) of paragraphs, headings and tables, in order."""
    first = True
    for element in body:
        if element.tag in {f"{_TEXT}p", f"{_TEXT}h", f"{_TABLE}table"}:
            yield element, depth, first and depth == 1
            first = False
        elif element.tag in {f"{_TEXT}list", f"{_TEXT}list-item", f"{_TEXT}list-header", f"{_TEXT}section"}:
            inner = depth + (element.tag == f"{_TEXT}list")
            for number, part in enumerate(_odt_parts(element, inner)):
                begins = depth == 0 and inner == 1 and number == 0
                yield part[0], part[1], begins
            first = False


def _odt_text(element: Any) -> str:
    """Text of a paragraph; notes and comments are left out."""
    pieces = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            if child.tag in {f"{_TEXT}s", f"{_TEXT}tab"}:
                pieces.append(" ")
            elif child.tag == f"{_TEXT}line-break":
                pieces.append("\n")
            elif child.tag not in {f"{_TEXT}note", f"{_OFFICE}annotation"}:
                pieces.append(_odt_text(child))
        pieces.append(child.tail or "")
    return "".join(pieces)


def sheet_rows(table: Any) -> Iterator[list[str]]:
    """Rows of an OpenDocument table as the texts of their cells; blank cells at a row's end are left out."""
    for row in table.iter(f"{_TABLE}table-row"):
        cells: list[str] = []
        for cell in row:
            if cell.tag not in {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}:
                continue
            text = "\n".join(_odt_text(paragraph) for paragraph in cell.iter(f"{_TEXT}p"))
            times = cell.get(f"{_TABLE}number-columns-repeated") or "1"
            cells += [text] * min(int(times) if times.isdigit() else 1, _REPEATS_MAX)
        while cells and not cells[-1].strip():
            cells.pop()
        yield cells


def load_rtf(raw: bytes, document_id: str, settings: Settings) -> Document:
    """Rich text: its words, with headings, lists and tables inferred as in plain text.

    Raises:
        DocumentError: no text, too much of it, or no rich text.
    """
    if not raw.lstrip()[:5] == b"{\\rtf":
        raise DocumentError("this is no rich text", remedy="save it again as RTF, or name it for what it is")
    from striprtf.striprtf import rtf_to_text

    text = clean_text(rtf_to_text(raw.decode("latin-1"), errors="ignore")).strip()
    check_text(text, document_id, settings)
    return assemble(raw, text, plain_text_drafts(text), document_id=document_id, front=FrontMatter(), warnings=())

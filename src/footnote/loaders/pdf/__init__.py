"""PDF: pages as headings, paragraphs, list items and tables, each page's first character known.

A PDF holds letters with their places, and nothing of what they are.  It is read in these steps:

1. ``pages`` asks PDFium for each page's letters (``characters``, cut into *runs*: stretches of a line without a wide gap), its rules
   (drawn lines, ``runs``) and what is filled in; a page without letters is recognised by Tesseract where that is installed.
2. Rows that recur at the pages' edges are left out but for their first showing (``margins``).
3. ``reading_order`` brings runs into the order in which a person reads them: rows, bands of columns, tables whose cells are drawn;
   ``text_tables`` finds rows and columns of those that are not.
4. ``page_blocks`` joins lines to headings, paragraphs and list items, over the ends of columns and pages too.
5. Here the parts become a document's text: words divided at a line's end made whole, tables that go on under one header.

To show a page as it looks, ``drawing`` has PDFium draw it, and ``letter_places`` finds where on it the letters of the text stand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from footnote.errors import DocumentError
from footnote.loaders.outline import Draft, readable_name
from footnote.loaders.outline.builder import Extract
from footnote.loaders.outline.canonical import clean_text
from footnote.loaders.outline.front_matter import FrontMatter
from footnote.loaders.pdf.margins import without_margins
from footnote.loaders.pdf.page_blocks import Part, parts_of
from footnote.loaders.pdf.pages import Page, read_pages
from footnote.loaders.pdf.reading_order import items_of
from footnote.loaders.pdf.runs import is_wide_script
from footnote.records import Document, Metadatum
from footnote.settings import Settings

__all__ = ["load_pdf"]

_DIVIDED = re.compile(r"(?P<head>[^\W\d_]+)(?:-|\u00ad|\u2010)$")
_TAIL = re.compile(r"[^\W\d_]+")
_DATE = re.compile(r"D:(\d{4})(\d{2})?(\d{2})?")
_PLACEHOLDER = re.compile(r"\(?(?:untitled|anonymous|unspecified|unknown|none|title|author)\)?\d*", re.IGNORECASE)
"""What programs write as title or author where nobody gave one."""
_RECOGNISE = "install Tesseract (tesseract-ocr) and build the index anew, or run text recognition on the file first"


def load_pdf(raw: bytes, document_id: str, settings: Settings) -> Document:
    """A PDF as a document with pages."""
    pages, info = read_pages(raw, settings)
    extract = Extract(settings)
    extract.warnings += _unread(pages)
    bodies = without_margins([page if page.is_readable else Page() for page in pages])
    parts = parts_of([items_of(page) for page in bodies])
    words = Counter(word for part in parts for line in part.lines for word in _TAIL.findall(line.text.lower()))
    _add_parts(extract, parts, len(pages), words)
    front = _front(info, pages, extract)
    if not front.title and parts and parts[0].lines and parts[0].lines[0].heads:
        front = replace(front, title=readable_name(document_id))
    return extract.document(raw, document_id, front)


def _unread(pages: Sequence[Page]) -> list[str]:
    """Warnings of pages whose text was not read, or recognised only.

    Raises:
        DocumentError: no page holds any that can be read.
    """
    unmapped = sum(1 for page in pages if page.runs and not page.is_readable)
    images = sum(1 for page in pages if not page.runs and page.images)
    if not any(page.is_readable for page in pages):
        if unmapped:
            raise DocumentError("no text found: its fonts do not say which letters they show", remedy=_RECOGNISE)
        if images:
            raise DocumentError("no text found: its pages are images", remedy=_RECOGNISE)
        raise DocumentError("no text found", remedy="check that the file holds text, or remove it")
    found = []
    if images:
        found.append(f"{images} of {len(pages)} pages are images without text and were left out")
    if unmapped:
        found.append(f"{unmapped} of {len(pages)} pages were left out: their fonts do not say which letters they show")
    if recognised := sum(1 for page in pages if page.recognised):
        found.append(f"the text of {recognised} of {len(pages)} pages was recognised from images and may hold errors")
    return found


def _front(info: dict[str, str], pages: Sequence[Page], extract: Extract) -> FrontMatter:
    told = {name: clean_text(value).strip() for name, value in info.items()}
    told = {name: "" if _PLACEHOLDER.fullmatch(value) else value for name, value in told.items()}
    date = _DATE.match(told["ModDate"] or told["CreationDate"])
    pairs = {"author": told["Author"], "date": "-".join(part for part in date.groups() if part) if date else ""}
    pairs["recognised_pages"] = ", ".join(str(number) for number, page in enumerate(pages, 1) if page.recognised)
    headed = any(draft.kind == "heading" and draft.level == 1 for draft in extract.drafts)
    title = "" if headed and " " not in told["Title"] else told["Title"]  # one word is a file's name
    return FrontMatter(
        title=title, metadata=tuple(sorted(Metadatum(name, value) for name, value in pairs.items() if value))
    )


def _add_parts(extract: Extract, parts: Sequence[Part], pages: int, words: Counter[str]) -> None:
    page = -1
    lead_in: Draft | None = None
    header: Draft | None = None
    for number, part in enumerate(parts):
        for _ in range(part.pages[0] - page):
            extract.start_page()
        page = part.pages[-1]
        if part.table is not None:
            header = _add_table(extract, part, header)
            continue
        text, breaks = _joined(part, words)
        if part.kind == "list_item" and (number == 0 or parts[number - 1].kind != "list_item"):
            lead_in = extract.lead_in()
        extract.add(
            part.kind,
            text,
            level=part.level,
            ordered=part.ordered,
            lead_in=lead_in if part.kind == "list_item" else None,
            page_breaks=breaks,
        )
    for _ in range(pages - 1 - page):
        extract.start_page()


def _add_table(extract: Extract, part: Part, header: Draft | None) -> Draft | None:
    """Add a table's rows; gives back the row that names its columns."""
    table = part.table
    assert table is not None
    if part.continues:
        for row in table.rows:
            extract.add_row("table_row", row, header)
        return header
    extract.add_table(table.rows, headed=table.headed)
    return extract.drafts[-1].header if extract.drafts else None


def _joined(part: Part, words: Counter[str]) -> tuple[str, list[int]]:
    """The text of a block's lines, and the offsets in it where pages begin."""
    text, breaks, page = "", [], part.pages[0]
    for line, number in zip(part.lines, part.pages, strict=True):
        found = " ".join(clean_text(line.text).split())
        text = _with(text, found, words) if text and found else text or found
        breaks += [len(text) - min(len(found), len(text))] * (number - page)
        page = number
    return text, breaks


def _with(text: str, line: str, words: Counter[str]) -> str:
    divided, tail = _DIVIDED.search(text), _TAIL.match(line)
    if divided is None or tail is None or not line[0].islower():
        whole = text.endswith(("/", "\u2014")) or (is_wide_script(text[-1]) and is_wide_script(line[0]))
        return text + line if whole else f"{text} {line}"
    whole_word = (divided["head"] + tail[0]).lower()
    if words[whole_word]:
        return text[: divided.end("head")] + line
    apart = words[divided["head"].lower()] > 1 and words[tail[0].lower()] > 1
    return text + line if apart and text.endswith("-") else text[: divided.end("head")] + line

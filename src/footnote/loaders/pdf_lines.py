"""The lines of a PDF's pages with their places, as PDFium reads them."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from footnote.errors import DocumentError
from footnote.settings import Settings

__all__ = ["Page", "PdfLine", "read_pages"]

_PASSWORD = 4
_DIVIDERS = frozenset({2, 0xFFFE})
"""What PDFium makes of a hyphen that divides a word at a line's end; the line's end itself it drops."""
_BOLD = 600
_GAP = 0.14
"""How wide a gap between two letters is, in parts of their height, before it parts words."""


@dataclass(slots=True)
class PdfLine:
    """A line of text; lengths are points, ``base`` grows from the bottom of the page up."""

    text: str
    left: float
    right: float
    base: float
    size: float
    bold: bool = False


@dataclass(slots=True)
class Page:
    """A page's lines in the order in which it draws them."""

    height: float
    lines: list[PdfLine] = field(default_factory=list)
    images: int = 0


def read_pages(raw: bytes, settings: Settings) -> tuple[list[Page], dict[str, str]]:
    """The pages of a PDF, and what it tells about itself (Title, Author, CreationDate, ModDate).

    Raises:
        DocumentError: no PDF, protected, or more pages or text than the settings allow.
    """
    import pypdfium2
    from pypdfium2 import raw as pdfium

    try:
        pdf = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD:
            raise DocumentError("it needs a password", remedy="save it without one") from error
        raise DocumentError("it is damaged or no PDF", remedy="save or print it again") from error
    count = len(pdf)
    if count > settings.pages_max:
        raise DocumentError(
            f"it has {count:,} pages, more than {settings.pages_max:,}", remedy="split it, or raise pages_max"
        )
    pages, chars = [], 0
    for number in range(count):
        try:
            page = pdf[number]
        except pypdfium2.PdfiumError:
            pages.append(Page(0.0))  # a broken page keeps its number
            continue
        found = _page(page, pdfium)
        page.close()
        pages.append(found)
        chars += sum(len(line.text) for line in found.lines)
        if chars > settings.document_max_chars:
            raise DocumentError(
                f"the text has more than {settings.document_max_chars:,} characters",
                remedy="split it, or raise document_max_chars",
            )
    info = {name: pdf.get_metadata_value(name) for name in ("Title", "Author", "CreationDate", "ModDate")}
    return pages, info


def _page(page: Any, pdfium: Any) -> Page:
    found = Page(page.get_height())
    text = page.get_textpage()
    reader = _Characters(text.raw, pdfium)
    count = text.count_chars()
    start = 0
    characters: list[str] = []
    for index in range(count + 1):
        code = pdfium.FPDFText_GetUnicode(text.raw, index) if index < count else 10
        divided = code in _DIVIDERS
        if not divided and code not in {10, 13}:
            # Letters beyond the first plane come as two halves.
            characters.append(chr(code) if code < 0x110000 else "\ufffd")
            continue
        line = reader.line([*characters, "-"] if divided else characters, start)
        if line is not None:
            found.lines.append(line)
        characters, start = [], index + 1
    if not found.lines:
        found.images = sum(1 for _ in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3))
    text.close()
    return found


class _Characters:
    """Looks up places and sizes of a page's characters."""

    def __init__(self, textpage: Any, pdfium: Any) -> None:
        self._page, self._pdfium = textpage, pdfium
        self._box = pdfium.FS_RECTF()
        self._at = ctypes.byref(self._box)

    def line(self, characters: list[str], start: int) -> PdfLine | None:
        shown = [index for index, character in enumerate(characters) if not character.isspace()]
        if not shown:
            return None
        boxes = {index: self._place(start + index) for index in shown}
        middle = boxes[shown[len(shown) // 2]]
        size = round((middle[3] - middle[2]) * 2) / 2
        pieces = [characters[shown[0]]]
        for before, after in pairwise(shown):
            if self._parts(before, after, boxes, size, start):
                pieces.append(" ")
            pieces.append(characters[after])
        text = "".join(pieces).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        bold = self._pdfium.FPDFText_GetFontWeight(self._page, start + shown[len(shown) // 2]) >= _BOLD
        return PdfLine(text, boxes[shown[0]][0], boxes[shown[-1]][1], middle[2], size, bold=bold)

    def _parts(
        self, before: int, after: int, boxes: dict[int, tuple[float, float, float, float]], size: float, start: int
    ) -> bool:
        """Whether there is a blank between two letters: one that the file holds, else a gap wide enough for one."""
        written = any(not self._pdfium.FPDFText_IsGenerated(self._page, start + n) for n in range(before + 1, after))
        one, other = boxes[before], boxes[after]
        if written or abs(one[2] - other[2]) > size / 2 or other[0] < one[0]:
            return after > before + 1  # a blank of the file's own, or letters that do not stand on one line
        return other[0] - one[1] > _GAP * size

    def _place(self, index: int) -> tuple[float, float, float, float]:
        """(left, right, bottom, top) of a letter with the room around it; zeros where it has none."""
        if not self._pdfium.FPDFText_GetLooseCharBox(self._page, index, self._at):
            return 0.0, 0.0, 0.0, 0.0
        return self._box.left, self._box.right, self._box.bottom, self._box.top

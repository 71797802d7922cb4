"""Pages of a PDF as people see them: their sizes, and pictures that PDFium draws, within bounds."""

from __future__ import annotations

import ctypes
import io
import math
from typing import Any

from footnote.errors import PageError

__all__ = ["draw_page", "page_sizes"]

_PIXELS_MAX = 12_000_000
"""A page that is far higher than wide, or the other way round, is drawn smaller than asked."""
_SIDE_MAX = 16_000
"""Pixels; browsers show no larger pictures."""
_PACKED = 2
"""How hard a picture is packed, of 9: harder takes longer than a local network takes to send what it saves."""
_USUAL_SIZE = 612.0, 792.0
"""Width and height, in points, of what is shown for a page that is broken."""


def page_sizes(pdf: Any) -> list[tuple[float, float]]:
    """(width, height) of each page of an open PDF in points, as it is shown: cropped and turned."""
    from pypdfium2 import raw as pdfium

    found = []
    size = pdfium.FS_SIZEF()
    for number in range(len(pdf)):
        known = pdfium.FPDF_GetPageSizeByIndexF(pdf.raw, number, ctypes.byref(size))
        sides = (size.width, size.height) if known else _USUAL_SIZE
        sane = all(math.isfinite(side) and side > 0 for side in sides)
        found.append((max(round(sides[0], 2), 0.01), max(round(sides[1], 2), 0.01)) if sane else _USUAL_SIZE)
    return found


def draw_page(pdf: Any, number: int, width: int) -> bytes:
    """A page as a PNG, with its forms and notes.

    Args:
        pdf: the open file.
        number: of the page, from 0.
        width: of the picture, in pixels; it is narrower where a page as high as this one would have too many.

    Raises:
        PageError: the page is broken.
    """
    import pypdfium2

    broken = PageError("this page is damaged and cannot be drawn", remedy="read its text instead")
    try:
        page = pdf[number]
    except pypdfium2.PdfiumError as error:
        raise broken from error
    wide, high = page.get_size()
    if not (math.isfinite(wide * high) and wide > 0 and high > 0):
        raise broken
    scale = min(width / wide, math.sqrt(_PIXELS_MAX / (wide * high)), _SIDE_MAX / max(wide, high))
    try:
        bitmap = page.render(scale=scale)
    except pypdfium2.PdfiumError as error:
        raise broken from error
    finally:
        page.close()
    picture = bitmap.to_pil()
    packed = io.BytesIO()
    picture.save(packed, "PNG", compress_level=_PACKED)
    bitmap.close()
    return packed.getvalue()

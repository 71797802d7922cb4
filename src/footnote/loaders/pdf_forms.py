"""What is filled in on a PDF's page: values of form fields and text annotations, as runs where they stand."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

from footnote.loaders.pdf_runs import Run

__all__ = ["filled_in"]

_LINE_FACTOR = 1.15
_FIELD_SIZE_MAX = 14.0
_PASSWORD_FIELD = 1 << 13
_HIDDEN = 2 | 32
"""Annotation flags: hidden, or not shown on the screen."""


def filled_in(page: Any, forms: Any, pdfium: Any) -> Iterator[Run]:
    """The values of a page's form fields, and the text that was written on it as annotations, where they stand."""
    box = pdfium.FS_RECTF()
    for number in range(pdfium.FPDFPage_GetAnnotCount(page)):
        note = pdfium.FPDFPage_GetAnnot(page, number)
        kind = pdfium.FPDFAnnot_GetSubtype(note)
        shown = not pdfium.FPDFAnnot_GetFlags(note) & _HIDDEN and pdfium.FPDFAnnot_GetRect(note, box)
        if kind == pdfium.FPDF_ANNOT_FREETEXT and shown:
            yield from _lines_in(_string(pdfium.FPDFAnnot_GetStringValue, note, b"Contents"), box)
        elif kind == pdfium.FPDF_ANNOT_WIDGET and shown and forms is not None:
            yield from _lines_in(_value(note, forms, pdfium), box)
        pdfium.FPDFPage_CloseAnnot(note)


def _value(note: Any, forms: Any, pdfium: Any) -> str:
    """What a form's field holds; of a box to tick, whether it is ticked and what that says."""
    kind = pdfium.FPDFAnnot_GetFormFieldType(forms, note)
    if kind in {pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON}:
        if not pdfium.FPDFAnnot_IsChecked(forms, note):
            return "☐"
        return f"☑ {_string(pdfium.FPDFAnnot_GetFormFieldExportValue, forms, note)}".strip()
    secret = pdfium.FPDFAnnot_GetFormFieldFlags(forms, note) & _PASSWORD_FIELD
    if kind == pdfium.FPDF_FORMFIELD_TEXTFIELD and secret:
        return ""
    if kind in {pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX}:
        return _string(pdfium.FPDFAnnot_GetFormFieldValue, forms, note)
    return ""


def _string(get: Any, *arguments: Any) -> str:
    """A text that PDFium writes into a buffer, as UTF-16 with a zero at its end."""
    length = get(*arguments, None, 0)
    if length <= 2:
        return ""
    buffer = (ctypes.c_ushort * (length // 2 + 1))()
    get(*arguments, buffer, length)
    return bytes(buffer)[: length - 2].decode("utf-16-le", "replace")


def _lines_in(text: str, box: Any) -> Iterator[Run]:
    """The lines of a text in a box: one in its middle, several from its top down."""
    lines = [" ".join(line.split()) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    height = abs(box.top - box.bottom)
    if not lines or height <= 0:
        return
    size = min(height / len(lines), _FIELD_SIZE_MAX)
    pitch = min(height / len(lines), _LINE_FACTOR * size)
    top = (box.top + box.bottom) / 2 + size / 2 if len(lines) == 1 else max(box.top, box.bottom)
    for number, line in enumerate(lines):
        if line:
            right = min(box.left + size / 2 * len(line), max(box.right, box.left + size))
            yield Run(line, box.left, right, top - size - number * pitch, size)

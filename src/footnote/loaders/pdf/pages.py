"""The pages of a PDF: their runs of text, their rules, what is filled in or recognised, and what the file tells of itself.

Tesseract runs as a program of its own, under the limits of the process that parses, and gets the page as an image and gives
its words with their places through pipes: that process may write no files, which the common Python bindings need to.
"""

from __future__ import annotations

import ctypes
import math
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from footnote.errors import DocumentError
from footnote.loaders.pdf.characters import read_runs
from footnote.loaders.pdf.runs import FORM_DEPTH, HEIGHT, Rules, Run, read_rules, turned
from footnote.settings import Settings

__all__ = ["Page", "Recogniser", "open_pdf", "read_page", "read_pages"]

_PASSWORD = 4
_UNMAPPED = 0.5
"""Share of a page's runs without letters from which on it cannot be read."""
_LINE_FACTOR = 1.15
_FIELD_SIZE_MAX = 14.0
_PASSWORD_FIELD = 1 << 13
_HIDDEN = 2 | 32
"""Annotation flags: hidden, or not shown on the screen."""
_DOTS_PER_POINT = 300 / 72
_PIXELS_MAX = 30_000_000
_CONFIDENCE_MIN = 30.0
"""Words that Tesseract is less sure of, in per cent, are mostly specks and pictures."""
_GAP = 1.0
"""From which gap on, in parts of a line's height, what follows is a run of its own."""
_LANGUAGES_MAX = 3
_LISTING_SECONDS = 10.0
_WORD_LEVEL = "5"
_LANGUAGE = re.compile(r"[A-Za-z_]{3,20}")
_NUMBER = re.compile(r"-?\d{1,6}(?:\.\d+)?")


@dataclass(slots=True)
class Page:
    """A page as its text stands: ``runs`` in the direction of most of it, ``aside`` what stands in other directions."""

    bottom: float = 0.0
    top: float = 0.0
    runs: list[Run] = field(default_factory=list)
    aside: list[list[Run]] = field(default_factory=list)
    rules: Rules = field(default_factory=Rules)
    images: int = 0
    unmapped: float = 0.0
    """Share of its runs whose font does not say which letters it shows."""
    recognised: bool = False
    """Whether its text was recognised from an image."""

    @property
    def is_readable(self) -> bool:
        return bool(self.runs) and self.unmapped < _UNMAPPED


def read_pages(raw: bytes, settings: Settings) -> tuple[list[Page], dict[str, str]]:
    """The pages of a PDF, and what it tells about itself (Title, Author, CreationDate, ModDate).

    Raises:
        DocumentError: no PDF, protected, or more pages or text than the settings allow.
    """
    pdf = open_pdf(raw, settings)
    pages, chars = [], 0
    recogniser = Recogniser(settings.scan_seconds)
    for number in range(len(pdf)):
        found = read_page(pdf, number, recogniser)
        pages.append(found)
        chars += sum(len(run.text) for run in found.runs)
        if chars > settings.document_max_chars:
            raise DocumentError(
                f"the text has more than {settings.document_max_chars:,} characters",
                remedy="split it, or raise document_max_chars",
            )
    info = {name: pdf.get_metadata_value(name) for name in ("Title", "Author", "CreationDate", "ModDate")}
    return pages, info


def open_pdf(raw: bytes, settings: Settings) -> Any:
    """A PDF, opened by PDFium with its forms.

    Raises:
        DocumentError: no PDF, protected, or more pages than the settings allow.
    """
    import pypdfium2

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
    with suppress(pypdfium2.PdfiumError):
        pdf.init_forms()
    return pdf


def read_page(pdf: Any, number: int, recogniser: Recogniser) -> Page:
    """A page of an open PDF, counted from 0; an empty one where it is broken, so that the others keep their numbers."""
    import pypdfium2
    from pypdfium2 import raw as pdfium

    try:
        page = pdf[number]
    except pypdfium2.PdfiumError:
        return Page()
    found = _page(page, pdf.formenv, pdfium)
    if not found.is_readable and (found.images or found.runs) and (runs := recogniser.runs(page)):
        found = Page(0.0, page.get_height(), runs, recognised=True)
    page.close()
    return found


def _page(page: Any, forms: Any, pdfium: Any) -> Page:
    rules = read_rules(page.raw, pdfium)
    text = page.get_textpage()
    runs, unmapped = read_runs(text.raw, text.count_chars(), rules, pdfium)
    text.close()
    filled = list(filled_in(page.raw, forms, pdfium))
    if filled:
        runs.setdefault(0, []).extend(filled)
    found = Page(unmapped=unmapped)
    if not runs:
        found.images = sum(1 for _ in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=FORM_DEPTH))
        return found
    angle = max(runs, key=lambda angle: (sum(len(run.text) for run in runs[angle]), -angle))
    left, bottom, right, top = page.get_bbox()
    _, _, found.bottom, found.top = turned((left, right, bottom, top), angle)
    found.runs = runs.pop(angle)
    found.aside = [runs[other] for other in sorted(runs)]
    found.rules = rules.turned(angle)
    return found


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


class Recogniser:
    """Recognises pages until the time for a file is spent."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._program = shutil.which("tesseract") if seconds > 0 else None
        self._languages = ""

    def runs(self, page: Any) -> list[Run]:
        """The text of a page that shows it as an image; empty where there is none, or no time for it."""
        left = self._until - time.monotonic()
        if self._program is None or left <= 0:
            return []
        self._languages = self._languages or _languages(self._program, left)
        width, height = page.get_size()
        scale = min(_DOTS_PER_POINT, math.sqrt(_PIXELS_MAX / max(width * height, 1.0)))
        command = [self._program, "stdin", "stdout", "--psm", "3", "-l", self._languages, "tsv"]
        try:
            done = subprocess.run(  # noqa: S603 - the program that was found, and arguments of ours
                command,
                input=_image(page, scale),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "OMP_THREAD_LIMIT": "1"},
                timeout=left,
                check=True,
            )
        except (subprocess.SubprocessError, OSError):
            return []
        return _runs(done.stdout.decode("utf-8", "replace"), scale, height)


def _languages(program: str, seconds: float) -> str:
    """The languages that are installed, English first, as Tesseract takes them."""
    try:
        listed = subprocess.run(  # noqa: S603 - the program that was found
            [program, "--list-langs"], capture_output=True, timeout=min(seconds, _LISTING_SECONDS), check=True
        ).stdout.decode("utf-8", "replace")
    except (subprocess.SubprocessError, OSError):
        return "eng"
    names = sorted({line for line in listed.split("\n") if _LANGUAGE.fullmatch(line)} - {"osd", "equ"})
    names.sort(key=lambda name: name != "eng")
    return "+".join(names[:_LANGUAGES_MAX]) or "eng"


def _image(page: Any, scale: float) -> bytes:
    """A page in grey, in the plainest of the formats that Tesseract reads."""
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
    raw, stride = bytes(bitmap.buffer), bitmap.stride
    rows = (
        raw
        if stride == bitmap.width
        else b"".join(raw[start : start + bitmap.width] for start in range(0, stride * bitmap.height, stride))
    )
    return b"P5 %d %d 255\n" % (bitmap.width, bitmap.height) + rows


def _runs(table: str, scale: float, height: float) -> list[Run]:
    """Words with their places as runs: the words of a line, but for wide gaps."""
    runs: list[Run] = []
    line: list[str] = []
    size = base = 0.0
    for row in table.splitlines():
        cells = row.split("\t")
        if len(cells) != 12 or not all(_NUMBER.fullmatch(cell) for cell in cells[:11]):
            continue
        left, top, wide, high = (float(cell) / scale for cell in cells[6:10])
        if cells[0] == _WORD_LEVEL:
            text = cells[11].strip()
            if not text or float(cells[10]) < _CONFIDENCE_MIN:
                continue
            if line == cells[1:5] and left - runs[-1].right < _GAP * size:
                runs[-1].text += f" {text}"
                runs[-1].right = left + wide
            else:
                runs.append(Run(text, left, left + wide, base, size))
            line = cells[1:5]
        else:
            # The rows of a line and its words follow each other; its own box tells how high it is.
            size, base, line = round(2 * high * HEIGHT) / 2, height - top - high, []
    return runs

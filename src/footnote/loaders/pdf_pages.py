"""The pages of a PDF: their runs of text, their rules (drawn lines), what is filled in, and what the file tells of itself."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from footnote.errors import DocumentError
from footnote.loaders.pdf_characters import read_runs
from footnote.loaders.pdf_forms import filled_in
from footnote.loaders.pdf_rules import FORM_DEPTH, Rules, read_rules, turned
from footnote.loaders.pdf_runs import Run
from footnote.loaders.pdf_scans import Recogniser
from footnote.settings import Settings

__all__ = ["Page", "read_pages"]

_PASSWORD = 4
_UNMAPPED = 0.5
"""Share of a page's runs without letters from which on it cannot be read."""


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
    with suppress(pypdfium2.PdfiumError):
        pdf.init_forms()
    pages, chars = [], 0
    recogniser = Recogniser(settings.scan_seconds)
    for number in range(count):
        try:
            page = pdf[number]
        except pypdfium2.PdfiumError:
            pages.append(Page())  # a broken page keeps its number
            continue
        found = _page(page, pdf.formenv, pdfium)
        if not found.is_readable and (found.images or found.runs) and (runs := recogniser.runs(page)):
            found = Page(0.0, page.get_height(), runs, recognised=True)
        page.close()
        pages.append(found)
        chars += sum(len(run.text) for run in found.runs)
        if chars > settings.document_max_chars:
            raise DocumentError(
                f"the text has more than {settings.document_max_chars:,} characters",
                remedy="split it, or raise document_max_chars",
            )
    info = {name: pdf.get_metadata_value(name) for name in ("Title", "Author", "CreationDate", "ModDate")}
    return pages, info


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

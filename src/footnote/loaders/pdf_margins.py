"""Running headers, footers and page numbers: lines at the edges of pages that recur from page to page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from footnote.loaders.pdf_lines import Page, PdfLine

__all__ = ["without_margins"]

_EDGE = 0.12
"""Share of a page's height, at its top and bottom, where running lines stand."""
_ROWS = 3
_NUMBERS = re.compile(r"\d+|\b[ivxlc]+\b", re.IGNORECASE)
_FOLIO = re.compile(
    r"(?:page|p\.|-|–|\[)?\s*(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:of|/)\s*\d{1,4})?\s*(?:-|–|\])?", re.IGNORECASE
)


def without_margins(pages: Sequence[Page]) -> list[list[PdfLine]]:
    """Each page's lines without running headers and footers.

    A line goes where the same words, whatever their numbers, stand at the same height on a third of the pages at least
    (on both of two), or where it is nothing but a page number.
    """
    seen: Counter[tuple[str, int]] = Counter()
    for page in pages:
        seen.update({_key(line) for line in _edges(page)})
    least = max(2, -(-sum(1 for page in pages if page.lines) // 3))
    kept = []
    for page in pages:
        running = {id(line) for line in _edges(page) if seen[_key(line)] >= least or _FOLIO.fullmatch(line.text)}
        kept.append([line for line in page.lines if id(line) not in running])
    return kept


def _edges(page: Page) -> list[PdfLine]:
    """The outermost lines of a page that stand in its edges."""
    rows = sorted(page.lines, key=lambda line: line.base)
    low = [line for line in rows[:_ROWS] if line.base < _EDGE * page.height]
    high = [line for line in rows[-_ROWS:] if line.base > (1 - _EDGE) * page.height]
    return [*low, *high]


def _key(line: PdfLine) -> tuple[str, int]:
    return _NUMBERS.sub("#", line.text), round(line.base / 4)

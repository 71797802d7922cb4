"""Runs of text on a PDF's page and how they are joined to lines; and its rules: the straight lines that it draws, as tables have them.

A run stands on one line and has no wide gap in it: a line of a column, a cell of a table, a label or a value.  Which runs
make a line, a column or a table is told from their places alone (``reading_order``), never from the order of drawing.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

__all__ = [
    "BELOW",
    "FORM_DEPTH",
    "GAP",
    "GAP_SEEN",
    "GAP_WIDE",
    "HEIGHT",
    "RAISED_SIZE",
    "Rules",
    "Run",
    "apart",
    "in_order",
    "is_raised",
    "is_wide_script",
    "joined",
    "pieces_of",
    "read_rules",
    "rows_of",
    "turned",
]

GAP = 0.14
"""How wide a gap between two letters is, in parts of their height, before it parts words; between letters of Chinese or
Japanese, which are not parted by blanks, ``GAP_WIDE``."""
GAP_SEEN = 0.1
GAP_WIDE = 0.5
_OVERLAP = 0.5
RAISED_SIZE = 0.8
_RAISED = 0.15
HEIGHT = 1.15
BELOW = 0.23
"""What a line takes above and below, and below its letters' foot, in parts of the font's size."""
_FIRST_RIGHT_TO_LEFT, _LAST_RIGHT_TO_LEFT = 0x590, 0x8FF
_LEADERS = re.compile(r"(?:\s?[.·_…]){5,}")
"""Dots that lead the eye from a word to its number."""
_SUPERSCRIPTS = str.maketrans("0123456789+-\u2212\u2013", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
_NUMBERS = re.compile(r"[\d,.;+\-\u2212\u2013 ]*\d[\d,.;+\-\u2212\u2013 ]*")
_MARKS = re.compile(r"[^\w\s\[(]+")
_POWER = re.compile(r"(?:(?<![\d.,])10|[\d)]\s?(?:[cdkmµ]?m|ft|in|yd|s)|\b[a-zA-Z])$")
_ORDINAL = re.compile(r"st|nd|rd|th|er|re|e|ème|eme|do|ª|º", re.IGNORECASE)
FORM_DEPTH = 3
"""How deep forms (groups of drawing) may lie in each other."""
_THIN = 3.0
_SHORT = 6.0
_OBJECTS_MAX = 50_000
_RULES_MAX = 4_000
"""Drawings have more lines than tables: a page with more is taken for one."""


@dataclass(slots=True)
class Run:
    """A stretch of text on one line; lengths are points, ``base`` grows upwards, and ``size`` is the letters' height."""

    text: str
    left: float
    right: float
    base: float
    size: float
    bold: bool = False
    recurs: bool = False
    """Whether it stands in a line that recurs at pages' edges (its first showing: the others are left out)."""
    heads: bool = False
    """Whether it heads its page: a first line that recurs on others but for its number."""
    chars: tuple[int, int] = (0, 0)
    """Its characters as PDFium numbers those of the page, half-open; none where it was not read from them."""
    pieces: tuple[Run, ...] = ()
    """The runs that it was joined of, in their order; none where it was not joined."""

    @property
    def top(self) -> float:
        return self.base + self.size


def is_wide_script(character: str) -> bool:
    """Whether a letter is one of Chinese or Japanese, or a sign of their punctuation: no blanks stand between those."""
    code = ord(character)
    return (
        0x2E80 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0xFF00 <= code <= 0xFF65 or 0x20000 <= code <= 0x3FFFF
    )


def is_raised(base: float, size: float, other_base: float, other_size: float) -> bool:
    """Whether letters are small and raised beside others; both bases lie below the letters, as descenders do."""
    rise = base + BELOW / HEIGHT * size - other_base - BELOW / HEIGHT * other_size
    return size < RAISED_SIZE * other_size and rise > _RAISED * other_size


def apart(text: str, raised: str, *, blank: bool) -> str:
    """A text with what is raised after it, so that no raised number reads as part of the number or word before it.

    Powers and units keep their number as it is shown (10⁸, m²), ordinals their letters (1st); marks of notes stand apart.
    """
    if _NUMBERS.fullmatch(raised):
        shown = raised.translate(_SUPERSCRIPTS)
        if text and not blank and _POWER.search(text):
            return text + shown
    elif _MARKS.fullmatch(raised) or (text[-1:].isdigit() and _ORDINAL.fullmatch(raised)):
        return f"{text} {raised}" if blank else text + raised
    else:
        shown = raised
    return f"{text} {shown}" if text else shown


def rows_of(runs: Sequence[Run]) -> list[list[Run]]:
    """Runs as rows from the top down, each from left to right: what stands beside a run for half of its height is in its row."""
    rows: list[list[Run]] = []
    base = top = 0.0
    for run in sorted(runs, key=lambda run: (-run.base - run.size / 2, run.left)):
        if not rows or min(top, run.top) - max(base, run.base) < _OVERLAP * min(top - base, run.size):
            rows.append([])
            base, top = run.base, run.top
        elif run.size > top - base:
            base, top = run.base, run.top
        rows[-1].append(run)
    for row in rows:
        row.sort(key=lambda run: run.left)
    return rows


def joined(runs: Sequence[Run]) -> str:
    """The text of the runs of one line, from left to right; from right to left where that is how they are written."""
    if len(runs) == 1:
        return _without_leaders(runs[0].text)
    size, base = max((run.size, run.base) for run in runs)
    backwards = _is_backwards(runs)
    text, last = "", runs[0]
    for run in in_order(runs):
        gap = last.left - run.right if backwards else run.left - last.right
        blank = bool(text) and gap > GAP * size
        if is_raised(run.base, run.size, base, size):
            text = apart(text, run.text, blank=blank)
        elif blank and not (gap < GAP_WIDE * size and is_wide_script(text[-1]) and is_wide_script(run.text[0])):
            text += f" {run.text}"
        else:
            text += run.text
        last = run
    return _without_leaders(text)


def in_order(runs: Sequence[Run]) -> list[Run]:
    """The runs of one line as they are read: from left to right; from right to left where that is how they are written."""
    if len(runs) == 1:
        return list(runs)
    return sorted(runs, key=lambda run: run.left, reverse=_is_backwards(runs))


def _is_backwards(runs: Sequence[Run]) -> bool:
    arabic = sum(_FIRST_RIGHT_TO_LEFT <= ord(c) <= _LAST_RIGHT_TO_LEFT for run in runs for c in run.text)
    return 2 * arabic > sum(len(run.text) for run in runs)


def pieces_of(runs: Sequence[Run]) -> tuple[Run, ...]:
    """The runs that others were joined of, in their order."""
    return tuple(piece for run in runs for piece in run.pieces or (run,))


def _without_leaders(text: str) -> str:
    return " ".join(_LEADERS.sub(" ", text).split()) if "...." in text or ". . ." in text or "____" in text else text


def turned(box: tuple[float, float, float, float], angle: int) -> tuple[float, float, float, float]:
    """A box (left, right, bottom, top) as it is when the page is turned so that text of an angle stands upright."""
    left, right, bottom, top = box
    if angle == 90:
        return bottom, top, -right, -left
    if angle == 180:
        return -right, -left, -top, -bottom
    if angle == 270:
        return -top, -bottom, left, right
    return box


@dataclass(slots=True)
class Rules:
    """Straight lines that a page draws: (height, left, right) of level ones, (place, bottom, top) of upright ones."""

    level: list[tuple[float, float, float]] = field(default_factory=list)
    upright: list[tuple[float, float, float]] = field(default_factory=list)

    def add(self, left: float, right: float, bottom: float, top: float) -> None:
        if top - bottom <= _THIN and right - left >= _SHORT:
            self.level.append(((top + bottom) / 2, left, right))
        elif right - left <= _THIN and top - bottom >= _SHORT:
            self.upright.append(((left + right) / 2, bottom, top))

    def __bool__(self) -> bool:
        return bool(self.level or self.upright)

    def turned(self, angle: int) -> Rules:
        """The rules as they are when the page is turned with its text."""
        if angle not in {90, 180, 270}:
            return self
        found = Rules()
        for height, left, right in self.level:
            found.add(*turned((left, right, height, height), angle))
        for place, bottom, top in self.upright:
            found.add(*turned((place, place, bottom, top), angle))
        return found


def read_rules(page: Any, pdfium: Any) -> Rules:
    """The rules of a page; none where it draws so many that it is a drawing."""
    rules = Rules()
    _add_rules(page, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), rules, pdfium)
    return rules if len(rules.level) + len(rules.upright) <= _RULES_MAX else Rules()


def _add_rules(
    holder: Any,
    matrix: tuple[float, ...],
    rules: Rules,
    pdfium: Any,
    depth: int = 0,
) -> None:
    """Collect the rules of a page, or of a form in it; a form's own lines are placed by its matrix."""
    is_form = depth > 0
    count = (pdfium.FPDFFormObj_CountObjects if is_form else pdfium.FPDFPage_CountObjects)(holder)
    get = pdfium.FPDFFormObj_GetObject if is_form else pdfium.FPDFPage_GetObject
    for number in range(min(count, _OBJECTS_MAX)):
        each = get(holder, number)
        kind = pdfium.FPDFPageObj_GetType(each)
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            if len(rules.level) + len(rules.upright) > _RULES_MAX:
                return
            _add_path(each, matrix, rules, pdfium)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < FORM_DEPTH:
            _add_rules(each, _product(_matrix(each, pdfium), matrix), rules, pdfium, depth + 1)


def _add_path(path: Any, outer: tuple[float, ...], rules: Rules, pdfium: Any) -> None:
    """Each straight stretch of a path along the page's edges, a thin filled box as one."""
    count = pdfium.FPDFPath_CountSegments(path)
    if not 2 <= count <= _RULES_MAX:
        return
    a, b, c, d, e, f = _product(_matrix(path, pdfium), outer)
    x, y = ctypes.c_float(), ctypes.c_float()
    points: list[tuple[float, float]] = []
    shapes = [points]
    for number in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(path, number)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_BEZIERTO or not pdfium.FPDFPathSegment_GetPoint(segment, x, y):
            return  # a drawing
        if kind == pdfium.FPDF_SEGMENT_MOVETO and points:
            points = []
            shapes.append(points)
        points.append((a * x.value + c * y.value + e, b * x.value + d * y.value + f))
        if pdfium.FPDFPathSegment_GetClose(segment) and len(points) > 2:
            points.append(points[0])
    for shape in shapes:
        xs, ys = [point[0] for point in shape], [point[1] for point in shape]
        if max(xs) - min(xs) <= _THIN or max(ys) - min(ys) <= _THIN:
            rules.add(min(xs), max(xs), min(ys), max(ys))
            continue
        for (one_x, one_y), (other_x, other_y) in pairwise(shape):
            rules.add(min(one_x, other_x), max(one_x, other_x), min(one_y, other_y), max(one_y, other_y))


def _matrix(each: Any, pdfium: Any) -> tuple[float, ...]:
    found = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(each, found):
        return 1.0, 0.0, 0.0, 1.0, 0.0, 0.0
    return found.a, found.b, found.c, found.d, found.e, found.f


def _product(inner: tuple[float, ...], outer: tuple[float, ...]) -> tuple[float, ...]:
    """What comes of one matrix, then another."""
    a, b, c, d, e, f = inner
    k, m, n, p, q, r = outer
    return a * k + b * n, a * m + b * p, c * k + d * n, c * m + d * p, e * k + f * n + q, e * m + f * p + r

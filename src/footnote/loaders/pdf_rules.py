"""The rules of a PDF's page: the straight lines that it draws along its edges, as tables have them."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

__all__ = ["FORM_DEPTH", "Rules", "read_rules", "turned"]

FORM_DEPTH = 3
"""How deep forms (groups of drawing) may lie in each other."""
_THIN = 3.0
_SHORT = 6.0
_OBJECTS_MAX = 50_000
_RULES_MAX = 4_000
"""Drawings have more lines than tables: a page with more is taken for one."""


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

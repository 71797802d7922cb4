"""The characters of a PDF's page, as PDFium reads them, cut into runs of text."""

from __future__ import annotations

import ctypes
import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from footnote.loaders.pdf.runs import (
    BELOW,
    GAP,
    GAP_SEEN,
    GAP_WIDE,
    HEIGHT,
    RAISED_SIZE,
    Rules,
    Run,
    apart,
    is_raised,
    is_wide_script,
    turned,
)

__all__ = ["read_runs"]

_ASKEW = 45
_DIVIDERS = frozenset({2, 0xFFFE})
"""What PDFium makes of a hyphen that divides a word at a line's end; the line's end itself it drops."""
_ENDS = frozenset({10, 13})
_BLANKS = frozenset({9, 32, 160})
_BOLD = 600
_BOLD_NAME = re.compile(rb"bold|black|heavy|demi", re.IGNORECASE)
_WIDE = 0.8
"""From which gap on, in parts of the height, what follows is a run of its own."""
_FEW = 0.2
_TOUCH = 0.5
_LEVEL = 0.1
_FIRST_HALF, _SECOND_HALF = 0xD800, 0xDC00
_FIRST_RIGHT_TO_LEFT, _LAST_RIGHT_TO_LEFT = 0x590, 0x8FF
_Box: TypeAlias = tuple[float, float, float, float]
"""(left, right, bottom, top)"""


@dataclass(slots=True)
class _Letters:
    """The letters of a run that is not complete yet."""

    start: int
    angle: int
    pieces: list[str] = field(default_factory=list)
    """Each letter, with a blank before it where one stands there."""
    levels: list[tuple[int, int, float]] = field(default_factory=list)
    """(first piece, its character's number, height) of each stretch of letters that are as high as each other."""
    left: float = 0.0
    right: float = 0.0
    last: _Box = (0.0, 0.0, 0.0, 0.0)

    def add(self, piece: str, box: _Box, index: int) -> None:
        near = _LEVEL * (box[3] - box[2])
        if not self.levels or abs(box[2] - self.last[2]) > near or abs(box[3] - self.last[3]) > near:
            self.levels.append((len(self.pieces), index, box[3] - box[2]))
        self.pieces.append(piece)
        self.left, self.right = min(self.left, box[0]), max(self.right, box[1])
        self.last = box

    def stretches(self) -> Iterator[tuple[str, int, float]]:
        """Letters that are as high as each other, the number of their first character, and their height."""
        ends = [*(first for first, _, _ in self.levels[1:]), len(self.pieces)]
        for (first, index, height), end in zip(self.levels, ends, strict=True):
            yield "".join(self.pieces[first:end]), index, height


def read_runs(textpage: Any, count: int, rules: Rules, pdfium: Any) -> tuple[dict[int, list[Run]], float]:
    """The runs of a page by the direction of their text (0, 90, 180, 270 degrees, or ``_ASKEW`` for stamps), each as if it stood upright.

    Returns:
        The runs, and the share of them whose font does not say which letters it shows.
    """
    reader = _Reader(textpage, rules, pdfium)
    reader.read(count)
    return reader.runs, reader.unmapped / max(reader.closed, 1)


class _Reader:
    """Goes through a page's characters and cuts them into runs."""

    def __init__(self, textpage: Any, rules: Rules, pdfium: Any) -> None:
        self.runs: dict[int, list[Run]] = {}
        self.closed = 0
        self.unmapped = 0
        self._page, self._pdfium = textpage, pdfium
        self._box = pdfium.FS_RECTF()
        self._at = ctypes.byref(self._box)
        self._name = ctypes.create_string_buffer(96)
        self._flags = ctypes.c_int()
        self._matrix = pdfium.FS_MATRIX()
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._letters: _Letters | None = None
        self._uprights = {angle: sorted(rules.turned(angle).upright) for angle in (0, 90, 180, 270)}

    def read(self, count: int) -> None:
        unicode, place = self._pdfium.FPDFText_GetUnicode, self._pdfium.FPDFText_GetLooseCharBox
        page, found, at, ruled = self._page, self._box, self._at, self._uprights[0]
        blank_from = -1
        for index in range(count):
            code = unicode(page, index)
            if code in _BLANKS:
                blank_from = index if blank_from < 0 else blank_from
                continue
            letters = self._letters
            if code in _ENDS or code in _DIVIDERS:
                if code in _DIVIDERS and letters is not None:
                    letters.pieces.append("-")
                self._close(index)
            elif letters is None:
                self._begin(code, index)
            elif not letters.angle and place(page, index, at):
                # The usual letter stands right of the last on the same line: this is the loop that takes the time.
                left, right, bottom, top = found.left, found.right, found.bottom, found.top
                last_left, last_right, last_bottom, last_top = letters.last
                height = top - bottom
                gap = left - last_right
                near = _LEVEL * height
                usual = -near < bottom - last_bottom < near and -near < top - last_top < near and left > last_left
                if usual and blank_from < 0 and gap < GAP * height and code < _FIRST_HALF:
                    letters.pieces.append(chr(code))
                    letters.last, letters.right = (left, right, bottom, top), right
                elif usual and blank_from >= 0 and not ruled and GAP * height < gap < _WIDE * height:
                    letters.pieces.append(" " + chr(code))
                    letters.last, letters.right = (left, right, bottom, top), right
                else:
                    self._add(letters, code, (left, right, bottom, top), index, blank_from)
            else:
                self._add(letters, code, self._place(index, letters), index, blank_from)
            blank_from = -1
        self._close(count)

    def _begin(self, code: int, index: int) -> None:
        letters = self._letters = _Letters(index, self._angle(index))
        box = self._place(index, letters)
        letters.left, letters.right = box[0], box[1]
        letters.add(_letter(code), box, index)

    def _add(self, letters: _Letters, code: int, box: _Box, index: int, blank_from: int) -> None:
        if _SECOND_HALF <= code < _SECOND_HALF + 0x400:
            letters.pieces[-1] += chr(code)  # letters beyond the first plane come as two halves
            return
        if letters.angle == _ASKEW:
            blank: bool | None = blank_from >= 0  # its places tell nothing: it goes on to the end of PDFium's line
        else:
            blank = self._follows(letters, code, box, index, blank_from)
        if blank is None:
            self._close(index)
            self._begin(code, index)
        else:
            letters.add(f" {_letter(code)}" if blank else _letter(code), box, index)

    def _follows(self, letters: _Letters, code: int, box: _Box, index: int, blank_from: int) -> bool | None:
        """Whether a blank stands before a letter of the same run; None where the letter begins another run."""
        last = letters.last
        height = max(box[3] - box[2], last[3] - last[2])
        if box[0] >= last[0] - 0.3 * height:
            gap = box[0] - last[1]
        elif _FIRST_RIGHT_TO_LEFT <= code <= _LAST_RIGHT_TO_LEFT:
            gap = last[0] - box[1]
        else:
            return None
        if abs(box[2] - last[2]) > height / 2 or gap > _WIDE * height or (gap > 0 and self._is_ruled_off(letters, box)):
            return None
        wide = is_wide_script(_letter(code)) and is_wide_script(letters.pieces[-1][-1])
        if gap > (GAP_WIDE if wide else GAP) * height:
            return True
        if blank_from >= 0 and gap > GAP_SEEN * height:
            return True  # PDFium sees a blank there too
        written = self._pdfium.FPDFText_IsGenerated
        return blank_from >= 0 and not all(written(self._page, n) for n in range(blank_from, index))

    def _is_ruled_off(self, letters: _Letters, box: _Box) -> bool:
        """Whether an upright rule stands between the last letter and a box: then they are in different cells."""
        uprights = self._uprights[letters.angle]
        number = bisect_left(uprights, (letters.last[1] - _TOUCH, 0.0, 0.0))
        middle = (box[2] + box[3]) / 2
        while number < len(uprights) and uprights[number][0] < box[0] + _TOUCH:
            if uprights[number][1] < middle < uprights[number][2]:
                return True
            number += 1
        return False

    def _place(self, index: int, letters: _Letters) -> _Box:
        """The place of a letter with the room around it; that of the one before where it has none."""
        if not self._pdfium.FPDFText_GetLooseCharBox(self._page, index, self._at):
            return letters.last
        box = self._box.left, self._box.right, self._box.bottom, self._box.top
        return turned(box, letters.angle) if letters.angle else box

    def _angle(self, index: int) -> int:
        radians = self._pdfium.FPDFText_GetCharAngle(self._page, index)
        if radians <= 0:
            return 0
        quarters = math.degrees(-radians) / 90  # PDFium counts clockwise
        return round(quarters) % 4 * 90 if abs(quarters - round(quarters)) < _LEVEL else _ASKEW

    def _close(self, end: int) -> None:
        letters, self._letters = self._letters, None
        if letters is None:
            return
        self.closed += 1
        self.unmapped += self._pdfium.FPDFText_HasUnicodeMapError(self._page, letters.start) == 1
        base, size = self._baseline(letters.start, letters.angle)
        text = None
        if len(letters.levels) > 1:
            stretches = [(found, *self._baseline(n, letters.angle)) for found, n, _ in letters.stretches()]
            base, size = _main(stretches)
            if any(own_size < RAISED_SIZE * size for _, _, own_size in stretches):
                text = _with_raised(stretches, base, size)
        text = _whole("".join(letters.pieces)) if text is None else text
        if text:
            bold = self._is_bold(letters.start, end)
            chars = letters.start, end
            run = Run(text, letters.left, letters.right, base, round(size * 2) / 2, bold=bold, chars=chars)
            self.runs.setdefault(letters.angle, []).append(run)

    def _baseline(self, index: int, angle: int) -> tuple[float, float]:
        """(base, size) of a letter: fonts differ in how high they say that their letters are, so its font's size decides."""
        pdfium = self._pdfium
        pdfium.FPDFText_GetMatrix(self._page, index, self._matrix)
        pdfium.FPDFText_GetCharOrigin(self._page, index, self._x, self._y)
        size = pdfium.FPDFText_GetFontSize(self._page, index) * math.hypot(self._matrix.c, self._matrix.d)
        x, y = self._x.value, self._y.value
        return turned((x, x, y, y), angle)[2] - BELOW * size, HEIGHT * size

    def _is_bold(self, start: int, end: int) -> bool:
        """Whether most of a run is bold: its middle, and one of its quarters."""
        if not self._is_bold_at((start + end) // 2):
            return False
        quarter = (end - start) // 4
        return self._is_bold_at(start + quarter) or self._is_bold_at(end - 1 - quarter)

    def _is_bold_at(self, index: int) -> bool:
        if self._pdfium.FPDFText_GetFontWeight(self._page, index) >= _BOLD:
            return True
        length = self._pdfium.FPDFText_GetFontInfo(self._page, index, self._name, len(self._name), self._flags)
        return 0 < length <= len(self._name) and _BOLD_NAME.search(self._name.value) is not None


def _letter(code: int) -> str:
    return chr(code) if code < 0x110000 else "\ufffd"


def _main(stretches: Sequence[tuple[str, float, float]]) -> tuple[float, float]:
    """(base, size) of the largest letters of a run, but for a few."""
    letters: Counter[float] = Counter()
    for found, _, size in stretches:
        letters[round(size, 1)] += len(found)
    most = max(size for size, count in letters.items() if count >= _FEW * letters.total())
    return next((base, size) for _, base, size in stretches if round(size, 1) == most)


def _with_raised(stretches: Sequence[tuple[str, float, float]], base: float, size: float) -> str:
    """The text of a run whose letters are not all of one size, what is raised set apart."""
    text, raised = "", ""
    for found, own_base, own_size in stretches:
        if is_raised(own_base, own_size, base, size):
            raised += found
            continue
        if raised:
            text = apart(text, raised.strip(), blank=raised[0] == " ")
            glued = found[0] == " " or not found[0].isalnum() or text[-1].isalpha()
            text, raised = text if glued else f"{text} ", ""
        text += found
    return _whole(apart(text, raised.strip(), blank=raised[0] == " ") if raised else text).strip()


def _whole(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if not text.isascii() else text

"""Runs of text on a PDF's page, and how they are joined to lines.

A run stands on one line and has no wide gap in it: a line of a column, a cell of a table, a label or a value.  Which runs
make a line, a column or a table is told from their places alone (``pdf_layout``), never from the order of drawing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "BELOW",
    "GAP",
    "GAP_SEEN",
    "GAP_WIDE",
    "HEIGHT",
    "RAISED_SIZE",
    "Run",
    "apart",
    "is_raised",
    "is_wide_script",
    "joined",
    "rows_of",
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
    arabic = sum(_FIRST_RIGHT_TO_LEFT <= ord(c) <= _LAST_RIGHT_TO_LEFT for run in runs for c in run.text)
    backwards = 2 * arabic > sum(len(run.text) for run in runs)
    text, last = "", runs[0]
    for run in sorted(runs, key=lambda run: run.left, reverse=backwards):
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


def _without_leaders(text: str) -> str:
    return " ".join(_LEADERS.sub(" ", text).split()) if "...." in text or ". . ." in text or "____" in text else text

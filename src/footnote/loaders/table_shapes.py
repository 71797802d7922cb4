"""What the rows of a table are: titles above it, the row that names its columns, or names and values without any."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["TableShape", "is_title", "kind_of", "shape_of"]

_NAME_MAX_CHARS = 80
_TITLE_MAX_CHARS = 120
_LOOKED_AT = 30
"""Rows below the first that are looked at."""
_TITLES_MAX = 10

_NUMBER = re.compile(r"[-+−(]?\s?(?:[€$£¥]|[A-Z]{3}\s)?\s?[-−]?\d[\d.,'’\u00a0\u202f ]*\s?(?:%|[€$£¥]|[A-Z]{3})?\)?$")
_DATE = re.compile(
    r"\d{4}-\d{1,2}(?:-\d{1,2})?(?:[T ]\d{1,2}:\d{2}.*)?$|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$|"
    r"\d{1,2}\.? (?:[A-Z][a-z]+\.?) \d{4}$|[A-Z][a-z]+\.? \d{1,2}, \d{4}$"
)
_TIME = re.compile(r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[ap]\.?m\.?)?$", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20|21)\d{2}(?:[/–-]\d{2,4})?$")
_ENDED = re.compile(r"[.!?;,]$")


@dataclass(frozen=True, slots=True)
class TableShape:
    """Where a table begins among its rows, and whether its first row names the columns."""

    start: int
    headed: bool


def shape_of(rows: Sequence[Sequence[str]]) -> TableShape:
    """The shape of a table's rows, none of which may be blank altogether."""
    width = max((_filled(row) for row in rows), default=0)
    if width < 2:
        return TableShape(0, headed=False)
    start = 0
    while start < min(len(rows) - 1, _TITLES_MAX) and _stands_above(rows, start, width):
        start += 1
    return TableShape(start, headed=_names_columns(rows[start], rows[start + 1 : start + 1 + _LOOKED_AT]))


def is_title(text: str) -> bool:
    """Whether a line above a table names it, rather than says something of it."""
    return len(text) <= _TITLE_MAX_CHARS and not _ENDED.search(text.strip())


def kind_of(text: str) -> str:
    """What a cell holds: ``number``, ``date``, ``time``, ``quantity`` (a number with more after it), ``text``, or nothing."""
    text = text.strip()
    if not text:
        return ""
    if _TIME.match(text):
        return "time"
    if _DATE.match(text):
        return "date"
    if _NUMBER.match(text):
        return "number"
    return "quantity" if text[0].isdigit() else "text"


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _stands_above(rows: Sequence[Sequence[str]], number: int, width: int) -> bool:
    """Whether a row is a line above the table: a single cell, or few of many columns with a full row of names below."""
    filled = _filled(rows[number])
    below = rows[number + 1]
    if filled == 1 and width > 1:
        # A blank corner leaves one name in a table of two columns: that row is no title.
        return width > 2 or bool(rows[number] and rows[number][0].strip())
    full = next((n for n in range(number + 1, min(len(rows) - 1, _TITLES_MAX)) if _filled(rows[n]) == width), None)
    if full is None or width < 4 or filled > width // 2 or _filled(below) < filled:
        return False
    return all(kind_of(cell) in {"", "text"} for cell in rows[full])


def _names_columns(first: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    width = max(len(row) for row in (first, *body))
    cells = [first[n].strip() if n < len(first) else "" for n in range(width)]
    columns = [[row[n].strip() for row in body if n < len(row) and row[n].strip()] for n in range(width)]
    names = [cell for cell in cells if cell]
    if not body or width < 2 or max(map(len, names), default=_NAME_MAX_CHARS + 1) > _NAME_MAX_CHARS:
        return False
    unnamed = [n for n in range(1, width) if not cells[n] and columns[n]]
    if len(names) < 2 and (cells[0] or width > 2):
        return False
    # A last column of remarks often has no name.
    if len([n for n in unnamed if n < width - 1]) > width // 4 or (
        width == 2 and _is_list_of_values(cells, body, columns)
    ):
        return False
    evidence = sum(_differs(cell, column) for cell, column in zip(cells, columns, strict=True))
    if len(set(names)) < len(names) and not evidence:
        return False
    return _numbers_are_names(cells, columns)


def _is_list_of_values(cells: Sequence[str], body: Sequence[Sequence[str]], columns: Sequence[Sequence[str]]) -> bool:
    """Whether two columns are names and their values: names end with colons, or values are of many kinds."""
    names = [row[0].strip() for row in body if row and row[0].strip()]
    if cells[0].endswith(":") or sum(name.endswith(":") for name in names) > len(names) / 2:
        return True
    kinds = [kind_of(value) for value in columns[1]]
    return len(kinds) > 1 and len(set(kinds)) > 1 and max(map(kinds.count, kinds)) < 0.75 * len(kinds)


def _differs(cell: str, column: Sequence[str]) -> bool:
    """Whether a name stands over values that are none."""
    return kind_of(cell) == "text" and sum(kind_of(value) != "text" for value in column) >= 0.8 * len(column) > 0


def _numbers_are_names(cells: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Whether what begins with a digit in a row names its column: years and counted columns do, values do not."""
    counted = [n for n, cell in enumerate(cells) if kind_of(cell) not in {"", "text"}]
    values = [cells[n] for n in counted if kind_of(cells[n]) != "quantity"]
    if any(kind_of(cells[n]) == "quantity" and "quantity" in map(kind_of, columns[n]) for n in counted):
        return False
    if not values:
        return True
    plain = [n for n in counted if kind_of(cells[n]) != "quantity"]
    if all(_YEAR.match(value) for value in values):
        return len(set(values)) == len(values) and not any(_mostly(_YEAR, columns[n]) for n in plain)
    if len(values) < 2:
        return False
    if all(value.isdecimal() for value in values):
        numbers = [int(value) for value in values]
        return numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] < 2
    kinds = {kind_of(value) for value in values}
    # Dates or hours over values that are none: a calendar, a timetable.
    return kinds < {"date", "time"} and not any(kinds & set(map(kind_of, columns[n])) for n in plain)


def _mostly(pattern: re.Pattern[str], column: Sequence[str]) -> bool:
    return sum(pattern.match(text) is not None for text in column) > len(column) / 2

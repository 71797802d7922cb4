"""Tables of all formats: one grid with merged cells laid over the places that they cover, and what its rows are.

A merged cell's text stands once in a row.  In the rows below that it also covers, a short text is written again, since it
is the label of each of them; a long one is not.  Rows are titles above the table, the row that names its columns, or names and
values without any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Cell", "Grid", "TableShape", "grid_of", "is_title", "joined", "kind_of", "shape_of"]

_LABEL_MAX_CHARS = 200
"""Longest text that is written again in each row that its cell covers."""
_SPANNED_MAX = 200_000
"""Most further places that the merged cells of one table may cover; what goes beyond is taken for single cells."""
_SPAN_MAX = 1_000
_STACKED_MAX = 3
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


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A cell and how far it reaches.

    Attributes:
        text: what it holds.
        columns: number of columns that it covers.
        rows: number of rows that it covers; 0: all that follow.
        heads: whether the file marks it as the name of a column or row.
        continues: whether it goes on with the cell above it, as Word and RTF write merged cells.
    """

    text: str
    columns: int = 1
    rows: int = 1
    heads: bool = False
    continues: bool = False


class Grid:
    """The places of a table, row by row; a merged cell is the same object in every place that it covers."""

    def __init__(self, height: int) -> None:
        self.rows: list[list[Cell | None]] = [[] for _ in range(height)]
        self._spanned = 0

    def put(self, row: int, column: int, cell: Cell) -> int:
        """Lay a cell with its upper left corner at a place; what is taken already stays.  Returns its number of columns."""
        columns = min(max(cell.columns, 1), _SPAN_MAX)
        rows = min(cell.rows or len(self.rows), len(self.rows) - row)
        if columns * rows > 1:
            self._spanned += columns * rows
            if self._spanned > _SPANNED_MAX:
                columns = rows = 1
        for line in self.rows[row : row + max(rows, 1)]:
            line.extend([None] * (column + columns - len(line)))
            for place in range(column, column + columns):
                if line[place] is None:
                    line[place] = cell
        return columns

    def add_row(self, row: int, cells: Iterable[Cell]) -> None:
        """Lay a row's cells one after the other into the places that no cell from above covers."""
        column = 0
        line = self.rows[row]
        above = self.rows[row - 1] if row else []
        for cell in cells:
            while column < len(line) and line[column] is not None:
                column += 1
            over = above[column] if cell.continues and column < len(above) else None
            if over is not None:
                line += [None] * (column + 1 - len(line))
                for place in range(column, min(column + max(cell.columns, 1), len(above))):
                    if above[place] is over:
                        line += [None] * (place + 1 - len(line))
                        line[place] = over
                column += max(cell.columns, 1)
            else:
                column += self.put(row, column, cell)

    def texts(self, *, blank_columns: bool = False) -> list[list[str]]:
        """The texts of all rows, each merged cell once a row; blank ends of rows are left out, and so are blank columns."""
        shown = [self._row_texts(number) for number in range(len(self.rows))]
        if blank_columns:
            return [_trimmed(row) for row in shown]
        used = sorted({column for row in shown for column, text in enumerate(row) if text.strip()})
        return [_trimmed([row[column] if column < len(row) else "" for column in used]) for row in shown]

    def header_texts(self, count: int) -> list[list[str]]:
        """As ``texts``, the first ``count`` rows made one: under each other, the names that hold for a column."""
        if count < 2:
            return self.texts()
        width = max(map(len, self.rows[:count]), default=0)
        names = [self._names_above(column, count) for column in range(width)]
        body = [self._row_texts(number, first=count) for number in range(count, len(self.rows))]
        filled = {column for row in body for column, text in enumerate(row) if text.strip()}
        used = sorted(filled | {column for column, name in enumerate(names) if name and not filled})
        rows = [names, *body]
        return [_trimmed([row[column] if column < len(row) else "" for column in used]) for row in rows]

    def stacked_names(self) -> int:
        """How many rows at the top name the columns together: groups of columns, and below them the columns."""
        count = 0
        while count < min(len(self.rows) - 2, _STACKED_MAX) and self.spans_within(count):
            count += 1
        return count + 1 if count else 0

    def spans_within(self, row: int) -> bool:
        """Whether a cell of the row covers some columns, but not all, and no row below it."""
        wide = [cell.columns for cell in self.rows[row] if cell is not None and cell.rows == 1 and cell.text.strip()]
        # The width of the whole is asked for only where it matters: sheets have a million rows.
        return max(wide, default=1) > 1 and min(n for n in wide if n > 1) < max(map(len, self.rows))

    def spread(self, row: int) -> list[str]:
        """The texts of a row, a merged cell's in each column that it covers."""
        return [cell.text if cell is not None else "" for cell in self.rows[row]]

    def _names_above(self, column: int, count: int) -> str:
        found: list[str] = []
        last: Cell | None = None
        for row in self.rows[:count]:
            cell = row[column] if column < len(row) else None
            if cell is not None and cell is not last and cell.text.strip() and cell.text not in found:
                found.append(cell.text)
            last = cell
        return " ".join(found)

    def _row_texts(self, number: int, first: int = 0) -> list[str]:
        found: list[str] = []
        above = self.rows[number - 1] if number > first else []
        left: Cell | None = None
        for column, cell in enumerate(self.rows[number]):
            repeated = cell is not None and column < len(above) and above[column] is cell
            if cell is None or cell is left or (repeated and len(cell.text) > _LABEL_MAX_CHARS):
                found.append("")
            else:
                found.append(cell.text)
            left = cell
        return found


def grid_of(rows: Sequence[Sequence[Cell]]) -> Grid:
    """A grid of cells that stand one after the other, as HTML and word processors write them."""
    grid = Grid(len(rows))
    for number, cells in enumerate(rows):
        grid.add_row(number, cells)
    return grid


def joined(rows: Sequence[Sequence[str]]) -> str:
    """A table inside of a cell as one line: a name and its value with a colon, longer rows with commas."""
    lines = []
    for row in rows:
        filled = [" ".join(text.split()) for text in row if text.strip()]
        if len(filled) == 2:
            filled = [f"{filled[0].rstrip(':')}: {filled[1]}"]
        if filled:
            lines.append(", ".join(filled))
    return "; ".join(lines)


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1].strip():
        row.pop()
    return row


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

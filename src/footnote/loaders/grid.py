"""One grid for the tables of all formats: merged cells are laid over the places that they cover.

A merged cell's text stands once in a row.  In the rows below that it also covers, a short text is written again, since it
is the label of each of them; a long one is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Cell", "Grid", "grid_of", "joined"]

_LABEL_MAX_CHARS = 200
"""Longest text that is written again in each row that its cell covers."""
_SPANNED_MAX = 200_000
"""Most further places that the merged cells of one table may cover; what goes beyond is taken for single cells."""
_SPAN_MAX = 1_000
_STACKED_MAX = 3


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

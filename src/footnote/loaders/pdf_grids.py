"""Tables of a PDF whose cells are drawn: rules that hang together as grids."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low

from footnote.loaders.pdf_columns import Row, columns_of
from footnote.loaders.pdf_rules import Rules
from footnote.loaders.pdf_runs import Run, rows_of
from footnote.loaders.pdf_tables import Cells, Table, cell_text, is_table, is_value, ruled_off

__all__ = ["ruled_tables"]

_SAME = 2.5
"""Points by which two rules, or the ends of two that meet, may differ."""
_CELL_MAX_CHARS = 1_500
"""A ruled box with more text than this holds a page's layout, not a table's cell."""
_SEVERAL = 3
_FILLED = 0.25
"""Least share of a drawn table's cells that hold text; boxes with less are a drawing."""


def ruled_tables(runs: Sequence[Run], rules: Rules) -> tuple[list[Table], list[Run]]:
    """The tables whose cells are drawn, and the runs that stand in none of them."""
    tables: list[Table] = []
    free = list(runs)
    if len(rules.upright) < 2 or len(rules.level) < 2:
        return tables, free
    for grid in _grids(rules):
        inside = [run for run in free if grid.holds(run)]
        table = grid.table(inside)
        if table is not None:
            tables.append(table)
            taken = {id(run) for run in inside}
            free = [run for run in free if id(run) not in taken]
    return tables, free


@dataclass(slots=True)
class _Grid:
    """Rules that meet: the places of the upright ones from left to right, the heights of the level ones from the top down."""

    places: list[float]
    heights: list[float]
    upright: list[tuple[float, float, float]]
    level: list[tuple[float, float, float]]

    def holds(self, run: Run) -> bool:
        middle, height = (run.left + run.right) / 2, run.base + run.size / 2
        return self.places[0] < middle < self.places[-1] and self.heights[-1] < height < self.heights[0]

    def table(self, runs: Sequence[Run]) -> Table | None:
        """The runs inside of the grid as a table; None where they are none."""
        self._split_columns(runs)
        by_row = self._lines(runs)
        columns = sorted({column for lines in by_row.values() for cells in lines for column in cells})
        grouped: list[Cells] = []
        spans: list[tuple[int, int]] = []
        for row in sorted(by_row):
            stretch = ruled_off([[cells.get(column, []) for column in columns] for cells in by_row[row]])
            grouped += stretch
            spans += [(row, number) for number in range(len(stretch))]
        filled = sum(bool(cell) for cells in grouped for cell in cells)
        if len(columns) < 2 or not is_table(grouped) or filled < _FILLED * len(grouped) * len(columns):
            return None
        table = Table([(self.places[n], self.places[n + 1]) for n in columns], self.heights[-1], self.heights[0])
        table.size = median_low(run.size for run in runs)
        texts = [[cell_text(cell) for cell in cells] for cells in grouped]
        if any(len(cell) > _CELL_MAX_CHARS for row in texts for cell in row):
            return None
        table.fill(grouped, (), self._spread(texts, spans, columns))
        return table

    def _lines(self, runs: Sequence[Run]) -> dict[int, list[dict[int, list[Run]]]]:
        """The lines of each row, with the runs of each column."""
        by_row: dict[int, list[dict[int, list[Run]]]] = defaultdict(list)
        for stretch in rows_of(runs):
            found: dict[int, dict[int, list[Run]]] = defaultdict(lambda: defaultdict(list))
            for run in stretch:
                row = next(n for n, below in enumerate(self.heights[1:]) if run.base + run.size / 2 > below)
                column = max(0, bisect_right(self.places, min(run.left + run.size / 3, run.right)) - 1)
                row, column = self._first(row, min(column, len(self.places) - 2))
                found[row][column].append(run)
            for row, cells in found.items():
                by_row[row].append(cells)
        return by_row

    def _split_columns(self, runs: Sequence[Run]) -> None:
        """Part columns that hold several values in most of their rows, as where rules stand only between groups of columns."""
        for left, right in pairwise(list(self.places)):
            inside = [run for run in runs if left < (run.left + run.right) / 2 < right]
            rows = [Row(row, base=row[0].base, top=row[0].top) for row in rows_of(inside)]
            several = [row for row in rows if len(row.runs) > 1]
            values = [is_value(run.text) for row in several for run in row.runs]
            if len(several) < _SEVERAL or 2 * len(several) < len(rows) or 2 * sum(values) < len(values):
                continue
            columns = columns_of(several, most=0.15)
            for one, other in pairwise(columns):
                place = (one[1] + other[0]) / 2
                self.places.append(place)
                self.upright.append((place, several[-1].base, several[0].top))
        self.places.sort()

    def _spread(
        self, texts: Sequence[Sequence[str]], spans: Sequence[tuple[int, int]], columns: Sequence[int]
    ) -> list[list[str]]:
        """The rows with the text of a merged cell in each place that it covers."""
        shown = {
            (row, column): text
            for (row, n), line in zip(spans, texts, strict=True)
            if not n
            for column, text in zip(columns, line, strict=True)
        }
        spread = []
        for (row, number), line in zip(spans, texts, strict=True):
            masters = [self._first(row, column) if not number else (row, column) for column in columns]
            spread.append([text or shown.get(master, "") for text, master in zip(line, masters, strict=True)])
        return spread

    def _first(self, row: int, column: int) -> tuple[int, int]:
        """The cell that a place belongs to: where no rule stands between, cells are one."""
        middle = (self.heights[row] + self.heights[row + 1]) / 2
        while column > 0 and not any(
            abs(place - self.places[column]) <= _SAME and bottom < middle < top for place, bottom, top in self.upright
        ):
            column -= 1
        across = (self.places[column] + self.places[column + 1]) / 2
        while row > 0 and not any(
            abs(height - self.heights[row]) <= _SAME and left < across < right for height, left, right in self.level
        ):
            row -= 1
        return row, column


def _grids(rules: Rules) -> list[_Grid]:
    """Upright and level rules that hang together, as grids of two columns and two rows at least."""
    upright, level = _merged(rules.upright), _merged(rules.level)
    group = list(range(len(upright) + len(level)))

    def root(number: int) -> int:
        while group[number] != number:
            group[number] = group[group[number]]
            number = group[number]
        return number

    for one, (place, bottom, top) in enumerate(upright):
        for other, (height, left, right) in enumerate(level):
            if left - _SAME <= place <= right + _SAME and bottom - _SAME <= height <= top + _SAME:
                group[root(one)] = root(len(upright) + other)
    parts: dict[int, tuple[list[tuple[float, float, float]], list[tuple[float, float, float]]]] = defaultdict(
        lambda: ([], [])
    )
    for number, rule in enumerate([*upright, *level]):
        parts[root(number)][number >= len(upright)].append(rule)
    grids = []
    for ups, levels in parts.values():
        if not ups or not levels:
            continue
        # Tables may be open at their sides: there the other rules' ends close them.
        ends = [min(left for _, left, _ in levels), max(right for _, _, right in levels)]
        places = _distinct([*(place for place, _, _ in ups), *ends])
        ends = [min(bottom for _, bottom, _ in ups), max(top for _, _, top in ups)]
        heights = _distinct([*(height for height, _, _ in levels), *ends])[::-1]
        if len(places) > 2 and len(heights) > 2:
            grids.append(_Grid(places, heights, ups, levels))
    return sorted(grids, key=lambda grid: (-grid.heights[0], grid.places[0]))


def _merged(rules: Sequence[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Rules on one line whose ends meet, as one."""
    found: list[tuple[float, float, float]] = []
    open_at: dict[int, int] = {}
    for place, start, end in sorted(rules, key=lambda rule: (rule[1], rule[2])):
        key = round(place / _SAME)
        for near in (key, key - 1, key + 1):
            number = open_at.get(near)
            if number is not None and start <= found[number][2] + _SAME and abs(place - found[number][0]) <= _SAME:
                found[number] = (found[number][0], found[number][1], max(found[number][2], end))
                break
        else:
            open_at[key] = len(found)
            found.append((place, start, end))
    return found


def _distinct(values: Sequence[float]) -> list[float]:
    """Values from the least up, those that are nearly the same once."""
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > _SAME:
            found.append(value)
    return found

"""Reading order from places: the runs of a page as lines and tables, columns one after the other however they are drawn.

Tables whose cells are drawn, rules that hang together as grids, are taken out first.  Then, from the top down, rows of runs are
taken together to a *band* while one upright strip of white, the gutter, goes through all of them.  A band is a table where its
rows belong together, else columns of text, each of which is read in the same way.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low
from typing import TypeAlias

from footnote.loaders.pdf.pages import Page
from footnote.loaders.pdf.runs import Rules, Run, in_order, is_raised, joined, pieces_of, rows_of
from footnote.loaders.pdf.text_tables import (
    COUNT,
    GUTTER,
    Cells,
    Row,
    Table,
    cell_text,
    columns_of,
    is_prose,
    is_table,
    is_value,
    part_of,
    ruled_off,
    table_of,
    without_tail,
)

__all__ = ["Item", "PdfLine", "items_of", "read_order"]

_SENTENCE_BLANKS = 6
_ROWS_APART = 6.0
_MARKER_GAP = 5.0
_BULLET = re.compile(r"[•●○◦▪▫■□‣∙·➢➤✓\uf020-\uf0ff]")
_MARKER = re.compile(
    r"[•●○◦▪▫■□‣∙·➢➤✓\uf020-\uf0ff]|[\u2013\u2014*-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)]|\d+(?:\.\d+)+\.?"
)
_MARKS = re.compile(f"{_MARKER.pattern}|{COUNT.pattern}")
_SHARED_ROWS = 0.34
_FEW = 0.2
_SAME = 2.5
"""Points by which two rules, or the ends of two that meet, may differ."""
_CELL_MAX_CHARS = 1_500
"""A ruled box with more text than this holds a page's layout, not a table's cell."""
_SEVERAL = 3
_FILLED = 0.25
"""Least share of a drawn table's cells that hold text; boxes with less are a drawing."""


@dataclass(slots=True)
class PdfLine(Run):
    """A line of text as it is read."""

    edge: float | None = None
    """How far to the right the lines of its column reach; None where it is not in one of several columns."""


Item: TypeAlias = "PdfLine | Table"


def items_of(page: Page) -> list[Item]:
    """A page's lines and tables; what stands turned or askew comes after the rest."""
    items = read_order(page.runs, page.rules)
    for runs in page.aside:
        items += read_order(runs, Rules())
    return items


def read_order(runs: Sequence[Run], rules: Rules) -> list[Item]:
    """The lines and tables of a page in the order in which a person reads them."""
    running = [line for row in _rows([run for run in runs if run.recurs]) if (line := _line(row, None)).text]
    tables, free = ruled_tables([run for run in runs if not run.recurs], rules)
    rows = _rows(free)
    rows += [Row(table=table, base=table.base, top=table.top) for table in tables]
    rows.sort(key=lambda row: (-row.top, row.left))
    top = rows[0].top if rows else 0.0
    heads = [line for line in running if line.base >= top]
    return [*heads, *_ordered(rows, rules, within_column=False), *(line for line in running if line.base < top)]


def _rows(runs: Sequence[Run]) -> list[Row]:
    found = []
    for stretch in rows_of(runs):
        tallest = max(stretch, key=lambda run: run.size)
        marked = _with_markers(stretch) if len(stretch) > 1 else stretch
        found.append(Row(marked, base=tallest.base, top=tallest.top))
    return found


def _with_markers(runs: list[Run]) -> list[Run]:
    """A row's runs, the mark or number of a list's item taken together with the item."""
    found: list[Run] = []
    for number, run in enumerate(runs):
        last = found[-1] if found else None
        if (
            last is not None
            and run.left - last.right < _MARKER_GAP * run.size
            and (_is_mark(last, run) if number == 1 else _BULLET.fullmatch(last.text))
        ):
            text, pieces = f"{last.text} {run.text}", pieces_of([last, run])
            found[-1] = Run(
                text, last.left, run.right, run.base, run.size, bold=run.bold, recurs=run.recurs, pieces=pieces
            )
        else:
            found.append(run)
    return found


def _is_mark(first: Run, run: Run) -> bool:
    """Whether the first run of a row is the mark or number of the item, note or paragraph that the next one begins."""
    return (
        _MARKER.fullmatch(first.text) is not None
        or is_raised(first.base, first.size, run.base, run.size)
        or (COUNT.fullmatch(first.text) is not None and run.text.count(" ") >= _SENTENCE_BLANKS)
    )


def _ordered(rows: Sequence[Row], rules: Rules, *, within_column: bool) -> list[Item]:
    items: list[Item] = []
    edge = max(row.right for row in rows) if within_column and rows else None
    columned = any(len(row.runs) > 1 for row in rows) or _side_by_side(rows)
    number = 0
    while number < len(rows):
        row = rows[number]
        end = _band_end(rows, number) if columned else number
        if end > number:
            found, end = _band(rows[number:end], rules, number)
            items += found
            number = end
            continue
        items.append(row.table if row.table is not None else _line(row, edge))
        number += 1
    return [item for item in items if not isinstance(item, PdfLine) or item.text]


def _side_by_side(rows: Sequence[Row]) -> bool:
    return len(rows) > 1 and max(row.left for row in rows) >= min(row.right for row in rows)


def _line(row: Row, edge: float | None) -> PdfLine:
    chars = sum(len(run.text) for run in row.runs)
    longest = max(len(run.text) for run in row.runs)
    main = max((run for run in row.runs if len(run.text) >= _FEW * longest), key=lambda run: run.size)
    bold = 2 * sum(len(run.text) for run in row.runs if run.bold) > chars
    recurs, heads = all(run.recurs for run in row.runs), row.runs[0].heads
    return PdfLine(
        joined(row.runs), row.left, row.right, main.base, main.size, bold=bold, recurs=recurs, heads=heads,
        pieces=pieces_of(in_order(row.runs)), edge=edge,
    )  # fmt: skip


@dataclass(slots=True)
class _Gutter:
    """White between ``left`` and ``right`` through all rows so far, and how many rows have text on each side."""

    left: float
    right: float
    before: int = 0
    after: int = 0


def _band_end(rows: Sequence[Row], start: int) -> int:
    """The row after the last of the band that begins with a row; ``start`` where none does."""
    left = min(row.left for row in rows[start:])
    right = max(row.right for row in rows[start:])
    gutters = [_Gutter(left - 1, right + 1)]
    end = start
    for number in range(start, len(rows)):
        row = rows[number]
        if number > start and rows[number - 1].base - row.top > _ROWS_APART * max(row.size, rows[number - 1].size):
            break
        gutters = _narrowed(gutters, row)
        if not gutters:
            break
        if any(gutter.before > 1 and gutter.after > 1 for gutter in gutters):
            end = number + 1
    return end


def _narrowed(gutters: Sequence[_Gutter], row: Row) -> list[_Gutter]:
    """What a row leaves of gutters."""
    places = row.places()
    least = GUTTER * max(row.size, 1.0)
    found = []
    at = float("-inf")
    whites = []
    for left, right in places:
        if left > at:
            whites.append((at, left))
        at = max(at, right)
    whites.append((at, float("inf")))
    for gutter in gutters:
        for white_left, white_right in whites:
            left, right = max(gutter.left, white_left), min(gutter.right, white_right)
            if right - left >= least:
                found.append(_Gutter(left, right, gutter.before + (places[0][0] < left), gutter.after + (at > right)))
    return found


def _band(rows: Sequence[Row], rules: Rules, start: int) -> tuple[list[Item], int]:
    """A band's items, and the number of the first row after them (``start`` is the band's first)."""
    shared = [number for number, row in enumerate(rows) if len(row.runs) > 1]
    if len(shared) > 1 and not any(row.table for row in rows[shared[0] : shared[-1]]):
        first, last = shared[0], shared[-1]
        inner = rows[first : last + 1]
        together = len(shared) / len(inner)
        columns = columns_of(inner, most=0.15)
        if together >= _SHARED_ROWS and len(columns) > 1 and not is_prose(inner, columns):
            table = table_of([row.runs for row in inner], columns, rules)
            if table is not None:
                before = _ordered(rows[:first], rules, within_column=False)
                return [*before, table], start + last + 1
    rows = without_tail(rows)
    columns = columns_of(rows, most=0.0)
    if len(columns) < 2:
        row = rows[0]
        return [row.table if row.table is not None else _line(row, None)], start + 1
    items: list[Item] = []
    marks: float | None = None
    for left, right in columns:
        part = part_of(rows, left if marks is None else marks, right)
        marked = (len(row.runs) == 1 and _MARKS.fullmatch(row.runs[0].text) for row in part)
        if all(marked) and right < columns[-1][1]:
            marks = left  # the marks of a list belong to the column of its items
            continue
        for row in part:
            row.runs = _with_markers(row.runs)
        items += _ordered(part, rules, within_column=True)
        marks = None
    return items, start + len(rows)


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

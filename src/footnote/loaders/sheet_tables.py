"""The tables of a sheet: one after the other or side by side, each with its title and the names of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from footnote.loaders.grid import Grid
from footnote.loaders.table_shapes import is_title, kind_of, shape_of

__all__ = ["SheetTable", "tables_of"]

_SIDES_MAX = 20
"""Most stretches of columns that are looked at for tables side by side."""

_Region: TypeAlias = list[tuple[int, list[str]]]
"""Rows of a sheet with their numbers, all columns kept."""


@dataclass(slots=True)
class SheetTable:
    """A table, or lines that belong to none.

    Attributes:
        titles: lines above it.
        names: of its columns; empty where it has none.
        rows: below the names.
        goes_on: whether it goes on with the table before it, whose names hold for it.
    """

    titles: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    goes_on: bool = False


def tables_of(grid: Grid) -> list[SheetTable]:
    """The tables of a sheet in reading order."""
    found: list[SheetTable] = []
    rows = list(enumerate(grid.texts(blank_columns=True)))
    for side in _sides(rows):
        columns: list[int] = []
        names: list[str] = []
        for region in _regions(side):
            used = sorted(_columns(region))
            table = _table(grid, region, used)
            if names and set(used) <= set(columns) and not _is_own(table, names):
                table = _table(grid, region, columns)
                table.rows = [*([table.names] if table.names else []), *table.rows]
                table.names, table.goes_on = [], bool(table.rows)
            elif table.rows:
                columns, names = used, table.names
            found.append(table)
    return found


def _is_own(table: SheetTable, names: list[str]) -> bool:
    """Whether a stretch below a blank row names its columns itself, and is not a further group of the table above."""
    if not table.names:
        return False
    if table.titles or table.names == names:
        return True
    for n, name in enumerate(table.names):
        kinds = [kind_of(row[n]) for row in table.rows if n < len(row) and row[n].strip()]
        if kind_of(name) == "text" and kinds and all(kind != "text" for kind in kinds):
            return True
    return False


def _table(grid: Grid, region: _Region, columns: Sequence[int]) -> SheetTable:
    rows = [[row[n] if n < len(row) else "" for n in columns] for _, row in region]
    if max(map(_filled, rows)) < 2:
        return SheetTable(titles=[_line(row) for row in rows])
    shape = shape_of(rows)
    start = shape.start
    if not shape.headed:
        # Without names below them, only single lines that read as titles are such.
        start = 0
        while start < len(rows) - 1 and _filled(rows[start]) == 1 and is_title(_line(rows[start])):
            start += 1
    table = SheetTable(titles=[_line(row) for row in rows[:start]], rows=rows[start:])
    if shape.headed:
        table.names = table.rows.pop(0)
        above = region[start - 1][0]
        if start and grid.spans_within(above):
            table.titles.pop()
            upper = grid.spread(above)
            table.names = [
                " ".join(dict.fromkeys(part for part in (upper[n] if n < len(upper) else "", name) if part))
                for n, name in zip(columns, table.names, strict=True)
            ]
    return table


def _regions(rows: _Region) -> list[_Region]:
    """Stretches of rows between blank ones."""
    found: list[_Region] = [[]]
    for number, row in rows:
        if _filled(row):
            found[-1].append((number, row))
        elif found[-1]:
            found.append([])
    return [region for region in found if region]


def _sides(rows: _Region) -> list[_Region]:
    """Tables that stand side by side: parted by a blank column, and of unlike rows or the same names."""
    used = sorted(_columns(rows))
    breaks = [n for n, (one, other) in enumerate(pairwise(used)) if other - one > 1]
    if not 0 < len(breaks) < _SIDES_MAX:
        return [rows]
    edges = [0, *(used[n] + 1 for n in breaks), used[-1] + 1]
    sides: list[_Region] = []
    for start, end in pairwise(edges):
        side = [(number, [""] * start + row[start:end]) for number, row in rows]
        if sides and not _stand_apart(sides[-1], side):
            side = [
                (number, [*before, *([""] * (start - len(before))), *row[start:]])
                for (number, before), (_, row) in zip(sides.pop(), side, strict=True)
            ]
        sides.append(side)
    return sides


def _stand_apart(left: _Region, right: _Region) -> bool:
    one, other = ([(n, row) for n, row in side if _filled(row)] for side in (left, right))
    if not one or not other or len(_columns(one)) < 2 or len(_columns(other)) < 2:
        return False
    first, second = ([cell.strip() for cell in side[0][1] if cell.strip()] for side in (one, other))
    unlike = [n for n, _ in one] != [n for n, _ in other]
    return unlike or first == second


def _columns(region: _Region) -> set[int]:
    return {n for _, row in region for n, cell in enumerate(row) if cell.strip()}


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _line(row: Sequence[str]) -> str:
    return " ".join(" ".join(cell.split()) for cell in row if cell.strip())

"""Reading order from places: the runs of a page as lines and tables, columns one after the other however they are drawn.

From the top down, rows of runs are taken together to a *band* while one upright strip of white, the gutter, goes through all
of them.  A band is a table where its rows belong together, else columns of text, each of which is read in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from footnote.loaders.pdf_columns import COUNT, GUTTER, Row, columns_of, is_prose, part_of, without_tail
from footnote.loaders.pdf_grids import ruled_tables
from footnote.loaders.pdf_rules import Rules
from footnote.loaders.pdf_runs import Run, is_raised, joined, rows_of
from footnote.loaders.pdf_tables import Table, table_of

__all__ = ["PdfLine", "read_order"]

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


@dataclass(slots=True)
class PdfLine:
    """A line of text as it is read; lengths are points, ``base`` grows from the bottom of the page up."""

    text: str
    left: float
    right: float
    base: float
    size: float
    bold: bool = False
    recurs: bool = False
    heads: bool = False
    edge: float | None = None
    """How far to the right the lines of its column reach; None where it is not in one of several columns."""


Item: TypeAlias = "PdfLine | Table"


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
            found[-1] = Run(
                f"{last.text} {run.text}", last.left, run.right, run.base, run.size, bold=run.bold, recurs=run.recurs
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
    return PdfLine(joined(row.runs), row.left, row.right, main.base, main.size, bold, recurs, heads, edge)


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

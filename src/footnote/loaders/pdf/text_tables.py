"""Tables of a PDF from the places of its text: the strips of white between columns, and the rows that make a table.

``reading_order`` has those whose cells are drawn.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from statistics import median_low
from typing import TypeAlias

from footnote.loaders.pdf.runs import Rules, Run, is_wide_script, joined, pieces_of

__all__ = [
    "COUNT",
    "GUTTER",
    "Cells",
    "Row",
    "Table",
    "cell_text",
    "columns_of",
    "is_prose",
    "is_table",
    "is_value",
    "part_of",
    "ruled_off",
    "table_of",
    "without_tail",
]

_SAME_HEIGHT = 2.5
_VALUE = re.compile(r"[-–—+~<>≤≥±(]*\s?[$€£¥]?\s?[-–+]?[.,]?\d|[-–—.*]+$|n/?a$", re.IGNORECASE)
_LABEL_MAX_CHARS = 200
_YEAR = re.compile(r"(?:1[89]|20)\d\d(?:[-/–]\d{2,4})?")
_MOSTLY = 0.7
_SHARED = 0.3
_HEADER_ROWS_MAX = 5
_WRAPPED_GAP = 0.75
"""A line that is closer to the one above than this share of the usual distance of rows goes on in the same row."""
Cells: TypeAlias = list[list[Run]]
"""The runs of each of a row's cells."""
COUNT = re.compile(r"\d{1,3}")
"""The number of a paragraph or a note, as it stands beside it."""
GUTTER = 0.3
"""Least width of a gutter in parts of the letters' height, where all rows are taken together."""
_PROSE_WORDS = 3.0
_PROSE_FILL = 0.7
_PROSE_GOES_ON = 0.3


@dataclass(slots=True)
class Table:
    """Rows of cells; lengths are points.

    Attributes:
        columns: (left, right) of each.
        rows: the cells' texts, as many in each row as there are columns.
        headed: whether the first row names the columns; None where only its words can tell.
        size: the letters' height.
        pieces: the runs that it was made of, in the order of its cells.
    """

    columns: list[tuple[float, float]]
    base: float
    top: float
    rows: list[list[str]] = field(default_factory=list)
    headed: bool | None = None
    size: float = 0.0
    pieces: tuple[Run, ...] = ()

    @property
    def chars(self) -> int:
        return sum(len(cell) for row in self.rows for cell in row)

    @property
    def left(self) -> float:
        return self.columns[0][0]

    @property
    def right(self) -> float:
        return self.columns[-1][1]

    def fill(
        self, grouped: Sequence[Cells], separators: Sequence[float], spread: Sequence[Sequence[str]] | None = None
    ) -> None:
        """Take rows of cells as the table's, those that name the columns together as one.

        Args:
            grouped: the rows.
            separators: heights of the rules between them.
            spread: the rows with the text of merged cells in each place that they cover: a short one is the label of
                every row, and the name of every column.
        """
        rows = [[cell_text(cell) for cell in cells] for cells in grouped]
        head = _header_rows(rows)
        self.headed = True if head > 1 else _is_headed(rows, grouped, separators)
        names = rows[0] if head == 1 else [_stacked(spread or rows, head, n) for n in range(len(rows[0]))]
        self.rows = [names, *(_labelled(row, spread[n] if spread else row) for n, row in enumerate(rows[head:], head))]
        named = ([run for cells in grouped[:head] for run in cells[n]] for n in range(len(names)))
        cells = [*named, *(cell for cells in grouped[head:] for cell in cells)]
        self.pieces = pieces_of([run for cell in cells for run in _downwards(cell)])

    def fits(self, other: Table) -> bool:
        """Whether two tables have the same columns."""
        return len(self.columns) == len(other.columns) and all(
            one[0] < two[1] and two[0] < one[1] for one, two in zip(self.columns, other.columns, strict=True)
        )


def table_of(rows: Sequence[Sequence[Run]], columns: Sequence[tuple[float, float]], rules: Rules) -> Table | None:
    """Rows of runs as a table of columns; None where it would have one row or one column."""
    lefts = [columns[0][0], *((one[1] + other[0]) / 2 for one, other in pairwise(columns))]
    lines: list[Cells] = []
    for runs in rows:
        cells: Cells = [[] for _ in columns]
        for run in runs:
            cells[max(0, bisect_right(lefts, run.left + min(1.0, run.size / 4)) - 1)].append(run)
        lines.append(cells)
    every = [run for runs in rows for run in runs]
    separators = _separators(columns, rules, min(run.base for run in every), max(run.top for run in every))
    bases = [max(run.base for cell in cells for run in cell) for cells in lines]
    between = _between(bases, separators)
    if len(separators) > 2 and len(set(between)) >= max(3, len(lines) // 4):
        stretches = [[lines[n] for n in group] for _, group in groupby(range(len(lines)), key=lambda n: between[n])]
        grouped = [row for stretch in stretches for row in ruled_off(stretch)]
    else:
        grouped = _grouped(lines, between)
    if not is_table(grouped):
        return None
    table = Table(list(columns), min(run.base for run in every), max(run.top for run in every))
    table.size = median_low(run.size for run in every)
    table.fill(grouped, separators)
    return table


def cell_text(runs: Sequence[Run]) -> str:
    """A cell's text, its lines from the top down."""
    lines: list[list[Run]] = []
    for run in _downwards(runs):
        if lines and run.base + run.size / 2 > lines[-1][0].base:
            lines[-1].append(run)
        else:
            lines.append([run])
    text = ""
    for line in lines:
        found = joined(line)
        if text.endswith("-") and found[:1].islower() and text[-2:-1].isalpha():
            text = text[:-1] + found
        else:
            text = f"{text} {found}" if text else found
    return text


def _downwards(runs: Sequence[Run]) -> list[Run]:
    """A cell's runs from the top down."""
    return sorted(runs, key=lambda run: (-run.base - run.size / 2, run.left))


def _separators(columns: Sequence[tuple[float, float]], rules: Rules, bottom: float, top: float) -> list[float]:
    """Heights of the level rules that go through most of a table."""
    left, right = columns[0][0], columns[-1][1]
    covered: dict[int, float] = defaultdict(float)
    heights: dict[int, float] = {}
    for height, one, other in rules.level:
        if bottom < height < top:
            key = round(height / _SAME_HEIGHT)
            covered[key] += max(0.0, min(other, right) - max(one, left))
            heights[key] = height
    return sorted((heights[key] for key, width in covered.items() if width >= 0.7 * (right - left)), reverse=True)


def _between(bases: Sequence[float], separators: Sequence[float]) -> list[int]:
    """Between which rules each line stands."""
    rising = sorted(separators)
    return [len(rising) - bisect_right(rising, base + 1) for base in bases]


def ruled_off(lines: Sequence[Cells]) -> list[Cells]:
    """The lines of cells between two rules as one row; as rows of their own where numbers stand below each other."""
    for column in range(len(lines[0])):
        values = [joined(cells[column]) for cells in lines if cells[column]]
        if len(values) > 1 and sum(map(is_value, values)) >= _MOSTLY * len(values):
            return _grouped(lines, [0] * len(lines))
    return [[[run for cells in lines for run in cells[column]] for column in range(len(lines[0]))]]


def _grouped(lines: Sequence[Cells], between: Sequence[int]) -> list[Cells]:
    """Lines of cells as rows: a line is one, but where it goes on in the cells of the one above."""
    bases = [max(run.base for cell in cells for run in cell) for cells in lines]
    gaps = [above - below for above, below in pairwise(bases)]
    whole = [all(cells) for cells in lines]
    usual = sorted(gap for gap, one, other in zip(gaps, whole, whole[1:], strict=False) if one and other) or sorted(
        gaps
    )
    pitch = usual[len(usual) // 2] if usual else 0.0
    grouped: list[Cells] = []
    for number, cells in enumerate(lines):
        goes_on = False
        near = bool(grouped) and between[number] == between[number - 1] and gaps[number - 1] <= 1.05 * pitch
        if near and _is_label(grouped[-1]) and cells[0] and cells[0][0].text[0].islower():
            goes_on = True  # the values stand beside the last line of their label
        elif grouped and between[number] == between[number - 1] and not whole[number]:
            gap = gaps[number - 1]
            wrapped = near and not cells[0] and bool(grouped[-1][0]) and _goes_on_in(grouped[-1], cells)
            goes_on = wrapped or gap < _WRAPPED_GAP * pitch
        if goes_on:
            for cell, more in zip(grouped[-1], cells, strict=True):
                cell.extend(more)
        else:
            grouped.append([list(cell) for cell in cells])
    return grouped


def _is_label(cells: Cells) -> bool:
    return bool(cells[0]) and not any(cells[1:])


def _goes_on_in(above: Cells, cells: Cells) -> bool:
    """Whether each of a line's cells stands below a cell that has text already, and none is a number of its own."""
    return not any(cell and (not over or is_value(joined(cell))) for over, cell in zip(above, cells, strict=True))


def _stacked(rows: Sequence[Sequence[str]], count: int, column: int) -> str:
    """What rows that name the columns together say of one of them."""
    return " ".join(dict.fromkeys(row[column] for row in rows[:count] if row[column]))


def _labelled(row: list[str], spread: Sequence[str]) -> list[str]:
    """A row with the labels that cells from above give it; not what covers columns beside it."""
    return [
        text or (label if len(label) <= _LABEL_MAX_CHARS and label not in row else "")
        for text, label in zip(row, spread, strict=True)
    ]


def is_table(rows: Sequence[Cells]) -> bool:
    """Whether rows of cells make a table: several, many of which have several cells."""
    shared = sum(sum(map(bool, cells)) > 1 for cells in rows)
    return len(rows) > 1 and shared >= _SHARED * len(rows)


def is_value(text: str) -> bool:
    """Whether a cell's text is a number, a sum, or a mark that stands for none."""
    return _VALUE.match(text) is not None


def _header_rows(rows: Sequence[Sequence[str]]) -> int:
    """How many rows name the columns together: words above numbers, some of them above several columns."""
    count = 0
    for row in rows[:_HEADER_ROWS_MAX]:
        names = [cell for cell in row[1:] if cell]
        if not names or 2 * sum(is_value(name) and not _YEAR.fullmatch(name) for name in names) >= len(names):
            break
        count += 1
    body = next((row for row in rows[count:] if any(row[1:])), rows[0])
    if count < 2 or not any(map(is_value, body[1:])):
        return 1
    # Rows that are whole above the last are rows of words, not the upper half of a header.
    return count if all(not all(row) for row in rows[: count - 1]) else 1


def _is_headed(rows: Sequence[Sequence[str]], grouped: Sequence[Cells], separators: Sequence[float]) -> bool | None:
    """Whether a table's first row names its columns: bold, ruled off, with an empty corner, words over numbers; None if unsure."""
    first = rows[0]
    if len(first) == 2 and first[0].endswith(":"):
        return False
    if sum(bool(cell) for cell in first) < 2:
        return None
    if not first[0] and all(first[1:]):
        return True
    bold = [all(run.bold for cell in cells for run in cell) for cells in grouped]
    if bold[0] and not all(bold):
        return True
    bottom = min(run.base for cell in grouped[0] for run in cell)
    below = max(run.base for cell in grouped[1] for run in cell)
    if any(below < height < bottom + 1 for height in separators) and len(separators) < len(rows) - 1:
        return True
    return True if len(first) > 2 and _names_numbers(rows) else None


def _names_numbers(rows: Sequence[Sequence[str]]) -> bool:
    """Whether there is a column of numbers below a word."""
    for column, name in enumerate(rows[0]):
        values = [row[column] for row in rows[1:] if row[column]]
        numbers = sum(any(c.isdigit() for c in value) for value in values)
        if name and not any(c.isdigit() for c in name) and values and numbers >= _MOSTLY * len(values):
            return True
    return False


@dataclass(slots=True)
class Row:
    """Runs that stand on one line, from left to right; or one table."""

    runs: list[Run] = field(default_factory=list)
    table: Table | None = None
    base: float = 0.0
    top: float = 0.0

    @property
    def size(self) -> float:
        return self.runs[0].size if self.table is None else 0.0

    @property
    def left(self) -> float:
        return self.runs[0].left if self.table is None else self.table.left

    @property
    def right(self) -> float:
        return max(run.right for run in self.runs) if self.table is None else self.table.right

    def places(self) -> list[tuple[float, float]]:
        if self.table is not None:
            return [(self.table.left, self.table.right)]
        return [(run.left, run.right) for run in self.runs]


def without_tail(rows: Sequence[Row]) -> Sequence[Row]:
    """Rows without those at their end that stand apart, below one column only: they are no more of the band."""
    for number in range(len(rows) - 1, 0, -1):
        above, below = rows[number - 1], rows[number]
        apart = above.base - below.top > max(above.size, below.size)
        if apart and (rest := rows[number:]) and len(columns_of(rest, most=0.0)) == 1:
            return without_tail(rows[:number])
    return rows


def columns_of(rows: Sequence[Row], *, most: float) -> list[tuple[float, float]]:
    """The columns of rows: (left, right) of what stands between strips of white that next to no row crosses.

    Args:
        rows: the rows.
        most: which share of the rows that have several runs may cross a gutter.
    """
    several = [row for row in rows if len(row.runs) > 1] if most else rows
    marks = sorted(
        [(left, 1) for row in several for left, _ in row.places()]
        + [(right, -1) for row in several for _, right in row.places()]
    )
    if not marks:
        return []
    least = GUTTER * max((row.size for row in several), default=1.0)
    allowed = most * len(several)
    columns: list[tuple[float, float]] = []
    open_count, begun, ended = 0, marks[0][0], None
    for place, step in marks:
        if step > 0 and open_count <= allowed and ended is not None and place - ended >= least:
            columns.append((begun, ended))
            begun, ended = place, None
        open_count += step
        if open_count <= allowed and step < 0:
            ended = place
        elif open_count > allowed:
            ended = None
    columns.append((begun, marks[-1][0]))
    return columns


def part_of(rows: Sequence[Row], left: float, right: float) -> list[Row]:
    """What of rows stands in a column."""
    found = []
    for row in rows:
        if row.table is not None:
            if left <= (row.table.left + row.table.right) / 2 <= right:
                found.append(row)
            continue
        runs = [run for run in row.runs if left - 1 <= run.left and run.right <= right + 1]
        if runs:
            found.append(Row(runs, base=runs[0].base, top=runs[0].top))
    return found


def is_prose(rows: Sequence[Row], columns: Sequence[tuple[float, float]]) -> bool:
    """Whether columns hold text that runs on from line to line, not rows: several of them, or one past which the rest goes."""
    running = [(left, right) for left, right in columns if _runs_on(part_of(rows, left, right))]
    if len(running) != 1:
        return len(running) > 1
    left, right = running[0]
    beside = [
        run for row in rows if len(row.runs) > 1 for run in row.runs if left - 1 <= run.left and run.right <= right + 1
    ]
    labels = [run for row in rows if len(row.runs) > 1 for run in row.runs if run.right < left or run.left > right]
    if all(COUNT.fullmatch(label.text) for label in labels):
        return True
    # What stands beside a label begins there; beside the labels of a picture a sentence only happens to go by.
    return 2 * sum(run.text[0].islower() for run in beside) > len(beside)


def _runs_on(rows: Sequence[Row]) -> bool:
    """Whether lines fill a column and go on from one to the next, as those of text do and those of a table do not."""
    rows = [row for row in rows if row.table is None]
    texts = [text for row in rows if (text := joined(row.runs))]
    if len(texts) < 3:
        return False
    width = max(row.right - row.left for row in rows)
    full = sum(row.right - row.left >= _PROSE_FILL * width for row in rows) / len(texts)
    wide = sum(is_wide_script(c) for text in texts for c in text) > sum(len(text) for text in texts) / 2
    if wide:
        return full >= _PROSE_FILL and sum(len(text) for text in texts) / len(texts) >= 8
    words = sum(len(text.split()) for text in texts) / len(texts)
    goes_on = sum(text[0].islower() for text in texts[1:]) / (len(texts) - 1)
    return full >= 0.5 and words >= _PROSE_WORDS and goes_on >= _PROSE_GOES_ON

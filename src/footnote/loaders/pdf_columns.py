"""Columns of a PDF's page: the strips of white between them, and whether they hold text that runs on or cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from footnote.loaders.pdf_runs import Run, is_wide_script, joined
from footnote.loaders.pdf_tables import Table

__all__ = ["COUNT", "GUTTER", "Row", "columns_of", "is_prose", "part_of", "without_tail"]

COUNT = re.compile(r"\d{1,3}")
"""The number of a paragraph or a note, as it stands beside it."""
GUTTER = 0.3
"""Least width of a gutter in parts of the letters' height, where all rows are taken together."""
_PROSE_WORDS = 3.0
_PROSE_FILL = 0.7
_PROSE_GOES_ON = 0.3


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

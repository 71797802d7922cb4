"""Rows of a table written with bars."""

from __future__ import annotations

import re

from footnote.records import Span

__all__ = ["cell_spans", "is_delimiter_row"]

_BAR = re.compile(r"(?<!\\)\|")
_DELIMITER_ROW = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")


def is_delimiter_row(line: str) -> bool:
    """Whether a line is the row of dashes under a table's header."""
    return "|" in line and "-" in line and _DELIMITER_ROW.match(line) is not None


def cell_spans(line: str, line_start: int) -> list[Span]:
    """Spans of a row's cells, blanks around them left out; a blank cell is an empty span.

    Args:
        line: the row, without what stands before it in its container.
        line_start: offset of the line's first character.
    """
    borders = [m.start() for m in _BAR.finditer(line)]
    stretches = list(zip([-1, *borders], [*borders, len(line)], strict=True))
    cells = []
    for number, (left, right) in enumerate(stretches):
        content = line[left + 1 : right]
        start = line_start + left + 1 + (len(content) - len(content.lstrip()))
        outermost = number in {0, len(stretches) - 1}
        if not (outermost and not content.strip() and len(stretches) > 1):
            cells.append(Span(start, start + len(content.strip())) if content.strip() else Span(start, start))
    return cells

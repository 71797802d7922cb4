"""Lines and tables of a PDF's pages as the parts of a document: headings, paragraphs, list items, tables.

A paragraph goes on over the end of a page or column only where its last line reaches the margin and the next begins in
small letters; running lines and notes at the foot of the page do not come between.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from footnote.loaders.pdf.reading_order import Item, PdfLine
from footnote.loaders.pdf.runs import is_wide_script
from footnote.loaders.pdf.text_tables import Table
from footnote.records import BlockKind

__all__ = ["Part", "parts_of"]

_BULLET = re.compile(r"(?:[•●○◦▪■–—·‣∙*➢➤✓\uf020-\uf0ff]|[-])\s+(?=\S)|[•●▪‣\uf0b7\uf0a7]")
_NUMBER = re.compile(r"(?:\d{1,3}[.)]|\(?[a-z][.)])\s+(?=\S)")
_NUMBERED = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,4})\.?\s+(?=[^\W\d_])")
_ENDED = re.compile(r"[.!?:;…。！？；][\"'”’)\]]*$")
_NO_HEADING_END = (".", ",", ";", ":", "-")
_HEADING_MAX_CHARS = 200
_NUMBERED_MAX_CHARS = 90
_SENTENCE_CHARS = 100
"""A text of large letters that is longer and ends as a sentence does is no heading."""
_LARGER = 1.1
"""How much larger than the body's a heading's letters are."""
_SPREAD = 1.45
"""How much larger than the usual pitch the gap above a new paragraph is."""
_PITCH_MAX = 2.5
_SAME_SIZE = 0.6
_INDENT = 25.0
_BODY_MIN_CHARS = 300


@dataclass(slots=True, eq=False)
class Part:
    """Lines that make one block, or a table."""

    kind: BlockKind
    lines: list[PdfLine] = field(default_factory=list)
    level: int = 0
    ordered: bool = False
    pages: list[int] = field(default_factory=list)
    """The page of each line."""
    table: Table | None = None
    continues: bool = False
    """For a table: whether it goes on with the one before it, under the same header."""
    names: list[str] = field(default_factory=list)
    """For a table that goes on: the first row of the one that it began with."""

    @property
    def recurs(self) -> bool:
        return bool(self.lines) and self.lines[0].recurs


def parts_of(pages: Sequence[Sequence[Item]]) -> list[Part]:
    """The parts of a document, in the order in which they are read."""
    look = _Look(pages)
    parts: list[Part] = []
    for number, items in enumerate(pages):
        before: PdfLine | None = None
        for place, item in enumerate(items):
            if isinstance(item, Table):
                parts.append(_table(item, parts, number))
                before = None
                continue
            following = items[place + 1] if place + 1 < len(items) else None
            if item.recurs:
                above = items[place - 1] if place else None
                _add_recurring(parts, item, above if isinstance(above, PdfLine) else None, number, look)
                continue
            _add_line(parts, item, before, following if isinstance(following, PdfLine) else None, number, look)
            before = item
    for part in parts:
        chars = sum(len(line.text) + 1 for line in part.lines)
        ended = part.kind == "heading" and part.lines[-1].text.endswith(".")
        if part.kind == "heading" and chars > (_SENTENCE_CHARS if ended else 2 * _HEADING_MAX_CHARS):
            part.kind, part.level = "paragraph", 0
    return parts


def _add_line(
    parts: list[Part], line: PdfLine, before: PdfLine | None, following: PdfLine | None, number: int, look: _Look
) -> None:
    heading = look.is_heading(line, following, number)
    marker = _BULLET.match(line.text) or (None if heading else _NUMBER.match(line.text))
    heading = heading and marker is None
    kind: BlockKind = "heading" if heading else "paragraph"
    last = _open_part(parts, line, number, look) if before is None else parts[-1] if parts else None
    if last is not None and last.table is not None:
        last = None
    if marker is None and last is not None and look.goes_on(last, kind, before, line) and _moved(parts, last, number):
        last.lines.append(line)
        last.pages.append(number)
    elif marker is not None:
        rest = line.text[marker.end() :]
        parts.append(Part("list_item", [replace(line, text=rest)], 1, marker.re is _NUMBER, [number]))
    else:
        parts.append(Part(kind, [line], look.level(line) if heading else 0, pages=[number]))


def _add_recurring(parts: list[Part], line: PdfLine, above: PdfLine | None, number: int, look: _Look) -> None:
    """Add the first showing of a running line: no section begins with it, but on the first page, where it may be the title."""
    heading = number == 0 and look.is_heading(line, None, number)
    last = parts[-1] if parts else None
    kind: BlockKind = "heading" if heading else "paragraph"
    if above is not None and above.recurs and last is not None and look.goes_on(last, kind, above, line):
        last.lines.append(line)
        last.pages.append(number)
    else:
        parts.append(Part(kind, [line], look.level(line) if heading else 0, pages=[number]))


def _open_part(parts: Sequence[Part], line: PdfLine, number: int, look: _Look) -> Part | None:
    """What the first line of a page may go on with: the last part of the page before, but for running lines and notes."""
    for part in reversed(parts):
        if part.table is not None or part.pages[-1] < number - 1:
            return None
        small = all(each.size < look.body - _SAME_SIZE for each in part.lines) and line.size >= look.body - _SAME_SIZE
        if not part.recurs and not small:
            return part if part.pages[-1] == number - 1 else None
    return None


def _moved(parts: list[Part], last: Part, number: int) -> bool:
    """Put what stands between a part and the line that goes on with it before the part; whether its pages allow that."""
    if parts[-1] is last:
        return True
    place = len(parts) - 1
    while parts[place] is not last:
        place -= 1
    between = [part for part in parts[place + 1 :] if part.pages[0] < number]
    if any(part.pages[0] != last.pages[0] for part in between):
        return False
    later = [part for part in parts[place + 1 :] if part.pages[0] >= number]
    parts[place:] = [*between, last, *later]
    return True


def _table(table: Table, parts: Sequence[Part], number: int) -> Part:
    """A table as a part, which may go on with the table at the end of the page before, or above a line between."""
    part = Part("table_row", pages=[number], table=table)
    others = [other for other in parts[-6:] if not other.recurs]
    last = others[-1] if others else None
    if last is not None and last.table is None and last.pages[-1] == number and len(last.lines) == 1:
        last = others[-2] if len(others) > 1 else None
        if not any(cell[:1].isdigit() for cell in table.rows[0][1:]):
            return part
    if last is None or last.table is None or last.pages[-1] < number - 1 or not last.table.fits(table):
        return part
    names = last.names or last.table.rows[0]
    if table.rows[0] == names and last.table.headed is not False:
        table.rows = table.rows[1:]
        part.continues = True
    elif table.headed is not True:
        part.continues = True
    if part.continues:
        part.names, table.headed = names, last.table.headed
    return part


class _Look:
    """How a document's lines look: the size and weight of its body, its pitch, its edges, its headings."""

    def __init__(self, items: Sequence[Sequence[Item]]) -> None:
        pages = [[item for item in each if isinstance(item, PdfLine)] for each in items]
        every = [line for lines in pages for line in lines]
        sizes: Counter[float] = Counter()
        for line in every:
            sizes[line.size] += len(line.text)
        if sizes.total() < _BODY_MIN_CHARS:  # a file of tables
            for item in (item for each in items for item in each if isinstance(item, Table)):
                sizes[item.size] += item.chars
        self.body = max(sizes, key=lambda size: (sizes[size], -size)) if sizes else 0.0
        self._is_bold = _mostly_bold(every)
        self._bold_pages = {number for number, lines in enumerate(pages) if len(lines) > 2 and _mostly_bold(lines)}
        self.pitch = _pitch(pages, self.body)
        self._reach: dict[tuple[int, float], float] = {}
        for line in every:
            if line.edge is None:
                key = (round(line.left / _INDENT), line.size)
                self._reach[key] = max(self._reach.get(key, line.right), line.right)
        headings = list(self._headings(pages))
        self._levels = _levels(sorted({line.size for line in headings}, reverse=True))
        self._depths: dict[float, int] = defaultdict(lambda: 9)
        for line in headings:
            self._depths[line.size] = min(self._depths[line.size], _depth(line.text))

    def _headings(self, pages: Sequence[Sequence[PdfLine]]) -> Iterator[PdfLine]:
        for number, lines in enumerate(pages):
            for line, following in pairwise([*lines, None]):
                if line is not None and self.is_heading(line, following, number):
                    yield line

    def is_heading(self, line: PdfLine, following: PdfLine | None, number: int) -> bool:
        """Whether a line is a heading: larger than the body, bold where the body is not, or numbered as sections are."""
        text = line.text
        if len(text) > _HEADING_MAX_CHARS or not any(c.isalpha() for c in text):
            return False
        if line.size >= _LARGER * self.body or line.heads:
            return True
        goes_on = following is not None and following.text[0].islower() and not following.bold
        if text.endswith(_NO_HEADING_END) or text[0].islower() or goes_on:
            return False
        if line.bold and not self._is_bold and number not in self._bold_pages:
            return True
        # In a table of contents the number of a page stands at the end.
        return (
            _depth(text) > 1
            and not text[-1].isdigit()
            and len(text) <= _NUMBERED_MAX_CHARS
            and line.size >= self.body - _SAME_SIZE
        )

    def level(self, line: PdfLine) -> int:
        """A heading's level: by its size, and among those of one size by how deep its number goes."""
        level = self._levels.get(line.size, len(self._levels) + 1)
        depth = _depth(line.text)
        if line.size not in self._levels:
            return 6
        # What heads one of many pages does not name the document.
        return min(max(level + (depth - self._depths[line.size] if depth else 0), 1 + line.heads), 6)

    def ends_early(self, before: PdfLine, line: PdfLine) -> bool:
        """Whether the line before had room for the first word of this one: then it ended its paragraph."""
        if before.edge is not None:
            edge = before.edge
        else:
            place = round(before.left / _INDENT)
            edge = max(self._reach.get((place + step, before.size), before.right) for step in (-2, -1, 0, 1))
        if (
            line.text[0].islower()
            and not _ENDED.search(before.text)
            and before.right - before.left > (edge - before.left) / 2
        ):
            return False  # the lines of ragged text are not always as long as they could be
        width = (before.right - before.left) / max(len(before.text), 1)
        word = 2 if is_wide_script(line.text[0]) else len(line.text.split(" ", 1)[0]) + 2
        return before.right + word * width < edge - before.size

    def goes_on(self, part: Part, kind: BlockKind, before: PdfLine | None, line: PdfLine) -> bool:
        """Whether a line goes on with the block of the lines before it; ``before`` is None at the top of a page."""
        last = part.lines[-1]
        if (part.kind == "heading") != (kind == "heading") or abs(last.size - line.size) > _SAME_SIZE:
            return False
        if part.recurs != line.recurs:
            return False
        if kind == "heading":
            near = before is not None and 0 < before.base - line.base < _SPREAD * max(self.pitch, 1.2 * line.size)
            return near and not (_depth(line.text) and not _depth(last.text))
        ended = _ENDED.search(last.text) is not None
        if before is None or line.base > before.base + self.pitch:  # on the next page or in the next column
            small = line.text[0].islower() or is_wide_script(line.text[0])
            return small and not ended and not self.ends_early(last, line)
        if line.base <= before.base and self.ends_early(before, line):
            return False
        gap = before.base - line.base
        if part.kind == "list_item":
            goes_on = gap >= 0 and (not ended or line.left > part.lines[0].left + 2)
        else:
            # Paragraphs may be told apart by their indented first lines alone.
            goes_on = not (ended and len(part.lines) > 1 and line.left > last.left + 0.8 * line.size)
        return goes_on and gap <= _SPREAD * self.pitch


def _mostly_bold(lines: Sequence[PdfLine]) -> bool:
    return 2 * sum(len(line.text) for line in lines if line.bold) > sum(len(line.text) for line in lines)


def _depth(text: str) -> int:
    """How many numbers a heading's number has: 2 for "4.2 Care"; 0 where it has none."""
    match = _NUMBERED.match(text)
    return match[1].count(".") + 1 if match and text[match.end()].isupper() else 0


def _levels(sizes: Sequence[float]) -> dict[float, int]:
    """Heading levels of letters' sizes, the largest first; sizes that are nearly the same share one."""
    levels: dict[float, int] = {}
    for number, size in enumerate(sizes):
        same = number > 0 and sizes[number - 1] - size <= _SAME_SIZE
        levels[size] = levels[sizes[number - 1]] + (not same) if number else 1
    return {size: min(level, 6) for size, level in levels.items()}


def _pitch(pages: Sequence[Sequence[PdfLine]], body: float) -> float:
    """The usual distance from one line of the body to the next."""
    gaps: Counter[float] = Counter()
    for lines in pages:
        for above, below in pairwise(lines):
            gap = above.base - below.base
            if above.size == below.size == body and 0 < gap < _PITCH_MAX * body:
                gaps[round(gap, 1)] += 1
    return max(gaps, key=lambda gap: (gaps[gap], -gap)) if gaps else 1.2 * body

"""Where the letters of a document's text stand on a page of its PDF.

An index keeps text, not places: they are found again for the page that is shown.  The page is read by the same code that made the
text, which gives its runs in the order of the text; then the letters of both are aligned.  They differ little: running lines, marks
of lists and hyphens at a line's end are not in the text, and the cell of several rows is in it several times.  A letter that is not
found stays without a place, so that no mark ever covers other letters than those that it stands for.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from unicodedata import normalize

from footnote.loaders.messages import Box
from footnote.loaders.outline.canonical import clean_text, without_break_marks
from footnote.loaders.pdf.pages import Page, Recogniser, read_page
from footnote.loaders.pdf.reading_order import items_of
from footnote.loaders.pdf.runs import Run, joined, pieces_of, rows_of
from footnote.records import Span

__all__ = ["rectangles_on"]

_LETTERS_MAX = 20_000
"""Aligning takes time and memory with the square of the letters; no page that people read has more."""
_EDGE_ROWS = 8
_SURE = 4
"""So many letters in a row are no chance."""
_MOVED = 8
"""So many are not when they stand elsewhere than in the order of the text."""
_ROUNDS = 4
_NEAR = 2
_PLACED = 0.5
"""Share of a span's letters that must have a place, else none of them is shown."""
_LINE_OVERLAP = 0.6
_WORD_GAP = 1.0
"""Up to which gap, in parts of a line's height, rectangles of one line are one."""
_GRID = 1 << 20
_FIRST_HALF, _SECOND_HALF = 0xD800, 0xDC00
_DIVIDERS = frozenset({2, 0xFFFE})


def rectangles_on(pdf: Any, number: int, text: str, spans: Sequence[Span], recogniser: Recogniser) -> list[list[Box]]:
    """For each of some spans of a page's text its rectangles on the page, one a line or cell, in the order of the text.

    Args:
        pdf: the open file.
        number: of the page, from 0.
        text: what the document has of the page.
        spans: in ``text``.
        recogniser: reads a page that is an image.

    Returns:
        As many lists as spans; one is empty where its letters are not found.
    """
    found = read_page(pdf, number, recogniser)
    letters, offsets = _letters_of(text)
    shown = _Shown(pdf, number, found)
    try:
        for run in _in_text_order(found, letters):
            shown.add(run)
        if not letters or max(len(letters), len(shown.letters)) > _LETTERS_MAX:
            return [[] for _ in spans]
        places = _aligned(letters, "".join(shown.letters))
        return [_rectangles(shown, offsets, places, span) for span in spans]
    finally:
        shown.close()


def _rectangles(shown: _Shown, offsets: Sequence[int], places: Sequence[int], span: Span) -> list[Box]:
    wanted = [place for offset, place in zip(offsets, places, strict=True) if span.start <= offset < span.end]
    known = [place for place in wanted if place >= 0]
    if not known or len(known) < _PLACED * len(wanted):
        return []
    by_run: dict[int, Box] = {}
    for place in known:
        box = shown.box(place)
        if box is not None:
            run = shown.runs_at[place]
            by_run[run] = _around(by_run[run], box) if run in by_run else box
    return _joined(list(by_run.values()))


def _joined(boxes: Sequence[Box]) -> list[Box]:
    """Rectangles of runs, those that follow each other on a line taken together."""
    found: list[Box] = []
    for box in boxes:
        last = found[-1] if found else None
        height = min(box[3] - box[1], last[3] - last[1]) if last else 0.0
        if (
            last is not None
            and min(box[3], last[3]) - max(box[1], last[1]) >= _LINE_OVERLAP * height
            and max(box[0], last[0]) - min(box[2], last[2]) <= _WORD_GAP * height
        ):
            found[-1] = _around(last, box)
        else:
            found.append(box)
    return [(round(left, 2), round(top, 2), round(right, 2), round(bottom, 2)) for left, top, right, bottom in found]


def _around(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _in_text_order(page: Page, letters: str) -> Iterator[Run]:
    """The runs of a page in the order in which its text has them."""
    gone: set[int] = set()
    rows = rows_of(page.runs)
    for edge in (rows, rows[::-1]):
        # Running lines are not in the text, and could part columns where they stand above them.
        for row in edge[:_EDGE_ROWS]:
            words = [_letters_of(word)[0] for word in joined(row).split()]
            if 2 * sum(word in letters for word in words) >= len(words):
                break
            gone.update(map(id, row))
    page.runs = [run for run in page.runs if id(run) not in gone]
    for item in items_of(page):
        yield from item.pieces or pieces_of([item])  # type: ignore[list-item]  # a table always has pieces


@dataclass(slots=True)
class _Shown:
    """The letters of a page that is shown, in the order of its text, and where they stand."""

    pdf: Any
    number: int
    read: Page
    letters: list[str] = field(default_factory=list)
    runs_at: list[int] = field(default_factory=list)
    """The number of each letter's run."""
    chars: list[tuple[int, float, float]] = field(default_factory=list)
    """Each letter's character as PDFium numbers it; -1 with its share of the run's width, from and to."""
    runs: list[Run] = field(default_factory=list)
    _page: Any = None
    _text: Any = None

    def add(self, run: Run) -> None:
        self.runs.append(run)
        if run.chars != (0, 0):
            for index, character in self._characters(*run.chars):
                self._add(character, (index, 0.0, 0.0))
        else:
            for n, character in enumerate(run.text):
                self._add(character, (-1, n / len(run.text), (n + 1) / len(run.text)))

    def _add(self, character: str, at: tuple[int, float, float]) -> None:
        for letter in _folded(character):
            self.letters.append(letter)
            self.runs_at.append(len(self.runs) - 1)
            self.chars.append(at)

    def _open(self) -> None:
        if self._page is None:
            self._page = self.pdf[self.number]
            self._text = self._page.get_textpage()

    def _characters(self, start: int, end: int) -> Iterator[tuple[int, str]]:
        from pypdfium2 import raw as pdfium

        self._open()
        half = 0
        for index in range(start, end):
            code = pdfium.FPDFText_GetUnicode(self._text.raw, index)
            if _FIRST_HALF <= code < _SECOND_HALF:
                half = code
                continue
            if half and _SECOND_HALF <= code < _SECOND_HALF + 0x400:
                code = 0x10000 + ((half - _FIRST_HALF) << 10) + code - _SECOND_HALF
            half = 0
            if code in _DIVIDERS:
                yield index, "-"
            elif 0 < code < 0x110000:
                yield index, chr(code)

    def box(self, place: int) -> Box | None:
        """Where a letter stands on the page as it is shown."""
        from pypdfium2 import raw as pdfium

        self._open()
        index, start, end = self.chars[place]
        width, height = self._page.get_size()
        if index < 0:
            run = self.runs[self.runs_at[place]]
            left, right = (run.left + share * (run.right - run.left) for share in (start, end))
            if self.read.recognised:  # it was read from the image: upright already
                return left, height - run.top, right, height - run.base
            corners = ((left, run.base), (right, run.top))
        else:
            found = pdfium.FS_RECTF()
            if not pdfium.FPDFText_GetLooseCharBox(self._text.raw, index, found):
                return None
            corners = ((found.left, found.bottom), (found.right, found.top))
        x, y = ctypes.c_int(), ctypes.c_int()
        points = []
        for corner in corners:
            # PDFium itself knows how a page is cropped and turned when it is drawn.
            if not pdfium.FPDF_PageToDevice(self._page.raw, 0, 0, _GRID, _GRID, 0, *corner, x, y):
                return None
            points.append((x.value / _GRID * width, y.value / _GRID * height))
        (one_x, one_y), (other_x, other_y) = points
        return min(one_x, other_x), min(one_y, other_y), max(one_x, other_x), max(one_y, other_y)

    def close(self) -> None:
        if self._page is not None:
            self._text.close()
            self._page.close()


def _letters_of(text: str) -> tuple[str, list[int]]:
    """The letters of a text without blanks, folded, and the offset of each."""
    letters: list[str] = []
    offsets: list[int] = []
    for offset, character in enumerate(text):
        for letter in _folded(character):
            letters.append(letter)
            offsets.append(offset)
    return "".join(letters), offsets


@lru_cache(maxsize=4_096)
def _folded(character: str) -> str:
    """What is compared of a character: nothing of a blank, two letters of a ligature, the number of a raised one."""
    shown = character if character.isascii() else normalize("NFKC", without_break_marks(character))
    return "".join(clean_text(shown).casefold().split())


def _aligned(text: str, page: str) -> list[int]:
    """For each letter of a text its number among the letters of a page; -1 where it is not found."""
    places = [-1] * len(text)
    mine, theirs = list(range(len(text))), list(range(len(page)))
    for turn in range(_ROUNDS):
        # What stands elsewhere on the page than in the order of the text is found among what the earlier turns left.
        blocks = _blocks("".join(text[n] for n in mine), "".join(page[n] for n in theirs))
        kept = [block for block in blocks if block[2] >= _MOVED] if turn else _without_strays(blocks, len(text))
        if not kept:
            break
        taken: set[int] = set()
        for one, other, length in kept:
            for n in range(length):
                places[mine[one + n]] = theirs[other + n]
                taken.add(theirs[other + n])
        mine = [n for n in mine if places[n] < 0]
        theirs = [n for n in theirs if n not in taken]
    return places


def _blocks(one: str, other: str) -> list[tuple[int, int, int]]:
    """(start in one, start in the other, length) of what two texts share in their order, no block torn that can be whole."""
    from rapidfuzz.distance import LCSseq

    found: list[tuple[int, int, int]] = []
    for each in LCSseq.opcodes(one, other):
        if each.tag != "equal":
            continue
        start, place, length = each.src_start, each.dest_start, each.src_end - each.src_start
        while found and sum(found[-1][::2]) == start:
            before, _, count = found[-1]
            # A few letters that were found too early stand just before the rest as well.
            if count >= _MOVED or place < count or other[place - count : place] != one[before:start]:
                break
            start, place, length = before, place - count, length + count
            found.pop()
        found.append((start, place, length))
    return found


def _without_strays(blocks: Sequence[tuple[int, int, int]], letters: int) -> list[tuple[int, int, int]]:
    """Blocks without single letters that were found by chance: they are short and far from what is sure."""
    least = min(_SURE, letters)
    kept: list[tuple[int, int, int]] = []
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        sure_after = after is not None and after[2] >= least and after[1] - block[1] - block[2] <= _NEAR
        sure_before = bool(kept) and block[1] - kept[-1][1] - kept[-1][2] <= _NEAR
        if block[2] >= least or sure_before or sure_after:
            kept.append(block)
    return kept

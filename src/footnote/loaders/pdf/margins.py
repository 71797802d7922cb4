"""Running heads, feet and page numbers: rows at the edges of pages that recur as they are, or with the page's own number."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from footnote.loaders.pdf.pages import Page
from footnote.loaders.pdf.runs import Run, rows_of

__all__ = ["without_margins"]

_EDGE = 0.12
"""Share of a page's height, at its top and bottom, where running rows stand; from the edge inwards they may go on to ``_DEEP``."""
_DEEP = 0.3
_ROWS = 3
_ROWS_MAX = 8
_SAME_HEIGHT = 8.0
_STREAK = 3
_WORD = r"(?:page|pg\.?|p\.|seite|s\.|página|pagina|pág\.?|sida|side|strona|str\.|стр\.?|第)"
_OF = r"(?:\s*(?:of|/|von|de|sur|di|av|af|z|из|共)\s*\d{1,4})?"
_NUMBER = r"(?P<number>\d{1,4}|[ivxlc]{1,6})"
_FOLIO = re.compile(rf"[^\w]*(?:{_WORD}\s*)?(?:[A-Z\d]{{1,3}}[-–.])?{_NUMBER}{_OF}\s*[页頁]?[^\w]*", re.IGNORECASE)
_LAST = re.compile(rf"(?P<rest>.*(?:[|–—·•-]\s+|\b{_WORD}\s*)){_NUMBER}{_OF}[^\w]*", re.IGNORECASE)
_FIRST = re.compile(rf"(?:{_WORD}\s*)?{_NUMBER}{_OF}(?P<rest>\s+[|–—·•-]\s.*)", re.IGNORECASE)
_LABEL = re.compile(r"(?::|#|№|\b(?:no|nr|num|number|nummer)\.?)$", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True, slots=True)
class _Key:
    """What a row has in common with those that recur with it; ``offset`` is a number's distance from its page's own."""

    texts: tuple[str, ...]
    place: int
    offset: int | None = None
    is_folio: bool = False
    """Whether the row is nothing but a page's number."""


def without_margins(pages: Sequence[Page]) -> list[Page]:
    """Pages without their running rows and page numbers.

    A row at an edge goes where it stands at the same height on a third of the pages (on both of two), or on three that
    follow each other, as it is or with the page's own number.  Its first showing stays, marked; page numbers that stand
    alone do not.  Nothing goes from a single page.  A first line that recurs but for a number of its own heads its page.
    """
    rows = [_edges(page) for page in pages]
    shown: dict[_Key, list[int]] = defaultdict(list)
    for number, edges in enumerate(rows):
        for key in {key for edge in edges for row in edge for key in _keys(row, pages[number], number + 1)}:
            shown[key].append(number)
    least = max(2, -(-sum(1 for page in pages if page.runs) // 3))
    titles = Counter(_title(page, head) for page in pages if (head := _head(page)) is not None)
    found = []
    for number, page in enumerate(pages):
        gone: set[int] = set()
        recurs: set[int] = set()
        for edge in rows[number]:
            for row, first in _running(edge, page, number, shown, least):
                if not first:
                    gone.update(id(run) for run in row)
                elif not _heads_columns(row, edge):
                    recurs.update(id(run) for run in row)
                    gone.update(id(run) for run in row if _FOLIO.fullmatch(run.text))
        heads = _head(page)
        heads = heads if heads is not None and titles[_title(page, heads)] >= max(least, _STREAK) else None
        kept = [
            replace(run, recurs=id(run) in recurs, heads=run is heads and id(run) not in recurs)
            if id(run) in recurs or run is heads
            else run
            for run in page.runs
            if id(run) not in gone
        ]
        found.append(replace(page, runs=kept))
    _leave_out_asides(found, least)
    return found


def _edges(page: Page) -> tuple[list[list[Run]], list[list[Run]]]:
    """The outermost rows of a page's top and bottom, from its edge inwards."""
    height = page.top - page.bottom
    high = [run for run in page.runs if run.base > page.top - _DEEP * height]
    low = [run for run in page.runs if run.base < page.bottom + _DEEP * height]
    return rows_of(high)[:_ROWS_MAX], rows_of(low)[::-1][:_ROWS_MAX]


def _head(page: Page) -> Run | None:
    """The first line of a page, where it has words and a number."""
    first = rows_of([run for run in page.runs if run.base > page.top - _DEEP * (page.top - page.bottom)])[:1]
    if not first or len(first[0]) > 1:
        return None
    text = first[0][0].text
    return first[0][0] if _DIGITS.search(text) and sum(map(str.isalpha, text)) > 2 else None


def _title(page: Page, run: Run) -> tuple[str, int]:
    """What the heads of pages of one kind have in common: their words and their height."""
    return _DIGITS.sub("#", run.text), round((page.top - run.base) / _SAME_HEIGHT)


def _keys(row: Sequence[Run], page: Page, number: int) -> list[_Key]:
    """The keys of a row: as it is, and with each number that may be the page's own (``number``) left open."""
    texts = tuple(run.text for run in row)
    below, above = page.top - row[0].base, row[0].base - page.bottom
    edge = 1 if below < above else -1  # pages need not be as high as each other
    distance = min(below, above) / _SAME_HEIGHT
    keys = []
    # Two grids of heights that overlap, so that no two rows that are near fall apart.
    for place in (edge * (2 * math.floor(distance) + 2), edge * (2 * math.floor(distance + 0.5) + 1)):
        keys.append(_Key(texts, place))
        for at, text in enumerate(texts):
            alone = _FOLIO.fullmatch(text)
            match = alone or _LAST.fullmatch(text) or _FIRST.fullmatch(text)
            value = _value(match["number"]) if match and not (at and _LABEL.search(texts[at - 1])) else None
            if match is None or value is None or (alone is None and value > number):
                continue
            start, end = match.span("number")
            left_open = (*texts[:at], f"{text[:start]}#{text[end:]}", *texts[at + 1 :])
            keys.append(_Key(left_open, place, value - number, is_folio=alone is not None and len(row) == 1))
    return keys


def _heads_columns(row: Sequence[Run], edge: Sequence[Sequence[Run]]) -> bool:
    """Whether a row stands above others of as many runs in the same places: then it is the header of a table."""
    place = next(number for number, each in enumerate(edge) if each is row)
    return len(row) > 1 and any(
        len(each) == len(row) and all(a.left < b.right and b.left < a.right for a, b in zip(row, each, strict=True))
        for each in edge[place + 1 : place + 2]
    )


def _value(number: str) -> int | None:
    if number.isdigit():
        return int(number)
    values = [_ROMAN[letter] for letter in number.lower()]
    return sum(-one if one < after else one for one, after in pairwise([*values, 0]))


def _running(
    edge: Iterable[Sequence[Run]], page: Page, number: int, shown: dict[_Key, list[int]], least: int
) -> list[tuple[Sequence[Run], bool]]:
    """The running rows of an edge, and for each whether this is the first page that shows it."""
    found = []
    unbroken = True
    zone = _EDGE * (page.top - page.bottom)
    for place, row in enumerate(edge):
        outer = place < _ROWS and (row[0].base < page.bottom + zone or row[0].base > page.top - zone)
        key = next((key for key in _keys(row, page, number + 1) if _recurs(shown[key], number, least)), None)
        if key is not None and (unbroken or (outer and len(row) == 1)):
            found.append((row, shown[key][0] == number and not key.is_folio))
        else:
            unbroken = False
            if not outer:
                break
    return found


def _recurs(pages: Sequence[int], number: int, least: int) -> bool:
    """Whether a row that stands on pages does so on enough of them, or on enough about one that follow each other."""
    if len(pages) >= least:
        return True
    if len(pages) < _STREAK:
        return False
    streak: list[int] = []
    for page in pages:
        # Left and right pages may have heads of their own.
        if streak and page - streak[-1] > 2:
            if number in streak:
                break
            streak = []
        streak.append(page)
    return number in streak and len(streak) >= _STREAK


def _leave_out_asides(pages: Sequence[Page], least: int) -> None:
    """Leave out what stands turned or askew on many pages, as stamps do, but for its first showing."""
    shown: dict[str, int] = defaultdict(int)
    for page in pages:
        for text in {run.text for runs in page.aside for run in runs}:
            shown[text] += 1
    seen: set[str] = set()
    for page in pages:
        again = {text for runs in page.aside for run in runs if shown[text := run.text] >= least and text in seen}
        seen |= {run.text for runs in page.aside for run in runs}
        page.aside = [kept for runs in page.aside if (kept := [run for run in runs if run.text not in again])]

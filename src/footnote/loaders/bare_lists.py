"""Lists without markers: lines that follow an announcement and are evidently items.

Scraped pages often lose their bullets:

    The reasons you may leave home include:

    going to shops that are permitted to be open
    any medical need

A line is an item when its break was meant: hard-wrapped prose breaks only where the next word would not fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from footnote.loaders.drafts import Draft, clipped
from footnote.loaders.lines import Line, lines_of
from footnote.records import Span

__all__ = ["breaks_are_meant", "split_bare_lists", "wrap_width"]

_WIDTHS = range(50, 101)
"""Widths that people wrap text at, in characters."""
_DEFAULT_WIDTH = 79
_ITEM_MAX_CHARS = 600
_MAX_ITEMS = 500


def wrap_width(lines: Sequence[str]) -> int:
    """The width at which most full lines of a text end, in characters; a common width where the text has none."""
    lengths = sorted(len(line) for line in lines if _WIDTHS.start <= len(line) < _WIDTHS.stop)
    return lengths[(len(lengths) - 1) * 19 // 20] if len(lengths) > 4 else _DEFAULT_WIDTH


def breaks_are_meant(lines: Sequence[str], width: int) -> bool:
    """Whether every break between these lines was put there on purpose, not by wrapping at ``width``."""
    for line, following in pairwise(lines):
        word = following.split(maxsplit=1)[0] if following.split() else ""
        if len(line) <= width < len(line) + 1 + len(word) or not word:
            return False
    return True


def split_bare_lists(text: str, drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts, with announced runs of bare lines turned into list items."""
    if not any(d.kind == "paragraph" and "\n" in d.span.of(text) for d in drafts):
        return list(drafts)
    width = wrap_width([line.text for line in lines_of(text)])
    found: list[Draft] = []
    for draft in sorted(drafts, key=lambda d: d.span):
        found += _split(text, draft, found[-1] if found else None, width)
    return found


def _split(text: str, draft: Draft, before: Draft | None, width: int) -> list[Draft]:
    if draft.kind != "paragraph" or "\n" not in draft.span.of(text):
        return [draft]
    lines = [line for line in lines_of(text, draft.span.start, draft.span.end) if line.text.strip()]
    announced = before is not None and before.kind == "paragraph" and _announces(before.visible(text))
    if announced and before is not None and _are_items(lines, width):
        return _items(text, draft, lines, before)
    for number in range(len(lines) - 2, 0, -1):
        if _announces(lines[number - 1].text) and _are_items(lines[number:], width):
            lead_in = clipped(text, draft, Span(draft.span.start, lines[number - 1].end))
            rest = _items(text, draft, lines[number:], lead_in)
            return [lead_in, *rest] if lead_in is not None else rest
    return [draft]


def _announces(text: str) -> bool:
    return text.rstrip().endswith(":")


def _are_items(lines: Sequence[Line], width: int) -> bool:
    texts = [line.text.strip() for line in lines]
    if (
        not 2 <= len(texts) <= _MAX_ITEMS
        or max(map(len, texts)) > _ITEM_MAX_CHARS
        or not breaks_are_meant(texts, width)
    ):
        return False
    # Prose broken at links has lines that begin in the middle of a sentence; items begin alike.
    small = sum(t[0].islower() for t in texts)
    ended = sum(t[-1] in ".;,!?" for t in texts[:-1])
    return small in {0, len(texts)} and (small == 0 or ended in {0, len(texts) - 1})


def _items(text: str, draft: Draft, lines: Sequence[Line], lead_in: Draft | None) -> list[Draft]:
    found = []
    for line in lines:
        item = clipped(text, draft, Span(line.start, line.end), "list_item")
        if item is not None:
            item.level, item.lead_in = 1, lead_in
            found.append(item)
    return found

"""Lines of a text with their offsets, stretches of them read as one content, and words that were divided at a line's end."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from footnote.loaders.outline import Draft, trimmed
from footnote.records import BlockKind, Span, Style, StyleKind

__all__ = ["Content", "Line", "join_divided_words", "lines_of", "seen_draft", "word_counts"]

_HEAD = re.compile(r"(?P<head>[^\W\d_]{2,})[-\u2010]$")
_WORD_MAX_CHARS = 60
_TAIL = re.compile(r"[^\W\d_]+")
_WORD = re.compile(r"[^\W\d_]+")
_KEPT = frozenset(
    "self non all well ex half cross high low long short co anti semi multi two three four five twenty".split()
)
"""Words that a hyphen mostly stays behind."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its newline; ``start`` is the offset of its first character."""

    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def lines_of(text: str, start: int = 0, end: int | None = None) -> list[Line]:
    r"""The lines of a text between two offsets, cut at ``\n`` only."""
    found, at = [], start
    for piece in text[start:end].split("\n"):
        found.append(Line(piece, at))
        at += len(piece) + 1
    return found


@dataclass(frozen=True, slots=True)
class Content:
    r"""Stretches of a text, one a line, read as one: the prefixes that a container puts before its lines are left out.

    ``text`` joins them with ``\n``; ``source`` tells where a character of it stands in the file.
    """

    lines: tuple[Line, ...]
    text: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, lines: Iterable[Line]) -> Content:
        kept = tuple(lines)
        starts, at = [], 0
        for line in kept:
            starts.append(at)
            at += len(line.text) + 1
        return cls(kept, "\n".join(line.text for line in kept), tuple(starts))

    def sources(self, start: int, end: int) -> list[Span]:
        """Where a stretch of the content stands in the file, one span for each line it touches."""
        found = []
        number = bisect_right(self.starts, start) - 1
        while start < end and number < len(self.lines):
            line = self.lines[number]
            stop = min(end, self.starts[number] + len(line.text))
            if stop > start:
                offset = line.start - self.starts[number]
                found.append(Span(start + offset, stop + offset))
            number += 1
            start = max(start, self.starts[number]) if number < len(self.starts) else end
        return found

    def draft(
        self,
        source: str,
        kind: BlockKind,
        visible: Sequence[tuple[int, int]],
        styles: Sequence[tuple[int, int, StyleKind]] = (),
        *,
        level: int = 0,
        ordered: bool = False,
    ) -> Draft | None:
        """A draft that shows the visible stretches and hides what lies between them; None where nothing is to be seen."""
        seen = [s for start, end in visible for s in self.sources(start, end)]
        set_apart = [Style(part, style) for start, end, style in styles for part in self.sources(start, end)]
        return seen_draft(source, kind, seen, set_apart, level=level, ordered=ordered)


def seen_draft(
    source: str,
    kind: BlockKind,
    seen: Sequence[Span],
    styles: Sequence[Style] = (),
    *,
    level: int = 0,
    ordered: bool = False,
) -> Draft | None:
    """A draft that shows stretches of a text, and hides what lies between them; None where nothing is to be seen.

    Args:
        source: the text.
        kind: of the block.
        seen: the stretches, in order, none over the end of a line.
        styles: how parts of it are set; one that goes over several lines becomes one for each.
        level: as ``records.Block.level``.
        ordered: as ``records.Block.ordered``.
    """
    shown = [each for each in seen if each.of(source).strip()]
    if not shown:
        return None
    first, last = (shown[n].of(source) for n in (0, -1))
    kept = [each for each in seen if shown[0].start <= each.start <= shown[-1].start]
    kept[-1] = Span(kept[-1].start, kept[-1].end - len(last) + len(last.rstrip()))
    kept[0] = Span(kept[0].start + len(first) - len(first.lstrip()), kept[0].end)
    hidden = [mark for left, right in pairwise(kept) for mark in _marks_between(source, left.end, right.start)]
    set_apart = [
        Style(inner, style.kind)
        for style in sorted(styles, key=lambda style: (style.span, style.kind))
        for line in lines_of(source, style.span.start, style.span.end)
        if line.text
        and (around := _seen_within(kept, Span(line.start, line.end))) is not None
        and (inner := trimmed(source, around)) is not None
    ]
    return Draft(
        kind,
        Span(kept[0].start, kept[-1].end),
        level=level,
        ordered=ordered,
        hidden=tuple(hidden),
        styles=tuple(set_apart),
    )


def _seen_within(seen: Sequence[Span], part: Span) -> Span | None:
    """From the first to the last visible character of a part; ``seen`` is sorted."""
    first = bisect_right(seen, part.start, key=lambda s: s.end)
    last = bisect_left(seen, part.end, lo=first, key=lambda s: s.start) - 1
    if last < first:
        return None
    return Span(max(seen[first].start, part.start), min(seen[last].end, part.end))


def _marks_between(source: str, start: int, end: int) -> list[Span]:
    """What stands between two visible stretches, line by line, so that the white space between words stays."""
    found = []
    for line in lines_of(source[start:end]):
        mark = line.text.strip()
        if mark:
            at = start + line.start + len(line.text) - len(line.text.lstrip())
            found.append(Span(at, at + len(mark)))
    return found


def word_counts(text: str) -> Counter[str]:
    """How often each word stands in a text, in lower case."""
    return Counter(word.lower() for word in _WORD.findall(text))


def is_one_word(head: str, tail: str, words: Counter[str]) -> bool:
    """Whether the two halves of a word around a line's end make one word without the hyphen."""
    head, tail = head.lower(), tail.lower()
    if words[head + tail]:
        return True
    apart = words[head] > 1 and words[tail] > 1
    return not (apart or head in _KEPT)


def join_divided_words(draft: Draft, lines: Sequence[Line], words: Counter[str]) -> None:
    """Hide the hyphens and line ends inside of a block's divided words, so that each is read as one."""
    hidden = []
    for line, following in pairwise(lines):
        # Only the end of a line is looked at: a search through a long one would begin at each of its letters.
        head, tail = _HEAD.search(line.text[-_WORD_MAX_CHARS:]), _TAIL.match(following.text)
        if head is None or tail is None or not tail[0].islower():
            continue
        if is_one_word(head["head"], tail[0], words):
            hidden.append(Span(line.end - 1, following.start))
    if hidden:
        draft.hidden = tuple(sorted({*draft.hidden, *hidden}))

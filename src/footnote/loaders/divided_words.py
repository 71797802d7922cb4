"""Words that are divided at the end of a line: which of them are one word, by the other words of the text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from footnote.loaders.drafts import Draft
from footnote.loaders.lines import Line
from footnote.records import Span

__all__ = ["is_one_word", "join_divided_words", "word_counts"]

_HEAD = re.compile(r"(?P<head>[^\W\d_]{2,})[-\u2010]$")
_WORD_MAX_CHARS = 60
_TAIL = re.compile(r"[^\W\d_]+")
_WORD = re.compile(r"[^\W\d_]+")
_KEPT = frozenset(
    "self non all well ex half cross high low long short co anti semi multi two three four five twenty".split()
)
"""Words that a hyphen mostly stays behind."""


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

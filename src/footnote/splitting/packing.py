"""Sentences of one section into passages: as few as fit, broken where a reader would pause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from footnote.records import Sentence

__all__ = ["Piece", "pack"]

_PASSAGE = 1.0
_UNEVEN = 0.5
_AFTER_HEADING = 50.0
_AFTER_QUESTION = 1.5
_AFTER_LEAD_IN = 3.0
_IN_BLOCK = 0.35
_IN_LIST = 0.15
_IN_TABLE = 0.2
_STRADDLES = 0.25
"""Costs of a passage, of its being shorter than it could be, and of breaks that tear apart what belongs together."""

_MAX_SENTENCES = 64
"""Most sentences of a passage, so that a list of ten thousand one-letter lines takes no minutes."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence with what packing needs to know.

    Attributes:
        tokens: of its input, special tokens left out; none for a heading, which is counted with the context.
        asks: it is a question, whose answer may follow.
        lead_in: position of the block that introduces the list it is an item of.
    """

    sentence: Sentence
    tokens: int
    asks: bool = False
    lead_in: int | None = None


def pack(pieces: Sequence[Piece], starts: Sequence[int], max_chars: int, max_tokens: int) -> list[list[Piece]]:
    """The pieces of a section as runs that each fit.

    Args:
        pieces: the section's sentences in order.
        starts: for each piece the offset at which a passage begins that begins with it.
        max_chars: bound on a passage's span.
        max_tokens: bound on the sum of a passage's tokens.
    """
    count = len(pieces)
    best: list[float] = [0.0] + [float("inf")] * count
    came_from = [0] * (count + 1)
    for end in range(1, count + 1):
        tokens = 0
        for start in range(end - 1, max(end - 1 - _MAX_SENTENCES, -1), -1):
            tokens += pieces[start].tokens
            chars = pieces[end - 1].sentence.span.end - starts[start]
            # One piece alone is taken as it is: it was cut to fit where it could be.
            if start < end - 1 and (tokens > max_tokens or chars > max_chars):
                break
            cost = best[start] + _PASSAGE + _UNEVEN * (1.0 - min(chars / max_chars, 1.0)) ** 2
            cost += _break_cost(pieces, start) + _straddling(pieces, start, end)
            if cost < best[end]:
                best[end], came_from[end] = cost, start
    runs = []
    end = count
    while end > 0:
        start = came_from[end]
        runs.append(list(pieces[start:end]))
        end = start
    return runs[::-1]


def _break_cost(pieces: Sequence[Piece], at: int) -> float:
    """What it costs to begin a passage at a piece."""
    if at == 0:
        return 0.0
    before, after = pieces[at - 1], pieces[at]
    cost = 0.0
    if before.sentence.kind == "heading":
        cost += _AFTER_HEADING
    if before.asks:
        cost += _AFTER_QUESTION
    if before.sentence.block == after.sentence.block:
        cost += _IN_BLOCK
    elif after.lead_in is not None and after.lead_in == before.sentence.block:
        cost += _AFTER_LEAD_IN
    elif after.sentence.kind == before.sentence.kind == "list_item":
        cost += _IN_LIST
    elif after.sentence.kind == before.sentence.kind == "table_row":
        cost += _IN_TABLE
    return cost


def _straddling(pieces: Sequence[Piece], start: int, end: int) -> float:
    """What it costs that a passage holds parts of two paragraphs: it begins or ends inside one and holds another."""
    first, last = pieces[start].sentence.block, pieces[end - 1].sentence.block
    if first == last:
        return 0.0
    torn = start > 0 and pieces[start - 1].sentence.block == first
    torn_after = end < len(pieces) and pieces[end].sentence.block == last
    return _STRADDLES * (torn + torn_after)

"""The best of several searches as one list, in an order that does not depend on how they were made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from footnote.store.entries import FloatArray, KeyArray

SLACK = 16
"""Fetched beyond ``k``, to see whether the last one has equals."""
GROWTH = 4


class Found(NamedTuple):
    """What a search found, best first: keys (n,) int64, each once, and their scores (n,) float32."""

    keys: KeyArray
    scores: FloatArray


def nothing() -> Found:
    """What an empty search finds."""
    return Found(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32))


def best(search: Callable[[int], Found], total: int, k: int, rows_each: int = 1) -> Found:
    """The ``k`` best distinct keys with their best scores; ties go to the lower key, also at the end of the list.

    Args:
        search: gives the n best (keys, scores), best first, keys possibly repeated; fewer only when there are no more.
        total: how many rows can be found at most.
        k: how many distinct keys are wanted.
        rows_each: how many rows a key has, about.
    """
    if k <= 0 or total <= 0:
        return nothing()
    fetch = k * rows_each + SLACK
    while True:
        keys, scores = search(min(fetch, total))
        order = np.lexsort((keys, -scores))
        _, first = np.unique(keys[order], return_index=True)
        chosen = order[np.sort(first)][:k]
        exhausted = fetch >= total or len(keys) < fetch
        if exhausted or (len(chosen) == k and scores[-1] < scores[chosen[-1]]):
            return Found(keys[chosen], scores[chosen])
        fetch *= GROWTH


def merged(parts: Sequence[Found], k: int) -> Found:
    """The ``k`` best of lists with distinct keys; ties go to the lower key."""
    if not parts:
        return nothing()
    keys, scores = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((keys, -scores))[: max(k, 0)]
    return Found(keys[order], scores[order])

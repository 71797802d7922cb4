"""The seam between Footnote and an embedding model."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Encoder", "FloatArray", "usable_cores"]

FloatArray: TypeAlias = npt.NDArray[np.float32]


class Encoder(Protocol):
    """Texts to unit vectors; safe to call from several threads.

    A text's vector depends on the text alone, bit for bit: not on its neighbours in a call, their number or their order.

    Attributes:
        dimension: length of a vector.
        max_tokens: what is over this many tokens, special ones included, does not reach the model.
        fingerprint: hex digest of all that shapes a vector: weights, tokeniser, prompts, arithmetic, ``max_tokens``.
        description: the model and how it runs, for people.
    """

    @property
    def dimension(self) -> int: ...

    @property
    def max_tokens(self) -> int: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def description(self) -> str: ...

    def encode_queries(self, queries: Sequence[str]) -> FloatArray:
        """Unit rows, float32, shape (queries, dimension)."""
        ...

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> FloatArray:
        """Unit rows, float32, shape (texts, dimension).

        Args:
            texts: what stands for the passages, e.g. with title and headings before it.
            progress: called on the calling thread with the number of texts done so far, rising to ``len(texts)``.
        """
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included, nothing cut."""
        ...


def usable_cores() -> int:
    """How many cores this process may keep busy: its affinity, and a container's quota where there is one."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return cores
    if quota == "max":
        return cores
    return max(1, min(cores, math.ceil(int(quota) / int(period))))

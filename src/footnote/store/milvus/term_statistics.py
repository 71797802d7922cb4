"""How many passages of a generation hold each term, and each word: one object, kept in memory by whoever asks."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from footnote.store.entries import TermArray
from footnote.wire import decode, encode

_NUMBERS = 4
"""Of a term: its id, and how many passages hold it anywhere, in the body, in the headings."""


@dataclass(frozen=True, slots=True)
class _Head:
    terms: int
    words: dict[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """Terms and words of one generation.

    Attributes:
        ids: (n,) uint32 term ids, ascending, without answer types.
        counts: (n, 3) int64: passages that hold it anywhere, in the body, in the headings.
        words: lower-case word -> passages that hold it.
    """

    ids: TermArray
    counts: npt.NDArray[np.int64]
    words: Mapping[str, int]

    @classmethod
    def empty(cls) -> Statistics:
        return cls(np.empty(0, dtype=np.uint32), np.empty((0, 3), dtype=np.int64), {})

    def of(self, term: int) -> tuple[int, int, int]:
        """How many passages hold a term id anywhere, in the body, in the headings."""
        at = int(np.searchsorted(self.ids, term))
        if at == len(self.ids) or self.ids[at] != term:
            return 0, 0, 0
        anywhere, body, heading = self.counts[at].tolist()
        return anywhere, body, heading

    def most_frequent(self, most: int) -> dict[str, int]:
        """The words with their counts; the most frequent where there are more."""
        if len(self.words) <= most:
            return dict(self.words)
        return dict(heapq.nsmallest(most, self.words.items(), key=lambda pair: (-pair[1], pair[0])))

    def render(self) -> bytes:
        """The bytes of its object."""
        table = np.empty((len(self.ids), _NUMBERS), dtype="<u4")
        table[:, 0], table[:, 1:] = self.ids, self.counts
        head = encode(_Head(len(self.ids), dict(sorted(self.words.items()))))
        return len(head).to_bytes(8, "little") + head + table.tobytes()


def parsed_statistics(data: bytes) -> Statistics:
    """What ``Statistics.render`` made, whose digest was compared.

    Raises:
        ValueError: it was not made by it.
    """
    end = 8 + int.from_bytes(data[:8], "little")
    head = decode(_Head, data[8:end])
    table = np.frombuffer(data[end:], dtype="<u4").reshape(head.terms, _NUMBERS)
    return Statistics(table[:, 0].astype(np.uint32), table[:, 1:].astype(np.int64), head.words)


class StatisticsChange:
    """Passages and words that come and go, collected until a generation is made of them."""

    def __init__(self) -> None:
        self._terms: tuple[Counter[int], Counter[int], Counter[int]] = (Counter(), Counter(), Counter())
        self._words: Counter[str] = Counter()
        self.lengths = [0, 0]

    def passage(self, body: TermArray, heading: TermArray, sign: int) -> None:
        """A passage comes (``sign`` 1) or goes (-1): the term ids of its body, without answer types, and of its headings."""
        inside, above = set(body.tolist()), set(heading.tolist())
        for counter, terms in zip(self._terms, (inside | above, inside, above), strict=True):
            for term in terms:
                counter[term] += sign
        self.lengths[0] += sign * len(body)
        self.lengths[1] += sign * len(heading)

    def words(self, words: Mapping[str, int], sign: int) -> None:
        """A document comes or goes: its words with the number of its passages that hold each."""
        for word, count in words.items():
            self._words[word] += sign * count

    def applied(self, before: Statistics) -> Statistics:
        """The statistics after all of it."""
        changed = np.array(sorted(self._terms[0]), dtype=np.uint32)
        deltas = np.array([[counter[int(t)] for counter in self._terms] for t in changed], dtype=np.int64).reshape(
            -1, 3
        )
        ids = np.union1d(before.ids, changed)
        counts = np.zeros((len(ids), 3), dtype=np.int64)
        counts[np.searchsorted(ids, before.ids)] += before.counts
        counts[np.searchsorted(ids, changed)] += deltas
        kept = counts[:, 0] > 0
        words = Counter(before.words)
        words.update(self._words)
        return Statistics(ids[kept].astype(np.uint32), counts[kept], {word: n for word, n in words.items() if n > 0})


def digest_of(values: Iterable[str]) -> str:
    """Hex digest over texts, each apart from the next."""
    digest = hashlib.sha256()
    for value in values:
        data = value.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()

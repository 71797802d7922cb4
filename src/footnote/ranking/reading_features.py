"""Features of what rerankers made of passages, of their sentences, and of the sentence to quote; registered in ``features``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from footnote.ranking.evidence import Matrix, Retrieved
from footnote.reranking import Reading, answer_gain

Values: TypeAlias = npt.NDArray[Any]


def matrix(table: Mapping[str, Callable[[Any], Any]], seen: object) -> Matrix:
    """The features of a table side by side, (rows, features) float64."""
    columns = [np.atleast_1d(np.asarray(compute(seen), dtype=np.float64)) for compute in table.values()]
    return np.stack(columns, axis=1)


def reciprocal_ranks(values: Values) -> Values:
    """1 / rank of each value, the largest first; equal values in order."""
    ranks = np.empty(len(values))
    ranks[np.argsort(-values, kind="stable")] = np.arange(1.0, len(values) + 1)
    return 1.0 / ranks


@dataclass(frozen=True, eq=False)
class ReadPassages:
    """What ranking and rerankers say of the first k passages.

    Attributes:
        scores: (k,) of the ranking before the reranker, descending.
        readings: (k,) of the reranker that read last.
        before: (k,) of the one that read before it, where there is one.
    """

    scores: Values
    readings: Sequence[Reading | None]
    before: Sequence[Reading | None] = ()

    @property
    def place(self) -> Values:
        return np.arange(1.0, len(self.scores) + 1)

    @cached_property
    def read(self) -> Values:
        """Scores of the reranker; what it did not read counts as the worst that it did."""
        return _all_or_worst(self.readings, lambda reading: reading.score)

    @cached_property
    def gain(self) -> Values:
        return _all_or_worst(self.readings, answer_gain)


def _all_or_worst(readings: Sequence[Reading | None], value: Callable[[Reading], float]) -> Values:
    """A value of each reading; where there is none, the smallest."""
    known = {n: value(reading) for n, reading in enumerate(readings) if reading is not None}
    worst = min(known.values())
    return np.array([known.get(n, worst) for n in range(len(readings))])


PASSAGE_READ: dict[str, Callable[[ReadPassages], Values]] = {
    "passage_score": lambda r: r.scores - r.scores[0],
    "passage_rank": lambda r: 1.0 / r.place,
    "read_score": lambda r: r.read,
    "read_rank": lambda r: reciprocal_ranks(r.read),
    "answer_gain": lambda r: r.gain,
}
PASSAGE_READ_TWICE: dict[str, Callable[[ReadPassages], Values]] = {
    "small_score": lambda r: r.scores,
    "small_rank": lambda r: 1.0 / r.place,
    "read_score": lambda r: r.read,
    "read_rank": lambda r: reciprocal_ranks(r.read),
    "answer_gain": lambda r: r.gain,
    "small_gain": lambda r: _all_or_worst(r.before, answer_gain),
}


def read_passage_features(scores: Matrix, readings: Sequence[Reading | None]) -> Matrix:
    """What ranking and reranker say of k passages, (k, features).

    Args:
        scores: (k,) of the fitted ranking, descending.
        readings: of the same passages; one that was not read counts as the worst that was.
    """
    return matrix(PASSAGE_READ, ReadPassages(scores, readings))


def twice_read_passage_features(small: Sequence[Reading | None], large: Sequence[Reading | None]) -> Matrix:
    """What both rerankers say of the k passages that the large one read, (k, features).

    Args:
        small: readings of the same passages, in the order that the small reranker gave them.
        large: readings; those after the last one that was read are left out.
    """
    pairs = [(one, other) for one, other in zip(small, large, strict=True) if one is not None and other is not None]
    first, last = zip(*pairs, strict=True)
    return matrix(PASSAGE_READ_TWICE, ReadPassages(np.array([reading.score for reading in first]), last, first))


@dataclass(frozen=True, eq=False)
class ReadSentences:
    """What was found and what a reranker made of it.

    Attributes:
        scores: (m,) of the sentences before a reranker read; headings at minus infinity.
        gains: (m,) of the best answer in each.
        owner: (m,) position of each sentence's passage.
        readings: (k,) of the passages.
    """

    scores: Values
    gains: Values
    owner: Values
    readings: Sequence[Reading | None]

    def best_in_passage(self) -> Values:
        best = np.full(len(self.readings), -np.inf)
        np.maximum.at(best, self.owner, self.gains)
        return np.asarray(self.gains == best[self.owner])


SENTENCE_READ: dict[str, Callable[[ReadSentences], Values]] = {
    "sentence_score": lambda s: np.where(np.isfinite(s.scores), s.scores, 0.0),
    "answer_gain": lambda s: s.gains,
    "answer_gap": lambda s: s.gains - s.gains.max(),
    "read_score": lambda s: _all_or_worst(s.readings, lambda reading: reading.score)[s.owner],
    "best_in_passage": ReadSentences.best_in_passage,
}


def read_sentence_features(found: Retrieved, scores: Matrix, gains: Matrix) -> Matrix:
    """Of the m sentences of the hits by the reranker that read last, (m, features).

    Args:
        found: with readings.
        scores: (m,) of the sentences before a reranker read; headings at minus infinity.
        gains: (m,) of the best answer in each.
    """
    owner = found.evidence.passage_of_sentence
    return matrix(SENTENCE_READ, ReadSentences(scores, gains, owner, found.readings))


@dataclass(frozen=True, eq=False)
class ReadAlone:
    """The best n sentences, each read by itself with what it leans on, its title and its headings.

    Attributes:
        scores: (n,) of the sentences as parts of their passages.
        passages: (n,) the reranker's score of each one's passage.
        readings: (n,) of the sentences by themselves.
    """

    scores: Values
    passages: Values
    readings: Sequence[Reading]

    @property
    def alone(self) -> Values:
        return np.array([reading.score for reading in self.readings])


SENTENCE_READ_ALONE: dict[str, Callable[[ReadAlone], Values]] = {
    "sentence_score": lambda s: s.scores - s.scores.max(),
    "alone_score": lambda s: s.alone,
    "alone_gain": lambda s: np.array([answer_gain(reading) for reading in s.readings]),
    "read_score": lambda s: s.passages,
}


def alone_sentence_features(scores: Matrix, passages: Matrix, readings: Sequence[Reading]) -> Matrix:
    """Of the n sentences that were read by themselves, (n, features).

    Args:
        scores: (n,) of the sentences as parts of their passages.
        passages: (n,) the reranker's score of each one's passage.
        readings: (n,) of the sentences by themselves.
    """
    return matrix(SENTENCE_READ_ALONE, ReadAlone(scores, passages, readings))


@dataclass(frozen=True, eq=False)
class ReadQuote:
    """What a reranker made of the sentence to quote and of the others.

    Attributes:
        best: position of the sentence.
        gains: (m,) of the best answer in each sentence.
        own: the reading of its passage, if it was read.
        scores: of the passages that were read, descending.
    """

    best: int
    gains: Values
    own: Reading | None
    scores: Values

    @property
    def gain(self) -> float:
        return float(self.gains[self.best])

    def lead(self) -> float:
        """How far the quote's gain is above the best of the others, or below it."""
        ranked = np.sort(self.gains)[::-1]
        return float(self.gain - (ranked[1] if self.gain == ranked[0] and len(ranked) > 1 else ranked[0]))


CONFIDENCE_READ: dict[str, Callable[[ReadQuote], Any]] = {
    "read_score": lambda r: r.own.score if r.own is not None else r.scores[-1],
    "read_best": lambda r: r.scores[0],
    "read_margin": lambda r: r.scores[0] - r.scores[min(1, len(r.scores) - 1)],
    "answer_gain": lambda r: r.gain,
    "answer_margin": ReadQuote.lead,
    "read_mean": lambda r: r.scores.mean(),
    "answer_in_quote": lambda r: r.gain == r.gains.max(),
}


def read_confidence_features(best: int, gains: Matrix, found: Retrieved, readings: Sequence[Reading | None]) -> Matrix:
    """Of the sentence to quote by a reranker, (1, features).

    Args:
        best: position of the sentence.
        gains: (m,) of the best answer in each sentence.
        found: what was read.
        readings: (k,) of its passages by this reranker.
    """
    scores = np.sort([reading.score for reading in readings if reading is not None])[::-1]
    own = readings[int(found.evidence.passage_of_sentence[best])]
    return matrix(CONFIDENCE_READ, ReadQuote(best, gains, own, scores))

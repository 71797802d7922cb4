"""What a reranker finds in a passage, and what it must offer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from footnote.records import Span

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

MOST_ANSWER_TOKENS = 30
"""Longest run of tokens that is taken for the words that answer."""
NO_ANSWER_GAIN = -20.0
"""Stands for the gain of what was not read or has no token: below what a reranker gives a passage that is off the subject."""


@dataclass(frozen=True, slots=True)
class ReadingInput:
    """One passage as a reranker takes it.

    Attributes:
        context: title and headings as sentences.
        pieces: visible texts of its sentences, headings left out, in order.
    """

    context: str
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reranker made of one passage.

    Attributes:
        score: log-odds that the passage answers the question; higher is better.
        piece_of_token: (t,) position of each token's piece in the input, ascending; empty for a reranker without spans.
        token_starts, token_ends: (t,) characters within the piece.
        start_gains, end_gains: (t,) logits of an answer's first and last token, above half of those for "no answer".
    """

    score: float
    piece_of_token: IntArray
    token_starts: IntArray
    token_ends: IntArray
    start_gains: FloatArray
    end_gains: FloatArray


class Reranker(Protocol):
    """Reads question and passage together.

    Attributes:
        fingerprint: hex digest; two rerankers with the same one give the same readings.
        finds_spans: whether its scores are log-odds and it finds the words that answer.  Where not, its scores put passages in
            order and nothing else.
    """

    fingerprint: str
    finds_spans: bool

    def read(self, question: str, passages: Sequence[ReadingInput]) -> list[Reading]:
        """One reading a passage, in their order."""
        ...


@dataclass(frozen=True, slots=True)
class Rerankers:
    """Those that an index is asked with: the small one reads many passages, the large one the best few of them.

    Attributes:
        small: also any cross-encoder that a person named; None where none reads.
        large: None where the small one has the last word.
    """

    small: Reranker | None = None
    large: Reranker | None = None

    @property
    def fingerprint(self) -> tuple[str, ...]:
        """Of each of them."""
        return tuple(each.fingerprint for each in (self.small, self.large) if each is not None)


def best_answer(reading: Reading, piece: int) -> tuple[float, Span | None]:
    """The best run of tokens within a piece: its gain over "no answer", and its characters in the piece.

    Minus infinity and None where the piece has no token.
    """
    first, last = np.searchsorted(reading.piece_of_token, [piece, piece + 1])
    if first == last:
        return -np.inf, None
    gains = reading.start_gains[first:last, np.newaxis] + reading.end_gains[np.newaxis, first:last]
    distance = np.arange(last - first)[np.newaxis, :] - np.arange(last - first)[:, np.newaxis]
    gains = np.where((distance >= 0) & (distance < MOST_ANSWER_TOKENS), gains, -np.inf)
    start, end = np.unravel_index(int(np.argmax(gains)), gains.shape)
    span = Span(int(reading.token_starts[first + start]), int(reading.token_ends[first + end]))
    return float(gains[start, end]), span


def answer_gain(reading: Reading) -> float:
    """Gain over "no answer" of the best answer in a passage."""
    return max((best_answer(reading, int(n))[0] for n in np.unique(reading.piece_of_token)), default=NO_ANSWER_GAIN)

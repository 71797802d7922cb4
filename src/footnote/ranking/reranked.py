"""Features of what a reranker made of the first passages: for their order, for the sentence to quote, and for the confidence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from footnote.ranking.model import load_model
from footnote.records import Passage, Span
from footnote.reranking import Reading, best_answer

Matrix = npt.NDArray[np.float64]

PASSAGE_NAMES: tuple[str, ...] = ("passage_score", "passage_rank", "read_score", "read_rank", "answer_gain")
"""Column names of the matrix that ``passage_reading_features`` returns."""
CLOSE_PASSAGE_NAMES: tuple[str, ...] = (
    "small_score",
    "small_rank",
    "read_score",
    "read_rank",
    "answer_gain",
    "small_gain",
)
"""Column names of the matrix that ``close_passage_features`` returns."""
SENTENCE_NAMES: tuple[str, ...] = ("sentence_score", "answer_gain", "answer_gap", "read_score", "best_in_passage")
"""Column names of the matrix that ``sentence_reading_features`` returns."""
CONFIDENCE_NAMES: tuple[str, ...] = (
    "read_score",
    "read_best",
    "read_margin",
    "answer_gain",
    "answer_margin",
    "read_mean",
    "answer_in_quote",
)
"""Column names of the row that ``confidence_reading_features`` returns."""

_NO_ANSWER_GAIN = -20.0
"""Stands for the gain of what was not read or has no token: below what a reranker gives a passage that is off the subject."""


def passage_reading_features(scores: Matrix, readings: Sequence[Reading | None]) -> Matrix:
    """What ranking and reranker say of k passages, (k, len(PASSAGE_NAMES)).

    Args:
        scores: (k,) of the fitted ranking, descending.
        readings: of the same passages; one that was not read counts as the worst that was.
    """
    scored = [reading.score for reading in readings if reading is not None]
    gains = [answer_gain(reading) for reading in readings if reading is not None]
    unread = len(readings) - len(scored)
    read = np.array(scored + [min(scored)] * unread)
    gain = np.array(gains + [min(gains)] * unread)
    places = np.arange(1.0, len(scores) + 1)
    read_places = np.empty(len(read))
    read_places[np.argsort(-read, kind="stable")] = places
    return np.stack([scores - scores[0], 1.0 / places, read, 1.0 / read_places, gain], axis=1)


def answer_gain(reading: Reading) -> float:
    """Gain over "no answer" of the best answer in a passage."""
    return max((best_answer(reading, int(n))[0] for n in np.unique(reading.piece_of_token)), default=_NO_ANSWER_GAIN)


def reranked_scores(scores: Matrix, readings: Sequence[Reading | None], *, fitted: bool) -> Matrix:
    """(k,) scores by which passages that were ranked and read are put in order.

    Args:
        scores: (k,) of the fitted ranking, descending.
        readings: of the same passages, the first few or all of them read.
        fitted: whether the numbers were fitted on this reranker.  Of another only the order is known: what it read comes first, in its
            order.
    """
    if fitted:
        return load_model("small_passages", PASSAGE_NAMES).score(passage_reading_features(scores, readings))
    read = np.array([reading.score for reading in readings if reading is not None])
    return np.concatenate([read, read.min() - 1.0 - (scores[0] - scores[len(read) :])])


def close_passage_features(small: Sequence[Reading | None], large: Sequence[Reading | None]) -> Matrix:
    """What both rerankers say of the k passages that the large one read, (k, len(CLOSE_PASSAGE_NAMES)).

    Args:
        small: readings of the same passages, in the order that the small reranker gave them.
        large: readings; those after the last one that was read are left out.
    """
    pairs = [(one, other) for one, other in zip(small, large, strict=True) if one is not None and other is not None]
    first, read = (np.array([reading.score for reading in side]) for side in zip(*pairs, strict=True))
    small_gain, gain = (np.array([answer_gain(reading) for reading in side]) for side in zip(*pairs, strict=True))
    places = np.arange(1.0, len(pairs) + 1)
    read_places = np.empty(len(pairs))
    read_places[np.argsort(-read, kind="stable")] = places
    return np.stack([first, 1.0 / places, read, 1.0 / read_places, gain, small_gain], axis=1)


def closely_reranked_scores(small: Sequence[Reading | None], large: Sequence[Reading | None]) -> Matrix:
    """(k,) scores by which passages that both rerankers read are put in order; those read by the small one alone come after."""
    read = load_model("large_passages", CLOSE_PASSAGE_NAMES).score(close_passage_features(small, large))
    return np.concatenate([read, read.min() - 1.0 - np.arange(len(large) - len(read))])


def answers_of_sentences(
    passages: Sequence[Passage], readings: Sequence[Reading | None]
) -> list[tuple[float, Span | None]]:
    """Of each sentence of the passages the best answer in it: gain, and characters within the sentence's visible text."""
    found: list[tuple[float, Span | None]] = []
    for passage, reading in zip(passages, readings, strict=True):
        piece = 0
        for sentence in passage.sentences:
            if sentence.kind == "heading" or reading is None:
                found.append((_NO_ANSWER_GAIN, None))
                continue
            gain, span = best_answer(reading, piece)
            found.append((max(gain, _NO_ANSWER_GAIN), span))
            piece += 1
    return found


def sentence_reading_features(
    scores: Matrix, gains: Matrix, owner: npt.NDArray[np.integer], readings: Sequence[Reading | None]
) -> Matrix:
    """Features of m sentences of k passages, (m, len(SENTENCE_NAMES)).

    Args:
        scores: (m,) of the fitted sentence model; headings at minus infinity.
        gains: (m,) of the best answer in each.
        owner: (m,) position of each sentence's passage.
        readings: (k,) of the passages.
    """
    finite = np.where(np.isfinite(scores), scores, 0.0)
    worst = min(reading.score for reading in readings if reading is not None)
    read = np.array([reading.score if reading is not None else worst for reading in readings])
    best = np.full(len(readings), -np.inf)
    np.maximum.at(best, owner, gains)
    columns = [finite, gains, gains - gains.max(), read[owner], gains == best[owner]]
    return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)


def confidence_reading_features(
    best: int, gains: Matrix, owner: npt.NDArray[np.integer], readings: Sequence[Reading | None]
) -> Matrix:
    """Features of the sentence to quote, (1, len(CONFIDENCE_NAMES)).

    Args:
        best: position of the sentence.
        gains: (m,) of the best answer in each sentence.
        owner: (m,) position of each sentence's passage.
        readings: (k,) of the passages.
    """
    read = np.sort([reading.score for reading in readings if reading is not None])[::-1]
    own = readings[int(owner[best])]
    ranked = np.sort(gains)[::-1]
    row = [
        own.score if own is not None else read[-1],
        read[0],
        read[0] - read[min(1, len(read) - 1)],
        gains[best],
        gains[best] - (ranked[1] if gains[best] == ranked[0] and len(ranked) > 1 else ranked[0]),
        read.mean(),
        float(gains[best] == ranked[0]),
    ]
    return np.array([[float(value) for value in row]])

"""Which sentence answers best, and how likely it is that it does: by the fitted models, with a reader's findings where there are any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from footnote.answering.confidence import NAMES as CONFIDENCE_NAMES
from footnote.answering.confidence import confidence_features
from footnote.ranking.model import fitted_numbers, load_model
from footnote.ranking.readings import CONFIDENCE_NAMES as READING_NAMES
from footnote.ranking.readings import SENTENCE_NAMES as READ_SENTENCE_NAMES
from footnote.ranking.readings import answers_of_sentences, confidence_reading_features, sentence_reading_features
from footnote.ranking.sentences import NAMES as SENTENCE_NAMES
from footnote.ranking.sentences import sentence_features
from footnote.records import Span
from footnote.retrieval import Retrieved
from footnote.settings import Settings

__all__ = [
    "READ_CONFIDENCE_NAMES",
    "ScoredSentences",
    "confidence_of",
    "confidence_row",
    "score_sentences",
    "threshold",
    "track_record",
]

Matrix = npt.NDArray[np.float64]

QUOTED_PASSAGES = 8
"""Hits whose sentences are looked at for quotes."""
KEPT_BESIDE_READING: tuple[str, ...] = (
    "passage_score",
    "heading_similarity",
    "sentence_similarity",
    "uncovered_idf",
    "specific_in_passage",
)
"""The confidence's values that still tell something where there is a reader: with all of them it is right less often elsewhere."""
READ_CONFIDENCE_NAMES = KEPT_BESIDE_READING + READING_NAMES
"""Names of the confidence's values where there is a reader."""


@dataclass(frozen=True, slots=True)
class ScoredSentences:
    """The m sentences of the hits.

    Attributes:
        scores: (m,); minus infinity for headings and for later passages.
        gains: (m,) of the best answer that a reader found in each; None where none read.
        answers: (m,) characters of that answer within the sentence's visible text, or None; empty where none read.
    """

    scores: Matrix
    gains: Matrix | None = None
    answers: tuple[Span | None, ...] = ()


def score_sentences(retrieved: Retrieved) -> ScoredSentences:
    """Scores of all sentences of the hits."""
    owner = retrieved.evidence.passage_of_sentence
    scores = base_scores(retrieved)
    if not retrieved.readings:
        return ScoredSentences(scores)
    found = answers_of_sentences(retrieved.passages, retrieved.readings)
    gains = np.array([gain for gain, _ in found])
    features = sentence_reading_features(scores, gains, owner, retrieved.readings)
    read = np.array([retrieved.readings[n] is not None for n in owner])
    joined = load_model("read_sentences", READ_SENTENCE_NAMES).score(features)
    return ScoredSentences(
        np.where(np.isfinite(scores) & read, joined, -np.inf), gains, tuple(span for _, span in found)
    )


def base_scores(retrieved: Retrieved) -> Matrix:
    """(m,) scores of the sentences without a reader; minus infinity for headings and for later passages."""
    features = sentence_features(
        retrieved.query, retrieved.candidates, retrieved.evidence, retrieved.passages, retrieved.scores
    )
    scores = load_model("sentences", SENTENCE_NAMES).score(features)
    quotable = [s.kind != "heading" for passage in retrieved.passages for s in passage.sentences]
    near = retrieved.evidence.passage_of_sentence < QUOTED_PASSAGES
    return np.where(np.array(quotable) & near, scores, -np.inf)


def confidence_of(retrieved: Retrieved, scored: ScoredSentences) -> float:
    """Calibrated probability in [0, 1] that the best quote answers."""
    read = scored.gains is not None
    model = load_model("read_confidence" if read else "confidence", READ_CONFIDENCE_NAMES if read else CONFIDENCE_NAMES)
    return float(model.probability(confidence_row(retrieved, scored))[0])


def confidence_row(retrieved: Retrieved, scored: ScoredSentences) -> Matrix:
    """Features of the best quote, (1, len(CONFIDENCE_NAMES)); with a reader (1, len(READ_CONFIDENCE_NAMES))."""
    row = confidence_features(retrieved, scored.scores)
    if scored.gains is None:
        return row
    row = row[:, [CONFIDENCE_NAMES.index(name) for name in KEPT_BESIDE_READING]]
    best, owner = int(np.argmax(scored.scores)), retrieved.evidence.passage_of_sentence
    return np.concatenate([row, confidence_reading_features(best, scored.gains, owner, retrieved.readings)], axis=1)


def threshold(settings: Settings, *, read: bool) -> float:
    """The confidence below which Footnote abstains, with and without a reader."""
    if settings.answer_threshold is not None:
        return settings.answer_threshold
    return float(fitted_numbers()["read_answer_threshold" if read else "answer_threshold"])


def track_record(confidence: float, *, read: bool) -> tuple[int, int]:
    """How often quotes at this level of confidence were right when the confidence was fitted, and how many there were.

    Counted on documents that the numbers were not fitted on.
    """
    levels = fitted_numbers()["read_confidence_levels" if read else "confidence_levels"]
    _, right, count = next(level for level in levels if confidence >= level[0])
    return int(right), int(count)

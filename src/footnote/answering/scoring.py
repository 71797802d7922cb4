"""Which sentence answers best, and how likely it is that it does: by the fitted models, with what rerankers found where they read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from footnote.answering.confidence import NAMES as CONFIDENCE_NAMES
from footnote.answering.confidence import confidence_features
from footnote.answering.quotes import leaning_sentences
from footnote.ranking.evidence import Query
from footnote.ranking.model import fitted_numbers, load_model
from footnote.ranking.reranked import CONFIDENCE_NAMES as READING_NAMES
from footnote.ranking.reranked import SENTENCE_NAMES as READ_SENTENCE_NAMES
from footnote.ranking.reranked import (
    answer_gain,
    answers_of_sentences,
    confidence_reading_features,
    sentence_reading_features,
)
from footnote.ranking.sentences import NAMES as SENTENCE_NAMES
from footnote.ranking.sentences import sentence_features
from footnote.records import Span, TrackRecord
from footnote.reranking import ReadingInput, Reranker, Rerankers
from footnote.retrieval import Retrieved, Stage, read_closely, retrieve
from footnote.settings import Settings
from footnote.splitting import context_of, sentence_input
from footnote.store import Index

__all__ = [
    "CONFIDENCE_NAMES_OF",
    "ScoredSentences",
    "confidence_of",
    "confidence_row",
    "find_passages",
    "read_alone",
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
    "names_elsewhere",
    "names_unknown",
)
"""The confidence's values that still tell something where a reranker read: with all of them it is right less often elsewhere."""
ALONE_NAMES = ("alone_score", "alone_gain")
"""What the large reranker makes of the best sentence by itself, with its title and headings: a passage may answer for another thing."""
CONFIDENCE_NAMES_OF: Final[dict[Stage, tuple[str, ...]]] = {
    "unread": CONFIDENCE_NAMES,
    "small": KEPT_BESIDE_READING + READING_NAMES,
    "large": (*KEPT_BESIDE_READING, *READING_NAMES, *(f"small_{name}" for name in READING_NAMES), *ALONE_NAMES),
}
"""Names of the confidence's values, by who read last."""
_PREFIX: Final[dict[Stage, str]] = {"unread": "", "small": "small_", "large": "large_"}


@dataclass(frozen=True, slots=True)
class ScoredSentences:
    """The m sentences of the hits.

    Attributes:
        scores: (m,); minus infinity for headings and for later passages.
        gains: (m,) of the best answer that a reranker found in each; None where none read.
        answers: (m,) characters of that answer within the sentence's visible text, or None; empty where none read.
        alone: score and gain of the best sentence, read by itself by the large reranker; None where that did not read.
        exact: why only some sentences are left: they hold the very codes of the question, or are rows with all of its words.
    """

    scores: Matrix
    gains: Matrix | None = None
    answers: tuple[Span | None, ...] = ()
    alone: tuple[float, float] | None = None
    exact: Literal["", "code", "row"] = ""


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
    joined = load_model(f"{retrieved.stage}_sentences", READ_SENTENCE_NAMES).score(features)
    return ScoredSentences(
        np.where(np.isfinite(scores) & read, joined, -np.inf), gains, tuple(span for _, span in found)
    )


def read_alone(reader: Index, retrieved: Retrieved, scored: ScoredSentences, large: Reranker) -> ScoredSentences:
    """The scored sentences with the best one read by itself, with what it leans on."""
    best = int(np.argmax(scored.scores))
    home = int(retrieved.evidence.passage_of_sentence[best])
    passage = retrieved.passages[home]
    document = reader.document(passage.document_id)
    index = best - int(retrieved.candidates.sentence_offsets[home])
    pieces = [sentence_input(document, each) for each in leaning_sentences(document, passage, index)]
    reading = large.read(
        retrieved.query.text, [ReadingInput(context_of(document.title, passage.heading_path), tuple(pieces))]
    )[0]
    return replace(scored, alone=(reading.score, answer_gain(reading)))


def base_scores(retrieved: Retrieved) -> Matrix:
    """(m,) scores of the sentences without a reranker; minus infinity for headings and for later passages."""
    features = sentence_features(
        retrieved.query, retrieved.candidates, retrieved.evidence, retrieved.passages, retrieved.scores
    )
    scores = load_model("sentences", SENTENCE_NAMES).score(features)
    quotable = [s.kind != "heading" for passage in retrieved.passages for s in passage.sentences]
    near = retrieved.evidence.passage_of_sentence < QUOTED_PASSAGES
    return np.where(np.array(quotable) & near, scores, -np.inf)


def confidence_of(retrieved: Retrieved, scored: ScoredSentences) -> float:
    """Calibrated probability in [0, 1] that the best quote answers."""
    stage = retrieved.stage
    model = load_model(f"{_PREFIX[stage]}confidence", CONFIDENCE_NAMES_OF[stage])
    return float(model.probability(confidence_row(retrieved, scored))[0])


def confidence_row(retrieved: Retrieved, scored: ScoredSentences) -> Matrix:
    """Features of the best quote, (1, len(CONFIDENCE_NAMES_OF[retrieved.stage]))."""
    row = confidence_features(retrieved, scored.scores)
    if scored.gains is None:
        return row
    parts = [row[:, [CONFIDENCE_NAMES.index(name) for name in KEPT_BESIDE_READING]]]
    best, owner = int(np.argmax(scored.scores)), retrieved.evidence.passage_of_sentence
    parts.append(confidence_reading_features(best, scored.gains, owner, retrieved.readings))
    if retrieved.small_readings:
        small = np.array([gain for gain, _ in answers_of_sentences(retrieved.passages, retrieved.small_readings)])
        parts.append(confidence_reading_features(best, small, owner, retrieved.small_readings))
        parts.append(np.array([scored.alone]))
    return np.concatenate(parts, axis=1)


def threshold(settings: Settings, stage: Stage) -> float:
    """The confidence below which Footnote does not answer."""
    if settings.answer_threshold is not None:
        return settings.answer_threshold
    return float(fitted_numbers()[f"{_PREFIX[stage]}answer_threshold"])


def track_record(confidence: float, stage: Stage) -> TrackRecord:
    """How often quotes at this level of confidence were right when the confidence was fitted, and how many there were.

    Counted on documents that the numbers were not fitted on.
    """
    levels = fitted_numbers()[f"{_PREFIX[stage]}confidence_levels"]
    _, right, count = next(level for level in levels if confidence >= level[0])
    return TrackRecord(int(right), int(count))


def find_passages(
    reader: Index,
    query: Query,
    *,
    settings: Settings,
    k: int,
    allowed: frozenset[str] | None = None,
    rerankers: Rerankers,
) -> Retrieved:
    """The k best passages, read by the small reranker, and by the large one where that is not sure.

    Args:
        reader: the open index.
        query: from ``read_query``.
        settings: for the numbers of candidates and of passages to read.
        k: hits wanted.
        allowed: ids of the documents to look in; None for all.
        rerankers: none, the small one or both.
    """
    found = retrieve(reader, query, settings=settings, k=k, allowed=allowed, reranker=rerankers.small)
    if rerankers.large is None or not found.readings or not _needs_closer_reading(found):
        return found
    return read_closely(reader, found, rerankers.large, settings=settings)


def _needs_closer_reading(retrieved: Retrieved) -> bool:
    """Whether the large reranker could still change the answer: the small one is sure neither that there is one nor that there is none."""
    scored = score_sentences(retrieved)
    if not np.isfinite(scored.scores).any():
        return False
    hopeless, sure = fitted_numbers()["small_is_sure"]
    return bool(hopeless <= confidence_of(retrieved, scored) < sure)

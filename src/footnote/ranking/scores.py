"""Where every score is made: of passages, of sentences, and how likely it is that the best quote answers.

The fitted models weigh the features; what rerankers found counts where they read.  The confidence is fitted on answerable
questions, on unanswerable ones written to look answerable, and on questions asked of documents from which the answer was taken out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from footnote.ranking.evidence import Matrix, Retrieved, Stage
from footnote.ranking.features import KEPT_BESIDE_READING, confidence_features, names, sentence_features
from footnote.ranking.model import fitted_numbers, load_model
from footnote.ranking.reading_features import (
    alone_sentence_features,
    read_confidence_features,
    read_passage_features,
    read_sentence_features,
    twice_read_passage_features,
)
from footnote.records import Passage, Span, TrackRecord
from footnote.reranking import NO_ANSWER_GAIN, Reading, answer_gain, best_answer
from footnote.settings import Settings

QUOTED_PASSAGES = 8
"""Hits whose sentences are looked at for quotes."""


def passage_scores(features: Matrix) -> Matrix:
    """(n,) scores of candidates before a reranker read."""
    return load_model("passages").score(features)


def reranked_scores(scores: Matrix, readings: Sequence[Reading | None], *, fitted: bool) -> Matrix:
    """(k,) scores by which passages that were ranked and read are put in order.

    Args:
        scores: (k,) of the fitted ranking, descending.
        readings: of the same passages, the first few or all of them read.
        fitted: whether the numbers were fitted on this reranker.  Of another only the order is known: what it read comes first, in its
            order.
    """
    if fitted:
        return load_model("small_passages").score(read_passage_features(scores, readings))
    read = np.array([reading.score for reading in readings if reading is not None])
    return np.concatenate([read, read.min() - 1.0 - (scores[0] - scores[len(read) :])])


def closely_reranked_scores(small: Sequence[Reading | None], large: Sequence[Reading | None]) -> Matrix:
    """(k,) scores by which passages that both rerankers read are put in order; those read by the small one alone come after."""
    read = load_model("large_passages").score(twice_read_passage_features(small, large))
    return np.concatenate([read, read.min() - 1.0 - np.arange(len(large) - len(read))])


@dataclass(frozen=True, slots=True)
class ScoredSentences:
    """The m sentences of the hits.

    Attributes:
        scores: (m,); minus infinity for headings and for later passages.
        gains: (m,) of the best answer that a reranker found in each; None where none read.
        answers: (m,) characters of that answer within the sentence's visible text, or None; empty where none read.
        alone: of the best sentence, read by itself by the large reranker: score, gain, and how far its score is above that of the next
            best; None where that did not read.
        exact: why only some sentences are left: they hold the very codes of the question, or all of its words (a row, or beside a code).
    """

    scores: Matrix
    gains: Matrix | None = None
    answers: tuple[Span | None, ...] = ()
    alone: tuple[float, float, float] | None = None
    exact: Literal["", "code", "words"] = ""

    @property
    def quotable(self) -> bool:
        """Whether there is a sentence to quote: documents may hold headings only."""
        return bool(np.isfinite(self.scores).any())

    @property
    def best(self) -> int:
        """Position of the best sentence."""
        return int(np.argmax(self.scores))


def base_scores(found: Retrieved) -> Matrix:
    """(m,) scores of the sentences without a reranker; minus infinity for headings and for later passages."""
    scores = load_model("sentences").score(sentence_features(found))
    quotable = np.array([s.kind != "heading" for passage in found.passages for s in passage.sentences])
    return np.where(quotable & (found.evidence.passage_of_sentence < QUOTED_PASSAGES), scores, -np.inf)


def score_sentences(found: Retrieved) -> ScoredSentences:
    """Scores of all sentences of the hits."""
    scores = base_scores(found)
    if not found.readings:
        return ScoredSentences(scores)
    answers = answers_of_sentences(found.passages, found.readings)
    gains = _gains(answers)
    read = np.array([found.readings[n] is not None for n in found.evidence.passage_of_sentence])
    joined = load_model(f"{found.stage}_sentences").score(read_sentence_features(found, scores, gains))
    kept = np.where(np.isfinite(scores) & read, joined, -np.inf)
    return ScoredSentences(kept, gains, tuple(span for _, span in answers))


def alone_features(
    scored: ScoredSentences, found: Retrieved, places: Sequence[int], readings: Sequence[Reading]
) -> Matrix:
    """Of sentences that were read by themselves, (n, features); arguments as of ``scored_alone``."""
    home = [found.readings[n] for n in found.evidence.passage_of_sentence[list(places)]]
    passages = np.array([reading.score for reading in home if reading is not None])
    return alone_sentence_features(scored.scores[list(places)], passages, readings)


def scored_alone(
    scored: ScoredSentences, found: Retrieved, places: Sequence[int], readings: Sequence[Reading]
) -> ScoredSentences:
    """The sentences in the order that they have when the best of them are read by themselves; the others follow in theirs.

    Args:
        scored: all m sentences.
        found: what they were found in, read by the large reranker.
        places: positions of the n best sentences, best first.
        readings: (n,) of each of them by itself.
    """
    best = np.array(places)
    joined = load_model("alone_sentences").score(alone_features(scored, found, places, readings))
    scores = scored.scores - scored.scores[best].min() + joined.min()
    scores[best] = joined
    first = int(np.argmax(joined))
    alone = np.array([reading.score for reading in readings])
    rest = np.delete(alone, first)
    margin = float(alone[first] - rest.max()) if len(rest) else 0.0
    return replace(scored, scores=scores, alone=(float(alone[first]), answer_gain(readings[first]), margin))


def answers_of_sentences(
    passages: Sequence[Passage], readings: Sequence[Reading | None]
) -> list[tuple[float, Span | None]]:
    """Of each sentence of the passages the best answer in it: gain, and characters within the sentence's visible text."""
    found: list[tuple[float, Span | None]] = []
    for passage, reading in zip(passages, readings, strict=True):
        piece = 0
        for sentence in passage.sentences:
            if sentence.kind == "heading" or reading is None:
                found.append((NO_ANSWER_GAIN, None))
                continue
            gain, span = best_answer(reading, piece)
            found.append((max(gain, NO_ANSWER_GAIN), span))
            piece += 1
    return found


def _gains(answers: Sequence[tuple[float, Span | None]]) -> Matrix:
    return np.array([gain for gain, _ in answers])


def confidence_of(found: Retrieved, scored: ScoredSentences) -> float:
    """Calibrated probability in [0, 1] that the best quote answers."""
    return float(load_model(_of_stage("confidence", found.stage)).probability(confidence_row(found, scored))[0])


def confidence_row(found: Retrieved, scored: ScoredSentences) -> Matrix:
    """Features of the best quote by who read last, (1, features)."""
    row = confidence_features(found, scored.scores)
    if scored.gains is None:
        return row
    parts = [row[:, [names("confidence").index(name) for name in KEPT_BESIDE_READING]]]
    parts.append(read_confidence_features(scored.best, scored.gains, found, found.readings))
    if found.small_readings:
        small = _gains(answers_of_sentences(found.passages, found.small_readings))
        parts.append(read_confidence_features(scored.best, small, found, found.small_readings))
        parts.append(np.array([scored.alone]))
    return np.concatenate(parts, axis=1)


def needs_closer_reading(found: Retrieved) -> bool:
    """Whether the large reranker could still change the answer: the small one is sure neither that there is one nor that there is none."""
    scored = score_sentences(found)
    if not scored.quotable:
        return False
    hopeless, sure = fitted_numbers()["small_is_sure"]
    return bool(hopeless <= confidence_of(found, scored) < sure)


def threshold(settings: Settings, stage: Stage) -> float:
    """The confidence below which Footnote does not answer."""
    if settings.answer_threshold is not None:
        return settings.answer_threshold
    return float(fitted_numbers()[_of_stage("answer_threshold", stage)])


def track_record(confidence: float, stage: Stage) -> TrackRecord:
    """How often quotes at this level of confidence were right when the confidence was fitted.

    Counted on documents that the numbers were not fitted on.
    """
    levels = fitted_numbers()[_of_stage("confidence_levels", stage)]
    _, right, count = next(level for level in levels if confidence >= level[0])
    return TrackRecord(int(right), int(count))


def _of_stage(entry: str, stage: Stage) -> str:
    """The fitted entry for who read last."""
    return entry if stage == "unread" else f"{stage}_{entry}"

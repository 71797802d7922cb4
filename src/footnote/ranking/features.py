"""Every number that a fitted model weighs: its name, what it is of, and how it is computed.

A table a kind: features of passages, of sentences and of the quote (the confidence), each before a reranker read; those after it
are in ``reading_features``.  ``FEATURES`` holds them all, and ``MODEL_FEATURES`` says which of them each model weighs, in order.

Passage features come raw and, where their scale depends on the query, also as the reciprocal of the candidate's rank by it, so that
one set of weights serves short facts in prose and whole sections of FAQ pages alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from footnote import terms
from footnote.ranking.evidence import Evidence, Matrix, Retrieved
from footnote.ranking.query import Query
from footnote.ranking.reading_features import (
    CONFIDENCE_READ,
    PASSAGE_READ,
    PASSAGE_READ_TWICE,
    SENTENCE_READ,
    SENTENCE_READ_ALONE,
    Values,
    matrix,
    reciprocal_ranks,
)
from footnote.store import Candidates

Kind: TypeAlias = Literal[
    "passage",
    "passage_read",
    "passage_read_twice",
    "sentence",
    "sentence_read",
    "sentence_read_alone",
    "confidence",
    "confidence_read",
]

# Passages: every value is (n,)


@dataclass(frozen=True, eq=False)
class Measured:
    """n candidates with m sentences, measured against a query of q stems, and what several features need of them."""

    query: Query
    candidates: Candidates
    evidence: Evidence
    _known: dict[str, Values] = field(default_factory=dict)

    def value(self, name: str) -> Values:
        """A passage feature, computed once: (n,) float64."""
        if name not in self._known:
            self._known[name] = np.asarray(PASSAGE[name](self), dtype=np.float64)
        return self._known[name]

    @cached_property
    def scale(self) -> float:
        return 1.0 / self.query.total_idf

    @cached_property
    def in_body(self) -> Values:
        return self.evidence.passage_counts > 0

    @cached_property
    def in_heading(self) -> Values:
        return self.evidence.heading_counts > 0

    def covers(self, found: Values) -> Values:
        """Share of the query's weight that rows of stems have, (rows, q) to (rows,)."""
        return np.asarray((found @ self.query.idf) * self.scale)

    @cached_property
    def sentence_cover(self) -> Values:
        return self.covers(self.evidence.sentence_counts > 0)

    def best(self, of_sentences: Values) -> Values:
        """The largest value of each passage's sentences; every passage has one at least."""
        return np.maximum.reduceat(of_sentences, self.candidates.sentence_offsets[:-1])

    def second_best(self, of_sentences: Values) -> Values:
        """The second largest value of each passage's sentences; the largest where there is only one."""
        starts, owner = self.candidates.sentence_offsets[:-1], self.evidence.passage_of_sentence
        several = np.bincount(owner, minlength=len(starts)) > 1
        return of_sentences[np.lexsort((-of_sentences, owner))][np.where(several, starts + 1, starts)]

    def best_of_document(self, values: Values) -> Values:
        """The largest value among the candidates of the same document."""
        documents = np.unique(self.candidates.document_places, return_inverse=True)[1]
        best = np.full(int(documents.max()) + 1, -np.inf)
        np.maximum.at(best, documents, values)
        return best[documents]

    def best_neighbour(self, values: Values) -> Values:
        """The largest value among the passages right before and after, where they are candidates too; else 0."""
        order = np.lexsort((self.candidates.ordinals, self.candidates.document_places))
        documents, ordinals = self.candidates.document_places[order], self.candidates.ordinals[order]
        touch = (documents[1:] == documents[:-1]) & (ordinals[1:] == ordinals[:-1] + 1)
        sorted_values = values[order].astype(np.float64)
        best = np.zeros(len(values))
        best[:-1][touch] = np.maximum(best[:-1][touch], sorted_values[1:][touch])
        best[1:][touch] = np.maximum(best[1:][touch], sorted_values[:-1][touch])
        out = np.empty(len(values))
        out[order] = best
        return out

    def rarest_found(self) -> Values:
        """1 where the passage holds the query's rarest stem that any passage holds."""
        if not self.query.known.any():
            return np.zeros(len(self.in_body))
        return (self.in_body | self.in_heading)[:, np.argmax(np.where(self.query.known, self.query.idf, -1.0))]

    def reciprocal_rank(self, name: str) -> Values:
        """1 / rank of each candidate by a feature, the largest value first; equal values in order."""
        return reciprocal_ranks(self.value(name))


RANKED: tuple[str, ...] = (
    *("passage_similarity", "sentence_similarity", "passage_bm25", "sentence_bm25", "best_sentence", "coverage_any"),
    *("heading_bm25", "heading_similarity"),
)
"""Passage features that are weighed as ranks too."""

PASSAGE: dict[str, Callable[[Measured], Values]] = {
    "passage_similarity": lambda m: m.evidence.passage_similarity,
    "sentence_similarity": lambda m: m.best(m.evidence.sentence_similarity),
    "sentence_similarity_second": lambda m: m.second_best(m.evidence.sentence_similarity),
    "heading_similarity": lambda m: m.evidence.heading_similarity,
    "passage_bm25": lambda m: m.evidence.passage_bm25 * m.scale,
    "sentence_bm25": lambda m: m.best(m.evidence.sentence_bm25).astype(np.float64) * m.scale,
    "heading_bm25": lambda m: m.evidence.heading_bm25 * m.scale,
    "coverage_body": lambda m: m.covers(m.in_body),
    "coverage_any": lambda m: m.covers(m.in_body | m.in_heading),
    "coverage_sentence": lambda m: m.best(m.sentence_cover),
    "coverage_heading": lambda m: m.covers(m.in_heading),
    "rarest_found": Measured.rarest_found,
    "proximity": lambda m: m.evidence.proximity,
    # Similarity and coverage of the best sentence that holds the kind of answer asked for; 0 where none does.
    "asked_sentence": lambda m: m.best(
        np.where(m.evidence.sentence_asked, m.evidence.sentence_similarity + 0.5 * m.sentence_cover, 0.0)
    ),
    "heading_share": lambda m: m.in_heading.sum(axis=1) / np.maximum(1, np.diff(m.candidates.heading_term_offsets)),
    "document_similarity": lambda m: m.best_of_document(m.evidence.passage_similarity),
    "document_bm25": lambda m: m.best_of_document(m.evidence.passage_bm25 * m.scale),
    "neighbour_similarity": lambda m: m.best_neighbour(m.evidence.passage_similarity),
    "neighbour_bm25": lambda m: m.best_neighbour(m.evidence.passage_bm25 * m.scale),
    "best_sentence": lambda m: m.best(
        m.evidence.sentence_similarity + 0.5 * m.sentence_cover + 0.05 * m.evidence.sentence_asked
    ),
    "length": lambda m: np.log1p(m.evidence.passage_lengths),
    "ordinal": lambda m: 1.0 / (1.0 + m.candidates.ordinals),
    **{f"{name}_rank": partial(Measured.reciprocal_rank, name=name) for name in RANKED},
}


def passage_features(query: Query, candidates: Candidates, evidence: Evidence) -> Matrix:
    """Of n candidates before a reranker read, (n, features)."""
    measured = Measured(query, candidates, evidence)
    if not len(candidates.keys):
        return np.zeros((0, len(PASSAGE)))
    return np.stack([measured.value(name) for name in PASSAGE], axis=1)


# Sentences: every value is (m,)


@dataclass(frozen=True, eq=False)
class Sentences:
    """The m sentences of the hits."""

    found: Retrieved

    @property
    def query(self) -> Query:
        return self.found.query

    @property
    def evidence(self) -> Evidence:
        return self.found.evidence

    @property
    def owner(self) -> Values:
        return self.evidence.passage_of_sentence

    @cached_property
    def kinds(self) -> Values:
        return np.array([sentence.kind for passage in self.found.passages for sentence in passage.sentences])

    @cached_property
    def held(self) -> Values:
        return self.evidence.sentence_counts > 0

    @cached_property
    def follows(self) -> Values:
        """Whether the sentence before is of the same passage."""
        return np.concatenate([[False], self.owner[1:] == self.owner[:-1]])

    def covers(self, found: Values) -> Values:
        """Share of the query's weight that rows of stems have, (rows, q) to (rows,)."""
        return np.asarray((found @ self.query.idf) / self.query.total_idf)

    @cached_property
    def coverage(self) -> Values:
        return self.covers(self.held)

    @cached_property
    def bm25(self) -> Values:
        return self.evidence.sentence_bm25 / self.query.total_idf

    def around(self) -> Values:
        """Which stems stand in each sentence or the one before or after it in its passage, (m, q)."""
        around = self.held.copy()
        around[1:] |= self.held[:-1] & self.follows[1:, None]
        around[:-1] |= self.held[1:] & self.follows[1:, None]
        return around

    @cached_property
    def told(self) -> Values:
        """Which stems stand in each sentence, in the title and headings over it, or in the sentence before it, (m, q)."""
        told = self.held | (self.evidence.heading_counts > 0)[self.owner]
        told[1:] |= self.held[:-1] & self.follows[1:, None]
        return told

    def names_told(self) -> Values:
        """Share of the query's names, by weight, that each sentence tells of; 1 where the query has none."""
        weight = float(self.query.names @ self.query.idf)
        return (self.told & self.query.names) @ self.query.idf / weight if weight else np.ones(len(self.held))


SENTENCE: dict[str, Callable[[Sentences], Values]] = {
    "similarity": lambda s: s.evidence.sentence_similarity,
    "similarity_gap": lambda s: s.evidence.sentence_similarity - s.evidence.sentence_similarity.max(),
    "bm25": lambda s: s.bm25,
    "bm25_gap": lambda s: s.bm25 - s.bm25.max(),
    "coverage": lambda s: s.coverage,
    "coverage_gap": lambda s: s.coverage - s.coverage.max(),
    "coverage_with_neighbours": lambda s: s.covers(s.around()),
    "asked": lambda s: s.evidence.sentence_asked & bool(s.query.asks),
    "asked_coverage": lambda s: np.where(s.evidence.sentence_asked & bool(s.query.asks), s.coverage, 0.0),
    "passage_score_gap": lambda s: (s.found.scores - s.found.scores.max())[s.owner],
    "passage_first": lambda s: s.owner == 0,
    "passage_coverage": lambda s: s.covers(s.evidence.passage_counts + s.evidence.heading_counts > 0)[s.owner],
    "heading_similarity": lambda s: s.evidence.heading_similarity[s.owner],
    "new_words": lambda s: np.log1p(np.maximum(0.0, s.evidence.sentence_lengths - s.held.sum(axis=1))),
    "length": lambda s: np.minimum(s.evidence.sentence_lengths, 60.0) / 60.0,
    "first_in_passage": lambda s: ~s.follows,
    "first_in_section": lambda s: ~s.follows & (s.found.candidates.ordinals[s.owner] == 0),
    "is_list_item": lambda s: s.kinds == "list_item",
    "is_table_row": lambda s: s.kinds == "table_row",
    "names_told": Sentences.names_told,
}


def sentence_features(found: Retrieved) -> Matrix:
    """Of the m sentences of the hits before a reranker read, (m, features)."""
    return matrix(SENTENCE, Sentences(found))


# The confidence: every value is (1,)

_SPECIFIC = re.compile(r"(?<!^)(?<![.?!] )\b[A-Z][\w'’-]*|\b\w*\d\w*")


@dataclass(frozen=True, eq=False)
class Quoted:
    """The best sentence of what was found, which is the one to quote.

    Attributes:
        found: with at least one hit.
        sentence_scores: (m,) of the sentences of its passages; headings at minus infinity.
    """

    found: Retrieved
    sentence_scores: Values

    @property
    def query(self) -> Query:
        return self.found.query

    @property
    def evidence(self) -> Evidence:
        return self.found.evidence

    @cached_property
    def best(self) -> int:
        return int(np.argmax(self.sentence_scores))

    @cached_property
    def home(self) -> int:
        """The passage of the best sentence."""
        return int(self.evidence.passage_of_sentence[self.best])

    @cached_property
    def ranked(self) -> Values:
        """Scores of the sentences that can be quoted, descending."""
        return np.sort(self.sentence_scores[np.isfinite(self.sentence_scores)])[::-1]

    @cached_property
    def in_sentence(self) -> Values:
        return np.asarray(self.evidence.sentence_counts[self.best] > 0)

    @cached_property
    def in_passages(self) -> Values:
        """Which stems stand in each passage or over it, (n, q)."""
        return self.evidence.passage_counts + self.evidence.heading_counts > 0

    @property
    def in_passage(self) -> Values:
        return np.asarray(self.in_passages[self.home])

    def weight(self, stems: Values) -> float:
        """Of some of the query's stems, a share of the weight of all."""
        return float(stems @ self.query.idf) / self.query.total_idf

    def margin(self, scores: Values, place: int) -> Values:
        """How far the first is above the one at a place, or above the last where there are fewer."""
        return np.asarray(scores[0] - scores[min(place, len(scores) - 1)])

    def has_rarest(self, stems: Values) -> bool:
        """Whether the query's rarest stem is among these."""
        return bool(len(stems) and stems[np.argmax(self.query.idf)])

    def specific_found(self) -> float:
        """Share of the question's names and numbers that the passage holds; 1 where it has none."""
        wanted = {stem for part in _SPECIFIC.finditer(self.query.text) for stem in terms.content_stems(part.group())}
        present = [bool(hit) for stem, hit in zip(self.query.stems, self.in_passage, strict=True) if stem in wanted]
        return sum(present) / len(present) if present else 1.0

    def agreement(self) -> float:
        """How many of passage vectors, sentence vectors and BM25 put the quote's passage first, 0 to 1."""
        ways = ("passage_similarity_rank", "sentence_similarity_rank", "passage_bm25_rank")
        return float((self.found.features[self.home, [names("passage").index(way) for way in ways]] == 1.0).mean())

    def names_untold(self, told: Values, *, known: bool) -> float:
        """Weight of the query's names that are not told.

        Names that documents hold elsewhere tell that something else is spoken of here; those that none holds are counted apart.
        """
        return self.weight(self.query.names & ~told & (self.query.known == known))


CONFIDENCE: dict[str, Callable[[Quoted], Any]] = {
    "passage_score": lambda q: q.found.scores[q.home],
    "passage_margin": lambda q: q.margin(q.found.scores, 1),
    "passage_margin_fifth": lambda q: q.margin(q.found.scores, 4),
    "sentence_score": lambda q: q.ranked[0],
    "sentence_margin": lambda q: q.margin(q.ranked, 1),
    "sentence_share": lambda q: 1.0 / np.exp(q.ranked - q.ranked[0]).sum(),
    "sentence_similarity": lambda q: q.evidence.sentence_similarity[q.best],
    "passage_similarity": lambda q: q.evidence.passage_similarity[q.home],
    "heading_similarity": lambda q: q.evidence.heading_similarity[q.home],
    "coverage_sentence": lambda q: q.weight(q.in_sentence),
    "coverage_passage": lambda q: q.weight(q.in_passage),
    "coverage_any_passage": lambda q: q.weight(np.asarray(q.in_passages.any(axis=0))),
    "uncovered_idf": lambda q: ~q.in_passage @ q.query.idf,
    "unknown_share": lambda q: (~q.query.known).sum() / max(1, len(q.query.known)),
    "unknown_idf": lambda q: q.weight(~q.query.known),
    "rarest_in_sentence": lambda q: q.has_rarest(q.in_sentence),
    "rarest_in_passage": lambda q: q.has_rarest(q.in_passage),
    "specific_in_passage": Quoted.specific_found,
    "asked_missing": lambda q: bool(q.query.asks) and not q.evidence.sentence_asked[q.best],
    "asked_unspecific": lambda q: not q.query.asks,
    "proximity": lambda q: q.evidence.proximity[q.home],
    "stems": lambda q: np.log1p(len(q.query.stems)),
    "agreement": Quoted.agreement,
    "names_elsewhere": lambda q: q.names_untold(Sentences(q.found).told[q.best], known=True),
    "names_unknown": lambda q: q.names_untold(q.in_passage, known=False),
}


def confidence_features(found: Retrieved, sentence_scores: Matrix) -> Matrix:
    """Of the best sentence before a reranker read, (1, features).

    Args:
        found: with at least one hit.
        sentence_scores: (m,) of the sentences of its passages; headings at minus infinity.
    """
    return matrix(CONFIDENCE, Quoted(found, sentence_scores))


# The registry

FEATURES: Final[Mapping[Kind, Mapping[str, Callable[[Any], Any]]]] = {
    "passage": PASSAGE,
    "passage_read": PASSAGE_READ,
    "passage_read_twice": PASSAGE_READ_TWICE,
    "sentence": SENTENCE,
    "sentence_read": SENTENCE_READ,
    "sentence_read_alone": SENTENCE_READ_ALONE,
    "confidence": CONFIDENCE,
    "confidence_read": CONFIDENCE_READ,
}
"""All features by what they are of, in the order of a matrix's columns."""


def names(kind: Kind) -> tuple[str, ...]:
    """Names of the features of a kind, in order."""
    return tuple(FEATURES[kind])


KEPT_BESIDE_READING: tuple[str, ...] = (
    *("passage_score", "heading_similarity", "sentence_similarity", "uncovered_idf", "specific_in_passage"),
    *("names_elsewhere", "names_unknown"),
)
"""The confidence's values that still tell something where a reranker read: with all of them it is right less often elsewhere."""
ALONE_NAMES = ("alone_score", "alone_gain", "alone_margin")
"""What the large reranker makes of the best sentence by itself, with its title and headings, and how far that is above the next one:
a passage may answer for another thing."""
_ONCE_READ = (*KEPT_BESIDE_READING, *names("confidence_read"))

MODEL_FEATURES: Final[dict[str, tuple[str, ...]]] = {
    "passages": names("passage"),
    "sentences": names("sentence"),
    "confidence": names("confidence"),
    "small_passages": names("passage_read"),
    "small_sentences": names("sentence_read"),
    "small_confidence": _ONCE_READ,
    "large_passages": names("passage_read_twice"),
    "large_sentences": names("sentence_read"),
    "alone_sentences": names("sentence_read_alone"),
    "large_confidence": (*_ONCE_READ, *(f"small_{name}" for name in names("confidence_read")), *ALONE_NAMES),
}
"""What each fitted model weighs, in order."""

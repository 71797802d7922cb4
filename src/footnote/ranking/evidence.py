"""What a question and its candidate passages have in common, measured once and used by ranking, quoting and confidence.

Everything is vectorised over all sentences of all candidates: a question costs a few array passes, not a loop over words.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from footnote import terms
from footnote.ranking.query import Query
from footnote.records import Hit, Passage
from footnote.reranking import Reading
from footnote.store import Candidates
from footnote.store.entries import ranges

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.float64]
Stage: TypeAlias = Literal["unread", "small", "large"]
"""Which reranker read last."""

K1 = 1.2
"""Saturation of repeated terms in BM25 (Robertson and Zaragoza, 2009)."""
B = 0.75
"""Length normalisation of passages in BM25."""
SENTENCE_B = 0.4
"""Length normalisation of sentences: milder, as a long sentence is more often the fuller answer."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Measures of n passages and their m sentences against one query of q stems.

    Attributes:
        passage_of_sentence: (m,) position of each sentence's passage.
        passage_counts, sentence_counts, heading_counts: (n, q), (m, q), (n, q) occurrences of the stems.
        passage_lengths, sentence_lengths: (n,), (m,) stems, answer types left out.
        passage_similarity, heading_similarity: (n,) dot products with the query's vector.
        sentence_similarity: (m,) the same for sentences.
        passage_bm25, heading_bm25, sentence_bm25: (n,), (n,), (m,).
        sentence_asked: (m,) whether the sentence has an answer type that the question asks for; all true where it asks for none.
        proximity: (n,) idf-weighted share of neighbouring query stems that stand within a few words of each other.
    """

    passage_of_sentence: IntArray
    passage_counts: FloatArray
    sentence_counts: FloatArray
    heading_counts: FloatArray
    passage_lengths: FloatArray
    sentence_lengths: FloatArray
    passage_similarity: FloatArray
    heading_similarity: FloatArray
    sentence_similarity: FloatArray
    passage_bm25: FloatArray
    heading_bm25: FloatArray
    sentence_bm25: FloatArray
    sentence_asked: npt.NDArray[np.bool_]
    proximity: FloatArray

    def take(self, rows: npt.NDArray[np.integer]) -> Evidence:
        """These passages, in this order, with their sentences."""
        starts = np.searchsorted(self.passage_of_sentence, np.arange(len(self.proximity) + 1))
        sentences = ranges(starts, rows)
        taken = {
            field.name: getattr(self, field.name)[sentences if field.name.startswith("sentence_") else rows]
            for field in fields(self)
            if field.name != "passage_of_sentence"
        }
        return Evidence(np.repeat(np.arange(len(rows)), np.diff(starts)[rows]), **taken)


_TYPE_IDS = np.array(terms.term_ids(terms.ANSWER_TYPES), dtype=np.uint32)
_NEAR = 4
"""How many positions apart two words still count as standing together."""


def measure(query: Query, candidates: Candidates, *, mean_terms: float) -> Evidence:
    """All measures of the candidates against the query.

    Args:
        query: with q stems.
        candidates: n passages with m sentences, fetched beside this query's vector.
        mean_terms: mean number of stems in a passage of the index.
    """
    sentence_counts_of = np.diff(candidates.sentence_offsets)
    passages, sentences = len(candidates.keys), int(candidates.sentence_offsets[-1])
    passage_of_sentence = np.repeat(np.arange(passages), sentence_counts_of)
    is_stem = ~np.isin(candidates.terms, _TYPE_IDS)
    stem_ids, stem_sentences = candidates.terms[is_stem], candidates.term_sentences[is_stem]
    wanted = np.array(terms.term_ids(query.stems), dtype=np.uint32)
    sentence_counts = _counts(stem_ids, stem_sentences, wanted, sentences)
    sentence_lengths = np.bincount(stem_sentences, minlength=sentences).astype(np.float32)
    starts = candidates.sentence_offsets[:-1]
    passage_counts = _sum_at(sentence_counts, starts, sentence_counts_of)
    passage_lengths = _sum_at(sentence_lengths[:, None], starts, sentence_counts_of)[:, 0]
    heading_of = np.repeat(np.arange(passages), np.diff(candidates.heading_term_offsets))
    heading_counts = _counts(candidates.heading_terms, heading_of, wanted, passages)
    heading_lengths = np.diff(candidates.heading_term_offsets).astype(np.float32)
    mean_sentence = max(1.0, float(sentence_lengths.mean()) if sentences else 1.0)
    return Evidence(
        passage_of_sentence,
        passage_counts,
        sentence_counts,
        heading_counts,
        passage_lengths,
        sentence_lengths,
        candidates.passage_similarity,
        candidates.heading_similarity,
        candidates.sentence_similarity,
        _bm25(passage_counts, passage_lengths, query.idf, max(1.0, mean_terms), B),
        _bm25(heading_counts, heading_lengths, query.idf, 8.0, B),
        _bm25(sentence_counts, sentence_lengths, query.idf, mean_sentence, SENTENCE_B),
        _asked(query, candidates, sentences),
        _proximity(query, wanted, stem_ids, stem_sentences, passage_of_sentence, passages),
    )


def _counts(
    ids: npt.NDArray[np.uint32], groups: npt.NDArray[np.integer], wanted: npt.NDArray[np.uint32], n: int
) -> FloatArray:
    """Occurrences of each wanted id in each of n groups, (n, len(wanted))."""
    out = np.zeros((n, len(wanted)), dtype=np.float32)
    for column, term in enumerate(wanted):
        out[:, column] = np.bincount(groups[ids == term], minlength=n)
    return out


def _sum_at(rows: FloatArray, starts: npt.NDArray[np.integer], sizes: npt.NDArray[np.integer]) -> FloatArray:
    """Sums of consecutive groups of rows; a group without rows sums to zero."""
    totals = np.zeros((len(starts), rows.shape[1]), dtype=np.float32)
    filled = sizes > 0
    if filled.any():
        totals[filled] = np.add.reduceat(rows, starts[filled], axis=0)
    return totals


def _bm25(counts: FloatArray, lengths: FloatArray, idf: npt.NDArray[np.float64], mean: float, b: float) -> FloatArray:
    norm = K1 * (1.0 - b + b * lengths[:, None] / mean)
    return np.asarray((counts * (K1 + 1.0) / (counts + norm)) @ idf, dtype=np.float32)


def _asked(query: Query, candidates: Candidates, sentences: int) -> npt.NDArray[np.bool_]:
    if not query.asks:
        return np.ones(sentences, dtype=np.bool_)
    wanted = np.array(terms.term_ids(query.asks), dtype=np.uint32)
    out = np.zeros(sentences, dtype=np.bool_)
    out[candidates.term_sentences[np.isin(candidates.terms, wanted)]] = True
    return out


def _proximity(
    query: Query,
    wanted: npt.NDArray[np.uint32],
    ids: npt.NDArray[np.uint32],
    sentence_of: npt.NDArray[np.int32],
    passage_of_sentence: IntArray,
    passages: int,
) -> FloatArray:
    """Share of the query's adjacent stem pairs found within ``_NEAR`` positions in one sentence, weighed by idf, (passages,)."""
    out = np.zeros(passages, dtype=np.float32)
    if len(wanted) < 2:
        return out
    weights = np.minimum(query.idf[:-1], query.idf[1:])
    found = [np.flatnonzero(ids == term) for term in wanted]
    places = np.concatenate(found)
    order = np.argsort(places)
    places, stems = places[order], np.repeat(np.arange(len(wanted)), [len(each) for each in found])[order]
    sentences = sentence_of[places]
    together = np.zeros((passages, len(weights)), dtype=np.bool_)
    # Places are distinct, so what stands within a few words comes as many occurrences later at most.
    for step in range(1, _NEAR + 1):
        near = (places[step:] - places[:-step] <= _NEAR) & (sentences[step:] == sentences[:-step])
        pair = near & (np.abs(stems[step:] - stems[:-step]) == 1)
        lower = np.minimum(stems[step:], stems[:-step])[pair]
        together[passage_of_sentence[sentences[:-step][pair]], lower] = True
    out += together @ weights
    return out / float(weights.sum())


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The best passages of a query with what was measured on them, for quoting.

    Attributes:
        hits: best first.
        passages, candidates, evidence: of the same passages, in the same order.
        scores: (k,) of the hits by the fitted model, without what a reranker thought of them.
        features: (k, features) of the hits, as ``features.names("passage")``.
        readings: of the hits that were read, by the last that read, None for the others; empty where no reranker found spans.
        small_readings: of the small reranker, where the large one read after it; else empty.
    """

    query: Query
    hits: tuple[Hit, ...]
    passages: tuple[Passage, ...]
    candidates: Candidates
    evidence: Evidence
    scores: Matrix
    features: Matrix
    readings: tuple[Reading | None, ...] = ()
    small_readings: tuple[Reading | None, ...] = ()

    @property
    def stage(self) -> Stage:
        """Who read last: the fitted numbers differ."""
        if not self.readings:
            return "unread"
        return "large" if self.small_readings else "small"

    def sentence(self, n: int) -> tuple[int, int]:
        """Where a sentence stands, by its position among all: its passage, and its position in ``passage.sentences``."""
        home = int(self.evidence.passage_of_sentence[n])
        return home, n - int(self.candidates.sentence_offsets[home])

    def take(self, rows: npt.NDArray[np.integer], scores: Matrix) -> Retrieved:
        """The hits in another order, with other scores shown, (k,)."""
        hits = tuple(replace(self.hits[n], rank=place, score=float(scores[n])) for place, n in enumerate(rows, 1))
        return replace(
            self,
            hits=hits,
            passages=tuple(self.passages[n] for n in rows),
            candidates=self.candidates.take(rows),
            evidence=self.evidence.take(rows),
            scores=self.scores[rows],
            features=self.features[rows],
            readings=tuple(self.readings[n] for n in rows) if self.readings else (),
            small_readings=tuple(self.small_readings[n] for n in rows) if self.small_readings else (),
        )

"""Features of a (query, passage) pair, from the evidence.

Each comes raw and, where its scale depends on the query, also as the reciprocal of the candidate's rank by it, so that one set
of weights serves short facts in prose and whole sections of FAQ pages alike.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from footnote.ranking.evidence import Evidence, FloatArray, Query
from footnote.store import Candidates

Matrix = npt.NDArray[np.float64]

BASE: tuple[str, ...] = (
    "passage_similarity",
    "sentence_similarity",
    "sentence_similarity_second",
    "heading_similarity",
    "passage_bm25",
    "sentence_bm25",
    "heading_bm25",
    "coverage_body",
    "coverage_any",
    "coverage_sentence",
    "coverage_heading",
    "rarest_found",
    "proximity",
    "asked_sentence",
    "heading_share",
    "document_similarity",
    "document_bm25",
    "neighbour_similarity",
    "neighbour_bm25",
    "best_sentence",
    "length",
    "ordinal",
)
RANKED: tuple[str, ...] = (
    "passage_similarity",
    "sentence_similarity",
    "passage_bm25",
    "sentence_bm25",
    "best_sentence",
    "coverage_any",
    "heading_bm25",
    "heading_similarity",
)
NAMES: tuple[str, ...] = BASE + tuple(f"{name}_rank" for name in RANKED)
"""Column names of the matrix that ``passage_features`` returns."""


def passage_features(query: Query, candidates: Candidates, evidence: Evidence) -> Matrix:
    """Features of n candidates, (n, len(NAMES)) float64."""
    n = len(candidates.keys)
    if not n:
        return np.zeros((0, len(NAMES)))
    starts = candidates.sentence_offsets[:-1]
    idf = query.idf
    scale = 1.0 / query.total_idf
    in_body = evidence.passage_counts > 0
    in_heading = evidence.heading_counts > 0
    sentence_cover = ((evidence.sentence_counts > 0) @ idf) * scale
    first, second = _two_best(evidence.sentence_similarity, starts, n, evidence.passage_of_sentence)
    sentence_bm25 = _best(evidence.sentence_bm25, starts, n) * scale
    blend = evidence.sentence_similarity + 0.5 * sentence_cover + 0.05 * evidence.sentence_asked
    asked = _best_of_asked(evidence, sentence_cover, starts, n)
    passage_bm25 = evidence.passage_bm25 * scale
    heading_lengths = np.diff(candidates.heading_term_offsets)
    documents = np.unique(candidates.document_keys, return_inverse=True)[1]
    columns = {
        "passage_similarity": evidence.passage_similarity,
        "sentence_similarity": first,
        "sentence_similarity_second": second,
        "heading_similarity": evidence.heading_similarity,
        "passage_bm25": passage_bm25,
        "sentence_bm25": sentence_bm25,
        "heading_bm25": evidence.heading_bm25 * scale,
        "coverage_body": (in_body @ idf) * scale,
        "coverage_any": ((in_body | in_heading) @ idf) * scale,
        "coverage_sentence": _best(sentence_cover, starts, n),
        "coverage_heading": (in_heading @ idf) * scale,
        "rarest_found": _rarest_found(query, in_body | in_heading),
        "proximity": evidence.proximity,
        "asked_sentence": asked,
        "heading_share": in_heading.sum(axis=1) / np.maximum(1, heading_lengths),
        "document_similarity": _best_by_group(evidence.passage_similarity, documents),
        "document_bm25": _best_by_group(passage_bm25, documents),
        "neighbour_similarity": _neighbours(candidates, evidence.passage_similarity),
        "neighbour_bm25": _neighbours(candidates, passage_bm25),
        "best_sentence": _best(blend, starts, n),
        "length": np.log1p(evidence.passage_lengths),
        "ordinal": 1.0 / (1.0 + candidates.ordinals),
    }
    base = np.stack([np.asarray(columns[name], dtype=np.float64) for name in BASE], axis=1)
    ranked = base[:, [BASE.index(name) for name in RANKED]]
    return np.concatenate([base, _reciprocal_ranks(ranked)], axis=1)


def _reciprocal_ranks(columns: Matrix) -> Matrix:
    """1 / rank of each candidate within each column, the largest value first; equal values in order."""
    ranks = np.empty_like(columns)
    np.put_along_axis(
        ranks, np.argsort(-columns, axis=0, kind="stable"), np.arange(1.0, len(columns) + 1)[:, None], axis=0
    )
    return 1.0 / ranks


def _best(values: npt.NDArray[np.floating], starts: npt.NDArray[np.integer], n: int) -> Matrix:
    """Maximum over each passage's sentences; every passage has one at least."""
    return np.asarray(np.maximum.reduceat(values, starts), dtype=np.float64) if n else np.zeros(0)


def _two_best(
    values: FloatArray, starts: npt.NDArray[np.integer], n: int, passage_of: npt.NDArray[np.integer]
) -> tuple[Matrix, Matrix]:
    """Best and second best sentence of each passage; the best again where there is only one."""
    first = _best(values, starts, n)
    order = np.lexsort((-values, passage_of))
    sizes = np.bincount(passage_of, minlength=n)
    ranked = values[order]
    second = ranked[np.where(sizes > 1, starts + 1, starts)]
    return first, np.asarray(second, dtype=np.float64)


def _best_of_asked(
    evidence: Evidence, cover: npt.NDArray[np.floating], starts: npt.NDArray[np.integer], n: int
) -> Matrix:
    """Similarity and coverage of the best sentence that holds the kind of answer asked for; 0 where none does."""
    return _best(np.where(evidence.sentence_asked, evidence.sentence_similarity + 0.5 * cover, 0.0), starts, n)


def _rarest_found(query: Query, found: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """1 where the passage holds the query's rarest stem that any passage holds."""
    if not query.known.any():
        return np.zeros(len(found))
    rarest = int(np.argmax(np.where(query.known, query.idf, -1.0)))
    return found[:, rarest].astype(np.float64)


def _best_by_group(values: npt.NDArray[np.floating], groups: npt.NDArray[np.integer]) -> Matrix:
    best: Matrix = np.full(int(groups.max()) + 1, -np.inf)
    np.maximum.at(best, groups, values)
    return np.asarray(best[groups])


def _neighbours(candidates: Candidates, values: npt.NDArray[np.floating]) -> Matrix:
    """Best value among the passages right before and after, where they are candidates too; else 0."""
    order = np.lexsort((candidates.ordinals, candidates.document_keys))
    documents, ordinals = candidates.document_keys[order], candidates.ordinals[order]
    touch = (documents[1:] == documents[:-1]) & (ordinals[1:] == ordinals[:-1] + 1)
    sorted_values = values[order].astype(np.float64)
    best = np.zeros(len(values))
    best[:-1][touch] = np.maximum(best[:-1][touch], sorted_values[1:][touch])
    best[1:][touch] = np.maximum(best[1:][touch], sorted_values[:-1][touch])
    out = np.empty(len(values))
    out[order] = best
    return out

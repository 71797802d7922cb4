"""Features of a (query, sentence) pair: which sentence of the best passages answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from footnote.ranking.evidence import Evidence, Query
from footnote.records import Passage
from footnote.store import Candidates

Matrix = npt.NDArray[np.float64]

NAMES: tuple[str, ...] = (
    "similarity",
    "similarity_gap",
    "bm25",
    "bm25_gap",
    "coverage",
    "coverage_gap",
    "coverage_with_neighbours",
    "asked",
    "asked_coverage",
    "passage_score_gap",
    "passage_first",
    "passage_coverage",
    "heading_similarity",
    "new_words",
    "length",
    "first_in_passage",
    "first_in_section",
    "is_list_item",
    "is_table_row",
    "names_told",
)
"""Column names of the matrix that ``sentence_features`` returns."""


def sentence_features(
    query: Query,
    candidates: Candidates,
    evidence: Evidence,
    passages: Sequence[Passage],
    scores: npt.NDArray[np.float64],
) -> Matrix:
    """Features of the m sentences of n passages, (m, len(NAMES)) float64.

    Args:
        query: the query.
        candidates: arrays of the n passages, best first.
        evidence: measured on exactly these candidates.
        passages: the same passages in the same order.
        scores: their ranking scores, (n,).
    """
    owner = evidence.passage_of_sentence
    kinds = np.array([sentence.kind for passage in passages for sentence in passage.sentences])
    total = query.total_idf
    found = evidence.sentence_counts > 0
    coverage = (found @ query.idf) / total
    around = found.copy()
    same_as_previous = np.concatenate([[False], owner[1:] == owner[:-1]])
    around[1:] |= found[:-1] & same_as_previous[1:, None]
    around[:-1] |= found[1:] & same_as_previous[1:, None]
    passage_coverage = ((evidence.passage_counts + evidence.heading_counts > 0) @ query.idf) / total
    bm25 = evidence.sentence_bm25 / total
    first = ~same_as_previous
    matched = found.sum(axis=1)
    columns = {
        "similarity": evidence.sentence_similarity,
        "similarity_gap": evidence.sentence_similarity - evidence.sentence_similarity.max(),
        "bm25": bm25,
        "bm25_gap": bm25 - bm25.max(),
        "coverage": coverage,
        "coverage_gap": coverage - coverage.max(),
        "coverage_with_neighbours": (around @ query.idf) / total,
        "asked": evidence.sentence_asked & bool(query.asks),
        "asked_coverage": np.where(evidence.sentence_asked, coverage, 0.0) if query.asks else np.zeros(len(owner)),
        "passage_score_gap": (scores - scores.max())[owner],
        "passage_first": owner == 0,
        "passage_coverage": passage_coverage[owner],
        "heading_similarity": evidence.heading_similarity[owner],
        "new_words": np.log1p(np.maximum(0.0, evidence.sentence_lengths - matched)),
        "length": np.minimum(evidence.sentence_lengths, 60.0) / 60.0,
        "first_in_passage": first,
        "first_in_section": first & (candidates.ordinals[owner] == 0),
        "is_list_item": kinds == "list_item",
        "is_table_row": kinds == "table_row",
        "names_told": _names_told(query, found, evidence, same_as_previous),
    }
    return np.stack([np.asarray(columns[name], dtype=np.float64) for name in NAMES], axis=1)


def _names_told(
    query: Query, found: npt.NDArray[np.bool_], evidence: Evidence, same_as_previous: npt.NDArray[np.bool_]
) -> Matrix:
    """Share of the query's names, by weight, that each sentence tells of, (m,); 1 where the query has none.

    A name may stand in the sentence, in the one before it, or in the title and headings over it.
    """
    weight = float(query.names @ query.idf)
    if not weight:
        return np.ones(len(found))
    told = found | (evidence.heading_counts > 0)[evidence.passage_of_sentence]
    told[1:] |= found[:-1] & same_as_previous[1:, None]
    return np.asarray((told & query.names) @ query.idf / weight, dtype=np.float64)

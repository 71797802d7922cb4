"""How likely it is that the best quote answers the question: features of question, best sentence and best passages.

The model over them is fitted on answerable questions, on unanswerable ones written to look answerable, and on questions asked
of documents from which the answer was taken out.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from footnote import terms
from footnote.ranking.evidence import Query
from footnote.ranking.features import NAMES as PASSAGE_NAMES
from footnote.retrieval import Retrieved

Matrix = npt.NDArray[np.float64]

NAMES: tuple[str, ...] = (
    "passage_score",
    "passage_margin",
    "passage_margin_fifth",
    "sentence_score",
    "sentence_margin",
    "sentence_share",
    "sentence_similarity",
    "passage_similarity",
    "heading_similarity",
    "coverage_sentence",
    "coverage_passage",
    "coverage_any_passage",
    "uncovered_idf",
    "unknown_share",
    "unknown_idf",
    "rarest_in_sentence",
    "rarest_in_passage",
    "specific_in_passage",
    "asked_missing",
    "asked_unspecific",
    "proximity",
    "stems",
    "agreement",
    "names_elsewhere",
    "names_unknown",
)
"""Names of the values that ``confidence_features`` returns."""

_SPECIFIC = re.compile(r"(?<!^)(?<![.?!] )\b[A-Z][\w'’-]*|\b\w*\d\w*")


def confidence_features(retrieved: Retrieved, sentence_scores: Matrix) -> Matrix:
    """Features of the best quote, (1, len(NAMES)) float64.

    Args:
        retrieved: with at least one hit.
        sentence_scores: (m,) of the sentences of its passages; headings at minus infinity.
    """
    query, evidence = retrieved.query, retrieved.evidence
    best = int(np.argmax(sentence_scores))
    home = int(evidence.passage_of_sentence[best])
    total = query.total_idf
    in_sentence = evidence.sentence_counts[best] > 0
    in_passage = (evidence.passage_counts[home] + evidence.heading_counts[home]) > 0
    anywhere = (evidence.passage_counts + evidence.heading_counts > 0).any(axis=0)
    ranked = np.sort(sentence_scores[np.isfinite(sentence_scores)])[::-1]
    shares = np.exp(ranked - ranked[0])
    rarest = int(np.argmax(query.idf)) if len(query.idf) else None
    scores = retrieved.scores
    asked = bool(evidence.sentence_asked[best])
    values = {
        "passage_score": scores[home],
        "passage_margin": scores[0] - scores[min(1, len(scores) - 1)],
        "passage_margin_fifth": scores[0] - scores[min(4, len(scores) - 1)],
        "sentence_score": ranked[0],
        "sentence_margin": ranked[0] - ranked[min(1, len(ranked) - 1)],
        "sentence_share": shares[0] / shares.sum(),
        "sentence_similarity": evidence.sentence_similarity[best],
        "passage_similarity": evidence.passage_similarity[home],
        "heading_similarity": evidence.heading_similarity[home],
        "coverage_sentence": float(in_sentence @ query.idf) / total,
        "coverage_passage": float(in_passage @ query.idf) / total,
        "coverage_any_passage": float(anywhere @ query.idf) / total,
        "uncovered_idf": float((~in_passage) @ query.idf),
        "unknown_share": float((~query.known).sum()) / max(1, len(query.known)),
        "unknown_idf": float((~query.known) @ query.idf) / total,
        "rarest_in_sentence": float(rarest is not None and in_sentence[rarest]),
        "rarest_in_passage": float(rarest is not None and in_passage[rarest]),
        "specific_in_passage": _specific_found(query.text, query.stems, in_passage),
        "asked_missing": float(bool(query.asks) and not asked),
        "asked_unspecific": float(not query.asks),
        "proximity": evidence.proximity[home],
        "stems": np.log1p(len(query.stems)),
        "agreement": _agreement(retrieved, home),
        "names_elsewhere": _missing_names(query, _told_with(retrieved, best, home), known=True),
        "names_unknown": _missing_names(query, in_passage, known=False),
    }
    return np.array([[float(values[name]) for name in NAMES]])


def _told_with(retrieved: Retrieved, best: int, home: int) -> npt.NDArray[np.bool_]:
    """Which stems of the query stand in a sentence, in its passage's title and headings, or in the sentence before it, (q,)."""
    evidence = retrieved.evidence
    told = (evidence.sentence_counts[best] > 0) | (evidence.heading_counts[home] > 0)
    if best > 0 and evidence.passage_of_sentence[best - 1] == home:
        told |= evidence.sentence_counts[best - 1] > 0
    return np.asarray(told)


def _missing_names(query: Query, told: npt.NDArray[np.bool_], *, known: bool) -> float:
    """Weight of the query's names that are not told, a share of the weight of all its words.

    Names that documents hold elsewhere tell that something else is spoken of here; those that none holds are counted apart.
    """
    missing = query.names & ~told & (query.known == known)
    return float(missing @ query.idf) / query.total_idf


def _specific_found(question: str, stems: tuple[str, ...], found: npt.NDArray[np.bool_]) -> float:
    """Share of the question's names and numbers that the passage holds; 1 where it has none."""
    wanted = {stem for match in _SPECIFIC.finditer(question) for stem in terms.content_stems(match.group())}
    present = [bool(hit) for stem, hit in zip(stems, found, strict=True) if stem in wanted]
    return sum(present) / len(present) if present else 1.0


def _agreement(retrieved: Retrieved, home: int) -> float:
    """How many of passage vectors, sentence vectors and BM25 put the quote's passage first, 0 to 1."""
    columns = [
        PASSAGE_NAMES.index(f"{name}_rank") for name in ("passage_similarity", "sentence_similarity", "passage_bm25")
    ]
    return float((retrieved.features[home, columns] == 1.0).mean())

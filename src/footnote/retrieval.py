"""A query becomes hits: candidates from passage vectors, sentence vectors and BM25, ranked as one list by the fitted model.

Where there is a reader, it reads the first of them, and its scores join the ranking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from footnote import terms
from footnote.encoding import Encoder
from footnote.ranking.evidence import Evidence, Query, make_query, measure
from footnote.ranking.features import NAMES, passage_features
from footnote.ranking.model import load_model
from footnote.ranking.readings import reranked_scores
from footnote.reading import PassageReader, Reading, ReadingInput
from footnote.records import Hit, Passage
from footnote.settings import Settings
from footnote.splitting import context_of, sentence_input
from footnote.store import Candidates, IndexReader

Matrix = npt.NDArray[np.float64]
Keys = npt.NDArray[np.int64]

HEADING_WEIGHT = 1.5
"""Weight of title and headings beside the body in the BM25 that finds candidates."""
SHOWN_SIGNALS = (
    "passage_similarity",
    "sentence_similarity",
    "heading_similarity",
    "passage_bm25",
    "coverage_any",
)
"""Features that go with a hit, so that a person sees why it ranks where it does."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """The candidates of one query, best first.

    Attributes:
        query: as ranking saw it.
        keys: (n,) storage keys.
        scores: (n,) of the fitted model, descending; ties by key.
        features: (n, len(features.NAMES)).
        candidates, evidence: of the same passages, in the same order.
    """

    query: Query
    keys: Keys
    scores: Matrix
    features: Matrix
    candidates: Candidates
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The best passages of a query with what was measured on them, for quoting.

    Attributes:
        hits: best first.
        passages, candidates, evidence: of the same passages, in the same order.
        scores: (k,) of the hits by the fitted model, without what a reader thought of them.
        features: (k, len(features.NAMES)) of the hits.
        readings: of the hits that were read, None for the others; empty where no reader found spans.
    """

    query: Query
    hits: tuple[Hit, ...]
    passages: tuple[Passage, ...]
    candidates: Candidates
    evidence: Evidence
    scores: Matrix
    features: Matrix
    readings: tuple[Reading | None, ...] = ()


def find_candidates(reader: IndexReader, query: Query, k: int, allowed: frozenset[str] | None = None) -> Keys:
    """Keys of the union of the k best by passage vector, by sentence vector and by BM25, ascending."""
    weights = {"body": 1.0, "heading": HEADING_WEIGHT}
    return reader.search_all(query.vector, query.stems, k, weights, allowed=allowed)


def read_query(reader: IndexReader, encoder: Encoder, text: str) -> Query:
    """Encode a query and weigh its words by the index."""
    stems = terms.content_stems(text) or terms.analyse(text)
    vector = encoder.encode_queries([text])[0]
    return make_query(text, vector, reader.document_frequencies(stems), reader.passages_count)


def rank(
    reader: IndexReader,
    query: Query,
    *,
    settings: Settings,
    allowed: frozenset[str] | None = None,
    k: int | None = None,
) -> Ranked:
    """The k best candidates of a query, best first; all of them where ``k`` is None."""
    keys = find_candidates(reader, query, settings.candidates_k, allowed)
    candidates = reader.candidates(keys)
    evidence = measure(query, candidates, mean_terms=reader.mean_terms)
    features = passage_features(query, candidates, evidence)
    scores = load_model("passages", NAMES).score(features)
    order = np.lexsort((keys, -scores))[:k]
    return Ranked(query, keys[order], scores[order], features[order], candidates.take(order), evidence.take(order))


def retrieve(
    reader: IndexReader,
    query: Query,
    *,
    settings: Settings,
    k: int,
    allowed: frozenset[str] | None = None,
    passage_reader: PassageReader | None = None,
) -> Retrieved:
    """The k best passages of a query.

    Args:
        reader: the open index.
        query: from ``read_query``.
        settings: for the number of candidates, and of passages to read.
        k: hits wanted.
        allowed: ids of the documents to look in; None for all.
        passage_reader: reads the first passages before their order is final.
    """
    ranked = rank(reader, query, settings=settings, allowed=allowed, k=k)
    scores, features, candidates, evidence = ranked.scores, ranked.features, ranked.candidates, ranked.evidence
    passages = tuple(reader.passages(ranked.keys))
    readings: tuple[Reading | None, ...] = ()
    final = scores
    if passage_reader is not None and passages:
        readings = _read(reader, passage_reader, query, passages, settings.read_passages)
        final = reranked_scores(scores, readings, fitted=passage_reader.finds_spans)
        order = np.lexsort((np.arange(len(final)), -final))
        scores, features, final = scores[order], features[order], final[order]
        candidates, evidence = candidates.take(order), evidence.take(order)
        passages = tuple(passages[n] for n in order)
        readings = tuple(readings[n] for n in order) if passage_reader.finds_spans else ()
    hits = _hits(reader, passages, final, features)
    return Retrieved(query, hits, passages, candidates, evidence, scores, features, readings)


def _read(
    reader: IndexReader, passage_reader: PassageReader, query: Query, passages: Sequence[Passage], count: int
) -> tuple[Reading | None, ...]:
    inputs = [reading_input(reader, passage) for passage in passages[:count]]
    return (*passage_reader.read(query.text, inputs), *(None for _ in passages[count:]))


def reading_input(reader: IndexReader, passage: Passage) -> ReadingInput:
    """A passage as a reader takes it: a piece for each sentence that is no heading."""
    document = reader.document(passage.document_id)
    pieces = tuple(sentence_input(document, s) for s in passage.sentences if s.kind != "heading")
    return ReadingInput(context_of(document.title, passage.heading_path), pieces)


def _hits(reader: IndexReader, passages: Sequence[Passage], scores: Matrix, features: Matrix) -> tuple[Hit, ...]:
    shown = features[:, [NAMES.index(name) for name in SHOWN_SIGNALS]].tolist()
    hits = []
    for place, (passage, score, values) in enumerate(zip(passages, scores.tolist(), shown, strict=True), 1):
        title, text = reader.text_of(passage.document_id)
        signals = tuple(zip(SHOWN_SIGNALS, values, strict=True))
        hits.append(Hit(passage, title, passage.span.of(text), score, place, signals))
    return tuple(hits)

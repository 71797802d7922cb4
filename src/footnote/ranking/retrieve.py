"""A query becomes hits: candidates from passage vectors, sentence vectors and BM25, ranked as one list by the fitted model.

Where there are rerankers, the small one reads the first of them and its scores join the ranking; the large one may then read the
best few again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from footnote.ranking.evidence import Matrix, Retrieved, measure
from footnote.ranking.features import names, passage_features
from footnote.ranking.query import Query
from footnote.ranking.scores import closely_reranked_scores, needs_closer_reading, passage_scores, reranked_scores
from footnote.records import Hit, Passage, Signal
from footnote.reranking import Reading, ReadingInput, Reranker, Rerankers
from footnote.settings import Settings
from footnote.splitting import context_of, sentence_input
from footnote.store import Index

FIELD_WEIGHTS = {"body": 1.0, "heading": 1.5}
"""Weight of title and headings beside the body in the BM25 that finds candidates."""
SHOWN_SIGNALS = (
    "passage_similarity",
    "sentence_similarity",
    "heading_similarity",
    "passage_bm25",
    "coverage_any",
)
"""Features that go with a hit, so that a person sees why it ranks where it does."""


def find_passages(
    index: Index,
    query: Query,
    *,
    settings: Settings,
    k: int,
    allowed: frozenset[str] | None = None,
    rerankers: Rerankers,
) -> Retrieved:
    """The k best passages, read by the small reranker, and by the large one where that is not sure.

    Args:
        index: the open index.
        query: from ``read_query``.
        settings: for the numbers of candidates and of passages to read.
        k: hits wanted.
        allowed: ids of the documents to look in; None for all.
        rerankers: none, the small one or both.
    """
    found = retrieve(index, query, settings=settings, k=k, allowed=allowed, reranker=rerankers.small)
    if rerankers.large is None or not found.readings or not needs_closer_reading(found):
        return found
    return read_closely(index, found, rerankers.large, settings=settings)


def retrieve(
    index: Index,
    query: Query,
    *,
    settings: Settings,
    k: int | None,
    allowed: frozenset[str] | None = None,
    reranker: Reranker | None = None,
) -> Retrieved:
    """The k best passages of a query, best first, ties by key; all candidates where ``k`` is None.

    Args:
        index: the open index.
        query: from ``read_query``.
        settings: for the number of candidates, and of passages to read.
        k: hits wanted.
        allowed: ids of the documents to look in; None for all.
        reranker: reads the first passages before their order is final.
    """
    keys = index.search_all(query.vector, query.stems, settings.candidates_k, FIELD_WEIGHTS, allowed=allowed)
    candidates = index.candidates(keys, query.vector)
    evidence = measure(query, candidates, mean_terms=index.facts.mean_terms)
    features = passage_features(query, candidates, evidence)
    scores = passage_scores(features)
    order = np.lexsort((keys, -scores))[:k]
    passages = tuple(index.passages(keys[order]))
    scores, features = scores[order], features[order]
    hits = _hits(index, passages, scores, features)
    found = Retrieved(query, hits, passages, candidates.take(order), evidence.take(order), scores, features)
    if reranker is None or not passages:
        return found
    readings = _read(index, reranker, found, settings.rerank_passages)
    final = reranked_scores(found.scores, readings, fitted=reranker.finds_spans)
    return replace(found, readings=readings if reranker.finds_spans else ()).take(_descending(final), final)


def read_closely(index: Index, found: Retrieved, large: Reranker, *, settings: Settings) -> Retrieved:
    """The first hits, which the small reranker read, read again by the large one and put in order anew."""
    readings = _read(index, large, found, settings.rerank_closely)
    final = closely_reranked_scores(found.readings, readings)
    return replace(found, readings=readings, small_readings=found.readings).take(_descending(final), final)


def _descending(scores: Matrix) -> npt.NDArray[np.intp]:
    """Positions of the scores, the largest first; equal ones in order."""
    return np.argsort(-scores, kind="stable")


def _read(index: Index, reranker: Reranker, found: Retrieved, count: int) -> tuple[Reading | None, ...]:
    inputs = [reading_input(index, passage) for passage in found.passages[:count]]
    return (*reranker.read(found.query.text, inputs), *(None for _ in found.passages[count:]))


def sentence_text(index: Index, found: Retrieved, n: int) -> str:
    """A sentence by its position among all, as it is encoded and read: a row with the names of its columns."""
    home, at = found.sentence(n)
    passage = found.passages[home]
    return sentence_input(index.document(passage.document_id), passage.sentences[at])


def reading_input(index: Index, passage: Passage) -> ReadingInput:
    """A passage as a reranker takes it: a piece for each sentence that is no heading."""
    document = index.document(passage.document_id)
    pieces = tuple(sentence_input(document, s) for s in passage.sentences if s.kind != "heading")
    return ReadingInput(context_of(document.title, passage.heading_path), pieces)


def _hits(index: Index, passages: Sequence[Passage], scores: Matrix, features: Matrix) -> tuple[Hit, ...]:
    shown = features[:, [names("passage").index(name) for name in SHOWN_SIGNALS]].tolist()
    hits = []
    for place, (passage, score, values) in enumerate(zip(passages, scores.tolist(), shown, strict=True), 1):
        title, text = index.text_of(passage.document_id)
        signals = tuple(Signal(name, value) for name, value in zip(SHOWN_SIGNALS, values, strict=True))
        text = passage.span.of(text)
        hits.append(Hit(passage=passage, score=score, text=text, title=title, rank=place, signals=signals))
    return tuple(hits)

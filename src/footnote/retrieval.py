"""A query becomes hits: candidates from passage vectors, sentence vectors and BM25, ranked as one list by the fitted model.

Where there are rerankers, the small one reads the first of them and its scores join the ranking; the large one may then read the
best few again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from footnote import terms
from footnote.encoding import Encoder
from footnote.ranking.evidence import Evidence, Query, make_query, measure
from footnote.ranking.features import NAMES, passage_features
from footnote.ranking.model import load_model
from footnote.ranking.reranked import closely_reranked_scores, reranked_scores
from footnote.records import Hit, Passage, Signal
from footnote.reranking import Reading, ReadingInput, Reranker
from footnote.settings import Settings
from footnote.splitting import context_of, sentence_input
from footnote.store import Candidates, Index

Matrix = npt.NDArray[np.float64]
Keys = npt.NDArray[np.int64]
Stage = Literal["unread", "small", "large"]

HEADING_WEIGHT = 1.5
"""Weight of title and headings beside the body in the BM25 that finds candidates."""
RARE_FROM_CHARS = 5
"""Shorter words are taken to pieces for their endings, not because they are rare."""
_CAPITAL = re.compile(r"(?<=[\w,;:] )[A-Z]")
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
        scores: (k,) of the hits by the fitted model, without what a reranker thought of them.
        features: (k, len(features.NAMES)) of the hits.
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


def find_candidates(reader: Index, query: Query, k: int, allowed: frozenset[str] | None = None) -> Keys:
    """Keys of the union of the k best by passage vector, by sentence vector and by BM25, ascending."""
    weights = {"body": 1.0, "heading": HEADING_WEIGHT}
    return reader.search_all(query.vector, query.stems, k, weights, allowed=allowed)


def read_query(reader: Index, encoder: Encoder, text: str) -> Query:
    """Encode a query and weigh its words by the index."""
    stems = terms.content_stems(text) or terms.analyse(text)
    vector = encoder.encode_queries([text])[0]
    names = naming_stems(text, encoder)
    return make_query(text, vector, reader.document_frequencies(stems), reader.passages_count, names)


def naming_stems(text: str, encoder: Encoder) -> frozenset[str]:
    """Stems of the words of a question that name one thing and no other.

    Numbers and codes, words with a capital that begins no sentence, and words so rare that the encoder's tokenizer has to take
    them to pieces, as it does drugs, products and places, but hardly ever an everyday word.
    """
    found = [word for word in terms.words(text) if word.text not in terms.STOPWORDS]
    if not found:
        return frozenset()
    bare = encoder.count_tokens([""])[0]
    pieces = encoder.count_tokens([word.text for word in found])
    stems = terms.stem_words([word.text for word in found])
    return frozenset(
        stem
        for word, stem, count in zip(found, stems, pieces, strict=True)
        if any(c.isdigit() for c in word.text)
        or _CAPITAL.search(text, word.span.start, word.span.end)
        or (len(word.text) >= RARE_FROM_CHARS and count - bare > 1)
    )


def rank(
    reader: Index,
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
    reader: Index,
    query: Query,
    *,
    settings: Settings,
    k: int,
    allowed: frozenset[str] | None = None,
    reranker: Reranker | None = None,
) -> Retrieved:
    """The k best passages of a query.

    Args:
        reader: the open index.
        query: from ``read_query``.
        settings: for the number of candidates, and of passages to read.
        k: hits wanted.
        allowed: ids of the documents to look in; None for all.
        reranker: reads the first passages before their order is final.
    """
    ranked = rank(reader, query, settings=settings, allowed=allowed, k=k)
    passages = tuple(reader.passages(ranked.keys))
    hits = _hits(reader, passages, ranked.scores, ranked.features)
    found = Retrieved(query, hits, passages, ranked.candidates, ranked.evidence, ranked.scores, ranked.features)
    if reranker is None or not passages:
        return found
    readings = _read(reader, reranker, query, passages, settings.rerank_passages)
    final = reranked_scores(found.scores, readings, fitted=reranker.finds_spans)
    order = np.lexsort((np.arange(len(final)), -final))
    return replace(found, readings=readings if reranker.finds_spans else ()).take(order, final)


def read_closely(reader: Index, found: Retrieved, large: Reranker, *, settings: Settings) -> Retrieved:
    """The first hits, which the small reranker read, read again by the large one and put in order anew."""
    readings = _read(reader, large, found.query, found.passages, settings.rerank_closely)
    final = closely_reranked_scores(found.readings, readings)
    order = np.lexsort((np.arange(len(final)), -final))
    return replace(found, readings=readings, small_readings=found.readings).take(order, final)


def _read(
    reader: Index, reranker: Reranker, query: Query, passages: Sequence[Passage], count: int
) -> tuple[Reading | None, ...]:
    inputs = [reading_input(reader, passage) for passage in passages[:count]]
    return (*reranker.read(query.text, inputs), *(None for _ in passages[count:]))


def reading_input(reader: Index, passage: Passage) -> ReadingInput:
    """A passage as a reranker takes it: a piece for each sentence that is no heading."""
    document = reader.document(passage.document_id)
    pieces = tuple(sentence_input(document, s) for s in passage.sentences if s.kind != "heading")
    return ReadingInput(context_of(document.title, passage.heading_path), pieces)


def _hits(reader: Index, passages: Sequence[Passage], scores: Matrix, features: Matrix) -> tuple[Hit, ...]:
    shown = features[:, [NAMES.index(name) for name in SHOWN_SIGNALS]].tolist()
    hits = []
    for place, (passage, score, values) in enumerate(zip(passages, scores.tolist(), shown, strict=True), 1):
        title, text = reader.text_of(passage.document_id)
        signals = tuple(Signal(name, value) for name, value in zip(SHOWN_SIGNALS, values, strict=True))
        text = passage.span.of(text)
        hits.append(Hit(passage=passage, score=score, text=text, title=title, rank=place, signals=signals))
    return tuple(hits)

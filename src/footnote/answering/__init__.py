"""Hits become an answer: the sentences that answer, quoted and numbered, or an abstention with its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from footnote import terms
from footnote.answering.confidence import NAMES as CONFIDENCE_NAMES
from footnote.answering.confidence import confidence_features
from footnote.answering.quotes import Quote, asks_for_list, merged, nearly_same, quote_around, words_of
from footnote.encoding import Encoder
from footnote.ranking.model import fitted_numbers, load_model
from footnote.ranking.sentences import NAMES as SENTENCE_NAMES
from footnote.ranking.sentences import sentence_features
from footnote.records import AbstentionReason, Citation, Passage, Span
from footnote.retrieval import Retrieved
from footnote.settings import Settings
from footnote.store import IndexReader

__all__ = ["Selection", "select"]

_COMPOUND = re.compile(r"[\w'’]+(?:-[\w'’]+)*")

Matrix = npt.NDArray[np.float64]

READ_PASSAGES = 8
"""Hits whose sentences are read for quotes."""
FAQ_SIMILARITY = 0.75
"""Similarity of question and FAQ heading from which the whole answer under the heading is quoted."""
KEEP_MARGIN = 1.5
"""A further sentence is quoted when its score is at most this much below the best one's."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to show for a query: citations with the confidence in them, or the reason why there are none."""

    citations: tuple[Citation, ...]
    confidence: float
    reason: AbstentionReason | None
    explanation: str
    missing_words: tuple[str, ...]


def select(reader: IndexReader, encoder: Encoder, retrieved: Retrieved, *, settings: Settings) -> Selection:
    """Quote what answers the query, or abstain.

    Args:
        reader: the open index, for the documents' texts.
        encoder: the index's, for the confidence.
        retrieved: the best passages of the query.
        settings: for the threshold and the number of quotes.
    """
    missing = missing_words(reader, retrieved.query.text)
    if not retrieved.hits:
        return Selection((), 0.0, "nothing_found", "The index holds no passage to look in.", missing)
    scores = sentence_scores(retrieved)
    if not np.isfinite(scores).any():
        return Selection((), 0.0, "nothing_found", "The documents hold headings only, no text to quote.", missing)
    confidence = confidence_of(retrieved, scores, encoder)
    if confidence < threshold(settings):
        return _abstention(confidence, missing)
    quotes = choose_quotes(reader, retrieved, scores, limit=settings.max_quotes)
    return Selection(
        tuple(_citation(reader, quote, n) for n, quote in enumerate(quotes, 1)), confidence, None, "", missing
    )


def threshold(settings: Settings) -> float:
    """The confidence below which Footnote abstains."""
    if settings.answer_threshold is not None:
        return settings.answer_threshold
    return float(fitted_numbers()["answer_threshold"])


def sentence_scores(retrieved: Retrieved) -> Matrix:
    """Score of each sentence of the first passages, (m,); minus infinity for headings and for later passages."""
    features = sentence_features(
        retrieved.query, retrieved.candidates, retrieved.evidence, retrieved.passages, retrieved.scores
    )
    scores = load_model("sentences", SENTENCE_NAMES).score(features)
    quotable = [s.kind != "heading" for passage in retrieved.passages for s in passage.sentences]
    readable = retrieved.evidence.passage_of_sentence < READ_PASSAGES
    return np.where(np.array(quotable) & readable, scores, -np.inf)


def confidence_of(retrieved: Retrieved, scores: Matrix, encoder: Encoder) -> float:
    """Calibrated probability in [0, 1] that the best quote answers."""
    model = load_model("confidence", CONFIDENCE_NAMES)
    return float(model.probability(confidence_features(retrieved, scores, encoder))[0])


def missing_words(reader: IndexReader, question: str) -> tuple[str, ...]:
    """Content words of the question of which no document holds any form; of a compound, the whole ("half-life")."""
    found = [w for w in terms.words(question) if w.text not in terms.STOPWORDS]
    stems = terms.stem_words([w.text for w in found])
    counts = reader.document_frequencies(stems)
    missing = [w.span for w, stem in zip(found, stems, strict=True) if not counts.get(stem)]
    return tuple(dict.fromkeys(_whole_word(question, span) for span in missing))


def _whole_word(question: str, span: Span) -> str:
    """The word at a span with what hyphens join to it."""
    compound = next(m for m in _COMPOUND.finditer(question) if m.end() >= span.end)
    return compound.group().casefold()


def _abstention(confidence: float, missing: Sequence[str]) -> Selection:
    if missing:
        listed = ", ".join(f"“{word}”" for word in missing)
        reason: AbstentionReason = "unknown_words"
        text = f"No document holds {listed}, and no passage answers the question without."
    else:
        reason = "not_answered"
        text = "The documents use these words, but no passage was found that answers the question."
    return Selection((), confidence, reason, text, tuple(missing))


def choose_quotes(reader: IndexReader, retrieved: Retrieved, scores: Matrix, *, limit: int) -> list[Quote]:
    """One to ``limit`` quotes, best first: near-identical ones once, touching ones joined."""
    wants_list = asks_for_list(retrieved.query.text)
    starts = retrieved.candidates.sentence_offsets
    best = float(scores.max())
    quotes: list[Quote] = []
    seen: list[frozenset[str]] = []
    for n in np.lexsort((np.arange(len(scores)), -scores)):
        if scores[n] < best - KEEP_MARGIN or len(quotes) == limit:
            break
        home = int(retrieved.evidence.passage_of_sentence[n])
        passage = retrieved.passages[home]
        document = reader.document(passage.document_id)
        index = int(n - starts[home])
        faq = bool(retrieved.evidence.heading_similarity[home] >= FAQ_SIMILARITY)
        quote = quote_around(document, passage, index, float(scores[n]), wants_list=wants_list, faq=faq)
        joined = merged(quotes, quote, document)
        if joined is not None:
            quotes = joined
            continue
        said = words_of(document, quote.span)
        if not any(nearly_same(said, other) for other in seen):
            quotes.append(quote)
            seen.append(said)
    return quotes


def _citation(reader: IndexReader, quote: Quote, number: int) -> Citation:
    passage: Passage = quote.passage
    document = reader.document(passage.document_id)
    context = quote.context if quote.context is not None and not quote.span.overlaps(quote.context) else None
    return Citation(
        number=number,
        document_id=document.id,
        title=document.title,
        span=quote.span,
        quote=quote.span.of(document.text),
        heading_path=passage.heading_path,
        page=document.page_of(quote.span.start),
        passage_id=passage.id,
        score=quote.score,
        context=context,
        context_text=context.of(document.text) if context is not None else "",
        shown=document.visible(quote.span),
    )

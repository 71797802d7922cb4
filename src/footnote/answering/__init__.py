"""Hits become an answer: the sentences that answer, quoted and numbered, or an abstention with its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from footnote import terms
from footnote.answering.quotes import Quote, asks_for_list, merged, nearly_same, quote_around, words_of
from footnote.answering.scoring import ScoredSentences, confidence_of, score_sentences, threshold, track_record
from footnote.records import AbstentionReason, Citation, Document, Passage, Sentence, Span, visible_offsets
from footnote.retrieval import Retrieved
from footnote.settings import Settings
from footnote.store import IndexReader

__all__ = ["Selection", "select"]

_COMPOUND = re.compile(r"[\w'’]+(?:-[\w'’]+)*")

FAQ_SIMILARITY = 0.75
"""Similarity of question and FAQ heading from which the whole answer under the heading is quoted."""
SURE_GAIN = 0.0
"""Gain over "no answer" from which the words that a reader found are set off in a quote."""
MOST_OF_SENTENCE = 0.6
"""Words that are more than this share of their sentence are not set off: nothing would stand out."""
KEEP_MARGIN = 2.0
"""A further sentence is quoted when its score is at most this much below the best one's."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to show for a query: citations with the confidence in them, or the reason why there are none.

    ``track_record``: how often quotes at this level of confidence were right, and of how many; None where nothing is quoted.
    """

    citations: tuple[Citation, ...]
    confidence: float
    reason: AbstentionReason | None
    explanation: str
    missing_words: tuple[str, ...]
    track_record: tuple[int, int] | None = None


def select(reader: IndexReader, retrieved: Retrieved, *, settings: Settings) -> Selection:
    """Quote what answers the query, or abstain.

    Args:
        reader: the open index, for the documents' texts.
        retrieved: the best passages of the query.
        settings: for the threshold and the number of quotes.
    """
    missing = missing_words(reader, retrieved.query.text)
    if not retrieved.hits:
        return Selection((), 0.0, "nothing_found", "The index holds no passage to look in.", missing)
    scored = score_sentences(retrieved)
    if not np.isfinite(scored.scores).any():
        return Selection((), 0.0, "nothing_found", "The documents hold headings only, no text to quote.", missing)
    confidence = confidence_of(retrieved, scored)
    read = bool(retrieved.readings)
    if confidence < threshold(settings, read=read):
        return _abstention(confidence, missing)
    quotes = choose_quotes(reader, retrieved, scored, limit=settings.max_quotes)
    citations = tuple(_citation(reader, quote, n) for n, quote in enumerate(quotes, 1))
    return Selection(citations, confidence, None, "", missing, track_record(confidence, read=read))


def missing_words(reader: IndexReader, question: str) -> tuple[str, ...]:
    """Content words of the question of which no document holds any form; of a compound, the whole ("half-life")."""
    found = [w for w in terms.words(question) if w.text not in terms.STOPWORDS]
    stems = terms.stem_words([w.text for w in found])
    counts = reader.document_frequencies(stems)
    missing = [w.span for w, stem in zip(found, stems, strict=True) if not counts.get(stem)]
    return tuple(dict.fromkeys(_whole_word(question, span) for span in missing))


def _whole_word(question: str, span: Span) -> str:
    """The word at a span with what hyphens join to it."""
    # A mark that stands on its own, as in a row of accents, belongs to a word of ours but to no compound.
    whole = next((m.group() for m in _COMPOUND.finditer(question) if m.end() >= span.end), span.of(question))
    return whole.casefold()


def _abstention(confidence: float, missing: Sequence[str]) -> Selection:
    if missing:
        listed = ", ".join(f"“{word}”" for word in missing)
        reason: AbstentionReason = "unknown_words"
        text = f"No document holds {listed}, and no passage answers the question without."
    else:
        reason = "not_answered"
        text = "The documents use these words, but no passage was found that answers the question."
    return Selection((), confidence, reason, text, tuple(missing))


def choose_quotes(reader: IndexReader, retrieved: Retrieved, scored: ScoredSentences, *, limit: int) -> list[Quote]:
    """One to ``limit`` quotes, best first: near-identical ones once, touching ones joined."""
    scores = scored.scores
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
        quote = replace(quote, answer=answer_words(document, passage.sentences[index], scored, int(n)))
        joined = merged(quotes, quote, document)
        if joined is not None:
            quotes = joined
            continue
        said = words_of(document, quote.span)
        if not any(nearly_same(said, other) for other in seen):
            quotes.append(quote)
            seen.append(said)
    return quotes


def answer_words(document: Document, sentence: Sentence, scored: ScoredSentences, n: int) -> Span | None:
    """Span in the document of the words of a sentence that answer; None where no reader is sure of some, or they are most of it."""
    place = scored.answers[n] if scored.answers else None
    block = document.blocks[sentence.block]
    if place is None or scored.gains is None or scored.gains[n] < SURE_GAIN or block.cells:
        return None
    offsets = visible_offsets(document.text, sentence.span, block.hidden)
    words = Span(offsets[place.start], offsets[place.end - 1] + 1)
    return words if len(words) <= MOST_OF_SENTENCE * len(sentence.span) else None


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
        answer=quote.answer,
        author=document.stated("author"),
        date=document.stated("date"),
        source=document.source,
    )

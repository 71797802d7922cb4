"""Hits become an answer: the sentences that answer, quoted and numbered, or an abstention with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from footnote.answering.nearest import (
    ANOTHERS_CONFIDENCE,
    is_anothers,
    missing_words,
    nearest_explanation,
    refusal,
)
from footnote.answering.numbers import (
    CODE_ALONE_CONFIDENCE,
    DISPUTED_CONFIDENCE,
    ROW_CONFIDENCE,
    codes_of,
    holds_codes,
    is_code_alone,
    is_disputed,
    rows_asked_for,
    tells_all,
)
from footnote.answering.quotes import Quote, asks_for_list, merged, nearly_same, quote_around, words_of
from footnote.answering.scoring import (
    ScoredSentences,
    confidence_of,
    find_passages,
    read_alone,
    score_sentences,
    threshold,
    track_record,
)
from footnote.answering.sections import NUMBERED_CONFIDENCE, asked_section, section_quotes
from footnote.ranking.evidence import Query
from footnote.records import (
    AbstentionReason,
    Citation,
    Document,
    Passage,
    Sentence,
    Span,
    TrackRecord,
    visible_offsets,
)
from footnote.reranking import Reranker
from footnote.retrieval import Retrieved
from footnote.settings import Settings
from footnote.store import Index

__all__ = ["Selection", "find_passages", "select"]

FAQ_SIMILARITY = 0.75
"""Similarity of question and FAQ heading from which the whole answer under the heading is quoted."""
SURE_GAIN = 0.0
"""Gain over "no answer" from which the words that a reader found are set off in a quote."""
MOST_OF_SENTENCE = 0.6
"""Words that are more than this share of their sentence are not set off: nothing would stand out."""
KEEP_MARGIN = 2.0
"""A further sentence is quoted when its score is at most this much below the best one's."""


NEAREST_CONFIDENCE = 0.04
"""Below it a passage is as good as never the one that was meant: nothing is shown as near."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to show for a query: citations with the confidence in them, or the reason why there are none.

    Attributes:
        track_record: how often quotes at this level of confidence were right, and of how many; None where nothing is quoted.
        nearest: the best sentences of the first hit where nothing answers for certain; None where even that is far.
    """

    citations: tuple[Citation, ...]
    confidence: float
    reason: AbstentionReason | None
    explanation: str
    missing_words: tuple[str, ...]
    track_record: TrackRecord | None = None
    nearest: Citation | None = None


def select(
    reader: Index,
    retrieved: Retrieved,
    *,
    settings: Settings,
    large: Reranker | None = None,
    allowed: frozenset[str] | None = None,
) -> Selection:
    """Quote what answers the query, or abstain.

    Args:
        reader: the open index, for the documents' texts.
        retrieved: the best passages of the query.
        settings: for the threshold and the number of quotes.
        large: reads the best sentence by itself where it read the passages.
        allowed: ids of the documents that are asked; None for all.
    """
    missing = missing_words(reader, retrieved.query.text)
    if not retrieved.hits:
        return Selection((), 0.0, "nothing_found", "The index holds no passage to look in.", missing)
    section = asked_section(retrieved.query.text)
    whole = section_quotes(reader, section, limit=settings.max_quotes, allowed=allowed) if section else []
    if whole:
        return Selection(_citations(reader, whole), NUMBERED_CONFIDENCE, None, "", ())
    scored = _exact(reader, retrieved, score_sentences(retrieved))
    if not np.isfinite(scored.scores).any():
        return Selection((), 0.0, "nothing_found", "The documents hold headings only, no text to quote.", missing)
    if large is not None and retrieved.stage == "large":
        scored = read_alone(reader, retrieved, scored, large)
    confidence = _confidence(reader, retrieved, scored)
    if confidence >= threshold(settings, retrieved.stage):
        citations = _citations(reader, choose_quotes(reader, retrieved, scored, limit=settings.max_quotes))
        text = next((hit.text for hit in retrieved.hits if hit.passage.id == citations[0].passage_id), "")
        if not is_anothers(retrieved.query, citations[0], text):
            return Selection(citations, confidence, None, "", missing, track_record(confidence, retrieved.stage))
        confidence = min(confidence, ANOTHERS_CONFIDENCE)
    nearest = _nearest(reader, retrieved, scored) if confidence >= NEAREST_CONFIDENCE else None
    return _abstention(retrieved.query, confidence, missing, nearest)


def _confidence(reader: Index, retrieved: Retrieved, scored: ScoredSentences) -> float:
    """The fitted confidence, but for what is certain by itself: a code that is the question, a row with all its words, a dispute."""
    confidence = confidence_of(retrieved, scored)
    if scored.exact == "row":
        confidence = max(confidence, ROW_CONFIDENCE)
    if scored.exact == "code" and is_code_alone(retrieved.query.text):
        confidence = max(confidence, CODE_ALONE_CONFIDENCE)
    if confidence > DISPUTED_CONFIDENCE and is_disputed(reader, retrieved, scored):
        return DISPUTED_CONFIDENCE
    return confidence


def _exact(reader: Index, retrieved: Retrieved, scored: ScoredSentences) -> ScoredSentences:
    """Where sentences hold the very codes that were asked for, or rows all words, those alone can be quoted."""
    wanted = codes_of(retrieved.query.text)
    codes = holds_codes(reader, retrieved.passages, wanted) & np.isfinite(scored.scores) if wanted else None
    if codes is not None and codes.any():
        return replace(scored, scores=np.where(codes, scored.scores, -np.inf), exact="code")
    rows = rows_asked_for(reader, retrieved, scored)
    if not rows.any() or tells_all(retrieved, int(np.argmax(scored.scores))) > bool(rows[np.argmax(scored.scores)]):
        return scored
    return replace(scored, scores=np.where(rows, scored.scores, -np.inf), exact="row")


def _nearest(reader: Index, retrieved: Retrieved, scored: ScoredSentences) -> Citation | None:
    """The best sentence of the first hit as a citation; None where it has headings only."""
    in_first = retrieved.evidence.passage_of_sentence == 0
    scores = np.where(in_first, scored.scores, -np.inf)
    if not np.isfinite(scores).any():
        return None
    quotes = choose_quotes(reader, retrieved, replace(scored, scores=scores), limit=1)
    return _citation(reader, quotes[0], 1)


def _abstention(query: Query, confidence: float, missing: tuple[str, ...], nearest: Citation | None) -> Selection:
    if nearest is not None:
        text = nearest_explanation(query, nearest)
        return Selection((), confidence, "not_answered", text, missing, nearest=nearest)
    reason, text = refusal(missing)
    return Selection((), confidence, reason, text, missing)


def choose_quotes(reader: Index, retrieved: Retrieved, scored: ScoredSentences, *, limit: int) -> list[Quote]:
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


def _citations(reader: Index, quotes: Sequence[Quote]) -> tuple[Citation, ...]:
    return tuple(_citation(reader, quote, number) for number, quote in enumerate(quotes, 1))


def _citation(reader: Index, quote: Quote, number: int) -> Citation:
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

"""Hits become an answer: the sentences that answer, quoted and numbered, or an abstention with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from footnote.answering.abstention import (
    ANOTHERS_CONFIDENCE,
    is_anothers,
    missing_words,
    nearest_explanation,
    refusal,
)
from footnote.answering.clarification import choices
from footnote.answering.comparisons import COMPARED_CONFIDENCE, SAID_OF_BOTH, compared_quotes
from footnote.answering.exact_matches import (
    ALL_WORDS_CONFIDENCE,
    CODE_ALONE_CONFIDENCE,
    DISPUTED_CONFIDENCE,
    NUMBERED_CONFIDENCE,
    asked_section,
    is_code_alone,
    is_disputed,
    keep_exact,
    section_quotes,
)
from footnote.answering.quotes import (
    Quote,
    asks_for_all,
    asks_for_list,
    cited,
    leaning_sentences,
    merged,
    nearly_same,
    quote_around,
    with_whole_list,
    words_of,
)
from footnote.ranking.evidence import Retrieved
from footnote.ranking.query import Query
from footnote.ranking.scores import (
    ScoredSentences,
    confidence_of,
    score_sentences,
    scored_alone,
    threshold,
    track_record,
)
from footnote.records import AbstentionReason, Choice, Citation, Document, Sentence, Span, TrackRecord, visible_offsets
from footnote.reranking import ReadingInput, Reranker
from footnote.settings import Settings
from footnote.splitting import context_of, sentence_input
from footnote.store import Index

FAQ_SIMILARITY = 0.75
"""Similarity of question and FAQ heading from which the whole answer under the heading is quoted."""
SURE_GAIN = 0.0
"""Gain over "no answer" from which the words that a reranker found are set off in a quote."""
MOST_OF_SENTENCE = 0.6
"""Words that are more than this share of their sentence are not set off: nothing would stand out."""
KEEP_MARGIN = 2.0
"""A further sentence is quoted when its score is at most this much below the best one's."""
READ_ALONE = 5
"""Sentences that the large reranker reads by themselves: the first of them is right more often so than as part of its passage."""
NEAREST_CONFIDENCE = 0.04
"""Below it a passage is as good as never the one that was meant: nothing is shown as near."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to show for a query: citations with the confidence in them, or the reason why there are none.

    Attributes:
        track_record: of quotes at this level of confidence; None where nothing is quoted.
        choices: what the question may mean, where that is several things.
        nearest: the best sentences of the first hit where nothing answers for certain; None where even that is far.
    """

    citations: tuple[Citation, ...]
    confidence: float
    reason: AbstentionReason | None
    explanation: str
    missing_words: tuple[str, ...]
    track_record: TrackRecord | None = None
    nearest: Citation | None = None
    choices: tuple[Choice, ...] = ()


def select(
    index: Index,
    retrieved: Retrieved,
    *,
    settings: Settings,
    large: Reranker | None = None,
    allowed: frozenset[str] | None = None,
) -> Selection:
    """Quote what answers the query, or abstain.

    Args:
        index: the open index, for the documents' texts.
        retrieved: the best passages of the query.
        settings: for the threshold and the number of quotes.
        large: reads the best sentences by themselves where it read the passages.
        allowed: ids of the documents that are asked; None for all.
    """
    missing = missing_words(index, retrieved.query.text)
    if not retrieved.hits:
        return Selection((), 0.0, "nothing_found", "The index holds no passage to look in.", missing)
    section = asked_section(retrieved.query.text)
    whole = section_quotes(index, section, limit=settings.max_quotes, allowed=allowed) if section else []
    if whole:
        return Selection(_citations(index, whole), NUMBERED_CONFIDENCE, None, "", ())
    scored = keep_exact(index, retrieved, score_sentences(retrieved))
    both = compared_quotes(index, retrieved, scored)
    if both:
        return Selection(_citations(index, both), COMPARED_CONFIDENCE, None, SAID_OF_BOTH, missing)
    if not scored.quotable:
        return Selection((), 0.0, "nothing_found", "The documents hold headings only, no text to quote.", missing)
    if large is not None and retrieved.stage == "large":
        scored = read_alone(index, retrieved, scored, large)
    meant = choices(index, retrieved, scored)
    confidence = _confidence(index, retrieved, scored, ambiguous=bool(meant))
    if confidence >= threshold(settings, retrieved.stage):
        quotes = choose_quotes(index, retrieved, scored, limit=settings.max_quotes)
        citations = _citations(index, quotes)
        text = next((hit.text for hit in retrieved.hits if hit.passage.id == citations[0].passage_id), "")
        if not is_anothers(retrieved.query, citations[0], text):
            record = track_record(confidence, retrieved.stage)
            return Selection(citations, confidence, None, _left_out(quotes), missing, record, choices=meant)
        confidence = min(confidence, ANOTHERS_CONFIDENCE)
    nearest = _nearest(index, retrieved, scored) if confidence >= NEAREST_CONFIDENCE else None
    abstention = _abstention(retrieved.query, confidence, missing, nearest)
    return replace(abstention, choices=meant) if nearest is not None else abstention


def _left_out(quotes: Sequence[Quote]) -> str:
    """What is said of lists and tables that are too long to quote whole; empty where all of them is quoted."""
    count = sum(quote.left_out for quote in quotes)
    return f"There are {count:,} more in the same place." if count else ""


def _confidence(index: Index, retrieved: Retrieved, scored: ScoredSentences, *, ambiguous: bool) -> float:
    """The fitted confidence, but for what is certain by itself: a code that is the question, all its words in a row, a dispute.

    Where several things may be meant, the first of them is never very likely the one.
    """
    confidence = confidence_of(retrieved, scored)
    if scored.exact == "words":
        confidence = max(confidence, ALL_WORDS_CONFIDENCE)
    if scored.exact == "code" and is_code_alone(retrieved.query.text):
        confidence = max(confidence, CODE_ALONE_CONFIDENCE)
    if confidence > DISPUTED_CONFIDENCE and (ambiguous or is_disputed(index, retrieved, scored)):
        return DISPUTED_CONFIDENCE
    return confidence


def read_alone(index: Index, retrieved: Retrieved, scored: ScoredSentences, large: Reranker) -> ScoredSentences:
    """The scored sentences in the order that they have when the best of them are read by themselves, with what they lean on."""
    places = best_sentences(scored)
    inputs = [sentence_alone(index, retrieved, n) for n in places]
    return scored_alone(scored, retrieved, places, large.read(retrieved.query.text, inputs))


def best_sentences(scored: ScoredSentences) -> list[int]:
    """Positions of the sentences that are read by themselves, best first."""
    order = np.argsort(-scored.scores, kind="stable")[:READ_ALONE]
    return [int(n) for n in order if np.isfinite(scored.scores[n])]


def sentence_alone(index: Index, retrieved: Retrieved, n: int) -> ReadingInput:
    """A sentence as a reranker takes it by itself: with what it leans on, its title and its headings."""
    home, at = retrieved.sentence(n)
    passage = retrieved.passages[home]
    document = index.document(passage.document_id)
    pieces = tuple(sentence_input(document, each) for each in leaning_sentences(document, passage, at))
    return ReadingInput(context_of(document.title, passage.heading_path), pieces)


def _nearest(index: Index, retrieved: Retrieved, scored: ScoredSentences) -> Citation:
    """The best sentence of the first hit as a citation, or where none of it can be quoted the best of all."""
    in_first = retrieved.evidence.passage_of_sentence == 0
    first = replace(scored, scores=np.where(in_first, scored.scores, -np.inf))
    return _citation(index, choose_quotes(index, retrieved, first if first.quotable else scored, limit=1)[0], 1)


def _abstention(query: Query, confidence: float, missing: tuple[str, ...], nearest: Citation | None) -> Selection:
    if nearest is not None:
        text = nearest_explanation(query, nearest, missing)
        return Selection((), confidence, "not_answered", text, missing, nearest=nearest)
    reason, text = refusal(missing)
    return Selection((), confidence, reason, text, missing)


def choose_quotes(index: Index, retrieved: Retrieved, scored: ScoredSentences, *, limit: int) -> list[Quote]:
    """One to ``limit`` quotes, best first: near-identical ones once, touching ones joined."""
    scores = scored.scores
    wants_list, wants_all = asks_for_list(retrieved.query.text), asks_for_all(retrieved.query.text)
    best = float(scores.max())
    quotes: list[Quote] = []
    seen: list[frozenset[str]] = []
    for n in np.lexsort((np.arange(len(scores)), -scores)):
        if scores[n] < best - KEEP_MARGIN or len(quotes) == limit:
            break
        home, at = retrieved.sentence(int(n))
        passage = retrieved.passages[home]
        document = index.document(passage.document_id)
        faq = bool(retrieved.evidence.heading_similarity[home] >= FAQ_SIMILARITY)
        quote = quote_around(
            document, passage, at, float(scores[n]), wants_list=wants_list, wants_all=wants_all, faq=faq
        )
        quote = replace(quote, answer=answer_words(document, passage.sentences[at], scored, int(n)))
        joined = with_whole_list(quotes, quote, document) or merged(quotes, quote, document)
        if joined is not None:
            quotes = joined
            continue
        said = words_of(document, quote.span)
        if not any(nearly_same(said, other) for other in seen):
            quotes.append(quote)
            seen.append(said)
    return quotes


def answer_words(document: Document, sentence: Sentence, scored: ScoredSentences, n: int) -> Span | None:
    """Span in the document of the words of a sentence that answer; None where no reranker is sure of some, or they are most of it."""
    place = scored.answers[n] if scored.answers else None
    block = document.blocks[sentence.block]
    if place is None or scored.gains is None or scored.gains[n] < SURE_GAIN or block.cells:
        return None
    offsets = visible_offsets(document.text, sentence.span, block.hidden)
    words = Span(offsets[place.start], offsets[place.end - 1] + 1)
    return words if len(words) <= MOST_OF_SENTENCE * len(sentence.span) else None


def _citations(index: Index, quotes: Sequence[Quote]) -> tuple[Citation, ...]:
    return tuple(_citation(index, quote, number) for number, quote in enumerate(quotes, 1))


def _citation(index: Index, quote: Quote, number: int) -> Citation:
    return cited(quote, index.document(quote.passage.document_id), number)

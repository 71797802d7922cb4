"""What the page shows of an answer, each quote re-read from the store at the moment it is shown.

Only a quote that ``quote_checking.check`` finds exact, in a file that is still what was indexed, gets the tick.
"""

from __future__ import annotations

from footnote.engine import Footnote
from footnote.quote_checking import Claim, check, find
from footnote.records import Answer, Citation, Hit, Span
from footnote.rendering import confidence_in_words, to_json
from footnote.server.layout import Json, span_layout
from footnote.server.originals import file_state

RELATED_WHEN_ANSWERED = 5
RIVAL_SCORE = 4.0
"""A passage of another document that ranks this near to the best is offered beside the quotes: it may say otherwise."""
_AROUND_CHARS = 32
"""Text kept on either side of a quote, to find it again among repeats after its document changed."""


def answer_shown(footnote: Footnote, answer: Answer) -> Json:
    """The answer's own JSON, and beside it what the page draws: quotes re-read and laid out, related passages."""
    return {
        "answer": to_json(answer),
        "shown": {
            "citations": [_citation(footnote, citation) for citation in answer.citations],
            "nearest": _nearest(footnote, answer.nearest, answer.hits) if answer.nearest is not None else None,
            "related": [_related(footnote, hit, answer) for hit in _further(answer)],
            "confidence": confidence_in_words(answer.confidence),
        },
    }


def _further(answer: Answer) -> tuple[Hit, ...]:
    """The passages that are offered beside what is quoted."""
    if not answer.answered:
        return answer.related
    unquoted = (hit for hit in answer.hits if not any(hit.overlaps(citation) for citation in answer.citations))
    return tuple(unquoted)[:RELATED_WHEN_ANSWERED]


def claim_shown(footnote: Footnote, claim: Claim, context: Claim | None = None) -> Json:
    """A claim as it stands now: its state, and where it stands what the page draws of it.

    ``context`` is what has to be in view with it; it is left out where it no longer stands.
    """
    verdict = check(footnote, claim)
    document = find(footnote, claim.document_id)
    if document is None or verdict.span is None:
        return {"state": verdict.state, "items": []}
    start, end = verdict.span.start, verdict.span.end
    beside = context is not None and context.span.end <= len(document.text) and context.span.of(document.text)
    return {
        "state": verdict.state,
        "start": start,
        "end": end,
        "before": document.text[max(0, start - _AROUND_CHARS) : start],
        "after": document.text[end : end + _AROUND_CHARS],
        "author": document.stated("author"),
        "date": document.stated("date"),
        "source": document.source,
        "file": file_state(footnote, document),
        "items": span_layout(document, verdict.span),
        "context_items": span_layout(document, context.span) if context and beside == context.quote else [],
    }


def _citation(footnote: Footnote, citation: Citation) -> Json:
    doc, beside = citation.document_id, citation.context
    context = None if beside is None else Claim(doc, beside, citation.context_text)
    return {"number": citation.number, **claim_shown(footnote, Claim(doc, citation.span, citation.quote), context)}


def _nearest(footnote: Footnote, citation: Citation, hits: tuple[Hit, ...]) -> Json:
    """The nearest quote as any citation, and the stretch that it is marked in: its passage, and all of itself."""
    passages = (hit.passage.span for hit in hits if hit.passage.id == citation.passage_id)
    quote, passage = citation.span, next(passages, citation.span)
    around = Span(min(quote.start, passage.start), max(quote.end, passage.end))
    document = find(footnote, citation.document_id)
    text = "" if document is None else around.of(document.text)
    shown = claim_shown(footnote, Claim(citation.document_id, around, text))
    return {
        **_citation(footnote, citation),
        "passage": {"start": around.start, "end": around.end, "text": text, **shown},
    }


def _related(footnote: Footnote, hit: Hit, answer: Answer) -> Json:
    cited = {citation.document_id for citation in answer.citations}
    rivals = bool(cited) and hit.passage.document_id not in cited and answer.hits[0].score - hit.score <= RIVAL_SCORE
    document = find(footnote, hit.passage.document_id)
    items = [] if document is None else span_layout(document, hit.passage.span)
    return {**to_json(hit), "rank": hit.rank, "items": items, "also": rivals}

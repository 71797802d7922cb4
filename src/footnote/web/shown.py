"""What the page shows of an answer, each quote re-read from the store at the moment it is shown.

A quote is *exact* when the stored text at its offsets equals it; *moved* when it stands once elsewhere in its document;
*changed* when it does not; *gone* when its document left the index.  Only an exact quote gets the tick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from footnote.errors import FootnoteError
from footnote.records import Answer, Citation, Document, Hit, Span
from footnote.rendering import answer_to_json, confidence_in_words, hit_to_json
from footnote.web.layout import Json, span_layout

if TYPE_CHECKING:
    from footnote.engine import Footnote

State: TypeAlias = Literal["exact", "moved", "changed", "gone"]

RELATED_WHEN_ANSWERED = 5
RELATED_WHEN_ABSTAINING = 3
_AROUND_CHARS = 32
"""Text kept on either side of a quote, to find it again among repeats after its document changed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A quote that someone says stands in a document: from an answer, a stored conversation or a link.

    Attributes:
        before: some of the text before it, to tell repeats apart when its offsets no longer hold.
        after: some of the text after it.
    """

    document_id: str
    span: Span
    quote: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a claim stands against the store, and where."""

    state: State
    span: Span | None


def answer_shown(footnote: Footnote, answer: Answer) -> Json:
    """The answer's own JSON, and beside it what the page draws: quotes re-read and laid out, related passages."""
    limit = (
        0 if answer.reason == "small_talk" else RELATED_WHEN_ANSWERED if answer.answered else RELATED_WHEN_ABSTAINING
    )
    related = [hit for hit in answer.hits if not any(_holds(hit, citation) for citation in answer.citations)]
    return {
        "answer": answer_to_json(answer),
        "shown": {
            "citations": [_citation(footnote, citation) for citation in answer.citations],
            "related": [_related(footnote, hit) for hit in related[:limit]],
            "confidence": confidence_in_words(answer.confidence),
        },
    }


def _holds(hit: Hit, citation: Citation) -> bool:
    return hit.passage.document_id == citation.document_id and hit.passage.span.overlaps(citation.span)


def check(footnote: Footnote, claim: Claim) -> Verdict:
    """Re-read a quote from the store."""
    document = find(footnote, claim.document_id)
    if document is None:
        return Verdict("gone", None)
    if claim.quote and claim.span.end <= len(document.text) and claim.span.of(document.text) == claim.quote:
        return Verdict("exact", claim.span)
    place = _elsewhere(document.text, claim)
    return Verdict("changed", None) if place is None else Verdict("moved", place)


def find(footnote: Footnote, document_id: str) -> Document | None:
    """The document, or None where the index no longer has it."""
    try:
        return footnote.document(document_id)
    except FootnoteError:
        return None


def _elsewhere(text: str, claim: Claim) -> Span | None:
    """The one place where the quote now stands; its surroundings decide between repeats."""
    if not claim.quote:
        return None
    places: list[int] = []
    at = text.find(claim.quote)
    while at >= 0 and len(places) < 64:
        places.append(at)
        at = text.find(claim.quote, at + 1)
    if len(places) > 1:
        scores = [_kinship(text, at, claim) for at in places]
        best = max(scores)
        places = [at for at, score in zip(places, scores, strict=True) if score == best]
    return Span(places[0], places[0] + len(claim.quote)) if len(places) == 1 else None


def _kinship(text: str, at: int, claim: Claim) -> int:
    """How many characters around a place agree with the claim's surroundings."""
    end = at + len(claim.quote)
    before = _common(_from_the_end(text[max(0, at - len(claim.before)) : at], claim.before))
    return before + _common(list(zip(text[end : end + len(claim.after)], claim.after, strict=False)))


def _from_the_end(left: str, right: str) -> list[tuple[str, str]]:
    """The characters of two strings side by side, from their ends."""
    return list(zip(reversed(left), reversed(right), strict=False))


def _common(pairs: Sequence[tuple[str, str]]) -> int:
    for n, (a, b) in enumerate(pairs):
        if a != b:
            return n
    return len(pairs)


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
        "date": dict(document.metadata).get("date", ""),
        "source": document.source,
        "items": span_layout(document, verdict.span),
        "context_items": span_layout(document, context.span) if context and beside == context.quote else [],
    }


def _citation(footnote: Footnote, citation: Citation) -> Json:
    doc, beside = citation.document_id, citation.context
    context = None if beside is None else Claim(doc, beside, citation.context_text)
    return {"number": citation.number, **claim_shown(footnote, Claim(doc, citation.span, citation.quote), context)}


def _related(footnote: Footnote, hit: Hit) -> Json:
    document = find(footnote, hit.passage.document_id)
    items = [] if document is None else span_layout(document, hit.passage.span)
    return {**hit_to_json(hit), "rank": hit.rank, "items": items}

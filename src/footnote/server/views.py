"""What the engine gives, in the forms that every interface gives on: answers, passages, documents, places in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from footnote.engine import Footnote
from footnote.errors import NotFound
from footnote.feedback import Feedback, judgments_from, unanswered_groups
from footnote.loaders import SUFFIXES
from footnote.quote_checking import Claim, check, find
from footnote.records import Answer, Cited, Document, DocumentList, Excerpt, SearchResult, Span
from footnote.rendering import to_json
from footnote.rendering.bibliography import KeptQuote, bibliography
from footnote.server.answer_view import claim_shown
from footnote.server.originals import corpus_dir_of
from footnote.server.schemas import (
    SOURCE_MAX_CHARS,
    AskBody,
    BibliographyBody,
    CheckBody,
    QuoteBody,
    SearchBody,
    SourceBody,
)

STARTERS_MAX: Final = 40
FEEDBACK_ROWS_MAX: Final = 500
EXAMPLES: Final = frozenset(
    {
        "6a9dfb3014b42e58fe7880abae02b39a4229bb8a49c11cf52f0a67a1588744e1",
        "19a1c7e7f71efe4111ba400be55e80fb4eb80838ba157d21856c640fc77538d5",
    }
)
"""Digests of the documents that come with Footnote, to try it with."""

_AROUND_CHARS: Final = 100
_CITATION_ID: Final = re.compile(r"(?P<doc>.+):(?P<start>\d{1,12})-(?P<end>\d{1,12})", re.DOTALL)


def ask_body(footnote: Footnote, body: AskBody) -> Answer:
    """Ask what a caller sent."""
    history = [(turn.question, turn.answer) for turn in body.history]
    return footnote.ask(body.question, history=history, allowed=_allowed(body.documents), literal=body.literal)


def search_body(footnote: Footnote, body: SearchBody) -> SearchResult:
    """Search for what a caller sent."""
    return SearchResult(body.query, footnote.search(body.query, body.k, allowed=_allowed(body.documents)))


def _allowed(documents: list[str] | None) -> frozenset[str] | None:
    return None if documents is None else frozenset(documents)


def listed(footnote: Footnote, *, limit: int, offset: int) -> DocumentList:
    """Some of the documents of the index."""
    summaries = footnote.documents()
    return DocumentList(len(summaries), summaries[offset : offset + limit])


def excerpt_of(footnote: Footnote, body: SourceBody) -> Excerpt:
    """A stretch of a document; what lies beyond its end is left out.

    Raises:
        NotFound: the index has no such document.
    """
    document = footnote.document(body.doc)
    start = min(body.start, len(document.text))
    most = start + SOURCE_MAX_CHARS
    end = max(start, min(len(document.text), most if body.end is None else min(body.end, most)))
    span = Span(start, end)
    return Excerpt(document.id, document.title, span, len(document.text), span.of(document.text))


def cited(footnote: Footnote, citation_id: str) -> Cited:
    """A citation read again from the index.

    Raises:
        NotFound: there is no such place in the index.
    """
    found = _CITATION_ID.fullmatch(citation_id)
    if found is None:
        raise NotFound("there is no such citation", remedy="an id is document:start-end")
    document = footnote.document(found["doc"])
    start, end = int(found["start"]), int(found["end"])
    if not start < end <= len(document.text):
        raise NotFound("the document has no text there", remedy="an id is document:start-end")
    span = Span(start, end)
    return Cited(
        id=citation_id,
        document_id=document.id,
        title=document.title,
        span=span,
        quote=span.of(document.text),
        shown=document.visible(span),
        heading_path=_headings(document, span),
        page=document.page_of(start),
        before=document.text[max(0, start - _AROUND_CHARS) : start],
        after=document.text[end : end + _AROUND_CHARS],
    )


def _headings(document: Document, span: Span) -> tuple[str, ...]:
    """The headings above the first block that the span touches, the title left out as a passage leaves it out."""
    touched = (n for n, block in enumerate(document.blocks) if block.span.overlaps(span))
    first = next(touched, None)
    path = () if first is None else document.heading_path(first)
    return path[1:] if path[:1] == (document.title,) else path


def start_to_json(footnote: Footnote, *, owner: bool) -> dict[str, Any]:
    """What a page begins with; the owner may change the documents where their folder is known and there."""
    documents = footnote.documents()
    notices = dict.fromkeys(dict(each.metadata).get("notice", "") for each in documents)
    starters = footnote.starters_with_documents(STARTERS_MAX)
    return {
        "fingerprint": footnote.fingerprint,
        "starters": [{"question": question, "doc": doc} for question, doc in starters],
        "notices": [notice for notice in notices if notice],
        "documents": [to_json(each) for each in documents],
        "owner": owner and corpus_dir_of(footnote) is not None,
        "suffixes": sorted(SUFFIXES),
        "examples": [each.id for each in documents if each.sha256 in EXAMPLES],
    }


def checked_to_json(footnote: Footnote, body: CheckBody) -> dict[str, Any]:
    """Quotes as they stand now, in order."""
    return {"claims": [_checked(footnote, quote) for quote in body.claims]}


def bibliography_to_json(footnote: Footnote, body: BibliographyBody) -> dict[str, Any]:
    """Quotes as they are cited, from where they stand now."""
    kept = []
    for quote in body.quotes:
        document, verdict = find(footnote, quote.doc), check(footnote, claim_of(quote))
        if document is not None and verdict.span is not None:
            kept.append(KeptQuote(document, verdict.span, _headings(document, verdict.span), quote.note.strip()))
    return {"text": bibliography(kept, body.form), "left_out": len(body.quotes) - len(kept)}


def _checked(footnote: Footnote, body: QuoteBody) -> dict[str, Any]:
    beside = body.context
    context = None if beside is None else Claim(body.doc, _span(beside.start, beside.end), beside.text)
    return claim_shown(footnote, claim_of(body), context)


def claim_of(body: QuoteBody) -> Claim:
    """The quote that a caller sent."""
    return Claim(body.doc, _span(body.start, body.end), body.quote, body.before, body.after)


def _span(start: int, end: int) -> Span:
    """A span of a visitor's making: one that runs backwards is empty, and so never exact."""
    return Span(start, max(start, end))


def feedback_to_json(footnote: Footnote, rows: Sequence[Feedback]) -> dict[str, Any]:
    """What readers said, and what can be made of it."""
    made = judgments_from(rows, footnote)
    return {
        "rows": [to_json(row) for row in rows[:FEEDBACK_ROWS_MAX]],
        "count": len(rows),
        "unanswered": unanswered_groups(rows, footnote.encoder),
        "judgments": len(made.lines),
        "left_out": made.left_out,
    }

"""Reading documents back: a stretch of one, and a citation by its id."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from footnote.api.forms import SOURCE_MAX_CHARS, SourceBody
from footnote.errors import NotFound
from footnote.records import Cited, Document, Excerpt, Span

if TYPE_CHECKING:
    from footnote.engine import Footnote

_AROUND_CHARS: Final = 100
_CITATION_ID: Final = re.compile(r"(?P<doc>.+):(?P<start>\d{1,12})-(?P<end>\d{1,12})", re.DOTALL)


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

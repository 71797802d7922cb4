"""What the program and its worker process say to each other, as JSON; nothing in a reply is trusted.

A request is a line (``Request``) and the bytes of a file; a reply is a line (its number of bytes) and one of ``Reply``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TypeAlias

import msgspec

from footnote.errors import DocumentError
from footnote.records import Document
from footnote.settings import Settings
from footnote.wire import WireError, decode

__all__ = ["Broken", "OutOfMemory", "Parsed", "Refused", "Reply", "Request", "reply_of"]


class Request(msgspec.Struct, frozen=True, array_like=True):
    """A file to be parsed; ``size`` bytes follow."""

    document_id: str
    suffix: str
    size: int
    settings: Settings


class Parsed(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The document that a file is."""

    document: Document


class Refused(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Why a file is no document, and what can be done."""

    what: str
    remedy: str


class OutOfMemory(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Parsing needs more memory than it may have."""


class Broken(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The parser raised an error of this name."""

    error: str


Reply: TypeAlias = Parsed | Refused | OutOfMemory | Broken
_REPLY: Any = Reply


def reply_of(data: bytes, settings: Settings) -> Reply:
    """What a worker answered.

    Raises:
        DocumentError: it is no answer, or its document is none: offsets do not fit the text, or it is beyond a limit.
    """
    senseless = DocumentError("its parser gave an answer that makes no sense", remedy="leave it out")
    try:
        reply: Reply = decode(_REPLY, data)
    except WireError as error:
        raise senseless from error
    if isinstance(reply, Parsed) and not _fits(reply.document, settings):
        raise senseless
    return reply


def _fits(document: Document, settings: Settings) -> bool:
    """Whether offsets and positions lie in the document, its blocks and pages in order, its text within the limit."""
    length, count = len(document.text), len(document.blocks)
    fits = length <= settings.document_max_chars and bool(document.text.strip())
    fits = fits and all(above.span.end <= below.span.start for above, below in pairwise(document.blocks))
    starts = document.page_starts
    fits = fits and all(a <= b for a, b in pairwise(starts)) and all(start <= length for start in starts)
    for number, block in enumerate(document.blocks):
        ends = (block.span.end, *(s.end for s in block.cells), *(s.end for s in block.hidden))
        ends += tuple(style.span.end for style in block.styles)
        fits = fits and max(ends) <= length and max(block.headings, default=-1) < number
        fits = fits and max(block.lead_in or 0, block.header or 0) < count
    return fits

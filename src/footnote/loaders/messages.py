"""What the program and its worker process say to each other, as JSON; nothing in a reply is trusted.

A request is a line (one of ``Request``) and the bytes of a file; a reply is a line (its number of bytes) and one of ``Reply``.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, TypeAlias

import msgspec

from footnote.errors import DocumentError
from footnote.records import Document, Span
from footnote.settings import Settings
from footnote.wire import WireError, decode

__all__ = [
    "Box",
    "Broken",
    "DrawPage",
    "Drawn",
    "FindPlaces",
    "MeasurePages",
    "Measured",
    "OutOfMemory",
    "ParseFile",
    "Parsed",
    "Placed",
    "Refused",
    "Reply",
    "Request",
    "reply_of",
]

Box: TypeAlias = tuple[float, float, float, float]
"""(left, top, right, bottom) in points from the top left corner of a page as it is shown."""

_PNG = b"\x89PNG\r\n\x1a\n"
_PICTURE_MAX_BYTES = 60_000_000
"""More than the largest picture that is drawn has, however badly it packs."""


class ParseFile(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A file to be parsed; ``size`` bytes follow."""

    document_id: str
    suffix: str
    size: int
    settings: Settings


class MeasurePages(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """How large the pages of a PDF are; ``size`` bytes follow, none where it is the file of the request before."""

    size: int
    settings: Settings


class DrawPage(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A page, from 0, to be drawn so many pixels wide; ``size`` as for ``MeasurePages``."""

    size: int
    settings: Settings
    page: int
    width: int


class FindPlaces(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Spans of the text of a page, from 0, whose places on it are wanted; ``size`` as for ``MeasurePages``."""

    size: int
    settings: Settings
    page: int
    text: str
    spans: tuple[Span, ...]


Request: TypeAlias = ParseFile | MeasurePages | DrawPage | FindPlaces


class Parsed(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The document that a file is."""

    document: Document


class Measured(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """(width, height) of each page in points, as it is shown."""

    sizes: tuple[tuple[float, float], ...]


class Drawn(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A page as a PNG."""

    picture: bytes


class Placed(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The rectangles of each span."""

    rectangles: tuple[tuple[Box, ...], ...]


class Refused(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Why a file is no document, and what can be done."""

    what: str
    remedy: str


class OutOfMemory(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Parsing needs more memory than it may have."""


class Broken(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The parser raised an error of this name."""

    error: str


Reply: TypeAlias = Parsed | Measured | Drawn | Placed | Refused | OutOfMemory | Broken
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
    if not _makes_sense(reply, settings):
        raise senseless
    return reply


def _makes_sense(reply: Reply, settings: Settings) -> bool:
    match reply:
        case Parsed(document):
            return _fits(document, settings)
        case Measured(sizes):
            return all(0 < side < math.inf for size in sizes for side in size)
        case Drawn(picture):
            # What is sent on as a picture is one: browsers are told so, and guess nothing.
            return picture.startswith(_PNG) and len(picture) <= _PICTURE_MAX_BYTES
        case Placed(rectangles):
            return all(math.isfinite(side) for boxes in rectangles for box in boxes for side in box)
    return True


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

"""The process that parses and draws: takes files over a pipe, gives documents or pages back, and may not grow, dawdle or write.

What it is asked and what it answers is in ``messages``.  The process ends with its input, so that none outlives the program.
"""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import replace
from typing import Any

from footnote.errors import DocumentError
from footnote.loaders.formats import SUFFIXES, import_loaders
from footnote.loaders.messages import (
    Broken,
    Drawn,
    DrawPage,
    FindPlaces,
    Measured,
    MeasurePages,
    OutOfMemory,
    Parsed,
    ParseFile,
    Placed,
    Refused,
    Reply,
    Request,
)
from footnote.loaders.outline.document_language import language_warning
from footnote.loaders.pdf.drawing import draw_page, page_sizes
from footnote.loaders.pdf.letter_places import rectangles_on
from footnote.loaders.pdf.pages import Recogniser, open_pdf
from footnote.settings import Settings
from footnote.wire import decode, encode

__all__ = ["main"]

_FILES_MAX = 64
_REQUEST: Any = Request


def main() -> None:
    """Serve requests from standard input until it ends."""
    replies = os.fdopen(os.dup(1), "wb")
    silent = os.open(os.devnull, os.O_WRONLY)
    # What a parser prints must not reach the replies.
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    import_loaders()
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, _FILES_MAX)
    sys.setrecursionlimit(2_000)
    requests = sys.stdin.buffer
    opened = _Opened()
    while line := requests.readline():
        request: Request = decode(_REQUEST, line)
        raw = requests.read(request.size)
        reply, spent = _answer(raw, request, opened)
        replies.write(b"%d\n%b" % (len(reply), reply))
        replies.flush()
        if spent:
            break


class _Opened:
    """The PDF that was asked of last; it stays open, since who looks at a page looks at the next."""

    def __init__(self) -> None:
        self._pdf: Any = None

    def pdf(self, raw: bytes, settings: Settings) -> Any:
        if raw:
            if self._pdf is not None:
                self._pdf.close()
            self._pdf = None
            self._pdf = open_pdf(raw, settings)
        if self._pdf is None:
            raise DocumentError("it is damaged or no PDF", remedy="save or print it again")
        return self._pdf


def _answer(raw: bytes, request: Request, opened: _Opened) -> tuple[bytes, bool]:
    """The reply, and whether this process should not go on."""
    settings = request.settings
    _limit(resource.RLIMIT_AS, settings.parse_memory_bytes)
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + max(1, round(settings.parse_cpu_seconds)) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    try:
        return encode(_done(raw, request, opened)), False
    except DocumentError as error:
        return encode(Refused(error.what, error.remedy)), False
    except MemoryError:
        return encode(OutOfMemory()), True
    except Exception as error:  # noqa: BLE001 - parsers raise what they like at a damaged file
        return encode(Broken(type(error).__name__)), False


def _done(raw: bytes, request: Request, opened: _Opened) -> Reply:
    settings = request.settings
    if isinstance(request, ParseFile):
        document = SUFFIXES[request.suffix](raw, request.document_id, settings)
        warnings = (*document.warnings, *language_warning(document.text, settings))
        return Parsed(replace(document, warnings=warnings))
    pdf = opened.pdf(raw, settings)
    match request:
        case MeasurePages():
            return Measured(tuple(page_sizes(pdf)))
        case DrawPage():
            return Drawn(draw_page(pdf, request.page, request.width))
        case FindPlaces():
            recogniser = Recogniser(settings.scan_seconds)
            found = rectangles_on(pdf, request.page, request.text, request.spans, recogniser)
            return Placed(tuple(map(tuple, found)))


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))

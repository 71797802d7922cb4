"""Pages of PDFs for whoever looks at them: drawn, measured and searched in a process of their own, one request at a time.

It is another process than the one that parses: who reads a page does not wait for the indexing of a large file.  It starts with the
first request and keeps the last file open, so that turning a page costs only its drawing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from footnote.errors import Busy, DocumentError, PageError
from footnote.loaders.confined import Worker
from footnote.loaders.messages import Box, Drawn, DrawPage, FindPlaces, Measured, MeasurePages, Placed, Reply, Request
from footnote.records import Span
from footnote.settings import Settings

__all__ = ["PageViewer", "PdfFile"]

_SECONDS = 10.0
"""For one page: nobody waits longer for one, and what takes longer was made to."""
_SCAN_SECONDS = 20.0
"""For recognising the text of one page."""
_WAITING_MAX = 16
_Wanted = TypeVar("_Wanted", Measured, Drawn, Placed)
_Make: TypeAlias = Callable[[int, Settings], Request]


@dataclass(frozen=True, slots=True)
class PdfFile:
    """A file, and what reads its bytes; they have to be those of the digest, which ``read`` makes sure of."""

    sha256: str
    read: Callable[[], bytes]


class PageViewer:
    """Shows pages of PDFs, from any thread.

    Every call raises:
        PageError: the page, or the file, cannot be shown; it says why.
        Busy: too many are waiting for a page.
        Whatever ``PdfFile.read`` raises.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = replace(
            settings,
            parse_seconds=min(settings.parse_seconds, _SECONDS),
            parse_cpu_seconds=min(settings.parse_cpu_seconds, _SECONDS),
            scan_seconds=min(settings.scan_seconds, _SCAN_SECONDS),
        )
        # While it starts, the process has the time that parsing has: the machine may be busy.
        self._starting = replace(self._settings, parse_seconds=settings.parse_seconds)
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(_WAITING_MAX)
        self._worker: Worker | None = None
        self._held = ""
        """The digest of the file that the process has open."""

    def sizes(self, file: PdfFile) -> tuple[tuple[float, float], ...]:
        """(width, height) of each page in points, as it is shown: cropped and turned."""
        return self._ask(file, MeasurePages, Measured).sizes

    def draw(self, file: PdfFile, page: int, width: int) -> bytes:
        """A page, counted from 0, as a PNG of so many pixels' width; of fewer where it is very high."""
        return self._ask(file, lambda size, settings: DrawPage(size, settings, page, width), Drawn).picture

    def places(self, file: PdfFile, page: int, text: str, spans: Sequence[Span]) -> tuple[tuple[Box, ...], ...]:
        """For each of some spans of the text of a page, counted from 0, its rectangles there, in points."""
        wanted = tuple(spans)
        return self._ask(file, lambda size, settings: FindPlaces(size, settings, page, text, wanted), Placed).rectangles

    def start(self) -> None:
        """Start the process, so that the first page does not wait for it."""
        with self._lock:
            self._running()

    def close(self) -> None:
        """End the process, if it runs."""
        with self._lock:
            if self._worker is not None:
                self._worker.close()
            self._worker, self._held = None, ""

    def _running(self) -> Worker:
        if self._worker is None or not self._worker.alive:
            if self._worker is not None:
                self._worker.close()
            self._worker, self._held = Worker(), ""
        return self._worker

    def _ask(self, file: PdfFile, make: _Make, wanted: type[_Wanted]) -> _Wanted:
        if not self._turns.acquire(blocking=False):
            raise Busy("many pages are being drawn", remedy="try again in a moment", retry_after_seconds=1)
        try:
            with self._lock:
                reply = self._answer(file, make, wanted)
        finally:
            self._turns.release()
        return reply

    def _answer(self, file: PdfFile, make: _Make, wanted: type[_Wanted]) -> _Wanted:
        worker = self._running()
        raw = b"" if self._held == file.sha256 else file.read()
        # Until it has answered, nobody knows what it has open.
        self._held = ""
        try:
            settings = self._settings if worker.files else self._starting
            reply: Reply = worker.answer(make(len(raw), settings), raw)
            if isinstance(reply, wanted):
                self._held = file.sha256
                return reply
            raise worker.refusal(reply, self._settings, ".pdf")
        except DocumentError as error:
            raise PageError(error.what, remedy="read its text instead") from error

"""The pages of PDFs as they look: their sizes, their pictures, and where on them a stretch of the document's text stands.

A page is drawn from the file that the document was made from, and from no other: where the file is gone, or is no longer what was
indexed, there are no pages, and the stored text is what can be read.
"""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Final, TypeVar

from cachetools import LRUCache, TTLCache
from fastapi import Depends, FastAPI, Path, Query, Request, Response

from footnote.engine import Footnote
from footnote.errors import NotFound, PageError
from footnote.loaders import PageViewer, PdfFile, read_document
from footnote.records import Document, Rectangle, Span
from footnote.rendering import json_text, to_json
from footnote.server import schemas
from footnote.server.originals import corpus_dir_of, file_state

WIDTH_MAX: Final = 2_400
WIDTHS: Final = (400, 800, 1_200, 1_600, WIDTH_MAX)
"""Widths in pixels in which pages are drawn; whoever asks for another gets the next, so that few are made and kept."""
SPANS_MAX: Final = 50
_SPAN_PAGES_MAX: Final = 30
"""Pages that the spans of one request may touch."""
_PICTURE: Final = 1
"""Raised when the same page is drawn in another way: then what browsers keep is no longer the same."""
_PICTURES_BYTES: Final = 96_000_000
_KEPT: Final = 4_096
_FAULT_SECONDS: Final = 600.0
_Made = TypeVar("_Made")
_SPAN: Final = r"^\d{1,12}-\d{1,12}$"


class PageImages:
    """What is shown of pages: made by a ``PageViewer``, and kept within bounds, faults too."""

    def __init__(self, footnote: Footnote) -> None:
        self._footnote = footnote
        self.viewer = PageViewer(footnote.settings)
        self._lock = threading.Lock()
        self._pictures: LRUCache[tuple[str, int, int], bytes] = LRUCache(_PICTURES_BYTES, getsizeof=len)
        self._faults: TTLCache[tuple[str, int, int], PageError] = TTLCache(_KEPT, _FAULT_SECONDS)
        self._sizes: LRUCache[str, tuple[tuple[float, float], ...]] = LRUCache(64)
        self._places: LRUCache[tuple[str, int, int], tuple[Rectangle, ...]] = LRUCache(_KEPT)

    def sizes(self, document: Document) -> tuple[tuple[float, float], ...]:
        """(width, height) of each page of a document in points, as it is shown.

        Raises:
            NotFound: the document has no pages, or its file is not what was indexed.
            PageError: the file can no longer be opened.
        """
        file = self._file(document)
        with self._lock:
            known = self._sizes.get(document.sha256)
        if known is None:
            known = self._tried((document.sha256, 0, 0), lambda: self.viewer.sizes(file))
            with self._lock:
                self._sizes[document.sha256] = known
        return known

    def picture(self, document: Document, page: int, width: int) -> bytes:
        """A page, counted from 1, as a PNG of one of ``WIDTHS``.

        Raises:
            NotFound: as ``sizes``, or the document has no such page.
            PageError: it cannot be drawn.
        """
        if not 1 <= page <= len(self.sizes(document)):
            raise NotFound("the document has no such page", remedy="count from 1")
        key = (document.sha256, page, width)
        with self._lock:
            made = self._pictures.get(key)
        if made is None:
            made = self._tried(key, lambda: self.viewer.draw(self._file(document), page - 1, width))
            with self._lock:
                if len(made) <= _PICTURES_BYTES:
                    self._pictures[key] = made
        return made

    def rectangles(self, document: Document, spans: Sequence[Span]) -> list[tuple[Rectangle, ...]]:
        """Where each of some spans of a document's text stands on its pages, one rectangle a line or cell, in their order.

        One is empty where its letters are not found on the page.

        Raises:
            NotFound: as ``sizes``.
            PageError: the spans go over too many pages, or one cannot be read.
        """
        file = self._file(document)
        with self._lock:
            found = {span: self._places.get((document.sha256, span.start, span.end)) for span in spans}
        wanted = [span for span, known in found.items() if known is None]
        by_page: dict[int, list[tuple[Span, Span]]] = defaultdict(list)
        for span in wanted:
            for page, part in parts_by_page(document, span):
                by_page[page].append((span, part))
        if len(by_page) > _SPAN_PAGES_MAX:
            raise PageError(f"the spans go over more than {_SPAN_PAGES_MAX} pages", remedy="ask for fewer at once")
        made: dict[Span, list[Rectangle]] = {span: [] for span in wanted}
        for page, parts in sorted(by_page.items()):
            text = _page_span(document, page)
            inside = [Span(part.start - text.start, part.end - text.start) for _, part in parts]
            find = partial(self.viewer.places, file, page, text.of(document.text), inside)
            boxes = self._tried((document.sha256, page + 1, 0), find)
            for (span, _), each in zip(parts, boxes, strict=True):
                made[span] += [Rectangle(page + 1, *box) for box in each]
        with self._lock:
            for span, rectangles in made.items():
                found[span] = self._places[document.sha256, span.start, span.end] = tuple(rectangles)
        return [found[span] or () for span in spans]

    def _tried(self, key: tuple[str, int, int], make: Callable[[], _Made]) -> _Made:
        """What is made, unless it could not be a short while ago: a file that harms its process does so once."""
        with self._lock:
            fault = self._faults.get(key)
        if fault is not None:
            raise PageError(fault.what, remedy=fault.remedy)
        try:
            return make()
        except PageError as error:
            with self._lock:
                self._faults[key] = error
            raise

    def _file(self, document: Document) -> PdfFile:
        if not is_paged(document):
            raise NotFound("the document has no pages to show", remedy="read its text")
        if file_state(self._footnote, document) != "same":
            raise _not_the_file()
        return PdfFile(document.sha256, lambda: self._read(document))

    def _read(self, document: Document) -> bytes:
        corpus_dir = corpus_dir_of(self._footnote)
        if corpus_dir is None:
            raise _not_the_file()
        raw = read_document(corpus_dir, document.id, self._footnote.settings)
        if hashlib.sha256(raw).hexdigest() != document.sha256:
            raise _not_the_file()
        return raw


def _not_the_file() -> NotFound:
    return NotFound("the file is gone, or is no longer what was indexed", remedy="read the stored text")


def is_paged(document: Document) -> bool:
    """Whether a document has pages that can be shown as they look."""
    return is_pdf(document.id) and bool(document.page_starts)


def is_pdf(document_id: str) -> bool:
    """Whether a document was made from a PDF."""
    return document_id.lower().endswith(".pdf")


def parts_by_page(document: Document, span: Span) -> list[tuple[int, Span]]:
    """The pages, counted from 0, that a span touches, each with its part of the span."""
    first, last = (document.page_of(offset) or 1 for offset in (span.start, max(span.start, span.end - 1)))
    parts = []
    for page in range(first - 1, last):
        inner = span.within(_page_span(document, page))
        if inner is not None and inner.of(document.text).strip():
            parts.append((page, inner))
    return parts


def _page_span(document: Document, page: int) -> Span:
    """What a document has of a page, counted from 0: to the first page belongs what stands before it, too."""
    starts = document.page_starts
    end = starts[page + 1] if page + 1 < len(starts) else len(document.text)
    return Span(starts[page] if page else 0, end)


def add_pages(app: FastAPI, footnote: Footnote, images: PageImages) -> None:
    """The routes of pages."""
    newest = [Depends(footnote.refresh)]

    # First, since the next takes every path.
    @app.get(
        "/pages/{document_id:path}/{page}.png", dependencies=newest, response_class=Response,
        responses={200: {"content": {"image/png": {}}}},
    )  # fmt: skip
    def picture(
        document_id: schemas.DocumentPath,
        page: Annotated[int, Path(ge=1, le=1_000_000)],
        request: Request,
        width: Annotated[int, Query(ge=1, le=WIDTH_MAX, description="in pixels; the next of a few is drawn")] = 800,
    ) -> Response:
        """A page of a PDF as it looks; with an ETag, so that it is not sent twice."""
        document = footnote.document(document_id)
        drawn = next(each for each in WIDTHS if each >= width)
        tag = f'"{document.sha256[:32]}-{page}-{drawn}-{_PICTURE}"'
        headers = {"etag": tag, "cache-control": "private, no-cache"}
        images.sizes(document)  # what was drawn before is no longer shown where the file has changed
        if request.headers.get("if-none-match", "") == tag:
            return Response(status_code=304, headers=headers)
        return Response(images.picture(document, page, drawn), media_type="image/png", headers=headers)

    @app.get("/pages/{document_id:path}", dependencies=newest, responses={200: {"model": schemas.PagesForm}})
    def pages(document_id: schemas.DocumentPath) -> Response:
        """The pages of a PDF: their sizes, where each begins in the text, and the headings; no sizes where none can be shown."""
        return Response(json_text(pages_to_json(footnote, images, document_id)), media_type="application/json")

    @app.get("/rectangles/{document_id:path}", dependencies=newest, responses={200: {"model": schemas.RectanglesForm}})
    def rectangles(
        document_id: schemas.DocumentPath,
        span: Annotated[
            list[Annotated[str, Query(pattern=_SPAN)]],
            Query(min_length=1, max_length=SPANS_MAX, description="start-end, offsets of the document's text"),
        ],
    ) -> Response:
        """Where stretches of a PDF's text stand on its pages."""
        document = footnote.document(document_id)
        spans = [_span(each, len(document.text)) for each in span]
        found = [
            {"start": each.start, "end": each.end, "rectangles": [to_json(one) for one in rectangles]}
            for each, rectangles in zip(spans, images.rectangles(document, spans), strict=True)
        ]
        return Response(json_text({"spans": found}), media_type="application/json")


def _span(written: str, length: int) -> Span:
    start, end = (min(int(part), length) for part in written.split("-"))
    return Span(start, max(start, end))


def pages_to_json(footnote: Footnote, images: PageImages, document_id: str) -> dict[str, Any]:
    """What a reader needs before the first page is drawn.

    Raises:
        NotFound: the index has no such document, or it has no pages to show.
        PageError: the file can no longer be opened.
    """
    document = footnote.document(document_id)
    state = file_state(footnote, document) if is_paged(document) else "same"
    headings = (block for block in document.blocks if block.kind == "heading")
    return {
        "doc": document.id,
        "title": document.title,
        "metadata": dict(document.metadata),
        "source": document.source,
        "file": state,
        "sizes": images.sizes(document) if state == "same" else [],
        "starts": document.page_starts,
        "headings": [
            {
                "start": block.span.start,
                "end": block.span.end,
                "level": block.level,
                "text": document.visible(block.span),
            }
            for block in headings
        ],
    }

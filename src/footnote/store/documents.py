"""Documents of many segments by their ids: a passage tells in which segment its document is, so that not all are asked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from footnote.errors import NotFound
from footnote.records import Document, DocumentSummary, Metadatum
from footnote.store.entries import KeyArray
from footnote.store.rows import document_of, typed
from footnote.store.segments import Segment, readable
from footnote.wire import decode

DOCUMENTS_KEPT = 32
TEXTS_KEPT = 128


class StoredDocuments:
    """Reads the documents of some segments, and keeps the last ones."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = segments
        self._shelf = shelf = _Shelf(segments)
        # Over what they read from, not over this object: else each would keep the other until Python looks for cycles.
        self.text_of = text_of = lru_cache(maxsize=TEXTS_KEPT)(shelf.text)
        self.get = lru_cache(maxsize=DOCUMENTS_KEPT)(
            lambda document_id: shelf.document(document_id, text_of(document_id))
        )

    def summaries(self) -> tuple[DocumentSummary, ...]:
        """Every document, by id."""
        columns = "id, title, source, chars, passages, sha256, metadata, warnings"
        rows = [row for s in self._segments for row in s.select(f"SELECT {columns} FROM documents")]  # noqa: S608 - columns of ours
        found = []
        for *plain, metadata, warnings in rows:
            with readable(self._segments[0].path.parent):
                name, title, source, chars, passages, sha256 = typed(tuple(plain), str, str, str, int, int, str)
                known = (decode(tuple[Metadatum, ...], metadata), decode(tuple[str, ...], warnings))
                found.append(DocumentSummary(name, title, source, chars, passages, sha256, *known))
        return tuple(sorted(found, key=lambda summary: summary.id))

    def keys_of(self, document_ids: frozenset[str]) -> KeyArray:
        """Keys of some documents."""
        rows = [row for segment in self._segments for row in segment.select("SELECT id, key FROM documents")]
        return np.array([key for name, key in rows if name in document_ids], dtype=np.int64)

    def met(self, document_id: str, segment: int) -> None:
        """Remember the segment that a document is in."""
        self._shelf.homes[document_id] = segment


class _Shelf:
    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = segments
        self.homes: dict[str, int] = {}

    def text(self, document_id: str) -> tuple[str, str]:
        """Title and text."""
        row = self._row(document_id, ("title", "text"))
        with readable(self._path(document_id)):
            title, text = typed(tuple(row.values()), str, str)
            return title, text

    def document(self, document_id: str, named: tuple[str, str]) -> Document:
        columns = ("id", "sha256", "blocks", "page_starts", "source", "metadata", "warnings")
        row = self._row(document_id, columns)
        with readable(self._path(document_id)):
            return document_of({**row, "title": named[0], "text": named[1]})

    def _path(self, document_id: str) -> Path:
        return self._segments[self.homes[document_id]].path

    def _row(self, document_id: str, columns: tuple[str, ...]) -> dict[str, Any]:
        home = self.homes.get(document_id)
        order = range(len(self._segments)) if home is None else (home,)
        for at in order:
            row = self._segments[at].document_row(document_id, columns)
            if row is not None:
                self.homes[document_id] = at
                return row
        raise NotFound("is not in the index, or no longer", where=document_id, remedy="choose one that is listed")

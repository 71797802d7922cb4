"""What lies where in the segments of a generation: passages by their keys, documents by their ids."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from footnote.errors import IndexDamaged, NotFound
from footnote.records import Document, DocumentSummary, Metadatum
from footnote.store.entries import KeyArray
from footnote.store.local.rows import document_of, typed
from footnote.store.local.segments import NOT_OURS, Segment, readable
from footnote.wire import decode

DOCUMENTS_KEPT = 32
TEXTS_KEPT = 128
SUMMARY_COLUMNS = "id, title, source, chars, passages, sha256, metadata, warnings"

Places = npt.NDArray[np.int64]


class PassageDirectory:
    """Place, segment and row of each passage, by its key: 24 bytes a passage in memory.

    A passage's place is its number in the order of the documents' ids and of the passages in them, from 0.  It decides between
    equals, so that what is found does not depend on how the index came about.

    Raises:
        IndexDamaged: two passages have one key, or a segment's documents are not all of its passages.
    """

    def __init__(self, segments: Sequence[Segment]) -> None:
        keys = [segment.keys() for segment in segments]
        self._firsts = np.cumsum([0, *map(len, keys)])
        self._rows = _ordered(segments, self._firsts)
        self._keys = np.concatenate([np.empty(0, dtype=np.int64), *keys])[self._rows]
        self._order = np.argsort(self._keys)
        ascending = self._keys[self._order]
        if (ascending[1:] == ascending[:-1]).any():
            where = str(segments[0].path.parent)
            raise IndexDamaged("holds two passages of one name", where=where, remedy=NOT_OURS)

    def places(self, keys: KeyArray) -> Places:
        """The places of some passages.

        Raises:
            KeyError: there is no such key.
        """
        at = np.minimum(np.searchsorted(self._keys, keys, sorter=self._order), max(len(self._keys) - 1, 0))
        places = self._order[at] if len(self._keys) else np.empty(0, dtype=np.int64)
        if len(places) != len(keys) or (self._keys[places] != keys).any():
            raise KeyError("no passage has this key")
        return places

    def keys(self, places: Places) -> KeyArray:
        """The keys of the passages at some places."""
        return self._keys[places]

    def by_segment(self, keys: Sequence[int]) -> dict[int, dict[int, int]]:
        """Of some passages, for each segment that holds any: row -> key.

        Raises:
            KeyError: there is no such key.
        """
        rows = self._rows[self.places(np.array(keys, dtype=np.int64))]
        homes = np.searchsorted(self._firsts, rows, side="right") - 1
        inside = rows - self._firsts[homes] + 1
        found: dict[int, dict[int, int]] = {}
        for key, home, row in zip(keys, homes.tolist(), inside.tolist(), strict=True):
            found.setdefault(home, {})[row] = key
        return found


def _ordered(segments: Sequence[Segment], firsts: npt.NDArray[np.int64]) -> Places:
    """The rows of all segments, numbered from 0, in the order of the documents' ids.

    In one segment they stand so.  Of several, all ids have to be compared: a microsecond a document, when an index is opened.
    """
    if len(segments) < 2:
        return np.arange(firsts[-1])
    documents = sorted(
        (name, int(start) + first, int(start) + first + count)
        for segment, start in zip(segments, firsts, strict=False)
        for name, first, count in segment.documents()
    )
    places = np.concatenate([np.empty(0, dtype=np.int64), *(np.arange(first, end) for _, first, end in documents)])
    if not np.array_equal(np.sort(places), np.arange(firsts[-1])):
        raise IndexDamaged("has passages of no document", where=str(segments[0].path.parent), remedy=NOT_OURS)
    return places


class DocumentDirectory:
    """Reads the documents of some segments, and keeps the last ones."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = segments
        self._shelf = shelf = _Shelf(segments)
        # Over what they read from, not over this object: else each would keep the other until Python looks for cycles.
        self.text_of = text_of = lru_cache(maxsize=TEXTS_KEPT)(shelf.text)
        self.get = lru_cache(maxsize=DOCUMENTS_KEPT)(
            lambda document_id: shelf.document(document_id, text_of(document_id))
        )

    def page(self, after: str, limit: int) -> tuple[DocumentSummary, ...]:
        """The first documents by id whose id is greater; of each segment, no more than so many are read."""
        statement = f"SELECT {SUMMARY_COLUMNS} FROM documents WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608 - columns of ours
        parts = [self._summaries(segment, segment.select(statement, (after, limit))) for segment in self._segments]
        return tuple(islice(heapq.merge(*parts, key=lambda summary: summary.id), limit))

    def _summaries(self, segment: Segment, rows: list[tuple[Any, ...]]) -> list[DocumentSummary]:
        found = []
        with readable(segment.path.parent):
            for *plain, metadata, warnings in rows:
                name, title, source, chars, passages, sha256 = typed(tuple(plain), str, str, str, int, int, str)
                known = (decode(tuple[Metadatum, ...], metadata), decode(tuple[str, ...], warnings))
                found.append(DocumentSummary(name, title, source, chars, passages, sha256, *known))
        return found

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

"""Searching one generation of an index: by passage vectors, by sentence vectors, by terms, or by all of them."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

from footnote.errors import IndexDamaged, IndexMismatch
from footnote.store import ties
from footnote.store.documents import StoredDocuments
from footnote.store.entries import FloatArray, KeyArray
from footnote.store.manifest import REBUILD
from footnote.store.opening import Generation
from footnote.store.rows import floats
from footnote.store.segments import NOT_OURS
from footnote.store.ties import Found
from footnote.store.vectors import Searchable

MOST_FOUND = 10_000
"""A search gives back this many passages at most."""
READ_FACTOR = 2
"""Where sentences are not indexed, those of this many times as many passages as are wanted are compared."""


class IndexSearch:
    """The searches of an open generation; safe to share between threads."""

    def __init__(self, generation: Generation) -> None:
        self._open = generation
        self._manifest = generation.manifest
        self._firsts = [segment.info.first_key for segment in generation.segments]
        self._documents = StoredDocuments(generation.segments)
        self._beside = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="terms")

    def _segment_of(self, key: int) -> int:
        return bisect_right(self._firsts, key) - 1

    def _rows(self, columns: str, keys: list[int]) -> dict[int, tuple[Any, ...]]:
        by_segment: dict[int, list[int]] = {}
        for key in keys:
            by_segment.setdefault(self._segment_of(key), []).append(key)
        found: dict[int, tuple[Any, ...]] = {}
        for at, some in by_segment.items():
            if at < 0:
                continue
            segment = self._open.segments[at]
            rows = {row[0]: row for row in segment.by_key(columns, some)}
            if any(key not in rows and key < segment.info.end_key for key in some):
                raise IndexDamaged("misses rows that it should hold", where=str(segment.path), remedy=NOT_OURS)
            found |= rows
        return found

    def search_passages(self, vector: FloatArray, k: int, *, allowed: frozenset[str] | None = None) -> Found:
        """The ``k`` passages whose vectors are nearest to a unit vector.

        Args:
            vector: (d,) float32, unit length.
            k: how many; fewer come back when there are fewer.
            allowed: ids of the documents to search in; None for all.

        Returns:
            keys (n,) int64 and dot products (n,) float32, best first, ties by key; where the search is approximate a
            few are others, and the products are those of vectors rounded to 8 bits.  Ranking measures the exact ones.
        """
        return self._search(self._open.passage_indexes, vector, k, allowed, rows_each=1)

    def search_sentences(self, vector: FloatArray, k: int, *, allowed: frozenset[str] | None = None) -> Found:
        """The ``k`` passages with the nearest sentence, each with its best sentence's dot product; as above."""
        how = self._manifest.approximation
        if how is None or how.sentences:
            return self._search(self._open.sentence_indexes, vector, k, allowed, rows_each=3)
        near, _ = self.search_passages(vector, min(READ_FACTOR * k, MOST_FOUND), allowed=allowed)
        if not len(near):
            return ties.nothing()
        rows = self._rows("p.sentence_vectors", near.tolist())
        blobs = [rows[key][1] for key in near.tolist()]
        starts = np.cumsum([0, *(len(blob) // (2 * self._manifest.dimension) for blob in blobs)])[:-1]
        best = np.maximum.reduceat(floats(b"".join(blobs), self._manifest.dimension) @ vector, starts)
        return ties.merged([(near, best)], k)

    def _search(
        self, indexes: list[Searchable], vector: FloatArray, k: int, allowed: frozenset[str] | None, *, rows_each: int
    ) -> Found:
        if len(vector) != self._manifest.dimension:
            what = f"holds vectors of {self._manifest.dimension} numbers, not {len(vector)}"
            raise IndexMismatch(what, remedy=REBUILD)
        wanted = min(k, MOST_FOUND)
        parts = []
        segments = self._open.segments
        groups = [[segment] for segment in segments] if self._manifest.approximation is None else [segments]
        for group, index in zip(groups, indexes, strict=True):
            inside = None if allowed is None else np.concatenate([segment.keys_of(allowed) for segment in group])
            if inside is None or len(inside):
                parts.append(ties.best(_searching(index, vector, inside), index.total, wanted, rows_each))
        return ties.merged(parts, wanted)

    def search_all(
        self,
        vector: FloatArray,
        stems: Sequence[str],
        k: int,
        weights: Mapping[str, float] | None = None,
        *,
        allowed: frozenset[str] | None = None,
    ) -> KeyArray:
        """Keys of what ``search_passages``, ``search_sentences`` and ``search_terms`` find, ascending.

        Where sentences are not indexed, more passages stand for them: whoever ranks compares their sentences anyway.
        """
        how = self._manifest.approximation
        by_terms = partial(self.search_terms, stems, k, weights, allowed=allowed)
        # In a large index each search takes long: this one goes on beside the others.
        terms = by_terms if how is None else self._beside.submit(by_terms).result
        if how is None or how.sentences:
            found = [search(vector, k, allowed=allowed) for search in (self.search_passages, self.search_sentences)]
        else:
            found = [self.search_passages(vector, min(READ_FACTOR * k, MOST_FOUND), allowed=allowed)]
        return np.unique(np.concatenate([keys for keys, _ in (*found, terms())]))

    def search_terms(
        self,
        stems: Sequence[str],
        k: int,
        weights: Mapping[str, float] | None = None,
        *,
        allowed: frozenset[str] | None = None,
    ) -> Found:
        """The ``k`` best passages by BM25 over their stems.

        Args:
            stems: of the query; a repeated one counts as often.
            k: how many; fewer come back when fewer hold any of the stems.
            weights: of the fields "body" and "heading"; 1 each by default.
            allowed: ids of the documents to search in; None for all.

        Returns:
            keys (n,) int64 and scores (n,) float32, best first, ties by key.
        """
        if self._open.lexical is None:
            return ties.nothing()
        inside = None if allowed is None else self._documents.keys_of(allowed)
        if inside is not None and not len(inside):
            return ties.nothing()
        keys, scores = self._open.lexical.search(
            stems, min(k, MOST_FOUND), weights or {"body": 1.0, "heading": 1.0}, inside
        )
        last = self._manifest.next_key
        if len(keys) and not 0 < keys.min() <= keys.max() < last:
            where = f"{self._manifest.lexical_dir}"
            raise IndexDamaged("finds passages that are not there", where=where, remedy=NOT_OURS)
        return keys, scores


def _searching(index: Searchable, vector: FloatArray, inside: KeyArray | None) -> Callable[[int], Found]:
    return lambda n: index.search(vector, n, inside)

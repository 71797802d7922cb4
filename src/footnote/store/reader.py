"""Reading one generation of an index: documents, passages, three searches and what ranking needs."""

from __future__ import annotations

import json
import os
import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from footnote.errors import IndexFolderError, IndexMismatch, UsageError
from footnote.records import Document, DocumentSummary, Passage
from footnote.store import ties
from footnote.store.candidates import CANDIDATE_COLUMNS, make_candidates
from footnote.store.entries import Candidates, FloatArray, KeyArray, TermArray
from footnote.store.forms import document_of, floats, pairs_of, passage_of
from footnote.store.manifest import MANIFEST_NAME, REBUILD, Manifest, read_manifest
from footnote.store.opening import Generation, open_generation
from footnote.store.segments import Segment, merged_frequencies
from footnote.store.ties import Found
from footnote.store.vectors import VectorIndex
from footnote.terms import is_mark, term_id

DOCUMENTS_KEPT = 32
MOST_FOUND = 10_000
"""A search gives back this many passages at most."""
READ_FACTOR = 3
"""Where sentences are not indexed, those of this many times as many passages as are wanted are compared."""
PASSAGE_COLUMNS = "d.id, p.start, p.end, p.page, p.heading_path, p.sentences"


class IndexReader:
    """One generation of an index, open for reading.

    Everything it reads was written before it was opened and never changes, so all of its answers agree with each other
    for as long as it is open, whatever writers do meanwhile.  Safe to share between threads.  It writes nothing.

    Attributes:
        index_dir: the index folder.
        remade: derived files that were missing or damaged and were made again in memory; the next ``footnote index``
            writes them.
    """

    def __init__(self, index_dir: Path, generation: Generation, identity: tuple[int, int, int]) -> None:
        self.index_dir = index_dir
        self.remade = tuple(generation.remade)
        self._open = generation
        self._manifest = generation.manifest
        self._identity = identity
        self._firsts = [segment.info.first_key for segment in generation.segments]
        self._lazy = threading.Lock()
        self._vocabulary: dict[str, int] | None = None
        self._frequencies: tuple[TermArray, KeyArray] | None = None
        # Over the segments, not over this reader: else each would keep the other, and its files, until Python looks for cycles.
        self._document = lru_cache(maxsize=DOCUMENTS_KEPT)(partial(_read_document, generation.segments))

    @classmethod
    def open(cls, index_dir: Path | str, *, encoder_fingerprint: str | None = None) -> IndexReader:
        """Open the newest generation.

        Args:
            index_dir: the index folder.
            encoder_fingerprint: of the encoder that questions will be encoded with; None to read only.

        Raises:
            IndexMissing: there is no index in the folder.
            IndexMismatch: it was made by another format or encoder.
            IndexDamaged: a file that cannot be made again is not what was written.
        """
        folder = Path(index_dir)
        identity = _identity(folder)
        generation = open_generation(folder)
        made_by = generation.manifest.encoder_fingerprint
        if encoder_fingerprint is not None and encoder_fingerprint != made_by:
            generation.close()
            raise IndexMismatch(
                f"was made with encoder {made_by}, not {encoder_fingerprint}", where=str(folder), remedy=REBUILD
            )
        return cls(folder, generation, identity)

    def close(self) -> None:
        """Let go of the files.  Not before the last thread has finished with it."""
        self._open.close()

    def __enter__(self) -> IndexReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def manifest(self) -> Manifest:
        return self._manifest

    @property
    def generation(self) -> int:
        """Number of the commit that made it, from 1."""
        return self._manifest.generation

    @property
    def fingerprint(self) -> str:
        """Hex digest of what the index says: documents, encoder and splitting, whatever the generation."""
        return self._manifest.fingerprint

    @property
    def passages_count(self) -> int:
        return self._manifest.passages

    @property
    def dimension(self) -> int:
        return self._manifest.dimension

    @property
    def mean_terms(self) -> float:
        """Mean number of stems in a passage's sentences; 0 for an empty index."""
        terms = sum(segment.body_terms for segment in self._manifest.segments)
        return terms / self.passages_count if self.passages_count else 0.0

    def stale(self) -> bool:
        """Whether a newer generation was committed, or there is no index any more that can be read."""
        if _identity(self.index_dir) == self._identity:
            return False
        try:
            return read_manifest(self.index_dir) != self._manifest
        except IndexFolderError:
            return True

    def documents(self) -> tuple[DocumentSummary, ...]:
        """Every document, by id."""
        columns = "id, title, source, chars, passages, sha256, metadata, warnings"
        rows = [row for s in self._open.segments for row in s.select(f"SELECT {columns} FROM documents")]  # noqa: S608 - columns of ours
        found = [
            DocumentSummary(
                name, title, source, chars, passages, sha256, pairs_of(metadata), tuple(json.loads(warnings))
            )
            for name, title, source, chars, passages, sha256, metadata, warnings in rows
        ]
        return tuple(sorted(found, key=lambda summary: summary.id))

    def document(self, document_id: str) -> Document:
        """A document with its text and blocks.

        Raises:
            UsageError: there is no such document in the index.
        """
        return self._document(document_id)

    def passages(self, keys: Sequence[int] | KeyArray) -> list[Passage]:
        """The passages with these keys, in that order.

        Raises:
            KeyError: there is no such key: a bug of the caller.
        """
        wanted = [int(key) for key in keys]
        rows = self._rows(PASSAGE_COLUMNS, wanted)
        return [passage_of(*rows[key][1:]) for key in wanted]

    def candidates(self, keys: Sequence[int] | KeyArray) -> Candidates:
        """What ranking needs to know of these passages, in that order.

        Raises:
            KeyError: there is no such key: a bug of the caller.
        """
        wanted = [int(key) for key in keys]
        rows = self._rows(CANDIDATE_COLUMNS, wanted)
        return make_candidates(wanted, [rows[key] for key in wanted], self.dimension)

    def _rows(self, columns: str, keys: list[int]) -> dict[int, tuple[Any, ...]]:
        by_segment: dict[int, list[int]] = {}
        for key in keys:
            by_segment.setdefault(bisect_right(self._firsts, key) - 1, []).append(key)
        return {
            row[0]: row
            for at, some in by_segment.items()
            if at >= 0
            for row in self._open.segments[at].by_key(columns, some)
        }

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
        rows = self._rows("p.sentence_vectors", near.tolist())
        best = [float((floats(rows[key][1], self.dimension) @ vector).max(initial=-1.0)) for key in near.tolist()]
        return ties.merged([(near, np.array(best, dtype=np.float32))], k)

    def _search(
        self, indexes: list[VectorIndex], vector: FloatArray, k: int, allowed: frozenset[str] | None, *, rows_each: int
    ) -> Found:
        wanted = min(k, MOST_FOUND)
        parts = []
        segments = self._open.segments
        groups = [[segment] for segment in segments] if self._manifest.approximation is None else [segments]
        for group, index in zip(groups, indexes, strict=True):
            inside = None if allowed is None else np.concatenate([segment.keys_of(allowed) for segment in group])
            if inside is None or len(inside):
                parts.append(ties.best(_searching(index, vector, inside), index.total, wanted, rows_each))
        return ties.merged(parts, wanted)

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
        inside = None if allowed is None else self._document_keys(allowed)
        if inside is not None and not len(inside):
            return ties.nothing()
        return self._open.lexical.search(stems, min(k, MOST_FOUND), weights or {"body": 1.0, "heading": 1.0}, inside)

    def _document_keys(self, document_ids: frozenset[str]) -> KeyArray:
        rows = [row for segment in self._open.segments for row in segment.select("SELECT id, key FROM documents")]
        return np.array([key for name, key in rows if name in document_ids], dtype=np.int64)

    def document_frequencies(self, stems: Sequence[str]) -> dict[str, int]:
        """For each stem the number of passages that hold it, in a sentence or in their headings; marks have none."""
        with self._lazy:
            if self._frequencies is None:
                self._frequencies = merged_frequencies(self._open.segments)
        ids, counts = self._frequencies
        wanted = [stem for stem in dict.fromkeys(stems) if not is_mark(stem)]
        terms = np.array([term_id(stem) for stem in wanted], dtype=np.uint32)
        at = np.minimum(np.searchsorted(ids, terms), max(len(ids) - 1, 0))
        found = np.where(ids[at] == terms, counts[at], 0) if len(ids) else np.zeros(len(terms), dtype=np.int64)
        return dict(zip(wanted, found.tolist(), strict=True)) | {stem: 0 for stem in stems if is_mark(stem)}

    def vocabulary(self) -> Mapping[str, int]:
        """For each lower-case word of the documents the number of passages that hold it."""
        with self._lazy:
            if self._vocabulary is None:
                total: Counter[str] = Counter()
                for segment in self._open.segments:
                    total.update(json.loads(segment.statistic("words")))
                self._vocabulary = dict(total)
        return self._vocabulary


def _read_document(segments: Sequence[Segment], document_id: str) -> Document:
    for segment in segments:
        row = segment.document_row(document_id)
        if row is not None:
            return document_of(row)
    raise UsageError("is not in the index, or no longer", where=document_id, remedy="choose one that is listed")


def _searching(index: VectorIndex, vector: FloatArray, inside: KeyArray | None) -> Callable[[int], Found]:
    return lambda n: index.search(vector, n, inside)


def _identity(index_dir: Path) -> tuple[int, int, int]:
    try:
        status = os.stat(index_dir / MANIFEST_NAME)  # noqa: PTH116 - one call, on the path of every question
    except OSError:
        return (0, 0, 0)
    return status.st_ino, status.st_mtime_ns, status.st_size

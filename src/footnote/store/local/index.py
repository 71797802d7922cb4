"""An index in a folder, open for reading: documents, passages, the searches, and what ranking needs."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import lru_cache, partial
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, TypeVar

import numpy as np
from cachetools import LRUCache

from footnote.errors import IndexDamaged, IndexFolderError, IndexMismatch
from footnote.records import Document, DocumentSummary, Passage
from footnote.store import topk
from footnote.store.entries import (
    Candidates,
    FloatArray,
    IndexFacts,
    KeyArray,
    TermArray,
    document_key,
)
from footnote.store.local.directory import DocumentDirectory, PassageDirectory
from footnote.store.local.generation import Generation, open_generation
from footnote.store.local.manifest import MANIFEST_NAME, REBUILD, read_manifest, require_encoder
from footnote.store.local.rows import floats, passage_of
from footnote.store.local.segments import (
    CANDIDATE_COLUMNS,
    NOT_OURS,
    Segment,
    make_candidates,
    merged_frequencies,
    readable,
)
from footnote.store.local.vectors import Searchable
from footnote.store.local.verify import health
from footnote.store.protocol import PAGE_DOCUMENTS, VOCABULARY_WORDS
from footnote.store.topk import Found
from footnote.terms import is_answer_type, term_id

KEPT_ROWS = 2_048
"""Of the rows that ranking works on and of the passages: about 25 MB, and half a millisecond a question where they are met again."""
KEPT_RESTRICTIONS = 8
"""A conversation asks the same documents again and again: their passages' keys are looked up once."""
PASSAGE_COLUMNS = "d.id, p.start, p.end, p.page, p.heading_path, p.sentences"
MOST_FOUND = 10_000
"""A search gives back this many passages at most."""
READ_FACTOR = 2
"""Where sentences are not indexed, those of this many times as many passages as are wanted are compared."""

Row = TypeVar("Row")
Inside = tuple[KeyArray, ...] | None
"""Of each segment the keys of the passages to search in; None for all."""


class KeptRows(Generic[Row]):
    """The last rows that were read, so many at most; safe to share between threads.

    Rows never change, so a kept one is as good as one that is read again.
    """

    def __init__(self, most: int) -> None:
        self._rows: LRUCache[int, Row] = LRUCache(most)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, keys: Sequence[int], read: Callable[[list[int]], dict[int, Row]]) -> list[Row]:
        """The rows of these keys, in their order.

        Args:
            keys: of rows.
            read: gives the rows of some keys; asked once, for those that are not kept.

        Raises:
            KeyError: ``read`` did not give one of them.
        """
        with self._lock:
            found = {key: self._rows[key] for key in keys if key in self._rows}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        if missing:
            read_now = read(missing)
            found |= read_now
            with self._lock:
                self._rows.update(read_now)
        return [found[key] for key in keys]


class LocalIndex:
    """``protocol.Index`` over the files of a folder.

    Everything it reads was written before it was opened and never changes.  It writes nothing.

    Attributes:
        remade: derived files that were missing or damaged and were made again in memory; the next ``footnote index``
            writes them.
    """

    def __init__(self, index_dir: Path, generation: Generation, identity: tuple[int, int, int]) -> None:
        self.remade = tuple(generation.remade)
        self._folder, self._open, self._identity = index_dir, generation, identity
        self._manifest, self._facts = generation.manifest, generation.manifest.facts()
        self._passages = PassageDirectory(generation.segments)
        self._documents = DocumentDirectory(generation.segments)
        self._inside = lru_cache(maxsize=KEPT_RESTRICTIONS)(partial(_inside, generation.segments))
        self._beside = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="terms")
        self._kept_candidates: KeptRows[tuple[Any, ...]] = KeptRows(KEPT_ROWS)
        self._kept_passages: KeptRows[Passage] = KeptRows(KEPT_ROWS)
        self._lazy = threading.Lock()
        self._vocabulary: dict[str, int] | None = None
        self._frequencies: tuple[TermArray, KeyArray] | None = None

    @classmethod
    def open(cls, index_dir: Path | str, *, encoder_fingerprint: str | None = None) -> LocalIndex:
        """Open the newest generation; see ``store.open_index``."""
        folder = Path(index_dir)
        identity = _identity(folder)
        generation = open_generation(folder)
        with ExitStack() as undo:
            undo.callback(generation.close)
            require_encoder(generation.manifest.encoder_fingerprint, encoder_fingerprint, str(folder))
            opened = cls(folder, generation, identity)
            undo.pop_all()
        return opened

    def close(self) -> None:
        self._beside.shutdown()
        self._open.close()

    def __enter__(self) -> LocalIndex:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def location(self) -> Path:
        return self._folder

    @property
    def facts(self) -> IndexFacts:
        return self._facts

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Its files of rows, for benchmarks and checks."""
        return tuple(self._open.segments)

    def stale(self) -> bool:
        if _identity(self._folder) == self._identity:
            return False
        try:
            return read_manifest(self._folder) != self._manifest
        except IndexFolderError:
            return True

    def health(self) -> str:
        return health(self._folder)

    def documents(self, *, after: str = "", limit: int = PAGE_DOCUMENTS) -> tuple[DocumentSummary, ...]:
        return self._documents.page(after, limit)

    def document(self, document_id: str) -> Document:
        return self._documents.get(document_id)

    def text_of(self, document_id: str) -> tuple[str, str]:
        return self._documents.text_of(document_id)

    def passages(self, keys: Sequence[int] | KeyArray) -> list[Passage]:
        return self._kept_passages.get([int(key) for key in keys], self._read_passages)

    def _read_passages(self, keys: list[int]) -> dict[int, Passage]:
        found: dict[int, Passage] = {}
        for at, rows in self._rows(PASSAGE_COLUMNS, keys):
            with readable(self._folder):
                read = {key: passage_of(*row[1:]) for key, row in rows.items()}
            for passage in read.values():
                self._documents.met(passage.document_id, at)
            found |= read
        return found

    def candidates(self, keys: Sequence[int] | KeyArray, vector: FloatArray) -> Candidates:
        self._check(vector)
        wanted = [int(key) for key in keys]
        rows = self._kept_candidates.get(wanted, partial(self._all_rows, CANDIDATE_COLUMNS))
        with readable(self._folder):
            return make_candidates(wanted, rows, self._facts.dimension, vector)

    def _all_rows(self, columns: str, keys: list[int]) -> dict[int, tuple[Any, ...]]:
        found: dict[int, tuple[Any, ...]] = {}
        for _, rows in self._rows(columns, keys):
            found |= rows
        return found

    def _rows(self, columns: str, keys: list[int]) -> list[tuple[int, dict[int, tuple[Any, ...]]]]:
        """Of each segment that holds any of these passages its number, and their rows by key."""
        found = []
        for at, key_of in self._passages.by_segment(keys).items():
            segment = self._open.segments[at]
            rows = {key_of[row[0]]: row for row in segment.by_row(columns, list(key_of))}
            if len(rows) != len(key_of):
                raise IndexDamaged("misses rows that it should hold", where=str(segment.path), remedy=NOT_OURS)
            found.append((at, rows))
        return found

    def document_frequencies(self, stems: Sequence[str]) -> dict[str, int]:
        with self._lazy:
            if self._frequencies is None:
                self._frequencies = merged_frequencies(self._open.segments)
        ids, counts = self._frequencies
        wanted = [stem for stem in dict.fromkeys(stems) if not is_answer_type(stem)]
        terms = np.array([term_id(stem) for stem in wanted], dtype=np.uint32)
        at = np.minimum(np.searchsorted(ids, terms), max(len(ids) - 1, 0))
        found = np.where(ids[at] == terms, counts[at], 0) if len(ids) else np.zeros(len(terms), dtype=np.int64)
        return dict(zip(wanted, found.tolist(), strict=True)) | {stem: 0 for stem in stems if is_answer_type(stem)}

    def vocabulary(self) -> Mapping[str, int]:
        with self._lazy:
            if self._vocabulary is None:
                self._vocabulary = _most_frequent(self._open.segments, VOCABULARY_WORDS)
        return self._vocabulary

    def search_passages(self, vector: FloatArray, k: int, *, allowed: frozenset[str] | None = None) -> Found:
        return self._nearest(self._open.passage_indexes, vector, k, self._keys_inside(allowed), rows_each=1)

    def search_sentences(self, vector: FloatArray, k: int, *, allowed: frozenset[str] | None = None) -> Found:
        """The ``k`` passages with the nearest sentence, each with its best sentence's dot product."""
        how = self._manifest.approximation
        if how is None or how.sentences:
            return self._nearest(self._open.sentence_indexes, vector, k, self._keys_inside(allowed), rows_each=3)
        near, _ = self.search_passages(vector, min(READ_FACTOR * k, MOST_FOUND), allowed=allowed)
        if not len(near):
            return topk.nothing()
        rows = self._all_rows("p.sentence_vectors", near.tolist())
        blobs = [rows[key][1] for key in near.tolist()]
        starts = np.cumsum([0, *(len(blob) // (2 * self._facts.dimension) for blob in blobs)])[:-1]
        best = np.maximum.reduceat(floats(b"".join(blobs), self._facts.dimension) @ vector, starts)
        return self._named(topk.merged([Found(self._passages.places(near), best)], k))

    def _named(self, found: Found) -> Found:
        """What was found by place, by key."""
        return Found(self._passages.keys(found.keys), found.scores)

    def _keys_inside(self, allowed: frozenset[str] | None) -> Inside:
        return None if allowed is None else self._inside(allowed)

    def _check(self, vector: FloatArray) -> None:
        if len(vector) != self._facts.dimension:
            what = f"holds vectors of {self._facts.dimension} numbers, not {len(vector)}"
            raise IndexMismatch(what, remedy=REBUILD)

    def _nearest(
        self, indexes: Sequence[Searchable], vector: FloatArray, k: int, inside: Inside, *, rows_each: int
    ) -> Found:
        self._check(vector)
        wanted = min(k, MOST_FOUND)
        if inside is not None and self._manifest.approximation is not None:
            # One index searches the vectors of all segments.
            inside = (np.concatenate([np.empty(0, dtype=np.int64), *inside]),)
        parts = []
        for n, index in enumerate(indexes):
            keys = None if inside is None else inside[n]
            if keys is None or len(keys):
                parts.append(topk.best(partial(self._by_place, index, vector, keys), index.total, wanted, rows_each))
        return self._named(topk.merged(parts, wanted))

    def _by_place(self, index: Searchable, vector: FloatArray, inside: KeyArray | None, n: int) -> Found:
        keys, scores = index.search(vector, n, inside)
        return Found(self._passages.places(keys), scores)

    def search_all(
        self,
        vector: FloatArray,
        stems: Sequence[str],
        k: int,
        weights: Mapping[str, float] | None = None,
        *,
        allowed: frozenset[str] | None = None,
    ) -> KeyArray:
        """Where sentences are not indexed, more passages stand for them: whoever ranks compares their sentences anyway."""
        how = self._manifest.approximation
        by_terms = partial(self.search_terms, stems, k, weights, allowed=allowed)
        # In a large index each search takes long: this one goes on beside the others.
        terms = by_terms if how is None else self._beside.submit(by_terms).result
        if how is None or how.sentences:
            found = [search(vector, k, allowed=allowed) for search in (self.search_passages, self.search_sentences)]
        else:
            found = [self.search_passages(vector, min(READ_FACTOR * k, MOST_FOUND), allowed=allowed)]
        keys = np.concatenate([keys for keys, _ in (*found, terms())])
        return self._passages.keys(np.unique(self._passages.places(keys)))

    def search_terms(
        self,
        stems: Sequence[str],
        k: int,
        weights: Mapping[str, float] | None = None,
        *,
        allowed: frozenset[str] | None = None,
    ) -> Found:
        if self._open.lexical is None or (allowed is not None and not allowed):
            return topk.nothing()
        inside = None if allowed is None else np.array([document_key(name) for name in sorted(allowed)], dtype=np.int64)
        fields = weights or {"body": 1.0, "heading": 1.0}
        places = self._passages.places
        try:
            found = self._open.lexical.search(stems, min(k, MOST_FOUND), fields, inside, places=places)
        except KeyError as error:
            where = f"{self._manifest.lexical_dir}"
            raise IndexDamaged("finds passages that are not there", where=where, remedy=NOT_OURS) from error
        return self._named(found)


def _inside(segments: Sequence[Segment], allowed: frozenset[str]) -> tuple[KeyArray, ...]:
    return tuple(segment.keys_of(allowed) for segment in segments)


def _most_frequent(segments: Sequence[Segment], most: int) -> dict[str, int]:
    """The words of all segments with their counts; the most frequent where there are more.

    Memory holds twice as many at most, and those of one segment; so a word may be counted short that was among the rare ones
    of the segments before.
    """
    total: Counter[str] = Counter()
    for segment in segments:
        total.update(segment.words())
        if len(total) > 2 * most:
            total = Counter(_first(total, most))
    return _first(total, most)


def _first(words: Mapping[str, int], most: int) -> dict[str, int]:
    if len(words) <= most:
        return dict(words)
    return dict(sorted(words.items(), key=lambda pair: (-pair[1], pair[0]))[:most])


def _identity(index_dir: Path) -> tuple[int, int, int]:
    try:
        status = os.stat(index_dir / MANIFEST_NAME)  # noqa: PTH116 - one call, on the path of every question
    except OSError:
        return (0, 0, 0)
    return status.st_ino, status.st_mtime_ns, status.st_size

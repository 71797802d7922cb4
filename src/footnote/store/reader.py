"""Reading one generation of an index: documents, passages, three searches and what ranking needs."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from footnote.errors import IndexFolderError, IndexMismatch
from footnote.records import Document, DocumentSummary, Passage
from footnote.store.candidates import CANDIDATE_COLUMNS, make_candidates
from footnote.store.entries import Candidates, KeyArray, TermArray
from footnote.store.kept import KeptRows
from footnote.store.manifest import MANIFEST_NAME, REBUILD, Manifest, read_manifest
from footnote.store.opening import Generation, open_generation
from footnote.store.rows import passage_of
from footnote.store.searching import IndexSearch
from footnote.store.segments import merged_frequencies, readable
from footnote.terms import is_answer_type, term_id

KEPT_ROWS = 2_048
"""Of the rows that ranking works on and of the passages: about 25 MB, and half a millisecond a question where they are met again."""
PASSAGE_COLUMNS = "d.id, p.start, p.end, p.page, p.heading_path, p.sentences"


class Index(IndexSearch):
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
        super().__init__(generation)
        self._identity = identity
        self._kept_candidates: KeptRows[tuple[Any, ...]] = KeptRows(KEPT_ROWS)
        self._kept_passages: KeptRows[Passage] = KeptRows(KEPT_ROWS)
        self._lazy = threading.Lock()
        self._vocabulary: dict[str, int] | None = None
        self._frequencies: tuple[TermArray, KeyArray] | None = None

    @classmethod
    def open(cls, index_dir: Path | str, *, encoder_fingerprint: str | None = None) -> Index:
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
        self._beside.shutdown()
        self._open.close()

    def __enter__(self) -> Index:
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
        return self._documents.summaries()

    def document(self, document_id: str) -> Document:
        """A document with its text and blocks.

        Raises:
            UsageError: there is no such document in the index.
        """
        return self._documents.get(document_id)

    def text_of(self, document_id: str) -> tuple[str, str]:
        """Title and text of a document, without the cost of reading its blocks.

        Raises:
            UsageError: as ``document``.
        """
        return self._documents.text_of(document_id)

    def passages(self, keys: Sequence[int] | KeyArray) -> list[Passage]:
        """The passages with these keys, in that order.

        Raises:
            KeyError: there is no such key: a bug of the caller.
        """
        return self._kept_passages.get([int(key) for key in keys], self._read_passages)

    def _read_passages(self, keys: list[int]) -> dict[int, Passage]:
        with readable(self.index_dir):
            found = {key: passage_of(*row[1:]) for key, row in self._rows(PASSAGE_COLUMNS, keys).items()}
        for key, passage in found.items():
            self._documents.met(passage.document_id, self._segment_of(key))
        return found

    def candidates(self, keys: Sequence[int] | KeyArray) -> Candidates:
        """What ranking needs to know of these passages, in that order.

        Raises:
            KeyError: there is no such key: a bug of the caller.
        """
        wanted = [int(key) for key in keys]
        rows = self._kept_candidates.get(wanted, lambda missing: self._rows(CANDIDATE_COLUMNS, missing))
        with readable(self.index_dir):
            return make_candidates(wanted, rows, self.dimension)

    def document_frequencies(self, stems: Sequence[str]) -> dict[str, int]:
        """For each stem the number of passages that hold it, in a sentence or in their headings; answer types have none."""
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
        """For each lower-case word of the documents the number of passages that hold it."""
        with self._lazy:
            if self._vocabulary is None:
                total: Counter[str] = Counter()
                for segment in self._open.segments:
                    total.update(segment.words())
                self._vocabulary = dict(total)
        return self._vocabulary


def _identity(index_dir: Path) -> tuple[int, int, int]:
    try:
        status = os.stat(index_dir / MANIFEST_NAME)  # noqa: PTH116 - one call, on the path of every question
    except OSError:
        return (0, 0, 0)
    return status.st_ino, status.st_mtime_ns, status.st_size

"""An index in Milvus, open for reading: one generation, named by the pointer that was read when it was opened."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from footnote.errors import IndexFolderError, IndexMismatch, IndexMissing, IndexUnreachable
from footnote.records import Document, DocumentSummary, Passage
from footnote.store import topk
from footnote.store.entries import Candidates, FloatArray, IndexFacts, KeyArray
from footnote.store.local.index import KEPT_ROWS, MOST_FOUND, READ_FACTOR, KeptRows
from footnote.store.local.manifest import REBUILD, require_encoder
from footnote.store.local.rows import passage_of
from footnote.store.local.segments import make_candidates
from footnote.store.milvus.address import Address, parse_address
from footnote.store.milvus.bm25 import lexical_query
from footnote.store.milvus.collection_schemas import SEARCH_EF, collection_name
from footnote.store.milvus.connection import MOST_ROWS, Connection
from footnote.store.milvus.contents import Contents
from footnote.store.milvus.milvus_rows import PassageRow, ordinal_of, version_of
from footnote.store.milvus.objects import Objects, open_objects
from footnote.store.milvus.pointer import GRACE_SECONDS, Pointer, parsed_pointer
from footnote.store.protocol import PAGE_DOCUMENTS, VOCABULARY_WORDS
from footnote.store.topk import GROWTH, SLACK, Found
from footnote.terms import is_answer_type, term_id

SENTENCES_EACH = 3
LOOK_SECONDS = GRACE_SECONDS / 3
"""A reader that has not looked for so long whether its generation is still whole looks before it searches."""
SEARCHES_AT_ONCE = 12


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search found: the server's score, by which it stopped, and the one that counts."""

    given: float
    score: float
    document: str
    number: int
    key: int


def read_pointer(objects: Objects, address: Address, *, newest: bool = True) -> Pointer:
    """The pointer of an index that was committed.

    Raises:
        IndexMissing: there is none.
        IndexDamaged, IndexMismatch, IndexUnreachable: as ``open_index``.
    """
    held = objects.pointer(newest=newest)
    pointer = None if held is None else parsed_pointer(held.data, address.location)
    if pointer is None or not pointer.generation:
        raise IndexMissing("there is no index", where=address.location, remedy="run `footnote index`")
    return pointer


def read_milvus_facts(location: Path | str) -> IndexFacts:
    """What the newest generation says of itself; see ``store.read_facts``."""
    address = parse_address(location)
    connection = Connection(address)
    try:
        return read_pointer(open_objects(address, connection), address).facts()
    finally:
        connection.close()


class MilvusIndex:
    """``protocol.Index`` over collections of Milvus."""

    def __init__(self, address: Address, connection: Connection, objects: Objects, pointer: Pointer, tag: str) -> None:
        self._address, self._connection, self._objects, self._pointer = address, connection, objects, pointer
        self._tag = tag
        self._facts = pointer.facts()
        self._contents = Contents(connection, address, objects, pointer)
        self._beside = ThreadPoolExecutor(SEARCHES_AT_ONCE, thread_name_prefix="milvus")
        self._rows: KeptRows[PassageRow] = KeptRows(KEPT_ROWS)
        self._lazy = threading.Lock()
        self._vocabulary: Mapping[str, int] | None = None
        self._looked = time.monotonic()

    @classmethod
    def open(cls, location: Path | str, *, encoder_fingerprint: str | None = None) -> MilvusIndex:
        """Open the newest generation; see ``store.open_index``."""
        address = parse_address(location)
        with ExitStack() as undo:
            connection = Connection(address)
            undo.callback(connection.close)
            objects = open_objects(address, connection)
            # Before the pointer: one that is put there in between is then looked at again.
            tag = objects.tag()
            pointer = read_pointer(objects, address)
            require_encoder(pointer.encoder_fingerprint, encoder_fingerprint, address.location)
            opened = cls(address, connection, objects, pointer, tag)
            undo.pop_all()
        return opened

    def close(self) -> None:
        self._beside.shutdown()
        self._connection.close()

    def __enter__(self) -> MilvusIndex:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def location(self) -> str:
        return self._address.location

    @property
    def facts(self) -> IndexFacts:
        return self._facts

    def stale(self) -> bool:
        try:
            tag = self._objects.tag()
            if tag and tag == self._tag:
                self._looked = time.monotonic()
                return False
            # A look may be answered by a node that is behind; what it hints at is then read for certain.
            pointer = read_pointer(self._objects, self._address)
        except IndexFolderError:
            return True
        # A writer's claim and its signs of life change the pointer too.
        self._tag, self._looked = tag, time.monotonic()
        return (pointer.generation, pointer.series) != (self._pointer.generation, self._pointer.series)

    def health(self) -> str:
        try:
            pointer = read_pointer(self._objects, self._address, newest=False)
            # One row by its number: some node that holds each collection answers.
            for kind in ("passages", "documents"):
                name = collection_name(self._address.name, pointer.series, kind)
                self._connection.query(name, "pk in [0]", ["pk"])
        except IndexFolderError as error:
            return f"{error.what}; {error.remedy}"
        return ""

    def documents(self, *, after: str = "", limit: int = PAGE_DOCUMENTS) -> tuple[DocumentSummary, ...]:
        self._look()
        return tuple(entry.summary() for entry in islice(self._contents.catalogue.after(after), limit))

    def document(self, document_id: str) -> Document:
        self._look()
        return self._contents.document(document_id)

    def text_of(self, document_id: str) -> tuple[str, str]:
        self._look()
        return self._contents.text_of(document_id)

    def passages(self, keys: Sequence[int] | KeyArray) -> list[Passage]:
        rows = self._read([int(key) for key in keys])
        with self._readable():
            found = [passage_of(row.document, *row.place_columns()) for row in rows]
        # Whoever asks for passages reads their documents next: all in one answer.
        self._contents.fetch([passage.document_id for passage in found])
        return found

    def candidates(self, keys: Sequence[int] | KeyArray, vector: FloatArray) -> Candidates:
        self._check(vector)
        wanted = [int(key) for key in keys]
        rows = self._read(wanted)
        with self._readable():
            return make_candidates(wanted, [row.candidate_columns() for row in rows], self._facts.dimension, vector)

    def _read(self, keys: list[int]) -> list[PassageRow]:
        """The rows of these passages.

        Raises:
            KeyError: there is no such passage.
        """
        self._look()
        return self._rows.get(keys, self._contents.rows)

    def document_frequencies(self, stems: Sequence[str]) -> dict[str, int]:
        statistics = self._contents.statistics()
        return {stem: 0 if is_answer_type(stem) else statistics.of(term_id(stem))[0] for stem in stems}

    def vocabulary(self) -> Mapping[str, int]:
        statistics = self._contents.statistics()
        with self._lazy:
            if self._vocabulary is None:
                self._vocabulary = statistics.most_frequent(VOCABULARY_WORDS)
            return self._vocabulary

    def search_passages(self, vector: FloatArray, k: int, *, allowed: frozenset[str] | None = None) -> Found:
        return _found(self._near("passages", vector, k, self._inside(allowed), 1))

    def search_terms(
        self,
        stems: Sequence[str],
        k: int,
        weights: Mapping[str, float] | None = None,
        *,
        allowed: frozenset[str] | None = None,
    ) -> Found:
        return _found(self._by_terms(stems, k, weights, self._inside(allowed)))

    def search_all(
        self,
        vector: FloatArray,
        stems: Sequence[str],
        k: int,
        weights: Mapping[str, float] | None = None,
        *,
        allowed: frozenset[str] | None = None,
    ) -> KeyArray:
        """Where sentences are not searched, more passages stand for them: whoever ranks compares their sentences anyway."""
        self._check(vector)
        self._look()
        inside = self._inside(allowed)
        searches: list[Callable[[], list[Hit]]] = [partial(self._by_terms, stems, k, weights, inside)]
        if self._pointer.sentences:
            searches.append(partial(self._near, "passages", vector, k, inside, 1))
            searches.append(partial(self._near, "sentences", vector, k, inside, SENTENCES_EACH))
        else:
            searches.append(partial(self._near, "passages", vector, min(READ_FACTOR * k, MOST_FOUND), inside, 1))
        running = [self._beside.submit(search) for search in searches]
        hits = {(hit.document, ordinal_of(hit.number)): hit.key for each in running for hit in each.result()}
        return np.array([key for _, key in sorted(hits.items())], dtype=np.int64)

    def _inside(self, allowed: frozenset[str] | None) -> list[int] | None:
        """The versions of the documents to search in; None for all."""
        if allowed is None:
            return None
        found = (self._contents.catalogue.find(name) for name in sorted(allowed))
        return [entry.version for entry in found if entry is not None]

    def _near(self, kind: str, vector: FloatArray, k: int, inside: list[int] | None, rows_each: int) -> list[Hit]:
        self._check(vector)
        number = "pk" if kind == "passages" else "passage"
        query = np.ascontiguousarray(vector, dtype=np.float32)

        def search(limit: int) -> list[Hit]:
            effort = {} if self._pointer.exact else {"ef": max(SEARCH_EF, limit)}
            found = self._searched(kind, "vector", query, limit, inside, ("key", number, "document"), effort)
            return [Hit(score, score, str(row["document"]), int(row[number]), int(row["key"])) for score, row in found]

        return self._best(search, k, rows_each, inside)

    def _by_terms(
        self, stems: Sequence[str], k: int, weights: Mapping[str, float] | None, inside: list[int] | None
    ) -> list[Hit]:
        counts = self._pointer.counts
        terms = [term_id(stem) for stem in stems if not is_answer_type(stem)]
        if not terms or not counts.passages:
            return []
        statistics = self._contents.statistics()
        means = (counts.body_terms / counts.passages, counts.heading_terms / counts.passages)
        holding = {term: statistics.of(term)[1:] for term in terms}
        query = lexical_query(terms, weights or {"body": 1.0, "heading": 1.0}, holding, counts.passages, means)
        sparse = query.vector()
        if not sparse:
            return []

        def search(limit: int) -> list[Hit]:
            fields = ("key", "pk", "document", "terms")
            found = self._searched("passages", "lexical", sparse, limit, inside, fields, {})
            with self._readable():
                hits = [
                    Hit(given, query.score(*row.lexical_terms()), row.document, row.number, key)
                    for given, key, row in self._contents.lexical_rows(found)
                ]
            return [hit for hit in hits if hit.score > 0.0]

        return self._best(search, k, 2, inside)

    def _searched(
        self,
        kind: str,
        field: str,
        vector: Any,
        limit: int,
        inside: list[int] | None,
        fields: Sequence[str],
        parameters: Mapping[str, Any],
    ) -> list[tuple[float, dict[str, Any]]]:
        return self._connection.search(
            collection_name(self._address.name, self._pointer.series, kind),
            field,
            vector,
            limit,
            where=self._contents.condition(inside),
            fields=fields,
            timestamp=self._pointer.written_at,
            parameters=parameters,
        )

    def _best(self, search: Callable[[int], list[Hit]], k: int, rows_each: int, inside: list[int] | None) -> list[Hit]:
        """The ``k`` best passages; ties go to the document's id and the place in it, also at the end of the list.

        More are fetched until the last that the server gave is worse than any that is taken, or there are no more.
        """
        wanted = min(k, MOST_FOUND)
        if wanted <= 0 or not self._facts.passages or (inside is not None and not inside):
            return []
        fetch = min(wanted * rows_each + SLACK, MOST_ROWS)
        while True:
            given = search(fetch)
            best: dict[int, Hit] = {}
            for hit in given:
                # The condition was the server's to keep; what it does not know of is kept here.
                counts = self._contents.counts(version_of(hit.number))
                if counts and (hit.number not in best or best[hit.number].score < hit.score):
                    best[hit.number] = hit
            chosen = sorted(best.values(), key=lambda hit: (-hit.score, hit.document, ordinal_of(hit.number)))[:wanted]
            ended = len(given) < fetch or fetch >= MOST_ROWS
            if ended or (len(chosen) == wanted and given[-1].given < min(hit.given for hit in chosen)):
                return chosen
            fetch = min(fetch * GROWTH, MOST_ROWS)

    def _check(self, vector: FloatArray) -> None:
        if len(vector) != self._facts.dimension:
            what = f"holds vectors of {self._facts.dimension} numbers, not {len(vector)}"
            raise IndexMismatch(what, where=self._address.location, remedy=REBUILD)

    def _look(self) -> None:
        """Make sure now and then that nothing of this generation has been deleted.

        Raises:
            IndexUnreachable: it has.
        """
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        oldest = read_pointer(self._objects, self._address).oldest
        self._looked = time.monotonic()
        if oldest > self._pointer.generation:
            what = f"generation {self._pointer.generation} is no longer kept"
            raise IndexUnreachable(what, where=self._address.location, remedy="open the index again")

    def _readable(self) -> Any:
        return self._contents.readable()


def _found(hits: Sequence[Hit]) -> Found:
    if not hits:
        return topk.nothing()
    return Found(
        np.array([hit.key for hit in hits], dtype=np.int64), np.array([hit.score for hit in hits], dtype=np.float32)
    )

"""Whether an index in Milvus is what its pointer promises: every object, every row, every digest, as ``footnote check`` asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from footnote.errors import IndexFolderError, IndexUnreachable
from footnote.records import Passage
from footnote.store.entries import passage_key
from footnote.store.local.rows import content_digest, floats, passage_of, words_of
from footnote.store.local.segments import UNREADABLE
from footnote.store.local.verify import spans_problems
from footnote.store.milvus.address import Address, parse_address
from footnote.store.milvus.bm25 import document_vector
from footnote.store.milvus.catalogue import CatalogueEntry
from footnote.store.milvus.collection_schemas import PASSAGE_ROW, VECTOR_INDEXES
from footnote.store.milvus.connection import Connection, Row
from footnote.store.milvus.contents import Contents
from footnote.store.milvus.milvus_index import read_pointer
from footnote.store.milvus.milvus_rows import (
    BLOCKS,
    TEXT,
    WORDS,
    PassageRow,
    input_number,
    kind_of,
    row_number,
    rows_digest,
)
from footnote.store.milvus.objects import POINTER_NAME, Objects, open_objects, read_object
from footnote.store.milvus.pointer import Counts, Pointer
from footnote.store.milvus.term_statistics import Statistics, StatisticsChange, digest_of

WEIGHT_TOLERANCE = 1e-5
"""The server keeps weights of terms as float32."""


def verify_milvus(location: Path | str) -> list[str]:
    """Check the whole index; see ``store.verify``."""
    address = parse_address(location)
    with closing(Connection(address)) as connection:
        objects = open_objects(address, connection)
        try:
            pointer = read_pointer(objects, address)
        except IndexUnreachable:
            raise
        except IndexFolderError as error:
            return [error.message]
        return [
            f"{address.location}: {problem}" for problem in Verification(connection, address, objects, pointer).run()
        ]


class Verification:
    """One look at everything that a pointer names."""

    def __init__(self, connection: Connection, address: Address, objects: Objects, pointer: Pointer) -> None:
        self._connection, self._address, self._objects, self._pointer = connection, address, objects, pointer
        self._contents = Contents(connection, address, objects, pointer)
        self._change = StatisticsChange()
        self._counts = {"documents": 0, "passages": 0, "sentences": 0}
        self._versions: set[int] = set()

    def run(self) -> Iterator[str]:
        """What is wrong."""
        damaged = list(self._check_objects())
        yield from damaged
        if damaged:
            # Which documents there are only the catalogue tells.
            return
        files = {}
        for entry in self._contents.catalogue:
            files[entry.id] = entry.sha256
            self._versions.add(entry.version)
            self._counts["documents"] += 1
            try:
                yield from (f"{entry.id}: {problem}" for problem in self._check_document(entry))
            except UNREADABLE as error:
                yield f"{entry.id}: cannot be read as rows of an index ({type(error).__name__})"
        if content_digest(files) != self._pointer.content_sha256:
            yield "the catalogue names other documents than the pointer"
        yield from self._check_counts()
        yield from self._check_strangers()

    def _check_objects(self) -> Iterator[str]:
        for stored in self._pointer.objects():
            try:
                read_object(self._objects, stored, "")
            except IndexFolderError as error:
                yield error.what
        known = {each.name for each in self._pointer.objects()} | {each.name for each in self._pointer.former_objects}
        for name in self._objects.names():
            if name not in {*known, POINTER_NAME} and self._pointer.claim is None:
                yield f"the object {name} does not belong to the index; the next `footnote index` removes it"

    def _check_document(self, entry: CatalogueEntry) -> Iterator[str]:
        parts = self._contents.version_rows("documents", entry.version, ("pk", "piece"))
        texts = {kind: _joined(parts, kind) for kind in (TEXT, BLOCKS, WORDS)}
        for kind, name, digest in (
            (TEXT, "text", entry.text_sha256),
            (BLOCKS, "blocks", entry.blocks_sha256),
            (WORDS, "words", entry.words_sha256),
        ):
            if digest_of([texts[kind]]) != digest:
                yield f"its {name} is not what was written"
                return
        fields = (*PASSAGE_ROW, "input", "vector", "lexical")
        rows = self._contents.version_rows("passages", entry.version, fields)
        if [int(row["pk"]) for row in rows] != [row_number(entry.version, n) for n in range(entry.passages)]:
            yield f"has {len(rows)} rows of passages, not the {entry.passages} that were written"
            return
        read = [self._contents.row(row) for row in rows]
        if rows_digest((row.place, row.terms, row.numbers) for row in read) != entry.rows_sha256:
            yield "a row of its passages is not what was written"
            return
        for row, passage in zip(rows, read, strict=True):
            yield from self._check_row(row, passage, entry)
        yield from self._check_sentences(entry, read)
        self._change.words(words_of(texts[WORDS]), 1)
        self._counts["passages"] += len(rows)
        self._counts["sentences"] += entry.sentences
        found: list[Passage] = [passage_of(row.document, *row.place_columns()) for row in read]
        yield from spans_problems(self._contents.document(entry.id), found)

    def _check_row(self, row: Row, passage: PassageRow, entry: CatalogueEntry) -> Iterator[str]:
        """What a search goes by is derived from the row that was digested."""
        body, heading = passage.lexical_terms()
        self._change.passage(body, heading, 1)
        digest, vector, *_ = passage.number_columns()
        expected = (passage_key(entry.id, passage.ordinal), entry.id, input_number(digest))
        if (int(row["key"]), str(row["document"]), int(row["input"])) != expected:
            yield f"passage {passage.ordinal} is found under another key, document or input than its own"
        if not np.array_equal(np.asarray(row["vector"], dtype=np.float32), self._floats(vector)[0]):
            yield f"passage {passage.ordinal} is found by another vector than its own"
        if not _same_weights(row["lexical"], document_vector(body, heading, self._pointer.mean_lengths)):
            yield f"passage {passage.ordinal} is found by other terms than its own"

    def _check_sentences(self, entry: CatalogueEntry, passages: list[PassageRow]) -> Iterator[str]:
        if not self._pointer.sentences:
            return
        rows = self._contents.version_rows("sentences", entry.version, ("pk", "passage", "key", "vector"))
        expected = [
            (passage.number, passage_key(entry.id, passage.ordinal), vector)
            for passage in passages
            for vector in self._floats(passage.number_columns()[3])
        ]
        if len(rows) != len(expected):
            yield f"has {len(rows)} rows of sentences, not the {len(expected)} that were written"
            return
        for row, (number, key, vector) in zip(rows, expected, strict=True):
            same = (int(row["passage"]), int(row["key"])) == (number, key)
            if not same or not np.array_equal(np.asarray(row["vector"], dtype=np.float32), vector):
                yield f"sentence {int(row['pk']) - row_number(entry.version, 0)} is found by another vector than its own"

    def _floats(self, data: bytes) -> Any:
        return floats(data, self._pointer.dimension)

    def _check_counts(self) -> Iterator[str]:
        body, heading = self._change.lengths
        if Counts(**self._counts, body_terms=body, heading_terms=heading) != self._pointer.counts:
            yield "the pointer counts other documents, passages, sentences or terms than there are"
        if self._change.applied(Statistics.empty()).render() != self._contents.statistics().render():
            yield "the statistics count other terms or words than the documents hold"

    def _check_strangers(self) -> Iterator[str]:
        """Rows that no document has, though every reader would take them for its own."""
        for kind in VECTOR_INDEXES:
            name = self._contents.collection(kind)
            if kind == "sentences" and not self._pointer.sentences:
                continue
            strange: dict[int, int] = {}
            for page in self._connection.pages(name, ("pk", "version"), timestamp=self._pointer.written_at):
                for row in page:
                    version = int(row["version"])
                    if self._contents.counts(version) and version not in self._versions:
                        strange[version] = strange.get(version, 0) + 1
            for version, count in sorted(strange.items()):
                yield f"{name} holds {count} rows of version {version}, which the pointer does not know"


def _joined(parts: list[Row], kind: int) -> str:
    return "".join(str(row["piece"]) for row in parts if kind_of(int(row["pk"])) == kind)


def _same_weights(found: Any, expected: dict[int, float]) -> bool:
    given = {int(at): float(weight) for at, weight in dict(found).items()}
    return given.keys() == expected.keys() and all(
        abs(given[at] - weight) <= WEIGHT_TOLERANCE * max(1.0, abs(weight)) for at, weight in expected.items()
    )

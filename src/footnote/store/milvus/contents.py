"""The rows and texts of one generation in Milvus, by document and by passage, and which versions belong to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from cachetools import LRUCache

from footnote.errors import IndexDamaged
from footnote.records import Document
from footnote.store.local.rows import document_of
from footnote.store.local.segments import readable
from footnote.store.milvus.address import Address
from footnote.store.milvus.catalogue import Catalogue, CatalogueEntry
from footnote.store.milvus.collection_schemas import PASSAGE_ROW, collection_name
from footnote.store.milvus.connection import Connection, Row
from footnote.store.milvus.milvus_rows import BLOCKS, TEXT, PassageRow, part_numbers, version_of, whole
from footnote.store.milvus.objects import Objects, read_object
from footnote.store.milvus.pointer import Pointer
from footnote.store.milvus.term_statistics import Statistics, digest_of, parsed_statistics
from footnote.wire import encode

MOST_LISTED = 1_000
"""Gone versions that a condition names; those beyond are left out here, of what the server gave."""
DOCUMENTS_KEPT = 128
FETCHED_AT_ONCE = 32
DAMAGED = "check it: footnote check; then build it again beside, with another name"


class Contents:
    """Reads what a pointer names; safe to share between threads."""

    def __init__(self, connection: Connection, address: Address, objects: Objects, pointer: Pointer) -> None:
        self._connection, self._address, self._pointer = connection, address, pointer
        self._where = address.location
        self.catalogue = Catalogue(objects, pointer.catalogue, self._where)
        self._gone = frozenset(each.version for each in pointer.gone)
        self._visible = _condition(pointer)
        self._objects = objects
        self._texts: LRUCache[int, dict[int, str]] = LRUCache(DOCUMENTS_KEPT)
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self._statistics: Statistics | None = None

    def collection(self, kind: str) -> str:
        """The name of this generation's collection of "passages", "sentences" or "documents"."""
        return collection_name(self._address.name, self._pointer.series, kind)

    def statistics(self) -> Statistics:
        """How many passages hold each term and word; read when it is first asked for.

        Raises:
            IndexDamaged: that is not what was written.
        """
        with self._counting:
            if self._statistics is None:
                stored = self._pointer.statistics
                with self.readable():
                    self._statistics = (
                        Statistics.empty()
                        if stored is None
                        else parsed_statistics(read_object(self._objects, stored, self._where))
                    )
            return self._statistics

    def counts(self, version: int) -> bool:
        """Whether rows of a version belong to this generation."""
        void = any(each.first <= version <= each.last for each in self._pointer.void)
        return 0 < version <= self._pointer.highest and version not in self._gone and not void

    def condition(self, inside: Sequence[int] | None = None) -> str:
        """What holds for the rows of this generation; of some versions of it only, where they are given."""
        return self._visible if inside is None else f"version in [{', '.join(map(str, inside))}]"

    def rows(self, keys: list[int]) -> dict[int, PassageRow]:
        """The rows of passages by key; those that are not there are left out."""
        found = self._numbered("key", keys, PASSAGE_ROW)
        with self.readable():
            return {int(row["key"]): self.row(row) for row in found}

    def rows_by_input(self, numbers: list[int]) -> list[PassageRow]:
        """The rows of the passages that were encoded from some inputs, by ``milvus_rows.input_number``."""
        found = self._numbered("input", numbers, PASSAGE_ROW)
        with self.readable():
            return [self.row(row) for row in found]

    def how_many(self, keys: list[int]) -> int:
        """How many rows of this generation have one of these keys."""
        return len(self._numbered("key", keys, ["pk"]))

    def _numbered(self, field: str, values: list[int], fields: Sequence[str]) -> list[Row]:
        name, timestamp = self.collection("passages"), self._pointer.written_at
        rows = self._connection.by_numbers(name, field, values, fields, where=self._visible, timestamp=timestamp)
        return [row for row in rows if self.counts(version_of(int(row["pk"])))]

    def row(self, row: Row) -> PassageRow:
        """A passage's row with what was too long for its fields."""
        place, terms, numbers = (
            whole(str(row[name]), self.parts) if name in row else "" for name in ("place", "terms", "numbers")
        )
        return PassageRow(int(row["pk"]), str(row["document"]), place, terms, numbers)

    def lexical_rows(self, found: Sequence[tuple[float, Row]]) -> Iterator[tuple[float, int, PassageRow]]:
        """What a search gave: for each row the server's score, its key, and the row with its terms only."""
        for score, row in found:
            yield score, int(row["key"]), self.row(row)

    def parts(self, numbers: list[int]) -> dict[int, str]:
        """Parts of documents by their numbers."""
        rows = self._connection.by_numbers(
            self.collection("documents"), "pk", numbers, ["pk", "piece"], timestamp=self._pointer.written_at
        )
        return {int(row["pk"]): str(row["piece"]) for row in rows}

    def version_rows(self, kind: str, version: int, fields: Sequence[str]) -> list[Row]:
        """All rows of one version in the collection of a kind, in order, as the server has them."""
        name, where = self.collection(kind), f"version == {version}"
        pages = self._connection.pages(name, fields, where=where, timestamp=self._pointer.written_at)
        return sorted((row for page in pages for row in page), key=lambda row: int(row["pk"]))

    def text(self, version: int, kind: int) -> str:
        """All parts of a kind of one version, joined."""
        first, end = part_numbers(version, kind)
        rows = self._connection.query(
            self.collection("documents"), f"pk >= {first} and pk < {end}", ["pk", "piece"],
            timestamp=self._pointer.written_at,
        )  # fmt: skip
        return _joined(rows)

    def fetch(self, document_ids: Sequence[str]) -> dict[int, dict[int, str]]:
        """Read some documents' texts and blocks in one answer, and keep them; those that are kept are not read again.

        Returns:
            By version and kind.
        """
        entries = [self.catalogue.get(name) for name in dict.fromkeys(document_ids)][:FETCHED_AT_ONCE]
        with self._lock:
            kept = {each.version: self._texts[each.version] for each in entries if each.version in self._texts}
        missing = [entry for entry in entries if entry.version not in kept]
        if not missing:
            return kept
        ranges = (part_numbers(entry.version, kind) for entry in missing for kind in (TEXT, BLOCKS))
        where = " or ".join(f"(pk >= {first} and pk < {end})" for first, end in ranges)
        rows = self._connection.query(
            self.collection("documents"), where, ["pk", "piece"], timestamp=self._pointer.written_at
        )
        for entry in missing:
            found = {}
            for kind, digest in ((TEXT, entry.text_sha256), (BLOCKS, entry.blocks_sha256)):
                first, end = part_numbers(entry.version, kind)
                found[kind] = _joined([row for row in rows if first <= int(row["pk"]) < end])
                self._compare(entry, found[kind], digest)
            kept[entry.version] = found
        with self._lock:
            self._texts.update(kept)
        return kept

    def _compare(self, entry: CatalogueEntry, text: str, digest: str) -> None:
        """A quote is cut out of the text by offsets: of another text none may ever be.

        Raises:
            IndexDamaged: it is another.
        """
        if digest_of([text]) != digest:
            what = f"holds another text of {entry.id} than was written"
            raise IndexDamaged(what, where=self._where, remedy=DAMAGED)

    def text_of(self, document_id: str) -> tuple[str, str]:
        """Title and text of a document."""
        entry = self.catalogue.get(document_id)
        return entry.title, self.fetch([document_id])[entry.version][TEXT]

    def document(self, document_id: str) -> Document:
        """A document with its text and blocks."""
        entry = self.catalogue.get(document_id)
        kept = self.fetch([document_id])[entry.version]
        with self.readable():
            blocks, page_starts = json.loads(kept[BLOCKS])
            columns: dict[str, Any] = {
                "id": entry.id,
                "title": entry.title,
                "source": entry.source,
                "sha256": entry.sha256,
                "metadata": encode(entry.metadata),
                "warnings": encode(entry.warnings),
                "page_starts": page_starts,
                "text": kept[TEXT],
                "blocks": blocks,
            }
            return document_of(columns)

    def readable(self) -> AbstractContextManager[None]:
        """While values of rows are read, which may be anybody's.

        Raises:
            IndexDamaged: the block met a value of another type or shape.
        """
        return readable(self._where, DAMAGED)


def _joined(rows: Sequence[Row]) -> str:
    return "".join(str(row["piece"]) for row in sorted(rows, key=lambda row: int(row["pk"])))


def _condition(pointer: Pointer) -> str:
    """What holds for the rows of a generation."""
    parts = [f"version <= {pointer.highest}"]
    parts += [f"(version < {each.first} or version > {each.last})" for each in pointer.void]
    listed = [each.version for each in pointer.gone[-MOST_LISTED:]]
    if listed:
        parts.append(f"version not in [{', '.join(map(str, listed))}]")
    return " and ".join(parts)

"""The rows and objects of a generation that is being written; the pointer to them is its caller's."""

from __future__ import annotations

import secrets
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace

from footnote.errors import IndexFolderError, IndexUnreachable
from footnote.records import Metadatum
from footnote.store.local.rows import PASSAGE_COLUMNS, StoredDocument, words_of
from footnote.store.local.vectors import INDEXED_SENTENCES
from footnote.store.milvus.address import Address
from footnote.store.milvus.catalogue import Catalogue, CatalogueEntry
from footnote.store.milvus.collection_schemas import (
    PASSAGE_ROW,
    VECTOR_INDEXES,
    collection_name,
    make_collections,
)
from footnote.store.milvus.connection import ROWS_AT_ONCE, STALE_SECONDS, Connection, Row
from footnote.store.milvus.contents import Contents
from footnote.store.milvus.milvus_rows import WORDS, DocumentRows, document_rows
from footnote.store.milvus.objects import Objects, write_object
from footnote.store.milvus.pointer import Counts, Former, Gone, Pointer
from footnote.store.milvus.term_statistics import Statistics, StatisticsChange
from footnote.wire import decode

BATCH_PASSAGES = 500
"""Written at once: some 6 MB, of the 64 that a message may have."""
SETTLED_PASSAGES = 5_000
"""A commit of so many waits until the server has indexed them; fewer are compared one by one until it has."""


class GenerationWriter:
    """Writes documents under numbers of its own, and the objects that list and count them.

    Args:
        connection, address, objects: of the index.
        base: the pointer that the generation starts from.
        old: what there was before in the same collections; None for nothing.
        numbers: versions that are this writer's own.
        beat: gives a sign of life.
    """

    def __init__(
        self,
        connection: Connection,
        address: Address,
        objects: Objects,
        base: Pointer,
        old: Contents | None,
        numbers: range,
        *,
        beat: Callable[[], None],
    ) -> None:
        self._connection, self._address, self._objects = connection, address, objects
        self._base, self._old, self._numbers, self._beat = base, old, iter(numbers), beat
        self._highest, self._means = base.highest, base.mean_lengths
        self._sentences = base.sentences
        self._entries: dict[str, CatalogueEntry] = {}
        self._change = StatisticsChange()
        self._waiting: list[StoredDocument] = []
        self._waiting_passages = self._passages = 0
        self._sentences_total = base.counts.sentences
        self._keys = array("q")
        self._timestamp = base.written_at

    def _name(self, kind: str) -> str:
        return collection_name(self._address.name, self._base.series, kind)

    def prepare(self) -> None:
        """Make the collections that are not there yet."""
        make_collections(self._connection, self._address.name, self._base)

    def add(self, stored: StoredDocument) -> None:
        """Write a document, now or with the next ones."""
        self._waiting.append(stored)
        self._waiting_passages += len(stored.passages)
        if self._waiting_passages >= BATCH_PASSAGES:
            self._flush()

    def _flush(self) -> None:
        waiting, self._waiting, self._waiting_passages = self._waiting, [], 0
        if not waiting:
            return
        if not any(self._means):
            self._means = _mean_lengths(waiting)
        self._sentences_total += sum(stored.named("sentences") for stored in waiting)
        # Beyond that many, sentences are compared where their passages were found; those that were written stay unsearched.
        self._sentences = self._sentences and self._sentences_total <= INDEXED_SENTENCES
        written = [self._rows(stored) for stored in waiting]
        for kind in ("documents", "sentences", "passages"):
            rows: list[Row] = [row for each in written for row in getattr(each, kind)]
            if rows:
                self._timestamp = max(self._timestamp, self._connection.insert(self._name(kind), rows))
            self._beat()

    def _rows(self, stored: StoredDocument) -> DocumentRows:
        version = next(self._numbers)
        try:
            rows = document_rows(stored, version, self._base.dimension, self._means, sentences=self._sentences)
        except ValueError as error:
            raise IndexFolderError(str(error), where=self._address.location, remedy="or leave it out") from error
        self._highest = version
        self._passages += len(rows.passages)
        self._keys.extend(int(row["key"]) for row in rows.passages)
        self._entries[stored.id] = _entry(stored, version, rows)
        for body, heading in rows.terms:
            self._change.passage(body, heading, 1)
        self._change.words(words_of(stored.named("words")), 1)
        return rows

    def finish(self, gone_ids: frozenset[str], now: int) -> Pointer:
        """Write what is left, make sure that all of it is there, and write the objects.

        Args:
            gone_ids: documents that leave, or whose versions before do.
            now: seconds since 1970.

        Returns:
            The pointer of the next generation; which documents it holds and which could not be read, its caller says.

        Raises:
            IndexFolderError: two passages would have one key.
            IndexUnreachable: rows that the server took are not there.
        """
        self._flush()
        generation = self._base.generation + 1
        gone = self._leaving(gone_ids)
        pages = self._old.catalogue if self._old else Catalogue(self._objects, (), self._address.location)
        catalogue = pages.changed(self._entries, [each.id for each in gone], generation)
        after = self._change.applied(self._old.statistics() if self._old else Statistics.empty())
        name = f"statistics-{generation}-{secrets.token_hex(8)}"
        finished = replace(
            self._base,
            generation=generation,
            counts=self._counted(gone),
            highest=self._highest,
            next_version=max(self._base.next_version, self._highest + 1),
            gone=(*self._base.gone, *(Gone(each.version, generation, now) for each in gone)),
            timestamp=str(self._timestamp),
            mean_lengths=self._means,
            sentences=self._sentences,
            statistics=write_object(self._objects, name, after.render()) if catalogue else None,
            catalogue=catalogue,
            claim=None,
        )
        former = sorted({each.name for each in self._base.objects()} - {each.name for each in finished.objects()})
        retired = [Former(name, generation, now) for name in former]
        finished = replace(finished, former_objects=(*self._base.former_objects, *retired))
        self._settle()
        self._check(finished)
        return finished

    def _leaving(self, gone_ids: frozenset[str]) -> list[CatalogueEntry]:
        """The documents whose versions leave, taken out of what is counted."""
        if self._old is None:
            return []
        found = [entry for name in sorted(gone_ids) if (entry := self._old.catalogue.find(name)) is not None]
        for entry in found:
            with self._old.readable():
                for row in self._old.version_rows("passages", entry.version, PASSAGE_ROW):
                    self._change.passage(*self._old.row(row).lexical_terms(), -1)
                self._change.words(decode(dict[str, int], self._old.text(entry.version, WORDS)), -1)
            self._beat()
        return found

    def _counted(self, gone: Sequence[CatalogueEntry]) -> Counts:
        before, added = self._base.counts, list(self._entries.values())
        body, heading = self._change.lengths

        return Counts(
            documents=before.documents + len(added) - len(gone),
            passages=before.passages + sum(e.passages for e in added) - sum(e.passages for e in gone),
            sentences=before.sentences + sum(e.sentences for e in added) - sum(e.sentences for e in gone),
            body_terms=before.body_terms + body,
            heading_terms=before.heading_terms + heading,
        )

    def _settle(self) -> None:
        if self._passages >= SETTLED_PASSAGES:
            for kind in ("passages", "sentences", "documents") if self._sentences else ("passages", "documents"):
                self._connection.settle(self._name(kind), VECTOR_INDEXES[kind], self._beat)

    def _check(self, finished: Pointer) -> None:
        """Each passage that was written is found by its key, once, by a reader of the next generation."""
        if not self._timestamp and not self._address.embedded:
            # The server tells no time: then nobody may see the pointer before every node has seen the rows.
            time.sleep(STALE_SECONDS)
        contents = Contents(self._connection, self._address, self._objects, finished)
        found = sum(
            contents.how_many(self._keys[at : at + ROWS_AT_ONCE].tolist())
            for at in range(0, len(self._keys), ROWS_AT_ONCE)
        )
        if found > len(self._keys):
            raise IndexFolderError(
                "two passages would have one key; the index that is there is whole",
                where=self._address.location,
                remedy="give the document that was added last another name",
            )
        if found < len(self._keys):
            what = f"the server took {len(self._keys):,} passages and holds {found:,}"
            raise IndexUnreachable(what, where=self._address.location, remedy="run `footnote index` again")


def _entry(stored: StoredDocument, version: int, rows: DocumentRows) -> CatalogueEntry:
    named = {name: stored.named(name) for name in ("title", "source", "chars", "passages", "sentences", "sha256")}
    return CatalogueEntry(
        id=stored.id,
        version=version,
        metadata=decode(tuple[Metadatum, ...], stored.named("metadata")),
        warnings=decode(tuple[str, ...], stored.named("warnings")),
        text_sha256=rows.text_sha256,
        blocks_sha256=rows.blocks_sha256,
        words_sha256=rows.words_sha256,
        rows_sha256=rows.rows_sha256,
        **named,
    )


def _mean_lengths(documents: Sequence[StoredDocument]) -> tuple[float, float]:
    """Stems of a passage's body and headings in some documents; each at least one, as a length to divide by."""
    passages = max(sum(len(stored.passages) for stored in documents), 1)
    heading = PASSAGE_COLUMNS.index("heading_terms")
    totals = (
        sum(stored.named("body_terms") for stored in documents),
        sum(len(row[heading]) // 4 for stored in documents for row in stored.passages),
    )
    body, headings = (max(total / passages, 1.0) for total in totals)
    return body, headings

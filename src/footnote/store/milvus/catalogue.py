"""The documents of a generation by id, in pages that are written once: what each is, and where its rows are.

A commit writes only the pages whose documents changed.  Readers keep the pages that they met.
"""

from __future__ import annotations

import bisect
import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cachetools import LRUCache

from footnote.errors import IndexDamaged, NotFound
from footnote.records import DocumentSummary, Metadatum
from footnote.store.milvus.objects import Objects, read_object, write_object
from footnote.store.milvus.pointer import CataloguePage, StoredObject
from footnote.wire import Count, WireError, decode, encode

PAGE_DOCUMENTS = 2_000
"""In a page: about half a megabyte, which a commit of one document writes again."""
PAGES_KEPT = 200


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A document of a generation.

    Attributes:
        version: the number of its rows.
        sentences: how many it has.
        text_sha256, blocks_sha256, words_sha256, rows_sha256: digests of what its parts hold, and of its passages' rows.
    """

    id: str
    version: Count
    title: str
    source: str
    chars: Count
    passages: Count
    sentences: Count
    sha256: str
    metadata: tuple[Metadatum, ...]
    warnings: tuple[str, ...]
    text_sha256: str
    blocks_sha256: str
    words_sha256: str
    rows_sha256: str

    def summary(self) -> DocumentSummary:
        return DocumentSummary(
            self.id, self.title, self.source, self.chars, self.passages, self.sha256, self.metadata, self.warnings
        )


@dataclass(frozen=True, slots=True)
class _Page:
    entries: tuple[CatalogueEntry, ...]


class Catalogue:
    """Reads the documents of one generation; safe to share between threads."""

    def __init__(self, objects: Objects, pages: Sequence[CataloguePage], where: str) -> None:
        self._objects, self._pages, self._where = objects, tuple(pages), where
        self._firsts = [page.first for page in pages]
        self._kept: LRUCache[StoredObject, tuple[CatalogueEntry, ...]] = LRUCache(PAGES_KEPT)
        self._lock = threading.Lock()

    def page(self, number: int) -> tuple[CatalogueEntry, ...]:
        """The documents of a page, by id.

        Raises:
            IndexDamaged: it is not what was written.
        """
        page = self._pages[number]
        with self._lock:
            kept = self._kept.get(page.stored)
        if kept is None:
            data = read_object(self._objects, page.stored, self._where)
            try:
                kept = decode(_Page, data).entries
            except WireError as error:
                what = f"holds a catalogue that no index has ({error})"
                raise IndexDamaged(what, where=self._where, remedy="build it again") from error
            with self._lock:
                self._kept[page.stored] = kept
        return kept

    def __iter__(self) -> Iterator[CatalogueEntry]:
        for number in range(len(self._pages)):
            yield from self.page(number)

    def after(self, document_id: str) -> Iterator[CatalogueEntry]:
        """The documents with a greater id."""
        for number in range(max(bisect.bisect_right(self._firsts, document_id) - 1, 0), len(self._pages)):
            yield from (entry for entry in self.page(number) if entry.id > document_id)

    def find(self, document_id: str) -> CatalogueEntry | None:
        """A document; None where it is not in this generation."""
        number = bisect.bisect_right(self._firsts, document_id) - 1
        if number < 0:
            return None
        entries = self.page(number)
        at = bisect.bisect_left(entries, document_id, key=lambda entry: entry.id)
        return entries[at] if at < len(entries) and entries[at].id == document_id else None

    def get(self, document_id: str) -> CatalogueEntry:
        """A document.

        Raises:
            NotFound: it is not in this generation.
        """
        found = self.find(document_id)
        if found is None:
            raise NotFound("is not in the index, or no longer", where=document_id, remedy="choose one that is listed")
        return found

    def changed(
        self, added: Mapping[str, CatalogueEntry], gone: Iterable[str], generation: int
    ) -> tuple[CataloguePage, ...]:
        """The pages of a next generation; those that nothing changes are the same.

        Args:
            added: documents that come, or take another's place, by id.
            gone: ids of documents that go.
            generation: of the next one, for the names of objects.
        """
        coming: dict[int, dict[str, CatalogueEntry | None]] = {}
        for name, entry in (*((each, None) for each in gone), *added.items()):
            number = max(bisect.bisect_right(self._firsts, name) - 1, 0)
            coming.setdefault(number, {})[name] = entry
        found: list[CataloguePage] = []
        for number in range(max(len(self._pages), 1)):
            if number not in coming:
                found += self._pages[number : number + 1]
                continue
            before = {entry.id: entry for entry in self.page(number)} if self._pages else {}
            now = {**before, **coming[number]}
            entries = [entry for _, entry in sorted(now.items()) if entry is not None]
            found += self._written(entries, generation)
        return tuple(found)

    def _written(self, entries: Sequence[CatalogueEntry], generation: int) -> Iterator[CataloguePage]:
        for at in range(0, len(entries), PAGE_DOCUMENTS):
            some = tuple(entries[at : at + PAGE_DOCUMENTS])
            name = f"catalogue-{generation}-{secrets.token_hex(8)}.json"
            yield CataloguePage(some[0].id, len(some), write_object(self._objects, name, encode(_Page(some))))

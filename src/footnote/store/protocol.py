"""What an index is to everybody outside of ``store``: two protocols, and nothing of how one is kept.

Ranking, quoting, the server and the indexer take these types only, so that an index may lie in a folder, in a database or on
several machines.  ``contract`` holds the tests that each kind has to pass.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol

from footnote.records import Document, DocumentSummary, Passage
from footnote.store.entries import (
    Candidates,
    DocumentEntry,
    FloatArray,
    IndexFacts,
    KeyArray,
    LoaderVersion,
    PassageVectors,
    Unread,
)
from footnote.store.topk import Found

PAGE_DOCUMENTS = 1_000
"""Documents in a page of ``Index.documents`` where its caller names no number."""
VOCABULARY_WORDS = 500_000
"""Words that ``Index.vocabulary`` gives at most: what spelling is compared with has to fit in memory, whatever the corpus."""


class Index(Protocol):
    """One generation of an index, open for reading: documents, passages, searches, and what ranking needs.

    All that it says agrees with itself for as long as it is open, whatever is committed meanwhile.  Safe to share between
    threads.  Passages are named by their keys, which ``entries.passage_key`` makes, so that two machines with the same
    document give it the same keys.  A search finds the same passages in the same order whenever it is asked.

    Attributes:
        location: what ``open_index`` was given, and opens a newer generation with.
        facts: the generation in numbers.
    """

    @property
    def location(self) -> Path | str: ...

    @property
    def facts(self) -> IndexFacts: ...

    def search_all(
        self,
        vector: FloatArray,
        stems: Sequence[str],
        k: int,
        weights: Mapping[str, float] | None = None,
        *,
        allowed: frozenset[str] | None = None,
    ) -> KeyArray:
        """Keys of the union of three searches for the ``k`` best passages: by their vectors, by their sentences' vectors, by terms.

        Args:
            vector: (d,) float32, unit length.
            stems: of the query; a repeated one counts as often.
            k: how many of each; 10,000 at most.
            weights: in BM25 of the fields "body" and "heading"; 1 each by default.
            allowed: ids of the documents to search in, which need not be there; None for all.

        Returns:
            (n,) int64, each key once, in no order that means anything but always in the same.  An approximate search may
            miss a few, and may give more in place of those that a sentence finds: whoever ranks compares all of them anyway.

        Raises:
            IndexMismatch: the vector has another dimension.
        """
        ...

    def search_passages(self, vector: FloatArray, k: int, *, allowed: frozenset[str] | None = None) -> Found:
        """The ``k`` passages whose vectors are nearest to a unit vector (d,), with their dot products; fewer when there are fewer.

        An approximate search may take a few others, and products of rounded vectors: ranking measures the exact ones.
        """
        ...

    def search_terms(
        self,
        stems: Sequence[str],
        k: int,
        weights: Mapping[str, float] | None = None,
        *,
        allowed: frozenset[str] | None = None,
    ) -> Found:
        """The ``k`` best passages by BM25 over their stems, as above: fewer when fewer hold any of them; answer types hold nothing.

        Equals stand in the order of their documents' ids, and of one document in the order of its text, also where the list ends.
        """
        ...

    def candidates(self, keys: Sequence[int] | KeyArray, vector: FloatArray) -> Candidates:
        """What ranking needs to know of these passages, in that order, beside a query's unit vector (d,).

        Raises:
            KeyError: there is no such key: a bug of the caller.
        """
        ...

    def passages(self, keys: Sequence[int] | KeyArray) -> list[Passage]:
        """The passages with these keys, in that order.

        Raises:
            KeyError: there is no such key: a bug of the caller.
        """
        ...

    def documents(self, *, after: str = "", limit: int = PAGE_DOCUMENTS) -> tuple[DocumentSummary, ...]:
        """A page of the documents by id: the first ``limit`` whose id is greater than ``after``; empty after the last."""
        ...

    def document(self, document_id: str) -> Document:
        """A document with its text and blocks.

        Raises:
            NotFound: there is no such document in the index.
        """
        ...

    def text_of(self, document_id: str) -> tuple[str, str]:
        """Title and text of a document, without the cost of reading its blocks.

        Raises:
            NotFound: as ``document``.
        """
        ...

    def document_frequencies(self, stems: Sequence[str]) -> dict[str, int]:
        """For each stem the number of passages that hold it, in a sentence or in their headings; answer types have none."""
        ...

    def vocabulary(self) -> Mapping[str, int]:
        """For each lower-case word of the documents the number of passages that hold it.

        Where there are more than ``VOCABULARY_WORDS``, the most frequent.
        """
        ...

    def stale(self) -> bool:
        """Whether a newer generation was committed, or there is no index any more that can be read; cheap."""
        ...

    def health(self) -> str:
        """What is wrong with the index as it is kept now, and what mends it; empty when nothing is.

        Cheap enough to be asked every second; it may find less than a whole check does.
        """
        ...

    def close(self) -> None:
        """Let go of it.  Not before the last thread has finished with it."""
        ...


class IndexBuilder(Protocol):
    """Writes the next generation of an index; a context manager, and the only writer while it is entered.

    What another encoder, splitting or format made, or what is damaged, counts as empty, and the next commit replaces it.

    Entering it raises:
        IndexLocked: another process is writing the index.
    """

    def __enter__(self) -> IndexBuilder: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    @property
    def base(self) -> IndexFacts | None:
        """The generation that a commit would follow; None when there is none that can be read."""
        ...

    def known(self) -> dict[str, str]:
        """Document id -> digest of its file, for every document that need not be written again."""
        ...

    def loaders(self) -> tuple[LoaderVersion, ...]:
        """The versions of the loaders that read the documents that are known."""
        ...

    def unread(self) -> tuple[Unread, ...]:
        """Files that could not be read when the index was last written under the same settings."""
        ...

    def vectors_for(self, input_sha256s: Iterable[str]) -> dict[str, PassageVectors]:
        """Vectors of passages that were encoded from the same inputs before, by the same encoder."""
        ...

    def keep_vectors(self, found: Mapping[str, PassageVectors]) -> None:
        """Remember vectors by their inputs until the next commit, also if this run is interrupted."""
        ...

    def forget_vectors(self) -> None:
        """Remove what an interrupted run kept: there is nothing to commit."""
        ...

    def needs_commit(self) -> bool:
        """Whether the index would change without any change of documents: it is missing, damaged, or made otherwise."""
        ...

    def commit(
        self,
        added_or_changed: Iterable[DocumentEntry] = (),
        removed: Sequence[str] = (),
        *,
        changing: Collection[str] | None = None,
        unread: Sequence[Unread] = (),
    ) -> int:
        """Make a new generation, all of it or nothing.

        Args:
            added_or_changed: the documents to write, by ascending id; read once, and never all held at once.
            removed: ids of the documents to leave out.
            changing: ids of ``added_or_changed``, or more; where None, it is read first to find them.
            unread: files of the corpus that were skipped, in place of those known before; read after the documents.

        Returns:
            Its number.

        Raises:
            IndexFolderError: it cannot be written; the old one stays.
        """
        ...


def all_documents(index: Index) -> Iterator[DocumentSummary]:
    """Every document by id, a page at a time."""
    after = ""
    while page := index.documents(after=after):
        yield from page
        after = page[-1].id

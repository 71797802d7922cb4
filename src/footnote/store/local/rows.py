"""How records lie in rows: JSON by the codec for the structure, arrays as little-endian bytes for the numbers."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from footnote.records import Block, Document, Metadatum, Passage, Sentence, Span
from footnote.store.entries import DocumentEntry, FloatArray, PassageEntry
from footnote.terms import ANSWER_TYPES, is_answer_type, term_id, term_ids
from footnote.wire import Count, decode, encode

DOCUMENT_COLUMNS = (
    "id",
    "title",
    "source",
    "sha256",
    "chars",
    "passages",
    "metadata",
    "warnings",
    "page_starts",
    "words",
    "body_terms",
    "sentences",
    "blocks",
    "text",
)
PASSAGE_COLUMNS = (
    "ordinal",
    "start",
    "end",
    "page",
    "heading_path",
    "sentences",
    "input_sha256",
    "sentence_terms",
    "terms",
    "heading_terms",
    "vector",
    "heading_vector",
    "sentence_vectors",
)
"""Short columns first: reading those does not walk through the vectors."""
_NUMBERS = frozenset({"chars", "passages", "body_terms", "ordinal", "start", "end"})
_BYTES = frozenset(PASSAGE_COLUMNS[6:])
_TERMS = ("sentence_terms", "terms", "heading_terms")

MARK_IDS = np.array(sorted(term_ids(ANSWER_TYPES)), dtype=np.uint32)
"""Term ids of the answer types, which travel with the stems but are none."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as rows, without the keys: those belong to the segment that it is written to."""

    id: str
    document: tuple[Any, ...]
    passages: tuple[tuple[Any, ...], ...]

    @property
    def size_bytes(self) -> int:
        """About what it takes on the disk."""
        return sum(_size(value) for row in (self.document, *self.passages) for value in row)

    def named(self, column: str) -> Any:
        return self.document[DOCUMENT_COLUMNS.index(column)]


def _size(value: Any) -> int:
    return len(value) + 8 if isinstance(value, str | bytes) else 8


def written(value: object) -> str:
    """A value as the JSON of a column."""
    return encode(value).decode("utf-8")


def halves(vectors: FloatArray) -> bytes:
    """Vectors as the index keeps them: float16, from which every search index is made, so that all paths agree."""
    return np.ascontiguousarray(vectors, dtype="<f2").tobytes()


def floats(data: bytes, dimension: int) -> FloatArray:
    """(n, dimension) float32 from what ``halves`` made; several pieces may be joined."""
    # FAISS takes a third of the time that NumPy does, for the same numbers.
    found: FloatArray = _decoder(dimension).decode(np.frombuffer(data, dtype=np.uint8).reshape(-1, 2 * dimension))
    return found


@lru_cache(maxsize=8)
def _decoder(dimension: int) -> Any:
    import faiss

    return faiss.ScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16)


def announced(
    entries: Iterable[DocumentEntry], changing: Collection[str] | None
) -> tuple[Iterable[DocumentEntry], frozenset[str]]:
    """The entries of a commit and the ids that it changes; where nobody told them, of entries in the order of their ids."""
    if changing is not None:
        return entries, frozenset(changing)
    known = sorted(entries, key=lambda entry: entry.document.id)
    return known, frozenset(entry.document.id for entry in known)


def store_documents(
    entries: Iterable[DocumentEntry], files: dict[str, str], dimension: int
) -> Iterator[StoredDocument]:
    """The rows of documents, one after the other; ``files`` holds what stays, and takes id and file digest of each.

    Raises:
        ValueError: a document stays, or comes twice: a bug of the caller.
    """
    for entry in entries:
        if entry.document.id in files:
            raise ValueError(f"written twice, or not announced: {entry.document.id}")
        files[entry.document.id] = entry.document.sha256
        yield store_document(entry, dimension)


def store_document(entry: DocumentEntry, dimension: int) -> StoredDocument:
    """The rows of a document.

    Raises:
        ValueError: the arrays do not fit the passages: a bug of the caller.
    """
    document = entry.document
    passages = tuple(_passage_row(n, passage, document, dimension) for n, passage in enumerate(entry.passages))
    words = Counter(word for passage in entry.passages for word in passage.words)
    body = sum(not is_answer_type(t) for passage in entry.passages for terms in passage.sentence_terms for t in terms)
    row = (
        document.id,
        document.title,
        document.source,
        document.sha256,
        len(document.text),
        len(passages),
        written(document.metadata),
        written(document.warnings),
        written(document.page_starts),
        written(dict(sorted(words.items()))),
        body,
        sum(len(passage.passage.sentences) for passage in entry.passages),
        written(document.blocks),
        document.text,
    )
    return StoredDocument(document.id, row, passages)


def _passage_row(ordinal: int, entry: PassageEntry, document: Document, dimension: int) -> tuple[Any, ...]:
    passage, sentences = entry.passage, len(entry.passage.sentences)
    shapes = (entry.vector.shape, entry.heading_vector.shape, entry.sentence_vectors.shape, len(entry.sentence_terms))
    if shapes != ((dimension,), (dimension,), (sentences, dimension), sentences):
        raise ValueError(f"arrays {shapes} do not fit {sentences} sentences of {dimension} dimensions: {passage.id}")
    if passage.id != passage_id(document.id, passage.span):
        raise ValueError(f"not a passage of {document.id}: {passage.id}")
    return (
        ordinal,
        passage.span.start,
        passage.span.end,
        passage.page,
        written(passage.heading_path),
        written(passage.sentences),
        bytes.fromhex(entry.input_sha256),
        np.array([len(terms) for terms in entry.sentence_terms], dtype="<u4").tobytes(),
        np.array([term_id(t) for terms in entry.sentence_terms for t in terms], dtype="<u4").tobytes(),
        np.array(term_ids(entry.heading_terms), dtype="<u4").tobytes(),
        halves(entry.vector),
        halves(entry.heading_vector),
        halves(entry.sentence_vectors),
    )


def passage_id(document_id: str, span: Span) -> str:
    return f"{document_id}:{span.start}-{span.end}"


def content_digest(files: dict[str, str]) -> str:
    """Hex digest over document ids and their files' digests."""
    return hashlib.sha256(written(sorted(files.items())).encode("utf-8")).hexdigest()


def document_of(row: dict[str, Any]) -> Document:
    """The document that a row holds.

    Raises:
        ValueError, TypeError: the row is none of an index.
    """
    document = Document(
        id=row["id"],
        title=row["title"],
        source=row["source"],
        sha256=row["sha256"],
        metadata=decode(tuple[Metadatum, ...], row["metadata"]),
        warnings=decode(tuple[str, ...], row["warnings"]),
        page_starts=decode(tuple[Count, ...], row["page_starts"]),
        text=row["text"],
        blocks=decode(tuple[Block, ...], row["blocks"]),
    )
    typed((document.id, document.title, document.text, document.sha256, document.source), *[str] * 5)
    for block in document.blocks:
        named = (*block.headings, block.lead_in or 0, block.header or 0)
        if max(named) >= len(document.blocks) or block.span.end > len(document.text):
            raise ValueError("a block lies outside its document")
    return document


def typed(values: tuple[Any, ...], *kinds: type) -> tuple[Any, ...]:
    """The same values.

    Raises:
        TypeError: one is of another type: SQLite keeps whatever it is given.
    """
    if [type(value) for value in values] != list(kinds):
        raise TypeError("a value is of another type")
    return values


def check_stored(stored: StoredDocument) -> StoredDocument:
    """The same rows, which come from a file and go into another.

    Raises:
        ValueError, TypeError: they are none of an index.
    """
    _check_row(DOCUMENT_COLUMNS, stored.document)
    words_of(stored.named("words"))
    for row in stored.passages:
        _check_row(PASSAGE_COLUMNS, row)
        if any(len(row[PASSAGE_COLUMNS.index(name)]) % 4 for name in _TERMS):
            raise ValueError("no terms")
    return stored


def _check_row(columns: tuple[str, ...], row: tuple[Any, ...]) -> None:
    for name, value in zip(columns, row, strict=True):
        wanted = _kind_of(name, columns)
        if type(value) is not wanted and not (name == "page" and value is None):
            raise TypeError(f"{name} is of another type")


def _kind_of(name: str, columns: tuple[str, ...]) -> type:
    if columns is DOCUMENT_COLUMNS:
        return int if name in _NUMBERS or name == "sentences" else str
    return bytes if name in _BYTES else int if name in _NUMBERS or name == "page" else str


def passage_of(document_id: str, start: int, end: int, page: int | None, heading_path: str, sentences: str) -> Passage:
    """The passage that a row holds.

    Raises:
        ValueError, TypeError: the row is none of an index.
    """
    span = Span(*typed((start, end), int, int))
    typed((document_id,), str)
    passage = Passage(
        id=passage_id(document_id, span),
        document_id=document_id,
        span=span,
        heading_path=decode(tuple[str, ...], heading_path),
        sentences=decode(tuple[Sentence, ...], sentences),
        page=None if page is None else typed((page,), int)[0],
    )
    if not all(span.contains(sentence.span) for sentence in passage.sentences) or (page is not None and page < 0):
        raise ValueError("a sentence lies outside its passage, or the passage on no page")
    return passage


def words_of(column: str | bytes) -> dict[str, int]:
    """For each word the number of passages that hold it.

    Raises:
        ValueError: the column holds something else.
    """
    return decode(dict[str, int], column)

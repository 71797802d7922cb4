"""How records lie in rows: JSON without names for the structure, arrays as little-endian bytes for the numbers."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from footnote.records import Block, Document, Passage, Sentence, Span, Style
from footnote.store.entries import DocumentEntry, FloatArray, PassageEntry
from footnote.terms import MARKS, is_mark, term_id, term_ids

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

MARK_IDS = np.array(sorted(term_ids(MARKS)), dtype=np.uint32)
"""Term ids of the marks, which travel with the stems but are none."""


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


def to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


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


def store_document(entry: DocumentEntry, dimension: int) -> StoredDocument:
    """The rows of a document.

    Raises:
        ValueError: the arrays do not fit the passages: a bug of the caller.
    """
    document = entry.document
    passages = tuple(_passage_row(n, passage, document, dimension) for n, passage in enumerate(entry.passages))
    words = Counter(word for passage in entry.passages for word in passage.words)
    body = sum(not is_mark(t) for passage in entry.passages for terms in passage.sentence_terms for t in terms)
    row = (
        document.id,
        document.title,
        document.source,
        document.sha256,
        len(document.text),
        len(passages),
        to_json(document.metadata),
        to_json(document.warnings),
        to_json(document.page_starts),
        to_json(dict(sorted(words.items()))),
        body,
        sum(len(passage.passage.sentences) for passage in entry.passages),
        to_json([_block_form(block) for block in document.blocks]),
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
        to_json(passage.heading_path),
        to_json([_sentence_form(sentence) for sentence in passage.sentences]),
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
    return hashlib.sha256(to_json(sorted(files.items())).encode("utf-8")).hexdigest()


def _block_form(block: Block) -> list[Any]:
    return [
        block.kind,
        *_span_form(block.span),
        block.level,
        block.headings,
        block.lead_in,
        block.header,
        [_span_form(cell) for cell in block.cells],
        int(block.asks),
        int(block.ordered),
        [_span_form(gap) for gap in block.hidden],
        [[*_span_form(style.span), style.kind] for style in block.styles],
    ]


def _span_form(span: Span) -> tuple[int, int]:
    return (span.start, span.end)


def _sentence_form(sentence: Sentence) -> list[Any]:
    context = [] if sentence.context is None else _span_form(sentence.context)
    return [*_span_form(sentence.span), sentence.block, sentence.kind, *context]


def _block(form: list[Any]) -> Block:
    kind, start, end, level, headings, lead_in, header, cells, asks, ordered, hidden, styles = form
    return Block(
        kind=kind,
        span=Span(start, end),
        level=level,
        headings=tuple(headings),
        lead_in=lead_in,
        header=header,
        cells=tuple(Span(*cell) for cell in cells),
        asks=bool(asks),
        ordered=bool(ordered),
        hidden=tuple(Span(*gap) for gap in hidden),
        styles=tuple(Style(Span(at, to), style) for at, to, style in styles),
    )


def _sentence(form: list[Any]) -> Sentence:
    start, end, block, kind, *context = form
    return Sentence(Span(start, end), block, kind, Span(*context) if context else None)


def document_of(row: dict[str, Any]) -> Document:
    """The document that a row holds."""
    return Document(
        id=row["id"],
        title=row["title"],
        text=row["text"],
        sha256=row["sha256"],
        blocks=tuple(_block(form) for form in json.loads(row["blocks"])),
        page_starts=tuple(json.loads(row["page_starts"])),
        source=row["source"],
        metadata=pairs_of(row["metadata"]),
        warnings=tuple(json.loads(row["warnings"])),
    )


def pairs_of(form: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in json.loads(form))


def passage_of(document_id: str, start: int, end: int, page: int | None, heading_path: str, sentences: str) -> Passage:
    """The passage that a row holds."""
    span = Span(start, end)
    return Passage(
        id=passage_id(document_id, span),
        document_id=document_id,
        span=span,
        heading_path=tuple(json.loads(heading_path)),
        sentences=tuple(_sentence(form) for form in json.loads(sentences)),
        page=page,
    )

"""How records lie in rows: JSON without names for the structure, arrays as little-endian bytes for the numbers."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_args

import numpy as np

from footnote.records import Block, BlockKind, Document, Passage, Sentence, Span, Style, StyleKind
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
_NUMBERS = frozenset({"chars", "passages", "body_terms", "ordinal", "start", "end"})
_BYTES = frozenset(PASSAGE_COLUMNS[6:])
_TERMS = ("sentence_terms", "terms", "heading_terms")

BLOCK_KINDS, STYLE_KINDS = frozenset(get_args(BlockKind)), frozenset(get_args(StyleKind))
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
        kind=_one_of(BLOCK_KINDS, kind),
        span=_span(start, end),
        level=_int(level),
        headings=tuple(map(_int, headings)),
        lead_in=None if lead_in is None else _int(lead_in),
        header=None if header is None else _int(header),
        cells=tuple(_span(*cell) for cell in cells),
        asks=bool(asks),
        ordered=bool(ordered),
        hidden=tuple(_span(*gap) for gap in hidden),
        styles=tuple(Style(_span(at, to), _one_of(STYLE_KINDS, style)) for at, to, style in styles),
    )


def _sentence(form: list[Any]) -> Sentence:
    start, end, block, kind, *context = form
    return Sentence(_span(start, end), _int(block), _one_of(BLOCK_KINDS, kind), _span(*context) if context else None)


def _span(start: object, end: object) -> Span:
    return Span(_int(start), _int(end))


def _int(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("no offset")
    return value


def _one_of(kinds: frozenset[str], kind: Any) -> Any:
    if kind not in kinds:
        raise ValueError("no kind of block")
    return kind


def document_of(row: dict[str, Any]) -> Document:
    """The document that a row holds.

    Raises:
        ValueError, TypeError: the row is none of an index.
    """
    document = Document(
        id=row["id"],
        title=row["title"],
        text=row["text"],
        sha256=row["sha256"],
        blocks=tuple(_block(form) for form in json.loads(row["blocks"])),
        page_starts=tuple(map(_int, json.loads(row["page_starts"]))),
        source=row["source"],
        metadata=pairs_of(row["metadata"]),
        warnings=texts_of(row["warnings"]),
    )
    typed((document.id, document.title, document.text, document.sha256, document.source), *[str] * 5)
    for block in document.blocks:
        named = (*block.headings, block.lead_in or 0, block.header or 0)
        if max(named) >= len(document.blocks) or block.span.end > len(document.text):
            raise ValueError("a block lies outside its document")
    return document


def pairs_of(form: str) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in json.loads(form))


def texts_of(form: str) -> tuple[str, ...]:
    return tuple(map(str, json.loads(form)))


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
    for pair in json.loads(stored.named("words")).items():
        typed(pair, str, int)
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
    span = _span(start, end)
    typed((document_id,), str)
    passage = Passage(
        id=passage_id(document_id, span),
        document_id=document_id,
        span=span,
        heading_path=texts_of(heading_path),
        sentences=tuple(_sentence(form) for form in json.loads(sentences)),
        page=None if page is None else _int(page),
    )
    if not all(span.contains(sentence.span) for sentence in passage.sentences):
        raise ValueError("a sentence lies outside its passage")
    return passage

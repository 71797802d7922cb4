"""A document as rows of Milvus, and back: what ``local.rows`` makes of it, as text, in fields and parts of limited length.

Milvus has no type for bytes, so numbers go as base64.  What is too long for a field lies in parts of its own, to which the
field points.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from footnote.store.entries import TermArray, passage_key
from footnote.store.local.rows import MARK_IDS, PASSAGE_COLUMNS, StoredDocument, floats, written
from footnote.store.milvus.bm25 import document_vector
from footnote.store.milvus.pointer import ORDINAL_BITS
from footnote.store.milvus.term_statistics import digest_of

Row = dict[str, Any]

ASCII_CHARS = 65_000
OTHER_CHARS = 16_000
"""Of a text in one field, which takes 65,535 bytes."""
MOST_IN_DOCUMENT = 1 << ORDINAL_BITS
TEXT, BLOCKS, WORDS, BEYOND = range(4)
"""The kinds of a document's parts."""
_KIND_BITS = 17
_AT = {name: n for n, name in enumerate(PASSAGE_COLUMNS)}
_PLACE = ("ordinal", "start", "end", "page", "heading_path", "sentences")
_TERMS = ("sentence_terms", "terms", "heading_terms")
_NUMBERS = ("input_sha256", "vector", "heading_vector", "sentence_vectors")


@dataclass(frozen=True, slots=True)
class DocumentRows:
    """The rows of one version of a document, by collection, and the digests by which they are checked.

    ``terms`` are those of each passage's body, without answer types, and of its headings.
    """

    passages: tuple[Row, ...]
    sentences: tuple[Row, ...]
    documents: tuple[Row, ...]
    text_sha256: str
    blocks_sha256: str
    words_sha256: str
    rows_sha256: str
    terms: tuple[tuple[TermArray, TermArray], ...]


def row_number(version: int, ordinal: int) -> int:
    """The ``pk`` of a passage, a sentence or a part."""
    return (version << ORDINAL_BITS) | ordinal


def version_of(number: int) -> int:
    return number >> ORDINAL_BITS


def ordinal_of(number: int) -> int:
    return number & (MOST_IN_DOCUMENT - 1)


def part_numbers(version: int, kind: int) -> tuple[int, int]:
    """The ``pk`` of the first part of a kind, and the one after the last that there can be."""
    first = row_number(version, kind << _KIND_BITS)
    return first, first + (1 << _KIND_BITS)


def kind_of(number: int) -> int:
    """The kind of a part."""
    return ordinal_of(number) >> _KIND_BITS


def pieces(text: str) -> list[str]:
    """A text in parts that each fit into a field."""
    size = ASCII_CHARS if text.isascii() else OTHER_CHARS
    return [text[at : at + size] for at in range(0, len(text), size)] or [""]


def packed(values: Sequence[bytes]) -> str:
    """Some bytes as one text."""
    joined = b"".join(len(value).to_bytes(4, "little") + value for value in values)
    return base64.b64encode(joined).decode("ascii")


def unpacked(text: str) -> list[bytes]:
    """What was packed.

    Raises:
        ValueError: nothing was.
    """
    data, found, at = base64.b64decode(text, validate=True), [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "little")
        if end > len(data):
            raise ValueError("a value ends beyond its row")
        found.append(data[at + 4 : end])
        at = end
    return found


class _Beyond:
    """The parts of a document that hold what was too long for fields."""

    def __init__(self, version: int) -> None:
        self._first, _ = part_numbers(version, BEYOND)
        self.parts: list[str] = []

    def fitted(self, text: str) -> str:
        """The text with "=" before it, or where its parts are."""
        found = pieces(text)
        if len(found) == 1:
            return f"={text}"
        at = self._first + len(self.parts)
        self.parts += found
        return f"@{at}:{len(found)}"


def whole(field: str, read: Callable[[list[int]], dict[int, str]]) -> str:
    """What a field holds or points to.

    Args:
        field: made by ``_Beyond.fitted``.
        read: gives parts by their numbers.

    Raises:
        ValueError, KeyError: it is no such field, or a part is missing.
    """
    if field.startswith("="):
        return field[1:]
    if not field.startswith("@"):
        raise ValueError("no field of an index")
    first, count = map(int, field[1:].split(":"))
    numbers = list(range(first, first + count))
    parts = read(numbers)
    return "".join(parts[number] for number in numbers)


def body_terms(terms: bytes) -> TermArray:
    """The term ids of a passage's sentences without answer types."""
    found = np.frombuffer(terms, dtype="<u4").astype(np.uint32)
    return found[~np.isin(found, MARK_IDS)]


def document_rows(
    stored: StoredDocument, version: int, dimension: int, means: tuple[float, float], *, sentences: bool
) -> DocumentRows:
    """All rows of a document.

    Args:
        stored: the document as rows of an index.
        version: its number.
        dimension: of its vectors.
        means: mean lengths of body and headings, for the weights of its terms.
        sentences: whether its sentences' vectors are to be searched.

    Raises:
        ValueError: it has more passages, sentences or parts than can be numbered.
    """
    beyond = _Beyond(version)
    columns = {name: stored.named(name) for name in ("text", "blocks", "page_starts", "words")}
    texts = {
        TEXT: columns["text"],
        BLOCKS: written([columns["blocks"], columns["page_starts"]]),
        WORDS: columns["words"],
    }
    fields = [_fields(row) for row in stored.passages]
    terms = tuple(_lexical(row) for row in stored.passages)
    passages = tuple(
        {
            **_passage(stored, version, n, row, dimension),
            "lexical": document_vector(*terms[n], means),
            **{
                name: beyond.fitted(field) for name, field in zip(("place", "terms", "numbers"), fields[n], strict=True)
            },
        }
        for n, row in enumerate(stored.passages)
    )
    found = DocumentRows(
        passages=passages,
        sentences=tuple(_sentences(stored, version, dimension)) if sentences else (),
        documents=tuple(
            {
                "pk": row_number(version, (kind << _KIND_BITS) | n),
                "version": version,
                "piece": piece,
                "nothing": [0.0, 1.0],
            }
            for kind, parts in (*((kind, pieces(text)) for kind, text in texts.items()), (BEYOND, beyond.parts))
            for n, piece in enumerate(_counted(parts, 1 << _KIND_BITS, stored.id))
        ),
        text_sha256=digest_of([texts[TEXT]]),
        blocks_sha256=digest_of([texts[BLOCKS]]),
        words_sha256=digest_of([texts[WORDS]]),
        rows_sha256=rows_digest(fields),
        terms=terms,
    )
    _counted(found.passages, MOST_IN_DOCUMENT, stored.id)
    _counted(found.sentences, MOST_IN_DOCUMENT, stored.id)
    return found


def _counted(rows: Sequence[Any], most: int, document_id: str) -> Sequence[Any]:
    if len(rows) > most:
        raise ValueError(f"{document_id} is too large for one document: divide it")
    return rows


def _fields(row: tuple[Any, ...]) -> tuple[str, str, str]:
    """Place, terms and numbers of a passage."""
    place, terms, numbers = ([row[_AT[name]] for name in names] for names in (_PLACE, _TERMS, _NUMBERS))
    return json.dumps(place, ensure_ascii=True), packed(terms), packed(numbers)


def rows_digest(fields: Iterable[tuple[str, str, str]]) -> str:
    """Hex digest over place, terms and numbers of a document's passages, in order."""
    return digest_of(field for each in fields for field in each)


def _lexical(row: tuple[Any, ...]) -> tuple[TermArray, TermArray]:
    heading = np.frombuffer(row[_AT["heading_terms"]], dtype="<u4").astype(np.uint32)
    return body_terms(row[_AT["terms"]]), heading


def _passage(stored: StoredDocument, version: int, ordinal: int, row: tuple[Any, ...], dimension: int) -> Row:
    return {
        "pk": row_number(version, ordinal),
        "version": version,
        "key": passage_key(stored.id, ordinal),
        "input": input_number(row[_AT["input_sha256"]]),
        "document": stored.id,
        "vector": floats(row[_AT["vector"]], dimension)[0],
    }


def _sentences(stored: StoredDocument, version: int, dimension: int) -> Iterator[Row]:
    number = 0
    for ordinal, row in enumerate(stored.passages):
        key, passage = passage_key(stored.id, ordinal), row_number(version, ordinal)
        for vector in floats(row[_AT["sentence_vectors"]], dimension):
            yield {
                "pk": row_number(version, number),
                "version": version,
                "key": key,
                "passage": passage,
                "document": stored.id,
                "vector": vector,
            }
            number += 1


def input_number(digest: bytes) -> int:
    """The number by which a passage is found that was encoded from the same input."""
    return int.from_bytes(digest[:8], "big") >> 1


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage as it was read back; each text as ``document_rows`` made it."""

    number: int
    document: str
    place: str
    terms: str
    numbers: str

    @property
    def ordinal(self) -> int:
        return ordinal_of(self.number)

    def place_columns(self) -> tuple[Any, ...]:
        """Start, end, page, heading path and sentences, as ``local.rows.passage_of`` takes them.

        Raises:
            ValueError: the row is none of an index.
        """
        found = json.loads(self.place)
        if not isinstance(found, list) or len(found) != len(_PLACE) or found[0] != self.ordinal:
            raise ValueError("no place of a passage")
        return tuple(found[1:])

    def term_columns(self) -> tuple[bytes, bytes, bytes]:
        """Terms of each sentence as counts, of all sentences, and of the headings."""
        counts, terms, headings = unpacked(self.terms)
        return counts, terms, headings

    def number_columns(self) -> tuple[bytes, bytes, bytes, bytes]:
        """Digest of the input, and the vectors of the passage, its headings and its sentences."""
        digest, vector, heading, sentences = unpacked(self.numbers)
        return digest, vector, heading, sentences

    def candidate_columns(self) -> tuple[Any, ...]:
        """As ``local.segments.make_candidates`` takes them, behind the number of the row."""
        counts, terms, headings = self.term_columns()
        _, vector, heading, sentences = self.number_columns()
        return self.number, self.document, self.ordinal, counts, terms, headings, vector, heading, sentences

    def lexical_terms(self) -> tuple[TermArray, TermArray]:
        """Term ids of the body without answer types, and of the headings."""
        _, terms, headings = self.term_columns()
        return body_terms(terms), np.frombuffer(headings, dtype="<u4").astype(np.uint32)

"""A segment: one SQLite file with documents and passages, made in memory, written once, never changed.

Its documents stand by id and their passages in order; both are numbered from 1 in each segment, and no number leaves it.
What the rest of the world calls a passage is its key (``entries.passage_key``), of which the segment keeps a list.
"""

from __future__ import annotations

import json
import math
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np

from footnote.errors import IndexDamaged
from footnote.store.entries import (
    Candidates,
    FloatArray,
    IntArray,
    KeyArray,
    TermArray,
    document_key,
    passage_key,
)
from footnote.store.local.manifest import REBUILD, SegmentInfo
from footnote.store.local.rows import (
    DOCUMENT_COLUMNS,
    MARK_IDS,
    PASSAGE_COLUMNS,
    StoredDocument,
    check_stored,
    floats,
    typed,
    words_of,
    written,
)

SCHEMA = f"""
CREATE TABLE documents (number INTEGER PRIMARY KEY, first_row INTEGER NOT NULL, "{'", "'.join(DOCUMENT_COLUMNS)}");
CREATE TABLE passages (row INTEGER PRIMARY KEY, document INTEGER NOT NULL, "{'", "'.join(PASSAGE_COLUMNS)}");
CREATE TABLE statistics (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""
INDEXES = """
CREATE UNIQUE INDEX documents_id ON documents (id);
CREATE INDEX passages_input ON passages (input_sha256);
"""
PAGE_BYTES = 16_384
"""A passage with its vectors takes about 5 kB: with pages of 4 kB most rows are chains of pages, which take longer to read."""
MAPPED_BYTES = 1 << 28
"""Rows of a small index are read from the system's own cache of the file, without a copy for each segment.  Those of a large
one are not: what was touched counts as the process's memory, and after some thousand questions that is all of it."""
ROWS_AT_ONCE = 1_000
NOT_OURS = "remove the index folder, then run `footnote index`"
"""Rows whose digest is right but which Footnote would not write: writing the index again would start from them."""

CANDIDATE_COLUMNS = (
    "d.id, p.ordinal, p.sentence_terms, p.terms, p.heading_terms, p.vector, p.heading_vector, p.sentence_vectors"
)


class PassageTerms(NamedTuple):
    """What the lexical index holds of a passage: term ids of the body without answer types, and of title and headings."""

    key: int
    document_key: int
    body: TermArray
    heading: TermArray


class SegmentBuilder:
    """Collects documents, by ascending id; ``finish`` gives the file's bytes and what is derived from it."""

    def __init__(self) -> None:
        self.documents = self.passages = self.sentences = 0
        self.size_bytes = self.body_terms = 0
        self._words: Counter[str] = Counter()
        self._terms: list[bytes] = []
        self._keys: list[int] = []
        self._database = sqlite3.connect(":memory:", isolation_level=None)
        self._database.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        self._database.executescript(SCHEMA)
        self._database.execute("BEGIN")

    def add(self, stored: StoredDocument) -> None:
        """Append a document with its passages."""
        self.documents += 1
        first, count = self.passages + 1, len(stored.passages)
        self._insert("documents", [(self.documents, first, *stored.document)])
        self._insert("passages", [(first + n, self.documents, *row) for n, row in enumerate(stored.passages)])
        for row in stored.passages:
            self._derive(dict(zip(PASSAGE_COLUMNS, row, strict=True)))
        self._keys += [passage_key(stored.id, ordinal) for ordinal in range(count)]
        self._words.update(words_of(stored.named("words")))
        self.body_terms += stored.named("body_terms")
        self.passages += count
        self.size_bytes += stored.size_bytes

    def _insert(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self._database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - names of ours

    def _derive(self, row: dict[str, Any]) -> None:
        self.sentences += len(row["sentence_terms"]) // 4
        self._terms.append(row["terms"] + row["heading_terms"])

    def finish(self) -> bytes:
        """The bytes of the SQLite file."""
        ids, counts = count_terms(self._terms)
        words = written(dict(sorted(self._words.items()))).encode("utf-8")
        self._insert(
            "statistics",
            [
                ("keys", np.array(self._keys, dtype="<i8").tobytes()),
                ("term_ids", ids.astype("<u4").tobytes()),
                ("term_passages", counts.astype("<u4").tobytes()),
                ("words", words),
            ],
        )
        with closing(self._database) as database:
            database.execute("COMMIT")
            database.executescript(INDEXES)
            return database.serialize()


def count_terms(passages: Sequence[bytes]) -> tuple[TermArray, TermArray]:
    """Distinct term ids of passages, ascending and without answer types, and the number of passages that hold each.

    Args:
        passages: for each the term ids of its body and headings, as bytes.
    """
    terms = np.frombuffer(b"".join(passages), dtype="<u4").astype(np.uint64)
    owner = np.repeat(np.arange(len(passages), dtype=np.uint64), [len(blob) // 4 for blob in passages])
    once = np.unique((owner << np.uint64(32)) | terms).astype(np.uint32)
    ids, counts = np.unique(once[~np.isin(once, MARK_IDS)], return_counts=True)
    return ids, counts.astype(np.uint32)


UNREADABLE = (ValueError, TypeError, LookupError, ArithmeticError, RecursionError)
"""What Python and NumPy raise at values that do not fit each other."""


@contextmanager
def readable(where: Path | str, remedy: str = NOT_OURS) -> Iterator[None]:
    """While values of rows are read: they may be anybody's, and what an index does not hold is one clear error.

    Raises:
        IndexDamaged: the block met a value of another type or shape.
    """
    try:
        yield
    except UNREADABLE as error:
        what = f"holds rows that no index has ({type(error).__name__})"
        raise IndexDamaged(what, where=str(where), remedy=remedy) from error


@cache
def _schema() -> tuple[tuple[str, ...], ...]:
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(SCHEMA + INDEXES)
        return tuple(database.execute(_TABLES).fetchall())


_TABLES = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"


class Segment:
    """A segment's file, open for reading.  Safe to share between threads: each read holds the segment's own lock.

    The file stays readable through this object when a later generation has removed its name.
    """

    def __init__(self, index_dir: Path, info: SegmentInfo, dimension: int, *, mapped: bool = True) -> None:
        self.info = info
        self.path = index_dir / info.rows.path
        self.dimension = dimension
        self._lock = threading.Lock()
        # No lock, no journal, no shared memory: the file cannot change, also not on a medium that is read-only.
        address = f"file:{quote(str(self.path.absolute()))}?mode=ro&immutable=1"
        self._database = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        try:
            self._database.execute("PRAGMA trusted_schema = OFF")
            self._database.execute(f"PRAGMA mmap_size = {MAPPED_BYTES if mapped else 0}")
            self._check_tables()
        except BaseException:
            self._database.close()
            raise

    def _check_tables(self) -> None:
        # No view, no trigger and no computed column: what is asked of the tables is what stands in them.
        if tuple(self.select(_TABLES)) != _schema():
            raise IndexDamaged("holds other tables than an index", where=str(self.path), remedy=NOT_OURS)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def select(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query.

        Raises:
            IndexDamaged: SQLite cannot make sense of the file.
        """
        try:
            with self._lock:
                return self._database.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(f"cannot be read ({error})", where=str(self.path), remedy=REBUILD) from error

    def by_row(self, columns: str, rows: Sequence[int]) -> list[tuple[Any, ...]]:
        """Passages joined with their documents; the first column is the row's number; in no particular order."""
        # The join is left out by SQLite where no column of the document is asked for.
        # One statement for any number of rows: it is compiled once and not for each number.
        statement = (
            f"SELECT p.row, {columns} FROM json_each(?) wanted CROSS JOIN passages p ON p.row = wanted.value "  # noqa: S608 - columns of ours
            "LEFT JOIN documents d ON d.number = p.document"
        )
        return self.select(statement, (json.dumps(list(rows)),))

    def document_row(self, document_id: str, columns: tuple[str, ...] = DOCUMENT_COLUMNS) -> dict[str, Any] | None:
        """Some columns of a document; None where it is in no row."""
        listed = ", ".join(f'"{name}"' for name in columns)
        rows = self.select(f"SELECT {listed} FROM documents WHERE id = ?", (document_id,))  # noqa: S608 - names of ours
        return dict(zip(columns, rows[0], strict=True)) if rows else None

    def files(self) -> list[tuple[str, str]]:
        """(document id, digest of its file) pairs."""
        with readable(self.path):
            return [typed(row, str, str) for row in self.select("SELECT id, sha256 FROM documents ORDER BY number")]

    def documents(self) -> list[tuple[str, int, int]]:
        """For each document its id, the first of its passages' rows from 0, and how many they are."""
        with readable(self.path):
            rows = self.select("SELECT id, first_row, passages FROM documents ORDER BY number")
            found = [(name, self._rows(first, count)) for name, first, count in (typed(r, str, int, int) for r in rows)]
            return [(name, rows.start, rows.stop - rows.start) for name, rows in found]

    def stored(self, without: frozenset[str] = frozenset()) -> Iterator[StoredDocument]:
        """Its documents as rows, in order, without some of them."""
        columns = ", ".join(f'"{name}"' for name in DOCUMENT_COLUMNS)
        passage_columns = ", ".join(f'"{name}"' for name in PASSAGE_COLUMNS)
        for number, name in self.select("SELECT number, id FROM documents ORDER BY number"):
            if name in without:
                continue
            document = self.select(f"SELECT first_row, {columns} FROM documents WHERE number = ?", (number,))[0]  # noqa: S608 - names of ours
            with readable(self.path):
                first, count = typed((document[0], document[1 + DOCUMENT_COLUMNS.index("passages")]), int, int)
            passages = self.select(
                f"SELECT {passage_columns} FROM passages WHERE row >= ? AND row < ? ORDER BY row",  # noqa: S608 - names of ours
                (first, first + count),
            )
            with readable(self.path):
                stored = check_stored(StoredDocument(name, document[1:], tuple(passages)))
            yield stored

    def inputs(self, wanted: Iterable[bytes]) -> Iterator[tuple[bytes, FloatArray, FloatArray, FloatArray]]:
        """Digest of the input, vector, sentence vectors and heading vector of the passages that have those inputs."""
        for digest in wanted:
            rows = self.select(
                "SELECT vector, sentence_vectors, heading_vector FROM passages WHERE input_sha256 = ? LIMIT 1",
                (digest,),
            )
            for row in rows:
                with readable(self.path):
                    (vector,), sentences, (heading,) = (floats(blob, self.dimension) for blob in row)
                yield digest, vector, sentences, heading

    def keys(self) -> KeyArray:
        """(n,) keys of the passages, in order of the rows."""
        with readable(self.path):
            keys = np.frombuffer(self.statistic("keys"), dtype="<i8").astype(np.int64)
            if len(keys) != self.info.passages or (keys < 1).any():
                raise ValueError("no keys of these passages")
            return keys

    def keys_of(self, document_ids: frozenset[str]) -> KeyArray:
        """Keys of the passages of those of some documents that it holds; no other document is looked at."""
        rows = self.select(
            "SELECT first_row, passages FROM documents WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(document_ids)),),
        )
        if not rows:
            return np.empty(0, dtype=np.int64)
        keys = self.keys()
        with readable(self.path):
            return np.concatenate([keys[self._rows(*typed(row, int, int))] for row in rows])

    def _rows(self, first: int, count: int) -> slice:
        if not 1 <= first <= first + count <= self.info.passages + 1:
            raise ValueError(f"no passages {first} to {first + count}")
        return slice(first - 1, first + count - 1)

    def terms(self) -> Iterator[PassageTerms]:
        """What the lexical index holds of each passage, in order of the rows."""
        keys = self.keys()
        with readable(self.path):
            rows = self.select("SELECT number, id FROM documents")
            documents = {number: document_key(name) for number, name in (typed(row, int, str) for row in rows)}
        at = 1
        while rows := self.select(
            "SELECT row, document, terms, heading_terms FROM passages WHERE row >= ? ORDER BY row LIMIT ?",
            (at, ROWS_AT_ONCE),
        ):
            with readable(self.path):
                rows = [typed(row, int, int, bytes, bytes) for row in rows]
                bodies = np.frombuffer(b"".join(row[2] for row in rows), dtype="<u4")
                found = [
                    (int(keys[row - 1]), documents[number], len(body) // 4, np.frombuffer(heading, dtype="<u4"))
                    for row, number, body, heading in rows
                ]
            stems, end = ~np.isin(bodies, MARK_IDS), 0
            for key, document, size, heading in found:
                begin, end = end, end + size
                yield PassageTerms(key, document, bodies[begin:end][stems[begin:end]], heading)
            at = rows[-1][0] + 1

    def vectors(self) -> tuple[FloatArray, KeyArray]:
        """(n, d) passage vectors and their keys, in order of the rows."""
        return self._vectors(self.select("SELECT vector, 1 FROM passages ORDER BY row"))

    def sentence_vectors(self) -> tuple[FloatArray, KeyArray]:
        """(m, d) sentence vectors and the keys of their passages, in order of the rows."""
        return self._vectors(
            self.select("SELECT sentence_vectors, length(sentence_terms) / 4 FROM passages ORDER BY row")
        )

    def _vectors(self, rows: list[tuple[Any, ...]]) -> tuple[FloatArray, KeyArray]:
        """Vectors and keys of all passages, each given as the bytes of its vectors and how many those are."""
        each = self.keys()
        with readable(self.path):
            keys = np.repeat(each, [count for _, count in rows])
            vectors = floats(b"".join(blob for blob, _ in rows), self.dimension)
            if len(vectors) != len(keys) or not np.isfinite(vectors).all():
                raise ValueError("no vectors of these passages")
            return vectors, keys

    def statistic(self, name: str) -> bytes:
        with readable(self.path):
            return bytes(*typed(self.select("SELECT value FROM statistics WHERE name = ?", (name,))[0], bytes))

    def term_counts(self) -> tuple[TermArray, TermArray]:
        """Term ids, ascending, and for each the number of its passages that hold it."""
        with readable(self.path):
            ids, counts = (np.frombuffer(self.statistic(n), dtype="<u4") for n in ("term_ids", "term_passages"))
            if len(ids) != len(counts):
                raise ValueError("no counts of these terms")
            return ids, counts

    def words(self) -> dict[str, int]:
        """For each word the number of its passages that hold it."""
        with readable(self.path):
            return words_of(self.statistic("words"))


def merged_frequencies(segments: Sequence[Segment]) -> tuple[TermArray, KeyArray]:
    """Term ids, ascending, and the number of passages of all segments that hold each."""
    pairs = [segment.term_counts() for segment in segments]
    ids, counts = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    every = np.concatenate([np.empty(0, dtype=np.uint32), *ids]).astype(np.uint32)
    distinct, place = np.unique(every, return_inverse=True)
    weights = np.concatenate([np.empty(0), *counts])
    return distinct, np.bincount(place, weights=weights, minlength=len(distinct)).astype(np.int64)


def make_candidates(
    keys: Sequence[int], rows: Sequence[tuple[Any, ...]], dimension: int, vector: FloatArray
) -> Candidates:
    """The arrays for some passages.

    Args:
        keys: of the passages.
        rows: for each the number of its row and ``CANDIDATE_COLUMNS``.
        dimension: of the vectors.
        vector: (dimension,) of a query.

    Raises:
        ValueError, TypeError: the rows are none of an index.
    """
    columns = list(zip(*rows, strict=True)) or [()] * 9
    _, documents, ordinals, counts, terms, headings, vectors, heading_vectors, sentence_vectors = columns
    terms_each = np.frombuffer(b"".join(counts), dtype="<u4").astype(np.int32)
    places = {name: n for n, name in enumerate(sorted(set(documents)))}
    found = Candidates(
        keys=np.array(keys, dtype=np.int64),
        document_places=np.array([places[name] for name in documents], dtype=np.int64),
        ordinals=np.array(ordinals, dtype=np.int32),
        passage_similarity=_products(vectors, dimension, vector),
        heading_similarity=_products(heading_vectors, dimension, vector),
        sentence_offsets=_offsets(counts),
        sentence_similarity=_products(sentence_vectors, dimension, vector),
        terms=np.frombuffer(b"".join(terms), dtype="<u4").astype(np.uint32),
        term_sentences=np.repeat(np.arange(len(terms_each), dtype=np.int32), terms_each),
        heading_terms=np.frombuffer(b"".join(headings), dtype="<u4").astype(np.uint32),
        heading_term_offsets=_offsets(headings),
    )
    similarities = (found.passage_similarity, found.heading_similarity, found.sentence_similarity)
    expected = (len(keys), len(keys), int(found.sentence_offsets[-1]))
    if tuple(map(len, similarities)) != expected or len(found.terms) != len(found.term_sentences):
        raise ValueError("the arrays do not fit each other")
    return found


def _products(blobs: Sequence[bytes], dimension: int, vector: FloatArray) -> FloatArray:
    rows = floats(b"".join(blobs), dimension)
    # A product tells in one pass whether any number is none.
    if not math.isfinite(np.vdot(rows, rows)):
        raise ValueError("a vector holds what is no number")
    products: FloatArray = rows @ vector
    return products


def _offsets(blobs: Sequence[bytes]) -> IntArray:
    """Where the numbers of four bytes of each blob begin when the blobs are joined, and where the last ends."""
    return np.cumsum([0, *map(len, blobs)], dtype=np.int32) // 4

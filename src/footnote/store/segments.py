"""A segment: one SQLite file with documents and passages, made in memory, written once, never changed.

Its keys run without gaps in the order of its rows, so a key's segment is found by comparing two numbers.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from footnote.errors import IndexDamaged
from footnote.store.entries import FloatArray, KeyArray, TermArray
from footnote.store.manifest import REBUILD, SegmentInfo
from footnote.store.rows import (
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
CREATE TABLE documents (key INTEGER PRIMARY KEY, first_passage INTEGER NOT NULL, "{'", "'.join(DOCUMENT_COLUMNS)}");
CREATE TABLE passages (key INTEGER PRIMARY KEY, document INTEGER NOT NULL, "{'", "'.join(PASSAGE_COLUMNS)}");
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
KEYS_AT_ONCE = 1_000
NOT_OURS = "remove the index folder, then run `footnote index`"
"""Rows whose digest is right but which Footnote would not write: writing the index again would start from them."""

PassageTerms = tuple[int, int, TermArray, TermArray]
"""Key, document key, term ids of the body without answer types, term ids of title and headings."""


class SegmentBuilder:
    """Collects documents and gives them keys; ``finish`` gives the file's bytes and what is derived from it."""

    def __init__(self, first_key: int, first_document_key: int) -> None:
        self.first_key, self.first_document_key = first_key, first_document_key
        self.next_key, self.next_document_key = first_key, first_document_key
        self.size_bytes = self.body_terms = 0
        self._words: Counter[str] = Counter()
        self._terms: list[bytes] = []
        self.sentences = 0
        self._database = sqlite3.connect(":memory:", isolation_level=None)
        self._database.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        self._database.executescript(SCHEMA)
        self._database.execute("BEGIN")

    def add(self, stored: StoredDocument) -> None:
        """Append a document with its passages."""
        document_key = self.next_document_key
        self._insert("documents", [(document_key, self.next_key, *stored.document)])
        keys = range(self.next_key, self.next_key + len(stored.passages))
        self._insert("passages", [(k, document_key, *row) for k, row in zip(keys, stored.passages, strict=True)])
        for row in stored.passages:
            self._derive(dict(zip(PASSAGE_COLUMNS, row, strict=True)))
        self._words.update(words_of(stored.named("words")))
        self.body_terms += stored.named("body_terms")
        self.next_key, self.next_document_key = keys.stop, document_key + 1
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
def readable(where: Path) -> Iterator[None]:
    """While values of rows are read: they may be anybody's, and what an index does not hold is one clear error.

    Raises:
        IndexDamaged: the block met a value of another type or shape.
    """
    try:
        yield
    except UNREADABLE as error:
        what = f"holds rows that no index has ({type(error).__name__})"
        raise IndexDamaged(what, where=str(where), remedy=NOT_OURS) from error


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

    def by_key(self, columns: str, keys: Sequence[int]) -> list[tuple[Any, ...]]:
        """Rows of passages joined with their documents; the first column is the key; in no particular order."""
        # The join is left out by SQLite where no column of the document is asked for.
        # One statement for any number of keys: it is compiled once and not for each number.
        statement = (
            f"SELECT p.key, {columns} FROM json_each(?) wanted CROSS JOIN passages p ON p.key = wanted.value "  # noqa: S608 - columns of ours
            "LEFT JOIN documents d ON d.key = p.document"
        )
        return self.select(statement, (json.dumps(list(keys)),))

    def document_row(self, document_id: str, columns: tuple[str, ...] = DOCUMENT_COLUMNS) -> dict[str, Any] | None:
        """Some columns of a document; None where it is in no row."""
        listed = ", ".join(f'"{name}"' for name in columns)
        rows = self.select(f"SELECT {listed} FROM documents WHERE id = ?", (document_id,))  # noqa: S608 - names of ours
        return dict(zip(columns, rows[0], strict=True)) if rows else None

    def files(self) -> list[tuple[str, str]]:
        """(document id, digest of its file) pairs."""
        with readable(self.path):
            return [typed(row, str, str) for row in self.select("SELECT id, sha256 FROM documents ORDER BY key")]

    def stored(self, without: frozenset[str] = frozenset()) -> Iterator[StoredDocument]:
        """Its documents as rows, in order, without some of them."""
        columns = ", ".join(f'"{name}"' for name in DOCUMENT_COLUMNS)
        passage_columns = ", ".join(f'"{name}"' for name in PASSAGE_COLUMNS)
        for key, name in self.select("SELECT key, id FROM documents ORDER BY key"):
            if name in without:
                continue
            document = self.select(f"SELECT first_passage, {columns} FROM documents WHERE key = ?", (key,))[0]  # noqa: S608 - names of ours
            with readable(self.path):
                first, count = typed((document[0], document[1 + DOCUMENT_COLUMNS.index("passages")]), int, int)
            passages = self.select(
                f"SELECT {passage_columns} FROM passages WHERE key >= ? AND key < ? ORDER BY key",  # noqa: S608 - names of ours
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

    def keys_of(self, document_ids: frozenset[str]) -> KeyArray:
        """Keys of the passages of some documents, ascending."""
        rows = self.select("SELECT id, first_passage, passages FROM documents ORDER BY key")
        with readable(self.path):
            ranges = [self._keys(first, count) for name, first, count in rows if name in document_ids]
        return np.concatenate([np.empty(0, dtype=np.int64), *ranges])

    def _keys(self, first: int, count: int) -> KeyArray:
        if not self.info.first_key <= first <= first + count <= self.info.end_key:
            raise ValueError(f"no passages {first} to {first + count}")
        return np.arange(first, first + count, dtype=np.int64)

    def terms(self) -> Iterator[PassageTerms]:
        """What the lexical index holds of each passage, in order of the keys."""
        at = self.info.first_key
        while rows := self.select(
            "SELECT key, document, terms, heading_terms FROM passages WHERE key >= ? ORDER BY key LIMIT ?",
            (at, KEYS_AT_ONCE),
        ):
            with readable(self.path):
                rows = [typed(row, int, int, bytes, bytes) for row in rows]
                bodies = np.frombuffer(b"".join(row[2] for row in rows), dtype="<u4")
            stems, end = ~np.isin(bodies, MARK_IDS), 0
            for key, document, body, heading in rows:
                begin, end = end, end + len(body) // 4
                yield key, document, bodies[begin:end][stems[begin:end]], np.frombuffer(heading, dtype="<u4")
            at = rows[-1][0] + 1

    def vectors(self) -> tuple[FloatArray, KeyArray]:
        """(n, d) passage vectors and their keys, ascending."""
        return self._vectors(self.select("SELECT key, vector, 1 FROM passages ORDER BY key"))

    def sentence_vectors(self) -> tuple[FloatArray, KeyArray]:
        """(m, d) sentence vectors and the keys of their passages, ascending."""
        rows = self.select("SELECT key, sentence_vectors, length(sentence_terms) / 4 FROM passages ORDER BY key")
        return self._vectors(rows)

    def _vectors(self, rows: list[tuple[Any, ...]]) -> tuple[FloatArray, KeyArray]:
        """Vectors and keys of rows of a key, the bytes of its vectors, and how many those are."""
        with readable(self.path):
            keys = np.repeat(np.array([row[0] for row in rows], dtype=np.int64), [row[2] for row in rows])
            vectors = floats(b"".join(row[1] for row in rows), self.dimension)
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

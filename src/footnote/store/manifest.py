"""``manifest.json``: which files make up the index, and what they must hold.

It is the one file that is ever replaced, and replacing it is what commits a generation.  All others are written once
under a new name.  The file is checked by its own digest, and its bytes must be exactly what this module writes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from footnote.errors import IndexDamaged, IndexFolderError, IndexMismatch, IndexMissing
from footnote.records import SkippedFile
from footnote.store.files import READ_BYTES, StoredFile, open_plain

MANIFEST_NAME = "manifest.json"
FORMAT_VERSION = 1
DERIVED_AND_ROWS = ("rows", "passage_vectors", "sentence_vectors")
REBUILD = "run `footnote index` to build it again"


@dataclass(frozen=True, slots=True)
class SegmentInfo:
    """One SQLite file with its two vector files.

    Attributes:
        rows: the SQLite file: documents, passages, vectors.  The truth.
        passage_vectors: derived FAISS file over the passages.
        sentence_vectors: derived FAISS file over the sentences, numbered by their passage's key.
        first_key: key of its first passage; keys run without gaps in the order of (document id, place).
        first_document_key: the same for documents.
    """

    rows: StoredFile
    passage_vectors: StoredFile
    sentence_vectors: StoredFile
    first_key: int
    first_document_key: int
    documents: int
    passages: int
    sentences: int
    body_terms: int

    def files(self) -> tuple[StoredFile, ...]:
        return (self.rows, self.passage_vectors, self.sentence_vectors)

    @property
    def end_key(self) -> int:
        return self.first_key + self.passages


@dataclass(frozen=True, slots=True)
class Unread:
    """A file of the corpus that was skipped, with the digest under which it was: it is not tried again unchanged."""

    path: str
    sha256: str
    reason: str

    def skipped(self) -> SkippedFile:
        return SkippedFile(self.path, self.reason)


@dataclass(frozen=True, slots=True)
class Approximation:
    """How an index is searched that is too large to compare a query with every vector.

    Attributes:
        centres: the file of what its segments share.
        trained_on: passages that there were when it was made.
        probes: lists searched for a query.
        recall: recall@50 against exact search, measured when it was made.
        sentences: whether sentences are indexed too; if not, those of the passages found are compared.
    """

    centres: StoredFile
    trained_on: int
    probes: int
    recall: float
    sentences: bool


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation of the index.

    Attributes:
        generation: counts commits, from 1.
        encoder_fingerprint: of the encoder that made every vector.
        dimension: of its vectors.
        splitting: digest of the settings and the code that shape passages.
        content_sha256: digest over the (document id, file digest) pairs in order.
        segments: the files with the rows and vectors.
        lexical_dir: the folder of the lexical index, empty where nothing is indexed.
        lexical: its files.
        lexical_gone: removed passages that it still counts in its statistics.
        next_key: key of the next passage written.
        next_document_key: key of the next document written.
        unread: files of the corpus that could not be read.
        approximation: how it is searched; None for exactly.
        corpus: the folder of documents, relative to the index folder, so that both can be moved together; may be empty.
    """

    generation: int
    encoder_fingerprint: str
    dimension: int
    splitting: str
    content_sha256: str
    segments: tuple[SegmentInfo, ...] = ()
    lexical_dir: str = ""
    lexical: tuple[StoredFile, ...] = ()
    lexical_gone: int = 0
    next_key: int = 1
    next_document_key: int = 1
    unread: tuple[Unread, ...] = ()
    approximation: Approximation | None = None
    corpus: str = ""
    format_version: int = FORMAT_VERSION

    @property
    def passages(self) -> int:
        return sum(segment.passages for segment in self.segments)

    @property
    def documents(self) -> int:
        return sum(segment.documents for segment in self.segments)

    @property
    def fingerprint(self) -> str:
        """Hex digest of what the index says, whatever generation it says it in."""
        facts = (self.format_version, self.encoder_fingerprint, self.dimension, self.splitting, self.content_sha256)
        return hashlib.sha256(json.dumps(facts).encode("utf-8")).hexdigest()

    def files(self) -> Iterator[StoredFile]:
        """Every file that the generation is made of, but for the manifest."""
        for segment in self.segments:
            yield from segment.files()
        yield from self.lexical
        if self.approximation is not None:
            yield self.approximation.centres

    def render(self) -> bytes:
        """The bytes of the file."""
        return _seal(json.dumps(asdict(self), ensure_ascii=True, indent=1).encode("ascii"))


def _seal(body: bytes) -> bytes:
    return b'{"sha256": "%b",\n"manifest": %b}\n' % (hashlib.sha256(body).hexdigest().encode("ascii"), body)


def read_manifest(index_dir: Path, *, name: str = MANIFEST_NAME) -> Manifest:
    """The committed generation; ``name`` is that of a manifest that is not yet committed.

    Raises:
        IndexMissing: there is none.
        IndexMismatch: another version of Footnote wrote it.
        IndexDamaged: the file is not what was written.
    """
    path = index_dir / name
    try:
        with open_plain(path) as descriptor:
            data = b"".join(iter(lambda: os.read(descriptor, READ_BYTES), b""))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise IndexMissing("there is no index", where=str(index_dir), remedy="run `footnote index`") from error
    except OSError as error:
        raise IndexDamaged(f"cannot be read ({error.strerror})", where=str(path), remedy=REBUILD) from error
    body = data.partition(b'"manifest": ')[2].removesuffix(b"}\n")
    if _seal(body) != data:
        raise IndexDamaged("is not what was written", where=str(path), remedy=REBUILD)
    fields = json.loads(body)
    if fields["format_version"] != FORMAT_VERSION:
        what = f"has format {fields['format_version']}, this Footnote reads {FORMAT_VERSION}"
        raise IndexMismatch(what, where=str(path), remedy=REBUILD)
    return _parse(fields)


def _parse(fields: dict[str, Any]) -> Manifest:
    segments = [
        SegmentInfo(**(segment | {name: StoredFile(**segment[name]) for name in DERIVED_AND_ROWS}))
        for segment in fields["segments"]
    ]
    approximation = fields.get("approximation")
    if approximation is not None:
        approximation = Approximation(**(approximation | {"centres": StoredFile(**approximation["centres"])}))
    return Manifest(
        **{
            **fields,
            "segments": tuple(segments),
            "lexical": tuple(StoredFile(**file) for file in fields["lexical"]),
            "approximation": approximation,
            "unread": tuple(Unread(**file) for file in fields["unread"]),
        }
    )


def corpus_of(index_dir: Path | str) -> Path | None:
    """The folder of documents that an index was made from, whether it is still there or not; None without an index."""
    folder = Path(index_dir)
    try:
        corpus = read_manifest(folder).corpus
    except IndexFolderError:
        return None
    return (folder.resolve() / corpus).resolve() if corpus else None

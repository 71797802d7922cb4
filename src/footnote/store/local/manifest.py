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
from typing import Protocol

from footnote.errors import IndexDamaged, IndexFolderError, IndexMismatch, IndexMissing
from footnote.store.entries import IndexFacts, LoaderVersion, Unread
from footnote.store.local.durable import StoredFile, open_plain, pieces_of
from footnote.store.local.names import MOST_GENERATIONS, StoredName, stored_names
from footnote.store.sealing import SEAL_HEAD, sealed, unsealed
from footnote.wire import Count, decode, parts_of

MANIFEST_NAME = StoredName("manifest.json")
DRAFT_NAME = StoredName("manifest.json.tmp")
FORMAT_VERSION = 3
MOST_BYTES = 256_000_000
"""A larger manifest is none: an index of 64 TB, or of a million files that cannot be read, has a smaller one."""
DIMENSION_MOST = 65_536
REBUILD = "run `footnote index` to build it again"


@dataclass(frozen=True, slots=True)
class SegmentInfo:
    """One SQLite file, and where the search is approximate its vectors' codes.

    Attributes:
        rows: the SQLite file: documents, passages, vectors.  The truth.
        passage_vectors: derived codes of the passages' vectors; None where the search is exact.
        sentence_vectors: the same of the sentences; None where those are not indexed either.
        documents, passages, sentences, body_terms: how many it holds; ``body_terms`` are the stems of its sentences.
    """

    rows: StoredFile
    passage_vectors: StoredFile | None
    sentence_vectors: StoredFile | None
    documents: Count
    passages: Count
    sentences: Count
    body_terms: Count

    def __post_init__(self) -> None:
        for file, kind in (
            (self.rows, "rows"), (self.passage_vectors, "passages"), (self.sentence_vectors, "sentences"),
        ):  # fmt: skip
            if file is not None and file.path.kind != kind:
                raise ValueError(f"{file.path} holds no {kind}")

    def files(self) -> Iterator[StoredFile]:
        return parts_of(self, StoredFile)


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
    trained_on: Count
    probes: Count
    recall: float
    sentences: bool

    def __post_init__(self) -> None:
        if self.centres.path.kind != "centres":
            raise ValueError(f"{self.centres.path} holds no centres")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation of the index.

    Attributes:
        generation: counts commits, from 1.
        encoder_fingerprint: of the encoder that made every vector.
        dimension: of its vectors.
        splitting: digest of the settings and the version of the code that shape passages.
        content_sha256: digest over the (document id, file digest) pairs in order.
        segments: the files with the rows and vectors.
        lexical_dir: the folder of the lexical index; None where nothing is indexed.
        lexical: its files.
        lexical_gone: removed passages that it still counts in its statistics.
        unread: files of the corpus that could not be read.
        approximation: how it is searched; None for exactly.
        loaders: the versions of the loaders that read its documents, by family.
        corpus: the folder of documents, relative to the index folder; may be empty.  Only what the index claims: whoever
            reads it asks ``store.state`` whether the owner ever named that folder.

    Raises:
        ValueError: the files and numbers are none of an index.
    """

    generation: Count
    encoder_fingerprint: str
    dimension: Count
    splitting: str
    content_sha256: str
    segments: tuple[SegmentInfo, ...] = ()
    lexical_dir: StoredName | None = None
    lexical: tuple[StoredFile, ...] = ()
    lexical_gone: Count = 0
    unread: tuple[Unread, ...] = ()
    approximation: Approximation | None = None
    loaders: tuple[LoaderVersion, ...] = ()
    corpus: str = ""
    format_version: Count = FORMAT_VERSION

    def __post_init__(self) -> None:
        names = [file.path for file in self.files()]
        if len(set(names)) != len(names):
            raise ValueError("a file is named twice")
        folder = self.lexical_dir
        if folder is not None and (folder.kind != "lexical" or folder.folder):
            raise ValueError(f"{folder} is no folder of a lexical index")
        if any(file.path.folder != (folder or "-") for file in self.lexical):
            raise ValueError("a file of the lexical index lies elsewhere")
        how = self.approximation
        coded = (how is not None, how is not None and how.sentences)
        if how is not None and not self.segments:
            raise ValueError("it is searched approximately, and holds nothing")
        if any((s.passage_vectors is not None, s.sentence_vectors is not None) != coded for s in self.segments):
            raise ValueError("its segments have other files than it is searched by")
        if not 0 < self.generation < MOST_GENERATIONS or not 0 < self.dimension <= DIMENSION_MOST:
            raise ValueError("its generation or its dimension cannot be")

    @property
    def passages(self) -> int:
        return sum(segment.passages for segment in self.segments)

    @property
    def documents(self) -> int:
        return sum(segment.documents for segment in self.segments)

    @property
    def fingerprint(self) -> str:
        """Hex digest of what the index says, whatever generation it says it in."""
        return fingerprint_of(self)

    def facts(self) -> IndexFacts:
        """What it says of the index, without its files."""
        terms = sum(segment.body_terms for segment in self.segments)
        return facts_of(self, self.documents, self.passages, terms)

    def files(self) -> Iterator[StoredFile]:
        """Every file that the generation is made of, but for the manifest."""
        return parts_of(self, StoredFile)

    def render(self) -> bytes:
        """The bytes of the file."""
        return sealed("manifest", json.dumps(asdict(self), ensure_ascii=True, indent=1).encode("ascii"))


class Described(Protocol):
    """What names a generation, wherever it is kept: a manifest, or a pointer into a database; fields as in ``IndexFacts``."""

    @property
    def generation(self) -> int: ...
    @property
    def encoder_fingerprint(self) -> str: ...
    @property
    def dimension(self) -> int: ...
    @property
    def splitting(self) -> str: ...
    @property
    def loaders(self) -> tuple[LoaderVersion, ...]: ...
    @property
    def content_sha256(self) -> str: ...
    @property
    def unread(self) -> tuple[Unread, ...]: ...


def fingerprint_of(index: Described) -> str:
    """Hex digest of what an index says, wherever it is kept."""
    made_by = (FORMAT_VERSION, index.encoder_fingerprint, index.dimension, index.splitting)
    facts = (*made_by, [(each.family, each.version) for each in index.loaders], index.content_sha256)
    return hashlib.sha256(json.dumps(facts).encode("utf-8")).hexdigest()


def facts_of(index: Described, documents: int, passages: int, terms: int) -> IndexFacts:
    """What a generation says of the index; ``terms`` are the stems of all its passages, without answer types."""
    return IndexFacts(
        generation=index.generation,
        fingerprint=fingerprint_of(index),
        encoder_fingerprint=index.encoder_fingerprint,
        dimension=index.dimension,
        splitting=index.splitting,
        loaders=index.loaders,
        content_sha256=index.content_sha256,
        documents=documents,
        passages=passages,
        mean_terms=terms / passages if passages else 0.0,
        unread=index.unread,
    )


def require_encoder(made_by: str, wanted: str | None, where: str) -> None:
    """Refuse an index of another encoder; any will do where None is wanted.

    Raises:
        IndexMismatch: it was made with another one.
    """
    if wanted is not None and wanted != made_by:
        raise IndexMismatch(f"was made with encoder {made_by}, not {wanted}", where=where, remedy=REBUILD)


def is_index(folder: Path) -> bool:
    """Whether a folder holds an index, or what is left of one."""
    try:
        with open_plain(folder / MANIFEST_NAME) as descriptor:
            if os.read(descriptor, len(SEAL_HEAD)) == SEAL_HEAD:
                return True
    except OSError:
        pass
    try:
        return any(name.kind == "rows" for name in stored_names(folder))
    except OSError:
        return False


def claimed_corpus(index_dir: Path | str) -> Path | None:
    """The folder that an index says it was made from: good for comparing, never for reading."""
    folder = Path(index_dir)
    try:
        corpus = read_manifest(folder).corpus
        return (folder.resolve() / corpus).resolve() if corpus else None
    except (IndexFolderError, OSError, ValueError, RuntimeError):
        return None


def read_manifest(index_dir: Path) -> Manifest:
    """The committed generation.

    Raises:
        IndexMissing: there is none.
        IndexMismatch: another version of Footnote wrote it.
        IndexDamaged: the file is not what was written.
    """
    path = index_dir / MANIFEST_NAME
    try:
        with open_plain(path) as descriptor:
            small = os.fstat(descriptor).st_size <= MOST_BYTES
            data = b"".join(pieces_of(descriptor)) if small else b""
    except (FileNotFoundError, NotADirectoryError) as error:
        raise IndexMissing("there is no index", where=str(index_dir), remedy="run `footnote index`") from error
    except OSError as error:
        raise IndexDamaged(f"cannot be read ({error.strerror})", where=str(path), remedy=REBUILD) from error
    return parsed_manifest(data, path)


def parsed_manifest(data: bytes, path: Path) -> Manifest:
    """The generation that the bytes of a manifest tell.

    Args:
        data: the bytes.
        path: where they come from, for messages.

    Raises:
        IndexMismatch, IndexDamaged: as ``read_manifest``.
    """
    body = unsealed("manifest", data)
    if body is None:
        raise IndexDamaged("is not what was written", where=str(path), remedy=REBUILD)
    # A right digest tells that nothing changed since it was written, not who wrote it.
    try:
        fields = json.loads(body)
        version = fields.get("format_version") if isinstance(fields, dict) else None
        if version == FORMAT_VERSION:
            return decode(Manifest, body, exactly=True)
    except (ValueError, RecursionError) as error:
        raise IndexDamaged(f"is no manifest of an index ({error})", where=str(path), remedy=REBUILD) from error
    if not isinstance(version, int):
        raise IndexDamaged("is no manifest of an index", where=str(path), remedy=REBUILD)
    what = f"has format {version}, this Footnote reads {FORMAT_VERSION}"
    raise IndexMismatch(what, where=str(path), remedy=REBUILD)

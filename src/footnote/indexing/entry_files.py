"""Documents that were read, split and encoded elsewhere, as files: each under a name that says what it was made from, and whole.

A file is what one task on one machine gives; another that does the same work writes the same bytes.  It is made under another
name and renamed, so that a task may be repeated, and a run taken up again where it was cut off.

    8 bytes length of the head | head: JSON | vectors: float32 | 32 bytes SHA-256 of all before
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from footnote.errors import IndexFolderError
from footnote.records import Document, Passage
from footnote.store import DocumentEntry, PassageEntry, Unread, new_file
from footnote.wire import WireError, decode, encode

VERSION = 1


@dataclass(frozen=True, slots=True)
class _Passage:
    """A passage without its vectors, which follow: its own, its heading's and one for each sentence."""

    passage: Passage
    input_sha256: str
    sentence_terms: tuple[tuple[str, ...], ...]
    heading_terms: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Head:
    document: Document | None
    passages: tuple[_Passage, ...]
    dimension: int
    unread: Unread | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides what a document's file holds, besides the document."""

    encoder_fingerprint: str
    splitting: str
    loaders: tuple[tuple[str, int], ...]

    def name_of(self, document_id: str, digest: str) -> str:
        """The name of the file of a document with a digest."""
        made_from = (VERSION, self.encoder_fingerprint, self.splitting, self.loaders, document_id, digest)
        return f"{hashlib.sha256(repr(made_from).encode('utf-8')).hexdigest()}.entry"


def write_entry(path: Path, found: DocumentEntry | Unread, dimension: int) -> None:
    """Write a document, or why it cannot be read; all of it or nothing.

    Raises:
        OSError: it cannot be written.
    """
    with new_file(path) as file:
        digest = hashlib.sha256()
        for piece in _pieces(found, dimension):
            digest.update(piece)
            file.write(piece)
        file.write(digest.digest())


def _pieces(found: DocumentEntry | Unread, dimension: int) -> Iterator[bytes]:
    if isinstance(found, Unread):
        head = encode(_Head(None, (), dimension, found))
        yield len(head).to_bytes(8, "little") + head
        return
    passages = tuple(
        _Passage(each.passage, each.input_sha256, each.sentence_terms, each.heading_terms, tuple(sorted(each.words)))
        for each in found.passages
    )
    head = encode(_Head(found.document, passages, dimension))
    yield len(head).to_bytes(8, "little") + head
    for each in found.passages:
        rows = np.vstack([each.vector, each.heading_vector, each.sentence_vectors])
        yield np.ascontiguousarray(rows, dtype="<f4").tobytes()


def read_entry(path: Path) -> DocumentEntry | Unread | None:
    """What a file holds; None where there is none that is whole.

    Raises:
        IndexFolderError: there is one, and it cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise IndexFolderError(what, where=str(path), remedy="mount the work folder on every machine") from error
    body, digest = data[:-32], data[-32:]
    if hashlib.sha256(body).digest() != digest:
        return None
    end = 8 + int.from_bytes(body[:8], "little")
    try:
        head = decode(_Head, body[8:end])
        return head.unread if head.document is None else _entry(head, head.document, body[end:])
    except (WireError, ValueError):
        return None


def _entry(head: _Head, document: Document, data: bytes) -> DocumentEntry:
    rows = np.frombuffer(data, dtype="<f4").reshape(-1, head.dimension)
    found: list[PassageEntry] = []
    at = 0
    for each in head.passages:
        end = at + 2 + len(each.passage.sentences)
        vector, heading, *_ = rows[at:end]
        found.append(
            PassageEntry(
                passage=each.passage,
                input_sha256=each.input_sha256,
                vector=vector,
                sentence_vectors=rows[at + 2 : end],
                heading_vector=heading,
                sentence_terms=each.sentence_terms,
                heading_terms=each.heading_terms,
                words=frozenset(each.words),
            )
        )
        at = end
    if at != len(rows):
        raise ValueError("it has other vectors than passages")
    return DocumentEntry(document, tuple(found))


def is_written(path: Path) -> bool:
    """Whether a task has written its file; whether it is whole is seen when it is read."""
    return os.path.lexists(path)


def sweep(folder: Path, kept: Sequence[str]) -> None:
    """Remove the files of documents that have been committed."""
    for name in kept:
        (folder / name).unlink(missing_ok=True)

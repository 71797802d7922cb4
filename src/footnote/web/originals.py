"""The files that documents were made from: whether they are still what was indexed, and their bytes."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from footnote.store import corpus_of

if TYPE_CHECKING:
    from footnote.engine import Footnote
    from footnote.records import Document, DocumentSummary

FileState: TypeAlias = Literal["same", "changed", "gone"]


def corpus_dir_of(footnote: Footnote) -> Path | None:
    """The folder of documents that the index was made from; None where it is not there."""
    corpus = corpus_of(footnote.reader.index_dir)
    return corpus if corpus is not None and corpus.is_dir() else None


def file_of(corpus_dir: Path | None, document_id: str) -> Path | None:
    """The file of a document; None where it is gone or would lie outside the folder."""
    if corpus_dir is None:
        return None
    try:
        path = (corpus_dir / document_id).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        return None
    return path if path.is_file() and path.is_relative_to(corpus_dir.resolve()) else None


def file_state(footnote: Footnote, document: Document | DocumentSummary) -> FileState:
    """Whether a document's file is still what was indexed."""
    path = file_of(corpus_dir_of(footnote), document.id)
    if path is None:
        return "gone"
    try:
        found = path.stat()
        # Read again only when its time or size moved: a click must not cost the reading of a large file.
        digest = _digest(path, found.st_mtime_ns, found.st_size)
    except OSError:
        return "gone"
    return "same" if digest == document.sha256 else "changed"


@lru_cache(maxsize=1_024)
def _digest(path: Path, _mtime_ns: int, _size_bytes: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""The files that documents were made from: whether they are still what was indexed, and their bytes."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from fastapi import Response
from fastapi.responses import FileResponse, PlainTextResponse

from footnote.store import corpus_of

if TYPE_CHECKING:
    from footnote.engine import Footnote
    from footnote.records import Document, DocumentSummary

FileState: TypeAlias = Literal["same", "changed", "gone"]

_TEXTS = frozenset({".md", ".markdown", ".txt", ".text"})
_HASHED_BYTES = 500_000_000
"""Files compared with the index for one list, in bytes together: about half a second of reading."""


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


def file_states(footnote: Footnote) -> dict[str, Any]:
    """The documents whose files are not what was indexed, and the files that could not be read."""
    changed: dict[str, str] = {}
    read_bytes = 0
    for summary in footnote.documents():
        path = file_of(corpus_dir_of(footnote), summary.id)
        read_bytes += path.stat().st_size if path else 0
        if read_bytes > _HASHED_BYTES:
            break
        state = file_state(footnote, summary)
        if state != "same":
            changed[summary.id] = state
    unread = footnote.reader.manifest.unread
    return {"changed": changed, "unread": [{"name": each.path, "reason": each.reason} for each in unread]}


def original_file(footnote: Footnote, document: Document) -> Response:
    """The file as it lies in the folder: text is shown, anything else is saved; without it the stored text."""
    kept = {"cache-control": "no-cache"}
    path = file_of(corpus_dir_of(footnote), document.id)
    if path is not None and path.suffix.lower() not in _TEXTS:
        # A page or a drawing from a document must never run as one of ours.
        return FileResponse(path, filename=path.name, content_disposition_type="attachment", headers=kept)
    try:
        text = document.text if path is None else path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        text = document.text
    return PlainTextResponse(text, headers=kept)

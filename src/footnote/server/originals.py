"""The files that documents were made from: whether they are still what was indexed, and their bytes."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import PlainTextResponse, StreamingResponse

from footnote.engine import Footnote
from footnote.loaders import open_beneath, placed_beneath
from footnote.records import Document, DocumentSummary
from footnote.store import corpus_of

FileState: TypeAlias = Literal["same", "changed", "gone"]

_TEXTS = frozenset({".md", ".markdown", ".txt", ".text"})
_PIECE_BYTES = 1 << 18
_HASHED_BYTES = 500_000_000
"""Files compared with the index for one list, in bytes together: about half a second of reading."""


def corpus_dir_of(footnote: Footnote) -> Path | None:
    """The folder of documents that the owner named for the index; None where it is not there."""
    corpus = corpus_of(footnote.location)
    return corpus if corpus is not None and corpus.is_dir() else None


def has_file(corpus_dir: Path | None, document_id: str) -> bool:
    """Whether a document's file is there, and in the folder."""
    return _seen(corpus_dir, document_id) is not None


def _seen(corpus_dir: Path | None, document_id: str) -> tuple[int, ...] | None:
    """What tells that a document's file is the one that was hashed before; None where there is none in the folder."""
    if corpus_dir is None:
        return None
    try:
        with placed_beneath(corpus_dir, document_id) as (_, _, found):
            if not stat.S_ISREG(found.st_mode):
                return None
            return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size
    except (OSError, ValueError):
        return None


def file_state(footnote: Footnote, document: Document | DocumentSummary) -> FileState:
    """Whether a document's file is still what was indexed."""
    corpus_dir = corpus_dir_of(footnote)
    seen = _seen(corpus_dir, document.id)
    if corpus_dir is None or seen is None:
        return "gone"
    try:
        # Read again only when its times or size moved: a click must not cost the reading of a large file.
        digest = _digest(corpus_dir, document.id, seen)
    except OSError:
        return "gone"
    return "same" if digest == document.sha256 else "changed"


@lru_cache(maxsize=1_024)
def _digest(corpus_dir: Path, document_id: str, _seen: tuple[int, ...]) -> str:
    with open_beneath(corpus_dir, document_id) as descriptor, os.fdopen(os.dup(descriptor), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_states(footnote: Footnote) -> dict[str, Any]:
    """The documents whose files are not what was indexed, and the files that could not be read."""
    changed: dict[str, str] = {}
    read_bytes, corpus_dir = 0, corpus_dir_of(footnote)
    for summary in footnote.documents():
        seen = _seen(corpus_dir, summary.id)
        read_bytes += seen[-1] if seen else 0
        if read_bytes > _HASHED_BYTES:
            break
        state = file_state(footnote, summary)
        if state != "same":
            changed[summary.id] = state
    unread = footnote.index.facts.unread
    return {"changed": changed, "unread": [{"name": each.path, "reason": each.reason} for each in unread]}


def original_file(footnote: Footnote, document: Document) -> Response:
    """The file as it lies in the folder: text is shown, anything else is saved; without it the stored text."""
    kept = {"cache-control": "no-cache"}
    corpus_dir, suffix = corpus_dir_of(footnote), Path(document.id).suffix.lower()
    with ExitStack() as opened, suppress(OSError, ValueError):
        if corpus_dir is None:
            raise FileNotFoundError
        descriptor = opened.enter_context(open_beneath(corpus_dir, document.id))
        if suffix in _TEXTS:
            with os.fdopen(os.dup(descriptor), "rb") as file:
                return PlainTextResponse(file.read().decode("utf-8-sig"), headers=kept)
        size_bytes = os.fstat(descriptor).st_size
        named = f"attachment; filename*=utf-8''{quote(PurePosixPath(document.id).name, safe='')}"
        told = {**kept, "content-length": str(size_bytes), "content-disposition": named}
        # A page or a drawing from a document must never run as one of ours.
        return StreamingResponse(
            _pieces(descriptor, opened.pop_all()), media_type="application/octet-stream", headers=told
        )
    return PlainTextResponse(document.text, headers=kept)


def _pieces(descriptor: int, opened: ExitStack) -> Iterator[bytes]:
    with opened:
        yield from iter(lambda: os.read(descriptor, _PIECE_BYTES), b"")

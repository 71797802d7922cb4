"""The files that documents were made from: whether they are still what was indexed, and their bytes."""

from __future__ import annotations

import codecs
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
_STATE = "x-footnote-file"
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
    """The file as it lies in the folder, byte for byte: UTF-8 text is shown, anything else is saved.

    Where it is gone the stored text stands in for it.  The header ``x-footnote-file`` says which of them it is, as
    ``FileState`` has it; the stored text has a name of its own.
    """
    corpus_dir, suffix = corpus_dir_of(footnote), Path(document.id).suffix.lower()
    name = PurePosixPath(document.id).name
    kept = {"cache-control": "no-cache"}
    with ExitStack() as opened, suppress(OSError, ValueError):
        if corpus_dir is None:
            raise FileNotFoundError
        descriptor = opened.enter_context(open_beneath(corpus_dir, document.id))
        size_bytes = os.fstat(descriptor).st_size
        told = {**kept, "content-length": str(size_bytes), _STATE: file_state(footnote, document)}
        shown = suffix in _TEXTS and size_bytes <= footnote.settings.file_max_bytes and _is_utf8(descriptor)
        if not shown:
            # A page or a drawing from a document must never run as one of ours.
            told["content-disposition"] = f"attachment; filename*=utf-8''{quote(name, safe='')}"
        media_type = "text/plain; charset=utf-8" if shown else "application/octet-stream"
        return StreamingResponse(_pieces(descriptor, size_bytes, opened.pop_all()), media_type=media_type, headers=told)
    named = f"inline; filename*=utf-8''{quote(f'{name}.stored-text.txt', safe='')}"
    return PlainTextResponse(document.text, headers={**kept, _STATE: "gone", "content-disposition": named})


def _is_utf8(descriptor: int) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := os.read(descriptor, _PIECE_BYTES):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)
    return True


def _pieces(descriptor: int, size_bytes: int, opened: ExitStack) -> Iterator[bytes]:
    """As many bytes as were announced, and no more, should the file grow."""
    with opened:
        while size_bytes > 0 and (piece := os.read(descriptor, min(_PIECE_BYTES, size_bytes))):
            size_bytes -= len(piece)
            yield piece

"""Which folder of documents an index belongs to: what the owner named on this machine, never what the index says.

An index may come from anybody, in a download or in a backup.  What it says of a folder must not have that folder walked,
indexed and shown; so the folder that somebody named when the index was built is kept outside of it, in the user's own
state folder.  Where that is lost, or the index was moved, ``--corpus`` names it again.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

from footnote.errors import IndexFolderError
from footnote.store.files import FILE_MODE, FOLDER_MODE
from footnote.store.manifest import read_manifest

_named: dict[Path, Path] = {}
"""What was named in this process, which may have no folder to write to."""


def name_corpus(index_dir: Path | str, corpus_dir: Path | str) -> None:
    """Remember that the owner named this folder of documents for an index."""
    index, corpus = Path(index_dir).resolve(), Path(corpus_dir).resolve()
    if corpus_of(index) == corpus:
        return
    _named[index] = corpus
    kept = _kept(index)
    draft = kept.with_name(f"{kept.name}-{secrets.token_hex(8)}")
    with suppress(OSError):
        kept.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as file:
            file.write(os.fsencode(corpus))
        draft.replace(kept)


def corpus_of(index_dir: Path | str) -> Path | None:
    """The folder of documents that was named for an index, whether it is still there or not; None where none was."""
    index = Path(index_dir).resolve()
    if index in _named:
        return _named[index]
    try:
        return Path(os.fsdecode(_kept(index).read_bytes()))
    except (OSError, ValueError):
        return None


def claimed_corpus(index_dir: Path | str) -> Path | None:
    """The folder that an index says it was made from: good for comparing, never for reading."""
    folder = Path(index_dir)
    try:
        corpus = read_manifest(folder).corpus
        return (folder.resolve() / corpus).resolve() if corpus else None
    except (IndexFolderError, OSError, ValueError, RuntimeError):
        return None


def _kept(index: Path) -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "footnote" / "corpora" / hashlib.sha256(os.fsencode(index)).hexdigest()

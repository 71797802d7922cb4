"""What this machine keeps about an index, apart from it: all such places are known here and nowhere else.

| what | where |
|---|---|
| the folder of documents that the owner named | the user's own state folder |
| readers' feedback | beside the index, ``feedback.sqlite`` |
| who writes now | beside the index, ``LOCK`` |

Beside an index that lies on a server is a folder in the user's own state folder.  None of it is part of a generation: a backup
leaves it out, and whoever brings an index along brings none of it.

An index may come from anybody, in a download or in a backup.  What it says of a folder must not have that folder walked,
indexed and shown; so the folder that somebody named when the index was built is kept outside of it, in the user's own
state folder.  Where that is lost, or the index was moved, ``--corpus`` names it again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from footnote.errors import IndexFolderError, IndexLocked, UsageError
from footnote.store.local.durable import FILE_MODE, FOLDER_MODE, open_plain, sync_dir

LOCK_NAME = "LOCK"
FEEDBACK_NAME = "feedback.sqlite"
BESIDE = (LOCK_NAME, FEEDBACK_NAME, f"{FEEDBACK_NAME}-journal")
"""What may lie in an index's folder without being part of it."""
POLL_SECONDS = 0.05
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:/|milvus\+file:", re.IGNORECASE | re.ASCII)

_named: dict[Path | str, Path] = {}
"""What was named in this process, which may have no folder to write to."""


def is_folder(location: Path | str) -> bool:
    """Whether a location of an index names a folder, and no server."""
    return not _SCHEME.match(str(location))


def location_of(text: str) -> Path | str:
    """What a person named as the location of an index: a folder as a path, anything else as it stands."""
    return Path(text) if is_folder(text) else text


def folder_of(location: Path | str) -> Path:
    """The folder that a location of an index names.

    Raises:
        UsageError: it names something else.
    """
    if not is_folder(location):
        what = "is no folder, and no index that this Footnote can open"
        raise UsageError(what, where=str(location), remedy="name a folder, or milvus+http://HOST:PORT/NAME")
    return Path(location)


def beside(location: Path | str) -> Path:
    """The folder on this machine for what is kept beside an index, which may not be there yet."""
    return folder_of(location) if is_folder(location) else _state_dir("beside") / _digest_of(location)


def feedback_file(location: Path | str) -> Path:
    """Where the feedback about an index is kept, whether there is any or not."""
    return beside(location) / FEEDBACK_NAME


def name_corpus(location: Path | str, corpus_dir: Path | str) -> None:
    """Remember that the owner named this folder of documents for an index."""
    index, corpus = _resolved(location), Path(corpus_dir).resolve()
    if corpus_of(index) == corpus:
        return
    _named[index] = corpus
    kept = _state_dir("corpora") / _digest_of(index)
    draft = kept.with_name(f"{kept.name}-{secrets.token_hex(8)}")
    with suppress(OSError):
        kept.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as file:
            file.write(os.fsencode(corpus))
        draft.replace(kept)


def corpus_of(location: Path | str) -> Path | None:
    """The folder of documents that was named for an index, whether it is still there or not; None where none was."""
    index = _resolved(location)
    if index in _named:
        return _named[index]
    try:
        return Path(os.fsdecode((_state_dir("corpora") / _digest_of(index)).read_bytes()))
    except (OSError, ValueError):
        return None


def _resolved(location: Path | str) -> Path | str:
    return folder_of(location).resolve() if is_folder(location) else str(location)


def _digest_of(location: Path | str) -> str:
    return hashlib.sha256(os.fsencode(location)).hexdigest()


def _state_dir(name: str) -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "footnote" / name


@contextmanager
def write_lock(index_dir: Path, wait_seconds: float, on_wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold the index for writing.

    The file holds its holder's process id only while it is held; otherwise it is empty.

    Args:
        index_dir: made if missing.
        wait_seconds: how long to wait for another writer; 0 gives up at once.
        on_wait: told the process id of the writer that is waited for, once.

    Raises:
        IndexLocked: another process still holds it after that time.
        IndexFolderError: the folder cannot be made or written.
    """
    try:
        if not index_dir.is_dir():
            index_dir.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            sync_dir(index_dir.parent)
        opened = ExitStack()
        descriptor = opened.enter_context(open_plain(index_dir / LOCK_NAME, os.O_RDWR | os.O_CREAT))
    except OSError as error:
        raise IndexFolderError(
            f"the index cannot be written ({error.strerror})",
            where=str(index_dir),
            remedy="choose another folder with --index, or allow writing to it",
        ) from error
    with opened:
        _acquire(descriptor, index_dir, time.monotonic() + wait_seconds, on_wait)
        os.ftruncate(descriptor, 0)
        with suppress(OSError):  # A full disk keeps others from knowing who holds it, not from waiting.
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)


def _acquire(descriptor: int, index_dir: Path, deadline: float, on_wait: Callable[[str], None] | None) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            if time.monotonic() >= deadline:
                raise IndexLocked(
                    f"process {holder} is writing the index",
                    where=str(index_dir),
                    remedy="wait until it has finished, or end it",
                ) from None
            if on_wait is not None:
                on_wait(holder)
                on_wait = None
            time.sleep(POLL_SECONDS)
        else:
            return


def left_behind(index_dir: Path) -> bool:
    """Whether LOCK still names a writer that died while it held it."""
    try:
        with open_plain(index_dir / LOCK_NAME) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return os.fstat(descriptor).st_size > 0
    except OSError:
        return False

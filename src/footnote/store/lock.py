"""One writer at a time: ``flock`` on the file LOCK, which the kernel lets go when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from footnote.errors import IndexFolderError, IndexLocked
from footnote.store.files import FOLDER_MODE, open_plain, sync_dir

LOCK_NAME = "LOCK"
POLL_SECONDS = 0.05


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

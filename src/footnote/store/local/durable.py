"""The only place that changes the index folder: files are written once, synced, read back and hashed.

Every change goes through ``step``, so that tests can kill the process, or fail, between any two of them.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from footnote.errors import IndexDamaged
from footnote.store.local.names import StoredName
from footnote.wire import Count

READ_BYTES = 1 << 20
"""How much of a file is read, hashed and written at a time."""
FOLDER_MODE, FILE_MODE = 0o700, 0o600
"""An index holds the text of documents that may be their owner's alone."""
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

_observer: Callable[[str, Path], None] | None = None


@contextmanager
def observed(observer: Callable[[str, Path], None]) -> Iterator[None]:
    """Call ``observer`` with the name of every step and its path while the block runs; it may raise or never return."""
    global _observer  # noqa: PLW0603 - one seam for the fault tests, in place of a parameter of every function
    before, _observer = _observer, observer
    try:
        yield
    finally:
        _observer = before


def step(name: str, path: Path) -> None:
    """A point at which the process may die."""
    if _observer is not None:
        _observer(name, path)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the index as it was written.

    Attributes:
        path: its name.
        sha256: hex digest of its bytes.
        size_bytes: its length.

    Raises:
        ValueError: the digest is none.
    """

    path: StoredName
    sha256: str
    size_bytes: Count

    def __post_init__(self) -> None:
        if not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ValueError(f"no digest of {self.path}")


def write_once(index_dir: Path, name: StoredName, data: bytes | memoryview) -> StoredFile:
    """Write a new file and make sure that what is on the disk is what was meant.

    Raises:
        IndexDamaged: the disk gave back something else.
        OSError: it cannot be written; what was begun is removed, and what was there before is left alone.
    """
    half = len(data) // 2
    return write_pieces(index_dir, name, (memoryview(data)[:half], memoryview(data)[half:]))


def write_pieces(index_dir: Path, name: StoredName, pieces: Iterable[bytes | memoryview]) -> StoredFile:
    """``write_once`` for what is too large to be held, or still has to be read."""
    path = index_dir / name
    step("create", path)
    descriptor = os.open(path, _NEW, FILE_MODE)
    try:
        meant = _fill(descriptor, path, pieces)
        found = hash_file(index_dir, name)
    except BaseException:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise
    if found.sha256 != meant:
        path.unlink(missing_ok=True)
        raise IndexDamaged(
            "the disk gave back something else than was written", where=str(path), remedy="check the disk"
        )
    return found


def _fill(descriptor: int, path: Path, pieces: Iterable[bytes | memoryview]) -> str:
    """Write, sync and close; the digest of what was meant to be written."""
    digest = hashlib.sha256()
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        for piece in pieces:
            step("write", path)
            digest.update(piece)
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(file.fileno(), rest) :]
        step("sync", path)
        os.fsync(file.fileno())
    step("read back", path)
    return digest.hexdigest()


def make_folder(path: Path) -> None:
    """Make a folder of an index, which must not be there."""
    step("make folder", path)
    path.mkdir(mode=FOLDER_MODE)


def publish(index_dir: Path, draft: StoredName, name: StoredName, data: bytes) -> None:
    """Put new content under a name, so that any moment shows the old content or the new one, also after a power cut.

    Args:
        index_dir: the index folder.
        draft: the name under which it is written first; a file that a dead writer left there is removed.
        name: the name that it gets.
        data: the content.
    """
    if os.path.lexists(index_dir / draft):
        remove(index_dir / draft)
    write_once(index_dir, draft, data)
    sync_dir(index_dir)
    step("publish", index_dir / name)
    (index_dir / draft).replace(index_dir / name)
    step("published", index_dir / name)
    sync_dir(index_dir)


def sync_dir(folder: Path) -> None:
    """Make the names in a folder durable."""
    step("sync folder", folder)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make a file durable that a library wrote."""
    step("sync", path)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def hash_file(index_dir: Path, name: StoredName) -> StoredFile:
    """The file as it lies on the disk now."""
    digest, size = hashlib.sha256(), 0
    with open_plain(index_dir / name) as descriptor:
        for piece in pieces_of(descriptor):
            digest.update(piece)
            size += len(piece)
    return StoredFile(name, digest.hexdigest(), size)


def matches(index_dir: Path, expected: StoredFile, *, whole: bool) -> bool:
    """Whether a file is there and as it was written; without ``whole`` only its size is compared."""
    try:
        status = (index_dir / expected.path).lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size != expected.size_bytes:
            return False
        return not whole or hash_file(index_dir, expected.path) == expected
    except OSError:
        return False


def read_checked(index_dir: Path, expected: StoredFile) -> bytes | None:
    """The bytes of a file, or None when they are not those that were written or the file is gone."""
    try:
        with open_plain(index_dir / expected.path) as descriptor:
            if os.fstat(descriptor).st_size != expected.size_bytes:
                return None
            data = b"".join(pieces_of(descriptor))
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == expected.sha256 else None


def pieces_of(descriptor: int) -> Iterator[bytes]:
    """The bytes of an open file from where it stands, some at a time."""
    return iter(lambda: os.read(descriptor, READ_BYTES), b"")


@contextmanager
def open_plain(path: Path, flags: int = os.O_RDONLY) -> Iterator[int]:
    """Open a regular file; no link is followed, no pipe waited for.  What is made or written is its owner's alone.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, FILE_MODE)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        if flags & (os.O_WRONLY | os.O_RDWR) and stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
            with suppress(OSError):  # Of another user, who lets us write it.
                os.fchmod(descriptor, FILE_MODE)
        yield descriptor
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file that nothing refers to any more."""
    step("remove", path)
    path.unlink(missing_ok=True)

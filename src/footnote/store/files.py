"""The only place that changes the index folder: files are written once, synced, read back and hashed.

Every change goes through ``step``, so that tests can kill the process, or fail, between any two of them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from footnote.errors import IndexDamaged

READ_BYTES = 1 << 20
"""How much of a file is hashed at a time."""

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
        path: relative to the index folder, with forward slashes.
        sha256: hex digest of its bytes.
        size_bytes: its length.
    """

    path: str
    sha256: str
    size_bytes: int


def write_once(index_dir: Path, name: str, data: bytes | memoryview) -> StoredFile:
    """Write a new file and make sure that what is on the disk is what was meant.

    Raises:
        IndexDamaged: the disk gave back something else.
        OSError: it cannot be written; what was begun is removed.
    """
    path = index_dir / name
    try:
        _write(path, data)
        found = hash_file(index_dir, name)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    if found.sha256 != hashlib.sha256(data).hexdigest():
        path.unlink(missing_ok=True)
        raise IndexDamaged(
            "the disk gave back something else than was written", where=str(path), remedy="check the disk"
        )
    return found


def _write(path: Path, data: bytes | memoryview) -> None:
    step("create", path)
    with path.open("wb", buffering=0) as file:
        rest, half = memoryview(data), len(data) // 2
        step("write first half", path)
        _write_all(file.fileno(), rest[:half])
        step("write second half", path)
        _write_all(file.fileno(), rest[half:])
        step("sync", path)
        os.fsync(file.fileno())
    step("read back", path)


def _write_all(descriptor: int, data: memoryview) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def replace(index_dir: Path, name: str, data: bytes) -> None:
    """Put new content under a name, so that any moment shows the old content or the new one, also after a power cut."""
    draft = name + ".tmp"
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


def hash_file(index_dir: Path, name: str) -> StoredFile:
    """The file as it lies on the disk now."""
    digest, size = hashlib.sha256(), 0
    with open_plain(index_dir / name) as descriptor:
        while block := os.read(descriptor, READ_BYTES):
            digest.update(block)
            size += len(block)
    return StoredFile(name, digest.hexdigest(), size)


def matches(index_dir: Path, expected: StoredFile, *, whole: bool) -> bool:
    """Whether a file is there and as it was written; without ``whole`` only its size is compared."""
    try:
        if (index_dir / expected.path).stat().st_size != expected.size_bytes:
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
            data = b"".join(iter(lambda: os.read(descriptor, READ_BYTES), b""))
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == expected.sha256 else None


@contextmanager
def open_plain(path: Path) -> Iterator[int]:
    """Open a file for reading; neither a link nor a pipe is followed or waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file that nothing refers to any more."""
    step("remove", path)
    path.unlink(missing_ok=True)

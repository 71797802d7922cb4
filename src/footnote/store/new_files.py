"""Files outside of an index that a command writes where its user says: backups, exports, results."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from footnote.errors import UsageError
from footnote.store.local.durable import remove, step, sync_dir
from footnote.store.local.manifest import is_index

_DRAFT = ".footnote"


@contextmanager
def new_file(path: Path, *, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A file to be filled, which gets its name when the block has ended well: until then what stood there stands.

    Args:
        path: its name; a regular file of that name is replaced.
        mode: who may read and write it, but for the user's own mask.

    Raises:
        UsageError: something else than a file has that name, or it lies in an index.
        OSError: it cannot be written; nothing is left of it.
    """
    _check_target(path)
    _sweep(path)
    draft = path.with_name(f".{path.name[:100]}-{secrets.token_hex(8)}{_DRAFT}")
    step("create", draft)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            step("sync", draft)
            os.fsync(file.fileno())
        step("publish", path)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_dir(path.absolute().parent)


def _sweep(path: Path) -> None:
    """Remove what a killed process left of the same file."""
    left = re.compile(re.escape(f".{path.name[:100]}-") + "[0-9a-f]{16}" + re.escape(_DRAFT))
    with suppress(OSError):
        for each in sorted(path.absolute().parent.iterdir()):
            if left.fullmatch(each.name):
                remove(each)


def _check_target(path: Path) -> None:
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise UsageError("is no regular file", where=str(path), remedy="name another file")
    except FileNotFoundError:
        pass
    folder = path.absolute().parent.resolve()
    # An index has folders, but none in them.
    if is_index(folder) or is_index(folder.parent):
        raise UsageError("lies in an index", where=str(path), remedy="name a file elsewhere")

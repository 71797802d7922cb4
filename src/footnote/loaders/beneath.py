"""Files beneath a folder, reached component by component: nothing leads out, also not what is put there meanwhile.

A path that was looked at and is then opened by its name may lead elsewhere by then.  Here every folder on the way is opened
from the one before, no link is ever followed by the system, and a link that stays inside is resolved by us, the same way.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

__all__ = ["LinkOutside", "folder_beneath", "open_beneath", "placed_beneath"]

_LINKS_MOST = 40
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class LinkOutside(OSError):
    """The way to a file leads out of the folder."""


class _Way:
    """Where we are beneath the root: the descriptors of the folders that lead here."""

    def __init__(self, root: Path, opened: ExitStack) -> None:
        self._roots = {os.path.abspath(root), os.path.realpath(root)}  # noqa: PTH100 - abspath makes no link's target
        self._opened = opened
        self._folders = [self._keep(os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))]
        self.links = 0

    def _keep(self, descriptor: int) -> int:
        self._opened.callback(os.close, descriptor)
        return descriptor

    @property
    def here(self) -> int:
        return self._folders[-1]

    def enter(self, name: str) -> None:
        self._folders.append(self._keep(os.open(name, _FOLDER, dir_fd=self.here)))

    def leave(self) -> None:
        if len(self._folders) == 1:
            raise LinkOutside(errno.EXDEV, "leads out of the folder")
        self._folders.pop()

    def target(self, name: str) -> list[str]:
        """The components that a link here stands for, from where we are then."""
        self.links += 1
        if self.links > _LINKS_MOST:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        to = os.readlink(name, dir_fd=self.here)
        if to.startswith("/"):
            root = next((root for root in self._roots if f"{os.path.normpath(to)}/".startswith(f"{root}/")), None)
            if root is None:
                raise LinkOutside(errno.EXDEV, "leads out of the folder")
            self._folders = self._folders[:1]
            to = os.path.relpath(to, root)
        return to.split("/")


@contextmanager
def placed_beneath(root: Path, name: str) -> Iterator[tuple[int, str, os.stat_result]]:
    """Where a name beneath a folder leads, links that stay inside followed.

    Args:
        root: the folder.
        name: relative to it, with forward slashes.

    Yields:
        The descriptor of the folder that it lies in, its name there, which is no link, and what is known of it.

    Raises:
        LinkOutside: it leads out of the folder.
        OSError: there is nothing.
    """
    with ExitStack() as opened:
        way, rest = _Way(root, opened), name.split("/")
        if name.startswith("/") or "\0" in name:
            raise LinkOutside(errno.EXDEV, "leads out of the folder")
        while rest:
            part = rest.pop(0)
            if part == "..":
                way.leave()
            elif part not in {"", "."}:
                found = os.stat(part, dir_fd=way.here, follow_symlinks=False)
                if stat.S_ISLNK(found.st_mode):
                    rest = [*way.target(part), *rest]
                elif rest:
                    way.enter(part)
                else:
                    yield way.here, part, found
                    return
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))


@contextmanager
def folder_beneath(root: Path, name: str) -> Iterator[int]:
    """The descriptor of the folder that a name beneath a folder lies in; no link is followed.

    Raises:
        OSError: there is none, or a link is on the way.
    """
    with ExitStack() as opened:
        way = _Way(root, opened)
        for part in name.split("/")[:-1]:
            if part == "..":
                way.leave()
            else:
                way.enter(part or ".")
        yield way.here


@contextmanager
def open_beneath(root: Path, name: str) -> Iterator[int]:
    """A regular file beneath a folder, open for reading.

    Args:
        root: the folder.
        name: relative to it, with forward slashes.

    Raises:
        LinkOutside: it leads out of the folder.
        OSError: there is none, it is no regular file, or it cannot be read.
    """
    with placed_beneath(root, name) as (folder, last, _):
        # Between the look and this a pipe or a link may have taken its place.
        descriptor = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "not a regular file")
            yield descriptor
        finally:
            os.close(descriptor)

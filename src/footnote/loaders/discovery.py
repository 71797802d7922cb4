"""Files of a folder: found, and reached component by component, so that nothing leads out, also not what is put there meanwhile.

A path that was looked at and is then opened by its name may lead elsewhere by then.  Here every folder on the way is opened
from the one before, no link is ever followed by the system, and a link that stays inside is resolved by us, the same way.
Nothing but regular files is read, and nothing too large.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from footnote.errors import CorpusError, DocumentError
from footnote.loaders.outline import Loader
from footnote.records import SkippedFile
from footnote.settings import Settings

__all__ = ["find_files", "folder_beneath", "open_beneath", "placed_beneath", "read_bytes"]

_DEPTH_MOST = 64
"""Folders in folders that are searched: beyond, somebody wants to see what happens."""
_ROOT_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_LINKS_MOST = 40
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def find_files(corpus_dir: Path, suffixes: Mapping[str, Loader]) -> tuple[tuple[Path, ...], tuple[SkippedFile, ...]]:
    """See ``loaders.find_documents``."""
    root = Path(corpus_dir)
    if not root.is_dir():
        what = "the folder of documents is not a folder" if root.exists() else "there is no folder of documents"
        raise CorpusError(what, where=str(root), remedy="name the folder that holds your documents")
    search = _Search(root, suffixes)
    with ExitStack() as opened:
        try:
            search.folders.append(_Folder("", opened, os.open(root, _ROOT_FOLDER)))
        except OSError as error:
            raise CorpusError(_because(error), where=str(root), remedy="check who may read it") from error
        search.run(opened)
    return tuple(search.found), tuple(search.skipped)


class _Folder:
    """A folder that is searched: its descriptor, and the entries that are still to be looked at, by name."""

    def __init__(self, prefix: str, opened: ExitStack, descriptor: int) -> None:
        self.prefix, self.descriptor = prefix, descriptor
        self._opened = opened.enter_context(ExitStack())
        self._opened.callback(os.close, descriptor)
        with os.scandir(descriptor) as entries:
            self.entries = iter(sorted(entries, key=lambda entry: entry.name))

    def close(self) -> None:
        self._opened.close()


class _Search:
    """A folder of documents, searched folder by folder from the descriptors of those above."""

    def __init__(self, root: Path, suffixes: Mapping[str, Loader]) -> None:
        self._root, self._suffixes = root, suffixes
        self.found: list[Path] = []
        self.skipped: list[SkippedFile] = []
        self.folders: list[_Folder] = []

    def run(self, opened: ExitStack) -> None:
        while self.folders:
            folder = self.folders[-1]
            entry = next(folder.entries, None)
            if entry is None:
                self.folders.pop().close()
            elif not entry.name.startswith("."):
                self._look(folder, entry, opened)

    def _look(self, folder: _Folder, entry: os.DirEntry[str], opened: ExitStack) -> None:
        name = folder.prefix + entry.name
        shown = name.encode("utf-8", "replace").decode("utf-8")
        if shown != name:
            reason = "its name is not valid Unicode"
        elif entry.is_dir(follow_symlinks=False):
            reason = self._enter(folder, entry.name, opened)
        else:
            reason = _unfit(self._root, name, self._suffixes)
            if not reason:
                self.found.append(self._root / name)
        if reason:
            self.skipped.append(SkippedFile(shown, reason))

    def _enter(self, folder: _Folder, name: str, opened: ExitStack) -> str:
        """Why a folder cannot be searched; empty where it is searched next."""
        if len(self.folders) > _DEPTH_MOST:
            return f"lies more than {_DEPTH_MOST} folders deep"
        try:
            inner = os.open(name, _ROOT_FOLDER | os.O_NOFOLLOW, dir_fd=folder.descriptor)
            self.folders.append(_Folder(f"{folder.prefix}{name}/", opened, inner))
        except OSError as error:
            return _because(error)
        return ""


def _unfit(root: Path, name: str, suffixes: Mapping[str, Loader]) -> str:
    """Why an entry that is no folder cannot be a document; empty where it can."""
    try:
        with placed_beneath(root, name) as (_, _, status):
            if stat.S_ISDIR(status.st_mode):
                return "a link to a folder"
            if not stat.S_ISREG(status.st_mode):
                return "not a regular file"
    except LinkOutside:
        return "a link to outside the folder"
    except OSError as error:
        links = {errno.ENOENT: "a link that leads nowhere", errno.ELOOP: "a link that leads nowhere"}
        return {**links, errno.EISDIR: "a link to a folder"}.get(error.errno or 0, _because(error))
    suffix = Path(name).suffix.lower()
    if not suffix:
        return "no suffix that tells its format"
    return "" if suffix in suffixes else f"no loader for {suffix}"


def read_bytes(
    corpus_dir: Path, document_id: str, settings: Settings, suffixes: Mapping[str, Loader], *, name: str = ""
) -> bytes:
    """The bytes of a file, which is opened beneath its folder.

    Args:
        corpus_dir: the folder of documents.
        document_id: the file's path in it, with forward slashes.
        settings: the limits.
        suffixes: of the formats that are read.
        name: the path, where the id is another.

    Raises:
        DocumentError: it has no format that is read, is too large, leads out of the folder, or cannot be read.
    """
    path = name or document_id
    suffix = Path(path).suffix.lower()
    if suffix not in suffixes:
        readable = ", ".join(sorted(suffixes))
        raise DocumentError(f"no loader for {suffix or 'it'}", where=document_id, remedy=f"formats read: {readable}")
    try:
        with open_beneath(corpus_dir, path) as descriptor, os.fdopen(os.dup(descriptor), "rb") as file:
            check_bytes(os.fstat(descriptor).st_size, document_id, settings)
            raw = file.read(settings.file_max_bytes + 1)
    except OSError as error:
        raise DocumentError(_because(error), where=document_id, remedy="check the file and who may read it") from error
    check_bytes(len(raw), document_id, settings)
    return raw


def _because(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


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


def check_bytes(size_bytes: int, where: str, settings: Settings) -> None:
    """Refuse a file that is too large.

    Raises:
        DocumentError: it has more bytes than ``settings.file_max_bytes``.
    """
    if size_bytes > settings.file_max_bytes:
        raise DocumentError(
            f"the file has {size_bytes:,} bytes, more than {settings.file_max_bytes:,}",
            where=where,
            remedy="split it, or raise file_max_bytes",
        )

"""Finding and reading files: nothing outside the folder, nothing but regular files, nothing too large."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from footnote.errors import CorpusError, DocumentError
from footnote.loaders.beneath import LinkOutside, open_beneath, placed_beneath
from footnote.loaders.limits import check_bytes
from footnote.records import SkippedFile
from footnote.settings import Settings

if TYPE_CHECKING:
    from footnote.loaders.formats import Loader

__all__ = ["find_files", "read_bytes"]

_DEPTH_MOST = 64
"""Folders in folders that are searched: beyond, somebody wants to see what happens."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def find_files(corpus_dir: Path, suffixes: Mapping[str, Loader]) -> tuple[tuple[Path, ...], tuple[SkippedFile, ...]]:
    """See ``loaders.find_documents``."""
    root = Path(corpus_dir)
    if not root.is_dir():
        what = "the folder of documents is not a folder" if root.exists() else "there is no folder of documents"
        raise CorpusError(what, where=str(root), remedy="name the folder that holds your documents")
    search = _Search(root, suffixes)
    with ExitStack() as opened:
        try:
            search.folders.append(_Folder("", opened, os.open(root, _FOLDER)))
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
            inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder.descriptor)
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

"""Finding and reading files: nothing outside the folder, nothing but regular files, nothing too large."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from footnote.errors import CorpusError, DocumentError
from footnote.loaders.limits import check_bytes
from footnote.records import Document, SkippedFile
from footnote.settings import Settings

if TYPE_CHECKING:
    from footnote.loaders.formats import Loader

__all__ = ["find_files", "read_file"]


def find_files(corpus_dir: Path, suffixes: Mapping[str, Loader]) -> tuple[tuple[Path, ...], tuple[SkippedFile, ...]]:
    """See ``loaders.find_documents``."""
    root = Path(corpus_dir)
    if not root.is_dir():
        what = "the folder of documents is not a folder" if root.exists() else "there is no folder of documents"
        raise CorpusError(what, where=str(root), remedy="name the folder that holds your documents")
    found: list[Path] = []
    skipped: list[SkippedFile] = []
    try:
        entries = _entries(root)
    except OSError as error:
        raise CorpusError(_because(error), where=str(root), remedy="check who may read it") from error
    _walk(root, root.resolve(), entries, suffixes, found, skipped)
    return tuple(found), tuple(skipped)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda e: e.name)


def _walk(
    root: Path,
    real_root: Path,
    entries: list[os.DirEntry[str]],
    suffixes: Mapping[str, Loader],
    found: list[Path],
    skipped: list[SkippedFile],
) -> None:
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = Path(entry.path)
        name = path.relative_to(root).as_posix()
        shown = name.encode("utf-8", "replace").decode("utf-8")
        if shown != name:
            skipped.append(SkippedFile(shown, "its name is not valid Unicode"))
        elif entry.is_dir(follow_symlinks=False):
            try:
                inner = _entries(path)
            except OSError as error:
                skipped.append(SkippedFile(shown, _because(error)))
            else:
                _walk(root, real_root, inner, suffixes, found, skipped)
        elif reason := _unfit(entry, path, real_root, suffixes):
            skipped.append(SkippedFile(shown, reason))
        else:
            found.append(path)


def _unfit(entry: os.DirEntry[str], path: Path, real_root: Path, suffixes: Mapping[str, Loader]) -> str:
    """Why an entry that is no folder cannot be a document; empty where it can."""
    if entry.is_symlink() and (reason := _unfit_link(path, real_root)):
        return reason
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return _because(error)
    if not stat.S_ISREG(mode):
        return "not a regular file"
    suffix = path.suffix.lower()
    if not suffix:
        return "no suffix that tells its format"
    return "" if suffix in suffixes else f"no loader for {suffix}"


def _unfit_link(path: Path, real_root: Path) -> str:
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return "a link that leads nowhere"
    if not target.is_relative_to(real_root):
        return "a link to outside the folder"
    return "a link to a folder" if target.is_dir() else ""


def read_file(
    path: Path, document_id: str, settings: Settings, suffixes: Mapping[str, Loader], load: Loader
) -> Document:
    """See ``loaders.load_document``."""
    if path.suffix.lower() not in suffixes:
        readable = ", ".join(sorted(suffixes))
        raise DocumentError(
            f"no loader for {path.suffix or 'it'}", where=document_id, remedy=f"formats read: {readable}"
        )
    try:
        raw = _bytes_of(path, document_id, settings)
    except OSError as error:
        raise DocumentError(_because(error), where=document_id, remedy="check the file and who may read it") from error
    try:
        return load(raw, document_id, settings)
    except DocumentError as error:
        if error.where:
            raise
        raise DocumentError(error.what, where=document_id, remedy=error.remedy) from error


def _bytes_of(path: Path, document_id: str, settings: Settings) -> bytes:
    # The link, if it is one, was looked at when the folder was searched; a link put there since is not followed, and a
    # pipe does not make us wait.
    descriptor = os.open(path.resolve(strict=True), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise DocumentError("not a regular file", where=document_id, remedy="remove it from the folder")
        check_bytes(status.st_size, document_id, settings)
        raw = file.read(settings.file_max_bytes + 1)
    check_bytes(len(raw), document_id, settings)
    return raw


def _because(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()

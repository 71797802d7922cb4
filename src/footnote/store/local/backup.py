"""A whole generation as one file, taken while the index is served, and put back the same way.

The file is a plain tar: ``manifest.json`` first, then every file that it names.  Taking one needs no lock: the files of a
generation never change, and are all opened before any is copied.  Putting one back is a commit like any other, under new
names, so that whoever has the index open keeps what they see until they look for a newer generation.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import IO

from footnote.errors import IndexDamaged, IndexFolderError, IndexMissing
from footnote.store.local.durable import (
    FILE_MODE,
    READ_BYTES,
    StoredFile,
    make_folder,
    open_plain,
    pieces_of,
    publish,
    step,
    sync_dir,
    write_pieces,
)
from footnote.store.local.generation import clean, last_named, prepare_folder
from footnote.store.local.manifest import (
    DRAFT_NAME,
    MANIFEST_NAME,
    MOST_BYTES,
    REBUILD,
    Manifest,
    parsed_manifest,
    read_manifest,
)
from footnote.store.local.names import StoredName
from footnote.store.new_files import new_file
from footnote.store.state import write_lock
from footnote.wire import changed_parts

_TRIES = 5
"""A writer may remove a generation between reading its manifest and opening its files; the next one is there then."""


def backup(index_dir: Path, archive: Path) -> Manifest:
    """Write the committed generation into one file; an existing one is replaced when the new one is whole.

    Raises:
        IndexFolderError: there is no index, or a file of it is not what was written.
        UsageError: the file would lie in an index, or its name is that of something else than a file.
        OSError: the file cannot be written.
    """
    with ExitStack() as opened:
        manifest, descriptors = _open_all(index_dir, opened)
        with (
            new_file(archive, mode=FILE_MODE) as file,
            tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            rendered = manifest.render()
            _add(tar, MANIFEST_NAME, len(rendered), BytesIO(rendered))
            for stored, descriptor in descriptors:
                _check(stored, descriptor, index_dir)
                step("write", archive)
                with os.fdopen(os.dup(descriptor), "rb") as content:
                    _add(tar, stored.path, stored.size_bytes, content)
    return manifest


def _open_all(index_dir: Path, opened: ExitStack) -> tuple[Manifest, list[tuple[StoredFile, int]]]:
    for _ in range(_TRIES):
        manifest = read_manifest(index_dir)
        try:
            return manifest, [(f, opened.enter_context(open_plain(index_dir / f.path))) for f in manifest.files()]
        except FileNotFoundError as error:
            missing = error
    raise IndexDamaged("a file of the index is gone", where=str(missing.filename), remedy=REBUILD)


def _check(stored: StoredFile, descriptor: int, index_dir: Path) -> None:
    digest = hashlib.sha256()
    for piece in pieces_of(descriptor):
        digest.update(piece)
    if digest.hexdigest() != stored.sha256 or os.lseek(descriptor, 0, os.SEEK_CUR) != stored.size_bytes:
        raise IndexDamaged("is not what was written", where=str(index_dir / stored.path), remedy=REBUILD)
    os.lseek(descriptor, 0, os.SEEK_SET)


def _add(tar: tarfile.TarFile, name: str, size_bytes: int, content: IO[bytes]) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size_bytes, FILE_MODE
    tar.addfile(entry, content)


def restore(archive: Path, index_dir: Path, *, lock_wait_seconds: float) -> Manifest:
    """Make what a backup holds the newest generation of an index folder, which may be served meanwhile.

    Which folder the documents lie in is no part of what comes back: the index keeps the folder it had, or has none.

    Raises:
        IndexFolderError: the file is no backup, or not what was written; another process is writing the index; it
            cannot be written.
        OSError: the backup cannot be read.
    """
    prepare_folder(index_dir)
    with _opened(archive) as tar, write_lock(index_dir, lock_wait_seconds):
        before = _present(index_dir)
        try:
            manifest = _put_back(tar, archive, index_dir, before)
        except OSError as error:
            raise IndexFolderError(
                f"the index cannot be written ({error.strerror or error})",
                where=str(error.filename or index_dir),
                remedy="make room or allow writing there, then restore it again",
            ) from error
        finally:
            _clean(index_dir)
        return manifest


@contextmanager
def _opened(archive: Path) -> Iterator[tarfile.TarFile]:
    with open_plain(archive) as descriptor, os.fdopen(os.dup(descriptor), "rb") as file:
        try:
            with tarfile.open(fileobj=file, mode="r:") as tar:
                yield tar
        except (tarfile.TarError, ValueError, OverflowError) as error:
            # Numbers in the headers of a damaged archive are whatever its bytes say.
            raise _no_backup(archive) from error


def _clean(index_dir: Path) -> None:
    """Whether it was committed or not, the folder says so: what neither generation needs is removed."""
    try:
        clean(index_dir, read_manifest(index_dir))
    except IndexMissing:
        clean(index_dir, None)
    except IndexFolderError:
        # What a manifest needs that cannot be read is not known.
        return


def _present(index_dir: Path) -> Manifest | None:
    try:
        return read_manifest(index_dir)
    except IndexFolderError:
        return None


def _no_backup(archive: Path) -> IndexDamaged:
    return IndexDamaged(
        "this is no whole backup", where=str(archive), remedy="name a file that `footnote backup` wrote"
    )


def _put_back(tar: tarfile.TarFile, archive: Path, index_dir: Path, before: Manifest | None) -> Manifest:
    kept = parsed_manifest(b"".join(_member(tar, MANIFEST_NAME, MOST_BYTES, archive)), archive)
    generation = 1 + max(last_named(index_dir), before.generation if before else 0, kept.generation)
    manifest = replace(_renamed(kept, generation), generation=generation, corpus=before.corpus if before else "")
    if manifest.lexical_dir:
        make_folder(index_dir / manifest.lexical_dir)
    for old, new in zip(kept.files(), manifest.files(), strict=True):
        if write_pieces(index_dir, new.path, _member(tar, old.path, old.size_bytes, archive)) != new:
            raise _no_backup(archive)
    if manifest.lexical_dir:
        sync_dir(index_dir / manifest.lexical_dir)
    sync_dir(index_dir)
    publish(index_dir, DRAFT_NAME, MANIFEST_NAME, manifest.render())
    return manifest


def _member(tar: tarfile.TarFile, name: StoredName, most_bytes: int, archive: Path) -> Iterator[bytes]:
    """The bytes of one file; only names that the manifest gives are ever asked for, and none is unpacked by tar."""
    try:
        entry = tar.getmember(name)
    except KeyError:
        raise _no_backup(archive) from None
    # A sparse one may claim any size.
    if entry.type != tarfile.REGTYPE or entry.issparse() or entry.size > most_bytes:
        raise _no_backup(archive)
    file = tar.extractfile(entry)
    assert file is not None, "it is a regular file"
    return iter(lambda: file.read(READ_BYTES), b"")


def _renamed(manifest: Manifest, generation: int) -> Manifest:
    """The same content, with every file of it under a name that no generation has used."""
    names = {file.path: file.path.moved(generation, n) for n, file in enumerate(manifest.files())}
    if manifest.lexical_dir:
        names[manifest.lexical_dir] = manifest.lexical_dir.moved(generation, 0)
    renamed: Manifest = changed_parts(manifest, StoredName, names.__getitem__)
    return renamed

"""A whole generation as one file, taken while the index is served, and put back the same way.

The file is a plain tar: ``manifest.json`` first, then every file that it names.  Taking one needs no lock: the files of a
generation never change, and are all opened before any is copied.  Putting one back is a commit like any other, under new
names, so that whoever has the index open keeps what they see until they look for a newer generation.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from contextlib import ExitStack
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from footnote.errors import IndexDamaged, IndexFolderError
from footnote.store.files import StoredFile, open_plain, sync_dir, write_once
from footnote.store.files import replace as publish
from footnote.store.generations import clean, last_named
from footnote.store.lock import write_lock
from footnote.store.manifest import MANIFEST_NAME, REBUILD, Manifest, SegmentInfo, read_manifest

_TRIES = 5
"""A writer may remove a generation between reading its manifest and opening its files; the next one is there then."""


def backup(index_dir: Path, archive: Path) -> Manifest:
    """Write the committed generation into one file; an existing one is replaced when the new one is whole.

    Raises:
        IndexFolderError: there is no index, or a file of it is not what was written.
        OSError: the file cannot be written.
    """
    with ExitStack() as opened:
        manifest, descriptors = _open_all(index_dir, opened)
        draft = archive.with_name(archive.name + ".tmp")
        try:
            with draft.open("wb") as file:
                with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                    _add(tar, MANIFEST_NAME, manifest.render())
                    for stored, descriptor in descriptors:
                        _add(tar, stored.path, _checked(stored, descriptor, index_dir))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(archive)
        finally:
            draft.unlink(missing_ok=True)
    sync_dir(archive.absolute().parent)
    return manifest


def _open_all(index_dir: Path, opened: ExitStack) -> tuple[Manifest, list[tuple[StoredFile, int]]]:
    for _ in range(_TRIES):
        manifest = read_manifest(index_dir)
        try:
            return manifest, [(f, opened.enter_context(open_plain(index_dir / f.path))) for f in manifest.files()]
        except FileNotFoundError as error:
            missing = error
    raise IndexDamaged("a file of the index is gone", where=str(missing.filename), remedy=REBUILD)


def _checked(stored: StoredFile, descriptor: int, index_dir: Path) -> bytes:
    with os.fdopen(os.dup(descriptor), "rb") as file:
        data = file.read()
    if hashlib.sha256(data).hexdigest() != stored.sha256:
        raise IndexDamaged("is not what was written", where=str(index_dir / stored.path), remedy=REBUILD)
    return data


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    tar.addfile(entry, BytesIO(data))


def restore(archive: Path, index_dir: Path, *, lock_wait_seconds: float) -> Manifest:
    """Make what a backup holds the newest generation of an index folder, which may be served meanwhile.

    Raises:
        IndexFolderError: the file is no backup, or not what was written; another process is writing the index.
        OSError: it cannot be read.
    """
    try:
        with tarfile.open(archive, "r:") as tar, write_lock(index_dir, lock_wait_seconds):
            before = _present(index_dir)
            try:
                manifest = _put_back(tar, index_dir, before)
            except BaseException:
                if before is not None:
                    clean(index_dir, before)
                raise
            clean(index_dir, manifest)
            return manifest
    except tarfile.TarError as error:
        raise _no_backup(archive) from error


def _present(index_dir: Path) -> Manifest | None:
    try:
        return read_manifest(index_dir)
    except IndexFolderError:
        return None


def _no_backup(archive: Path) -> IndexDamaged:
    return IndexDamaged(
        "this is no whole backup", where=str(archive), remedy="name a file that `footnote backup` wrote"
    )


def _put_back(tar: tarfile.TarFile, index_dir: Path, before: Manifest | None) -> Manifest:
    archive = Path(str(tar.name))
    draft = f"{MANIFEST_NAME}.tmp"
    write_once(index_dir, draft, _member(tar, MANIFEST_NAME, archive))
    # Read by the same code as any manifest: its digest and its format are checked.
    kept = read_manifest(index_dir, name=draft)
    newest = max(last_named(index_dir), before.generation if before else 0, kept.generation)
    manifest = _renamed(kept, newest + 1)
    for old, new in zip(kept.files(), manifest.files(), strict=True):
        data = _member(tar, old.path, archive)
        if hashlib.sha256(data).hexdigest() != old.sha256:
            raise _no_backup(archive)
        (index_dir / new.path).parent.mkdir(exist_ok=True)
        write_once(index_dir, new.path, data)
    if manifest.lexical_dir:
        sync_dir(index_dir / manifest.lexical_dir)
    sync_dir(index_dir)
    publish(index_dir, MANIFEST_NAME, manifest.render())
    return manifest


def _member(tar: tarfile.TarFile, name: str, archive: Path) -> bytes:
    """The bytes of one file; only names that the manifest gives are ever asked for, and none is unpacked by tar."""
    try:
        file = tar.extractfile(name)
    except KeyError:
        file = None
    if file is None:
        raise _no_backup(archive)
    return file.read()


def _renamed(manifest: Manifest, generation: int) -> Manifest:
    """The same content under names that no generation has used."""

    def segment(n: int, info: SegmentInfo) -> SegmentInfo:
        return replace(
            info,
            rows=replace(info.rows, path=f"rows-{generation}-{n}.sqlite"),
            passage_vectors=replace(info.passage_vectors, path=f"passages-{generation}-{n}.faiss"),
            sentence_vectors=replace(info.sentence_vectors, path=f"sentences-{generation}-{n}.faiss"),
        )

    folder = f"lexical-{generation}" if manifest.lexical_dir else ""
    return replace(
        manifest,
        generation=generation,
        segments=tuple(segment(n, info) for n, info in enumerate(manifest.segments)),
        lexical_dir=folder,
        lexical=tuple(replace(file, path=f"{folder}/{Path(file.path).name}") for file in manifest.lexical),
    )

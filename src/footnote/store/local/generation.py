"""The files of one generation: writing them, opening them, and removing those that no generation needs.

Each file is checked before anything but Python reads it, and what is derived and damaged is made again in memory.
"""

from __future__ import annotations

import shutil
import sqlite3
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from footnote.errors import IndexDamaged, IndexFolderError
from footnote.store.local.approximate import Centres, Entries
from footnote.store.local.durable import FOLDER_MODE, matches, remove, step, write_once
from footnote.store.local.lexical import MANAGED_NAME, LexicalIndex, is_lexical_name, lists_only_its_own
from footnote.store.local.manifest import (
    MANIFEST_NAME,
    REBUILD,
    Approximation,
    Manifest,
    SegmentInfo,
    is_index,
    read_manifest,
)
from footnote.store.local.names import MOST_GENERATIONS, StoredName, stored_names
from footnote.store.local.rows import StoredDocument
from footnote.store.local.segments import PassageTerms, Segment, SegmentBuilder
from footnote.store.local.unfinished import UNFINISHED_NAME
from footnote.store.local.vectors import Searchable, VectorIndex, read_centres, read_entries, trained
from footnote.store.state import BESIDE

SEGMENT_BYTES = 64_000_000
"""A segment is closed at this size: removing a document rewrites one, in about a second."""
REMOVE_TRIES = 5
"""A reader that opens a folder while it is removed may put Tantivy's lock file into it."""
HASHED_BYTES = 1_000_000_000
"""The rows are hashed whole when opened up to this size together (under 0.6 s); beyond, only their sizes are compared,
and ``verify`` hashes them.  Derived files are always hashed: their libraries read damaged ones in silence."""
SWAPPED_TRIES = 50
OF_NO_GENERATION = ("README.md", MANIFEST_NAME, UNFINISHED_NAME, *BESIDE)
"""What else may lie in the folder of an index."""


@dataclass(slots=True)
class Generation:
    """The open files of a generation.

    Attributes:
        passage_indexes, sentence_indexes: one for each segment; one for all, or none of the sentences, where the search is
            approximate.
        remade: paths of derived files that were missing or damaged and are held in memory instead.
    """

    manifest: Manifest
    segments: list[Segment] = field(default_factory=list)
    passage_indexes: list[Searchable] = field(default_factory=list)
    sentence_indexes: list[Searchable] = field(default_factory=list)
    lexical: LexicalIndex | None = None
    remade: list[str] = field(default_factory=list)

    def close(self) -> None:
        for segment in self.segments:
            segment.close()


def open_generation(index_dir: Path) -> Generation:
    """Open the committed generation, all of it or nothing.

    A writer may replace it meanwhile and remove its files; then the next one is opened.

    Raises:
        IndexMissing, IndexMismatch, IndexDamaged: as ``read_manifest``, and for the rows.
    """
    for _ in range(SWAPPED_TRIES):
        manifest = read_manifest(index_dir)
        try:
            opened = _open(index_dir, manifest)
        except IndexDamaged:
            if read_manifest(index_dir).generation == manifest.generation:
                raise
        else:
            if not opened.remade or read_manifest(index_dir).generation == manifest.generation:
                return opened
            opened.close()
        time.sleep(0.01)
    raise IndexDamaged("is replaced faster than it can be opened", where=str(index_dir), remedy="try again later")


def is_small(manifest: Manifest) -> bool:
    """Whether all of the rows are hashed whenever they are opened."""
    return sum(segment.rows.size_bytes for segment in manifest.segments) <= HASHED_BYTES


def check_rows(index_dir: Path, manifest: Manifest, segment: SegmentInfo) -> bool:
    """Whether a segment's rows are as they were written."""
    return matches(index_dir, segment.rows, whole=is_small(manifest))


def _open(index_dir: Path, manifest: Manifest) -> Generation:
    with ExitStack() as undo:
        opened = Generation(manifest)
        undo.callback(opened.close)
        for info in manifest.segments:
            if not check_rows(index_dir, manifest, info):
                raise IndexDamaged("is not what was written", where=str(index_dir / info.rows.path), remedy=REBUILD)
            segment = open_segment(index_dir, info, manifest.dimension, mapped=is_small(manifest))
            opened.segments.append(segment)
        if manifest.approximation is None:
            for segment in opened.segments:
                opened.passage_indexes.append(VectorIndex(*segment.vectors()))
                opened.sentence_indexes.append(VectorIndex(*segment.sentence_vectors()))
        else:
            _open_approximate(index_dir, manifest.approximation, opened)
        if manifest.lexical_dir:
            opened.lexical = _open_lexical(index_dir, manifest.lexical_dir, opened)
        undo.pop_all()
    return opened


def open_segment(index_dir: Path, info: SegmentInfo, dimension: int, *, mapped: bool = True) -> Segment:
    """Open a segment's rows; ``mapped`` into memory where the index is small.

    Raises:
        IndexDamaged: the file is gone.
    """
    try:
        return Segment(index_dir, info, dimension, mapped=mapped)
    except sqlite3.DatabaseError as error:
        where = str(index_dir / info.rows.path)
        raise IndexDamaged(f"cannot be opened ({error})", where=where, remedy=REBUILD) from error


def _open_approximate(index_dir: Path, how: Approximation, opened: Generation) -> None:
    centres, dimension = read_centres(index_dir, how, opened.manifest.dimension), opened.manifest.dimension
    anew = centres is None
    if centres is None:
        # The entries of the segments belong to centres that are gone: all are made anew.
        opened.remade.append(how.centres.path)
        centres = Centres(trained(opened.segments), dimension)
    opened.passage_indexes.append(centres.join(_entries(index_dir, opened, centres, anew, "passage"), how.probes))
    if how.sentences:
        sentences = _entries(index_dir, opened, centres, anew, "sentence")
        opened.sentence_indexes.append(centres.join(sentences, how.probes))


def _entries(index_dir: Path, opened: Generation, centres: Centres, anew: bool, kind: str) -> Iterator[Entries]:  # noqa: FBT001 - private
    for segment in opened.segments:
        info = segment.info
        file, rows = (
            (info.passage_vectors, segment.vectors)
            if kind == "passage"
            else (info.sentence_vectors, segment.sentence_vectors)
        )
        found = None if anew else read_entries(index_dir, file, segment, centres)
        if found is None:
            if not anew and file is not None:
                opened.remade.append(file.path)
            found = centres.encode(*rows())
        yield found


def _open_lexical(index_dir: Path, folder: StoredName, opened: Generation) -> LexicalIndex:
    index, manifest = None, opened.manifest
    if lexical_intact(index_dir, manifest):
        index = LexicalIndex.open(index_dir / folder)
        # Tantivy takes a missing positions file for an empty one, and fails only when asked: a writer that removed the
        # folder while it was being opened must be noticed here.
        if not all(matches(index_dir, file, whole=False) for file in manifest.lexical):
            index = None
    if index is None or index.total != manifest.passages:
        opened.remade.append(folder)
        index = LexicalIndex.in_memory(all_terms(opened.segments))
    return index


def lexical_intact(index_dir: Path, manifest: Manifest) -> bool:
    """Whether the lexical folder holds exactly the files that were written, and Tantivy's empty lock files at most."""
    return not lexical_strangers(index_dir, manifest) and all(
        matches(index_dir, file, whole=True) for file in manifest.lexical
    )


def lexical_strangers(index_dir: Path, manifest: Manifest) -> list[str]:
    """Paths in the lexical folder that do not belong there, or lead elsewhere."""
    name = manifest.lexical_dir
    if name is None:
        return []
    folder, known = index_dir / name, {file.path for file in manifest.lexical}
    try:
        found = [] if folder.is_symlink() else sorted(folder.iterdir())
    except OSError:
        found = []
    if not found:
        return [name]
    if not lists_only_its_own(folder):
        return [f"{name}/{MANAGED_NAME}"]
    return [f"{name}/{path.name}" for path in found if f"{name}/{path.name}" not in known and not _empty_lock(path)]


def _empty_lock(path: Path) -> bool:
    if not (path.name.startswith(".tantivy-") and path.suffix == ".lock"):
        return False
    try:
        return stat.S_ISREG(path.lstat().st_mode) and not path.lstat().st_size
    except OSError:
        return False


def all_terms(segments: list[Segment]) -> Iterator[PassageTerms]:
    """The terms of all passages, in order of the keys."""
    for segment in segments:
        yield from segment.terms()


def write_segments(index_dir: Path, rows: Iterable[StoredDocument], generation: int) -> Iterator[SegmentInfo]:
    """Write documents as the rows of a generation's segments; their vector files come later.

    Args:
        index_dir: the index folder.
        rows: the documents, by ascending id; none of them is held longer than its segment.
        generation: its number.
    """
    numbers = count()
    builder = SegmentBuilder()
    for stored in rows:
        builder.add(stored)
        if builder.size_bytes >= SEGMENT_BYTES:
            yield _finish(index_dir, builder, StoredName.of("rows", generation, next(numbers)))
            builder = SegmentBuilder()
    if builder.documents:
        yield _finish(index_dir, builder, StoredName.of("rows", generation, next(numbers)))


def _finish(index_dir: Path, builder: SegmentBuilder, name: StoredName) -> SegmentInfo:
    return SegmentInfo(
        rows=write_once(index_dir, name, builder.finish()),
        passage_vectors=None,
        sentence_vectors=None,
        documents=builder.documents,
        passages=builder.passages,
        sentences=builder.sentences,
        body_terms=builder.body_terms,
    )


def prepare_folder(index_dir: Path) -> None:
    """Before anything is written: refuse a folder of another program, and make one that is only ours its owner's alone.

    Raises:
        IndexFolderError: a file there has the name of an index's, and is none.
    """
    try:
        stored, names = list(stored_names(index_dir)), {path.name for path in index_dir.iterdir()}
    except OSError:
        return  # There is no such folder yet, or whoever takes its lock says what is wrong with it.
    if not is_index(index_dir):
        for name in stored:
            path = index_dir / name
            inside = [each for each in path.iterdir() if not is_lexical_name(each.name)] if path.is_dir() else []
            if inside or name == MANIFEST_NAME:
                raise IndexFolderError(
                    "has the name of an index's file, and is another program's",
                    where=str(inside[0] if inside else path),
                    remedy="name another folder with --index, or remove it",
                )
    if all(name.startswith(".") for name in names - {*stored, *OF_NO_GENERATION}):
        with suppress(OSError):  # Of another user, who lets us write here.
            index_dir.chmod(FOLDER_MODE)


def clean(index_dir: Path, manifest: Manifest | None) -> None:
    """Remove what an earlier generation or an interrupted writer left; never what is not ours."""
    needed = {file.path.folder or file.path for file in manifest.files()} if manifest else set()
    for name in stored_names(index_dir):
        if name in needed or name == MANIFEST_NAME:
            continue
        path = index_dir / name
        # What cannot be removed does no harm: nothing refers to it, and the next writer tries again.
        with suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                _remove_folder(path)
            else:
                remove(path)


def _remove_folder(path: Path) -> None:
    step("remove", path)
    for _ in range(REMOVE_TRIES):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            break


def last_named(index_dir: Path) -> int:
    """The highest generation that a file in the folder is named after; 0 for none."""
    found = (name.generation for name in stored_names(index_dir))
    return max((generation for generation in found if generation < MOST_GENERATIONS), default=0)

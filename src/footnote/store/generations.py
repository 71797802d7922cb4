"""The files of one generation: writing them, and removing those that no generation needs."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

from footnote.store.files import remove, step, write_once
from footnote.store.manifest import MANIFEST_NAME, Manifest, SegmentInfo
from footnote.store.names import MOST_GENERATIONS, StoredName, stored_names
from footnote.store.rows import StoredDocument
from footnote.store.segments import SegmentBuilder

SEGMENT_BYTES = 64_000_000
"""A segment is closed at this size: removing a document rewrites one, in about a second."""
REMOVE_TRIES = 5
"""A reader that opens a folder while it is removed may put Tantivy's lock file into it."""


def write_segments(
    index_dir: Path, rows: Iterable[StoredDocument], generation: int, *, first: tuple[int, int]
) -> Iterator[SegmentInfo]:
    """Write documents as the rows of a generation's segments; their vector files come later.

    Args:
        index_dir: the index folder.
        rows: the documents, in the order of their keys to be; none of them is held longer than its segment.
        generation: its number.
        first: key of the first passage and of the first document.
    """
    numbers = count()
    builder = SegmentBuilder(*first)
    for stored in rows:
        builder.add(stored)
        if builder.size_bytes >= SEGMENT_BYTES:
            yield _finish(index_dir, builder, StoredName.of("rows", generation, next(numbers)))
            builder = SegmentBuilder(builder.next_key, builder.next_document_key)
    if builder.next_document_key > builder.first_document_key:
        yield _finish(index_dir, builder, StoredName.of("rows", generation, next(numbers)))


def _finish(index_dir: Path, builder: SegmentBuilder, name: StoredName) -> SegmentInfo:
    return SegmentInfo(
        rows=write_once(index_dir, name, builder.finish()),
        passage_vectors=None,
        sentence_vectors=None,
        first_key=builder.first_key,
        first_document_key=builder.first_document_key,
        documents=builder.next_document_key - builder.first_document_key,
        passages=builder.next_key - builder.first_key,
        sentences=builder.sentences,
        body_terms=builder.body_terms,
    )


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

"""The engine that a command asks: opened, and brought up to date with its documents before."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from footnote.cli.arguments import Arguments
from footnote.cli.places import Places, places_of
from footnote.cli.progress import ProgressLine
from footnote.errors import IndexDamaged, IndexLocked, IndexMismatch, IndexMissing

if TYPE_CHECKING:
    from footnote.encoding import Encoder
    from footnote.engine import Footnote
    from footnote.indexing import Progress
    from footnote.records import BuildReport
    from footnote.settings import Settings


def open_engine(arguments: Arguments) -> Footnote:
    """The engine over an index that is up to date with its documents.

    While another process is writing the index, questions are answered from what is there.
    """
    from footnote.encoding import load_encoder
    from footnote.indexing import needs_update
    from footnote.store import name_corpus

    places, settings = places_of(arguments), arguments.settings
    encoder = load_encoder(settings)
    present = _open_present(places, settings, encoder)
    if places.corpus_dir is None or present is None:
        return present or build(places, settings, encoder)[0]
    name_corpus(places.index_dir, places.corpus_dir)
    if not needs_update(places.corpus_dir, places.index_dir, encoder=encoder, settings=settings):
        return present
    try:
        newer, _ = build(places, replace(settings, lock_wait_seconds=0.0), encoder)
    except IndexLocked as locked:
        sys.stderr.write(f"footnote: {locked.message}; answering from the index as it was\n")
        return present
    present.close()
    return newer


def _open_present(places: Places, settings: Settings, encoder: Encoder) -> Footnote | None:
    """The index that is there; None where one has to be built, and can be."""
    from footnote.engine import Footnote

    try:
        return Footnote.open(places.index_dir, settings=settings, encoder=encoder)
    except IndexMissing as missing:
        if places.corpus_dir is None:
            raise IndexMissing(
                "there is no index, and no folder of documents to build one from",
                where=str(places.index_dir),
                remedy="name one with --corpus",
            ) from missing
    except (IndexMismatch, IndexDamaged):
        if not places.in_cache:
            raise
    return None


def build(places: Places, settings: Settings, encoder: Encoder | None = None) -> tuple[Footnote, BuildReport]:
    """Build the index of these documents, or bring it up to date, and open it; progress goes to stderr."""
    from footnote.engine import Footnote

    assert places.corpus_dir is not None, "without documents an index is only opened"
    line = ProgressLine()

    def show(progress: Progress) -> None:
        line.show(progress.stage, progress.done, progress.total)

    try:
        return Footnote.build(places.corpus_dir, places.index_dir, settings=settings, encoder=encoder, progress=show)
    finally:
        line.close()

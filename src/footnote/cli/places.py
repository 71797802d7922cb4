"""Which documents a command is about, where their index lies, and the engine over it, brought up to date before."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from footnote import encoding
from footnote.cli.arguments import DEFAULT_CORPUS, DEFAULT_INDEX, Arguments
from footnote.cli.console import ProgressLine
from footnote.configuration import FILE_NAME, RENAMED, configure
from footnote.encoding import Encoder
from footnote.engine import Footnote
from footnote.errors import FootnoteError, IndexDamaged, IndexLocked, IndexMismatch, IndexMissing, UsageError
from footnote.indexing import Progress, needs_update
from footnote.records import BuildReport
from footnote.settings import Settings
from footnote.store import claimed_corpus, corpus_of, is_index, name_corpus


@dataclass(frozen=True, slots=True)
class Places:
    """The folders that a command works on.

    Attributes:
        corpus_dir: what the index is brought up to date with; None where it is asked as it is.
        index_dir: the index: its folder, or where else it lies.
        in_cache: whether the index is ours alone, so that one that cannot be used may simply be made again.
        empty: whether the folder may hold no document: the page is where some are added.
    """

    corpus_dir: Path | None
    index_dir: Path | str
    in_cache: bool = False
    empty: bool = False


def configured(arguments: Arguments) -> Arguments:
    """The same with the settings in force: those of the file beside the documents, of the environment, of ``--set``.

    Raises:
        UsageError: one of them is no setting, or the file that was named is not there.
    """
    path = arguments.config
    if path is not None and not path.is_file():
        raise UsageError("there is no such file", where=str(path), remedy="name another with --config")
    if path is None:
        documents = arguments.corpus
        if documents is None and arguments.command != "index":
            documents = corpus_of(arguments.index or DEFAULT_INDEX)
        beside = (documents or DEFAULT_CORPUS).absolute().parent / FILE_NAME
        path = beside if beside.is_file() else None
        if path is not None:
            sys.stderr.write(f"footnote: with the settings of {path}\n")
    configuration = configure(path, options=arguments.options)
    for old in configuration.renamed:
        sys.stderr.write(
            f"footnote: the setting {old} is now called {RENAMED[old]}; the next version knows the new name only\n"
        )
    return replace(arguments, settings=configuration.settings, configuration=configuration)


def places_of(arguments: Arguments) -> Places:
    """The folders of a command.

    A folder of documents that is named without an index has an index of its own, in the cache: asking about other
    documents once must not replace the index of ``corpus/``.  Only ``footnote index`` writes where it is told, or
    into ``index/``.

    Raises:
        UsageError: nobody named the folder of documents, and what is called so here leads elsewhere.
    """
    if arguments.command == "index":
        return Places(arguments.corpus or _unnamed_corpus(), arguments.index or DEFAULT_INDEX)
    if arguments.corpus is None:
        index_dir = arguments.index or DEFAULT_INDEX
        return Places(_made_from(index_dir), index_dir)
    if arguments.index is not None:
        return Places(arguments.corpus, arguments.index)
    if arguments.corpus.resolve() == DEFAULT_CORPUS.resolve():
        return Places(arguments.corpus, DEFAULT_INDEX)
    return Places(arguments.corpus, cached_index_dir(arguments.corpus, arguments.settings), in_cache=True)


def _made_from(index_dir: Path | str) -> Path | None:
    """The folder that was named for an index, while it is there; ``corpus/`` where there is no index, or one made from it.

    An index on a server may be others' as well: without a folder that was named here it is asked as it is.
    """
    known = corpus_of(index_dir)
    if (
        known is None
        and isinstance(index_dir, Path)
        and (not is_index(index_dir) or claimed_corpus(index_dir) == DEFAULT_CORPUS.resolve())
    ):
        known = _unnamed_corpus()
    return known if known is not None and known.is_dir() else None


def _unnamed_corpus() -> Path:
    """``corpus/`` of the folder that the program happens to be in, which may be a download."""
    if DEFAULT_CORPUS.is_symlink():
        raise UsageError(
            f"is a link to {DEFAULT_CORPUS.resolve()}, and nobody named that folder",
            where=str(DEFAULT_CORPUS),
            remedy=f"if those are the documents meant, say --corpus {DEFAULT_CORPUS}",
        )
    return DEFAULT_CORPUS


def cached_index_dir(corpus_dir: Path, settings: Settings) -> Path:
    """The folder in the cache for the index of these documents, made with these settings."""
    made_by = (str(corpus_dir.resolve()), settings.model, settings.passage_max_chars, settings.passage_max_tokens)
    return settings.cache_dir / "indexes" / hashlib.sha256(repr(made_by).encode()).hexdigest()[:16]


def sample_corpus(settings: Settings) -> Path:
    """The documents that come with Footnote, copied to where they may be changed; a file of theirs that was changed is as it was.

    Raises:
        FootnoteError: this installation has none.
    """
    sample = files("footnote") / "sample"
    if not sample.is_dir():
        remedy = "name a folder of your own: footnote serve --corpus DIR"
        raise FootnoteError("no documents came with this installation", where=str(sample), remedy=remedy)
    corpus_dir = settings.cache_dir / "demo"
    corpus_dir.mkdir(parents=True, exist_ok=True)
    for each in sample.iterdir():
        (corpus_dir / each.name).write_bytes(each.read_bytes())
    return corpus_dir


def open_engine(arguments: Arguments) -> Footnote:
    """The engine over an index that is up to date with its documents.

    While another process is writing the index, questions are answered from what is there.
    """
    places, settings = replace(places_of(arguments), empty=arguments.command == "serve"), arguments.settings
    encoder = encoding.load_encoder(settings)
    present = _open_present(places, settings, encoder)
    if places.corpus_dir is None or present is None:
        return present or build(places, settings, encoder)[0]
    name_corpus(places.index_dir, places.corpus_dir)
    if not needs_update(places.corpus_dir, places.index_dir, encoder=encoder, settings=settings, empty=places.empty):
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
    assert places.corpus_dir is not None, "without documents an index is only opened"
    line = ProgressLine()

    def show(progress: Progress) -> None:
        line.show(progress.stage, progress.done, progress.total)

    try:
        return Footnote.build(
            places.corpus_dir,
            places.index_dir,
            settings=settings,
            encoder=encoder,
            progress=show,
            empty=places.empty,
        )
    finally:
        line.close()

"""A folder of documents into an index: load, split, encode what is new, commit.

Only what changed is read further than its digest, and only inputs that were never encoded are encoded.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

from footnote.encoding import Encoder
from footnote.errors import FootnoteError, IndexFolderError
from footnote.indexing.building import Build, open_for
from footnote.indexing.journal import Change, CorpusHold, hidden_name
from footnote.indexing.surveying import Progress, Report, loader_versions, splitting_digest, survey
from footnote.loaders import close_worker, find_documents
from footnote.records import BuildReport
from footnote.settings import Settings
from footnote.store import content_digest, name_corpus, read_facts

__all__ = ["Change", "CorpusHold", "Progress", "build_index", "changes", "hidden_name", "needs_update"]

LOOK_EVERY_SECONDS = 1.0


def build_index(
    corpus_dir: Path | str,
    index_dir: Path | str,
    *,
    encoder: Encoder,
    settings: Settings | None = None,
    progress: Report | None = None,
    empty: bool = False,
) -> BuildReport:
    """Build the index of a folder of documents, or bring it up to date.

    Args:
        corpus_dir: the folder of documents.
        index_dir: the index folder, made if missing.
        encoder: makes the vectors; an index of another one is built again.
        settings: how passages are made; the defaults where None.
        progress: called now and then, on this thread.
        empty: whether a folder without documents makes an empty index.  Mostly it is a mistake, such as a disk that is
            not there, and then the index stays as it was.

    Returns:
        What was done.  A file that cannot be read is among ``skipped`` and never stops the others.

    Raises:
        CorpusError: the folder is missing, or holds no document that can be read and ``empty`` is not set.
        IndexLocked: another process is writing the index.
        IndexFolderError: the index cannot be written; the one before is kept.
    """
    began, chosen, report = time.monotonic(), settings or Settings(), progress or _ignore
    source = Path(corpus_dir)
    corpus = survey(source, chosen, report, empty=empty)
    with open_for(index_dir, source, encoder, chosen, report) as builder:
        # Whoever calls this names the folder; an index never does.
        name_corpus(index_dir, source)
        try:
            return Build(source, encoder, chosen, builder, corpus, report, empty=empty).run(began)
        finally:
            close_worker()


def needs_update(
    corpus_dir: Path | str,
    index_dir: Path | str,
    *,
    encoder: Encoder,
    settings: Settings | None = None,
    empty: bool = False,
) -> bool:
    """Whether ``build_index`` would change anything: by digests of the files, since times and sizes can lie.

    Raises:
        CorpusError: the folder is missing, or holds no document and ``empty`` is not set.
    """
    chosen = settings or Settings()
    corpus = survey(Path(corpus_dir), chosen, _ignore, empty=empty)
    try:
        facts = read_facts(index_dir)
    except IndexFolderError:
        return True
    made_by = (facts.encoder_fingerprint, facts.dimension, facts.splitting, facts.loaders)
    if made_by != (encoder.fingerprint, encoder.dimension, splitting_digest(chosen), loader_versions()):
        return True
    unread = {(file.path, file.sha256) for file in facts.unread}
    read = dict(set(corpus.digests.items()) - unread)
    return not unread <= set(corpus.digests.items()) or facts.content_sha256 != content_digest(read)


def changes(corpus_dir: Path, stop: threading.Event, every_seconds: float = LOOK_EVERY_SECONDS) -> Iterator[None]:
    """Yields once whenever the folder has changed and then been still for one look, until ``stop`` is set.

    By looking, not by asking the kernel: it works on every file system, network shares included, and ten thousand files cost
    a tenth of a second.  What changes while the caller works on one change is yielded afterwards.
    """
    settled = _look(corpus_dir)
    while not stop.wait(every_seconds):
        seen = _look(corpus_dir)
        if seen == settled:
            continue
        while not stop.wait(every_seconds):
            before, seen = seen, _look(corpus_dir)
            if before == seen:
                settled = seen
                yield
                break


def _look(corpus_dir: Path) -> frozenset[tuple[str, int, int, int]]:
    """Path, inode, size and time of every file; times can lie, so that digests decide what really changed."""
    try:
        paths, _ = find_documents(corpus_dir)
    except FootnoteError:
        return frozenset()
    found = set()
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue
        found.add((str(path), status.st_ino, status.st_size, status.st_mtime_ns))
    return frozenset(found)


def _ignore(_: Progress) -> None:
    """For callers that do not want to know."""

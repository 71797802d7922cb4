"""A folder of documents into an index: load, split, encode what is new, commit.

Only what changed is read further than its digest, and only inputs that were never encoded are encoded.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from footnote.errors import IndexFolderError
from footnote.indexing.building import Build
from footnote.indexing.journal import Change, CorpusHold, hidden_name
from footnote.indexing.surveying import Progress, Report, loader_versions, splitting_digest, survey
from footnote.indexing.watching import changes
from footnote.loaders import close_worker
from footnote.records import BuildReport
from footnote.settings import Settings
from footnote.store import IndexWriter, content_digest, name_corpus, read_manifest

if TYPE_CHECKING:
    from footnote.encoding import Encoder

__all__ = ["Change", "CorpusHold", "Progress", "build_index", "changes", "hidden_name", "needs_update"]


def build_index(
    corpus_dir: Path | str,
    index_dir: Path | str,
    *,
    encoder: Encoder,
    settings: Settings | None = None,
    progress: Report | None = None,
) -> BuildReport:
    """Build the index of a folder of documents, or bring it up to date.

    Args:
        corpus_dir: the folder of documents.
        index_dir: the index folder, made if missing.
        encoder: makes the vectors; an index of another one is built again.
        settings: how passages are made; the defaults where None.
        progress: called now and then, on this thread.

    Returns:
        What was done.  A file that cannot be read is among ``skipped`` and never stops the others.

    Raises:
        CorpusError: the folder is missing, or holds no document that can be read.
        IndexLocked: another process is writing the index.
        IndexFolderError: the index cannot be written; the one before is kept.
    """
    began, chosen, report = time.monotonic(), settings or Settings(), progress or _ignore
    source = Path(corpus_dir)
    corpus = survey(source, chosen, report)
    with IndexWriter(
        index_dir,
        encoder_fingerprint=encoder.fingerprint,
        dimension=encoder.dimension,
        splitting=splitting_digest(chosen),
        loaders=loader_versions(),
        vector_search=chosen.vector_search,
        corpus_dir=source,
        lock_wait_seconds=chosen.lock_wait_seconds,
        on_wait=lambda holder: report(Progress(f"waiting for process {holder}, which writes the index", 0, 0)),
    ) as writer:
        # Whoever calls this names the folder; an index never does.
        name_corpus(index_dir, source)
        try:
            return Build(source, encoder, chosen, writer, corpus, report).run(began)
        finally:
            close_worker()


def needs_update(
    corpus_dir: Path | str, index_dir: Path | str, *, encoder: Encoder, settings: Settings | None = None
) -> bool:
    """Whether ``build_index`` would change anything: by digests of the files, since times and sizes can lie.

    Raises:
        CorpusError: the folder is missing or holds no document.
    """
    chosen = settings or Settings()
    corpus = survey(Path(corpus_dir), chosen, _ignore)
    try:
        manifest = read_manifest(Path(index_dir))
    except IndexFolderError:
        return True
    made_by = (manifest.encoder_fingerprint, manifest.dimension, manifest.splitting, manifest.loaders)
    if made_by != (encoder.fingerprint, encoder.dimension, splitting_digest(chosen), loader_versions()):
        return True
    unread = {(file.path, file.sha256) for file in manifest.unread}
    read = dict(set(corpus.digests.items()) - unread)
    return not unread <= set(corpus.digests.items()) or manifest.content_sha256 != content_digest(read)


def _ignore(_: Progress) -> None:
    """For callers that do not want to know."""

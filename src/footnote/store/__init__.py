"""Indexes: write, open, verify, search.  The only place that knows SQLite, FAISS and Tantivy.

To everybody else an index is what ``protocol`` says, wherever it lies; ``open_index`` and ``open_builder`` open what a location
names: a folder, of which only ``local`` knows what is in it, or a name in Milvus, of which only ``milvus`` does.

**Decision: the truth is a set of SQLite files that are each written once, and a manifest that names them.**  The plan was
one SQLite file changed in transactions.  In write-ahead mode a reader's view lives in a log and a shared-memory file beside
the database, whose bytes no digest can cover; removed text stays in the log until every reader lets go, and copies of it
stay in the slack of pages whose cells were moved, which ``secure_delete`` does not overwrite; and a digest of the whole file
after each commit costs the size of the index, not of the change.  With a rollback journal readers wait for the writer.
Copying the file for each generation disturbs nobody, but costs gigabytes for one document at a million passages.

So a commit writes what changed into new files ("segments", at most 64 MB), and then replaces ``manifest.json``, the only
file that ever changes: that is the transaction.  Segments that hold a removed or changed document are written again
without it, and so are small ones, so a small index is one segment and a large one is never copied.  A reader opens what
the manifest names and keeps it open; nothing it holds can change, so it takes no lock, waits for nobody, never sees a mix
and works on a read-only folder.  Every file has its digest in the manifest, and the manifest has its own, so a changed byte
anywhere is found.  Removed text is gone with the file it stood in.  SQLite stays the form of the rows: typed, inspectable
with any SQLite tool, read by key without loading the rest.

| file | holds |
|---|---|
| ``manifest.json`` | the generation, the encoder, every other file with its size and SHA-256 |
| ``rows-G-N.sqlite`` | documents, passages, vectors as float16, term ids: the truth |
| ``centres-G.codes``, ``passages-G-N.codes``, ``sentences-G-N.codes`` | derived from the rows, where the search is approximate |
| ``lexical-G/`` | derived from all rows, for BM25 |
| ``LOCK`` | held while writing; empty otherwise |
| ``unfinished.vectors`` | what an interrupted run had encoded; gone with the next commit |

What is derived and missing or damaged is made again from the rows without encoding anything: in memory by a reader, on the
disk by the next writer.  There is no pickle.

A digest tells that a file is what was written, not who wrote it: an index or a backup may come from anybody.  So every name
in it is checked by one type (``names``), every field of the manifest by its declared type (``wire``), FAISS is never
given a file, and the folder of documents is the one that the owner named here (``state``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from footnote.errors import UsageError
from footnote.store.entries import (
    Candidates,
    DocumentEntry,
    IndexFacts,
    LoaderVersion,
    PassageEntry,
    PassageVectors,
    Unread,
    document_key,
    passage_key,
)
from footnote.store.local import backup as local_backup
from footnote.store.local import verify as local_verify
from footnote.store.local.durable import open_plain, step, sync_dir, sync_file
from footnote.store.local.index import LocalIndex
from footnote.store.local.manifest import Manifest, claimed_corpus, is_index, read_manifest
from footnote.store.local.rows import content_digest
from footnote.store.local.writer import LocalIndexBuilder
from footnote.store.milvus.address import is_milvus
from footnote.store.milvus.erasure import Erasure, erase_milvus
from footnote.store.milvus.milvus_builder import MilvusIndexBuilder
from footnote.store.milvus.milvus_index import MilvusIndex, read_milvus_facts
from footnote.store.milvus.verification import verify_milvus
from footnote.store.new_files import new_file
from footnote.store.protocol import Index, IndexBuilder, all_documents
from footnote.store.state import corpus_of, feedback_file, folder_of, is_folder, location_of, name_corpus
from footnote.store.topk import Found

__all__ = [
    "Candidates",
    "DocumentEntry",
    "Erasure",
    "Found",
    "Index",
    "IndexBuilder",
    "IndexFacts",
    "LoaderVersion",
    "LocalIndex",
    "LocalIndexBuilder",
    "Manifest",
    "PassageEntry",
    "PassageVectors",
    "Unread",
    "all_documents",
    "backup",
    "claimed_corpus",
    "content_digest",
    "corpus_of",
    "document_key",
    "erase",
    "feedback_file",
    "is_folder",
    "is_index",
    "location_of",
    "name_corpus",
    "new_file",
    "open_builder",
    "open_index",
    "open_plain",
    "passage_key",
    "read_facts",
    "read_manifest",
    "restore",
    "step",
    "sync_dir",
    "sync_file",
    "verify",
]


def open_index(location: Path | str, *, encoder_fingerprint: str | None = None) -> Index:
    """Open the newest generation of the index that a location names.

    Args:
        location: of the index.
        encoder_fingerprint: of the encoder that questions will be encoded with; None to read only.

    Raises:
        UsageError: the location is none that this Footnote can open.
        IndexMissing: there is no index.
        IndexMismatch: it was made by another format or encoder.
        IndexDamaged: it is not what was written, and cannot be made again.
        IndexUnreachable: the server that holds it does not answer.
    """
    if is_milvus(location):
        return MilvusIndex.open(location, encoder_fingerprint=encoder_fingerprint)
    return LocalIndex.open(folder_of(location), encoder_fingerprint=encoder_fingerprint)


def read_facts(location: Path | str) -> IndexFacts:
    """What the newest generation says of itself, without opening it.

    Raises:
        UsageError, IndexMissing, IndexMismatch, IndexDamaged, IndexUnreachable: as ``open_index``.
    """
    if is_milvus(location):
        return read_milvus_facts(location)
    return read_manifest(folder_of(location)).facts()


def open_builder(  # noqa: PLR0913 - what makes an index another one, each by its name
    location: Path | str,
    *,
    encoder_fingerprint: str,
    dimension: int,
    splitting: str = "",
    loaders: Sequence[LoaderVersion] = (),
    vector_search: str = "auto",
    corpus_dir: Path | None = None,
    lock_wait_seconds: float = 60.0,
    on_wait: Callable[[str], None] | None = None,
) -> IndexBuilder:
    """What writes the index that a location names, which is made if it is missing.

    Args:
        location: of the index.
        encoder_fingerprint: of the encoder that made the vectors to come.
        dimension: of those vectors.
        splitting: digest of the settings and the version of the code that shape passages.
        loaders: the versions of the loaders that read the documents to come.
        vector_search: "auto", "exact" or "approximate".
        corpus_dir: the folder of documents, to be remembered.
        lock_wait_seconds: how long to wait for another writer.
        on_wait: told the process id of the writer that is waited for.

    Raises:
        UsageError: the location is none that this Footnote can write to.
    """
    options: dict[str, Any] = {
        "encoder_fingerprint": encoder_fingerprint,
        "dimension": dimension,
        "splitting": splitting,
        "loaders": loaders,
        "vector_search": vector_search,
        "lock_wait_seconds": lock_wait_seconds,
        "on_wait": on_wait,
    }
    if is_milvus(location):
        return MilvusIndexBuilder(location, **options)
    return LocalIndexBuilder(folder_of(location), corpus_dir=corpus_dir, **options)


def verify(location: Path | str) -> list[str]:
    """Check a whole index.

    Returns:
        What is wrong, each beginning with where; empty when nothing is.

    Raises:
        UsageError: the location is none that this Footnote can open.
        IndexUnreachable: the server that holds it does not answer.
    """
    return verify_milvus(location) if is_milvus(location) else local_verify.verify(folder_of(location))


def backup(location: Path | str, archive: Path) -> Manifest:
    """Write the committed generation of an index in a folder into one file; see ``local.backup.backup``.

    Raises:
        UsageError: the index lies on a server, which has means of its own.
    """
    _check_folder(location)
    return local_backup.backup(folder_of(location), archive)


def restore(archive: Path, location: Path | str, *, lock_wait_seconds: float) -> Manifest:
    """Put a backup back as the newest generation of an index in a folder; see ``local.backup.restore``.

    Raises:
        UsageError: the index lies on a server, which has means of its own.
    """
    _check_folder(location)
    return local_backup.restore(archive, folder_of(location), lock_wait_seconds=lock_wait_seconds)


def erase(location: Path | str, *, report: Callable[[str], None], **options: Any) -> Erasure:
    """Erase from every file what was removed from an index on a server, and prove it; see ``milvus.erasure.erase_milvus``.

    Raises:
        UsageError: the index lies in a folder, where removed text goes with the commit that removes it.
    """
    if not is_milvus(location):
        what = "an index in a folder keeps nothing of what was removed"
        raise UsageError(
            what, where=str(folder_of(location)), remedy="look at older backups, and at copies of the folder"
        )
    return erase_milvus(location, report=report, **options)


def _check_folder(location: Path | str) -> None:
    if is_milvus(location):
        raise UsageError(
            "an index in Milvus is not backed up as one file",
            where=str(location),
            remedy="use milvus-backup for its collections and a copy of the object store, as docs/cluster.md says",
        )

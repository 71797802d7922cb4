"""The index folder: write, open, verify, search.  The only place that knows SQLite, FAISS and Tantivy.

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
in it is checked by one type (``names``), every field of the manifest by its declared type (``decoding``), FAISS is never
given a file, and the folder of documents is the one that the owner named here (``corpora``).
"""

from __future__ import annotations

from footnote.store.archive import backup, restore
from footnote.store.corpora import claimed_corpus, corpus_of, name_corpus
from footnote.store.entries import Candidates, DocumentEntry, PassageEntry, PassageVectors
from footnote.store.files import open_plain, step, sync_dir, sync_file
from footnote.store.health import IndexHealth
from footnote.store.manifest import LoaderVersion, Manifest, Unread, is_index, read_manifest
from footnote.store.new_files import new_file
from footnote.store.reader import Index
from footnote.store.rows import content_digest
from footnote.store.verification import verify
from footnote.store.writer import IndexWriter

__all__ = [
    "Candidates",
    "DocumentEntry",
    "Index",
    "IndexHealth",
    "IndexWriter",
    "LoaderVersion",
    "Manifest",
    "PassageEntry",
    "PassageVectors",
    "Unread",
    "backup",
    "claimed_corpus",
    "content_digest",
    "corpus_of",
    "is_index",
    "name_corpus",
    "new_file",
    "open_plain",
    "read_manifest",
    "restore",
    "step",
    "sync_dir",
    "sync_file",
    "verify",
]

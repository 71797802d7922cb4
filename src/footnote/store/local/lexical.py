"""BM25 with Tantivy over the stems of all passages: one folder a generation, its files hard-linked from the one before.

It holds term ids in hexadecimal, never words: so it can be made again from the rows without reading a text, and a removed
document leaves no text in it.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from footnote.errors import IndexDamaged
from footnote.store.entries import KeyArray, TermArray
from footnote.store.local.durable import (
    FILE_MODE,
    StoredFile,
    hash_file,
    make_folder,
    open_plain,
    step,
    sync_dir,
    sync_file,
)
from footnote.store.local.names import StoredName
from footnote.store.local.segments import NOT_OURS, PassageTerms
from footnote.store.topk import Found, best, nothing
from footnote.terms import is_answer_type, term_id

FIELDS = ("body", "heading")
WRITER_BYTES = 64_000_000
META_NAME, MANAGED_NAME = "meta.json", ".managed.json"
"""Tantivy replaces these; all its other files are written once, so that generations can share them."""
_WRITTEN_ONCE = re.compile(r"[0-9a-f]{32}(?:\.[0-9]+)?\.[a-z]+", re.ASCII)
_LIST_MOST_BYTES = 1_000_000


class LexicalIndex:
    """An open lexical index; safe to share between threads."""

    def __init__(self, index: Any, where: str = "memory") -> None:
        self._where = where
        self._schema = index.schema
        self._searcher = index.searcher()
        self.total = int(self._searcher.num_docs)

    @classmethod
    def open(cls, folder: Path) -> LexicalIndex | None:
        """Open a folder whose files' digests have been compared; None when Tantivy cannot, as on a read-only medium."""
        import tantivy

        try:
            with _understood(str(folder)):
                return cls(tantivy.Index.open(str(folder)), str(folder))
        except (IndexDamaged, OSError):
            return None

    @classmethod
    def in_memory(cls, passages: Iterable[PassageTerms]) -> LexicalIndex:
        """Make one that lies in no file."""
        import tantivy

        index = tantivy.Index(_schema())
        _fill(index, passages, ())
        return cls(index)

    def search(
        self,
        stems: Sequence[str],
        k: int,
        weights: Mapping[str, float],
        allowed: KeyArray | None = None,
        *,
        places: Callable[[KeyArray], KeyArray],
    ) -> Found:
        """Places and BM25 scores of the ``k`` best passages, best first, ties by place.

        Args:
            stems: of the query; a repeated one counts as often; answer types are left out.
            k: how many.
            weights: field -> factor of its score, of "body" and "heading".
            allowed: document keys to search in; None for all.
            places: gives the places of passages by their keys.
        """
        from tantivy import Occur, Query

        tokens = Counter(f"{term_id(stem):08x}" for stem in stems if not is_answer_type(stem))
        parts = [
            Query.boost_query(Query.term_query(self._schema, field, token, "freq"), weights[field] * count)
            for token, count in sorted(tokens.items())
            for field in FIELDS
            if weights.get(field, 0.0) > 0.0
        ]
        if not parts:
            return nothing()
        query = Query.boolean_query([(Occur.Should, part) for part in parts])
        if allowed is not None:
            inside = Query.const_score_query(Query.term_set_query(self._schema, "document", allowed.tolist()), 0.0)
            query = Query.boolean_query([(Occur.Must, query), (Occur.Must, inside)])
        return best(partial(self._run, query, places), self.total, k)

    def _run(self, query: Any, places: Callable[[KeyArray], KeyArray], limit: int) -> Found:
        with _understood(self._where):
            hits = self._searcher.search(query, limit, count=False).hits
            keys = self._searcher.fast_field_values("key", [address for _, address in hits])
            scores = np.array([score for score, _ in hits], dtype=np.float32)
        return Found(places(np.array(keys, dtype=np.int64)), scores)

    def keys(self) -> KeyArray:
        """All keys, ascending, for checking."""
        from tantivy import Query

        with _understood(self._where):
            hits = self._searcher.search(Query.all_query(), max(self.total, 1), count=False).hits
            keys = self._searcher.fast_field_values("key", [address for _, address in hits])
            return np.sort(np.array(keys, dtype=np.int64))

    def frequency(self, field: str, term: int) -> int:
        """Number of passages with a term id in a field, deleted ones that are not merged away included; for checking."""
        with _understood(self._where):
            return int(self._searcher.doc_freq(field, f"{term:08x}"))


@contextmanager
def _understood(where: str) -> Iterator[None]:
    """While Tantivy reads files that anybody may have written and sealed.

    It is memory-safe, so that they can do no more than stop it.  Where it takes them for impossible it panics, which in
    Python is no ordinary exception.

    Raises:
        IndexDamaged: it cannot make sense of them.
    """
    try:
        yield
    except BaseException as error:
        if not isinstance(error, ValueError | OverflowError) and type(error).__name__ != "PanicException":
            raise
        raise IndexDamaged("is no lexical index of these rows", where=where, remedy=NOT_OURS) from error


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("key", indexed=True, fast=True)
    builder.add_unsigned_field("document", indexed=True)
    for field in FIELDS:
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _tokens(terms: TermArray) -> str:
    return terms.astype(">u4").tobytes().hex(" ", 4)


def _fill(index: Any, passages: Iterable[PassageTerms], gone: Sequence[int]) -> None:
    import tantivy

    # One thread: documents are numbered in the order given, so that equal inputs make equal indexes.
    writer = index.writer(WRITER_BYTES, 1)
    if gone:
        # delete_documents_by_term silently finds nothing in unsigned fields; a query does.
        writer.delete_documents_by_query(tantivy.Query.term_set_query(index.schema, "key", gone))
    for key, document_key, body, heading in passages:
        document = tantivy.Document()
        document.add_unsigned("key", key)
        document.add_unsigned("document", document_key)
        document.add_text("body", _tokens(body))
        document.add_text("heading", _tokens(heading))
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()


def write_lexical(
    index_dir: Path,
    name: StoredName,
    passages: Iterable[PassageTerms],
    *,
    base: StoredName | None = None,
    gone: Sequence[int] = (),
) -> tuple[StoredFile, ...]:
    """Write the folder of a generation.

    Args:
        index_dir: the index folder.
        name: of the new folder in it.
        passages: what is added.
        base: name of an earlier generation's folder to start from; None to start from nothing.
        gone: keys that the base has and this one must not.

    Returns:
        Its files, durable.
    """
    import tantivy

    folder = index_dir / name
    shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)
    if base:
        _share(index_dir / base, folder)
    step("fill", folder)
    try:
        index = tantivy.Index.open(str(folder)) if base else tantivy.Index(_schema(), str(folder))
        _fill(index, passages, gone)
    except ValueError as error:
        # So Tantivy says that the disk is full; the system's own number is only in its words.
        number = re.search(r"os error (\d+)", str(error))
        code = int(number[1]) if number else errno.EIO
        raise OSError(code, os.strerror(code) if number else str(error), str(folder)) from error
    step("filled", folder)
    del index
    return tuple(_settle(index_dir, name))


def _share(base: Path, folder: Path) -> None:
    """Begin a folder with the files of another, whose list of names is written anew.

    Whatever stands in that list and belongs to no segment Tantivy removes at the next commit, wherever its path leads; and
    the list of the base may be anybody's.
    """
    shared = [META_NAME]
    step("share", folder / META_NAME)
    shutil.copyfile(base / META_NAME, folder / META_NAME)
    for path in sorted(base.iterdir()):
        if _WRITTEN_ONCE.fullmatch(path.name):
            step("share", folder / path.name)
            try:
                os.link(path, folder / path.name, follow_symlinks=False)
            except OSError:  # A file system that knows no second names.
                shutil.copyfile(path, folder / path.name)
            shared.append(path.name)
    step("share", folder / MANAGED_NAME)
    (folder / MANAGED_NAME).write_text(json.dumps(shared), encoding="ascii")


def is_lexical_name(name: str) -> bool:
    """Whether a file in a folder of a lexical index can be Tantivy's."""
    return name == META_NAME or name.startswith(".") or _WRITTEN_ONCE.fullmatch(name) is not None


def lists_only_its_own(folder: Path) -> bool:
    """Whether the list of names that Tantivy keeps in its folder, and removes files by, leads nowhere else."""
    try:
        with open_plain(folder / MANAGED_NAME) as descriptor:
            names = json.loads(os.read(descriptor, _LIST_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(names, list) and all(
        isinstance(name, str) and (name == META_NAME or _WRITTEN_ONCE.fullmatch(name)) for name in names
    )


def _settle(index_dir: Path, name: StoredName) -> Iterator[StoredFile]:
    folder = index_dir / name
    for path in sorted(folder.iterdir()):
        if path.suffix == ".lock":
            path.unlink()
            continue
        # Tantivy makes some files for everybody, and those are the owner's alone, as all files of an index are.
        path.chmod(FILE_MODE)
        sync_file(path)
        yield hash_file(index_dir, name.inside(path.name))
    sync_dir(folder)

"""Writing a new generation of an index in a folder: new files under new names, then one replacement of the manifest, then the old files go.

A crash before that replacement leaves the old generation and files that nothing refers to; a crash after it leaves the new
one and files that nothing refers to any more.  The next writer removes both.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType

from footnote.errors import IndexDamaged, IndexFolderError, IndexMismatch, IndexMissing
from footnote.store.entries import DocumentEntry, IndexFacts, LoaderVersion, PassageVectors, Unread
from footnote.store.local.directory import PassageDirectory
from footnote.store.local.durable import StoredFile, matches, publish, sync_dir
from footnote.store.local.generation import (
    all_terms,
    check_rows,
    clean,
    is_small,
    last_named,
    lexical_intact,
    open_segment,
    prepare_folder,
    write_segments,
)
from footnote.store.local.lexical import write_lexical
from footnote.store.local.manifest import DRAFT_NAME, MANIFEST_NAME, Manifest, SegmentInfo, read_manifest
from footnote.store.local.names import StoredName
from footnote.store.local.rows import announced, content_digest, store_documents
from footnote.store.local.segments import Segment
from footnote.store.local.unfinished import Unfinished
from footnote.store.local.vectors import vector_search_fits, write_vectors
from footnote.store.state import write_lock

SMALL_BYTES = 16_000_000
"""Segments below this size are merged into what a commit writes, so that there are never many."""
SHARED_PASSAGES = 20_000
"""From so many unchanged passages on, the lexical index starts from the one before; below, writing all takes under a second."""
GONE_SHARE = 0.1
"""Tantivy counts removed passages in its statistics until it merges them away; beyond this share all is written again."""


class LocalIndexBuilder:
    """``protocol.IndexBuilder`` over the files of a folder; it holds the folder's lock.

    Args:
        index_dir: the index folder, made if missing.
        encoder_fingerprint: of the encoder that made the vectors to come.
        dimension: of those vectors.
        splitting: digest of the settings and the version of the code that shape passages.
        loaders: the versions of the loaders that read the documents to come.
        vector_search: "auto", "exact" or "approximate".
        corpus_dir: the folder of documents, to be remembered.
        lock_wait_seconds: how long to wait for another writer.
        on_wait: told the process id of the writer that is waited for.
    """

    def __init__(  # noqa: PLR0913 - what makes an index another one, each by its name
        self,
        index_dir: Path | str,
        *,
        encoder_fingerprint: str,
        dimension: int,
        splitting: str = "",
        loaders: Sequence[LoaderVersion] = (),
        vector_search: str = "auto",
        corpus_dir: Path | None = None,
        lock_wait_seconds: float = 60.0,
        on_wait: Callable[[str], None] | None = None,
    ) -> None:
        self.index_dir = Path(index_dir)
        self._encoder, self._dimension, self._splitting = encoder_fingerprint, dimension, splitting
        self._loaders = tuple(loaders)
        self._vector_search = vector_search
        self._corpus = _relative(corpus_dir, self.index_dir)
        self._wait_seconds, self._on_wait = lock_wait_seconds, on_wait
        self._unfinished = Unfinished(self.index_dir, encoder_fingerprint=encoder_fingerprint, dimension=dimension)
        self._held = ExitStack()
        self._base: Manifest | None = None
        self._segments: list[Segment] = []
        self._intact = True

    def __enter__(self) -> LocalIndexBuilder:
        prepare_folder(self.index_dir)
        with ExitStack() as held:
            held.enter_context(write_lock(self.index_dir, self._wait_seconds, self._on_wait))
            self._load()
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_segments()
        self._held.close()

    def _close_segments(self) -> None:
        while self._segments:
            self._segments.pop().close()

    def _load(self) -> None:
        self._close_segments()
        self._base, self._intact = None, True
        try:
            base = read_manifest(self.index_dir)
        except IndexMissing:
            clean(self.index_dir, None)
            return
        except (IndexDamaged, IndexMismatch):
            self._intact = False
            return
        clean(self.index_dir, base)
        self._base = base
        if (base.encoder_fingerprint, base.dimension) != (self._encoder, self._dimension):
            return
        for info in base.segments:
            if check_rows(self.index_dir, base, info):
                self._segments.append(open_segment(self.index_dir, info, base.dimension))
            else:
                self._intact = False

    @property
    def base(self) -> IndexFacts | None:
        return None if self._base is None else self._base.facts()

    @property
    def manifest(self) -> Manifest | None:
        """The manifest of ``base``, for checks."""
        return self._base

    def _current(self) -> bool:
        made_by = (self._encoder, self._dimension, self._splitting)
        base = self._base
        return base is not None and (base.encoder_fingerprint, base.dimension, base.splitting) == made_by

    def known(self) -> dict[str, str]:
        return {name: digest for s in self._segments for name, digest in s.files()} if self._current() else {}

    def loaders(self) -> tuple[LoaderVersion, ...]:
        return self._base.loaders if self._base is not None and self._current() else ()

    def unread(self) -> tuple[Unread, ...]:
        return self._base.unread if self._base is not None and self._current() else ()

    def vectors_for(self, input_sha256s: Iterable[str]) -> dict[str, PassageVectors]:
        missing = {bytes.fromhex(digest) for digest in input_sha256s}
        found: dict[str, PassageVectors] = {}
        for segment in self._segments:
            for digest, vector, sentences, heading in segment.inputs(sorted(missing)):
                found[digest.hex()] = PassageVectors(vector, sentences, heading)
                missing.discard(digest)
        return found | {digest.hex(): kept for digest, kept in self._unfinished.find(sorted(missing))}

    def keep_vectors(self, found: Mapping[str, PassageVectors]) -> None:
        self._unfinished.keep({bytes.fromhex(digest): vectors for digest, vectors in found.items()})

    def forget_vectors(self) -> None:
        self._unfinished.remove()

    def needs_commit(self) -> bool:
        base = self._base
        if base is None or not self._intact or not self._current():
            return True
        if (base.corpus, base.loaders) != (self._corpus, self._loaders):
            return True
        vectors = vector_search_fits(self.index_dir, base, self._vector_search) and all(
            self._vectors_intact(info) for info in base.segments
        )
        return not vectors or bool(base.lexical_dir and not lexical_intact(self.index_dir, base))

    def _vectors_intact(self, info: SegmentInfo) -> bool:
        base = self._base
        files = [file for file in info.files() if file != info.rows]
        return base is not None and all(matches(self.index_dir, file, whole=is_small(base)) for file in files)

    def commit(
        self,
        added_or_changed: Iterable[DocumentEntry] = (),
        removed: Sequence[str] = (),
        *,
        changing: Collection[str] | None = None,
        unread: Sequence[Unread] = (),
    ) -> int:
        entries, changed = announced(added_or_changed, changing)
        try:
            manifest = self._write(entries, changed | frozenset(removed), unread)
        except OSError as error:
            raise IndexFolderError(
                f"the index cannot be written ({error.strerror}); the one that is there is whole",
                where=str(error.filename or self.index_dir),
                remedy="make room or allow writing there, then run `footnote index` again",
            ) from error
        finally:
            # Whether it was committed or not, the folder says so: what neither generation needs is removed.
            self._load()
        return manifest.generation

    def _write(self, entries: Iterable[DocumentEntry], gone: frozenset[str], unread: Sequence[Unread]) -> Manifest:
        old = self._segments if self._current() else []
        generation = self._next_generation()
        kept = [s for s in old if self._keep(s, gone)]
        rewritten = [s for s in old if s not in kept]
        files = {name: digest for s in old for name, digest in s.files() if name not in gone}
        fresh = store_documents(entries, files, self._dimension)
        rows = heapq.merge(*(s.stored(gone) for s in rewritten), fresh, key=lambda stored: stored.id)
        written = list(write_segments(self.index_dir, rows, generation))
        with ExitStack() as opened:
            news = [
                opened.enter_context(closing(open_segment(self.index_dir, info, self._dimension))) for info in written
            ]
            _check_keys([*kept, *news], self.index_dir)
            before, choice = self._base.approximation if self._base else None, self._vector_search
            infos, approximation = write_vectors(self.index_dir, kept, news, generation, before=before, choice=choice)
            lexical_dir, lexical, gone_terms = self._write_lexical(kept, news, generation)
        manifest = Manifest(
            generation=generation,
            encoder_fingerprint=self._encoder,
            dimension=self._dimension,
            splitting=self._splitting,
            loaders=self._loaders,
            content_sha256=content_digest(files),
            segments=infos,
            lexical_dir=lexical_dir,
            lexical=lexical,
            lexical_gone=gone_terms,
            unread=tuple(unread),
            approximation=approximation,
            corpus=self._corpus,
        )
        sync_dir(self.index_dir)
        publish(self.index_dir, DRAFT_NAME, MANIFEST_NAME, manifest.render())
        self._unfinished.remove()
        return manifest

    def _keep(self, segment: Segment, gone: frozenset[str]) -> bool:
        if segment.info.rows.size_bytes < SMALL_BYTES or any(name in gone for name, _ in segment.files()):
            return False
        return self._vectors_intact(segment.info)

    def _next_generation(self) -> int:
        if self._base is not None:
            return self._base.generation + 1
        # Whoever has a generation open that cannot be read any more must see that the next one is another.
        return last_named(self.index_dir) + 1

    def _write_lexical(
        self, kept: list[Segment], news: list[Segment], generation: int
    ) -> tuple[StoredName | None, tuple[StoredFile, ...], int]:
        """The folder of the lexical index, its files, and how many removed passages it counts."""
        base, name = self._base, StoredName.of("lexical", generation)
        if not kept and not news:
            return None, (), 0
        shared = sum(s.info.passages for s in kept)
        # Which passages a segment held that cannot be read any more is not known.
        whole = base is not None and len(self._segments) == len(base.segments)
        if base is not None and whole and shared >= SHARED_PASSAGES and lexical_intact(self.index_dir, base):
            rewritten = [s.keys() for s in self._segments if s not in kept]
            gone = base.lexical_gone + sum(map(len, rewritten))
            if gone <= GONE_SHARE * shared:
                keys = [key for each in rewritten for key in each.tolist()]
                files = write_lexical(self.index_dir, name, all_terms(news), base=base.lexical_dir, gone=keys)
                return name, files, gone
        return name, write_lexical(self.index_dir, name, all_terms([*kept, *news])), 0


def _check_keys(segments: Sequence[Segment], index_dir: Path) -> None:
    try:
        PassageDirectory(segments)
    except IndexDamaged as error:
        # It takes billions of passages, or names that somebody made for it.
        raise IndexFolderError(
            "two passages would have one key; the index that is there is whole",
            where=str(index_dir),
            remedy="give the document that was added last another name",
        ) from error


def _relative(corpus_dir: Path | None, index_dir: Path) -> str:
    return "" if corpus_dir is None else os.path.relpath(corpus_dir.resolve(), index_dir.resolve())

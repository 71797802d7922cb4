"""Writing a new generation: new files under new names, then one replacement of the manifest, then the old files go.

A crash before that replacement leaves the old generation and files that nothing refers to; a crash after it leaves the new
one and files that nothing refers to any more.  The next writer removes both.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType

from footnote.errors import IndexDamaged, IndexFolderError, IndexMismatch, IndexMissing
from footnote.store.entries import DocumentEntry, PassageVectors
from footnote.store.files import StoredFile, matches, publish, sync_dir
from footnote.store.generations import clean, last_named, write_segments
from footnote.store.lexical import write_lexical
from footnote.store.lock import write_lock
from footnote.store.manifest import (
    DRAFT_NAME,
    MANIFEST_NAME,
    LoaderVersion,
    Manifest,
    SegmentInfo,
    Unread,
    read_manifest,
)
from footnote.store.names import StoredName
from footnote.store.opening import all_terms, check_rows, is_small, lexical_intact, open_segment
from footnote.store.rows import StoredDocument, content_digest, store_document
from footnote.store.segments import Segment
from footnote.store.unfinished import Unfinished
from footnote.store.vector_files import vector_search_fits, write_vectors

SMALL_BYTES = 16_000_000
"""Segments below this size are merged into what a commit writes, so that there are never many."""
SHARED_PASSAGES = 20_000
"""From so many unchanged passages on, the lexical index starts from the one before; below, writing all takes under a second."""
GONE_SHARE = 0.1
"""Tantivy counts removed passages in its statistics until it merges them away; beyond this share all is written again."""


class IndexWriter:
    """The only writer of an index; a context manager that holds its lock.

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

    An index of another encoder, splitting or format, or a damaged one, counts as empty, and the next commit replaces it.

    Raises:
        IndexLocked: another process is writing it.
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

    def __enter__(self) -> IndexWriter:
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
    def base(self) -> Manifest | None:
        """The generation that a commit would follow; None when there is none that can be read."""
        return self._base

    def _current(self) -> bool:
        made_by = (self._encoder, self._dimension, self._splitting)
        base = self._base
        return base is not None and (base.encoder_fingerprint, base.dimension, base.splitting) == made_by

    def known(self) -> dict[str, str]:
        """Document id -> digest of its file, for every document that need not be written again."""
        return {name: digest for s in self._segments for name, digest in s.files()} if self._current() else {}

    def loaders(self) -> tuple[LoaderVersion, ...]:
        """The versions of the loaders that read the documents that are known."""
        return self._base.loaders if self._base is not None and self._current() else ()

    def unread(self) -> tuple[Unread, ...]:
        """Files that could not be read when the index was last written under the same settings."""
        return self._base.unread if self._base is not None and self._current() else ()

    def vectors_for(self, input_sha256s: Iterable[str]) -> dict[str, PassageVectors]:
        """Vectors of passages that were encoded from the same inputs before, by the same encoder."""
        missing = {bytes.fromhex(digest) for digest in input_sha256s}
        found: dict[str, PassageVectors] = {}
        for segment in self._segments:
            for digest, vector, sentences, heading in segment.inputs(sorted(missing)):
                found[digest.hex()] = PassageVectors(vector, sentences, heading)
                missing.discard(digest)
        return found | {digest.hex(): kept for digest, kept in self._unfinished.find(sorted(missing))}

    def keep_vectors(self, found: Mapping[str, PassageVectors]) -> None:
        """Remember vectors by their inputs until the next commit, also if this run is interrupted."""
        self._unfinished.keep({bytes.fromhex(digest): vectors for digest, vectors in found.items()})

    def forget_vectors(self) -> None:
        """Remove what an interrupted run kept: there is nothing to commit."""
        self._unfinished.remove()

    def needs_commit(self) -> bool:
        """Whether the index would change without any change of documents: it is missing, damaged, or made otherwise."""
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
        """Make a new generation.

        Args:
            added_or_changed: the documents to write, by ascending id; read once, and never all held at once.
            removed: ids of the documents to leave out.
            changing: ids of ``added_or_changed``, or more; where None, it is read first to find them.
            unread: files of the corpus that were skipped, in place of those known before; read after the documents.

        Returns:
            Its number.

        Raises:
            IndexFolderError: it cannot be written, for instance because the disk is full; the old one stays.
        """
        if changing is None:
            added_or_changed = sorted(added_or_changed, key=lambda entry: entry.document.id)
            changing = {entry.document.id for entry in added_or_changed}
        try:
            manifest = self._write(added_or_changed, frozenset(changing) | frozenset(removed), unread)
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
        fresh = self._stored(entries, files)
        rows = heapq.merge(*(s.stored(gone) for s in rewritten), fresh, key=lambda stored: stored.id)
        first = self._next_keys(kept)
        written = list(write_segments(self.index_dir, rows, generation, first=first))
        with ExitStack() as opened:
            news = [
                opened.enter_context(closing(open_segment(self.index_dir, info, self._dimension))) for info in written
            ]
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
            next_key=max((info.end_key for info in infos), default=first[0]),
            next_document_key=max((i.first_document_key + i.documents for i in infos), default=first[1]),
            unread=tuple(unread),
            approximation=approximation,
            corpus=self._corpus,
        )
        sync_dir(self.index_dir)
        publish(self.index_dir, DRAFT_NAME, MANIFEST_NAME, manifest.render())
        self._unfinished.remove()
        return manifest

    def _stored(self, entries: Iterable[DocumentEntry], files: dict[str, str]) -> Iterator[StoredDocument]:
        for entry in entries:
            if entry.document.id in files:
                raise ValueError(f"written twice, or not announced: {entry.document.id}")
            files[entry.document.id] = entry.document.sha256
            yield store_document(entry, self._dimension)

    def _keep(self, segment: Segment, gone: frozenset[str]) -> bool:
        if segment.info.rows.size_bytes < SMALL_BYTES or any(name in gone for name, _ in segment.files()):
            return False
        return self._vectors_intact(segment.info)

    def _next_generation(self) -> int:
        if self._base is not None:
            return self._base.generation + 1
        # Whoever has a generation open that cannot be read any more must see that the next one is another.
        return last_named(self.index_dir) + 1

    def _next_keys(self, kept: list[Segment]) -> tuple[int, int]:
        # With nothing kept, keys start again, and an index that grew has the keys of one that was built at once.
        if self._base is None or not kept:
            return 1, 1
        return self._base.next_key, self._base.next_document_key

    def _write_lexical(
        self, kept: list[Segment], news: list[Segment], generation: int
    ) -> tuple[StoredName | None, tuple[StoredFile, ...], int]:
        """The folder of the lexical index, its files, and how many removed passages it counts."""
        base, name = self._base, StoredName.of("lexical", generation)
        if not kept and not news:
            return None, (), 0
        shared = sum(s.info.passages for s in kept)
        if base is not None and shared >= SHARED_PASSAGES and lexical_intact(self.index_dir, base):
            infos = [s.info for s in kept]
            ranges = [(info.first_key, info.end_key) for info in base.segments if info not in infos]
            gone = base.lexical_gone + sum(end - first for first, end in ranges)
            if gone <= GONE_SHARE * shared:
                news_only = all_terms(news)
                files = write_lexical(self.index_dir, name, news_only, base=base.lexical_dir, gone=ranges)
                return name, files, gone
        return name, write_lexical(self.index_dir, name, all_terms([*kept, *news])), 0


def _relative(corpus_dir: Path | None, index_dir: Path) -> str:
    return "" if corpus_dir is None else os.path.relpath(corpus_dir.resolve(), index_dir.resolve())

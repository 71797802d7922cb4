"""Writing a new generation of an index in Milvus: rows under new numbers, then one replacement of the pointer."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from footnote.errors import FootnoteError, IndexDamaged, IndexMismatch
from footnote.store.entries import DocumentEntry, IndexFacts, LoaderVersion, PassageVectors, Unread
from footnote.store.local.rows import announced, content_digest, floats, store_documents
from footnote.store.local.unfinished import Unfinished
from footnote.store.milvus.address import parse_address
from footnote.store.milvus.claiming import PointerHold
from footnote.store.milvus.connection import Connection
from footnote.store.milvus.contents import Contents
from footnote.store.milvus.generation_writer import GenerationWriter
from footnote.store.milvus.milvus_rows import input_number
from footnote.store.milvus.objects import Objects, open_objects
from footnote.store.milvus.pointer import GRACE_SECONDS, Former, Pointer
from footnote.store.milvus.removal import Removal, last_generation, last_series
from footnote.store.state import beside, write_lock

FOUND_AT_ONCE = 200
"""Passages whose vectors are read at once: 2 MB."""


class MilvusIndexBuilder:
    """``protocol.IndexBuilder`` over collections of Milvus; arguments as of ``store.open_builder``."""

    def __init__(
        self,
        location: Path | str,
        *,
        encoder_fingerprint: str,
        dimension: int,
        splitting: str = "",
        loaders: Sequence[LoaderVersion] = (),
        vector_search: str = "auto",
        lock_wait_seconds: float = 60.0,
        on_wait: Callable[[str], None] | None = None,
    ) -> None:
        self._address = parse_address(location)
        self._encoder, self._dimension, self._splitting = encoder_fingerprint, dimension, splitting
        self._loaders = tuple(loaders)
        # In one process everything is compared anyway, up to sizes that belong on a server.
        self._exact = vector_search == "exact" or (vector_search == "auto" and self._address.embedded)
        self._wait_seconds, self._on_wait = lock_wait_seconds, on_wait
        self._beside = beside(location)
        self._unfinished = Unfinished(self._beside, encoder_fingerprint=encoder_fingerprint, dimension=dimension)
        self._held = ExitStack()

    def __enter__(self) -> MilvusIndexBuilder:
        with ExitStack() as held:
            held.enter_context(write_lock(self._beside, self._wait_seconds, self._on_wait))
            self._connection = Connection(self._address, make=True)
            held.callback(self._connection.close)
            self._objects: Objects = open_objects(self._address, self._connection)
            self._hold = PointerHold(self._objects, self._address, self._beside)
            self._load()
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    def _load(self) -> None:
        """Read the pointer once nobody else is writing; one that cannot be read counts as none, as does what it names."""
        with suppress(IndexDamaged, IndexMismatch):
            self._hold.wait(self._wait_seconds, self._on_wait)
        pointer = self._hold.pointer
        self._pointer = pointer if pointer is not None and pointer.generation else None
        self._contents = (
            None if self._pointer is None else Contents(self._connection, self._address, self._objects, self._pointer)
        )

    @property
    def base(self) -> IndexFacts | None:
        return None if self._pointer is None else self._pointer.facts()

    def _current(self) -> bool:
        return self._pointer is not None and self._made_as(self._pointer)

    def _made_as(self, pointer: Pointer) -> bool:
        """Whether a generation was made as this one will be."""
        made_by = (self._encoder, self._dimension, self._splitting)
        return (pointer.encoder_fingerprint, pointer.dimension, pointer.splitting) == made_by

    def known(self) -> dict[str, str]:
        contents = self._contents
        return {each.id: each.sha256 for each in contents.catalogue} if contents and self._current() else {}

    def loaders(self) -> tuple[LoaderVersion, ...]:
        return self._pointer.loaders if self._pointer is not None and self._current() else ()

    def unread(self) -> tuple[Unread, ...]:
        return self._pointer.unread if self._pointer is not None and self._current() else ()

    def vectors_for(self, input_sha256s: Iterable[str]) -> dict[str, PassageVectors]:
        missing = {bytes.fromhex(digest) for digest in input_sha256s}
        found: dict[str, PassageVectors] = {}
        base = self._pointer
        if base is not None and (base.encoder_fingerprint, base.dimension) == (self._encoder, self._dimension):
            for digest, vectors in self._written(sorted(missing)):
                found[digest.hex()] = vectors
                missing.discard(digest)
        return found | {digest.hex(): kept for digest, kept in self._unfinished.find(sorted(missing))}

    def _written(self, digests: Sequence[bytes]) -> Iterator[tuple[bytes, PassageVectors]]:
        contents = self._contents
        assert contents is not None, "there is a generation"
        wanted = set(digests)
        for at in range(0, len(digests), FOUND_AT_ONCE):
            numbers = [input_number(digest) for digest in digests[at : at + FOUND_AT_ONCE]]
            for row in contents.rows_by_input(numbers):
                with contents.readable():
                    digest, *blobs = row.number_columns()
                    (vector,), (heading,), sentences = (floats(blob, self._dimension) for blob in blobs)
                if digest in wanted:
                    wanted.discard(digest)
                    yield digest, PassageVectors(vector, sentences, heading)

    def keep_vectors(self, found: Mapping[str, PassageVectors]) -> None:
        self._unfinished.keep({bytes.fromhex(digest): vectors for digest, vectors in found.items()})

    def forget_vectors(self) -> None:
        self._unfinished.remove()

    def needs_commit(self) -> bool:
        base = self._pointer
        return base is None or not self._current() or (base.loaders, base.exact) != (self._loaders, self._exact)

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
            generation = self._write(entries, changed, changed | frozenset(removed), unread)
        except BaseException:
            # What was written so far counts nowhere; the next writer is told so, if anybody still can be.
            with suppress(FootnoteError):
                self._hold.give_up()
            raise
        finally:
            self._load()
        return generation

    def _write(
        self, entries: Iterable[DocumentEntry], changing: frozenset[str], gone: frozenset[str], unread: Sequence[Unread]
    ) -> int:
        now = int(time.time())
        base = self._start(now)
        removal = Removal(self._connection, self._address, self._objects, base, now, GRACE_SECONDS)
        numbers = self._hold.claim(removal.announced(base), len(changing))
        continued = self._pointer is not None and base.series == self._pointer.series
        old = self._contents if continued else None
        writer = GenerationWriter(
            self._connection, self._address, self._objects, base, old, numbers, beat=self._hold.beat
        )
        writer.prepare()
        files = {} if old is None else {each.id: each.sha256 for each in old.catalogue if each.id not in gone}
        for stored in store_documents(entries, files, self._dimension):
            writer.add(stored)
        finished = writer.finish(gone, now)
        finished = replace(finished, content_sha256=content_digest(files), unread=tuple(unread))
        # The claim's signs of life were the only changes since, and the claim ends with this.
        self._hold.replace(removal.done(self._hold.taken(finished)))
        self._unfinished.remove()
        removal.clean(finished)
        return finished.generation

    def _start(self, now: int) -> Pointer:
        """What the next generation starts from: the pointer, or one of new collections beside those of the pointer."""
        kept = self._hold.pointer
        if kept is not None and kept.exact == self._exact and self._made_as(kept):
            return replace(kept, loaders=self._loaders)
        anew = Pointer(
            generation=0,
            series=last_series(self._connection, self._address) + 1,
            encoder_fingerprint=self._encoder,
            dimension=self._dimension,
            splitting=self._splitting,
            content_sha256="",
            loaders=self._loaders,
            exact=self._exact,
        )
        if kept is None:
            # Whoever has a generation open that cannot be read any more must see that the next one is another.
            return replace(anew, generation=last_generation(self._objects))
        generation, series = kept.generation, Former(str(kept.series), kept.generation + 1, now)
        return replace(
            anew,
            generation=generation,
            next_version=kept.next_version,
            claim=kept.claim,
            void=kept.void,
            oldest=kept.oldest,
            former_series=(*kept.former_series, series),
            former_objects=(*kept.former_objects, *(Former(each.name, generation + 1, now) for each in kept.objects())),
        )

"""The vectors of a run that has not committed yet, so that one that is interrupted need not encode them again.

One file of records, each appended, synced and with a check sum of its own: what a kill or a power cut left torn is cut off.
It holds digests and vectors, never a text, belongs to no generation, and is removed with the next commit.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from footnote.store.entries import PassageVectors
from footnote.store.local.durable import open_plain, remove, step
from footnote.store.local.rows import floats

UNFINISHED_NAME = "unfinished.vectors"
_HEAD = struct.Struct("<32sII")
"""Digest of a passage's input, number of its vectors, check sum of both and of the vectors."""


class Unfinished:
    """Reads and appends; only for the holder of the write lock."""

    def __init__(self, index_dir: Path, *, encoder_fingerprint: str, dimension: int) -> None:
        self._path = index_dir / UNFINISHED_NAME
        self._dimension = dimension
        # float16, as in the rows: what is taken up again makes the same index, bit for bit.
        self._title = f"footnote unfinished 1 {encoder_fingerprint} {dimension}\n".encode()
        self._known: dict[bytes, tuple[int, int]] | None = None

    def find(self, digests: Iterable[bytes]) -> Iterator[tuple[bytes, PassageVectors]]:
        """What is kept of these inputs."""
        known = self._places()
        wanted = [digest for digest in digests if digest in known]
        if not wanted:
            return
        with open_plain(self._path) as descriptor:
            for digest in wanted:
                at, size = known[digest]
                vectors = floats(os.pread(descriptor, size, at), self._dimension)
                yield digest, PassageVectors(vectors[0], vectors[2:], vectors[1])

    def keep(self, found: Mapping[bytes, PassageVectors]) -> None:
        """Append the vectors of inputs; where that fails nothing is lost but the chance to resume."""
        places = self._places()
        with suppress(OSError):
            step("keep", self._path)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            with open_plain(self._path, flags) as descriptor, os.fdopen(os.dup(descriptor), "wb") as file:
                if not file.seek(0, os.SEEK_END):
                    file.write(self._title)
                written = {}
                for digest, each in found.items():
                    rows = np.vstack([each.passage, each.heading, each.sentences]).astype("<f2")
                    data = rows.tobytes()
                    file.write(_HEAD.pack(digest, len(rows), _check(digest, len(rows), data)))
                    written[digest] = (file.tell(), len(data))
                    file.write(data)
                file.flush()
                os.fsync(file.fileno())
                places |= written

    def remove(self) -> None:
        """What was kept is in the index, or is not wanted any more."""
        self._known = {}
        if os.path.lexists(self._path):
            with suppress(OSError):
                remove(self._path)

    def _places(self) -> dict[bytes, tuple[int, int]]:
        """Input digest -> offset and length of its vectors; what follows the first torn record is cut off."""
        if self._known is None:
            self._known, whole = self._scan()
            with suppress(OSError), open_plain(self._path, os.O_WRONLY) as descriptor:
                if os.fstat(descriptor).st_size != whole:
                    os.ftruncate(descriptor, whole)
        return self._known

    def _scan(self) -> tuple[dict[bytes, tuple[int, int]], int]:
        found: dict[bytes, tuple[int, int]] = {}
        with suppress(OSError), open_plain(self._path) as descriptor:
            if os.read(descriptor, len(self._title)) != self._title:
                return {}, 0
            at = len(self._title)
            while len(head := os.read(descriptor, _HEAD.size)) == _HEAD.size:
                digest, count, check = _HEAD.unpack(head)
                size = count * self._dimension * 2
                # A torn length must not ask for more memory than the file could fill.
                data = os.read(descriptor, size) if size <= os.fstat(descriptor).st_size else b""
                if count < 2 or len(data) != size or check != _check(digest, count, data):
                    break
                found[digest] = (at + _HEAD.size, size)
                at += _HEAD.size + size
            return found, at
        return {}, 0


def _check(digest: bytes, count: int, data: bytes) -> int:
    return zlib.crc32(data, zlib.crc32(digest + count.to_bytes(4, "little")))

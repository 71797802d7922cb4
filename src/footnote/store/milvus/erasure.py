"""Erasing what was removed from every file, and proving it: what is removed is never found again at once, but lies in files longer.

On a server the segments are compacted, and the old ones removed by its own collector of garbage when that comes round.  The
embedded engine compacts when it likes, so there all rows that count are written into new collections and the old ones dropped.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

from footnote.errors import FootnoteError, IndexMissing, UsageError
from footnote.store.milvus.address import Address, parse_address
from footnote.store.milvus.claiming import PointerHold
from footnote.store.milvus.collection_schemas import VECTOR_INDEXES, collection_name, make_collections
from footnote.store.milvus.connection import Connection
from footnote.store.milvus.contents import Contents
from footnote.store.milvus.objects import Objects, open_objects
from footnote.store.milvus.pointer import GRACE_SECONDS, Former, Gone, Pointer
from footnote.store.milvus.removal import Removal, last_series
from footnote.store.state import beside, write_lock

LOOK_EVERY_SECONDS = 10.0
_PARQUET = b"PAR1"


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased, and what was looked through for the marker.

    Attributes:
        versions: versions of documents whose rows were deleted.
        files: files and objects that were looked through; 0 where no marker was given.
        bytes: how large they are together.
        seconds: how long all of it took, waiting included.
    """

    versions: int
    files: int
    bytes: int
    seconds: float


def erase_milvus(
    location: Path | str,
    *,
    marker: str = "",
    bucket: str = "",
    wait_seconds: float = 0.0,
    lock_wait_seconds: float = 60.0,
    report: Callable[[str], None],
) -> Erasure:
    """Erase what was removed, wait until no file holds the marker, and say so.

    Args:
        location: of the index.
        marker: a text of a document that was removed, to be looked for; none where empty.
        bucket: URL of the object store in which the server keeps its files.
        wait_seconds: how long the server's own collector is waited for.
        lock_wait_seconds: how long to wait for another writer.
        report: told what is waited for.

    Raises:
        FootnoteError: a file still holds the marker after that time.
        IndexMissing, IndexLocked, IndexUnreachable: as ``IndexBuilder``.
    """
    began, address = time.monotonic(), parse_address(location)
    if marker and not address.embedded and not bucket:
        raise UsageError(
            "where the server keeps its files is not known", where=str(location), remedy="name it: --bucket URL"
        )
    with ExitStack() as held:
        held.enter_context(write_lock(beside(location), lock_wait_seconds))
        connection = Connection(address)
        held.callback(connection.close)
        objects = open_objects(address, connection)
        hold = PointerHold(objects, address, beside(location))
        hold.wait(lock_wait_seconds, None)
        versions = _Erasing(connection, address, objects, hold).run(report)
        files, size = _prove(_Places(address, objects, bucket), marker, wait_seconds, report) if marker else (0, 0)
    return Erasure(versions, files, size, time.monotonic() - began)


class _Erasing:
    def __init__(self, connection: Connection, address: Address, objects: Objects, hold: PointerHold) -> None:
        self._connection, self._address, self._objects, self._hold = connection, address, objects, hold

    def run(self, report: Callable[[str], None]) -> int:
        """Delete what is gone; gives how many versions that were."""
        pointer = self._hold.pointer
        if pointer is None or not pointer.generation:
            raise IndexMissing("there is no index", where=self._address.location, remedy="run `footnote index`")
        self._wait(pointer, report)
        now = int(time.time())
        removal = Removal(self._connection, self._address, self._objects, pointer, now, GRACE_SECONDS)
        self._hold.claim(removal.announced(pointer), 0)
        finished = self._copied(pointer) if self._address.embedded else removal.done(pointer)
        finished = removal.forgotten(self._hold.taken(finished))
        self._hold.replace(finished)
        removal.clean(finished)
        for kind in VECTOR_INDEXES if not self._address.embedded else ():
            name = collection_name(self._address.name, finished.series, kind)
            if self._connection.has(name):
                report(f"compacting {name}")
                self._connection.compact(name)
        return len(pointer.gone)

    def _wait(self, pointer: Pointer, report: Callable[[str], None]) -> None:
        """Nobody may be reading a generation that has it any more."""
        ended: list[Gone | Former] = [*pointer.gone, *pointer.former_objects, *pointer.former_series]
        left = max((each.since + GRACE_SECONDS - time.time() for each in ended), default=0.0)
        if left > 0:
            report(f"waiting {left:.0f} s, until nobody can be reading what was removed")
            time.sleep(left)

    def _copied(self, pointer: Pointer) -> Pointer:
        """The pointer of new collections, with the rows that count."""
        series = last_series(self._connection, self._address) + 1
        fresh = replace(pointer, series=series, generation=pointer.generation + 1)
        contents = Contents(self._connection, self._address, self._objects, pointer)
        make_collections(self._connection, self._address.name, fresh)
        for kind in VECTOR_INDEXES if pointer.sentences else ("passages", "documents"):
            target = collection_name(self._address.name, series, kind)
            for page in self._connection.pages(contents.collection(kind), ["*"]):
                self._connection.insert(target, [row for row in page if contents.counts(int(row["version"]))])
        return fresh


class _Places:
    """Everything in which a byte of a document may lie."""

    def __init__(self, address: Address, objects: Objects, bucket: str) -> None:
        self._address, self._objects, self._bucket = address, objects, bucket

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Name and bytes of each file and object."""
        if self._address.embedded:
            for path in sorted(self._address.folder.rglob("*")):
                if path.is_file():
                    yield str(path), path.read_bytes()
        for name in self._objects.names():
            yield name, self._objects.get(name) or b""
        if self._bucket:
            yield from _stored(self._bucket)


def _stored(url: str) -> Iterator[tuple[str, bytes]]:
    import obstore
    from obstore.store import from_url

    try:
        store: Any = from_url(url)
        for page in obstore.list(store):
            for each in page:
                yield each["path"], bytes(obstore.get(store, each["path"]).bytes())
    except (obstore.exceptions.BaseError, OSError, ValueError) as error:
        what = f"the files of the server cannot be read ({' '.join(str(error).split())[:200]})"
        raise FootnoteError(what, where=url, remedy="check the URL and the AWS_ variables") from error


def _prove(places: _Places, marker: str, wait_seconds: float, report: Callable[[str], None]) -> tuple[int, int]:
    """Look through all places until none holds the marker; gives how many there are, and their bytes.

    Raises:
        FootnoteError: one still does.
    """
    deadline = time.monotonic() + wait_seconds
    while True:
        files = size = 0
        holding: list[str] = []
        for name, data in places:
            files, size = files + 1, size + len(data)
            if holds(data, marker.encode("utf-8")):
                holding.append(name)
        if not holding:
            return files, size
        left = deadline - time.monotonic()
        if left <= 0:
            raise FootnoteError(
                f"{len(holding)} of {files} files still hold it, {holding[0]} for one",
                remedy="wait until the server's collector has come round, then run it again",
            )
        report(f"{len(holding)} of {files} files still hold it; looking again")
        time.sleep(min(LOOK_EVERY_SECONDS, left))


def holds(data: bytes, marker: bytes) -> bool:
    """Whether bytes hold a text: as they stand, in the columns of a Parquet file, which are compressed, or there in base64."""
    if marker in data:
        return True
    first, last = data.find(_PARQUET), data.rfind(_PARQUET)
    return 0 <= first < last and any(marker in value for value in _values(data[first : last + len(_PARQUET)]))


def _values(parquet: bytes) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(BytesIO(parquet))
    except pa.ArrowException:
        # No Parquet after all: as it stands it was looked through.
        return
    for column in table.columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_binary(column.type):
            for value in column.to_pylist():
                found = value.encode("utf-8") if isinstance(value, str) else value or b""
                yield found
                try:
                    yield base64.b64decode(found.removeprefix(b"="), validate=True)
                except binascii.Error:
                    continue

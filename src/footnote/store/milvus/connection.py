"""Calls of Milvus: with our own time-outs, once more where that may help, and every failure as one of our errors."""

from __future__ import annotations

import importlib.util
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from footnote.errors import (
    FootnoteError,
    IndexDamaged,
    IndexFolderError,
    IndexLocked,
    IndexMissing,
    IndexUnreachable,
)
from footnote.store.milvus.address import Address

Result = TypeVar("Result")
Row = dict[str, Any]

WRITE_SECONDS = 60.0
"""Writing waits longer than reading: nobody waits for it, and giving up costs what was written."""
BUILD_SECONDS = 3600.0
"""At most until the server has indexed what a commit wrote."""
MOST_ROWS = 16_384
"""Milvus gives so many rows in one answer."""
ROWS_AT_ONCE = 1_000
STRONG = {"consistency_level": "Strong"}
"""Sees all that was acknowledged before; costs some 200 ms on a cluster, so never on the way of a question."""
STRONG_SECONDS = 10.0
"""Such a read is waited for at least so long: only opening and writing need one."""
STALE_SECONDS = 6.0
"""A bounded read is at most so far behind (Milvus: 5 s)."""

_ENGINE_MISSING = "install the extra: pip install 'footnote[milvus]'"


class Connection:
    """A client of one server; safe to share between threads.

    Args:
        address: of the index.
        make: whether an embedded engine's folder is made if it is missing.

    Raises:
        IndexUnreachable: the server does not answer.
        IndexMissing, IndexLocked: the embedded engine's folder is not there, or open in another process.
        FootnoteError: the extra is not installed.
    """

    def __init__(self, address: Address, *, make: bool = False) -> None:
        self.address = address
        # It would tell of connections that it makes anew.
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")
        try:
            from pymilvus import MilvusClient
            from pymilvus.exceptions import MilvusException
        except ImportError as error:
            raise FootnoteError("the client of Milvus is missing", remedy=_ENGINE_MISSING) from error
        # Their own logs would show each failure a second time, with a traceback.
        for name in ("pymilvus", "milvus_lite", "grpc._server"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        if address.embedded:
            _check_embedded(address, make=make)
        self._failures: tuple[type[Exception], ...] = (MilvusException, *_rpc_errors())
        self._client: Any = self._called(
            lambda: MilvusClient(uri=address.uri, token=address.token, timeout=address.seconds), tries=2
        )

    def close(self) -> None:
        """Let go of the server."""
        self._client.close()

    def search(
        self,
        collection: str,
        field: str,
        vector: Any,
        limit: int,
        *,
        where: str,
        fields: Sequence[str],
        timestamp: int,
        parameters: Mapping[str, Any] | None = None,
    ) -> list[tuple[float, Row]]:
        """The rows with the greatest inner products, best first, with those products.

        Args:
            collection: its name.
            field: which vectors are compared.
            vector: what with: (d,) numbers, or dimension -> weight.
            limit: how many.
            where: a condition on the rows.
            fields: of the rows, that are wanted.
            timestamp: of the last write that must be seen; 0 where the server gives none.
            parameters: of the index.
        """
        found = self._read(
            "search",
            collection,
            data=[vector],
            anns_field=field,
            limit=min(limit, MOST_ROWS),
            filter=where,
            output_fields=list(fields),
            search_params={"metric_type": "IP", "params": dict(parameters or {})},
            **as_of(timestamp),
        )
        return [(float(hit["distance"]), dict(hit["entity"])) for hit in found[0]]

    def query(
        self, collection: str, where: str, fields: Sequence[str], *, timestamp: int = 0, strong: bool = False
    ) -> list[Row]:
        """All rows that a condition holds for; at most ``MOST_ROWS``."""
        how = STRONG if strong else as_of(timestamp)
        found = self._read("query", collection, filter=where, output_fields=list(fields), limit=MOST_ROWS, **how)
        return [dict(row) for row in found]

    def by_numbers(
        self,
        collection: str,
        field: str,
        values: Sequence[int],
        fields: Sequence[str],
        *,
        where: str = "",
        timestamp: int = 0,
    ) -> list[Row]:
        """The rows whose number in a field is one of some, in any order."""
        rows: list[Row] = []
        for at in range(0, len(values), ROWS_AT_ONCE):
            listed = ", ".join(map(str, values[at : at + ROWS_AT_ONCE]))
            condition = f"{field} in [{listed}]" + (f" and {where}" if where else "")
            rows += self.query(collection, condition, fields, timestamp=timestamp)
        return rows

    def pages(
        self, collection: str, fields: Sequence[str], *, where: str = "", timestamp: int = 0
    ) -> Iterator[list[Row]]:
        """All rows that a condition holds for, however many, some hundred at a time."""
        begin = self._client.query_iterator
        asked = {"filter": where, "output_fields": list(fields), "batch_size": ROWS_AT_ONCE, **as_of(timestamp)}
        iterator = self._called(lambda: begin(collection, timeout=WRITE_SECONDS, **asked), tries=2)
        try:
            while rows := self._called(iterator.next, tries=2):
                yield [dict(row) for row in rows]
        finally:
            iterator.close()

    def insert(self, collection: str, rows: Sequence[Row]) -> int:
        """Write rows; gives the time of the write, 0 where the server tells none."""
        last = 0
        for at in range(0, len(rows), ROWS_AT_ONCE):
            last = max(last, self._insert(collection, list(rows[at : at + ROWS_AT_ONCE])))
        return last

    def _insert(self, collection: str, rows: list[Row]) -> int:
        # MilvusClient.insert hides the time of the write, on which all reading rests.
        handler = self._client._get_connection()  # noqa: SLF001 - see above
        try:
            done = self._called(lambda: handler.insert_rows(collection, rows, timeout=WRITE_SECONDS), tries=1)
        except IndexUnreachable:
            # Whether they were written is not known: the second time they take the place of the first.
            done = self._called(lambda: handler.upsert_rows(collection, rows, timeout=WRITE_SECONDS), tries=1)
        return int(done.timestamp or 0)

    def delete(self, collection: str, where: str) -> int:
        """Delete the rows that a condition holds for; gives the time of it, 0 where the server tells none."""
        handler = self._client._get_connection()  # noqa: SLF001 - as in ``insert``
        done = self._called(lambda: handler.delete(collection, where, timeout=WRITE_SECONDS), tries=2)
        return int(done.timestamp or 0)

    def count(self, collection: str, where: str = "", *, timestamp: int = 0) -> int:
        """How many rows a condition holds for."""
        return int(
            self._read("query", collection, filter=where, output_fields=["count(*)"], **as_of(timestamp))[0]["count(*)"]
        )

    def has(self, collection: str) -> bool:
        return bool(self._read("has_collection", collection))

    def collections(self) -> list[str]:
        """The names of all collections."""
        return list(self._called(lambda: self._client.list_collections(timeout=self.address.seconds), tries=2))

    def make(self, collection: str, schema: Any, indexes: Any) -> None:
        """Make a collection with its indexes and load it, unless it is there."""
        if not self.has(collection):
            self._called(
                lambda: self._client.create_collection(
                    collection, schema=schema, timeout=WRITE_SECONDS, consistency_level="Bounded"
                ),
                tries=1,
            )
            # Of an empty collection there is nothing to wait for.
            self._called(
                lambda: self._client.create_index(collection, indexes, timeout=WRITE_SECONDS, sync=False), tries=2
            )
        self._called(
            lambda: self._client.load_collection(
                collection, timeout=WRITE_SECONDS, replica_number=self.address.replicas
            ),
            tries=2,
        )

    def drop(self, collection: str) -> None:
        self._called(lambda: self._client.drop_collection(collection, timeout=WRITE_SECONDS), tries=2)

    def settle(self, collection: str, indexes: Sequence[str], beat: Callable[[], None]) -> None:
        """Have what was written put into segments, and wait until those are indexed.

        Until then the server searches a makeshift index, which misses much, above all inside of few documents; its own call to
        wait for indexes returns while some are not built.

        Args:
            collection: its name.
            indexes: the names of its vector indexes.
            beat: called now and then.
        """
        self._called(lambda: self._client.flush(collection, timeout=WRITE_SECONDS), tries=2)
        deadline = time.monotonic() + BUILD_SECONDS
        for name in indexes:
            while int(self._index(collection, name).get("pending_index_rows", 0)):
                if time.monotonic() > deadline:
                    raise IndexUnreachable(
                        "the server does not get its indexes built", where=self._where, remedy="look at its index nodes"
                    )
                beat()
                time.sleep(1.0)

    def _index(self, collection: str, name: str) -> dict[str, Any]:
        return dict(
            self._called(lambda: self._client.describe_index(collection, name, timeout=WRITE_SECONDS), tries=2) or {}
        )

    def compact(self, collection: str) -> None:
        """Have deleted rows left out of new segments, and wait until those are there."""
        self._called(lambda: self._client.flush(collection, timeout=WRITE_SECONDS), tries=2)
        job = self._called(lambda: self._client.compact(collection, timeout=WRITE_SECONDS), tries=2)
        deadline = time.monotonic() + BUILD_SECONDS
        while str(self._called(lambda: self._client.get_compaction_state(job, timeout=WRITE_SECONDS), tries=2)) not in {
            "Completed",
            "UndefiedState",
        }:
            if time.monotonic() > deadline:
                raise IndexUnreachable(
                    "the server does not get its segments compacted", where=self._where, remedy="look at its data nodes"
                )
            time.sleep(0.5)

    @property
    def _where(self) -> str:
        return self.address.location

    def _read(self, what: str, collection: str, **asked: Any) -> Any:
        call, seconds = getattr(self._client, what), self.address.seconds
        if asked.get("consistency_level") == STRONG["consistency_level"]:
            seconds = max(seconds, STRONG_SECONDS)
        return self._called(lambda: call(collection, timeout=seconds, **asked), tries=2)

    def _called(self, call: Callable[[], Result], *, tries: int) -> Result:
        """What a call gives.

        Raises:
            IndexUnreachable: it failed, the last time as well.
        """
        for left in reversed(range(tries)):
            try:
                return call()
            except self._failures as error:
                if not left or _is_final(error):
                    raise self._told(error) from error
        raise AssertionError("the loop ends by a return or an error")

    def _told(self, error: Exception) -> IndexFolderError:
        said = " ".join(str(getattr(error, "message", "") or error).split())[:200]
        if self.address.embedded and "open local milvus" in said.lower():
            what = "the embedded engine cannot be opened: another process has it open, or its files are damaged"
            remedy = "end that process, or use a server, which many can share"
            return IndexLocked(what, where=self._where, remedy=remedy)
        if _is_final(error):
            what = f"holds something else than an index ({said})"
            return IndexDamaged(what, where=self._where, remedy="check it: footnote check")
        return IndexUnreachable(
            f"the server does not answer ({said or type(error).__name__})",
            where=self._where,
            remedy="try again; if it stays so, look at the server",
        )


def as_of(timestamp: int) -> dict[str, Any]:
    """How a read sees the write of that time, and what was written before."""
    if timestamp:
        return {"consistency_level": "Customized", "guarantee_timestamp": timestamp}
    return {"consistency_level": "Bounded"}


def _is_final(error: Exception) -> bool:
    """Whether asking again cannot help: the collection or the field is not there."""
    said = str(error).lower()
    return any(each in said for each in ("not exist", "not found", "does not match", "can't find"))


def _rpc_errors() -> tuple[type[Exception], ...]:
    import grpc

    return (grpc.RpcError,)


def _check_embedded(address: Address, *, make: bool) -> None:
    if importlib.util.find_spec("milvus_lite") is None:
        raise FootnoteError("the embedded engine is missing", remedy=_ENGINE_MISSING)
    if make:
        try:
            address.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            what = f"the folder cannot be made ({error.strerror})"
            raise IndexFolderError(what, where=str(address.folder), remedy="name another") from error
    elif not Path(address.uri).is_dir():
        raise IndexMissing("there is no index", where=address.location, remedy="run `footnote index`")


def release(address: Address) -> None:
    """End an embedded engine, so that another process can open its folder."""
    from milvus_lite.server_manager import server_manager_instance

    server_manager_instance.release_server(os.fspath(address.uri))

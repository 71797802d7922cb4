"""Deleting what no generation has any more, once nobody reads one that has it.

The pointer says first from which generation on all is kept, so that a reader of an earlier one stops instead of missing rows;
then rows are deleted; then the pointer forgets them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from footnote.store.milvus.address import Address
from footnote.store.milvus.collection_schemas import VECTOR_INDEXES, collection_name
from footnote.store.milvus.connection import ROWS_AT_ONCE, Connection
from footnote.store.milvus.objects import POINTER_NAME, Objects
from footnote.store.milvus.pointer import Former, Gone, Pointer, Versions

VOID_SECONDS = 86_400
"""Numbers of a writer that did not commit stay void so long: it may only have been slow."""
_GENERATION = re.compile(r"(?:catalogue|statistics)-(\d+)-")


class Removal:
    """What can be deleted while a generation is written.

    Args:
        connection, address, objects: of the index.
        base: the pointer before.
        now: seconds since 1970.
        grace_seconds: how long what is gone stays.
    """

    def __init__(
        self,
        connection: Connection,
        address: Address,
        objects: Objects,
        base: Pointer,
        now: int,
        grace_seconds: float,
    ) -> None:
        self._connection, self._address, self._objects = connection, address, objects
        before = now - grace_seconds
        self._gone = {each for each in base.gone if each.since <= before}
        self._series = {each for each in base.former_series if each.since <= before}
        self._former = {each for each in base.former_objects if each.since <= before}
        self._void = {each for each in base.void if each.since <= now - VOID_SECONDS}

    def announced(self, pointer: Pointer) -> Pointer:
        """The pointer that says that earlier generations are no longer whole."""
        ended: list[Gone | Former] = [*self._gone, *self._series, *self._former]
        return replace(pointer, oldest=max([pointer.oldest, *(each.generation for each in ended)]))

    def done(self, pointer: Pointer) -> Pointer:
        """Delete the rows, and give the pointer without them."""
        kinds = [kind for kind in VECTOR_INDEXES if self._connection.has(self._name(pointer, kind))]
        versions = sorted(each.version for each in self._gone)
        timestamp = pointer.written_at
        for kind in kinds:
            for where in (*_listed(versions), *map(_between, pointer.void)):
                timestamp = max(timestamp, self._connection.delete(self._name(pointer, kind), where))
        return self.forgotten(replace(pointer, timestamp=str(timestamp)))

    def forgotten(self, pointer: Pointer) -> Pointer:
        """The pointer without what has been deleted."""
        return replace(
            pointer,
            gone=tuple(each for each in pointer.gone if each not in self._gone),
            void=tuple(each for each in pointer.void if each not in self._void),
            former_series=tuple(each for each in pointer.former_series if each not in self._series),
            former_objects=tuple(each for each in pointer.former_objects if each not in self._former),
        )

    def clean(self, pointer: Pointer) -> None:
        """Remove objects and collections that no generation names which may still be read."""
        needed = {each.name for each in pointer.objects()} | {each.name for each in pointer.former_objects}
        needed -= {each.name for each in self._former}
        for name in self._objects.names():
            if name != POINTER_NAME and name not in needed:
                self._objects.delete(name)
        series = {pointer.series, *(int(each.name) for each in pointer.former_series)}
        series -= {int(each.name) for each in self._series}
        for name, number in series_collections(self._connection, self._address):
            if number not in series:
                self._connection.drop(name)

    def _name(self, pointer: Pointer, kind: str) -> str:
        return collection_name(self._address.name, pointer.series, kind)


def series_collections(connection: Connection, address: Address) -> list[tuple[str, int]]:
    """The collections of an index, with the numbers of their series."""
    kinds = "|".join(VECTOR_INDEXES)
    form = re.compile(rf"{re.escape(address.name)}_(\d+)_(?:{kinds})")
    found = ((name, form.fullmatch(name)) for name in connection.collections())
    return sorted((name, int(match[1])) for name, match in found if match)


def last_series(connection: Connection, address: Address) -> int:
    """The highest number of a series that is there; 0 for none."""
    return max((number for _, number in series_collections(connection, address)), default=0)


def last_generation(objects: Objects) -> int:
    """The highest generation that an object is named after; 0 for none."""
    found = (_GENERATION.match(name) for name in objects.names())
    return max((int(match[1]) for match in found if match), default=0)


def _listed(versions: Sequence[int]) -> list[str]:
    return [
        f"version in [{', '.join(map(str, versions[at : at + ROWS_AT_ONCE]))}]"
        for at in range(0, len(versions), ROWS_AT_ONCE)
    ]


def _between(each: Versions) -> str:
    return f"version >= {each.first} and version <= {each.last}"

"""Where the pointer and the objects of an index lie: in an object store, in a collection of Milvus, or in a folder.

Objects are written once under a new name.  The pointer is replaced only by who has read the one before: an object store does
that by its If-Match, in Milvus writers ask each other (``MilvusObjects``), and a folder belongs to one process.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from footnote.errors import FootnoteError, IndexDamaged, IndexFolderError, IndexLocked, IndexUnreachable
from footnote.store.local.durable import FILE_MODE, open_plain, pieces_of, remove
from footnote.store.milvus.address import Address
from footnote.store.milvus.collection_schemas import objects_indexes, objects_schema
from footnote.store.milvus.connection import Connection, Row
from footnote.store.milvus.pointer import StoredObject
from footnote.store.new_files import new_file

POINTER_NAME = "pointer.json"
PIECE_BYTES = 45_000
"""Of an object in one row of Milvus: 60,000 characters in base64."""
CLAIM_SECONDS = 60
"""A writer that has not replaced the pointer so long after asking to, died."""


class Held(NamedTuple):
    """The bytes of a pointer, and what names exactly this one of all that there ever are."""

    data: bytes
    tag: str


class Objects(Protocol):
    """Objects of one index by name, and its pointer."""

    def get(self, name: str) -> bytes | None: ...

    def put(self, name: str, data: bytes) -> None: ...

    def delete(self, name: str) -> None: ...

    def names(self) -> list[str]: ...

    def pointer(self, *, newest: bool = True) -> Held | None:
        """The pointer; None where there is none.  ``newest`` sees every one whose writing has ended, and may take longer."""
        ...

    def tag(self) -> str:
        """What names the pointer of all that there ever are, without reading it; empty where there is none."""
        ...

    def replace(self, data: bytes, held: Held | None) -> Held:
        """Put a pointer in the place of the one that was read; None where there was none.

        Raises:
            IndexLocked: another writer has replaced it meanwhile.
        """
        ...


def read_object(objects: Objects, stored: StoredObject, where: str) -> bytes:
    """The bytes of an object.

    Raises:
        IndexDamaged: they are not what was written.
    """
    data = objects.get(stored.name)
    if data is None or StoredObject.of(stored.name, data) != stored:
        what = f"the object {stored.name} is missing or is not what was written"
        raise IndexDamaged(what, where=where, remedy="build it again beside: footnote index with another name")
    return data


def write_object(objects: Objects, name: str, data: bytes) -> StoredObject:
    """Write an object; gives what the pointer says of it."""
    objects.put(name, data)
    return StoredObject.of(name, data)


def open_objects(address: Address, connection: Connection) -> Objects:
    """Where an address says that the objects lie."""
    if address.objects == "milvus" or not (address.objects or address.embedded):
        return MilvusObjects(address, connection)
    return StoreObjects(address) if address.objects else FolderObjects(address)


def _overtaken(where: str) -> IndexLocked:
    return IndexLocked("another process has written the index meanwhile", where=where, remedy="try again")


class StoreObjects:
    """In an object store that knows If-Match: S3 and what speaks it, Google's, Azure's."""

    def __init__(self, address: Address, store: Any = None) -> None:
        self._where = address.location
        try:
            import obstore
        except ImportError as error:
            remedy = "install the extra: pip install 'footnote[milvus]'"
            raise FootnoteError("the client of object stores is missing", remedy=remedy) from error
        self._obstore = obstore
        self._prefix = f"{address.name}/"
        self._failures: tuple[type[Exception], ...] = (obstore.exceptions.BaseError, OSError)
        self._store = store if store is not None else self._told(lambda: _opened(address.objects))

    def get(self, name: str) -> bytes | None:
        return self._found(name)[0]

    def put(self, name: str, data: bytes) -> None:
        self._told(lambda: self._obstore.put(self._store, self._prefix + name, data))

    def delete(self, name: str) -> None:
        self._told(lambda: self._obstore.delete(self._store, self._prefix + name))

    def names(self) -> list[str]:
        pages = self._told(lambda: list(self._obstore.list(self._store, self._prefix)))
        return sorted(each["path"].removeprefix(self._prefix) for page in pages for each in page)

    def pointer(self, *, newest: bool = True) -> Held | None:  # noqa: ARG002 - it always gives the newest
        data, tag = self._found(POINTER_NAME)
        return None if data is None else Held(data, tag)

    def tag(self) -> str:
        def head() -> str:
            try:
                return str(self._obstore.head(self._store, self._prefix + POINTER_NAME)["e_tag"])
            except (FileNotFoundError, self._obstore.exceptions.NotFoundError):
                return ""

        return str(self._told(head))

    def replace(self, data: bytes, held: Held | None) -> Held:
        mode: Any = "create" if held is None else {"e_tag": held.tag}
        errors = self._obstore.exceptions

        def put() -> Any:
            try:
                return self._obstore.put(self._store, self._prefix + POINTER_NAME, data, mode=mode)
            except (errors.PreconditionError, errors.AlreadyExistsError) as error:
                raise _overtaken(self._where) from error

        return Held(data, str(self._told(put)["e_tag"]))

    def _found(self, name: str) -> tuple[bytes | None, str]:
        def get() -> tuple[bytes | None, str]:
            try:
                found = self._obstore.get(self._store, self._prefix + name)
                return bytes(found.bytes()), str(found.meta["e_tag"])
            except (FileNotFoundError, self._obstore.exceptions.NotFoundError):
                return None, ""

        found: tuple[bytes | None, str] = self._told(get)
        return found

    def _told(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except self._failures as error:
            said = " ".join(str(error).split())[:200]
            remedy = "try again; if it stays so, look at the store and at the AWS_ variables that lead to it"
            raise IndexUnreachable(
                f"the object store does not answer ({said})", where=self._where, remedy=remedy
            ) from error


def _opened(url: str) -> Any:
    from obstore.store import from_url

    return from_url(url, retry_config={"max_retries": 1}, client_options={"timeout": "10s"})


class FolderObjects:
    """In files beside an embedded engine, which lets no second process into its folder."""

    def __init__(self, address: Address) -> None:
        self._folder, self._where = address.folder, address.location

    def get(self, name: str) -> bytes | None:
        try:
            with open_plain(self._folder / name) as descriptor:
                return b"".join(pieces_of(descriptor))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._told(error) from error

    def put(self, name: str, data: bytes) -> None:
        try:
            with new_file(self._folder / name, mode=FILE_MODE) as file:
                file.write(data)
        except OSError as error:
            raise self._told(error) from error

    def delete(self, name: str) -> None:
        try:
            remove(self._folder / name)
        except OSError as error:
            raise self._told(error) from error

    def names(self) -> list[str]:
        return sorted(path.name for path in self._folder.glob("[!.]*") if path.is_file())

    def pointer(self, *, newest: bool = True) -> Held | None:  # noqa: ARG002 - it always gives the newest
        data = self.get(POINTER_NAME)
        return None if data is None else Held(data, hashlib.sha256(data).hexdigest())

    def tag(self) -> str:
        try:
            status = (self._folder / POINTER_NAME).stat()
        except OSError:
            return ""
        return f"{status.st_ino} {status.st_mtime_ns} {status.st_size}"

    def replace(self, data: bytes, held: Held | None) -> Held:
        if self.pointer() != held:
            raise _overtaken(self._where)
        self.put(POINTER_NAME, data)
        return Held(data, hashlib.sha256(data).hexdigest())

    def _told(self, error: OSError) -> IndexFolderError:
        what = f"the index cannot be read or written ({error.strerror})"
        return IndexFolderError(
            what, where=str(error.filename or self._folder), remedy="make room or allow writing there"
        )


class MilvusObjects:
    """In a collection of Milvus, in pieces.

    Milvus replaces nothing under a condition, so a writer first writes that it is about to, and then reads who else is:
    reading strongly, of two writers at least one sees the other, and whoever sees another gives up.  A reader takes the
    pointer with the highest number.
    """

    def __init__(self, address: Address, connection: Connection) -> None:
        self._where, self._connection = address.location, connection
        self._name = f"{address.name}_objects"
        self._made = False

    def _ready(self) -> bool:
        self._made = self._made or self._connection.has(self._name)
        return self._made

    def _make(self) -> None:
        if not self._made:
            self._connection.make(self._name, objects_schema(), objects_indexes())
            self._made = True

    def get(self, name: str) -> bytes | None:
        if not self._ready():
            return None
        # A reader on another node may not see yet what the pointer names; it looks again, strongly.
        for strong in (False, True):
            found = _joined(self._rows(f'name == "{name}"', strong=strong))
            if found is not None:
                return found
        return None

    def put(self, name: str, data: bytes) -> None:
        self._make()
        pieces = [data[at : at + PIECE_BYTES] for at in range(0, len(data), PIECE_BYTES)] or [b""]
        self._connection.insert(
            self._name,
            [
                {
                    "pk": f"{name}#{n}",
                    "name": name,
                    "part": n,
                    "parts": len(pieces),
                    "piece": base64.b64encode(piece).decode("ascii"),
                    "nothing": [0.0, 1.0],
                }
                for n, piece in enumerate(pieces)
            ],
        )

    def delete(self, name: str) -> None:
        if self._ready():
            self._connection.delete(self._name, f'name == "{name}"')

    def names(self) -> list[str]:
        if not self._ready():
            return []
        pages = self._connection.pages(self._name, ["name"], where="part == 0")
        found = {str(row["name"]) for page in pages for row in page}
        return sorted(each for each in found if not each.startswith(("pointer-", "claim-")))

    def pointer(self, *, newest: bool = True) -> Held | None:
        number, rows = self._newest(strong=newest)
        if not number:
            return None
        data = _joined(rows)
        if data is None:
            raise IndexDamaged("misses parts of its pointer", where=self._where, remedy="try again")
        return Held(data, str(number))

    def tag(self) -> str:
        if not self._ready():
            return ""
        rows = self._connection.query(self._name, 'name like "pointer-%"', ["name"])
        return max((str(row["name"]) for row in rows), default="")

    def _newest(self, *, strong: bool) -> tuple[int, list[Row]]:
        if not self._ready():
            return 0, []
        rows = self._rows('name like "pointer-%"', strong=strong)
        names = {str(row["name"]) for row in rows}
        # One that is being written may miss parts yet.
        whole = [n for n in names if _joined([row for row in rows if row["name"] == n]) is not None]
        last = max(whole, default="pointer-0")
        return int(last.split("-")[1]), [row for row in rows if row["name"] == last]

    def replace(self, data: bytes, held: Held | None) -> Held:
        self._make()
        number = (0 if held is None else int(held.tag)) + 1
        mine = f"claim-{number:012d}-{int(time.time())}-{secrets.token_hex(8)}"
        self.put(mine, b"")
        try:
            others = self._rows(f'name like "claim-{number:012d}-%"', strong=True)
            if any(row["name"] != mine and not _left_behind(str(row["name"])) for row in others):
                raise _overtaken(self._where)
            before, _ = self._newest(strong=True)
            if before != number - 1:
                raise _overtaken(self._where)
            self.put(f"pointer-{number:012d}", data)
            # The one before stays, for those who are about to read it.
            old = {str(row["name"]) for row in self._rows('name like "pointer-%"', strong=True)}
            for name in old:
                if int(name.split("-")[1]) < number - 1:
                    self.delete(name)
            for row in others:
                if row["name"] != mine:
                    self.delete(str(row["name"]))
        finally:
            self.delete(mine)
        return Held(data, str(number))

    def _rows(self, where: str, *, strong: bool) -> list[Row]:
        return self._connection.query(self._name, where, ["name", "part", "parts", "piece"], strong=strong)


def _left_behind(claim: str) -> bool:
    return time.time() - int(claim.split("-")[2]) > CLAIM_SECONDS


def _joined(rows: list[Row]) -> bytes | None:
    """The bytes whose parts some rows are; None where one is missing."""
    parts = {int(row["part"]): str(row["piece"]) for row in rows}
    if not rows or len(parts) != int(rows[0]["parts"]):
        return None
    return b"".join(base64.b64decode(parts[n]) for n in range(len(parts)))

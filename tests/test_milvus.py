"""An index in Milvus keeps the contract of all indexes, and never shows a mix; here over the engine that runs in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

pytest.importorskip("milvus_lite", reason="the extra footnote[milvus] is not installed")

from footnote.errors import (
    FootnoteError,
    IndexDamaged,
    IndexLocked,
    IndexUnreachable,
)
from footnote.store import (
    DocumentEntry,
    Index,
    IndexBuilder,
    open_builder,
    open_index,
    passage_key,
    verify,
)
from footnote.store.contract import DIMENSION, IndexContract, entries, entry, keys_of, unit_vector
from footnote.store.local.rows import store_document
from footnote.store.milvus import claiming, milvus_builder, milvus_index, objects
from footnote.store.milvus.address import parse_address
from footnote.store.milvus.claiming import PointerHold
from footnote.store.milvus.collection_schemas import collection_name
from footnote.store.milvus.connection import Connection
from footnote.store.milvus.milvus_rows import document_rows, version_of
from footnote.store.milvus.objects import open_objects
from footnote.store.state import beside
from footnote.terms import analyse
from milvus_support import MADE_BY, begin, changed, ending_engines, location, said, write


@pytest.fixture(autouse=True)
def engines_end(tmp_path: Path) -> Iterator[None]:
    with ending_engines(tmp_path):
        yield


class TestEmbedded(IndexContract):
    options = ""

    def builder(self, place: Path, **options: Any) -> IndexBuilder:
        return open_builder(location(place) + self.options, **options)

    def index(self, place: Path, **options: Any) -> Index:
        return open_index(location(place) + self.options, **options)


class TestApproximate(TestEmbedded):
    def builder(self, place: Path, **options: Any) -> IndexBuilder:
        return open_builder(location(place), vector_search="approximate", **options)


class TestObjectsInMilvus(TestEmbedded):
    """Where no object store is named, Milvus keeps the pointer too."""

    options = "?objects=milvus"


class TestObjectsInAStore(TestEmbedded):
    options = "?objects=memory:///"

    @pytest.fixture(autouse=True)
    def one_store(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        store = pytest.importorskip("obstore").store
        stores: dict[Path, Any] = {}
        make = objects.StoreObjects.__init__

        def opened(self: objects.StoreObjects, address: Any) -> None:
            make(self, address, stores.setdefault(address.folder, store.MemoryStore()))

        monkeypatch.setattr(objects.StoreObjects, "__init__", opened)


class TestOnAServer(IndexContract):
    """The same against any address: FOOTNOTE_TEST_MILVUS=http://host:19530."""

    @pytest.fixture(autouse=True)
    def server(self) -> Iterator[None]:
        if not os.environ.get("FOOTNOTE_TEST_MILVUS"):
            pytest.skip("FOOTNOTE_TEST_MILVUS names no server")
        self.places: set[str] = set()
        yield
        for each in self.places:
            address = parse_address(each)
            connection = Connection(address)
            for name in connection.collections():
                if name.startswith(f"{address.name}_"):
                    connection.drop(name)
            connection.close()

    def _location(self, place: Path) -> str:
        name = "t" + "".join(c for c in f"{place.parent.name}_{place.name}" if c.isalnum() or c == "_")[-60:]
        found = f"milvus+{os.environ['FOOTNOTE_TEST_MILVUS'].rstrip('/')}/{name}?seconds=20"
        self.places.add(found)
        return found

    def builder(self, place: Path, **options: Any) -> IndexBuilder:
        return open_builder(self._location(place), **options)

    def index(self, place: Path, **options: Any) -> Index:
        return open_index(self._location(place), **options)


def test_the_same_documents_are_the_same_index_in_a_folder_and_in_milvus(tmp_path: Path) -> None:
    every = entries(range(14))
    write(tmp_path / "milvus", every)
    with open_builder(tmp_path / "folder", **MADE_BY) as builder:
        builder.commit(every)
    there, here = open_index(location(tmp_path / "milvus")), open_index(tmp_path / "folder")
    assert there.facts == here.facts
    assert dict(there.vocabulary()) == dict(here.vocabulary())
    for text in ("The moon 0 carries the glacier", "falcon days nobody", "willow 10", "about amber"):
        vector, stems = unit_vector(text), analyse(text)
        for weights in (None, {"body": 1.0, "heading": 1.5}):
            one, other = (index.search_terms(stems, 20, weights) for index in (there, here))
            assert one.keys.tolist() == other.keys.tolist()
            assert np.allclose(one.scores, other.scores, rtol=1e-5)
            found = [index.search_all(vector, stems, 5, weights) for index in (there, here)]
            assert found[0].tolist() == found[1].tolist()
        measured = [index.candidates(found[0], vector) for index in (there, here)]
        assert np.array_equal(measured[0].sentence_similarity, measured[1].sentence_similarity)
        assert np.array_equal(measured[0].terms, measured[1].terms)
    there.close()
    here.close()


class Watched(Connection):
    """Calls a function before and after each write."""

    watch: Callable[[], None] = staticmethod(lambda: None)

    def insert(self, collection: str, rows: Any) -> int:
        Watched.watch()
        done = super().insert(collection, rows)
        Watched.watch()
        return done

    def delete(self, collection: str, where: str) -> int:
        Watched.watch()
        done = super().delete(collection, where)
        Watched.watch()
        return done


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Watched]]:
    monkeypatch.setattr(milvus_builder, "Connection", Watched)
    yield Watched
    Watched.watch = staticmethod(lambda: None)


def test_no_reader_sees_a_mix_at_any_step_of_an_update(
    tmp_path: Path, watched: type[Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(milvus_builder, "GRACE_SECONDS", 0)
    write(tmp_path, entries(range(4)))
    old = open_index(location(tmp_path))
    before, looks = said(old), []
    after = {**before, changed(1).document.id: changed(1).document.text}

    def look() -> None:
        newest = open_index(location(tmp_path))
        looks.append(said(newest))
        newest.close()

    watched.watch = staticmethod(look)
    write(tmp_path, [changed(1)])
    assert len(looks) >= 6
    assert all(each in (before, after) for each in looks)
    newest = open_index(location(tmp_path))
    assert said(newest) == after
    newest.close()
    old.close()


def naive_update(connection: Connection, address: Any, before: DocumentEntry, after: DocumentEntry) -> None:
    """What tutorials do: the new rows in, then the old ones out, of rows that everybody reads."""
    name = collection_name(address.name, 1, "passages")
    rows = document_rows(store_document(after, DIMENSION), 1, DIMENSION, (5.0, 3.0), sentences=False).passages
    old = ", ".join(str(passage_key(before.document.id, n)) for n in range(len(before.passages)))
    listed = connection.query(name, f"key in [{old}]", ["pk"])
    connection.insert(name, [{**row, "pk": row["pk"] + (500 << 20)} for row in rows])
    connection.delete(name, f"pk in [{', '.join(str(row['pk']) for row in listed)}]")


def test_inserting_the_new_and_deleting_the_old_shows_both(tmp_path: Path, watched: type[Watched]) -> None:
    """The protocol that this one replaces, kept to show that the test above would notice it."""
    every = entries(range(2))
    write(tmp_path, every)
    address = parse_address(location(tmp_path))
    connection, looks = Watched(address), []
    name = collection_name(address.name, 1, "passages")

    def look() -> None:
        found = connection.query(name, "pk >= 0", ["key"])
        looks.append(len(found) != len({row["key"] for row in found}))

    watched.watch = staticmethod(look)
    naive_update(connection, address, every[1], changed(1))
    assert any(looks)
    connection.close()


class Lagging(Connection):
    """A node that is behind: it has no row written after a time, until it is asked for what was written then.

    The embedded engine tells no time, so versions stand for it, each with the time of its own write.
    """

    clock = 0
    behind = 0
    written: ClassVar[dict[int, int]] = {}

    def insert(self, collection: str, rows: Any) -> int:
        super().insert(collection, rows)
        if "pk" in rows[0] and isinstance(rows[0]["pk"], int):
            Lagging.clock += 1
            Lagging.written |= {int(row["pk"]): Lagging.clock for row in rows}
        return Lagging.clock

    def search(self, *asked: Any, timestamp: int, **how: Any) -> Any:
        found = super().search(*asked, timestamp=0, **how)
        return [hit for hit in found if self._has(hit[1], timestamp)]

    def query(self, *asked: Any, timestamp: int = 0, **how: Any) -> Any:
        return [row for row in super().query(*asked, timestamp=0, **how) if self._has(row, timestamp)]

    @staticmethod
    def _has(row: Any, timestamp: int) -> bool:
        number = row.get("pk", row.get("passage"))
        at = Lagging.written.get(number, 0) if isinstance(number, int) else 0
        return at <= max(Lagging.behind, timestamp)


@pytest.fixture
def lagging(monkeypatch: pytest.MonkeyPatch) -> None:
    Lagging.clock, Lagging.behind, Lagging.written = 0, 0, {}
    monkeypatch.setattr(milvus_builder, "Connection", Lagging)
    monkeypatch.setattr(milvus_index, "Connection", Lagging)


def test_a_node_that_is_behind_is_asked_for_what_the_pointer_names(tmp_path: Path, lagging: None) -> None:
    write(tmp_path, entries(range(3)))
    index = open_index(location(tmp_path))
    assert len(said(index)) == 3
    index.close()


def test_a_pointer_without_its_time_shows_holes(tmp_path: Path, lagging: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other protocol that this one replaces, kept to show that the test above would notice it."""
    write(tmp_path, entries(range(3)))
    monkeypatch.setattr("footnote.store.milvus.pointer.Pointer.written_at", 0)
    index = open_index(location(tmp_path))
    with pytest.raises((AssertionError, IndexDamaged)):
        said(index)
    index.close()


class Failing(Connection):
    """The server fails at a call of a number, and at all after it until that is put back."""

    left: int | None = None

    def _called(self, call: Any, *, tries: int) -> Any:
        if Failing.left is not None:
            Failing.left -= 1
            if Failing.left < 0:
                raise IndexUnreachable("the server is gone")
        return super()._called(call, tries=tries)


def calls_of_a_commit(tmp_path: Path) -> int:
    Failing.left = 100_000
    write(tmp_path / "counted", entries(range(3)))
    used = 100_000 - (Failing.left or 0)
    Failing.left = None
    return used


def test_a_writer_that_fails_at_any_step_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(milvus_builder, "Connection", Failing)
    total = calls_of_a_commit(tmp_path)
    write(tmp_path / "index", entries(range(3)))
    expected = {each.document.id: each.document.text for each in entries(range(3))}
    failed = 0
    for at in range(0, total, max(total // 7, 1)):
        Failing.left = at
        came = entry(20 + at)
        try:
            write(tmp_path / "index", [changed(1), came], [entry(2).document.id])
        except FootnoteError:
            failed += 1
        finally:
            Failing.left = None
        index = open_index(location(tmp_path / "index"))
        found = said(index)
        index.close()
        assert found == expected
    assert failed >= 5
    assert write(tmp_path / "index", [changed(1)], [entry(2).document.id]) == 2
    assert verify(location(tmp_path / "index")) == []


def test_what_a_slow_writer_writes_after_it_lost_its_claim_counts_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, entries(range(2)))
    address = parse_address(location(tmp_path))
    connection = Connection(address)
    slow = PointerHold(open_objects(address, connection), address, beside(location(tmp_path)))
    pointer = slow.read()
    assert pointer is not None
    (number,) = slow.claim(pointer, 1)
    monkeypatch.setattr(PointerHold, "_machine", lambda self: "elsewhere")
    with pytest.raises(IndexLocked, match="another machine"):
        begin(partial(open_builder, lock_wait_seconds=0.0), location(tmp_path))
    monkeypatch.setattr(claiming, "DEAD_SECONDS", 0.0)
    assert write(tmp_path, [entry(6)]) == 2
    late = document_rows(store_document(entry(7), DIMENSION), number, DIMENSION, (5.0, 3.0), sentences=True)
    for kind in ("passages", "sentences", "documents"):
        connection.insert(collection_name(address.name, 1, kind), list(getattr(late, kind)))
    with pytest.raises(IndexLocked, match="another process"):
        slow.replace(pointer)
    index = open_index(location(tmp_path))
    assert set(said(index)) == {each.document.id for each in [*entries(range(2)), entry(6)]}
    assert verify(location(tmp_path)) == []
    index.close()
    connection.close()


@pytest.mark.parametrize("options", ["", "?objects=milvus"])
def test_of_two_writers_of_one_pointer_one_is_refused(tmp_path: Path, options: str) -> None:
    address = parse_address(location(tmp_path) + options)
    connection = Connection(address, make=True)
    kept = open_objects(address, connection)
    first = kept.replace(b"one", None)
    with pytest.raises(IndexLocked):
        kept.replace(b"two", None)
    second = kept.replace(b"three", first)
    with pytest.raises(IndexLocked):
        kept.replace(b"four", first)
    assert kept.pointer() == second
    connection.close()


def test_what_is_gone_is_deleted_when_nobody_can_be_reading_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, entries(range(3)))
    old = open_index(location(tmp_path))
    write(tmp_path, [], [entry(2).document.id])
    assert len(said(old)) == 3
    monkeypatch.setattr(milvus_builder, "GRACE_SECONDS", 0)
    write(tmp_path, [entry(9)])
    address = parse_address(location(tmp_path))
    connection = Connection(address)
    for kind in ("passages", "sentences", "documents"):
        rows = connection.query(collection_name(address.name, 1, kind), "pk >= 0", ["pk"])
        # Versions 1, 2 and that of the last commit are left.
        assert len({version_of(int(row["pk"])) for row in rows}) == 3
    monkeypatch.setattr(milvus_index, "LOOK_SECONDS", 0)
    with pytest.raises(IndexUnreachable, match="no longer kept"):
        old.search_all(unit_vector("moon"), ["moon"], 5)
    assert verify(location(tmp_path)) == []
    connection.close()
    old.close()


def test_more_may_be_gone_than_a_condition_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("footnote.store.milvus.contents.MOST_LISTED", 2)
    write(tmp_path, entries(range(12)))
    left = [each for n, each in enumerate(entries(range(12))) if n % 2]
    write(tmp_path, [], [each.document.id for n, each in enumerate(entries(range(12))) if not n % 2])
    index = open_index(location(tmp_path))
    assert set(said(index)) == {each.document.id for each in left}
    assert sorted(index.search_terms(analyse("nobody"), 3).keys.tolist()) == sorted(keys_of(left)[:3])
    index.close()


def test_a_whole_index_is_made_anew_beside_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, entries(range(3)))
    old = open_index(location(tmp_path))
    with open_builder(location(tmp_path), **{**MADE_BY, "splitting": "other"}) as builder:
        assert builder.commit(entries(range(2))) == 2
    assert old.stale()
    assert len(said(old)) == 3
    monkeypatch.setattr(milvus_builder, "GRACE_SECONDS", 0)
    with open_builder(location(tmp_path), **{**MADE_BY, "splitting": "other"}) as builder:
        builder.commit([entry(5)])
    address = parse_address(location(tmp_path))
    connection = Connection(address)
    assert {name.split("_")[1] for name in connection.collections()} == {"2"}
    connection.close()
    old.close()

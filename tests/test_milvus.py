"""An index in Milvus keeps the contract of all indexes, and never shows a mix; here over the engine that runs in this process."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

pytest.importorskip("milvus_lite", reason="the extra footnote[milvus] is not installed")

from fakes import HashingEncoder
from footnote.cli import main
from footnote.errors import (
    FootnoteError,
    IndexDamaged,
    IndexLocked,
    IndexMissing,
    IndexUnreachable,
    NotFound,
    UsageError,
)
from footnote.records import Block, Document, Passage, Sentence, Span
from footnote.store import (
    DocumentEntry,
    Erasure,
    Index,
    IndexBuilder,
    PassageEntry,
    all_documents,
    backup,
    erase,
    feedback_file,
    open_builder,
    open_index,
    passage_key,
    read_facts,
    restore,
    verify,
)
from footnote.store.contract import DIMENSION, ENCODER, IndexContract, entries, entry, keys_of, unit_vector
from footnote.store.local.rows import store_document
from footnote.store.milvus import claiming, erasure, milvus_builder, milvus_index, objects
from footnote.store.milvus.address import parse_address
from footnote.store.milvus.claiming import PointerHold
from footnote.store.milvus.collection_schemas import collection_name
from footnote.store.milvus.connection import Connection, release
from footnote.store.milvus.erasure import holds
from footnote.store.milvus.milvus_rows import document_rows, part_numbers, version_of
from footnote.store.milvus.objects import open_objects
from footnote.store.state import beside
from footnote.terms import analyse

MADE_BY = {"encoder_fingerprint": ENCODER, "dimension": DIMENSION}


def location(place: Path) -> str:
    return f"milvus+file:{place}"


@pytest.fixture(autouse=True)
def engines_end(tmp_path: Path) -> Iterator[None]:
    """Each test's engines end with it."""
    yield
    for folder in tmp_path.rglob("milvus.db"):
        release(parse_address(location(folder.parent)))


def write(place: Path, added: list[DocumentEntry], removed: list[str] | None = None) -> int:
    with open_builder(location(place), **MADE_BY) as builder:
        return builder.commit(added, removed or [])


def said(index: Index) -> dict[str, str]:
    """Everything that an index gives of its documents' texts, through searches as well as by id."""
    texts = {each.id: index.text_of(each.id)[1] for each in all_documents(index)}
    keys = index.search_all(unit_vector("the moon carries tea"), analyse("nobody counted"), 1_000)
    for passage in index.passages(keys):
        assert passage.span.of(texts[passage.document_id]), passage.id
    assert len(keys) == index.facts.passages
    return texts


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


def changed(number: int) -> DocumentEntry:
    return entry(number, paragraphs=5)


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
        _entered(partial(open_builder, lock_wait_seconds=0.0), location(tmp_path))
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


def corrupt(place: Path, kind: str, change: Callable[[dict[str, Any]], dict[str, Any]], pick: int = 0) -> None:
    """Write one row of a collection otherwise."""
    address = parse_address(location(place))
    connection = Connection(address)
    name = collection_name(address.name, 1, kind)
    rows = sorted(connection.query(name, "pk >= 0", ["*"]), key=lambda row: int(row["pk"]))
    handler = connection._client._get_connection()
    handler.upsert_rows(name, [change(rows[pick])])
    connection.close()


def test_an_index_as_it_was_written_passes_the_check(tmp_path: Path) -> None:
    write(tmp_path, entries(range(4)))
    write(tmp_path, [changed(1), entry(8)], [entry(3).document.id])
    assert verify(location(tmp_path)) == []


@pytest.mark.parametrize(
    ("kind", "change", "problem"),
    [
        (
            "documents",
            lambda row: {**row, "piece": row["piece"].replace("moon", "noon")},
            "text is not what was written",
        ),
        ("passages", lambda row: {**row, "numbers": "=" + row["numbers"][1:].replace("A", "B", 1)}, "is not what was"),
        ("passages", lambda row: {**row, "key": row["key"] + 1}, "another key"),
        ("passages", lambda row: {**row, "vector": row["vector"][::-1]}, "another vector"),
        ("passages", lambda row: {**row, "lexical": {7: 1.0}}, "other terms"),
        ("sentences", lambda row: {**row, "vector": row["vector"][::-1]}, "another vector"),
    ],
)
def test_the_check_finds_a_changed_row(tmp_path: Path, kind: str, change: Any, problem: str) -> None:
    write(tmp_path, entries(range(2)))
    corrupt(tmp_path, kind, change)
    found = verify(location(tmp_path))
    assert any(problem in each for each in found), found
    assert all(each.startswith("milvus+file:") and "\n" not in each for each in found)


@pytest.mark.parametrize("kind", ["passages", "sentences", "documents"])
def test_the_check_finds_a_row_of_a_version_that_the_pointer_does_not_know(tmp_path: Path, kind: str) -> None:
    with open_builder(location(tmp_path), **MADE_BY) as builder:
        # Of the numbers that it claims, it uses two of four.
        builder.commit(entries(range(2)), changing=[each.document.id for each in entries(range(4))])
    write(tmp_path, [entry(9)])
    corrupt(tmp_path, kind, lambda row: {**row, "pk": 4 << 20, "version": 4})
    (problem,) = verify(location(tmp_path))
    assert "1 rows of version 4, which the pointer does not know" in problem


@pytest.mark.parametrize("kind", ["passages", "sentences", "documents"])
def test_the_check_finds_a_lost_row(tmp_path: Path, kind: str) -> None:
    write(tmp_path, entries(range(2)))
    address = parse_address(location(tmp_path))
    connection = Connection(address)
    name = collection_name(address.name, 1, kind)
    connection.delete(name, f"pk in [{max(int(row['pk']) for row in connection.query(name, 'version == 1', ['pk']))}]")
    connection.close()
    assert len(verify(location(tmp_path))) >= 1


def test_the_check_finds_a_changed_object_and_a_changed_pointer(tmp_path: Path) -> None:
    write(tmp_path, entries(range(2)))
    (catalogue,) = tmp_path.glob("catalogue-*")
    kept = catalogue.read_bytes()
    catalogue.write_bytes(kept.replace(b"moon", b"noon"))
    (problem,) = verify(location(tmp_path))
    assert catalogue.name in problem
    catalogue.write_bytes(kept)
    pointer = tmp_path / objects.POINTER_NAME
    pointer.write_bytes(pointer.read_bytes().replace(b'"generation": 1', b'"generation": 2', 1))
    (problem,) = verify(location(tmp_path))
    assert "pointer is not what was written" in problem


def test_no_quote_is_cut_out_of_another_text(tmp_path: Path) -> None:
    write(tmp_path, entries(range(2)))
    corrupt(tmp_path, "documents", lambda row: {**row, "piece": f" {row['piece'][:-1]}"})
    index = open_index(location(tmp_path))
    with pytest.raises(IndexDamaged, match="another text"):
        index.document(entry(0).document.id)
    with pytest.raises(NotFound):
        index.document("nowhere.txt")
    index.close()


def test_a_damaged_pointer_is_replaced_by_the_next_commit(tmp_path: Path) -> None:
    write(tmp_path, entries(range(2)))
    old = open_index(location(tmp_path))
    (tmp_path / objects.POINTER_NAME).write_bytes(b"{}")
    assert old.stale()
    assert "not what was written" in old.health()
    with open_builder(location(tmp_path), **MADE_BY) as builder:
        assert (builder.base, builder.known(), builder.needs_commit()) == (None, {}, True)
        builder.commit(entries(range(3)))
    index = open_index(location(tmp_path))
    assert len(said(index)) == 3
    assert old.stale()
    index.close()
    old.close()


def long_entry(sentences: int) -> DocumentEntry:
    """A document whose text, and whose only passage's row, fit into no field."""
    text = " ".join(f"Naïve glacier {n} — holds “{'é' * 200}”." for n in range(sentences))
    starts = [0, *(n + 1 for n in range(len(text)) if text[n - 1 : n + 1] == ". ")]
    spans = [Span(at, end) for at, end in zip(starts, [*(s - 1 for s in starts[1:]), len(text)], strict=True)]
    document = Document(
        id="long.txt", title="Long", text=text, sha256="0" * 64, blocks=(Block("paragraph", Span(0, len(text))),)
    )
    found = tuple(Sentence(span, 0, "paragraph") for span in spans)
    vectors = np.stack([unit_vector(str(n)) for n in range(len(found))])
    passage = Passage(f"long.txt:0-{len(text)}", "long.txt", Span(0, len(text)), ("Long",), found)
    terms = tuple(tuple(analyse(span.of(text))) for span in spans)
    words = frozenset({"glacier"})
    return DocumentEntry(
        document, (PassageEntry(passage, "1" * 64, vectors[0], vectors, vectors[1], terms, ("long",), words),)
    )


def test_what_is_too_long_for_a_field_comes_back_whole(tmp_path: Path) -> None:
    long = long_entry(900)
    assert len(long.document.text.encode()) > 300_000
    write(tmp_path, [long, entry(0)])
    index = open_index(location(tmp_path))
    assert index.document("long.txt") == long.document
    (key,) = keys_of([long])
    assert index.passages([key]) == [long.passages[0].passage]
    found = index.candidates([key], unit_vector("moon"))
    assert len(found.sentence_similarity) == 900
    assert verify(location(tmp_path)) == []
    index.close()


def test_the_kinds_of_parts_do_not_overlap() -> None:
    ranges = [part_numbers(version, kind) for version in (1, 2) for kind in range(4)]
    assert all(one[1] <= other[0] for one, other in pairwise(ranges))


def test_a_server_that_does_not_answer_is_said_to_be_so_soon() -> None:
    began = time.monotonic()
    for use in (open_index, read_facts, verify, partial(_entered, open_builder)):
        with pytest.raises(IndexUnreachable, match="does not answer") as caught:
            use("milvus+http://127.0.0.1:9/name?seconds=0.5")
        assert caught.value.http_status == 503
        assert caught.value.retry_after_seconds
        assert "\n" not in caught.value.message
    assert time.monotonic() - began < 60


def _entered(make: Callable[..., IndexBuilder], where: str) -> None:
    with make(where, **MADE_BY):
        pass


def test_an_index_that_is_not_there_is_not_made_by_asking(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        open_index(location(tmp_path / "nothing"))
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("milvus+http://host:19530/", "no index is named"),
        ("milvus+http://host:19530/a-b", "no index is named"),
        ("milvus+http:///name", "no server is named"),
        ("milvus+ftp://host/name", "no server is named"),
        ("milvus+http://host:port/name", "no address"),
        ("milvus+http://user:secret@host/name", "FOOTNOTE_MILVUS_TOKEN"),
        ("milvus+http://host/name?speed=9", "no option speed"),
        ("milvus+http://host/name?seconds=soon", "no address"),
        ("milvus+http://host/name?replicas=0", "replicas"),
        ("milvus+file:", "no folder"),
    ],
)
def test_an_address_that_is_none_is_refused_in_one_line(wrong: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as caught:
        open_index(wrong)
    assert "\n" not in caught.value.message
    assert "secret" not in caught.value.what


def test_a_backup_says_what_to_use_instead(tmp_path: Path) -> None:
    for use in (
        partial(backup, location(tmp_path), tmp_path / "archive"),
        partial(restore, tmp_path / "archive", location(tmp_path), lock_wait_seconds=0.0),
    ):
        with pytest.raises(UsageError, match="milvus-backup"):
            use()


def erased(place: Path, marker: str) -> Erasure:
    return erase(location(place), marker=marker, report=lambda _: None)


def test_what_is_erased_is_in_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "GRACE_SECONDS", 0)
    every = entries(range(4))
    write(tmp_path, every)
    marker = every[2].document.title
    with pytest.raises(FootnoteError, match="still hold it"):
        erased(tmp_path, marker)
    write(tmp_path, [], [every[2].document.id])
    index = open_index(location(tmp_path))
    assert marker not in "".join(said(index).values())
    index.close()
    done = erased(tmp_path, marker)
    assert done.versions == 1
    assert done.files > 5
    assert done.bytes > 1_000
    assert not any(marker.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert verify(location(tmp_path)) == []
    index = open_index(location(tmp_path))
    assert set(said(index)) == {each.document.id for each in every} - {every[2].document.id}
    index.close()
    assert write(tmp_path, [changed(1)]) == 5
    assert verify(location(tmp_path)) == []


def test_erasing_waits_until_nobody_reads_what_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "GRACE_SECONDS", 3)
    write(tmp_path, entries(range(2)))
    write(tmp_path, [], [entry(1).document.id])
    waited: list[str] = []
    erase(location(tmp_path), report=waited.append)
    assert any("until nobody can be reading" in each for each in waited)


def test_of_a_server_it_has_to_be_said_where_its_files_are() -> None:
    with pytest.raises(UsageError, match="--bucket"):
        erase("milvus+http://127.0.0.1:9/name", marker="moon", report=lambda _: None)


def test_a_folder_keeps_nothing_that_could_be_erased(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing of what was removed"):
        erase(tmp_path, report=lambda _: None)


@pytest.mark.parametrize("form", ["plain", "compressed", "in base64"])
def test_a_marker_is_found_in_every_form_in_which_a_text_is_kept(form: str) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    text = "Before. The secret kettle. " * 40
    if form == "plain":
        data = text.encode()
    else:
        cell = text if form == "compressed" else base64.b64encode(text.encode()).decode()
        out = BytesIO()
        pq.write_table(pa.table({"piece": [cell], "pk": [1]}), out, compression="gzip", write_statistics=False)
        # A server puts its own head before it.
        data = b"head" + out.getvalue() + b"tail"
        assert b"secret kettle" not in data
    assert holds(data, b"secret kettle")
    assert not holds(data, b"secret glacier")


def test_every_command_takes_the_address(
    tmp_path: Path, tiny_corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("footnote.encoding.load_encoder", lambda settings: HashingEncoder())
    monkeypatch.setattr(erasure, "GRACE_SECONDS", 0)
    where = ["--index", location(tmp_path / "there")]
    assert main(["index", "--corpus", str(tiny_corpus), *where]) == 0
    assert main(["index", "--corpus", str(tiny_corpus), "--index", "here"]) == 0
    capsys.readouterr()
    answers = []
    for index in (where, ["--index", "here"]):
        assert main(["ask", "How thick is the ice shell of Europa?", "--json", *index]) == 0
        answers.append(json.loads(capsys.readouterr().out))
    assert answers[0] == answers[1]
    assert answers[0]["citations"]
    assert main(["documents", *where]) == 0
    assert "moons.md" in capsys.readouterr().out
    assert main(["check", *where]) == 0
    assert "every invariant holds" in capsys.readouterr().out
    (tiny_corpus / "tea.txt").unlink()
    # The folder was named for this index on this machine: a question brings the index up to date first.
    assert main(["ask", "How is green tea brewed?", *where]) == 0
    capsys.readouterr()
    assert main(["erase", "--marker", "Green tea is brewed", *where]) == 0
    assert "no byte of the marker" in capsys.readouterr().out
    assert main(["backup", "archive.tar", *where]) == 2
    assert "milvus-backup" in capsys.readouterr().err
    assert main(["info", "--json", *where]) == 0
    assert json.loads(capsys.readouterr().out)["index"]["documents"] == 1


def test_feedback_about_an_index_on_a_server_is_kept_on_this_machine(tmp_path: Path) -> None:
    there = "milvus+http://127.0.0.1:9/name"
    path = feedback_file(there)
    assert path == feedback_file(there)
    assert path != feedback_file(f"{there}2")
    assert str(path).startswith(os.environ["XDG_STATE_HOME"])

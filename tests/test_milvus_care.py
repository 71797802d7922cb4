"""Taking care of an index in Milvus: checking it, erasing from it, naming it, and every command that takes its address."""

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
from typing import Any

import numpy as np
import pytest

pytest.importorskip("milvus_lite", reason="the extra footnote[milvus] is not installed")

from fakes import HashingEncoder
from footnote.cli import main
from footnote.errors import (
    FootnoteError,
    IndexDamaged,
    IndexMissing,
    IndexUnreachable,
    NotFound,
    UsageError,
)
from footnote.records import Block, Document, Passage, Sentence, Span
from footnote.store import (
    DocumentEntry,
    Erasure,
    PassageEntry,
    backup,
    erase,
    feedback_file,
    open_builder,
    open_index,
    read_facts,
    restore,
    verify,
)
from footnote.store.contract import entries, entry, keys_of, unit_vector
from footnote.store.milvus import erasure, objects
from footnote.store.milvus.address import parse_address
from footnote.store.milvus.collection_schemas import collection_name
from footnote.store.milvus.connection import Connection
from footnote.store.milvus.erasure import holds
from footnote.store.milvus.milvus_rows import part_numbers
from footnote.terms import analyse
from milvus_support import MADE_BY, begin, changed, ending_engines, location, said, write


@pytest.fixture(autouse=True)
def engines_end(tmp_path: Path) -> Iterator[None]:
    with ending_engines(tmp_path):
        yield


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
    for use in (open_index, read_facts, verify, partial(begin, open_builder)):
        with pytest.raises(IndexUnreachable, match="does not answer") as caught:
            use("milvus+http://127.0.0.1:9/name?seconds=0.5")
        assert caught.value.http_status == 503
        assert caught.value.retry_after_seconds
        assert "\n" not in caught.value.message
    assert time.monotonic() - began < 60


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

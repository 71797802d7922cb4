"""What the store keeps and gives back, update by update."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest

from fakes import HashingEncoder
from footnote.errors import IndexDamaged, IndexLocked, IndexMismatch, IndexMissing, UsageError
from footnote.store import LocalIndex, Unread, corpus_of, read_manifest, verify
from footnote.store.local import generation
from footnote.store.local import writer as writing
from footnote.store.local.manifest import MANIFEST_NAME
from footnote.store.local.rows import floats
from footnote.terms import is_answer_type, term_id, words
from store_builders import (
    ENCODER,
    all_keys,
    make_entries,
    make_entry,
    make_text,
    query,
    signature,
    stored_vectors,
    writer,
)


@pytest.fixture
def index_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    with writer(folder) as open_writer:
        open_writer.commit(make_entries(range(8)))
    return folder


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_documents_come_back_as_they_were(index_dir: Path) -> None:
    with LocalIndex.open(index_dir, encoder_fingerprint=ENCODER.fingerprint) as reader:
        entries = make_entries(range(8))
        assert [summary.id for summary in reader.documents()] == [entry.document.id for entry in entries]
        for entry, summary in zip(entries, reader.documents(), strict=True):
            assert reader.document(entry.document.id) == entry.document
            assert (summary.chars, summary.passages) == (len(entry.document.text), len(entry.passages))
            assert (summary.metadata, summary.warnings) == (entry.document.metadata, entry.document.warnings)
        assert reader.facts.passages == sum(len(entry.passages) for entry in entries)
        assert reader.facts.generation == 1
    assert verify(index_dir) == []


def test_a_document_that_is_not_there_is_said_so(index_dir: Path) -> None:
    with LocalIndex.open(index_dir) as reader, pytest.raises(UsageError, match=r"gone\.txt"):
        reader.document("gone.txt")


def test_candidates_are_what_was_written(index_dir: Path) -> None:
    expected = [passage for entry in make_entries(range(8)) for passage in entry.passages]
    with LocalIndex.open(index_dir) as reader:
        keys = all_keys(reader)[::-1]
        found, passages = reader.candidates(keys, query("moon")), reader.passages(keys)
        vectors, headings, sentences = (stored_vectors(reader, keys, n) for n in ("passage", "heading", "sentence"))
        assert found.keys.tolist() == keys.tolist()
        for row, (entry, passage) in enumerate(zip(expected[::-1], passages, strict=True)):
            assert passage == entry.passage
            assert np.array_equal(vectors[row], entry.vector.astype(np.float16).astype(np.float32))
            assert np.array_equal(headings[row], entry.heading_vector.astype(np.float16).astype(np.float32))
            first, end = found.sentence_offsets[row : row + 2]
            assert np.array_equal(sentences[first:end], entry.sentence_vectors.astype(np.float16).astype(np.float32))
            for number, terms in enumerate(entry.sentence_terms, start=first):
                assert found.terms[found.term_sentences == number].tolist() == [term_id(t) for t in terms]
            first, end = found.heading_term_offsets[row : row + 2]
            assert found.heading_terms[first:end].tolist() == [term_id(t) for t in entry.heading_terms]
        assert found.ordinals[::-1].tolist() == [
            n for entry in make_entries(range(8)) for n in range(len(entry.passages))
        ]
        assert found.document_places[::-1].tolist() == [
            n for n, e in enumerate(make_entries(range(8))) for _ in e.passages
        ]


def test_no_candidates_are_empty_arrays(index_dir: Path) -> None:
    with LocalIndex.open(index_dir) as reader:
        found = reader.candidates([], query("moon"))
        assert found.passage_similarity.shape == (0,)
        assert found.sentence_offsets.tolist() == [0]
        assert reader.passages([]) == []
        with pytest.raises(KeyError):
            reader.candidates([10_000], query("moon"))


def test_counts_of_words_and_stems(index_dir: Path) -> None:
    passages = [passage for entry in make_entries(range(8)) for passage in entry.passages]
    stems = ["moon", "day", "about", "unheard", "#number"]
    holding = [
        {t for terms in passage.sentence_terms for t in terms if not is_answer_type(t)} | set(passage.heading_terms)
        for passage in passages
    ]
    with LocalIndex.open(index_dir) as reader:
        expected = {stem: sum(stem in held for held in holding) for stem in stems}
        assert expected["moon"] > 0
        assert reader.document_frequencies(stems) == expected
        assert reader.vocabulary()["moon"] == sum("moon" in passage.words for passage in passages)
        assert "moon" in {word.text for word in words(make_text(0))}
        counted = sum(not is_answer_type(t) for passage in passages for terms in passage.sentence_terms for t in terms)
        assert reader.facts.mean_terms == pytest.approx(counted / len(passages))


def test_update_equals_a_fresh_build(index_dir: Path, tmp_path: Path) -> None:
    with writer(index_dir) as open_writer:
        changed = make_entry("doc-002.txt", make_text(40))
        assert open_writer.commit([*make_entries([9]), changed], ["doc-005.txt"]) == 2
        assert "doc-005.txt" not in open_writer.known()
    fresh = tmp_path / "fresh"
    with writer(fresh) as open_writer:
        open_writer.commit([*make_entries([0, 1, 3, 4, 6, 7, 9]), changed])
    assert signature(index_dir) == signature(fresh)
    assert verify(index_dir) == []


def test_the_fingerprint_is_of_content_not_of_history(index_dir: Path) -> None:
    before = read_manifest(index_dir).fingerprint
    with writer(index_dir) as open_writer:
        open_writer.commit(make_entries([9]))
    assert read_manifest(index_dir).fingerprint != before
    with writer(index_dir) as open_writer:
        open_writer.commit([], ["doc-009.txt"])
    assert (read_manifest(index_dir).fingerprint, read_manifest(index_dir).generation) == (before, 3)


def test_removed_text_is_in_no_file(index_dir: Path) -> None:
    secret = make_entry(
        "secret.txt", "Zanzibarium notes\nThe zanzibarium quokkafluke sings at dawn. Nobody heard wobblethorpe."
    )
    with writer(index_dir) as open_writer:
        open_writer.commit([secret])
    assert all(
        word in all_bytes(index_dir) for word in (b"secret.txt", b"quokkafluke", b"wobblethorpe", b"Zanzibarium")
    )
    with writer(index_dir) as open_writer:
        open_writer.commit([], ["secret.txt"])
    left = all_bytes(index_dir).lower()
    assert not any(word in left for word in (b"secret.txt", b"quokkafluke", b"wobblethorpe", b"zanzibarium"))
    assert secret.passages[0].vector.astype(np.float16).tobytes() not in left
    with LocalIndex.open(index_dir) as reader:
        assert reader.search_terms(["quokkafluk", "zanzibarium"], 5)[0].size == 0
        assert "quokkafluke" not in reader.vocabulary()
    assert verify(index_dir) == []


def test_an_index_can_lose_its_last_document(index_dir: Path) -> None:
    with writer(index_dir) as open_writer:
        open_writer.commit([], list(open_writer.known()))
    with LocalIndex.open(index_dir) as reader:
        assert (reader.facts.passages, reader.documents(), reader.facts.mean_terms) == (0, (), 0.0)
        assert reader.search_passages(query("moon"), 5)[0].size == 0
        assert reader.search_sentences(query("moon"), 5)[0].size == 0
        assert reader.search_terms(["moon"], 5)[0].size == 0
        assert reader.document_frequencies(["moon"]) == {"moon": 0}
    assert verify(index_dir) == []


def test_a_document_without_passages_is_kept(index_dir: Path) -> None:
    with writer(index_dir) as open_writer:
        open_writer.commit([make_entry("bare.txt", "Only a heading")])
    with LocalIndex.open(index_dir) as reader:
        assert reader.document("bare.txt").text == "Only a heading"
    assert verify(index_dir) == []


def test_vectors_are_reused_by_their_input(index_dir: Path) -> None:
    entry = make_entries([3])[0].passages[1]
    with writer(index_dir) as open_writer:
        found = open_writer.vectors_for([entry.input_sha256, "00" * 32])
    assert list(found) == [entry.input_sha256]
    assert np.array_equal(found[entry.input_sha256].passage, entry.vector.astype(np.float16).astype(np.float32))
    assert found[entry.input_sha256].sentences.shape == entry.sentence_vectors.shape


def test_another_encoder_is_refused_and_replaced(index_dir: Path) -> None:
    other = HashingEncoder(32, "hashing-32")
    with pytest.raises(IndexMismatch, match="footnote index"):
        LocalIndex.open(index_dir, encoder_fingerprint=other.fingerprint)
    with writer(index_dir, other) as open_writer:
        assert (open_writer.known(), open_writer.needs_commit()) == ({}, True)
        assert open_writer.vectors_for([make_entries([3])[0].passages[1].input_sha256]) == {}
        open_writer.commit(make_entries(range(3), other))
    with LocalIndex.open(index_dir, encoder_fingerprint=other.fingerprint) as reader:
        assert (len(reader.documents()), reader.facts.dimension, reader.facts.generation) == (3, 32, 2)
    assert verify(index_dir) == []


def test_another_splitting_writes_all_again_but_keeps_vectors(index_dir: Path) -> None:
    entry = make_entries([3])[0].passages[1]
    with writer(index_dir, splitting="other") as open_writer:
        assert (open_writer.known(), open_writer.needs_commit()) == ({}, True)
        assert entry.input_sha256 in open_writer.vectors_for([entry.input_sha256])
        open_writer.commit(make_entries(range(2)))
        assert sorted(open_writer.known()) == ["doc-000.txt", "doc-001.txt"]
    assert verify(index_dir) == []


def test_another_format_is_refused(index_dir: Path) -> None:
    from dataclasses import replace

    newer = replace(read_manifest(index_dir), format_version=99)
    (index_dir / MANIFEST_NAME).write_bytes(newer.render())
    with pytest.raises(IndexMismatch, match="format 99"):
        LocalIndex.open(index_dir)
    with writer(index_dir) as open_writer:
        open_writer.commit(make_entries(range(2)))
        assert open_writer.base is not None
        assert open_writer.base.generation == 2
    assert verify(index_dir) == []


def test_a_missing_index_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="footnote index"):
        LocalIndex.open(tmp_path / "nowhere")
    assert corpus_of(tmp_path / "nowhere") is None


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"manifest": 3}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_manifest_is_damage(index_dir: Path, content: bytes) -> None:
    (index_dir / MANIFEST_NAME).write_bytes(content)
    with pytest.raises(IndexDamaged, match=MANIFEST_NAME):
        LocalIndex.open(index_dir)


def test_a_reader_keeps_its_generation(index_dir: Path) -> None:
    before = make_entries([5])[0]
    with LocalIndex.open(index_dir) as reader:
        with writer(index_dir) as open_writer:
            open_writer.commit(make_entries([9]), [before.document.id])
        assert reader.stale()
        assert reader.document(before.document.id) == before.document
        keys, _ = reader.search_terms(["moon", "nobodi"], 50)
        assert len(reader.passages(keys)) == len(keys) == reader.facts.passages
        with LocalIndex.open(index_dir) as newer:
            assert not newer.stale()
            assert newer.facts.generation == reader.facts.generation + 1


def test_stale_is_false_when_only_the_file_is_new(index_dir: Path) -> None:
    with LocalIndex.open(index_dir) as reader:
        path = index_dir / MANIFEST_NAME
        data = path.read_bytes()
        path.unlink()
        assert reader.stale()
        path.write_bytes(data)
        assert not reader.stale()


def test_one_writer_at_a_time(index_dir: Path) -> None:
    with writer(index_dir), pytest.raises(IndexLocked, match=str(os.getpid())), writer(index_dir, wait_seconds=0):
        pass
    assert (index_dir / "LOCK").read_bytes() == b""
    with writer(index_dir, wait_seconds=0) as open_writer:
        assert len(open_writer.known()) == 8


def test_a_second_writer_waits(index_dir: Path) -> None:
    entered = threading.Event()

    def later() -> None:
        with writer(index_dir) as second:
            entered.set()
            second.commit(make_entries([30]))

    with writer(index_dir) as first:
        thread = threading.Thread(target=later)
        thread.start()
        assert not entered.wait(0.2)
        first.commit(make_entries([31]))
    thread.join(10)
    with LocalIndex.open(index_dir) as reader:
        assert {"doc-030.txt", "doc-031.txt"} <= {summary.id for summary in reader.documents()}


def test_readers_see_whole_generations_while_it_is_written(index_dir: Path) -> None:
    done, faults, reads = threading.Event(), [], 0

    def write() -> None:
        try:
            for n in range(12):
                with writer(index_dir) as open_writer:
                    number = 50 + n % 3
                    here = f"doc-{number:03d}.txt"
                    open_writer.commit(*(([], [here]) if here in open_writer.known() else (make_entries([number]), [])))
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            faults.append(error)
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    while not done.is_set():
        with LocalIndex.open(index_dir) as reader:
            reads += 1
            assert reader.remade == ()
            keys, _ = reader.search_passages(query("moon"), 1_000)
            assert len(reader.passages(keys)) == reader.facts.passages == len(reader.search_terms(["nobodi"], 1_000)[0])
    thread.join()
    assert faults == []
    assert reads > 12
    assert verify(index_dir) == []


def test_segments_stay_when_nothing_in_them_changed(
    index_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "SEGMENT_BYTES", 8_000)
    monkeypatch.setattr(writing, "SMALL_BYTES", 1_000)
    monkeypatch.setattr(writing, "SHARED_PASSAGES", 5)
    monkeypatch.setattr(writing, "GONE_SHARE", 0.3)
    large = tmp_path / "large"
    with writer(large) as open_writer:
        open_writer.commit(make_entries(range(20)))
        before = {info.rows.path: info for info in read_manifest(large).segments}
        open_writer.commit(make_entries([30]), ["doc-004.txt"])
    manifest = read_manifest(large)
    kept = [info for info in manifest.segments if info.rows.path in before]
    assert len(before) > 4
    assert len(before) - 2 <= len(kept) < len(before)
    assert verify(large) == []
    with LocalIndex.open(large) as reader:
        assert sorted(summary.id for summary in reader.documents()) == [
            f"doc-{n:03d}.txt" for n in (*range(4), *range(5, 20), 30)
        ]
        keys = np.sort(reader.search_passages(query("moon"), 1_000)[0])
        assert len(keys) == reader.facts.passages == len(reader.search_terms(["nobodi"], 1_000)[0])
        ids = {passage.document_id for passage in reader.passages(reader.search_terms(["nobodi"], 1_000)[0])}
        assert "doc-004.txt" not in ids
        only = frozenset({"doc-030.txt", "doc-001.txt"})
        for found in (
            reader.search_passages(query("moon"), 99, allowed=only),
            reader.search_sentences(query("moon"), 99, allowed=only),
            reader.search_terms(["nobodi"], 99, allowed=only),
        ):
            assert {passage.document_id for passage in reader.passages(found[0])} == only
    with writer(large) as open_writer:
        assert read_manifest(large).lexical_gone > 0
        open_writer.commit([], [f"doc-{n:03d}.txt" for n in range(5, 14)])
        assert read_manifest(large).lexical_gone == 0, "too many removed: written again"
        assert verify(large) == []
        open_writer.commit([], [f"doc-{n:03d}.txt" for n in (*range(4), *range(14, 20))])
        assert list(open_writer.known()) == ["doc-030.txt"]
    assert verify(large) == []


def test_files_that_could_not_be_read_are_remembered(index_dir: Path) -> None:
    unread = (Unread("bad.pdf", "ab" * 32, "has no text"),)
    with writer(index_dir) as open_writer:
        open_writer.commit(unread=unread)
    with writer(index_dir) as open_writer:
        assert open_writer.unread() == unread
        assert len(open_writer.known()) == 8
    assert verify(index_dir) == []


def test_other_files_in_the_folder_are_left_alone_and_reported(index_dir: Path) -> None:
    (index_dir / "README.md").write_text("what this is")
    (index_dir / "mine.txt").write_text("not an index")
    with writer(index_dir) as open_writer:
        open_writer.commit(make_entries([9]))
    assert (index_dir / "mine.txt").read_text() == "not an index"
    assert verify(index_dir) == [f"{index_dir / 'mine.txt'}: does not belong to the index"]


def test_the_rows_are_an_ordinary_sqlite_file(index_dir: Path) -> None:
    [path] = index_dir.glob("rows-*.sqlite")
    database = sqlite3.connect(path)
    assert database.execute("SELECT text FROM documents WHERE id = 'doc-003.txt'").fetchall() == [(make_text(3),)]
    assert database.execute("PRAGMA journal_mode").fetchall() == [("delete",)]
    database.close()


def test_there_is_no_pickle(index_dir: Path) -> None:
    assert json.loads((index_dir / MANIFEST_NAME).read_bytes())["manifest"]["generation"] == 1
    assert b"\x80\x04\x95" not in all_bytes(index_dir)


def test_halves_become_the_numbers_that_they_stand_for() -> None:
    every = np.arange(1 << 16, dtype=np.uint16).view("<f2").reshape(-1, 64)
    assert np.array_equal(floats(every.tobytes(), 64), every.astype(np.float32), equal_nan=True)
    assert floats(b"", 64).shape == (0, 64)

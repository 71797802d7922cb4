"""From a folder of documents to an index, and what a change of the folder costs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakes import HashingEncoder
from footnote import splitting
from footnote.errors import CorpusError, DocumentError, IndexLocked
from footnote.indexing import Progress, build_index, building, needs_update, surveying
from footnote.indexing.building import entry_of, inputs_of
from footnote.loaders import FAMILIES, load_document, parse_document
from footnote.records import Document
from footnote.settings import Settings
from footnote.splitting import passage_input, split_document
from footnote.store import LocalIndex, LocalIndexBuilder, PassageVectors, corpus_of, verify
from footnote.terms import analyse, sentence_terms
from hostile_files import zipped
from store_builders import all_keys, stored_vectors


@pytest.fixture
def index_dir(tmp_path: Path) -> Path:
    return tmp_path / "index"


def fingerprint(index_dir: Path) -> str:
    with LocalIndex.open(index_dir) as reader:
        return reader.facts.fingerprint


def test_a_first_build(tiny_corpus: Path, index_dir: Path, hashing_encoder: HashingEncoder) -> None:
    seen: list[Progress] = []
    report = build_index(tiny_corpus, index_dir, encoder=hashing_encoder, progress=seen.append)
    assert report.added == ("moons.md", "tea.txt")
    assert (report.changed, report.moved, report.removed, report.skipped) == ((), (), (), ())
    assert (report.generation, report.documents) == (1, 2)
    assert report.passages == report.passages_encoded > 2
    assert verify(index_dir) == []
    assert [(p.done, p.total) for p in seen if p.stage == "reading files"] == [(1, 2), (2, 2)]
    assert seen[-1] == Progress("encoding passages", report.passages, report.passages)
    assert corpus_of(index_dir) == tiny_corpus
    assert not needs_update(tiny_corpus, index_dir, encoder=hashing_encoder)
    with LocalIndex.open(index_dir, encoder_fingerprint=hashing_encoder.fingerprint) as reader:
        stored = [reader.document(summary.id) for summary in reader.documents()]
    assert stored == [load_document(tiny_corpus / d.id, document_id=d.id, settings=Settings()) for d in stored]


def test_nothing_changed_costs_nothing(tiny_corpus: Path, index_dir: Path, hashing_encoder: HashingEncoder) -> None:
    first = build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    encoded = len(hashing_encoder.encoded)
    for name in ("moons.md", "tea.txt"):
        (tiny_corpus / name).touch()
    again = build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    assert (again.generation, again.passages_encoded, again.passages) == (1, 0, first.passages)
    assert (again.added, again.changed, again.removed) == ((), (), ())
    assert len(hashing_encoder.encoded) == encoded


def test_equal_texts_are_encoded_once(tiny_corpus: Path, index_dir: Path, hashing_encoder: HashingEncoder) -> None:
    (tiny_corpus / "copy.txt").write_bytes((tiny_corpus / "tea.txt").read_bytes())
    build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    assert len(hashing_encoder.encoded) == len(set(hashing_encoder.encoded))


def test_a_changed_sentence_encodes_the_passage_it_stands_in(
    tiny_corpus: Path, index_dir: Path, hashing_encoder: HashingEncoder
) -> None:
    build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    before = len(hashing_encoder.encoded)
    path = tiny_corpus / "moons.md"
    path.write_text(path.read_text().replace("Europa is covered by ice.", "Europa is covered by thick ice."))
    assert needs_update(tiny_corpus, index_dir, encoder=hashing_encoder)
    report = build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    assert (report.changed, report.generation, report.passages_encoded) == (("moons.md",), 2, 1)
    new = hashing_encoder.encoded[before:]
    assert any("thick ice" in text for text in new)
    assert not any("Titan" in text for text in new)
    fresh = index_dir.with_name("fresh")
    build_index(tiny_corpus, fresh, encoder=HashingEncoder())
    assert fingerprint(index_dir) == fingerprint(fresh)
    with LocalIndex.open(index_dir) as updated, LocalIndex.open(fresh) as made:
        keys = all_keys(made)
        assert updated.passages(keys) == made.passages(keys)
        assert np.array_equal(*(stored_vectors(each, keys, "sentence") for each in (updated, made)))
    assert verify(index_dir) == []


def test_added_removed_and_moved(tiny_corpus: Path, index_dir: Path, hashing_encoder: HashingEncoder) -> None:
    build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    (tiny_corpus / "deep").mkdir()
    (tiny_corpus / "tea.txt").rename(tiny_corpus / "deep" / "tea leaves.txt")
    (tiny_corpus / "moons.md").unlink()
    (tiny_corpus / "sea.md").write_text("# The sea\n\nThe sea is salty. It has tides.\n")
    report = build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    assert report.added == ("sea.md",)
    assert report.removed == ("moons.md",)
    assert report.moved == (("tea.txt", "deep/tea leaves.txt"),)
    assert report.passages_encoded == 1
    with LocalIndex.open(index_dir) as reader:
        assert [summary.id for summary in reader.documents()] == ["deep/tea leaves.txt", "sea.md"]
        assert reader.search_terms(analyse("Europa ice"), 5)[0].size == 0
    assert verify(index_dir) == []


def test_a_file_that_cannot_be_read_is_listed_and_stops_no_other(
    tiny_corpus: Path, index_dir: Path, hashing_encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def parse(raw: bytes, *, document_id: str, settings: Settings) -> Document:
        tried.append(document_id)
        if b"broken" in raw:
            raise DocumentError("has no text", where=document_id, remedy="remove it")
        return parse_document(raw, document_id=document_id, settings=settings)

    monkeypatch.setattr(building, "parse_document", parse)
    (tiny_corpus / "bad.txt").write_text("broken")
    (tiny_corpus / "picture.png").write_bytes(b"\x89PNG")
    report = build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    assert report.added == ("moons.md", "tea.txt")
    assert [skipped.path for skipped in report.skipped] == ["bad.txt", "picture.png"]
    assert report.skipped[0].reason == "has no text"
    # Known to be unreadable: neither tried again, nor a reason to update; but still reported.
    assert not needs_update(tiny_corpus, index_dir, encoder=hashing_encoder)
    again = build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    assert (again.generation, again.skipped, tried.count("bad.txt")) == (1, report.skipped, 1)
    (tiny_corpus / "bad.txt").write_text("Mended now. It can be read.")
    (tiny_corpus / "tea.txt").write_text("broken")
    assert needs_update(tiny_corpus, index_dir, encoder=hashing_encoder)
    mended = build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    assert (mended.added, mended.removed) == (("bad.txt",), ("tea.txt",))
    assert [skipped.path for skipped in mended.skipped] == ["picture.png", "tea.txt"]
    (tiny_corpus / "tea.txt").unlink()
    assert needs_update(tiny_corpus, index_dir, encoder=hashing_encoder)
    assert [s.path for s in build_index(tiny_corpus, index_dir, encoder=hashing_encoder).skipped] == ["picture.png"]
    assert not needs_update(tiny_corpus, index_dir, encoder=hashing_encoder)
    assert verify(index_dir) == []


def test_a_folder_without_documents_makes_an_empty_index_only_where_that_is_allowed(
    tiny_corpus: Path, index_dir: Path, hashing_encoder: HashingEncoder
) -> None:
    empty = tiny_corpus.with_name("empty")
    empty.mkdir()
    made = build_index(empty, index_dir, encoder=hashing_encoder, empty=True)
    assert (made.documents, made.passages, verify(index_dir)) == (0, 0, [])
    assert not needs_update(empty, index_dir, encoder=hashing_encoder, empty=True)
    with pytest.raises(CorpusError, match="no document"):
        needs_update(empty, index_dir, encoder=hashing_encoder)
    (empty / "tea.txt").write_bytes((tiny_corpus / "tea.txt").read_bytes())
    assert build_index(empty, index_dir, encoder=hashing_encoder, empty=True).added == ("tea.txt",)
    (empty / "tea.txt").unlink()
    assert build_index(empty, index_dir, encoder=hashing_encoder, empty=True).removed == ("tea.txt",)
    assert verify(index_dir) == []


def test_a_folder_that_gives_no_document_is_an_error_and_keeps_the_index(
    tiny_corpus: Path, index_dir: Path, hashing_encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CorpusError):
        build_index(tiny_corpus / "nowhere", index_dir, encoder=hashing_encoder)
    empty = tiny_corpus.with_name("empty")
    empty.mkdir()
    with pytest.raises(CorpusError, match="no document"):
        build_index(empty, index_dir, encoder=hashing_encoder)
    assert not index_dir.exists()
    build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    before = fingerprint(index_dir)

    def refuse(raw: bytes, *, document_id: str, settings: Settings) -> Document:
        raise DocumentError("has no text", where=document_id)

    monkeypatch.setattr(building, "parse_document", refuse)
    for path in tiny_corpus.iterdir():
        path.rename(path.with_stem(path.stem + "-2"))
    with pytest.raises(CorpusError, match="has no text"):
        build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    assert (fingerprint(index_dir), verify(index_dir)) == (before, [])


def test_another_encoder_or_other_settings_build_again(
    tiny_corpus: Path, index_dir: Path, hashing_encoder: HashingEncoder
) -> None:
    build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    other = HashingEncoder(32, "hashing-32")
    assert needs_update(tiny_corpus, index_dir, encoder=other)
    report = build_index(tiny_corpus, index_dir, encoder=other)
    assert (report.generation, report.passages_encoded) == (2, report.passages)
    shorter = replace(Settings(), passage_max_chars=120)
    assert needs_update(tiny_corpus, index_dir, encoder=other, settings=shorter)
    assert build_index(tiny_corpus, index_dir, encoder=other, settings=shorter).passages > report.passages
    assert not needs_update(tiny_corpus, index_dir, encoder=other, settings=shorter)
    assert verify(index_dir) == []


def test_many_small_waves_make_the_same_index(
    tiny_corpus: Path, index_dir: Path, hashing_encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    monkeypatch.setattr(building, "WAVE_BYTES", 1)
    seen: list[Progress] = []
    waves = index_dir.with_name("waves")
    build_index(tiny_corpus, waves, encoder=HashingEncoder(), progress=seen.append)
    assert fingerprint(waves) == fingerprint(index_dir)
    assert all(progress.done <= progress.total for progress in seen)
    assert [p.done for p in seen] == sorted(p.done for p in seen if p.stage == "reading files") + sorted(
        p.done for p in seen if p.stage != "reading files"
    )


def test_while_another_process_writes_it_is_said_so(
    tiny_corpus: Path, index_dir: Path, hashing_encoder: HashingEncoder
) -> None:
    with (
        LocalIndexBuilder(index_dir, encoder_fingerprint="x", dimension=3),
        pytest.raises(IndexLocked, match="process"),
    ):
        build_index(tiny_corpus, index_dir, encoder=hashing_encoder, settings=replace(Settings(), lock_wait_seconds=0))


def test_the_entry_holds_the_terms_that_questions_are_compared_with(tiny_corpus: Path, settings: Settings) -> None:
    document = load_document(tiny_corpus / "moons.md", document_id="moons.md", settings=settings)
    for passage in split_document(document, count_tokens=_count, settings=settings):
        inputs = inputs_of(document, passage)
        vectors = PassageVectors(
            np.zeros(2, np.float32), np.zeros((len(inputs.sentences), 2), np.float32), np.zeros(2, np.float32)
        )
        entry = entry_of(document, passage, inputs, inputs.sha256, vectors)
        assert inputs.passage == passage_input(document, passage)
        assert entry.sentence_terms == tuple(sentence_terms(text) for text in inputs.sentences)
        assert list(entry.heading_terms) == [
            t for heading in (document.title, *passage.heading_path) for t in analyse(heading)
        ]
        assert {"moons", "giants"} <= entry.words


def _count(texts: Sequence[str]) -> list[int]:
    return [len(re.findall(r"\w+|[^\w\s]", text)) + 2 for text in texts]


def test_inputs_that_differ_only_in_where_they_are_cut_have_other_digests(tiny_corpus: Path) -> None:
    from footnote.indexing.building import Inputs

    assert Inputs("ab", ("c",), "d").sha256 != Inputs("a", ("bc",), "d").sha256
    assert Inputs("a", ("b", "c"), "d").sha256 != Inputs("a", ("b",), "c").sha256


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_link_put_there_between_the_look_and_the_read_is_not_followed(
    tiny_corpus: Path, index_dir: Path, hashing_encoder: HashingEncoder, kind: str
) -> None:
    """Finding 9: the path was resolved again when it was read, and the file that it led to by then was indexed."""
    outside = tiny_corpus.with_name("outside")
    outside.mkdir()
    (outside / "b.txt").write_text("THE CANARY SANG at dawn.")
    (tiny_corpus / "sub").mkdir()
    (tiny_corpus / "sub" / "b.txt").write_text("An honest text.")

    def swap(at: Progress) -> None:
        if at.stage != "reading files" or (tiny_corpus / "kept").exists():
            return
        if at.done == at.total and kind == "file":
            (tiny_corpus / "sub" / "b.txt").rename(tiny_corpus / "kept")
            (tiny_corpus / "sub" / "b.txt").symlink_to(outside / "b.txt")
        elif at.done == at.total:
            (tiny_corpus / "sub").rename(tiny_corpus / "kept")
            (tiny_corpus / "sub").symlink_to(outside)

    report = build_index(tiny_corpus, index_dir, encoder=hashing_encoder, progress=swap)
    assert [skipped.path for skipped in report.skipped] == ["sub/b.txt"]
    assert all(b"CANARY" not in path.read_bytes() for path in index_dir.rglob("*") if path.is_file())


def test_a_file_that_was_unreadable_for_a_moment_is_read_again(
    tiny_corpus: Path, index_dir: Path, hashing_encoder: HashingEncoder
) -> None:
    """Finding 9: the digest was of one reading, the text of another, so that good bytes counted as those that failed."""
    path, good = tiny_corpus / "late.txt", b"A text that is whole."
    path.write_bytes(good)

    def empty(at: Progress) -> None:
        if at.stage == "reading files" and at.done == at.total:
            path.write_bytes(b"")

    report = build_index(tiny_corpus, index_dir, encoder=hashing_encoder, progress=empty)
    assert [skipped.path for skipped in report.skipped] == ["late.txt"]
    path.write_bytes(good)
    assert build_index(tiny_corpus, index_dir, encoder=hashing_encoder).added == ("late.txt",)


def read_again(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the documents that are parsed from now on."""
    parsed: list[str] = []

    def parse(raw: bytes, *, document_id: str, settings: Settings) -> Document:
        parsed.append(document_id)
        return parse_document(raw, document_id=document_id, settings=settings)

    monkeypatch.setattr(building, "parse_document", parse)
    return parsed


def raised(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """From now on the loaders of a family are of the next version."""
    families = [replace(each, version=each.version + (each.name == name)) for each in FAMILIES]
    monkeypatch.setattr(surveying, "FAMILIES", families)


def test_another_version_of_a_familys_loaders_reads_its_files_again_and_no_others(
    tiny_corpus: Path, index_dir: Path, hashing_encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tiny_corpus / "no.pdf").write_bytes(b"none")
    (tiny_corpus / "both.zip").write_bytes(zipped({"a.md": b"# Owls\n\nOwls see at night."}))
    first = build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    parsed = read_again(monkeypatch)
    raised(monkeypatch, "markup")
    assert needs_update(tiny_corpus, index_dir, encoder=hashing_encoder)
    report = build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    assert parsed == ["both.zip", "moons.md"]
    assert (report.generation, report.passages, report.passages_encoded) == (2, first.passages, 0)
    assert [file.path for file in report.skipped] == ["no.pdf"]
    assert not needs_update(tiny_corpus, index_dir, encoder=hashing_encoder)
    assert verify(index_dir) == []


def test_a_file_that_could_not_be_read_is_tried_again_by_another_version_of_its_loader(
    tiny_corpus: Path, index_dir: Path, hashing_encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tiny_corpus / "no.pdf").write_bytes(b"none")
    build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    parsed = read_again(monkeypatch)
    raised(monkeypatch, "pdf")
    report = build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    assert (parsed, [file.path for file in report.skipped]) == (["no.pdf"], ["no.pdf"])


def test_another_version_of_the_splitter_splits_all_again_and_keeps_vectors(
    tiny_corpus: Path, index_dir: Path, hashing_encoder: HashingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    parsed = read_again(monkeypatch)
    monkeypatch.setattr(splitting, "VERSION", splitting.VERSION + 1)
    assert needs_update(tiny_corpus, index_dir, encoder=hashing_encoder)
    report = build_index(tiny_corpus, index_dir, encoder=hashing_encoder)
    assert (parsed, report.passages_encoded) == (["moons.md", "tea.txt"], 0)

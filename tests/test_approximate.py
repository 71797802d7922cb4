"""Approximate search: close to exact search, kept while the index grows, made again when damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from footnote.store import LocalIndex, LocalIndexBuilder, read_manifest, verify
from footnote.store.local import approximate, vectors
from footnote.store.local.vectors import VectorIndex
from footnote.terms import analyse
from store_builders import ENCODER, make_entries, query


def writer(index_dir: Path, choice: str) -> LocalIndexBuilder:
    return LocalIndexBuilder(
        index_dir,
        encoder_fingerprint=ENCODER.fingerprint,
        dimension=ENCODER.dimension,
        vector_search=choice,
    )


def build(index_dir: Path, numbers: range, choice: str = "approximate") -> None:
    with writer(index_dir, choice) as opened:
        opened.commit(make_entries(numbers))


def found(index_dir: Path, **allowed: frozenset[str]) -> list[tuple[list[str], list[str]]]:
    with LocalIndex.open(index_dir) as reader:
        return [
            tuple(
                [passage.id for passage in reader.passages(search(query(text), 10, **allowed)[0])]
                for search in (reader.search_passages, reader.search_sentences)
            )
            for text in ("the moon circles the tea", "a falcon warms copper", "bread for 3 days")
        ]


def mixture(count: int, rng: np.random.Generator) -> np.ndarray:
    rows = rng.normal(size=(60, 32))[rng.integers(0, 60, count)] + 0.8 * rng.normal(size=(count, 32))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_recall_is_what_was_measured_and_enough() -> None:
    rng = np.random.default_rng(3)
    vectors, keys = mixture(6_000, rng), np.arange(10, 6_010)
    centres = approximate.Centres(approximate.train_centres(vectors, len(vectors)), vectors.shape[1])
    halves = [centres.encode(vectors[:2_500], keys[:2_500]), centres.encode(vectors[2_500:], keys[2_500:])]
    index = centres.join(halves, 1)
    probes, recall = approximate.choose_probes(index, mixture(40, rng), lambda: [(vectors, keys)])
    exact = VectorIndex(vectors, keys)
    queries = mixture(40, rng)
    shares = [len(np.intersect1d(index.search(q, 50)[0], exact.search(q, 50)[0])) / 50 for q in queries]
    assert probes in approximate.PROBES
    assert recall >= 0.97
    assert np.mean(shares) >= 0.97
    index.probe(1)
    assert np.mean([len(np.intersect1d(index.search(q, 50)[0], exact.search(q, 50)[0])) / 50 for q in queries]) < recall


def test_finds_what_exact_search_finds_or_its_equals(tmp_path: Path) -> None:
    build(tmp_path / "exact", range(40), "exact")
    build(tmp_path / "approximate", range(40))
    assert verify(tmp_path / "approximate") == []
    with LocalIndex.open(tmp_path / "exact") as one, LocalIndex.open(tmp_path / "approximate") as other:
        for text in ("the moon circles the tea", "a falcon warms copper", "bread for 3 days"):
            vector = query(text)
            # The documents resemble each other so much that which of the equals is found is open.
            assert other.search_passages(vector, 10)[1] == pytest.approx(one.search_passages(vector, 10)[1], abs=0.02)
            assert other.search_sentences(vector, 10)[1] == pytest.approx(one.search_sentences(vector, 10)[1], abs=0.02)


def test_only_allowed_documents_are_found(tmp_path: Path) -> None:
    build(tmp_path, range(40))
    allowed = frozenset({"doc-007.txt", "doc-030.txt"})
    for passages, sentences in found(tmp_path, allowed=allowed):
        assert {name.split(":")[0] for name in passages + sentences} == allowed


def test_centres_are_kept_until_the_index_has_grown(tmp_path: Path) -> None:
    build(tmp_path, range(10))
    made = []
    for count in (11, 30, 60):
        with writer(tmp_path, "approximate") as opened:
            known = len(opened.known())
            opened.commit(make_entries(range(known, count)))
            assert opened.manifest is not None
            assert opened.manifest.approximation is not None
            made.append(opened.manifest.approximation.centres.path)
        assert verify(tmp_path) == []
    assert made == ["centres-1.codes", "centres-1.codes", "centres-4.codes"]
    assert sorted(path.name for path in tmp_path.glob("centres-*")) == ["centres-4.codes"]


def test_another_choice_writes_the_index_again_without_encoding(tmp_path: Path) -> None:
    build(tmp_path, range(12), "exact")
    with writer(tmp_path, "approximate") as opened:
        assert opened.needs_commit()
        opened.commit()
        assert not opened.needs_commit()
    assert verify(tmp_path) == []
    with writer(tmp_path, "exact") as opened:
        assert opened.needs_commit()
        opened.commit()
        assert not opened.needs_commit()
    assert verify(tmp_path) == []
    assert not list(tmp_path.glob("centres-*"))


@pytest.mark.parametrize("pattern", ["centres-*", "passages-*", "sentences-*"])
def test_a_damaged_file_is_made_again(tmp_path: Path, pattern: str) -> None:
    build(tmp_path, range(20))
    before = found(tmp_path)
    path = next(iter(tmp_path.glob(pattern)))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with LocalIndex.open(tmp_path) as reader:
        assert path.name in reader.remade
    assert found(tmp_path) == before
    with writer(tmp_path, "approximate") as opened:
        assert opened.needs_commit()
        opened.commit()
    assert verify(tmp_path) == []


def test_sentences_of_a_very_large_index_are_read_for_candidates_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path / "exact", range(8), "exact")
    monkeypatch.setattr(vectors, "INDEXED_SENTENCES", 10)
    build(tmp_path / "read", range(8))
    assert verify(tmp_path / "read") == []
    with LocalIndex.open(tmp_path / "read") as reader, LocalIndex.open(tmp_path / "exact") as exact:
        how = read_manifest(tmp_path / "read").approximation
        assert how is not None
        assert not how.sentences
        keys, scores = reader.search_sentences(query("the moon circles the tea"), 8)
        all_keys, all_scores = exact.search_sentences(query("the moon circles the tea"), 8)
        # 24 passages are all that there are, and 8 times 3 are read: nothing is missed, and the products are exact.
        assert keys.tolist() == all_keys.tolist()
        assert scores == pytest.approx(all_scores, abs=1e-5)


@pytest.mark.parametrize(("choice", "indexed"), [("exact", 10**6), ("approximate", 10**6), ("approximate", 10)])
def test_all_searches_at_once_find_what_each_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, choice: str, indexed: int
) -> None:
    monkeypatch.setattr(vectors, "INDEXED_SENTENCES", indexed)
    build(tmp_path, range(40), choice)
    with LocalIndex.open(tmp_path) as reader:
        text = "the moon circles the tea"
        vector, stems = query(text), analyse(text)
        for allowed in (None, frozenset({"doc-007.txt", "doc-030.txt"})):
            together = reader.search_all(vector, stems, 5, allowed=allowed)
            each = [
                reader.search_passages(vector, 5, allowed=allowed)[0],
                reader.search_terms(stems, 5, allowed=allowed)[0],
            ]
            if indexed > 10:
                each.append(reader.search_sentences(vector, 5, allowed=allowed)[0])
                assert sorted(together.tolist()) == np.unique(np.concatenate(each)).tolist()
            assert set(np.concatenate(each).tolist()) <= set(together.tolist())
            assert len(together) <= 15

"""An index in a folder keeps the contract of all indexes, searched exactly and approximately, as one file or as many."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from footnote.errors import FootnoteError, UsageError
from footnote.records import DocumentSummary
from footnote.store import (
    Candidates,
    Found,
    Index,
    IndexBuilder,
    LocalIndex,
    open_builder,
    open_index,
    passage_key,
    read_facts,
)
from footnote.store.contract import IndexContract, entries
from footnote.store.local import generation, index, writer
from footnote.store.local.segments import Segment
from footnote.store.topk import nothing


class TestExact(IndexContract):
    choice = "exact"

    def builder(self, place: Path, **options: Any) -> IndexBuilder:
        return open_builder(place, vector_search=self.choice, **options)

    def index(self, place: Path, **options: Any) -> Index:
        return open_index(place, **options)


class TestApproximate(TestExact):
    choice = "approximate"


class TestManyFiles(TestExact):
    """Each file holds few documents, and those that nothing changed stay."""

    @pytest.fixture(autouse=True)
    def small_files(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(generation, "SEGMENT_BYTES", 4_000)
        monkeypatch.setattr(writer, "SMALL_BYTES", 1_000)
        monkeypatch.setattr(writer, "SHARED_PASSAGES", 5)
        monkeypatch.setattr(writer, "GONE_SHARE", 0.5)


class TestManyFilesApproximate(TestManyFiles):
    choice = "approximate"


class OldWords(LocalIndex):
    def vocabulary(self) -> dict[str, int]:
        return dict.fromkeys(super().vocabulary(), 1)


class NeverStale(LocalIndex):
    def stale(self) -> bool:
        return False


class Unrestricted(LocalIndex):
    def search_terms(self, *asked: Any, allowed: object = None) -> Found:
        return super().search_terms(*asked)


class WithoutSentences(LocalIndex):
    def search_sentences(self, *_: Any, **__: Any) -> Found:
        return nothing()


class InItsOwnOrder(LocalIndex):
    def candidates(self, keys: Any, vector: Any) -> Candidates:
        return super().candidates(sorted(int(key) for key in keys), vector)


class LastOfEqualsFirst(LocalIndex):
    def search_terms(self, *asked: Any, **allowed: Any) -> Found:
        keys, scores = super().search_terms(*asked, **allowed)
        order = np.lexsort((-keys, -scores))
        return Found(keys[order], scores[order])


class FirstPageOnly(LocalIndex):
    def documents(self, *, after: str = "", limit: int = 3) -> tuple[DocumentSummary, ...]:
        return () if after else super().documents(limit=limit)


BROKEN = (OldWords, NeverStale, Unrestricted, WithoutSentences, InItsOwnOrder, LastOfEqualsFirst, FirstPageOnly)


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
def test_the_contract_notices_a_broken_index(kind: type[LocalIndex], tmp_path: Path) -> None:
    class Mine(TestExact):
        def index(self, place: Path, **options: Any) -> Index:
            return kind.open(place, **options)

    def kept(name: str) -> bool:
        folder = tmp_path / name
        folder.mkdir()
        try:
            getattr(Mine(), name)(folder)
        except (AssertionError, ValueError):
            return False
        return True

    assert not all(kept(name) for name in dir(Mine) if name.startswith("test_"))


@pytest.mark.parametrize("location", ["postgres://host:5432/name", "https://example.org/index", "s3:/bucket"])
def test_another_location_than_a_folder_is_refused_in_one_line(location: str) -> None:
    for use in (open_index, read_facts, partial(open_builder, encoder_fingerprint="", dimension=1)):
        with pytest.raises(UsageError, match="is no folder") as caught:
            use(location)
        assert "\n" not in caught.value.message


def test_a_key_is_what_it_was() -> None:
    """Written down: other machines have made the same ones."""
    assert passage_key("guide.md", 0) == 8_884_488_563_002_481_179
    assert passage_key("höhe/guide.md", 12) == 637_387_288_809_336_931
    keys = {passage_key(f"{n}.md", place) for n in range(300) for place in range(30)}
    assert len(keys) == 9_000
    assert all(0 < key < 2**63 for key in keys)


def test_two_passages_of_one_key_are_refused_and_the_index_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = partial(open_builder, tmp_path, encoder_fingerprint="contract", dimension=32)
    with make() as builder:
        builder.commit(entries(range(2)))
    before = read_facts(tmp_path)
    monkeypatch.setattr("footnote.store.local.segments.passage_key", lambda _, ordinal: 7 + ordinal)
    with make() as builder, pytest.raises(FootnoteError, match="one key"):
        builder.commit(entries([3]))
    assert read_facts(tmp_path) == before
    open_index(tmp_path).close()


def test_a_restricted_search_reads_the_ids_of_no_other_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = entries(range(6))
    with open_builder(tmp_path, encoder_fingerprint="contract", dimension=32) as builder:
        builder.commit(every)
    opened = open_index(tmp_path)
    asked: list[str] = []
    select = Segment.select

    def watched(self: Segment, statement: str, values: Any = ()) -> list[tuple[Any, ...]]:
        rows = select(self, statement, values)
        if "FROM documents" in statement:
            asked.append(statement)
            assert len(rows) <= 1, statement
        return rows

    monkeypatch.setattr(Segment, "select", watched)
    for _ in range(3):
        found = opened.search_all(every[2].passages[0].vector, ["moon"], 5, allowed=frozenset({every[2].document.id}))
        assert len(found) == 3
    assert len(asked) == 1
    opened.close()


def test_a_vocabulary_has_a_bound_and_keeps_the_most_frequent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_builder(tmp_path, encoder_fingerprint="contract", dimension=32) as builder:
        builder.commit(entries(range(20)))
    whole = open_index(tmp_path).vocabulary()
    monkeypatch.setattr(index, "VOCABULARY_WORDS", 9)
    found = open_index(tmp_path).vocabulary()
    assert len(found) == 9
    assert found.items() <= whole.items()
    assert min(found.values()) >= max(count for word, count in whole.items() if word not in found)

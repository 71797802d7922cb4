"""Documents read, split and encoded by others make the very index that one machine makes, whoever dies meanwhile."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from conftest import write_corpus
from fakes import HashingEncoder
from footnote.errors import FootnoteError, IndexFolderError
from footnote.indexing import build_index
from footnote.indexing.cluster import Job, do_job
from footnote.indexing.cluster import build_on_cluster as build
from footnote.indexing.entry_files import read_entry, write_entry
from footnote.records import BuildReport
from footnote.settings import Settings
from footnote.store import Unread
from footnote.store.contract import DIMENSION, entry


def encoder_of(_: Settings) -> HashingEncoder:
    return HashingEncoder()


class HereAndNow:
    """Does the jobs one after the other in this process; may be told to do some twice, or to die."""

    def __init__(
        self,
        *,
        twice: bool = False,
        dies_after: int | None = None,
        make: Callable[[Settings], HashingEncoder] = encoder_of,
    ) -> None:
        self.twice, self.dies_after, self.make = twice, dies_after, make
        self.done: list[str] = []

    def run(self, jobs: Sequence[Job]) -> Iterator[int]:
        # From the last to the first: the order in which they are done is nobody's business.
        for job in reversed(jobs):
            if len(self.done) == self.dies_after:
                raise FootnoteError("a task was lost")
            self.done.append(job.name)
            if self.twice:
                do_job(job, self.make)
                shutil.move(job.target, f"{job.target}.first")
            yield do_job(job, self.make)
            if self.twice:
                first = Path(f"{job.target}.first")
                assert first.read_bytes() == Path(job.target).read_bytes()
                first.unlink()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    write_corpus(folder)
    for n in range(5):
        (folder / f"note-{n}.txt").write_text(f"Note {n}\nThe kettle number {n} boils in {n + 2} minutes.\n", "utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing else")
    return folder


def on_cluster(corpus: Path, place: Path, workers: HereAndNow) -> BuildReport:
    work = place.parent / f"{place.name}-work"
    return build(corpus, place, workers=workers, work_dir=work, encoder=HashingEncoder())


def rows_of(index: Path) -> list[str]:
    return sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in index.glob("rows-*.sqlite"))


@pytest.mark.parametrize("twice", [False, True])
def test_the_index_is_the_one_that_one_machine_makes(tmp_path: Path, corpus: Path, twice: bool) -> None:
    alone = build_index(corpus, tmp_path / "alone", encoder=HashingEncoder())
    together = on_cluster(corpus, tmp_path / "together", HereAndNow(twice=twice))
    assert rows_of(tmp_path / "together") == rows_of(tmp_path / "alone") != []
    assert (together.documents, together.passages) == (alone.documents, alone.passages)
    assert together.skipped == alone.skipped
    assert [each.path for each in together.skipped] == ["broken.pdf"]
    assert list((tmp_path / "together-work").iterdir()) == []


def test_a_run_that_was_cut_off_is_taken_up_where_it_stopped(tmp_path: Path, corpus: Path) -> None:
    with pytest.raises(FootnoteError, match="lost"):
        on_cluster(corpus, tmp_path / "index", HereAndNow(dies_after=3))
    files = sorted((tmp_path / "index-work").iterdir())
    assert len(files) == 3
    # One of them was torn by a disk that lost it.
    files[0].write_bytes(files[0].read_bytes()[:-7])
    seen = files[1].stat().st_mtime_ns
    kept: list[int] = []

    class Looking(HereAndNow):
        def run(self, jobs: Sequence[Job]) -> Iterator[int]:
            kept.extend(path.stat().st_mtime_ns for path in (tmp_path / "index-work").iterdir())
            yield from super().run(jobs)

    on_cluster(corpus, tmp_path / "index", Looking())
    assert len(kept) == 2
    assert seen in kept
    build_index(corpus, tmp_path / "alone", encoder=HashingEncoder())
    assert rows_of(tmp_path / "index") == rows_of(tmp_path / "alone")


def test_only_what_changed_is_given_to_the_workers(tmp_path: Path, corpus: Path) -> None:
    on_cluster(corpus, tmp_path / "index", HereAndNow())
    (corpus / "note-2.txt").write_text("Note 2\nThe kettle is broken.\n", "utf-8")
    workers = HereAndNow()
    report = on_cluster(corpus, tmp_path / "index", workers)
    assert workers.done == ["note-2.txt"]
    assert report.changed == ("note-2.txt",)
    workers = HereAndNow()
    on_cluster(corpus, tmp_path / "index", workers)
    assert workers.done == []


def test_a_machine_with_another_model_is_refused(tmp_path: Path, corpus: Path) -> None:
    other = HereAndNow(make=lambda _: HashingEncoder(fingerprint="other"))
    with pytest.raises(FootnoteError, match="install the same Footnote on every machine"):
        on_cluster(corpus, tmp_path / "index", other)


def test_a_task_whose_file_does_not_come_is_an_error(tmp_path: Path, corpus: Path) -> None:
    class Elsewhere(HereAndNow):
        def run(self, jobs: Sequence[Job]) -> Iterator[int]:
            return iter([0] * len(jobs))

    with pytest.raises(IndexFolderError, match="mount the work folder"):
        on_cluster(corpus, tmp_path / "index", Elsewhere())


def test_an_entry_comes_back_bit_by_bit(tmp_path: Path) -> None:
    one = entry(3)
    write_entry(tmp_path / "one.entry", one, DIMENSION)
    found = read_entry(tmp_path / "one.entry")
    assert found is not None
    assert not isinstance(found, Unread)
    assert found.document == one.document
    for mine, other in zip(found.passages, one.passages, strict=True):
        assert (mine.passage, mine.input_sha256, mine.words) == (other.passage, other.input_sha256, other.words)
        assert (mine.sentence_terms, mine.heading_terms) == (other.sentence_terms, other.heading_terms)
        for name in ("vector", "heading_vector", "sentence_vectors"):
            assert np.array_equal(getattr(mine, name), getattr(other, name))
    assert read_entry(tmp_path / "none.entry") is None
    data = bytearray((tmp_path / "one.entry").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "one.entry").write_bytes(data)
    assert read_entry(tmp_path / "one.entry") is None


def test_why_a_file_cannot_be_read_travels_as_well(tmp_path: Path) -> None:
    unread = Unread("broken.pdf", "0" * 64, "is damaged")
    write_entry(tmp_path / "x.entry", unread, DIMENSION)
    assert read_entry(tmp_path / "x.entry") == unread


def test_without_a_shared_folder_nothing_is_begun(tmp_path: Path, corpus: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    begin = partial(build, corpus, tmp_path / "index", workers=HereAndNow(), encoder=HashingEncoder())
    with pytest.raises(IndexFolderError, match="--work"):
        begin(work_dir=tmp_path / "file" / "work")

"""Kills, damage and full disks: an index is the old one or the new one, and a changed byte is found."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from footnote.errors import FootnoteError, IndexDamaged, IndexFolderError, IndexMissing
from footnote.indexing import building
from footnote.store import LocalIndex, verify
from footnote.store.local import durable, generation
from footnote.store.local import writer as writing
from footnote.store.local.manifest import MANIFEST_NAME
from operations import OPERATIONS, Operation, parse_here
from promises import record, sized
from store_builders import make_entries, signature, writer


def steps_of(operation: Operation, home: Path) -> list[str]:
    """The names of the steps of an operation, in order."""
    names: list[str] = []
    with durable.observed(lambda name, path: names.append(f"{name} {path.name}")):
        operation.run(home)
    return names


def killed_at(operation: Operation, home: Path, stop: int) -> bool:
    """Run an operation in a child that is killed at a step; False when it was finished before."""
    child = os.fork()
    if child == 0:
        count = iter(range(1_000_000))

        def observe(name: str, path: Path) -> None:
            if next(count) == stop:
                os.kill(os.getpid(), signal.SIGKILL)

        with durable.observed(observe):
            operation.run(home)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def prepared(operation: Operation, folder: Path) -> tuple[Path, str, str, list[str]]:
    """The home to change, what is seen of it before and after, and the names of the steps."""
    start, done = folder / "start", folder / "done"
    start.mkdir()
    if operation.begin is not None:
        operation.begin(start)
    shutil.copytree(start, done)
    old = operation.seen(start)
    steps = steps_of(operation, done)
    new = operation.seen(done)
    assert old != new
    return start, old, new, steps


def remove_all(folder: Path) -> None:
    """Tantivy's watcher of a folder that was just written may put its lock file back while the folder is removed."""
    for _ in range(100):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            break
        time.sleep(0.02)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: a kill loses nothing that was written, so syncing only costs time here."""
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        yield Path(folder)


@pytest.fixture
def many_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a large index: several segments, most of them kept, and the lexical index started from the one before."""
    monkeypatch.setattr(generation, "SEGMENT_BYTES", 4_000)
    monkeypatch.setattr(writing, "SMALL_BYTES", 1_000)
    monkeypatch.setattr(writing, "SHARED_PASSAGES", 1)
    monkeypatch.setattr(writing, "GONE_SHARE", 10.0)


@pytest.fixture(autouse=True)
def parsed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker process for each child that is killed would cost more than everything else."""
    monkeypatch.setattr(building, "parse_document", parse_here)


killed: dict[str, int] = {}
killed_many: dict[str, int] = {}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_kill_at_any_step_leaves_the_old_files_or_the_new_ones(name: str, memory: Path) -> None:
    """Findings 3 and 5: a kill while a backup was put back, or while the page changed the documents, mixed old and new."""
    killed[name] = kill_at_every_step(OPERATIONS[name], memory, every=sized(5, 1), mend_every=sized(5, 1))
    if len(killed) == len(OPERATIONS):
        record(
            "P1 kill",
            "a kill at every step of every operation: 0 mixed, 0 unreadable",
            **killed, kills=sum(killed.values()), mixed=0, unreadable=0,
        )  # fmt: skip


MANY = ("build", "update", "delete", "change of model", "update approximate", "restore")


@pytest.mark.slow
@pytest.mark.parametrize("name", MANY)
def test_a_kill_at_any_step_of_many_segments(name: str, memory: Path, many_segments: None) -> None:
    killed_many[name] = kill_at_every_step(OPERATIONS[name], memory, every=sized(7, 1), mend_every=sized(4, 1))
    if len(killed_many) == len(MANY):
        record(
            "P1 kill, many segments",
            "the same in an index of many segments, most of them kept",
            **killed_many, kills=sum(killed_many.values()), mixed=0, unreadable=0,
        )  # fmt: skip


def kill_at_every_step(operation: Operation, folder: Path, *, every: int, mend_every: int) -> int:
    """Kill an operation at its steps; look at what is left; after some of the kills, finish the operation.

    Returns:
        How many kills there were.
    """
    start, old, new, steps = prepared(operation, folder)
    commit, at, kills, near = steps.index(operation.commit), folder / "at", 0, sized(2, 3)
    # A name that is published is there once the next step begins.
    first_new = commit if operation.commit.startswith("published") else commit + 1
    for stop, step in enumerate(steps):
        # Always at the steps around the commit, where there is most to clean up.
        if stop % every and abs(stop - commit) >= near:
            continue
        kills += 1
        shutil.copytree(start, at)
        assert killed_at(operation, at, stop), step
        assert operation.seen(at) == (old if stop < first_new else new), step
        if kills % mend_every == 0 or abs(stop - commit) < near:
            operation.run(at)
            assert (operation.problems(at), operation.seen(at)) == ([], new), step
        remove_all(at)
    assert not killed_at(operation, start, len(steps) + 1)
    assert operation.seen(start) == new
    return kills


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_kill_at_any_moment_leaves_the_old_files_or_the_new_ones(name: str, memory: Path) -> None:
    """Also inside the libraries, where there is no step."""
    operation, seconds = OPERATIONS[name], random.Random(5)
    start, done = memory / "start", memory / "done"
    start.mkdir()
    if operation.begin is not None:
        operation.begin(start)
    shutil.copytree(start, done)
    began = time.monotonic()
    operation.run(done)
    longest = time.monotonic() - began
    expected = {operation.seen(start), operation.seen(done)}
    for _ in range(sized(2, 12)):
        home = memory / "at"
        shutil.copytree(start, home)
        child = os.fork()
        if child == 0:
            operation.run(home)
            os._exit(0)
        time.sleep(seconds.uniform(0, longest))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert operation.seen(home) in expected
        operation.run(home)
        assert operation.problems(home) == []
        remove_all(home)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_error_at_a_step_is_clean(name: str, memory: Path) -> None:
    operation = OPERATIONS[name]
    start, old, new, steps = prepared(operation, memory)
    for stop, step in [*enumerate(steps)][:: sized(6, 1)]:
        home = memory / "at"
        shutil.copytree(start, home)
        count = iter(range(1_000_000))

        def observe(name: str, path: Path, count: Iterator[int] = count, stop: int = stop) -> None:
            if next(count) == stop:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

        # Not being able to remove what nobody needs any more, or to remember vectors, is no failure.
        with durable.observed(observe), suppress(IndexFolderError, OSError):
            operation.run(home)
        assert operation.seen(home) in {old, new}, step
        operation.run(home)
        assert (operation.problems(home), operation.seen(home)) == ([], new), step
        remove_all(home)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sound")
    OPERATIONS["build"].run(home)
    return home / "index"


def index_files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size > 0)


def positions(path: Path, chance: random.Random) -> list[int]:
    """Every byte of a small file, and of a large one both ends and a sample."""
    size = path.stat().st_size
    if size <= 60:
        return list(range(size))
    return sorted({0, 1, 15, 16, 17, size // 2, size - 2, size - 1, *(chance.randrange(size) for _ in range(40))})


def test_every_changed_byte_is_found_and_its_file_named(sound: Path, tmp_path: Path) -> None:
    chance, folder, tried = random.Random(11), tmp_path / "index", 0
    shutil.copytree(sound, folder)
    assert verify(folder) == []
    for path in index_files(folder):
        data = path.read_bytes()
        for at in positions(path, chance):
            changed = bytearray(data)
            changed[at] ^= 1 << chance.randrange(8)
            path.write_bytes(changed)
            problems = verify(folder)
            assert problems, f"{path.name} at {at}"
            assert all(problem.startswith(str(path)) for problem in problems), problems
            tried += 1
        path.write_bytes(data)
    assert tried >= 300
    assert verify(folder) == []


@pytest.mark.parametrize("damage", ["cut in half", "emptied", "longer", "removed", "another file", "a folder"])
def test_a_damaged_file_is_found_before_native_code_reads_it(sound: Path, tmp_path: Path, damage: str) -> None:
    whole = signature(sound)
    for path in index_files(sound):
        folder = tmp_path / path.name / "index"
        shutil.copytree(sound, folder)
        target = folder / path.relative_to(sound)
        data = target.read_bytes()
        target.unlink()
        if damage == "a folder":
            target.mkdir()
        elif damage != "removed":
            other = (sound / "LOCK").parent / MANIFEST_NAME
            kinds = {"cut in half": data[: len(data) // 2], "emptied": b"", "longer": data + b"\0"}
            target.write_bytes(kinds.get(damage) if damage in kinds else other.read_bytes()[::-1])
        problems = verify(folder)
        assert problems
        assert str(target) in problems[0]
        if path.suffix in {".json", ".sqlite"} and path.parent == sound:
            with pytest.raises((IndexDamaged, IndexMissing)):
                LocalIndex.open(folder)
        else:
            with LocalIndex.open(folder) as reader:
                assert len(reader.remade) == 1
            assert signature(folder) == whole, "made again from the rows"


def test_the_next_writer_mends_what_is_derived_without_new_vectors(sound: Path, tmp_path: Path) -> None:
    whole = signature(sound)
    for path in index_files(sound):
        if path.name == MANIFEST_NAME or path.suffix == ".sqlite":
            continue
        folder = tmp_path / path.name / "index"
        shutil.copytree(sound, folder)
        (folder / path.relative_to(sound)).unlink()
        with writer(folder) as open_writer:
            assert open_writer.needs_commit()
            assert len(open_writer.known()) == 3
            open_writer.commit()
            assert not open_writer.needs_commit()
        assert (verify(folder), signature(folder)) == ([], whole)


def test_damaged_rows_are_written_again_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation, "SEGMENT_BYTES", 8_000)
    monkeypatch.setattr(writing, "SMALL_BYTES", 1_000)
    folder = tmp_path / "index"
    with writer(folder) as open_writer:
        open_writer.commit(make_entries(range(12)))
    whole = signature(folder)
    damaged = sorted(folder.glob("rows-*.sqlite"))[1]
    damaged.write_bytes(damaged.read_bytes()[::-1])
    with pytest.raises(IndexDamaged, match=damaged.name):
        LocalIndex.open(folder)
    with writer(folder) as open_writer:
        missing = {f"doc-{n:03d}.txt" for n in range(12)} - set(open_writer.known())
        assert 0 < len(missing) < 12
        assert open_writer.needs_commit()
        open_writer.commit([entry for entry in make_entries(range(12)) if entry.document.id in missing])
    assert verify(folder) == []
    with LocalIndex.open(folder) as reader:
        assert len(reader.documents()) == 12
    assert whole != ""


def test_extra_files_in_the_lexical_folder_are_not_opened(sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    shutil.copytree(sound, folder)
    [lexical] = folder.glob("lexical-*")
    (lexical / "extra.idx").write_bytes(b"x")
    assert verify(folder) == [f"{lexical / 'extra.idx'}: does not belong to the index"]
    with LocalIndex.open(folder) as reader:
        assert reader.remade == (lexical.name,)


def test_a_lock_left_by_a_dead_writer_is_reported_and_cleared(sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    shutil.copytree(sound, folder)
    (folder / "LOCK").write_text("4242\n")
    [problem] = verify(folder)
    assert problem.startswith(str(folder / "LOCK"))
    with writer(folder):
        assert verify(folder) == [], "held, so not left behind"
    assert verify(folder) == []


@pytest.mark.skipif(os.geteuid() == 0 and not hasattr(os, "setresuid"), reason="cannot give up root")
def test_a_read_only_index_is_read(sound: Path, tmp_path: Path) -> None:
    folder, whole = tmp_path / "index", signature(sound)
    shutil.copytree(sound, folder)
    for path in (*folder.rglob("*.lock"),):
        path.unlink()
    before = sorted(folder.rglob("*"))
    for path in (tmp_path, *tmp_path.parents[:3]):
        path.chmod(0o755)
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if os.geteuid() == 0:
                os.setresgid(65534, 65534, 65534)
                os.setresuid(65534, 65534, 65534)
            code = 0 if signature(folder) == whole else 2
            with pytest.raises(FootnoteError), writer(folder, wait_seconds=0):
                code = 3
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert sorted(folder.rglob("*")) == before
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)

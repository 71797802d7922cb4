"""What a change of the folder costs, what an interruption costs, and that what was removed is gone."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from fakes import HashingEncoder
from footnote.cli import main
from footnote.engine import Footnote
from footnote.errors import IndexLocked
from footnote.indexing import Progress, build_index, building, changes
from footnote.settings import Settings
from footnote.store import LocalIndex, PassageVectors, verify
from footnote.store.local.unfinished import UNFINISHED_NAME, Unfinished
from promises import record, sized
from store_builders import signature

WORDS = (
    "moon tea glacier violin harbour lichen comet bread falcon copper river stone engine orchard signal winter".split()
)


def long_text(pages: int, seed: int = 1) -> str:
    """Prose of about 2,000 characters a page, no two sentences alike."""
    chance, lines = random.Random(seed), ["# A long document", ""]
    for page in range(pages):
        lines += [f"## Part {page}", ""]
        for paragraph in range(4):
            sentences = [
                f"The {chance.choice(WORDS)} of part {page}.{paragraph}.{n} met the {chance.choice(WORDS)} near a"
                f" {chance.choice(WORDS)} after {chance.randrange(10_000)} days of {chance.choice(WORDS)}."
                for n in range(6)
            ]
            lines += [" ".join(sentences), ""]
    return "\n".join(lines)


HOLD = """
import sys, time, pathlib
from footnote.store.state import write_lock
with write_lock(pathlib.Path(sys.argv[1]), 0):
    print("held", flush=True)
    time.sleep(60)
"""


class Stopped(HashingEncoder):
    """Ends its process, or raises, when it has encoded so many texts."""

    def __init__(self, after: int, *, kill: bool = False) -> None:
        super().__init__()
        self._after, self._kill = after, kill

    def encode_passages(self, texts, progress=None):
        if len(self.encoded) + len(texts) > self._after:
            if self._kill:
                os.kill(os.getpid(), signal.SIGKILL)
            raise KeyboardInterrupt
        return super().encode_passages(texts, progress)


@pytest.fixture
def long_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(building, "PORTION", 16)
    folder = tmp_path / "corpus"
    folder.mkdir()
    for n in range(3):
        (folder / f"long-{n}.md").write_text(long_text(8, n), encoding="utf-8")
    return folder


@pytest.mark.parametrize("kill", [False, True])
def test_an_interrupted_run_resumes_where_it_was(long_corpus: Path, tmp_path: Path, kill: bool) -> None:
    whole, index = HashingEncoder(), tmp_path / "index"
    build_index(long_corpus, tmp_path / "fresh", encoder=whole)
    stopped = Stopped(len(whole.encoded) // 2, kill=kill)
    if kill:
        child = os.fork()
        if child == 0:
            build_index(long_corpus, index, encoder=stopped)
            os._exit(0)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    else:
        with pytest.raises(KeyboardInterrupt):
            build_index(long_corpus, index, encoder=stopped)
    assert (index / UNFINISHED_NAME).stat().st_size > 1_000
    assert b"part" not in (index / UNFINISHED_NAME).read_bytes(), "digests and vectors, no text"
    rest, seen = HashingEncoder(), list[Progress]()
    build_index(long_corpus, index, encoder=rest, progress=seen.append)
    assert 0 < len(rest.encoded) < 0.6 * len(whole.encoded)
    assert next(p for p in seen if p.stage == "encoding passages").done > 0.3 * seen[-1].total
    assert (verify(index), signature(index)) == ([], signature(tmp_path / "fresh"))
    assert not (index / UNFINISHED_NAME).exists()


def test_what_an_interrupted_run_kept_is_forgotten_when_nothing_is_to_be_done(
    long_corpus: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    build_index(long_corpus, index, encoder=HashingEncoder())
    (long_corpus / "more.md").write_text(long_text(8, 9), encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        build_index(long_corpus, index, encoder=Stopped(150))
    assert verify(index) == [], "the index is whole meanwhile"
    assert (index / UNFINISHED_NAME).exists()
    (long_corpus / "more.md").unlink()
    build_index(long_corpus, index, encoder=HashingEncoder())
    assert not (index / UNFINISHED_NAME).exists()


def some_vectors(number: int) -> dict[bytes, PassageVectors]:
    rows = np.random.default_rng(number).standard_normal((5, 8)).astype(np.float16).astype(np.float32)
    return {bytes([number]) * 32: PassageVectors(rows[0], rows[1 : number + 1], rows[4])}


def test_kept_vectors_survive_any_torn_end(tmp_path: Path) -> None:
    made = Unfinished(tmp_path, encoder_fingerprint="e", dimension=8)
    ends = []
    for number in range(3):
        made.keep(some_vectors(number))
        ends.append((tmp_path / UNFINISHED_NAME).stat().st_size)
    whole = (tmp_path / UNFINISHED_NAME).read_bytes()
    for end in range(len(whole)):
        (tmp_path / UNFINISHED_NAME).write_bytes(whole[:end])
        again = Unfinished(tmp_path, encoder_fingerprint="e", dimension=8)
        found = dict(again.find(bytes([number]) * 32 for number in range(3)))
        assert len(found) == sum(each <= end for each in ends)
        again.keep(some_vectors(3))
        assert len(dict(Unfinished(tmp_path, encoder_fingerprint="e", dimension=8).find([bytes([3]) * 32]))) == 1
        for digest, vectors in found.items():
            [expected] = some_vectors(digest[0]).values()
            assert np.array_equal(vectors.passage, expected.passage)
            assert np.array_equal(vectors.sentences, expected.sentences)
            assert np.array_equal(vectors.heading, expected.heading)


def test_a_flipped_bit_of_a_kept_vector_is_found(tmp_path: Path) -> None:
    Unfinished(tmp_path, encoder_fingerprint="e", dimension=8).keep(some_vectors(1))
    path = tmp_path / UNFINISHED_NAME
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        assert list(Unfinished(tmp_path, encoder_fingerprint="e", dimension=8).find([bytes([1]) * 32])) == []
    path.write_bytes(whole)
    assert list(Unfinished(tmp_path, encoder_fingerprint="other", dimension=8).find([bytes([1]) * 32])) == []


def test_a_second_writer_says_at_once_whom_it_waits_for(tiny_corpus: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    build_index(tiny_corpus, index, encoder=HashingEncoder())
    (tiny_corpus / "new.txt").write_text("Mars\n\nMars has two moons.\n", encoding="utf-8")
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HOLD,
            str(index),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(IndexLocked, match=f"process {holder.pid} is writing"):
            build_index(tiny_corpus, index, encoder=HashingEncoder(), settings=Settings(lock_wait_seconds=0))
        seen: list[tuple[float, str]] = []
        began = time.monotonic()

        def note(progress: Progress) -> None:
            seen.append((time.monotonic() - began, progress.stage))
            if progress.stage.startswith("waiting"):
                holder.kill()

        assert build_index(tiny_corpus, index, encoder=HashingEncoder(), progress=note).added == ("new.txt",)
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    [(after, stage)] = [each for each in seen if each[1].startswith("waiting")]
    assert stage == f"waiting for process {holder.pid}, which writes the index"
    assert after < 1


@pytest.mark.slow
def test_an_index_run_that_is_told_to_end_leaves_no_lock_and_resumes(tmp_path: Path) -> None:
    """With the real model and the real program: what was encoded before the signal is not encoded again."""
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    short = (f"## Part {n}\n\nThe {WORDS[n % 16]} of part {n} is old.\n" for n in range(290))
    (corpus / "parts.md").write_text("\n".join(["# Parts", *short]), encoding="utf-8")
    command = [sys.executable, "-m", "footnote", "index", "--corpus", str(corpus), "--index", str(index)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        # A third of the first portion: the signal may come while it is being written, and what is whole by then counts.
        while not (index / UNFINISHED_NAME).exists() or (index / UNFINISHED_NAME).stat().st_size < 200_000:
            assert running.poll() is None, "it ended before it could be interrupted"
            time.sleep(0.01)
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 143
    assert said.splitlines()[-1] == "footnote: terminated"
    assert {path.name for path in index.iterdir()} == {"LOCK", UNFINISHED_NAME}
    assert (index / "LOCK").read_bytes() == b""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    with LocalIndex.open(index) as reader:
        passages = reader.facts.passages
    found = re.search(r"([\d,]+) (?:passages )?encoded|encoded ([\d,]+)", done.stdout)
    assert found, done.stdout
    assert int((found[1] or found[2]).replace(",", "")) <= passages - 50
    assert verify(index) == []


def test_a_watched_folder_is_followed(tiny_corpus: Path) -> None:
    stop, seen = threading.Event(), threading.Semaphore(0)

    def follow() -> None:
        for _ in changes(tiny_corpus, stop, 0.02):
            seen.release()

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        assert not seen.acquire(timeout=0.2), "nothing changed"
        (tiny_corpus / "new.txt").write_text("Mars\n\nMars has two moons.\n", encoding="utf-8")
        assert seen.acquire(timeout=5)
        (tiny_corpus / "tea.txt").rename(tiny_corpus / "tea-2.txt")
        assert seen.acquire(timeout=5)
        (tiny_corpus / "new.txt").unlink()
        assert seen.acquire(timeout=5)
        assert not seen.acquire(timeout=0.2)
        shutil.rmtree(tiny_corpus)
        assert seen.acquire(timeout=5), "a folder that went away is a change, not an end"
    finally:
        stop.set()
        thread.join(5)


def test_the_watching_command_keeps_the_index_up_to_date(
    tiny_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def steps(*_: object):
        (tiny_corpus / "new.txt").write_text("Mars\n\nMars has two moons.\n", encoding="utf-8")
        yield
        for path in tiny_corpus.iterdir():
            path.unlink()
        yield
        raise KeyboardInterrupt

    monkeypatch.setattr("footnote.indexing.changes", steps)
    monkeypatch.setattr("footnote.encoding.load_encoder", lambda _: HashingEncoder())
    index = tmp_path / "index"
    assert main(["index", "--watch", "--corpus", str(tiny_corpus), "--index", str(index)]) == 0
    out, err = capsys.readouterr()
    assert "new.txt" in out or "1 added" in out
    assert "holds no document" in err
    with LocalIndex.open(index) as reader:
        assert len(reader.documents()) == 3, "what cannot be followed leaves the index as it was"


def test_a_restart_encodes_nothing_and_an_edit_only_what_it_touches(tmp_path: Path) -> None:
    corpus, index, encoder = tmp_path / "corpus", tmp_path / "index", HashingEncoder()
    corpus.mkdir()
    pages = sized(40, 300)
    text = long_text(pages)
    (corpus / "long.md").write_text(text, encoding="utf-8")
    first = build_index(corpus, index, encoder=encoder)
    encoder.encoded.clear()
    again = build_index(corpus, index, encoder=encoder)
    assert (again.passages_encoded, encoder.encoded) == (0, [])
    with Footnote.open(index, encoder=encoder) as restarted:
        restarted.ask("Who met the glacier?")
    assert encoder.encoded == []
    sentence = next(s for s in text.split(". ") if s.startswith(f"The {s.split()[1]} of part {pages // 2}.1.2"))
    edited = text.replace(sentence, sentence.replace(" met ", " never met "))
    assert edited != text
    (corpus / "long.md").write_text(edited, encoding="utf-8")
    update = build_index(corpus, index, encoder=encoder)
    with LocalIndex.open(index) as reader:
        document = reader.document("long.md")
        at = document.text.index(" never met ")
        keys = np.sort(reader.search_passages(np.ones(reader.facts.dimension, np.float32), 10_000)[0])
        touched = [p for p in reader.passages(keys) if p.span.start <= at < p.span.end]
    assert update.passages_encoded == len(touched) == 1
    build_index(corpus, tmp_path / "fresh", encoder=HashingEncoder())
    assert signature(index) == signature(tmp_path / "fresh")
    record(
        "Updates",
        "restart embeds 0 passages; one edited sentence of a 300-page document encodes only what it touches",
        pages=pages, characters=len(text), passages=first.passages,
        encoded_at_restart=again.passages_encoded, encoded_after_edit=update.passages_encoded,
        passages_that_hold_the_edit=len(touched),
    )  # fmt: skip


def test_a_removed_document_is_found_no_more_and_leaves_no_byte(tmp_path: Path) -> None:
    corpus, index, encoder = tmp_path / "corpus", tmp_path / "index", HashingEncoder()
    corpus.mkdir()
    for n in range(sized(6, 60)):
        (corpus / f"doc-{n}.md").write_text(long_text(3, n), encoding="utf-8")
    marks = ["Zanzibarquux", "the very secret sentence about velociraptors", "Grüße-Ωmega"]
    secret = f"# {marks[0]}\n\nThis is {marks[1]}. Also {marks[2]} stands here.\n\n" + long_text(3, 999)
    (corpus / "secret.md").write_text(secret, encoding="utf-8")
    build_index(corpus, index, encoder=encoder)
    # What reads passages again finds none of its own.
    found_by = Settings(reranker="off")
    with Footnote.open(index, encoder=encoder, settings=found_by) as footnote:
        passages = [hit.text for hit in footnote.search(marks[1], 10)]
        assert any(marks[1] in text for text in passages)
    (corpus / "secret.md").unlink()
    build_index(corpus, index, encoder=encoder)
    hits = 0
    sentences = [s for s in secret.replace("\n", " ").split(". ") if len(s) > 30]
    with Footnote.open(index, encoder=encoder, settings=found_by) as footnote:
        for asked in [*marks, *sentences]:
            hits += sum(hit.passage.document_id == "secret.md" for hit in footnote.search(asked[:500], 10))
        assert not set(footnote.index.vocabulary()) & {"zanzibarquux", "velociraptors"}
    found = 0
    wanted = [*marks, *sentences, "secret.md"]
    for path in index.rglob("*"):
        if path.is_file():
            data = path.read_bytes().lower()
            found += sum(
                form in data for each in wanted for form in (each.lower().encode(), each.lower().encode("utf-16-le"))
            )
    assert (hits, found) == (0, 0)
    record(
        "Removal",
        "0 hits, 0 bytes of its text in any file of the index",
        searches=len(sentences) + 3,
        hits=hits,
        matches=found,
    )

"""Readers beside writers on a real server, and a server that dies: never a mix, nothing half visible.

One node is never behind itself: that a pointer without its time shows holes takes two, or the one of ``test_milvus.py``.

FOOTNOTE_MILVUS_PLACE names the folder that ``milvus-server --data FOLDER`` of the package milvus 2.3.5 has filled.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from footnote.errors import FootnoteError, IndexUnreachable
from footnote.store import Index, open_builder, open_index
from footnote.store.contract import DIMENSION, ENCODER, entries, entry, unit_vector
from footnote.store.milvus.pointer import Pointer
from milvus_server import MilvusServer, without_terms

pytestmark = pytest.mark.skipif(
    not os.environ.get("FOOTNOTE_MILVUS_PLACE"), reason="runs by tests/cluster/run, in a network namespace"
)
UPDATES = int(os.environ.get("FOOTNOTE_UPDATES", "40"))
READERS = 3
LOAD_SECONDS = 240.0
PARAGRAPHS = 40
"""Of the document that is updated again and again: one row each."""
MADE_BY = {"encoder_fingerprint": ENCODER, "dimension": DIMENSION, "lock_wait_seconds": 120.0}


@pytest.fixture(scope="module")
def server() -> Iterator[MilvusServer]:
    running = MilvusServer(Path(os.environ["FOOTNOTE_MILVUS_PLACE"]))
    running.start()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def old_server(monkeypatch: pytest.MonkeyPatch) -> None:
    without_terms(monkeypatch)


def write(where: str, *numbers: tuple[int, int]) -> int:
    """Commit documents, each by its number and how many paragraphs it has."""
    with open_builder(where, **MADE_BY) as builder:
        return builder.commit([entry(number, paragraphs) for number, paragraphs in numbers])


def opened_again(where: str) -> Index:
    """The index of a server that has just been started, which has to load its collections first, and refuses until then."""
    deadline = time.monotonic() + LOAD_SECONDS
    while True:
        try:
            return open_index(where)
        except IndexUnreachable:
            assert time.monotonic() < deadline, "the server does not load its collections"
            time.sleep(1.0)


class Readers:
    """Open the index again and again, and look whether all that they read is of one generation."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.reads = self.mixes = self.refused = 0
        self.wrong: list[str] = []
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run) for _ in range(READERS)]

    def __enter__(self) -> Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                problem = self._read()
            except IndexUnreachable:
                with self._lock:
                    self.refused += 1
                time.sleep(0.5)
                continue
            except (FootnoteError, LookupError, ValueError) as error:
                problem = f"{type(error).__name__}: {error}"
            with self._lock:
                self.reads += 1
                if problem:
                    self.mixes += 1
                    self.wrong.append(problem)

    def _read(self) -> str:
        with open_index(self.where) as index:  # type: ignore[attr-defined]  # the index in Milvus is one
            for _ in range(10):
                keys = index.search_all(unit_vector("the moon carries tea"), [], 1_000)
                if len(keys) != index.facts.passages:
                    return f"generation {index.facts.generation}: {len(keys)} of {index.facts.passages} passages"
                passages = index.passages(keys)
                texts = {name: index.text_of(name)[1] for name in {each.document_id for each in passages}}
                if any(not each.span.of(texts[each.document_id]).endswith(".") for each in passages):
                    return f"generation {index.facts.generation}: a passage of another text"
        return ""


def test_no_reader_sees_a_mix_while_a_document_is_updated(server: MilvusServer) -> None:
    where = f"milvus+{server.url}/updated?seconds=20"
    write(where, (0, 3), (1, 3), (7, PARAGRAPHS))
    with Readers(where) as readers:
        for n in range(UPDATES):
            write(where, (7, PARAGRAPHS - n % 7))
    sys.stdout.write(f"{UPDATES} updates, {readers.reads} reads, {readers.mixes} mixes, {readers.refused} refused\n")
    assert readers.reads > UPDATES
    assert readers.wrong == []


@pytest.mark.parametrize("moment", ["before the pointer", "after the pointer"])
def test_a_server_that_dies_while_it_is_written_loses_nothing(
    server: MilvusServer, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    where = f"milvus+{server.url}/{moment.replace(' ', '_')}?seconds=20"
    first = write(where, *((n, 3) for n in range(4)))
    render = Pointer.render

    def dying(self: Pointer) -> bytes:
        if self.generation > first and self.claim is None and moment == "before the pointer":
            server.kill()
        return render(self)

    monkeypatch.setattr(Pointer, "render", dying)
    committed = True
    try:
        write(where, (9, 5))
    except FootnoteError:
        committed = False
    monkeypatch.setattr(Pointer, "render", render)
    if moment == "after the pointer":
        server.kill()
    with pytest.raises(IndexUnreachable):
        open_index(where)
    assert committed == (moment == "after the pointer")
    server.start()
    index = opened_again(where)
    expected = [*entries(range(4)), *([entry(9, 5)] if committed else [])]
    assert {each.id for each in index.documents()} == {each.document.id for each in expected}
    keys = index.search_all(unit_vector("moon"), [], 1_000)
    assert len(keys) == index.facts.passages == sum(len(each.passages) for each in expected)
    assert np.all(keys > 0)
    index.close()
    assert write(where, (10, 3)) == index.facts.generation + 1

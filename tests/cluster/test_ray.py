"""A Ray cluster of two nodes, one of which dies half way: the same index as of one machine.

Ray listens on all addresses, so this runs in a network namespace only: ``tests/cluster/run``.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes import HashingEncoder
from footnote.indexing import build_index
from footnote.indexing.cluster import RayWorkers, build_on_cluster
from footnote.settings import Settings

pytestmark = pytest.mark.skipif(
    not os.environ.get("FOOTNOTE_TEST_CLUSTER"), reason="runs by tests/cluster/run, in a network namespace"
)
DOCUMENTS = 30
TESTS = Path(__file__).parents[1]


class SlowEncoder(HashingEncoder):
    """Takes its time, so that a node can die in the middle."""

    def encode_passages(self, texts: Any, progress: Any = None) -> Any:
        time.sleep(0.1)
        return super().encode_passages(texts, progress)


def slow_encoder(_: Settings) -> SlowEncoder:
    return SlowEncoder()


@pytest.fixture
def two_nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Any]]:
    ray = pytest.importorskip("ray", reason="the extra footnote[cluster] is not installed")
    from ray.cluster_utils import Cluster

    # Workers import what the job names from where the tests do.
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(TESTS), str(TESTS / "cluster"), os.environ.get("PYTHONPATH", "")])
    )
    memory = {"object_store_memory": 80_000_000}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, **memory})
    second = cluster.add_node(num_cpus=1, **memory)
    cluster.wait_for_nodes()
    yield cluster, second
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for n in range(DOCUMENTS):
        lines = [f"Note {n}", *(f"Kettle {n}-{k} boils in {k + 2} minutes. Nobody timed it." for k in range(20))]
        (folder / f"note-{n:03d}.txt").write_text("\n\n".join(lines), "utf-8")
    return folder


def rows_of(index: Path) -> list[str]:
    return sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in index.glob("rows-*.sqlite"))


@pytest.mark.filterwarnings("ignore")
def test_a_node_that_dies_half_way_changes_nothing(tmp_path: Path, corpus: Path, two_nodes: tuple[Any, Any]) -> None:
    cluster, second = two_nodes
    work = tmp_path / "work"
    killed: list[int] = []

    def kill_half_way() -> None:
        deadline = time.monotonic() + 500
        while time.monotonic() < deadline:
            done = len(list(work.glob("*.entry"))) if work.is_dir() else 0
            if done >= DOCUMENTS // 3:
                cluster.remove_node(second, allow_graceful=False)
                killed.append(done)
                return
            time.sleep(0.05)

    killer = threading.Thread(target=kill_half_way)
    killer.start()
    workers = RayWorkers(cluster.address, slow_encoder)
    # A busy machine may take long to begin with a file.
    settings = Settings(parse_seconds=300.0)
    made = {"encoder": SlowEncoder(), "settings": settings}
    report = build_on_cluster(corpus, tmp_path / "together", workers=workers, work_dir=work, **made)
    killer.join()
    assert killed
    assert killed[0] < DOCUMENTS
    assert report.documents == DOCUMENTS
    build_index(corpus, tmp_path / "alone", encoder=HashingEncoder(), settings=settings)
    assert rows_of(tmp_path / "together") == rows_of(tmp_path / "alone") != []

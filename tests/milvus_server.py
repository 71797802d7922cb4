"""A Milvus server of its own: started, killed and started again, from the binary that the package ``milvus`` brings.

The newest server that comes as a package is 2.3.5: it knows no sparse vectors and no inverted indexes of numbers, so that the
search by terms is left out against it.  Everything else, above all which write a reader sees, is as on a newer one.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from footnote.store.milvus import collection_schemas, milvus_index, milvus_rows

PORT = 19530
START_SECONDS = 240.0


class MilvusServer:
    """One process with all roles, its data in a folder.

    Args:
        place: made by ``milvus-server --data``: ``bin/`` and ``configs/``.
    """

    url = f"http://127.0.0.1:{PORT}"

    def __init__(self, place: Path) -> None:
        self.place = place
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {
            **os.environ,
            "MILVUSCONF": str(self.place / "configs"),
            "LD_LIBRARY_PATH": str(self.place / "bin"),
            "ETCD_USE_EMBED": "true",
            "COMMON_STORAGETYPE": "local",
        }
        log = (self.place / "server.log").open("ab")
        command = [str(self.place / "bin" / "milvus"), "run", "standalone"]
        self._process = subprocess.Popen(command, cwd=self.place, env=environment, stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            assert self._process.poll() is None, "the server ended; see server.log"
            assert time.monotonic() < deadline, "the server did not get ready"
            time.sleep(1.0)

    @staticmethod
    def _ready() -> bool:
        try:
            with urllib.request.urlopen("http://127.0.0.1:9091/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """As a power cut would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()


def without_terms(patch: pytest.MonkeyPatch) -> None:
    """Leave out what the old server does not know."""
    make_schema, make_rows = collection_schemas.passages_schema, milvus_rows._passage

    def schema(dimension: int) -> Any:
        found = make_schema(dimension)
        found._fields[:] = [field for field in found.fields if field.name != "lexical"]
        return found

    def vectors_only(*, exact: bool) -> Any:
        return collection_schemas._vector_index("vector", exact=exact)

    patch.setattr(collection_schemas, "passages_schema", schema)
    patch.setattr(collection_schemas, "passages_indexes", vectors_only)
    patch.setattr(collection_schemas, "sentences_indexes", vectors_only)
    patch.setattr(collection_schemas, "documents_indexes", collection_schemas.objects_indexes)
    patch.setattr(collection_schemas, "VECTOR_INDEXES", {**collection_schemas.VECTOR_INDEXES, "passages": ("vector",)})
    patch.setattr(milvus_index.MilvusIndex, "_by_terms", lambda *_: [])
    make_document = milvus_rows.document_rows

    def rows(*asked: Any, **how: Any) -> Any:
        import dataclasses

        found = make_document(*asked, **how)
        passages = tuple({k: v for k, v in row.items() if k != "lexical"} for row in found.passages)
        return dataclasses.replace(found, passages=passages)

    patch.setattr("footnote.store.milvus.generation_writer.document_rows", rows)
    assert make_rows is milvus_rows._passage

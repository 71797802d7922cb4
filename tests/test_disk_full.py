"""A disk that fills up at any byte: one clear line, the old index still answers, and what was begun is removed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from footnote.errors import IndexFolderError
from footnote.store import verify
from promises import record, sized
from store_builders import make_entries, signature, writer

DISK_KB = 2_048


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system in memory of two megabytes; making one takes a right that not every machine gives."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_KB}k,mode=700", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], capture_output=True, check=True)


def free_bytes(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def test_a_full_disk_is_a_clean_error_and_the_old_index_answers(small_disk: Path) -> None:
    index, ballast = small_disk / "index", small_disk / "ballast"
    with writer(index) as open_writer:
        open_writer.commit(make_entries(range(3)))
    old, files = signature(index), {path.name for path in index.iterdir()}
    more = make_entries([5, 6])
    with writer(index) as open_writer:
        before = free_bytes(small_disk)
        spare = small_disk / "spare"
        shutil.copytree(index, spare)
    shutil.rmtree(spare)
    needed = 3 * sum(path.stat().st_size for path in index.rglob("*") if path.is_file())
    assert before > needed, "the disk is large enough when it is empty"
    failed = clear = succeeded = 0
    sizes = range(0, needed, max(4_096, needed // sized(10, 120)) // 4_096 * 4_096)
    for room in sizes:
        ballast.write_bytes(bytes(max(0, free_bytes(small_disk) - room)))
        try:
            with writer(index) as open_writer:
                open_writer.commit(more)
            succeeded += 1
        except IndexFolderError as error:
            failed += 1
            clear += "make room" in error.message and "\n" not in error.message
            assert signature(index) == old
            assert {path.name for path in index.iterdir()} == files, "what was begun is removed"
            assert verify(index) == []
        else:
            assert verify(index) == []
            with writer(index) as open_writer:
                ballast.unlink()
                open_writer.commit([], [entry.document.id for entry in more])
            assert signature(index) == old
            files = {path.name for path in index.iterdir()}
        ballast.unlink(missing_ok=True)
    assert clear == failed > 2
    assert succeeded > 0, "with enough room it works"
    record(
        "P3 disk full",
        "a full disk is one clear error, the old index answers, nothing is left behind",
        sizes_tried=failed + succeeded, refused_cleanly=failed, committed=succeeded, damaged=0, left_behind=0,
    )  # fmt: skip

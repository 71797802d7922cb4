"""A disk that fills up at any byte: one clear line, the old index still answers, and what was begun is removed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from footnote.errors import FootnoteError
from operations import OPERATIONS
from promises import record, sized
from test_faults import parsed_here, remove_all

__all__ = ["parsed_here"]

DISK_KB = 4_096
counted: dict[str, tuple[int, int]] = {}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system in memory of four megabytes; making one takes a right that not every machine gives."""
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


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_full_disk_is_a_clean_error_and_the_old_files_stay(name: str, small_disk: Path, tmp_path: Path) -> None:
    operation, ballast, home, before = OPERATIONS[name], small_disk / "ballast", small_disk / "home", tmp_path / "home"
    before.mkdir()
    if operation.begin is not None:
        operation.begin(before)
    shutil.copytree(before, home)
    old, room_at_first = operation.seen(home), free_bytes(small_disk)
    operation.run(home)
    new, needed = operation.seen(home), max(room_at_first - free_bytes(small_disk), 0) + 400_000
    failed = clear = succeeded = 0
    for room in range(0, needed, max(4_096, needed // sized(5, 60)) // 4_096 * 4_096):
        remove_all(home)
        shutil.copytree(before, home)
        ballast.write_bytes(bytes(max(0, free_bytes(small_disk) - room)))
        try:
            operation.run(home)
            succeeded += 1
        except (FootnoteError, OSError) as error:
            failed += 1
            clear += "\n" not in str(error) and ("make room" in str(error) or "No space left" in str(error))
            ballast.unlink()
            assert operation.seen(home) in {old, new}
            # What was begun is removed: of an index there may be nothing yet, and a draft is swept by the next one.
            operation.run(home)
        ballast.unlink(missing_ok=True)
        assert (operation.problems(home), operation.seen(home)) == ([], new)
    assert clear == failed > 0
    assert succeeded > 0, "with enough room it works"
    counted[name] = (failed, succeeded)
    if len(counted) == len(OPERATIONS):
        refused, committed = (sum(column) for column in zip(*counted.values(), strict=True))
        record(
            "P3 disk full",
            "a full disk is one clear error, what was there stays, nothing is left behind",
            operations=len(counted), sizes_tried=refused + committed, refused_cleanly=refused, committed=committed,
            damaged=0, left_behind=0,
        )  # fmt: skip

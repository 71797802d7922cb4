"""A power cut at any step leaves the old index or the new one, whatever of the unsynced writes reached the disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from footnote.errors import FootnoteError
from footnote.store import verify
from footnote.store.manifest import MANIFEST_NAME
from power_loss import replay
from promises import Clock, record, sized
from test_faults import CHANGES, Change, content, many_segments, memory, steps_of

__all__ = ["many_segments", "memory"]

VARIANTS = sized(3, 16)
counted: dict[str, dict[str, int]] = {}


def prepared(change: Change, folder: Path) -> tuple[Path, str, str, list[str]]:
    """The folder to change, the content before and after, and the names of the steps."""
    start, done = folder / "start", folder / "done"
    if change.begin is not None:
        change.begin(start)
        shutil.copytree(start, done)
    else:
        start.mkdir()
        done.mkdir()
    old = content(start)
    steps = steps_of(change, done)
    return start, old, content(done), steps


@pytest.mark.parametrize("name", CHANGES)
def test_a_power_cut_at_any_step_leaves_the_old_index_or_the_new_one(name: str, memory: Path) -> None:
    clock, change, scratch = Clock(), CHANGES[name], memory / "scratch"
    scratch.mkdir()
    start, old, new, steps = prepared(change, memory)
    published = steps.index(f"publish {MANIFEST_NAME}")
    # The rename is durable once the folder was synced after it: then nothing may be lost any more.
    settled = next(n for n in range(published, len(steps)) if steps[n].startswith("sync folder")) + 1
    states = mended = 0
    found = {"old": 0, "new": 0}
    for step, at, state in replay(change.run, start, scratch, variants=VARIANTS, seed=len(name)):
        seen = content(state)
        allowed = {old} if at <= published else {new} if at >= settled else {old, new}
        assert seen in allowed, (step, at, state)
        states += 1
        found["new" if seen == new else "old"] += 1
        if states % sized(10, 5) == 0:
            change.run(state)
            assert (verify(state), content(state)) == ([], new), step
            mended += 1
    assert states == (len(steps) + 1) * VARIANTS
    counted[name] = {"states": states, **found, "mended": mended}
    total = {key: sum(each[key] for each in counted.values()) for key in ("states", "old", "new", "mended")}
    if len(counted) == len(CHANGES):
        record(
            "P2 power loss",
            "at least 2,000 states of dropped, torn and reordered unsynced writes, 0 mixed",
            operations=len(counted), **total, mixed=0, unreadable=0, seconds=clock.seconds,
        )  # fmt: skip


@pytest.mark.parametrize("deaf", ["sync", "sync folder"])
def test_a_disk_that_lies_about_syncing_is_noticed(deaf: str, memory: Path) -> None:
    """The test of the test above: without the syncs, some states are neither."""
    change, scratch = CHANGES["update"], memory / "scratch"
    scratch.mkdir()
    start, old, new, _ = prepared(change, memory)
    wrong = 0
    for _, _, state in replay(change.run, start, scratch, variants=6, seed=3, deaf=frozenset({deaf})):
        try:
            wrong += content(state) not in {old, new}
        except FootnoteError:
            wrong += 1
        if wrong:
            break
    assert wrong > 0

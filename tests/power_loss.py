"""What a disk may hold after a power cut: all that was synced, and of the rest anything.

``Recorder`` watches an operation on an index from step to step and keeps what is known to be durable: the bytes of a file
when it was last synced, the names in a folder when that was last synced.  ``states`` makes the folders that a cut before a
step can leave: each name that changed since is the old one or the new one, each file whose bytes are not synced is whole,
missing its end, filled with zeros in places, or as it was.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from footnote.store.local import durable

BLOCK = 512
"""What a disk writes at once."""


@dataclass
class Inode:
    """A file or a folder: what of it is durable and what it holds now."""

    folder: bool
    data: bytes = b""
    durable: bytes | None = None
    names: dict[str, Inode] = field(default_factory=dict)
    durable_names: dict[str, Inode] = field(default_factory=dict)


class Recorder:
    """The folder as it is at every step.

    Args:
        root: the index folder; what it holds at first is durable.
        deaf: kinds of syncs that the disk pretends to have done, for the test of this test.
    """

    def __init__(self, root: Path, deaf: frozenset[str] = frozenset()) -> None:
        self._root, self._deaf = root, deaf
        self._inodes: dict[int, Inode] = {}
        self._to_sync: tuple[str, Path] | None = None
        self.top = Inode(folder=True)
        self._look()
        self._settle(self.top)

    def _settle(self, inode: Inode) -> None:
        inode.durable, inode.durable_names = inode.data, dict(inode.names)
        for each in inode.names.values():
            self._settle(each)

    def _look(self) -> None:
        seen: dict[int, Inode] = {}
        if self._root.exists():
            self._fill(self.top, self._root, seen)
        self._inodes = seen

    def _fill(self, inode: Inode, folder: Path, seen: dict[int, Inode]) -> None:
        inode.names = {}
        for path in sorted(folder.iterdir()):
            number = path.stat().st_ino
            found = self._inodes.get(number) or seen.get(number)
            if found is None or found.folder != path.is_dir():
                found = Inode(folder=path.is_dir())
            seen[number] = found
            inode.names[path.name] = found
            if found.folder:
                self._fill(found, path, seen)
            else:
                found.data = path.read_bytes()

    def at(self, step: str, path: Path) -> None:
        """A step begins: what the one before synced is durable now."""
        self._look()
        if self._to_sync is not None:
            kind, synced = self._to_sync
            if kind not in self._deaf and synced.exists():
                inode = self.top if synced == self._root else self._inodes.get(synced.stat().st_ino)
                if inode is not None and inode.folder:
                    inode.durable_names = dict(inode.names)
                elif inode is not None:
                    inode.durable = inode.data
        self._to_sync = (step, path) if step in {"sync", "sync folder"} else None

    def write_state(self, target: Path, chance: random.Random, how: str) -> None:
        """One folder that a cut now may leave."""
        self._write(self.top, target, chance, how)

    def _write(self, inode: Inode, target: Path, chance: random.Random, how: str) -> None:
        target.mkdir()
        for name in sorted({*inode.names, *inode.durable_names}):
            now, before = inode.names.get(name), inode.durable_names.get(name)
            chosen = now if now is before else _either(now, before, chance, how)
            if chosen is None:
                continue
            if chosen.folder:
                self._write(chosen, target / name, chance, how)
            else:
                (target / name).write_bytes(_torn(chosen, chance, how))


def _either(now: Inode | None, before: Inode | None, chance: random.Random, how: str) -> Inode | None:
    if how == "nothing":
        return before
    return now if how == "names first" or chance.random() < 0.5 else before


def _torn(inode: Inode, chance: random.Random, how: str) -> bytes:
    data, durable = inode.data, inode.durable
    if data == durable:
        return data
    old = durable or b""
    kind = {"nothing": "old", "names first": "old"}.get(how) or chance.choice(("old", "new", "cut", "zeros", "blocks"))
    if kind == "old":
        return old
    if kind == "cut":
        return data[: chance.randrange(len(data) + 1)]
    if kind == "zeros":
        return bytes(len(data))
    if kind == "blocks":
        parts = [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)]
        olds = [old[at : at + BLOCK].ljust(len(p), b"\0")[: len(p)] for at, p in zip(range(0, len(data), BLOCK), parts)]  # noqa: B905
        return b"".join(chance.choice(pair) for pair in zip(parts, olds, strict=True))
    return data


def replay(
    change: Callable[[Path], object],
    folder: Path,
    scratch: Path,
    *,
    variants: int,
    seed: int,
    deaf: frozenset[str] = frozenset(),
    few: int = 1,
) -> Iterator[tuple[str, int, Path]]:
    """Run an operation; at its steps, and at its end, give the states that a power cut there may leave.

    With ``few``, only of every so many steps, and of those around a commit.

    Yields:
        The step's name, its number, and a folder that is removed afterwards.
    """
    recorder, chance = Recorder(folder, deaf), random.Random(seed)
    made: list[tuple[str, int, Path]] = []
    number = 0

    def observe(step: str, path: Path) -> None:
        nonlocal number
        recorder.at(step, path)
        number += 1
        if (number - 1) % few and not step.startswith(("publish", "end")):
            return
        hows = ["nothing", "names first", *["anything"] * max(0, variants - 2)][:variants]
        for n, how in enumerate(hows):
            state = scratch / f"{number - 1}-{n}"
            recorder.write_state(state, chance, how)
            made.append((f"{step} {path.name}", number - 1, state))

    with durable.observed(observe):
        change(folder)
    observe("end", folder)
    for name, at, state in made:
        yield name, at, state
        shutil.rmtree(state, ignore_errors=True)

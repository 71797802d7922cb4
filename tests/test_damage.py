"""Damage of any kind to any file of an index is found before native code reads the file, and nothing is answered from it."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from footnote.errors import IndexDamaged, IndexMismatch, IndexMissing
from footnote.store import LocalIndex, read_manifest, verify
from footnote.store.local import generation
from footnote.store.local.lexical import LexicalIndex
from promises import Clock, record, sized
from store_builders import make_entries, signature, writer

MUTATIONS = sized(150, 1_800)


def flip(data: bytes, chance: random.Random, _: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def flip_header(data: bytes, chance: random.Random, _: bytes) -> bytes:
    at = chance.randrange(min(64, len(data)))
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def cut(data: bytes, chance: random.Random, _: bytes) -> bytes:
    return data[: chance.randrange(len(data))]


def zero_block(data: bytes, chance: random.Random, _: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes(min(512, len(data) - at)) + data[at + 512 :]


def junk_block(data: bytes, chance: random.Random, _: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + chance.randbytes(min(512, len(data) - at)) + data[at + 512 :]


def longer(data: bytes, chance: random.Random, _: bytes) -> bytes:
    return data + chance.randbytes(chance.randrange(1, 600))


def swapped(data: bytes, chance: random.Random, other: bytes) -> bytes:
    return other


def shuffled(data: bytes, chance: random.Random, _: bytes) -> bytes:
    blocks = [data[at : at + 256] for at in range(0, len(data), 256)]
    chance.shuffle(blocks)
    return b"".join(blocks)


KINDS: tuple[Callable[[bytes, random.Random, bytes], bytes], ...] = (
    *(flip, flip_header, cut, zero_block, junk_block, longer, swapped, shuffled),
)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Digests that native code may be given; anything else it is given fails the test."""
    allowed: set[str] = set()

    def check(data: bytes) -> None:
        assert hashlib.sha256(data).hexdigest() in allowed, "native code was given a damaged file"

    open_folder, open_segment = LexicalIndex.open, generation.open_segment

    def checked_folder(folder):
        for path in folder.iterdir():
            if path.suffix != ".lock":
                check(path.read_bytes())
        return open_folder(folder)

    def checked_segment(folder, info, dimension, **options):
        check((folder / info.rows.path).read_bytes())
        return open_segment(folder, info, dimension, **options)

    monkeypatch.setattr(LexicalIndex, "open", checked_folder)
    monkeypatch.setattr(generation, "open_segment", checked_segment)
    return allowed


def test_no_damage_is_answered_from(tmp_path: Path, watched: set[str]) -> None:
    clock, chance, folder = Clock(), random.Random(23), tmp_path / "index"
    with writer(folder) as open_writer:
        open_writer.commit(make_entries(range(4)))
    manifest = read_manifest(folder)
    watched |= {file.sha256 for file in manifest.files()}
    whole = signature(folder)
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size > 0)
    found: Counter[str] = Counter()
    silent = named = tried = 0
    while tried < MUTATIONS:
        victim, kind = files[tried % len(files)], KINDS[(tried // len(files)) % len(KINDS)]
        data = victim.read_bytes()
        damaged = kind(data, chance, chance.choice(files).read_bytes())
        if damaged == data:
            damaged = flip(data, chance, b"")
        victim.write_bytes(damaged)
        try:
            with LocalIndex.open(folder) as reader:
                remade = reader.remade
            assert remade, f"{kind.__name__} of {victim.name} was not noticed"
            found["made again from the rows"] += 1
            silent += signature(folder) != whole
        except (IndexDamaged, IndexMissing, IndexMismatch) as error:
            named += victim.name in str(error)
            found["refused"] += 1
        if tried % 5 == 0:
            assert verify(folder)
        victim.write_bytes(data)
        tried += 1
    assert verify(folder) == []
    assert silent == 0
    assert named == found["refused"], "the message names the file"
    assert sum(found.values()) == tried
    shutil.rmtree(folder)
    record(
        "P6 damage",
        "at least 1,500 mutations over every file, 100 % detected before native code reads them",
        mutations=tried, kinds=len(KINDS), files=len(files), refused=found["refused"],
        made_again_from_the_rows=found["made again from the rows"], silent=silent, seconds=clock.seconds,
    )  # fmt: skip

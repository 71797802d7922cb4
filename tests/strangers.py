"""Indexes and backups as a stranger could make them: anything changed, and every digest right again.

A digest of a file is no secret, so whoever makes an index may seal whatever they like.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import sqlite3
import tarfile
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"

ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 2**31, 2**53, 2**63, 10**30, 1.5, -0.0, 1e308, float("nan"), float("inf")),
    *("", "x", "/etc/passwd", "../outside/victim.txt", "..", ".", "lexical-1", "lexical-1/../../outside/victim.txt"),
    *("rows-1-0.sqlite", "manifest.json", "LOCK", "\0", "\ud800", "a" * 5_000, "0" * 64, [], {}, [[]], {"path": "x"}),
)
"""What stands where something else is expected."""


def sealed(body: bytes) -> bytes:
    """A manifest with its digest, as Footnote writes it."""
    return b'{"sha256": "%b",\n"manifest": %b}\n' % (hashlib.sha256(body).hexdigest().encode(), body)


def rewrite(index_dir: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what a manifest says, and seal it again."""
    path = index_dir / MANIFEST
    fields = json.loads(path.read_bytes())["manifest"]
    change(fields)
    path.write_bytes(sealed(json.dumps(fields, ensure_ascii=True, indent=1).encode("ascii")))


def reseal(index_dir: Path) -> None:
    """Give every file that a manifest names the digest and size that it has now."""

    def change(fields: Any) -> None:
        if isinstance(fields, dict):
            if isinstance(fields.get("path"), str) and "size_bytes" in fields:
                with suppress(OSError, ValueError):
                    data = (index_dir / fields["path"]).read_bytes()
                    fields |= {"sha256": hashlib.sha256(data).hexdigest(), "size_bytes": len(data)}
            for each in fields.values():
                change(each)
        elif isinstance(fields, list):
            for each in fields:
                change(each)

    rewrite(index_dir, change)


def change_field(index_dir: Path, chance: random.Random) -> None:
    """Something else in one field of the manifest, or no field, or one more."""
    rewrite(index_dir, lambda says: _change_field(says, chance))


def _change_field(says: dict[str, Any], chance: random.Random) -> None:
    holders: list[Any] = [says]
    for holder in holders:
        inner = holder.values() if isinstance(holder, dict) else holder
        holders += [each for each in inner if isinstance(each, dict | list) and each]
    holder = chance.choice(holders)
    key = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    if chance.random() < 0.15:
        del holder[key]
    elif chance.random() < 0.1 and isinstance(holder, dict):
        holder["more"] = chance.choice(ODD)
    else:
        holder[key] = chance.choice(ODD)


def change_bytes(index_dir: Path, chance: random.Random) -> None:
    """Some bytes of one file: turned, cut off, added, in disorder."""
    files = sorted(p for p in index_dir.rglob("*") if p.is_file() and p.name != MANIFEST and p.stat().st_size)
    path = chance.choice(files)
    path.write_bytes(_bytes_changed(path.read_bytes(), chance))
    reseal(index_dir)


def _bytes_changed(before: bytes, chance: random.Random) -> bytes:
    data = bytearray(before)
    for _ in range(chance.choice((1, 1, 4, 40))):
        at, kind = chance.randrange(len(data)), chance.randrange(5)
        if kind == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[at : at + 8] = chance.choice((b"\xff" * 8, b"\0" * 8, b"\0\0\x80\x7f" * 2, b"\x7f" * 8))
        elif kind == 2:
            data[at : at + 64] = chance.randbytes(min(64, len(data) - at))
        elif kind == 3:
            data[at:at] = chance.randbytes(16)
        else:
            del data[at or 1 : None if chance.random() < 0.3 else at + 1]
    return bytes(data)


def change_cell(index_dir: Path, chance: random.Random) -> None:
    """One value in the rows of another kind or size, a row gone, or something in the schema."""
    path = chance.choice(sorted(index_dir.glob("rows-*.sqlite")))
    with closing(sqlite3.connect(path)) as base, base:
        table = chance.choice(("documents", "passages", "passages", "statistics"))
        columns = [row[1] for row in base.execute(f"PRAGMA table_info({table})")]
        column = chance.choice(columns)
        where = base.execute(f'SELECT "{columns[0]}" FROM {table} ORDER BY random() LIMIT 1').fetchone()[0]
        kind = chance.random()
        if kind < 0.1:
            base.execute(f'DELETE FROM {table} WHERE "{columns[0]}" = ?', (where,))
        elif kind < 0.2:
            base.execute(
                chance.choice(
                    (
                        "CREATE TRIGGER t AFTER INSERT ON statistics BEGIN SELECT load_extension('x'); END",
                        "CREATE VIEW v AS SELECT * FROM passages",
                        "ALTER TABLE passages ADD COLUMN more",
                        "ALTER TABLE documents RENAME TO others",
                    )
                )
            )
        else:
            with suppress(sqlite3.IntegrityError, OverflowError, UnicodeEncodeError, sqlite3.DataError):
                old = base.execute(f'SELECT "{column}" FROM {table} WHERE "{columns[0]}" = ?', (where,)).fetchone()[0]
                new = _other(old, chance)
                base.execute(f'UPDATE {table} SET "{column}" = ? WHERE "{columns[0]}" = ?', (new, where))
    reseal(index_dir)


def _other(old: Any, chance: random.Random) -> Any:
    odd = (None, -1, 0, 2**40, 2**63 - 1, 1.5, "", "x", "[]", "{}", "[[]]", "[" * 5_000, b"", b"\xff" * 7, b"\0" * 64)
    if chance.random() < 0.5 and isinstance(old, bytes) and old:
        data = bytearray(old)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return bytes(data) if chance.random() < 0.7 else bytes(data[: len(data) // 2])
    if chance.random() < 0.5 and isinstance(old, str) and any(c.isdigit() for c in old):
        at = chance.choice([n for n, c in enumerate(old) if c.isdigit()])
        return old[:at] + chance.choice(("-1", "99999", "1e9", '"x"', "null", "[]")) + old[at + 1 :]
    return chance.choice(odd)


def change_link(index_dir: Path, chance: random.Random) -> None:
    """A link, a pipe or a folder where a file should be, named or not."""
    beside = ("unfinished.vectors", "LOCK", "manifest.json.tmp", "rows-9-0.sqlite", "feedback.sqlite")
    path = chance.choice([*(p for p in sorted(index_dir.rglob("*")) if p.is_file()), *(index_dir / n for n in beside)])
    path.unlink(missing_ok=True)
    kind = chance.randrange(3)
    if kind == 0:
        path.symlink_to(index_dir.parent / "outside" / "victim.txt")
    elif kind == 1:
        os.mkfifo(path)
    else:
        path.mkdir()


CHANGES: tuple[Callable[[Path, random.Random], None], ...] = (change_field, change_bytes, change_cell, change_link)


def _members(archive: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(archive) as tar:
        return [(entry, tar.extractfile(entry).read()) for entry in tar]  # type: ignore[union-attr]  # all are files


def _write(archive: Path, members: Iterable[tuple[tarfile.TarInfo, bytes]]) -> None:
    with tarfile.open(archive, "w") as tar:
        for entry, data in members:
            tar.addfile(entry, io.BytesIO(data))


def sealed_members(archive: Path, change: Callable[[dict[str, Any], dict[str, bytes]], object]) -> None:
    """Change what a backup's manifest says and its members hold, and seal it again."""
    members = {entry.name: data for entry, data in _members(archive)}
    says = json.loads(members.pop(MANIFEST))["manifest"]
    change(says, members)

    def seal(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("path"), str) and (data := members.get(value["path"])) is not None:
                value |= {"sha256": hashlib.sha256(data).hexdigest(), "size_bytes": len(data)}
            for each in value.values():
                seal(each)
        elif isinstance(value, list):
            for each in value:
                seal(each)

    seal(says)
    whole = {MANIFEST: sealed(json.dumps(says, ensure_ascii=True, indent=1).encode("ascii")), **members}
    made = []
    for name, data in whole.items():
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        made.append((entry, data))
    _write(archive, made)


def huge_sparse(archive: Path, size_bytes: int) -> None:
    """A small archive of which the manifest is sparse, and claims a size."""
    entry = tarfile.TarInfo(MANIFEST)
    block = bytearray(entry.tobuf(tarfile.GNU_FORMAT))
    block[156:157] = tarfile.GNUTYPE_SPARSE
    block[345:500] = bytes(155)
    block[483:495] = b"\x80" + size_bytes.to_bytes(11, "big")
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    archive.write_bytes(bytes(block) + bytes(9 * 1_024))


def change_archive(archive: Path, victim: Path, chance: random.Random) -> None:
    """A backup whose manifest, members or headers are others."""
    kind = chance.randrange(4)
    if kind == 0:
        data = bytearray(archive.read_bytes())
        for _ in range(chance.choice((1, 5))):
            # Headers stand at any multiple of 512; most of what matters is in the first ones.
            at = min(512 * chance.randrange(12) + chance.randrange(512), len(data) - 1)
            data[at] = chance.randrange(256)
        archive.write_bytes(data if chance.random() < 0.8 else data[: chance.randrange(len(data))])
    elif kind == 1:
        sealed_members(archive, lambda says, members: _change_any(says, members, chance))
    else:
        made = []
        for entry, data in _members(archive):
            hit, content = chance.random() < 0.2, data
            if hit and kind == 2:
                entry.name = chance.choice((str(victim), "../outside/victim.txt", "a/b", entry.name * 2, "lexical-1"))
            elif hit and chance.random() < 0.5:
                entry.type = chance.choice((tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, b"S"))
                entry.linkname = str(victim)
            elif hit:
                content = data[: len(data) // 2] + chance.randbytes(3)
                entry.size = len(content)
            made.append((entry, content))
        chance.shuffle(made)
        _write(archive, made)


def _change_any(says: dict[str, Any], members: dict[str, bytes], chance: random.Random) -> None:
    if chance.random() < 0.5:
        _change_field(says, chance)
    if chance.random() < 0.7:
        name = chance.choice(sorted(members))
        members[name] = _bytes_changed(members[name], chance)

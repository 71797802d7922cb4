"""Who may write an index in Milvus: a claim in its pointer, which its writer keeps alive, and which numbers are that writer's own.

A writer that stops giving signs of life loses its claim, and its numbers are void for good: should it only have been slow, what
it still writes counts in no generation.  One that died on the machine where the next one starts is known to be dead, since
both hold the same lock there.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from footnote.errors import IndexFolderError, IndexLocked
from footnote.store.local.durable import FILE_MODE
from footnote.store.milvus.address import Address
from footnote.store.milvus.objects import Held, Objects
from footnote.store.milvus.pointer import MOST_VERSIONS, Claim, Pointer, Versions, parsed_pointer

BEAT_SECONDS = 10.0
DEAD_SECONDS = 45.0
"""A claim that has not changed for so long is a dead writer's; both are measured by the clock of who waits."""
POLL_SECONDS = 1.0
MACHINE_NAME = "machine"


class PointerHold:
    """The pointer, read and replaced by one writer.

    Attributes:
        pointer: as it was last read or written; None where there is none.
    """

    def __init__(self, objects: Objects, address: Address, beside: Path) -> None:
        self._objects, self._where, self._beside = objects, address.location, beside
        self._held: Held | None = None
        self._beaten = 0.0
        self._token = secrets.token_hex(8)
        self.pointer: Pointer | None = None

    def read(self) -> Pointer | None:
        """Read it anew.

        Raises:
            IndexDamaged, IndexMismatch: as ``parsed_pointer``.
        """
        self.pointer = None
        self._held = self._objects.pointer()
        self.pointer = None if self._held is None else parsed_pointer(self._held.data, self._where)
        return self.pointer

    def replace(self, pointer: Pointer) -> None:
        """Put another in its place.

        Raises:
            IndexLocked: somebody else has.
        """
        self._held = self._objects.replace(pointer.render(), self._held)
        self.pointer, self._beaten = pointer, time.monotonic()

    def wait(self, seconds: float, on_wait: Callable[[str], None] | None) -> None:
        """Wait until nobody else is writing.

        Raises:
            IndexLocked: somebody still is after so many seconds.
        """
        deadline, seen, since = time.monotonic() + seconds, None, time.monotonic()
        while (pointer := self.read()) is not None and (claim := pointer.claim) is not None:
            if claim != seen:
                seen, since = claim, time.monotonic()
            if claim.machine == self._machine() or time.monotonic() - since >= DEAD_SECONDS:
                return
            if time.monotonic() >= deadline:
                raise IndexLocked(
                    f"a process on another machine ({claim.machine}) is writing the index",
                    where=self._where,
                    remedy="wait until it has finished, or end it",
                )
            if on_wait is not None:
                on_wait(claim.machine)
                on_wait = None
            time.sleep(POLL_SECONDS)

    def claim(self, base: Pointer, count: int) -> range:
        """Claim so many versions, of a pointer that nobody alive has claimed; gives their numbers.

        Raises:
            IndexLocked: somebody else was faster.
        """
        first, last = base.next_version, base.next_version + max(count, 1) - 1
        if last >= MOST_VERSIONS:
            raise IndexFolderError(
                "has run out of numbers", where=self._where, remedy="build it anew with another name"
            )
        claim = Claim(self._token, self._machine(), first, last, 0)
        self.replace(replace(base, next_version=last + 1, void=_void(base), claim=claim))
        return range(first, last + 1)

    def beat(self) -> None:
        """Give a sign of life, if it is time for one.

        Raises:
            IndexLocked: the claim is somebody else's by now.
        """
        pointer = self.pointer
        if pointer is None or pointer.claim is None or time.monotonic() - self._beaten < BEAT_SECONDS:
            return
        self.replace(replace(pointer, claim=replace(pointer.claim, beat=pointer.claim.beat + 1)))

    def taken(self, pointer: Pointer) -> Pointer:
        """The next pointer, with what the claim itself has changed in the one before."""
        held = self.pointer
        assert held is not None, "it was claimed"
        return replace(pointer, next_version=held.next_version, void=held.void, oldest=held.oldest, claim=None)

    def give_up(self) -> None:
        """Let go of the claim: what was written under it never counts."""
        pointer = self.pointer
        if pointer is not None and pointer.claim is not None and pointer.claim.token == self._token:
            self.replace(replace(pointer, void=_void(pointer), claim=None))

    def _machine(self) -> str:
        """What tells this machine's writers from others': where they keep their lock."""
        path = self._beside / MACHINE_NAME
        try:
            return path.read_text(encoding="ascii")
        except FileNotFoundError:
            name = secrets.token_hex(8)
            # The lock is held, so nobody else makes it now.
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "w") as file:
                file.write(name)
            return name


def _void(pointer: Pointer) -> tuple[Versions, ...]:
    claim = pointer.claim
    return pointer.void if claim is None else (*pointer.void, Versions(claim.first, claim.last, int(time.time())))

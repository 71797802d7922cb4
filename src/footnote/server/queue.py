"""Where the questions of all interfaces queue: a few are answered at once, a bounded number waits, the rest is refused.

A refusal is honest: it comes at once, and says when it is worth trying again.  Nobody waits longer than
``queue_wait_seconds`` for their turn.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from footnote.encoding.encoder import usable_cores
from footnote.engine import Footnote
from footnote.errors import Busy

Result = TypeVar("Result")

_log = logging.getLogger("footnote.server")
_NEWEST = 0.1
"""Weight of the newest question in the running mean of how long one takes."""

_BEAT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class QueueState:
    """How busy a queue is.

    Attributes:
        open: whether it takes questions.
        waiting, running: questions now.
        done, failed, refused: questions so far.
        mean_seconds: running mean of the time at work on one.
        stuck_seconds: how long no turn has come free while all were taken; 0 where one is free.
    """

    open: bool
    waiting: int
    running: int
    done: int
    failed: int
    refused: int
    mean_seconds: float
    stuck_seconds: float = 0.0


class QuestionQueue:
    """Takes questions from any thread or event loop and answers them on its own few threads, first come, first served.

    Limits come from the engine's settings: ``workers``, ``queue_max``, ``queue_wait_seconds``.
    """

    def __init__(self, footnote: Footnote) -> None:
        settings = footnote.settings
        self._footnote = footnote
        self._workers = settings.workers or usable_cores()
        self._most_waiting = settings.queue_max
        self._wait_seconds = settings.queue_wait_seconds
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="answer")
        self._lock = threading.Lock()
        self._open = True
        self._waiting = self._running = self._done = self._failed = self._refused = 0
        self._mean_seconds = 0.0
        self._turn_taken = 0.0

    async def run(self, work: Callable[[], Result]) -> Result:
        """Answer a question, or do what may cost as much, in turn with all others.

        Whatever is done in turn is done on the newest generation of the index: no interface has to think of it.

        Raises:
            Busy: too many wait already, or the server is stopping.
            FootnoteError: as ``work`` and ``Footnote.refresh``.
        """
        return await asyncio.wrap_future(self.submit(work))

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        """The same without waiting for it.

        Raises:
            Busy: as ``run``.
        """
        with self._lock:
            if not self._open:
                raise Busy("the server is stopping", remedy="ask again when it is back", retry_after_seconds=5)
            expected = self._waiting * self._mean_seconds / self._workers
            if self._waiting >= self._most_waiting or expected > self._wait_seconds:
                self._refused += 1
                raise _too_many(expected)
            self._waiting += 1
            future = self._pool.submit(self._serve, work, time.monotonic())
        future.add_done_callback(self._given_up)
        return future

    def _serve(self, work: Callable[[], Result], came: float) -> Result:
        began = time.monotonic()
        with self._lock:
            self._waiting -= 1
            if began - came > self._wait_seconds:
                # Whoever waited that long has given up; answering would keep those behind waiting too.
                self._refused += 1
                raise _too_many(self._waiting * self._mean_seconds / self._workers)
            self._running += 1
            self._turn_taken = began
        failed = True
        try:
            self._footnote.refresh()
            result = work()
            failed = False
        finally:
            took = time.monotonic() - began
            with self._lock:
                self._running -= 1
                self._done += not failed
                self._failed += failed
                self._mean_seconds += (took - self._mean_seconds) * (_NEWEST if self._mean_seconds else 1.0)
        _log.info("answered", extra={"facts": {"waited_ms": _ms(began - came), "took_ms": _ms(took)}})
        return result

    def _given_up(self, future: Future[Result]) -> None:
        """A visitor who went away before their turn no longer waits."""
        if future.cancelled():
            with self._lock:
                self._waiting -= 1

    def state(self) -> QueueState:
        with self._lock:
            stuck = time.monotonic() - self._turn_taken if self._running >= self._workers else 0.0
            return QueueState(
                self._open, self._waiting, self._running, self._done, self._failed, self._refused, self._mean_seconds,
                stuck,
            )  # fmt: skip

    def close(self) -> None:
        """Take no more questions, answer those at work, refuse those that wait; returns when all is done."""
        with self._lock:
            self._open = False
        self._pool.shutdown(cancel_futures=True)


async def beats(future: Future[Any]) -> AsyncGenerator[None]:
    """At once, then every few seconds until a future is done; who goes away before it is their turn no longer waits."""
    waiting = asyncio.wrap_future(future)
    try:
        yield
        while not (await asyncio.wait({waiting}, timeout=_BEAT_SECONDS))[0]:
            yield
    finally:
        waiting.cancel()


def _too_many(expected_seconds: float) -> Busy:
    seconds = max(1, math.ceil(expected_seconds))
    return Busy(
        "more questions are waiting than can be answered soon",
        remedy=f"ask again in {seconds} s",
        retry_after_seconds=seconds,
    )


def _ms(seconds: float) -> float:
    return round(seconds * 1000.0, 1)

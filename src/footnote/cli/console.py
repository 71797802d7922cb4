"""What a command says: text and JSON on stdout, whatever letters the terminal has, and how far a long step is on stderr."""

from __future__ import annotations

import os
import sys
import time
from typing import Final

from footnote.rendering import json_text

_TERMINAL_EVERY_SECONDS: Final = 0.1
_PLAIN_EVERY_SECONDS: Final = 10.0
_RATE_AFTER_SECONDS: Final = 1.0
_A_FIRST_STEP: Final = 256


def has_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    # A terminal that has no "›" shows "?" rather than failing.
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))


def say_json(value: object) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    text = json_text(value)
    if text.encode(encoding, "replace").decode(encoding) != text:
        text = json_text(value, ascii_only=True)
    sys.stdout.write(f"{text}\n")


class ProgressLine:
    """The progress of one command, which may have several stages.

    One line that rewrites itself on a terminal, a plain line now and then elsewhere.
    """

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._stage = ""
        self._began_seconds = 0.0
        self._shown_seconds = 0.0
        self._before = 0
        self._open = False

    def show(self, stage: str, done: int, total: int) -> None:
        """Say how far the stage is.

        Args:
            stage: what is being done, a verb in -ing and its object.
            done: how many are done.
            total: of how many; 0 where that is not known.
        """
        now = time.monotonic()
        if stage != self._stage:
            self.close()
            self._stage, self._began_seconds, self._shown_seconds = stage, now, float("-inf")
            # The first call of a stage comes when its first units are done, unless an earlier run had done them.
            self._before = done if done > _A_FIRST_STEP else 0
        every = _TERMINAL_EVERY_SECONDS if self._live else _PLAIN_EVERY_SECONDS
        finished = total > 0 and done >= total
        if now - self._shown_seconds < every and not finished:
            return
        self._shown_seconds = now
        line = progress_text(stage, done, total, now - self._began_seconds, self._before)
        # On a terminal: back to the first column, and clear what a longer line left behind.
        sys.stderr.write(f"\r{line}\x1b[K" if self._live else f"{line}\n")
        sys.stderr.flush()
        self._open = self._live

    def close(self) -> None:
        """End the line, so that what comes next starts on its own."""
        if self._open:
            sys.stderr.write("\n")
            self._open = False


def progress_text(stage: str, done: int, total: int, seconds: float, before: int = 0) -> str:
    """``encoding passages: 120 of 1,024, 85.0 a second, 11 s left``; ``before`` of them were done already."""
    if not done and not total:
        return stage
    parts = [f"{stage}: {done:,} of {total:,}" if total else f"{stage}: {done:,}"]
    if done > before and seconds >= _RATE_AFTER_SECONDS:
        rate = (done - before) / seconds
        parts.append(f"{rate:.1f} a second")
        if total > done:
            parts.append(f"{_duration((total - done) / rate)} left")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"

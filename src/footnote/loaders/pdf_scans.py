"""Text recognition for scanned pages, by Tesseract where it is installed.

Tesseract runs as a program of its own, under the limits of the process that parses, and gets the page as an image and gives
its words with their places through pipes: that process may write no files, which the common Python bindings need to.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import time
from typing import Any

from footnote.loaders.pdf_runs import HEIGHT, Run

__all__ = ["Recogniser"]

_DOTS_PER_POINT = 300 / 72
_PIXELS_MAX = 30_000_000
_CONFIDENCE_MIN = 30.0
"""Words that Tesseract is less sure of, in per cent, are mostly specks and pictures."""
_GAP = 1.0
"""From which gap on, in parts of a line's height, what follows is a run of its own."""
_LANGUAGES_MAX = 3
_LISTING_SECONDS = 10.0
_WORD_LEVEL = "5"
_LANGUAGE = re.compile(r"[A-Za-z_]{3,20}")
_NUMBER = re.compile(r"-?\d{1,6}(?:\.\d+)?")


class Recogniser:
    """Recognises pages until the time for a file is spent."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._program = shutil.which("tesseract") if seconds > 0 else None
        self._languages = ""

    def runs(self, page: Any) -> list[Run]:
        """The text of a page that shows it as an image; empty where there is none, or no time for it."""
        left = self._until - time.monotonic()
        if self._program is None or left <= 0:
            return []
        self._languages = self._languages or _languages(self._program, left)
        width, height = page.get_size()
        scale = min(_DOTS_PER_POINT, math.sqrt(_PIXELS_MAX / max(width * height, 1.0)))
        command = [self._program, "stdin", "stdout", "--psm", "3", "-l", self._languages, "tsv"]
        try:
            done = subprocess.run(  # noqa: S603 - the program that was found, and arguments of ours
                command,
                input=_image(page, scale),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "OMP_THREAD_LIMIT": "1"},
                timeout=left,
                check=True,
            )
        except (subprocess.SubprocessError, OSError):
            return []
        return _runs(done.stdout.decode("utf-8", "replace"), scale, height)


def _languages(program: str, seconds: float) -> str:
    """The languages that are installed, English first, as Tesseract takes them."""
    try:
        listed = subprocess.run(  # noqa: S603 - the program that was found
            [program, "--list-langs"], capture_output=True, timeout=min(seconds, _LISTING_SECONDS), check=True
        ).stdout.decode("utf-8", "replace")
    except (subprocess.SubprocessError, OSError):
        return "eng"
    names = sorted({line for line in listed.split("\n") if _LANGUAGE.fullmatch(line)} - {"osd", "equ"})
    names.sort(key=lambda name: name != "eng")
    return "+".join(names[:_LANGUAGES_MAX]) or "eng"


def _image(page: Any, scale: float) -> bytes:
    """A page in grey, in the plainest of the formats that Tesseract reads."""
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
    raw, stride = bytes(bitmap.buffer), bitmap.stride
    rows = (
        raw
        if stride == bitmap.width
        else b"".join(raw[start : start + bitmap.width] for start in range(0, stride * bitmap.height, stride))
    )
    return b"P5 %d %d 255\n" % (bitmap.width, bitmap.height) + rows


def _runs(table: str, scale: float, height: float) -> list[Run]:
    """Words with their places as runs: the words of a line, but for wide gaps."""
    runs: list[Run] = []
    line: list[str] = []
    size = base = 0.0
    for row in table.splitlines():
        cells = row.split("\t")
        if len(cells) != 12 or not all(_NUMBER.fullmatch(cell) for cell in cells[:11]):
            continue
        left, top, wide, high = (float(cell) / scale for cell in cells[6:10])
        if cells[0] == _WORD_LEVEL:
            text = cells[11].strip()
            if not text or float(cells[10]) < _CONFIDENCE_MIN:
                continue
            if line == cells[1:5] and left - runs[-1].right < _GAP * size:
                runs[-1].text += f" {text}"
                runs[-1].right = left + wide
            else:
                runs.append(Run(text, left, left + wide, base, size))
            line = cells[1:5]
        else:
            # The rows of a line and its words follow each other; its own box tells how high it is.
            size, base, line = round(2 * high * HEIGHT) / 2, height - top - high, []
    return runs

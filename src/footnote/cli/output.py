"""The way out: text and JSON on stdout, whatever letters the terminal has."""

from __future__ import annotations

import os
import sys

from footnote.rendering import json_text


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

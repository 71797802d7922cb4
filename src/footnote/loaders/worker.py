"""The process that parses: takes files over a pipe, gives documents back, and may not grow, dawdle or write.

A request is a line of JSON (id, suffix, number of bytes, settings) and the bytes; a reply is a line (kind, number of
bytes) and the bytes.  The process ends with its input, so that none outlives the program.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import replace
from typing import BinaryIO

from footnote.errors import DocumentError
from footnote.loaders.formats import SUFFIXES
from footnote.loaders.forms import document_to_json, settings_from_json
from footnote.loaders.languages import language_warning
from footnote.settings import Settings

__all__ = ["main"]

_FILES_MAX = 64


def main() -> None:
    """Serve requests from standard input until it ends."""
    replies = os.fdopen(os.dup(1), "wb")
    silent = os.open(os.devnull, os.O_WRONLY)
    # What a parser prints must not reach the replies.
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, _FILES_MAX)
    sys.setrecursionlimit(2_000)
    requests = sys.stdin.buffer
    while line := requests.readline():
        document_id, suffix, size, settings_text = json.loads(line)
        raw = requests.read(size)
        kind, reply, spent = _answer(raw, document_id, suffix, settings_from_json(settings_text))
        _send(replies, kind, reply)
        if spent:
            break


def _answer(raw: bytes, document_id: str, suffix: str, settings: Settings) -> tuple[str, bytes, bool]:
    """(kind, reply, whether this process should not go on)."""
    _limit(resource.RLIMIT_AS, settings.parse_memory_bytes)
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + max(1, round(settings.parse_cpu_seconds)) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    try:
        document = SUFFIXES[suffix](raw, document_id, settings)
        warnings = (*document.warnings, *language_warning(document.text, settings))
        return "document", document_to_json(replace(document, warnings=warnings)), False
    except DocumentError as error:
        return "refused", json.dumps([error.what, error.remedy]).encode("ascii"), False
    except MemoryError:
        return "memory", b"", True
    except Exception as error:  # noqa: BLE001 - parsers raise what they like at a damaged file
        return "broken", json.dumps([type(error).__name__]).encode("ascii"), False


def _send(replies: BinaryIO, kind: str, reply: bytes) -> None:
    replies.write(json.dumps([kind, len(reply)]).encode("ascii") + b"\n" + reply)
    replies.flush()


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))

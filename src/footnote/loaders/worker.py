"""The process that parses: takes files over a pipe, gives documents back, and may not grow, dawdle or write.

What it is asked and what it answers is in ``messages``.  The process ends with its input, so that none outlives the program.
"""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import replace

from footnote.errors import DocumentError
from footnote.loaders.formats import SUFFIXES, import_loaders
from footnote.loaders.messages import Broken, OutOfMemory, Parsed, Refused, Request
from footnote.loaders.outline.document_language import language_warning
from footnote.wire import decode, encode

__all__ = ["main"]

_FILES_MAX = 64


def main() -> None:
    """Serve requests from standard input until it ends."""
    replies = os.fdopen(os.dup(1), "wb")
    silent = os.open(os.devnull, os.O_WRONLY)
    # What a parser prints must not reach the replies.
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    import_loaders()
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, _FILES_MAX)
    sys.setrecursionlimit(2_000)
    requests = sys.stdin.buffer
    while line := requests.readline():
        request = decode(Request, line)
        raw = requests.read(request.size)
        reply, spent = _answer(raw, request)
        replies.write(b"%d\n%b" % (len(reply), reply))
        replies.flush()
        if spent:
            break


def _answer(raw: bytes, request: Request) -> tuple[bytes, bool]:
    """The reply, and whether this process should not go on."""
    settings = request.settings
    _limit(resource.RLIMIT_AS, settings.parse_memory_bytes)
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + max(1, round(settings.parse_cpu_seconds)) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    try:
        document = SUFFIXES[request.suffix](raw, request.document_id, settings)
        warnings = (*document.warnings, *language_warning(document.text, settings))
        return encode(Parsed(replace(document, warnings=warnings))), False
    except DocumentError as error:
        return encode(Refused(error.what, error.remedy)), False
    except MemoryError:
        return encode(OutOfMemory()), True
    except Exception as error:  # noqa: BLE001 - parsers raise what they like at a damaged file
        return encode(Broken(type(error).__name__)), False


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))

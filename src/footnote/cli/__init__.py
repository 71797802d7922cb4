"""The command line: parse, one call, render.

Reports go to stdout, progress to stderr; an error is one line on stderr and never a traceback.  The commands, and with them
the engine, are imported once the arguments are understood, so that ``footnote --help`` and a slip in them answer at once.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import NoReturn

from footnote.cli import arguments
from footnote.errors import FootnoteError, UsageError

__all__ = ["main"]

INTERRUPTED = 130
"""The exit status of a program that Ctrl+C ended: 128 and the signal's number."""

TERMINATED = 143
"""The same for a program that was told to end."""

PIPE_CLOSED = 141
"""The same for a reader that went away, as ``head`` does."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments after the program's name; those of the process where None.

    Returns:
        The exit status: 0, 1 for a failure or an unmet demand, 2 for wrong usage, 130 when interrupted.
    """
    if argv is None:
        sys.excepthook = _one_line
        signal.signal(signal.SIGTERM, _terminated)
    try:
        status = _run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except FootnoteError as error:
        return _fail(error.message, error.exit_code)
    except _Terminated:
        return _fail("terminated", TERMINATED)
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)
    except BrokenPipeError:
        # What is left in the buffer would fail again when Python closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        return _fail(f"{where}{error.strerror or error}", 1)
    return status


def _run(argv: Sequence[str]) -> int:
    try:
        given = arguments.parse(argv)
    except SystemExit as done:  # argparse leaves this way after --help and --version
        return done.code if isinstance(done.code, int) else 0
    if sys.platform == "win32":
        # Locks of files, folders that no link leads out of, and the limits of the parser are those of POSIX.
        raise UsageError("Footnote does not run on Windows", remedy="run it in WSL, which is Linux")
    from footnote.cli import commands, places

    return commands.run(places.configured(given))


def _fail(message: str, status: int) -> int:
    sys.stderr.write(f"footnote: {' '.join(message.split())}\n")
    return status


class _Terminated(KeyboardInterrupt):
    """Someone told the program to end: like Ctrl+C it goes through every ``finally``, so that no lock is left."""


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _Terminated


def _one_line(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What a person sees of a bug; FOOTNOTE_DEBUG shows all of it."""
    if os.environ.get("FOOTNOTE_DEBUG"):
        sys.__excepthook__(kind, error, trace)
        return
    _fail(f"a fault in Footnote itself: {kind.__name__}: {error}; run it again with FOOTNOTE_DEBUG=1 to see where", 1)

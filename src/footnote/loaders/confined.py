"""Parsing out of the program's way: a worker process reads each file within limits, and its end is only a file's end."""

from __future__ import annotations

import atexit
import hashlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from footnote.errors import DocumentError
from footnote.loaders.messages import (
    Broken,
    FindPlaces,
    OutOfMemory,
    Parsed,
    ParseFile,
    Refused,
    Reply,
    Request,
    reply_of,
)
from footnote.records import Document
from footnote.settings import Settings
from footnote.wire import encode

__all__ = ["Worker", "close_worker", "load_confined"]

_FILES_EACH = 500
"""Files a worker reads before a fresh one takes over: what parsers leak goes with it."""
_READ_BYTES = 1 << 20
_REPLY_BYTES_PER_CHAR = 60
"""Most bytes of a reply for each character that a document may have; beyond it the worker is out of hand."""
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from footnote.loaders.worker import main; main()"


class _Ended(Exception):
    """The worker closed its side."""


class Worker:
    """One process that parses one file at a time."""

    def __init__(self) -> None:
        package_parent = str(Path(__file__).resolve().parents[2])
        self.owner = os.getpid()
        self.files = 0
        # -P: nothing is imported from the folder that the program happens to be in.
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-P", "-c", _START, package_parent],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,  # an interrupt on the terminal is the program's to handle
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)

    @property
    def alive(self) -> bool:
        return self.owner == os.getpid() and self._process.poll() is None and self.files < _FILES_EACH

    def load(self, raw: bytes, document_id: str, settings: Settings) -> Document:
        """A file's bytes as a document.

        Raises:
            DocumentError: whatever kept the worker from making one.
        """
        suffix = Path(document_id).suffix.lower()
        reply = self.answer(ParseFile(document_id, suffix, len(raw), settings), raw)
        if isinstance(reply, Parsed):
            return replace(reply.document, id=document_id, sha256=hashlib.sha256(raw).hexdigest())
        raise self.refusal(reply, settings, suffix)

    def answer(self, request: Request, raw: bytes) -> Reply:
        """What the process says to a request.

        Raises:
            DocumentError: it gave no answer, or none that makes sense.
        """
        self.files += 1
        settings = request.settings
        # Text recognition has a time of its own, which the loader keeps to.
        scans = isinstance(request, FindPlaces) or (isinstance(request, ParseFile) and request.suffix == ".pdf")
        seconds = settings.parse_seconds + (settings.scan_seconds if scans else 0.0)
        try:
            answer = self._ask(encode(request) + b"\n" + raw, settings, seconds)
        except TimeoutError as error:
            self.close()
            raise _beyond(f"reading it took longer than {seconds:g} s", "parse_seconds") from error
        except (_Ended, OSError, ValueError) as error:
            raise self._post_mortem(settings) from error
        return reply_of(answer, settings)

    def refusal(self, reply: Reply, settings: Settings, suffix: str) -> DocumentError:
        """Why there is not what was asked for; a process without memory ends."""
        match reply:
            case Refused(what, remedy):
                return DocumentError(what, remedy=remedy)
            case OutOfMemory():
                self.close()
                what = f"reading it needs more than {settings.parse_memory_bytes:,} bytes"
                return _beyond(what, "parse_memory_bytes")
            case Broken(error):
                what = f"it is damaged or no {suffix} file ({error})"
                return DocumentError(what, remedy="save it again, or leave it out")
        return DocumentError("its parser gave an answer that makes no sense", remedy="leave it out")

    def close(self) -> None:
        """End the process at once."""
        with suppress(OSError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _ask(self, request: bytes, settings: Settings, seconds: float) -> bytes:
        until = time.monotonic() + seconds
        most = _REPLY_BYTES_PER_CHAR * settings.document_max_chars + _READ_BYTES
        waiting = memoryview(request)
        received = bytearray()
        wanted: int | None = None
        with selectors.DefaultSelector() as selector:
            selector.register(self._out, selectors.EVENT_READ)
            selector.register(self._in, selectors.EVENT_WRITE)
            while wanted is None or len(received) < wanted:
                ready = selector.select(max(0.0, until - time.monotonic()))
                if not ready or time.monotonic() > until:
                    raise TimeoutError
                for key, _ in ready:
                    if key.fd == self._in:
                        waiting = waiting[os.write(self._in, waiting[:_READ_BYTES]) :]
                        if not waiting:
                            selector.unregister(self._in)
                        continue
                    piece = os.read(self._out, _READ_BYTES)
                    if not piece:
                        raise _Ended
                    received += piece
                if wanted is None and b"\n" in received:
                    line, _, rest = received.partition(b"\n")
                    wanted, received = int(line), rest
                if len(received) > most or (wanted or 0) > most:
                    raise _Ended
        return bytes(received)

    def _post_mortem(self, settings: Settings) -> DocumentError:
        """What to say of a file whose worker ended."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)
        code = self._process.returncode
        self.close()
        if code == -signal.SIGXCPU:
            return _beyond(
                f"reading it took more than {settings.parse_cpu_seconds:g} s of the processor", "parse_cpu_seconds"
            )
        if code is not None and code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
            return DocumentError(f"its parser crashed ({name})", remedy="save it again, or leave it out")
        return DocumentError("its parser ended without an answer", remedy="save it again, or leave it out")


def _beyond(what: str, setting: str) -> DocumentError:
    return DocumentError(what, remedy=f"split it, or raise {setting}")


_lock = threading.Lock()
_worker: Worker | None = None


def load_confined(raw: bytes, document_id: str, settings: Settings) -> Document:
    """Parse a file's bytes in the worker, which is started where none runs.

    Raises:
        DocumentError: the file cannot be read; it names the limit where one was passed.
    """
    global _worker  # noqa: PLW0603 - one worker for the program
    with _lock:
        if _worker is None or not _worker.alive:
            if _worker is not None and _worker.owner == os.getpid():
                _worker.close()
            _worker = Worker()
        return _worker.load(raw, document_id, settings)


def close_worker() -> None:
    """End the worker, if one runs: it holds memory that only reading files needs."""
    global _worker  # noqa: PLW0603
    with _lock:
        if _worker is not None and _worker.owner == os.getpid():
            _worker.close()
        _worker = None


atexit.register(close_worker)

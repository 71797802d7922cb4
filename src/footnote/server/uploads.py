"""Documents added, replaced and removed from the page: the files first, then the index, and back again what fails.

One change at a time.  A file that is put here arrives under a hidden name, which the indexer passes over, and waits there,
whole and durable, until a change is begun.  What a kill leaves of a change is undone or finished by ``indexing.journal``.
"""

from __future__ import annotations

import asyncio
import os
import threading
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from footnote.engine import Footnote
from footnote.errors import CorpusError, FootnoteError, UsageError
from footnote.indexing import Change, CorpusHold, Progress, build_index, hidden_name
from footnote.loaders import SUFFIXES
from footnote.records import BuildReport
from footnote.server.authentication import require_owner
from footnote.server.originals import corpus_dir_of, has_file
from footnote.server.problems import problem, problem_of
from footnote.server.schemas import ChangeBody, ChangeForm
from footnote.store import sync_file

NAME_MAX_BYTES = 200
WAITING_MOST = 1_000
"""Files that wait at most: more come in a second change."""


class NameTaken(UsageError):
    """There is a document of that name."""

    http_status = 409


@dataclass(frozen=True, slots=True)
class _Sent:
    """A document's name, and whether whoever sent the file said that it replaces what stands there."""

    name: str
    replacing: bool


class FileTooLarge(UsageError):
    """A file of more bytes than are taken."""

    http_status = 413


class CorpusEditor:
    """Changes the folder of documents behind an engine, and its index."""

    def __init__(self, footnote: Footnote) -> None:
        self._footnote = footnote
        self._lock = threading.Lock()
        self._hold: CorpusHold | None = None
        self._arriving: dict[Path, _Sent] = {}
        self._waiting: dict[str, Path] = {}
        self._new: set[str] = set()
        self._state: dict[str, Any] = {"running": False}
        self._change_thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Call off a change that is under way, and return once what it began is undone, or done; let go of what waits."""
        self._stopping.set()
        if self._change_thread is not None:
            self._change_thread.join()
        with self._lock:
            for draft in (*self._waiting.values(), *self._arriving):
                draft.unlink(missing_ok=True)
            self._waiting, self._arriving = {}, {}
            self._let_go()

    def state(self) -> dict[str, Any]:
        """How far the change under way has come, or how the last one ended."""
        return dict(self._state)

    def check_name(self, name: str, *, replacing: bool) -> Path:
        """Where a file of this name would go.

        Raises:
            UsageError: the name cannot be a document's; NameTaken: it is one.
        """
        name = unicodedata.normalize("NFC", name)
        corpus_dir = self._corpus_dir()
        suffix = Path(name).suffix.lower()
        if suffix not in SUFFIXES:
            formats = ", ".join(sorted(SUFFIXES))
            raise UsageError(f"no loader for {suffix or 'a file without a suffix'}", remedy=f"formats read: {formats}")
        plain = name.isprintable() and not set(name) & set('/\\:*?"<>|') and not name.startswith((".", " ", "-"))
        if not plain or len(name.encode()) > NAME_MAX_BYTES:
            raise UsageError("its name cannot be a document's", remedy="give it a plain, shorter name")
        if not replacing and os.path.lexists(corpus_dir / name):
            raise NameTaken("there is already a document of that name", remedy="replace it, or rename the file")
        return corpus_dir / name

    def receive(self, name: str, *, replacing: bool) -> Path:
        """A hidden file, not there yet, to be filled; it takes part in no change before it has ``arrived``.

        Raises:
            UsageError: as ``check_name``; or a change is under way, or too many files wait.
        """
        target = self.check_name(name, replacing=replacing)
        with self._lock:
            self._raise_if_running()
            if len(self._waiting) + len(self._arriving) >= WAITING_MOST:
                raise UsageError("too many files wait", remedy="begin with those that are there")
            self._take_hold(target.parent)
            draft = target.with_name(hidden_name())
            self._arriving[draft] = _Sent(target.name, replacing)
        return draft

    def arrived(self, draft: Path) -> None:
        """A file is whole and closed: now it waits to become a document with the next change.

        Raises:
            OSError: it cannot be made durable; it is forgotten.
        """
        try:
            sync_file(draft)
        except OSError:
            self.drop(draft)
            raise
        with self._lock:
            sent = self._arriving.pop(draft, None)
            if sent is None:
                return
            before = self._waiting.get(sent.name)
            self._waiting[sent.name] = draft
            (self._new.discard if sent.replacing else self._new.add)(sent.name)
            if before is not None:
                before.unlink(missing_ok=True)

    def drop(self, draft: Path) -> None:
        """Forget a file that did not arrive whole."""
        with self._lock:
            if self._arriving.pop(draft, None) is not None:
                draft.unlink(missing_ok=True)
                self._let_go()

    def begin(self, removed: tuple[str, ...] = ()) -> None:
        """Begin the change: what waits goes in, ``removed`` leaves, the index follows.

        Raises:
            UsageError: a change is under way, or a document is not there.
        """
        corpus_dir = self._corpus_dir()
        with self._lock:
            self._raise_if_running()
            for name in removed:
                if PurePosixPath(name).as_posix() != name or not has_file(corpus_dir, name):
                    raise UsageError("its file is not there any more", where=name, remedy="update the index")
            self._take_hold(corpus_dir)
            added = {name: draft.name for name, draft in self._waiting.items()}
            new, self._new = frozenset(self._new), set()
            self._waiting = {}
            self._state = {"running": True, "stage": "", "done": 0, "total": 0}
            # Not one that ends with the program: in the middle of native code that would abort it.
            self._change_thread = threading.Thread(target=self._run, args=(corpus_dir, added, removed, new))
            self._change_thread.start()

    def _take_hold(self, corpus_dir: Path) -> None:
        """Hold the folder of documents, and settle it; for the holder of the lock."""
        try:
            if self._hold is None:
                self._hold = CorpusHold.take(corpus_dir)
            if self._hold is None:
                raise UsageError("another process changes the documents", remedy="try again when it has ended")
            self._hold.settle([draft.name for draft in (*self._waiting.values(), *self._arriving)])
        except CorpusError:
            self._let_go()
            raise
        except OSError as error:
            self._let_go()
            raise UsageError(
                f"the folder of documents cannot be changed ({error.strerror})", remedy="allow writing there"
            ) from error

    def _let_go(self) -> None:
        """Hold the folder no longer where nothing waits, arrives or runs; for the holder of the lock."""
        if self._hold is not None and not (self._waiting or self._arriving or self._state["running"]):
            self._hold.release()
            self._hold = None

    def _corpus_dir(self) -> Path:
        corpus_dir = corpus_dir_of(self._footnote)
        if corpus_dir is None:
            raise UsageError("nobody named the folder of documents here, or it is gone", remedy="start with --corpus")
        return corpus_dir

    def _raise_if_running(self) -> None:
        if self._state["running"]:
            raise UsageError("another change is under way", remedy="try again when it is done")

    def _run(self, corpus_dir: Path, added: Mapping[str, str], removed: Sequence[str], new: Collection[str]) -> None:
        end = {"error": problem(500, "a fault in Footnote itself; its log says more", remedy="start it again")}
        try:
            end = change_corpus(corpus_dir, added, removed, self._build, new=new)
            self._footnote.refresh()
        except FootnoteError as error:
            end = {"error": problem_of(error)}
        except OSError as error:
            end = {"error": problem(500, error.strerror or "cannot be written")}
        finally:
            with self._lock:
                self._state = {"running": False, **end}
                self._let_go()

    def _build(self, corpus_dir: Path) -> BuildReport:
        engine = self._footnote
        return build_index(
            corpus_dir,
            engine.location,
            encoder=engine.encoder,
            settings=engine.settings,
            progress=self._show,
            empty=True,
        )

    def _show(self, at: Progress) -> None:
        if self._stopping.is_set():
            raise UsageError("the server was told to stop", remedy="make the change again")
        self._state.update(stage=at.stage, done=at.done, total=at.total)


def change_corpus(
    corpus_dir: Path,
    added: Mapping[str, str],
    removed: Sequence[str],
    build: Callable[[Path], BuildReport],
    *,
    new: Collection[str] = (),
) -> dict[str, Any]:
    """Files in, files out, and the index after them; what cannot be read does not stay, and what it replaced comes back.

    Args:
        corpus_dir: the folder of documents, held by the caller.
        added: document id -> hidden name of the file that is to stand there.
        removed: ids of documents that leave.
        build: brings the index up to date.
        new: of those added, the ones that nobody said to replace anything.

    Returns:
        What was done, as ``ChangeForm`` has it.

    Raises:
        NameTaken: another file came to a name meanwhile; it is left alone.
        FootnoteError, OSError: it could not be done; the files are as they were.
    """
    try:
        change = Change(corpus_dir, added, removed, new=new)
    except FileExistsError as error:
        where, remedy = str(error.filename or ""), "look at it, then send yours again to replace it"
        raise NameTaken(str(error.strerror), where=where, remedy=remedy) from error
    try:
        report = build(corpus_dir)
        failed = {each.path: each.reason for each in report.skipped if each.path in added}
        if failed:
            change.withdraw(failed)
            build(corpus_dir)
        change.finish()
    except (FootnoteError, OSError):
        change.undo()
        raise
    return {
        "added": sorted(set(added) - set(failed)),
        "removed": list(removed),
        "failed": [{"name": name, "reason": reason} for name, reason in sorted(failed.items())],
        "skipped": [{"name": s.path, "reason": s.reason} for s in report.skipped if s.path not in failed],
        "seconds": round(report.seconds, 1),
    }


def add_changes(app: FastAPI, footnote: Footnote, editor: CorpusEditor) -> None:
    """The routes by which the owner, and nobody else, changes the documents."""
    owner, most_bytes = [Depends(require_owner)], footnote.settings.file_max_bytes
    file = {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }

    @app.put(
        "/files/{name}", dependencies=owner, status_code=204, response_class=Response,
        openapi_extra={"requestBody": file},
    )  # fmt: skip
    async def send(name: str, request: Request, replace: bool = False) -> Response:  # noqa: FBT001, FBT002 - a query
        """Send a file that becomes a document with the next change; for the owner."""
        draft = editor.receive(name, replacing=replace)
        whole = False
        try:
            whole = await _receive(request, draft, most_bytes)
            if whole:
                await asyncio.to_thread(editor.arrived, draft)
        finally:
            if not whole:
                editor.drop(draft)
        if not whole:
            raise FileTooLarge(f"is larger than {most_bytes:,} bytes", remedy="give smaller files")
        return Response(status_code=204)

    @app.post("/changes", dependencies=owner, status_code=202, responses={202: {"model": ChangeForm}})
    def begin(body: ChangeBody) -> JSONResponse:
        """Begin a change: what was sent goes in, the documents named here leave; for the owner."""
        editor.begin(tuple(body.documents))
        return JSONResponse(editor.state(), status_code=202)

    @app.get("/changes", dependencies=owner, responses={200: {"model": ChangeForm}})
    def state() -> JSONResponse:
        """How far the change under way has come, or how the last one ended; for the owner."""
        return JSONResponse(editor.state())


async def _receive(request: Request, draft: Path, most_bytes: int) -> bool:
    """Whether the body arrived whole and was not too large."""
    held = 0
    try:
        with draft.open("xb") as file:
            async for part in request.stream():
                held += len(part)
                if held > most_bytes:
                    return False
                file.write(part)
    except ClientDisconnect:
        return False
    length = request.headers.get("content-length", "")
    return not length.isdigit() or int(length) == held

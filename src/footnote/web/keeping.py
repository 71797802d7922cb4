"""Documents added, replaced and removed from the page: the files first, then the index, and back again what fails.

One change at a time.  A file that is put here waits under a hidden name, which the indexer passes over, until the whole
change is begun; a file that is taken away keeps its place under a hidden name until the change is done.
"""

from __future__ import annotations

import os
import secrets
import threading
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from footnote.errors import DocumentError, FootnoteError, UsageError
from footnote.indexing import Progress, build_index
from footnote.loaders import SUFFIXES
from footnote.web.originals import corpus_dir_of, file_of

if TYPE_CHECKING:
    from footnote.engine import Footnote
    from footnote.records import BuildReport

NAME_MAX_BYTES = 200
WAITING_MOST = 1_000
"""Files that wait at most: more come in a second change."""


class NameTaken(UsageError):
    """There is a document of that name."""


@dataclass(slots=True)
class _Change:
    """What is to happen to the folder of documents.

    Attributes:
        added: name in the folder -> the hidden file that waits for it.
        removed: names that leave.
        aside: name -> the hidden file that holds what stood there before.
    """

    added: dict[str, Path] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    aside: dict[str, Path] = field(default_factory=dict)


class Keeper:
    """Changes the folder of documents behind an engine, and its index."""

    def __init__(self, footnote: Footnote) -> None:
        self._footnote = footnote
        self._lock = threading.Lock()
        self._waiting: dict[str, Path] = {}
        self._state: dict[str, Any] = {"running": False}
        self._change_thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Call off a change that is under way, and return once what it began is undone, or done; let go of what waits."""
        self._stopping.set()
        if self._change_thread is not None:
            self._change_thread.join()
        with self._lock:
            for draft in self._waiting.values():
                draft.unlink(missing_ok=True)
            self._waiting = {}

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

    def wait(self, name: str, *, replacing: bool) -> Path:
        """A hidden file, empty and open to be filled, that waits to become a document.

        Raises:
            UsageError: as ``check_name``; or a change is under way, or too many files wait.
        """
        target = self.check_name(name, replacing=replacing)
        with self._lock:
            self._raise_if_running()
            if len(self._waiting) >= WAITING_MOST:
                raise UsageError("too many files wait", remedy="begin with those that are there")
            draft = _hidden(target)
            before = self._waiting.pop(target.name, None)
            if before is not None:
                before.unlink(missing_ok=True)
            self._waiting[target.name] = draft
        return draft

    def drop(self, draft: Path) -> None:
        """Forget a file that did not arrive whole."""
        with self._lock:
            self._waiting = {name: path for name, path in self._waiting.items() if path != draft}
        draft.unlink(missing_ok=True)

    def begin(self, removed: tuple[str, ...] = ()) -> None:
        """Begin the change: what waits goes in, ``removed`` leaves, the index follows.

        Raises:
            UsageError: a change is under way, or no document would be left, or one is not there.
        """
        corpus_dir = self._corpus_dir()
        with self._lock:
            self._raise_if_running()
            for name in removed:
                if file_of(corpus_dir, name) is None:
                    raise UsageError("its file is not there any more", where=name, remedy="update the index")
            known = {document.id for document in self._footnote.documents()}
            if removed and not self._waiting and known <= set(removed):
                raise UsageError("an index needs at least one document", remedy="add another one first")
            change = _Change(dict(self._waiting), list(removed))
            self._waiting = {}
            self._state = {"running": True, "stage": "", "done": 0, "total": 0}
            # Not one that ends with the program: in the middle of native code that would abort it.
            self._change_thread = threading.Thread(target=self._run, args=(corpus_dir, change))
            self._change_thread.start()

    def _corpus_dir(self) -> Path:
        corpus_dir = corpus_dir_of(self._footnote)
        if corpus_dir is None:
            raise UsageError("the folder of documents is not there", remedy="start with --corpus")
        return corpus_dir

    def _raise_if_running(self) -> None:
        if self._state["running"]:
            raise UsageError("another change is under way", remedy="try again when it is done")

    def _run(self, corpus_dir: Path, change: _Change) -> None:
        end: dict[str, Any]
        try:
            end = self._change(corpus_dir, change)
        except (FootnoteError, OSError) as error:
            for name in {*change.added, *change.removed}:
                _undo(corpus_dir, name, change)
            told = error if isinstance(error, FootnoteError) else DocumentError(error.strerror or "cannot be written")
            end = {"error": {"what": told.what, "remedy": told.remedy}}
        for path in (*change.added.values(), *change.aside.values()):
            with suppress(OSError):
                path.unlink(missing_ok=True)
        self._state = {"running": False, **end}

    def _change(self, corpus_dir: Path, change: _Change) -> dict[str, Any]:
        for name in (*change.added, *change.removed):
            path = corpus_dir / name
            if path.is_file():
                aside = _hidden(path)
                path.rename(aside)
                change.aside[name] = aside
        for name, draft in change.added.items():
            draft.rename(corpus_dir / name)
        report = self._build(corpus_dir)
        failed = {each.path: each.reason for each in report.skipped if each.path in change.added}
        if failed:
            # What cannot be read does not stay, and what it was to replace comes back.
            for name in failed:
                _undo(corpus_dir, name, change)
            self._build(corpus_dir)
        self._footnote.refresh()
        return {
            "added": sorted(set(change.added) - set(failed)),
            "removed": change.removed,
            "failed": [{"name": name, "reason": reason} for name, reason in sorted(failed.items())],
            "skipped": [{"name": s.path, "reason": s.reason} for s in report.skipped if s.path not in failed],
            "seconds": round(report.seconds, 1),
        }

    def _build(self, corpus_dir: Path) -> BuildReport:
        engine = self._footnote
        return build_index(
            corpus_dir, engine.reader.index_dir, encoder=engine.encoder, settings=engine.settings, progress=self._show
        )

    def _show(self, at: Progress) -> None:
        if self._stopping.is_set():
            raise UsageError("the server was told to stop", remedy="make the change again")
        self._state.update(stage=at.stage, done=at.done, total=at.total)


def _undo(corpus_dir: Path, name: str, change: _Change) -> None:
    """Put back what stood under a name before the change, or nothing."""
    aside = change.aside.pop(name, None)
    with suppress(OSError):
        if aside is not None:
            aside.replace(corpus_dir / name)
        elif name in change.added and not change.added[name].exists():
            (corpus_dir / name).unlink(missing_ok=True)


def _hidden(path: Path) -> Path:
    return path.with_name(f".footnote-{secrets.token_hex(8)}")

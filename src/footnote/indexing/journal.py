"""Changes of the folder of documents, with a commit of their own: a kill at any step leaves the old files or the new ones.

The index is a cache; the folder is the truth, and holds the only copy of what somebody replaces.  So a change is written down
first, in ``.footnote-change``, and made durable before any name moves.  What stands under a name is then given a second, hidden
one; only when all of those are durable do the new files get their names, and the removed ones lose theirs.  When the index
has followed, ``.footnote-change`` becomes ``.footnote-done``, and the hidden files go.

Whoever comes after a kill finds one of the two: the first means back, the second means on.  Each step can be done twice.  New
files wait under hidden names at the top of the folder, and those that nobody waits for are swept.  A lock on the folder,
which the kernel lets go when its holder dies, tells a change that was cut off from one that is under way.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from footnote.errors import CorpusError
from footnote.loaders import folder_beneath, open_beneath
from footnote.store import step, sync_dir
from footnote.wire import decode, encode

__all__ = ["Change", "CorpusHold", "hidden_name", "settle"]

JOURNAL_NAME, DONE_NAME = ".footnote-change", ".footnote-done"
_HIDDEN = re.compile(r"\.footnote-[0-9a-f]{16}")
_JOURNAL_MOST_BYTES = 10_000_000


def hidden_name() -> str:
    """A new name that is passed over as a document, and swept when nobody waits for it."""
    return f".footnote-{secrets.token_hex(8)}"


@dataclass(frozen=True, slots=True)
class _Entry:
    """One name of a change.

    Attributes:
        name: of the document, relative to the folder.
        aside: hidden name, in the document's own folder, of what stood there before.
        stood: whether anything did.
        draft: hidden name, at the top, of what is to stand there; empty where nothing is.
        sha256: digest of that; a file of the same name that is another was put there by somebody else.
    """

    name: str
    aside: str
    stood: bool
    draft: str
    sha256: str

    def __post_init__(self) -> None:
        parts = self.name.split("/")
        if not all(parts) or {".", ".."} & set(parts) or "\0" in self.name or _HIDDEN.fullmatch(parts[-1]):
            raise ValueError("no document's name")
        if not _HIDDEN.fullmatch(self.aside) or (self.draft and not _HIDDEN.fullmatch(self.draft)):
            raise ValueError("no hidden name")
        if bool(self.draft) != bool(re.fullmatch("[0-9a-f]{64}", self.sha256)):
            raise ValueError("no digest")

    @property
    def last(self) -> str:
        return self.name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class _Journal:
    entries: tuple[_Entry, ...]


class CorpusHold:
    """The folder of documents, held by who changes it; nobody else undoes or sweeps anything meanwhile."""

    def __init__(self, corpus_dir: Path, descriptor: int) -> None:
        self.corpus_dir = corpus_dir
        self._descriptor = descriptor

    @classmethod
    def take(cls, corpus_dir: Path) -> CorpusHold | None:
        """Hold a folder; None where somebody else does."""
        descriptor = os.open(corpus_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            # A file system without locks has no other who could hold it.
            with suppress(OSError):
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(descriptor)
                    return None
        except BaseException:
            os.close(descriptor)
            raise
        return cls(corpus_dir, descriptor)

    def release(self) -> None:
        os.close(self._descriptor)

    def settle(self, waiting: Collection[str] = ()) -> None:
        """Undo the change that was cut off, or finish it; sweep what nobody waits for.

        Args:
            waiting: hidden names that stay.

        Raises:
            OSError: a change cannot be undone, or whether there is one cannot be told; nothing is swept.
            CorpusError: what a change wrote down cannot be understood; nothing is swept.
        """
        done = _read_journal(self.corpus_dir, DONE_NAME)
        begun = None if done is not None else _read_journal(self.corpus_dir, JOURNAL_NAME)
        if done is not None:
            _clear(self.corpus_dir, done)
        elif begun is not None:
            for entry in begun.entries:
                _undo(self.corpus_dir, entry)
            _clear(self.corpus_dir, begun)
        for name in sorted(os.listdir(self.corpus_dir)):  # noqa: PTH208 - names are wanted
            if _HIDDEN.fullmatch(name) and name not in waiting:
                with suppress(OSError):
                    _remove(self.corpus_dir, name)


def settle(corpus_dir: Path) -> None:
    """Undo or finish the change of a folder that was cut off, unless one is under way.

    Raises:
        CorpusError: that cannot be done.
    """
    hold = None
    try:
        hold = CorpusHold.take(corpus_dir)
        if hold is not None:
            hold.settle()
    except (FileNotFoundError, NotADirectoryError):
        return  # Who walks the folder says so.
    except OSError as error:
        raise CorpusError(
            f"whether a change of the documents was cut off cannot be told, or it cannot be undone ({error.strerror})",
            where=str(corpus_dir),
            remedy="make room, or allow reading and writing there; nothing was removed",
        ) from error
    finally:
        if hold is not None:
            hold.release()


class Change:
    """Files that come, are replaced or leave, all at once; its caller holds the folder.

    Args:
        corpus_dir: the folder of documents.
        added: document id -> hidden name of the file, whole and durable, that is to stand there.
        removed: ids of documents that leave.
        new: of those added, the ones that replace nothing.

    Raises:
        FileExistsError: a file stands where nothing is to be replaced, or became another meanwhile; all is as it was.
        OSError: it cannot be begun; the folder is as it was.
    """

    def __init__(
        self, corpus_dir: Path, added: Mapping[str, str], removed: Sequence[str], *, new: Collection[str] = ()
    ) -> None:
        self._corpus_dir = corpus_dir
        self._seen: dict[str, os.stat_result | None] = {}
        self._new = frozenset(new)
        self._entries = {name: self._entry(name, added.get(name, "")) for name in dict.fromkeys((*added, *removed))}
        try:
            self._write_journal()
            self._move()
        except OSError:
            self.undo()
            raise

    def _entry(self, name: str, draft: str) -> _Entry:
        with folder_beneath(self._corpus_dir, name) as folder:
            seen = self._seen[name] = _status(folder, name.rpartition("/")[2])
        if seen is not None and name in self._new:
            raise _appeared(name)
        sha256 = ""
        if draft:
            with open_beneath(self._corpus_dir, draft) as descriptor, os.fdopen(os.dup(descriptor), "rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return _Entry(name, hidden_name(), seen is not None, draft, sha256)

    def _write_journal(self) -> None:
        draft = self._corpus_dir / hidden_name()
        data = encode(_Journal(tuple(self._entries.values())))
        if len(data) > _JOURNAL_MOST_BYTES:
            raise OSError(errno.EFBIG, "too many files at once")
        step("create", draft)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            step("sync", draft)
            os.fsync(file.fileno())
        step("publish", self._corpus_dir / JOURNAL_NAME)
        draft.replace(self._corpus_dir / JOURNAL_NAME)
        sync_dir(self._corpus_dir)

    def _move(self) -> None:
        for entry in self._entries.values():
            with folder_beneath(self._corpus_dir, entry.name) as folder:
                seen = self._seen[entry.name]
                if seen is not None:
                    _also(self._corpus_dir, folder, entry.last, entry.aside)
                if seen is not None and entry.draft:
                    _set_mode(self._corpus_dir / entry.draft, stat.S_IMODE(seen.st_mode) & 0o777)
        self._sync()
        for entry in self._entries.values():
            with folder_beneath(self._corpus_dir, entry.name) as folder:
                step("move", self._corpus_dir / entry.name)
                self._check_as_seen(folder, entry)
                if entry.draft and entry.stood:
                    os.replace(self._corpus_dir / entry.draft, entry.last, dst_dir_fd=folder)
                elif entry.draft:
                    _also_new(self._corpus_dir, entry, folder)
                else:
                    os.unlink(entry.last, dir_fd=folder)
        self._sync()

    def _check_as_seen(self, folder: int, entry: _Entry) -> None:
        """Nothing is moved over, or removed, but the very file of which a second name was made."""
        seen, now = self._seen[entry.name], _status(folder, entry.last)
        if seen is None or now is None:
            as_seen = seen is now
        else:
            as_seen = os.path.samestat(seen, now) and (seen.st_mtime_ns, seen.st_size) == (now.st_mtime_ns, now.st_size)
        if not as_seen:
            raise _appeared(entry.name)

    def _sync(self) -> None:
        for folder in {(self._corpus_dir / name).parent for name in self._entries} | {self._corpus_dir}:
            sync_dir(folder)

    def withdraw(self, names: Collection[str]) -> None:
        """Put back what stood under some names before; the others stay changed.

        Raises:
            OSError: it cannot be put back.
        """
        for name in names:
            _undo(self._corpus_dir, self._entries[name])

    def undo(self) -> None:
        """Put back all that stood there before: the change is off.

        What cannot be put back now is put back by whoever settles the folder next.
        """
        with suppress(OSError):
            self.withdraw(self._entries)
            _clear(self._corpus_dir, _Journal(tuple(self._entries.values())))

    def finish(self) -> None:
        """The index has followed: what stood there before goes.

        Raises:
            OSError: it cannot be written down that it is done; nothing that stood there is gone.
        """
        step("publish", self._corpus_dir / DONE_NAME)
        (self._corpus_dir / JOURNAL_NAME).replace(self._corpus_dir / DONE_NAME)
        sync_dir(self._corpus_dir)
        # What cannot be removed now is removed by whoever settles the folder next.
        with suppress(OSError):
            _clear(self._corpus_dir, _Journal(tuple(self._entries.values())))


def _read_journal(corpus_dir: Path, name: str) -> _Journal | None:
    """What a change wrote down; None where there is none.

    What cannot be read is not none: the only copy of what was replaced may lie under a hidden name, and would be swept.

    Raises:
        OSError: it cannot be read.
        CorpusError: it cannot be understood.
    """
    try:
        with open_beneath(corpus_dir, name) as descriptor, os.fdopen(os.dup(descriptor), "rb") as file:
            data = file.read(_JOURNAL_MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    try:
        return decode(_Journal, data, exactly=True)
    except ValueError as error:
        raise CorpusError(
            "a change of the documents was cut off, and what it wrote down is damaged or of another version",
            where=str(corpus_dir / name),
            remedy="what it replaced lies beside the documents as .footnote-…: put back what is missing, then remove this file",
        ) from error


def _undo(corpus_dir: Path, entry: _Entry) -> None:
    """One name as it was, unless somebody else has put a file there since."""
    with _folder_of(corpus_dir, entry) as folder:
        if folder is None:
            return
        present = _exists(folder, entry.last)
        ours = not present or _is_draft(folder, entry)
        if _exists(folder, entry.aside) and ours:
            back = f"{entry.aside}.back"
            _drop(corpus_dir, folder, back)
            _also(corpus_dir, folder, entry.aside, back)
            step("move", corpus_dir / entry.name)
            os.replace(back, entry.last, src_dir_fd=folder, dst_dir_fd=folder)
        elif present and ours and not entry.stood:
            _drop(corpus_dir, folder, entry.last)
        step("sync folder", (corpus_dir / entry.name).parent)
        os.fsync(folder)


def _clear(corpus_dir: Path, journal: _Journal) -> None:
    """Remove the hidden files of a change, and then what it wrote down."""
    for entry in journal.entries:
        with _folder_of(corpus_dir, entry) as folder:
            if folder is not None:
                _drop(corpus_dir, folder, entry.aside)
                _drop(corpus_dir, folder, f"{entry.aside}.back")
                step("sync folder", (corpus_dir / entry.name).parent)
                os.fsync(folder)
        if entry.draft:
            _remove(corpus_dir, entry.draft)
    sync_dir(corpus_dir)
    for name in (JOURNAL_NAME, DONE_NAME):
        _remove(corpus_dir, name)
    sync_dir(corpus_dir)


@contextmanager
def _folder_of(corpus_dir: Path, entry: _Entry) -> Iterator[int | None]:
    """The folder of a document; None where it is gone, or was never one of ours."""
    with ExitStack() as opened:
        folder = None
        try:
            folder = opened.enter_context(folder_beneath(corpus_dir, entry.name))
        except OSError as error:
            if error.errno not in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
                raise
        yield folder


def _status(folder: int, name: str) -> os.stat_result | None:
    """What is known of a file; None where there is none."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _exists(folder: int, name: str) -> bool:
    return _status(folder, name) is not None


def _appeared(name: str) -> FileExistsError:
    return FileExistsError(errno.EEXIST, "another file came to that name meanwhile, and is left alone", name)


def _is_draft(folder: int, entry: _Entry) -> bool:
    """Whether what stands under the name is what the change put there.

    Raises:
        OSError: it cannot be read, so that nobody can tell.
    """
    found = _status(folder, entry.last)
    if found is None or not stat.S_ISREG(found.st_mode):
        return False
    descriptor = os.open(entry.last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256


def _also(corpus_dir: Path, folder: int, name: str, other: str) -> None:
    """Give a file a second name, or a copy of its own where the file system knows no second names."""
    step("link", corpus_dir / other)
    try:
        os.link(name, other, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except OSError:
        flags = os.O_NOFOLLOW | os.O_CLOEXEC
        with (
            os.fdopen(os.open(name, os.O_RDONLY | flags, dir_fd=folder), "rb") as source,
            os.fdopen(os.open(other, os.O_WRONLY | os.O_CREAT | os.O_EXCL | flags, 0o600, dir_fd=folder), "wb") as copy,
        ):
            shutil.copyfileobj(source, copy)
            os.fchmod(copy.fileno(), stat.S_IMODE(os.fstat(source.fileno()).st_mode))
            copy.flush()
            os.fsync(copy.fileno())


def _also_new(corpus_dir: Path, entry: _Entry, folder: int) -> None:
    """Give a file that has arrived its name, over nothing; its hidden name goes when the change is done."""
    try:
        os.link(corpus_dir / entry.draft, entry.last, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        raise _appeared(entry.name) from None
    except OSError:  # A file system that knows no second names.
        os.replace(corpus_dir / entry.draft, entry.last, dst_dir_fd=folder)


def _set_mode(path: Path, mode: int) -> None:
    """Whoever might not read what is replaced may not read what replaces it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if stat.S_IMODE(os.fstat(descriptor).st_mode) != mode:
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _drop(corpus_dir: Path, folder: int, name: str) -> None:
    if _exists(folder, name):
        step("remove", corpus_dir / name)
        os.unlink(name, dir_fd=folder)


def _remove(corpus_dir: Path, name: str) -> None:
    if os.path.lexists(corpus_dir / name):
        step("remove", corpus_dir / name)
        (corpus_dir / name).unlink()

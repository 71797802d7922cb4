"""Every operation that changes a file which somebody relies on: the one list that the loops of kills and faults go through.

An operation works on a home: a folder with ``index/``, and where it needs them ``corpus/`` and ``backup.tar``.  That none is
forgotten is checked by ``test_operations.py``: every step that the source names is met here, every command is told here.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fakes import HashingEncoder
from footnote.errors import IndexMissing
from footnote.indexing import CorpusHold, build_index, hidden_name
from footnote.indexing.journal import DONE_NAME, settle
from footnote.loaders import SUFFIXES
from footnote.records import BuildReport, Document
from footnote.server.uploads import change_corpus
from footnote.settings import Settings
from footnote.store import backup, read_manifest, restore, sync_file, verify
from store_builders import ENCODER, make_entries, make_entry, make_text, signature, writer

OTHER = HashingEncoder(32, "hashing-32")
DEED, TEA, LONG = "deed.md", "old/tea.txt", "long.md"
GOOD = b"# The deed\n\nThe house belongs to Ada. It was sold in the year 1843 for 90 pounds.\n"
UNREADABLE = bytes(range(1, 9)) * 300
SECRET = b"quokkafluke"


@dataclass(frozen=True)
class Operation:
    """One way to change something.

    Attributes:
        run: does it; again after it was done or cut off, too.
        begin: makes the home that it starts from; None for an empty one.
        seen: what whoever comes next finds, as a digest.
        commit: the step after which that is the new content.
    """

    run: Callable[[Path], object]
    begin: Callable[[Path], object] | None
    seen: Callable[[Path], str]
    commit: str

    def problems(self, home: Path) -> list[str]:
        """What does not hold in a home where it was done; empty where all does."""
        left = left_over(home)
        return [*verify(home / "index"), *(f"{name} is left over" for name in sorted(left))]


def left_over(home: Path) -> set[str]:
    """Names that nobody needs."""
    index, corpus = home / "index", home / "corpus"
    needed = {file.path.split("/")[0] for file in read_manifest(index).files()} | {"manifest.json", "LOCK"}
    hidden = {path.name for path in corpus.rglob(".footnote*")} if corpus.exists() else set()
    beside = {path.name for path in home.iterdir()} - {"index", "corpus", "backup.tar"}
    return {path.name for path in index.iterdir()} - needed | hidden | beside


def index_seen(home: Path) -> str:
    try:
        return signature(home / "index")
    except IndexMissing:
        return "none"


def backup_seen(home: Path) -> str:
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(home.glob("*.tar"))]
    return f"{digests} {index_seen(home)}"


def corpus_seen(home: Path) -> str:
    """The documents after a new start; nothing hidden is left."""
    corpus = home / "corpus"
    settle(corpus)
    assert not list(corpus.rglob(".footnote*"))
    return documents_digest(corpus)


def documents_digest(corpus: Path) -> str:
    found = [(str(path.relative_to(corpus)), path.read_bytes()) for path in sorted(corpus.rglob("*")) if path.is_file()]
    return hashlib.sha256(repr(found).encode()).hexdigest()


def _commit(
    vector_search: str, numbers: Sequence[int], removed: Sequence[str] = (), **changed: int
) -> Callable[[Path], None]:
    def run(home: Path) -> None:
        home.mkdir(exist_ok=True)
        more = [make_entry(f"doc-{name[1:]}.txt", make_text(text)) for name, text in changed.items()]
        with writer(home / "index", vector_search=vector_search) as opened:
            opened.commit([*make_entries(numbers), *more], removed)

    return run


def _change_model(home: Path) -> None:
    with writer(home / "index", OTHER) as opened:
        opened.commit(make_entries(range(3), OTHER))


def _begin_backup(home: Path) -> None:
    _commit("auto", range(3))(home)
    backup(home / "index", home / "backup.tar")
    _commit("auto", [9])(home)


def _begin_restore(vector_search: str) -> Callable[[Path], None]:
    """A backup of one index beside another of the same generation, so that the same names stand in both."""

    def begin(home: Path) -> None:
        _commit(vector_search, range(20, 23))(home)
        backup(home / "index", home / "backup.tar")
        shutil.rmtree(home / "index")
        _commit(vector_search, range(3))(home)

    return begin


def _restore(home: Path) -> None:
    restore(home / "backup.tar", home / "index", lock_wait_seconds=5.0)


def _begin_corpus(home: Path) -> None:
    corpus = home / "corpus"
    (corpus / "old").mkdir(parents=True)
    (corpus / DEED).write_bytes(GOOD)
    (corpus / TEA).write_bytes(b"Brewing tea\nGreen tea is brewed at 80 degrees, says the " + SECRET + b".\n")
    (corpus / "moon.md").write_bytes(b"# Moon\n\nThe moon is far away.\n")
    rebuild(home)


def rebuild(home: Path) -> BuildReport:
    """The index brought up to date with the documents."""
    return build_index(home / "corpus", home / "index", encoder=ENCODER)


def _page(added: Mapping[str, bytes], removed: Sequence[str] = ()) -> Callable[[Path], None]:
    """A change as the owner's page makes it, once the files have arrived."""

    def run(home: Path) -> None:
        corpus = home / "corpus"
        hold = CorpusHold.take(corpus)
        assert hold is not None
        try:
            hold.settle()
            drafts = {name: hidden_name() for name in added}
            for name, draft in drafts.items():
                (corpus / draft).write_bytes(added[name])
                sync_file(corpus / draft)
            there = [name for name in removed if (corpus / name).exists()]
            change_corpus(corpus, drafts, there, lambda _: rebuild(home))
        finally:
            hold.release()

    return run


def parse_here(raw: bytes, *, document_id: str, settings: Settings) -> Document:
    """In place of the worker process, which costs more than everything else in these loops."""
    return SUFFIXES[Path(document_id).suffix](raw, document_id, settings)


PUBLISHED = "published manifest.json"
DONE = f"publish {DONE_NAME}"
NEW = b"# A long document\n\n" + b"".join(b"Paragraph %d tells of the river.\n\n" % n for n in range(12))

OPERATIONS = {
    "build": Operation(_commit("auto", range(3)), None, index_seen, PUBLISHED),
    "update": Operation(_commit("auto", [9], d001=30), _commit("auto", range(3)), index_seen, PUBLISHED),
    "delete": Operation(
        _commit("auto", [], ["doc-000.txt", "doc-002.txt"]), _commit("auto", range(3)), index_seen, PUBLISHED
    ),
    "change of model": Operation(_change_model, _commit("auto", range(3)), index_seen, PUBLISHED),
    "build approximate": Operation(_commit("approximate", range(3)), None, index_seen, PUBLISHED),
    "update approximate": Operation(
        _commit("approximate", [9], d001=30), _commit("approximate", range(3)), index_seen, PUBLISHED
    ),
    "backup": Operation(
        lambda home: backup(home / "index", home / "backup.tar"), _begin_backup, backup_seen, "publish backup.tar"
    ),
    "restore": Operation(_restore, _begin_restore("exact"), index_seen, PUBLISHED),
    "restore approximate": Operation(_restore, _begin_restore("approximate"), index_seen, PUBLISHED),
    "add from the page": Operation(_page({LONG: NEW}), _begin_corpus, corpus_seen, DONE),
    "replace from the page": Operation(
        _page({DEED: GOOD + b"\nAnd again.\n", LONG: NEW}), _begin_corpus, corpus_seen, DONE
    ),
    "remove from the page": Operation(_page({}, [TEA]), _begin_corpus, corpus_seen, DONE),
    "replace by what cannot be read": Operation(
        _page({DEED: UNREADABLE, "empty.md": b"", LONG: NEW}, [TEA]), _begin_corpus, corpus_seen, DONE
    ),
}

COMMANDS = {
    "index": "update", "serve": "add from the page", "backup": "backup", "restore": "restore",
    "ask": "update", "chat": "update", "evaluate": "update", "documents": "update", "export": "update", "mcp": "update",
    "demo": "update", "erase": "",
    **dict.fromkeys(("check", "feedback", "info", "schema", "completion"), ""),
}  # fmt: skip
"""Command -> the operation that stands for what it changes; empty for those that change nothing, or nothing on
this machine."""

"""The list of operations that the loops of kills and faults go through is whole."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import footnote
from footnote.cli import commands
from footnote.indexing import building
from footnote.store.local import durable
from operations import COMMANDS, OPERATIONS, parse_here
from test_faults import memory

__all__ = ["memory"]

SOURCE = Path(footnote.__file__).parent
CHANGING = frozenset(
    {
        *("chmod", "copyfile", "copyfileobj", "link", "mkdir", "makedirs", "mkdtemp", "mkstemp", "remove", "rename"),
        *("replace", "rmdir", "rmtree", "symlink_to", "touch", "truncate", "unlink", "write_bytes", "write_text"),
    }
)
"""Calls that change files, where they are made of paths, ``os`` or ``shutil``."""
OWN_LOOPS = {
    "store/state.py": "makes the folder of a lock, which may be empty; writes only which corpus the owner named, whole or not at all",
    "indexing/cluster.py": "makes the folder for work, which may be empty; the index is written by its builder",
    "indexing/entry_files.py": "files of a run, each whole under a name that tells what it was made from, or made again",
    **dict.fromkeys(
        (f"store/milvus/{name}.py" for name in ("claiming", "connection", "erasure", "milvus_builder")),
        "changes a database, or the folder of an embedded one: its own tests kill it before and after the pointer moves",
    ),
}
"""Modules of the store and the indexer that change files without steps, each with its reason."""


def calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]


def steps_named(path: Path) -> set[str]:
    return {
        call.args[0].value
        for call in calls(path)
        if isinstance(call.func, ast.Name) and call.func.id == "step" and isinstance(call.args[0], ast.Constant)
    }


def changes_files(path: Path) -> bool:
    for call in calls(path):
        function = call.func
        if not isinstance(function, ast.Attribute) or function.attr not in CHANGING:
            continue
        # Text and records have a ``replace`` of their own, with two arguments; a path's has one, that of ``os`` a module.
        owner = ast.unparse(function.value)
        if function.attr in {"replace", "remove"} and owner != "os" and len(call.args) != 1:
            continue
        return True
    return False


def test_every_step_in_the_source_is_met_by_an_operation(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finding 3: the loops went through operations that somebody had thought of, and restoring was not among them."""
    monkeypatch.setattr(building, "parse_document", parse_here)
    met: set[str] = set()
    for number, operation in enumerate(OPERATIONS.values()):
        home = memory / str(number)
        home.mkdir()
        if operation.begin is not None:
            operation.begin(home)
        with durable.observed(lambda name, _: met.add(name)):
            operation.run(home)
        assert operation.problems(home) == []
    named = {name for path in SOURCE.rglob("*.py") for name in steps_named(path)}
    # Only an index that grows from a large one shares files: the loops do that with many segments.
    assert named - met == {"share"}


@pytest.mark.parametrize("part", ["store", "indexing"])
def test_what_changes_files_goes_through_steps(part: str) -> None:
    silent = {
        path.relative_to(SOURCE).as_posix()
        for path in sorted((SOURCE / part).rglob("*.py"))
        if changes_files(path) and not any(isinstance(c.func, ast.Name) and c.func.id == "step" for c in calls(path))
    }
    assert silent == {name for name in OWN_LOOPS if name.startswith(part)}


def test_every_command_says_what_it_changes() -> None:
    assert set(commands._COMMANDS) == set(COMMANDS)
    assert {name for name in COMMANDS.values() if name} <= set(OPERATIONS)

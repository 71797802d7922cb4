"""Backup while it is served, the conversation on a terminal, schemas, completion, and the README's Python."""

from __future__ import annotations

import io
import json
import os
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest

from fakes import HashingEncoder
from footnote.cli import main
from footnote.engine import Footnote
from footnote.errors import FootnoteError, IndexDamaged
from footnote.rendering import json_text, to_json
from footnote.store import backup, read_manifest, restore, verify

ROOT = Path(__file__).parent.parent
QUESTION = "How long does a day on Titan last?"


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tiny_corpus: Path, hashing_encoder: HashingEncoder) -> None:
    """Commands run beside the corpus, with the stand-in for the encoder."""
    monkeypatch.chdir(tiny_corpus.parent)
    monkeypatch.setattr("footnote.encoding.load_encoder", lambda _settings: hashing_encoder)


class TestBackup:
    def test_what_is_restored_answers_as_before_without_a_restart(self, engine, tiny_corpus, tmp_path, hashing_encoder):
        index, archive = tmp_path / "index", tmp_path / "backup.tar"
        before = json_text(to_json(engine.ask(QUESTION)))
        backup(index, archive)
        (tiny_corpus / "moons.md").unlink()
        changed, _ = Footnote.build(tiny_corpus, index, encoder=hashing_encoder)
        changed.close()
        assert engine.refresh()
        assert "moons.md" not in {each.id for each in engine.documents()}
        generation = engine.generation
        restore(archive, index, lock_wait_seconds=1.0)
        assert engine.refresh()
        assert engine.generation > generation
        assert json_text(to_json(engine.ask(QUESTION))) == before
        assert verify(index) == []

    def test_it_is_restored_where_there_was_nothing(self, engine, tmp_path):
        backup(tmp_path / "index", tmp_path / "backup.tar")
        restore(tmp_path / "backup.tar", tmp_path / "elsewhere", lock_wait_seconds=1.0)
        assert verify(tmp_path / "elsewhere") == []
        assert read_manifest(tmp_path / "elsewhere").fingerprint == read_manifest(tmp_path / "index").fingerprint

    @pytest.mark.parametrize("at", [0.0, 0.3, 0.6, 0.9])
    def test_a_damaged_backup_changes_nothing(self, engine, tmp_path, at):
        index, archive = tmp_path / "index", tmp_path / "backup.tar"
        backup(index, archive)
        with tarfile.open(archive) as tar:
            members = tar.getmembers()
        member = members[int(at * len(members))]
        data = bytearray(archive.read_bytes())
        data[member.offset_data + member.size // 2] ^= 0xFF
        archive.write_bytes(data)
        before = sorted(path.name for path in index.iterdir())
        with pytest.raises(FootnoteError):
            restore(archive, index, lock_wait_seconds=1.0)
        assert sorted(path.name for path in index.iterdir()) == before
        assert verify(index) == []

    def test_what_is_no_backup_is_refused(self, engine, tmp_path):
        (tmp_path / "a.tar").write_bytes(b"nothing of the kind" * 100)
        with pytest.raises(IndexDamaged, match="no whole backup"):
            restore(tmp_path / "a.tar", tmp_path / "index", lock_wait_seconds=1.0)
        # Nor is anything left of one of which a file is missing.
        backup(tmp_path / "index", tmp_path / "b.tar")
        with tarfile.open(tmp_path / "b.tar") as tar:
            last = tar.getmembers()[-1]
        os.truncate(tmp_path / "b.tar", last.offset)
        with pytest.raises(IndexDamaged, match="no whole backup"):
            restore(tmp_path / "b.tar", tmp_path / "new", lock_wait_seconds=1.0)
        assert [path.name for path in (tmp_path / "new").iterdir()] == ["LOCK"]


@pytest.mark.usefixtures("shell")
class TestCommands:
    def test_a_conversation_from_a_pipe(self, capsys, monkeypatch):
        lines = f"{QUESTION}\nAnd what do its lakes hold?\n/new\n\n/quit\nnever asked\n"
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        assert main(["chat", "--json"]) == 0
        first, second = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert first["answered"]
        assert "Titan" in second["interpreted_as"]

    def test_an_answer_is_exported_in_every_form(self, capsys, tmp_path):
        assert main(["export", QUESTION]) == 0
        assert capsys.readouterr().out.startswith(f"# {QUESTION}\n\n> ")
        assert main(["export", QUESTION, "--format", "html", "--output", "answer.html"]) == 0
        assert "<mark>" in Path("answer.html").read_text(encoding="utf-8")
        capsys.readouterr()
        assert main(["export", QUESTION, "--format", "json"]) == 0
        exported = capsys.readouterr().out
        assert main(["ask", QUESTION, "--json"]) == 0
        assert capsys.readouterr().out == exported

    @pytest.mark.parametrize("command", [["ask", QUESTION], ["documents"], ["index"], ["info"], ["check"]])
    def test_the_json_fits_its_published_schema(self, capsys, command):
        import jsonschema

        assert main(["index"]) == 0
        assert main(["schema", command[0]]) == 0
        schema = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert main([*command, "--json"]) == 0
        jsonschema.validate(json.loads(capsys.readouterr().out), schema)

    def test_the_parser_offers_every_schema(self):
        from footnote.cli import arguments
        from footnote.server.schemas import SCHEMAS

        assert tuple(SCHEMAS) == arguments.SCHEMAS

    @pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
    def test_completion_knows_commands_and_options(self, capsys, shell):
        assert main(["completion", shell]) == 0
        out = capsys.readouterr().out
        assert "documents" in out
        assert "fail-below" in out

    def test_a_mistyped_option_is_told_the_nearest_one(self, capsys):
        assert main(["ask", QUESTION, "--jsno"]) == 2
        assert 'did you mean "--json"?' in capsys.readouterr().err


def pythons(name: str) -> str:
    """The first Python that a page shows, with a question that the tiny corpus answers."""
    code = re.search(r"```python\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
    assert code, name
    return code[1].replace("How long does an IV infusion take?", QUESTION)


@pytest.mark.usefixtures("shell")
def test_the_python_that_is_shown_runs() -> None:
    names: dict[str, Any] = {}
    exec(pythons("docs/python.md"), names)
    assert names["titles"] == ["Moons of the giants", "Brewing tea"]
    assert "15 days and 22 hours" in str(names["text"])
    assert names["answer"]._repr_html_().startswith("<section")
    short: dict[str, Any] = {}
    exec(pythons("README.md"), short)
    assert short["answer"].citations == names["answer"].citations

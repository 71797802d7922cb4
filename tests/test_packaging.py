"""What an installation holds: every file of the package, the documents of the demonstration among them."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import footnote
from fakes import HashingEncoder
from footnote.cli import main
from footnote.engine import Footnote

ROOT = Path(__file__).parents[1]
SOURCE = Path(footnote.__file__).parent


def test_the_wheel_holds_every_file_of_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    from setuptools import Distribution

    monkeypatch.chdir(ROOT)
    distribution = Distribution()
    distribution.parse_config_files(["pyproject.toml"])
    distribution.script_name = "pyproject.toml"
    # By its patterns alone, as there is no MANIFEST.in; looking for one would write into the checkout.
    distribution.include_package_data = False
    build: Any = distribution.get_command_obj("build_py")
    build.ensure_finalized()
    held = {Path(each).resolve() for each in build.get_output_mapping().values()}
    there = {path.resolve() for folder in (SOURCE, SOURCE / "sample") for path in folder.rglob("*") if path.is_file()}
    # Declarations are for those who check the page's scripts; no browser reads them.
    assert held == {path for path in there if "__pycache__" not in path.parts and not path.name.endswith(".d.ts")}


@pytest.fixture
def demonstrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, Any]]]:
    """What each demonstration serves: ids of documents, options; in an empty folder."""
    served: list[tuple[list[str], dict[str, Any]]] = []

    def serve(engine: Footnote, **options: Any) -> None:
        served.append(([each.id for each in engine.documents()], options))

    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("FOOTNOTE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FOOTNOTE_TOKEN", raising=False)
    monkeypatch.setattr("footnote.encoding.load_encoder", lambda _: HashingEncoder())
    monkeypatch.setattr("footnote.server.app.serve", serve)
    return served


def test_a_demonstration_serves_a_copy_of_the_documents_that_came_with_it(demonstrated, tmp_path, capsys):
    sample = sorted(each.name for each in (files("footnote") / "sample").iterdir())
    assert sample == sorted(path.name for path in (ROOT / "corpus").iterdir())
    for _ in range(2):
        assert main(["demo", "--port", "0", "--open"]) == 0
    options = {"host": "127.0.0.1", "port": 0, "token": None, "open_browser": True}
    assert demonstrated == [(sample, options)] * 2
    assert list((tmp_path / "here").iterdir()) == [], "nothing is left where it was started"
    copies = tmp_path / "cache" / "demo"
    (copies / sample[0]).write_text("Other words.\n", encoding="utf-8")
    (copies / "own.txt").write_text("My own\nIt is about bees.\n", encoding="utf-8")
    assert main(["demo"]) == 0
    assert (copies / sample[0]).read_bytes() == (ROOT / "corpus" / sample[0]).read_bytes()
    assert demonstrated[-1][0] == sorted([*sample, "own.txt"]), "what was added stays"


def test_without_its_documents_a_demonstration_says_what_to_do(demonstrated, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("footnote.cli.places.files", lambda _: tmp_path)
    assert main(["demo"]) == 1
    assert demonstrated == []
    assert "footnote serve --corpus DIR" in capsys.readouterr().err


def test_on_windows_every_command_says_that_it_does_not_run_there(monkeypatch, capsys):
    monkeypatch.setattr("footnote.cli.sys.platform", "win32")
    assert main(["ask", "Why?"]) == 2
    assert capsys.readouterr().err == "footnote: Footnote does not run on Windows; run it in WSL, which is Linux\n"
    assert main(["--version"]) == 0

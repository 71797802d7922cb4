"""What the README, docs/ and CONTRIBUTING say is what there is."""

from __future__ import annotations

import dataclasses
import re
import shlex
from pathlib import Path

import pytest

import footnote
from footnote import __version__
from footnote.cli.arguments import COMMANDS, OPTIONS, parse
from footnote.evaluation import METRIC_NAMES
from footnote.loaders import SUFFIXES
from footnote.settings import Settings

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "tests" / "README.md"])
MOST_LINES = 200
MOST_PICTURE_BYTES = 150_000


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


README, CONTRIBUTING = text_of("README.md"), text_of("CONTRIBUTING.md")
EVERYTHING = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)


def shown_commands(text: str) -> list[str]:
    """The lines that call the program, without what follows "#"; "…" stands for what the reader fills in."""
    lines = text.replace("\\\n", " ").split("\n")
    found = (re.match(r"(?: {4})?(?:\$ )?(?:\.venv/bin/)?footnote (?P<rest>.+)", line) for line in lines)
    return [match["rest"] for match in found if match and "…" not in match["rest"]]


def links_of(text: str) -> list[tuple[str, str]]:
    """(path, anchor) pairs of the links and pictures that lead into the repository."""
    return re.findall(r"\]\((?!https?:|mailto:)([^)#\s]*)#?([^)\s]*)\)", text)


def anchors_of(text: str) -> set[str]:
    """The names that GitHub gives to headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_shown(command: str) -> None:
    assert f"footnote {command}" in README


@pytest.mark.parametrize("setting", [field.name for field in dataclasses.fields(Settings)])
def test_every_setting_is_explained(setting: str) -> None:
    assert f"`{setting}`" in text_of("docs/configuration.md")


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_every_format_is_named(suffix: str) -> None:
    assert f"`{suffix}`" in text_of("docs/formats.md")


@pytest.mark.parametrize("metric", METRIC_NAMES)
def test_every_metric_is_explained(metric: str) -> None:
    assert metric in text_of("docs/measured.md")


@pytest.mark.parametrize("option", sorted({option.name for option in OPTIONS if option.name.startswith("--")}))
def test_every_option_is_shown(option: str) -> None:
    assert re.search(rf"(?<![\w-]){option}(?![\w-])", EVERYTHING)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_the_commands_that_are_shown_are_understood(path: Path) -> None:
    for command in shown_commands(path.read_text(encoding="utf-8")):
        arguments = shlex.split(command, comments=True)
        assert parse(arguments).command in COMMANDS, command


def test_commands_are_shown() -> None:
    assert len(shown_commands(EVERYTHING)) >= 4


def test_the_version_stands_in_one_form() -> None:
    assert f'version = "{__version__}"' in text_of("pyproject.toml")


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_inside_the_repository_lead_somewhere(path: Path) -> None:
    lost = []
    for target, anchor in links_of(path.read_text(encoding="utf-8")):
        there = path.parent / target if target else path
        if not there.exists() or (anchor and anchor not in anchors_of(there.read_text(encoding="utf-8"))):
            lost.append(f"{target}#{anchor}")
    assert lost == []


def test_every_page_of_the_documentation_is_linked_from_the_readme() -> None:
    linked = {(ROOT / target).resolve() for target, _ in links_of(README) if target}
    assert {path for path in PAGES if path.parent.name == "docs"} <= linked


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/images/*.png")), ids=name_of)
def test_pictures_are_small_and_shown(path: Path) -> None:
    assert path.stat().st_size < MOST_PICTURE_BYTES
    assert f"images/{path.name}" in EVERYTHING


def test_the_map_of_the_source_names_every_part() -> None:
    folder = Path(footnote.__file__).parent
    parts = {f"`{path.name}/`" for path in folder.iterdir() if (path / "__init__.py").exists()}
    parts |= {f"`{path.name}`" for path in folder.glob("*.py") if not path.name.startswith("__")}
    table = CONTRIBUTING[CONTRIBUTING.index("## Where things are") : CONTRIBUTING.index("## House rules")]
    named = set(re.findall(r"`[a-z_]+(?:/|\.py)`", table.split("\n\n")[1]))
    assert named == parts


def test_the_test_command_is_what_continuous_integration_runs() -> None:
    assert "pip install -q -e '.[dev]'" in text_of(".ci/run")
    for page in (README, CONTRIBUTING):
        assert "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]'" in page
        assert "python -m pytest" in page


def test_the_versions_of_python_that_are_named_are_those_that_are_taken() -> None:
    assert 'requires-python = ">=3.11"' in text_of("pyproject.toml")
    assert "Python 3.11, 3.12 or 3.13" in README

"""What the README says is what there is."""

from __future__ import annotations

import dataclasses
import re
import shlex
from pathlib import Path

import pytest

from footnote import __version__
from footnote.cli.arguments import COMMANDS, parse
from footnote.evaluation import METRIC_NAMES
from footnote.loaders import SUFFIXES
from footnote.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def shown_commands() -> list[str]:
    """The lines of the README that call the program, without what follows "#"; "…" stands for what the reader fills in."""
    lines = README.replace("\\\n", " ").split("\n")
    found = (re.match(r"(?: {4})?(?:\$ )?(?:\.venv/bin/)?footnote (?P<rest>.+)", line) for line in lines)
    return [match["rest"] for match in found if match and "…" not in match["rest"]]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_shown(command: str) -> None:
    assert f"footnote {command}" in README


@pytest.mark.parametrize("setting", [field.name for field in dataclasses.fields(Settings)])
def test_every_setting_is_explained(setting: str) -> None:
    assert f"`{setting}`" in README


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_every_format_is_named(suffix: str) -> None:
    assert f"`{suffix}`" in README


@pytest.mark.parametrize("metric", METRIC_NAMES)
def test_every_metric_is_explained(metric: str) -> None:
    assert metric in README


@pytest.mark.parametrize(
    "option",
    [
        "--json",
        "--corpus",
        "--index",
        "--results",
        "--baseline",
        "--fail-below",
        "--set",
        "--host",
        "--port",
        "--watch",
        "--export",
    ],
)
def test_every_option_is_shown(option: str) -> None:
    assert option in README


def test_the_commands_that_are_shown_are_understood() -> None:
    commands = shown_commands()
    assert commands
    for command in commands:
        arguments = shlex.split(command, comments=True)
        assert parse(arguments).command in COMMANDS, command


def test_the_version_stands_in_one_form() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{__version__}"' in project


def test_links_inside_the_repository_lead_somewhere() -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", README)
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_test_command_is_what_continuous_integration_runs() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "pip install -q -e '.[dev]'" in script
    assert "'.[dev]'" in README
    assert "python -m pytest" in README

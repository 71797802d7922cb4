"""What deploy/ starts is what there is: commands, settings and addresses that Footnote understands."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from footnote.cli.arguments import COMMANDS, parse
from footnote.configuration import configure
from footnote.store.milvus.address import parse_address

DEPLOY = Path(__file__).parents[1] / "deploy"
FILES = ("Containerfile", "compose.yaml", "kubernetes.yaml")


def commands_of(name: str) -> list[list[str]]:
    text = (DEPLOY / name).read_text(encoding="utf-8")
    return [json.loads(found) for found in re.findall(r'\["footnote", .*\]', text)]


@pytest.mark.parametrize("name", FILES)
def test_the_commands_are_understood(name: str) -> None:
    commands = commands_of(name)
    assert commands
    for _, *words in commands:
        assert parse(words).command in COMMANDS


def test_the_addresses_are_understood() -> None:
    text = "".join((DEPLOY / name).read_text(encoding="utf-8") for name in FILES)
    addresses = set(re.findall(r"milvus\+http://[^\s\"]+", text))
    assert {parse_address(each).name for each in addresses} == {"handbook"}
    assert all(parse_address(each).objects == "s3://footnote" for each in addresses)


def test_the_settings_are_settings() -> None:
    text = (DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")
    names = set(re.findall(r"^  (FOOTNOTE_[A-Z_]+): (.*)$", text, re.MULTILINE))
    assert names
    found = configure(environment={name: value.strip('"') for name, value in names})
    assert found.ignored == ()


def test_files_that_are_mounted_are_there() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    mounted = set(re.findall(r"- \./([\w.-]+):", text))
    assert mounted == {"balancer.conf", "milvus-user.yaml"}
    assert all((DEPLOY / name).is_file() for name in mounted)
    variables = set(re.findall(r"\$\{(\w+):\?\}", text))
    example = (DEPLOY / "cluster.env.example").read_text(encoding="utf-8")
    assert variables == set(re.findall(r"^(\w+)=", example, re.MULTILINE))


def test_milvus_is_set_alike_wherever_it_runs() -> None:
    alone = (DEPLOY / "milvus-user.yaml").read_text(encoding="utf-8")
    chart = (DEPLOY / "milvus-values.yaml").read_text(encoding="utf-8")
    for setting in (r"enableIndex: false", r"interval: 3600", r"dropTolerance: 10800"):
        assert setting in alone
        assert setting in chart

"""Fixtures that more than one test module needs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser_support import FLAGS, browser_path
from fakes import HashingEncoder
from footnote.engine import Footnote
from footnote.settings import Settings
from footnote.store import name_corpus

DATA = Path(__file__).parent / "data"

CORPUS = {
    "moons.md": """---
title: Moons of the giants
source: https://example.org/moons
date: 2026-01-05
---

# Moons of the giants

Jupiter and Saturn have many moons. This page is about two of them.

## Europa

Europa is covered by ice. Its ice shell is about 20 km thick, e.g. near the equator. It does not have a thick atmosphere.

## How long does a day on Titan last?

A day on Titan lasts 15 days and 22 hours. It always turns the same face to Saturn.

| Moon | Diameter | Planet |
|---|---|---|
| Europa | 3,122 km | Jupiter |
| Titan | 5,150 km | Saturn |

Titan's lakes hold:

- methane
- ethane
- dissolved nitrogen
""",
    "tea.txt": """Brewing tea
Green tea is brewed at 80 degrees. Black tea needs boiling water.

How much tea is needed for a pot?
Take one spoon for each cup. Add one spoon for the pot.
""",
}


MEASURING = frozenset(
    {
        "test_costs",
        "test_hostile_questions",
        "test_load",
        "test_offline",
        "test_proxy",
        "test_service",
        "test_strangers",
    }
)
"""Files that measure time or memory or crowd a real server: never two of them at once."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each file is a group of its own, so that what its tests share is made in one process; those that measure are one."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group("measuring" if item.path.stem in MEASURING else item.path.stem))


@pytest.fixture(autouse=True, scope="session")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What Footnote remembers of its user is kept apart, also by the processes that tests start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture
def hashing_encoder() -> HashingEncoder:
    return HashingEncoder()


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def tiny_corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    return write_corpus(folder)


def write_corpus(folder: Path) -> Path:
    for name, text in CORPUS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def tiny_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny corpus and its index, built once: whoever changes something takes a copy."""
    home = tmp_path_factory.mktemp("tiny")
    (home / "corpus").mkdir()
    built, _ = Footnote.build(write_corpus(home / "corpus"), home / "index", encoder=HashingEncoder())
    built.close()
    return home


@pytest.fixture
def tiny_index(tiny_home: Path, tiny_corpus: Path, tmp_path: Path) -> Path:
    """The index of the tiny corpus, as if it had just been built from it."""
    index_dir = tmp_path / "index"
    shutil.copytree(tiny_home / "index", index_dir)
    name_corpus(index_dir, tiny_corpus)
    return index_dir


@pytest.fixture
def engine(tiny_index: Path, hashing_encoder: HashingEncoder) -> Iterator[Footnote]:
    """An engine over the tiny corpus."""
    with Footnote.open(tiny_index, encoder=hashing_encoder) as opened:
        yield opened


@pytest.fixture(scope="module")
def reading_engine(tiny_home: Path) -> Iterator[Footnote]:
    """The same for a whole module: for tests that change nothing."""
    with Footnote.open(tiny_home / "index", encoder=HashingEncoder()) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, for one module: Playwright keeps an event loop running that other modules' tests must not meet."""
    path = browser_path()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield running
        running.close()

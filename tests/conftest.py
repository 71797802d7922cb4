"""Fixtures that more than one test module needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser_support import FLAGS, browser_path
from fakes import HashingEncoder
from footnote.settings import Settings

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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, for one module: Playwright keeps an event loop running that other modules' tests must not meet."""
    path = browser_path()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield running
        running.close()

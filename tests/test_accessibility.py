"""Every named state of the page in light and dark, on a desk and on a phone: axe-core finds nothing in it.

With FOOTNOTE_SHOTS set to a folder, a picture of each state is left there to be looked at.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser_support import LIGHT, UNSURE, Visit, served
from page_states import make_corpus, walk, walk_empty, walk_unsure

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def axe() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("states")
    make_corpus(folder / "corpus")
    return folder


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    with served(folder / "corpus", folder / "index", *LIGHT) as address:
        yield address


@pytest.fixture(scope="module")
def unsure_site(folder: Path, site: str) -> Iterator[str]:
    """The same index, asked by a server that is never sure."""
    with served(folder / "corpus", folder / "index", *UNSURE, *LIGHT) as address:
        yield address


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_at_any_state(browser: Any, site: str, axe: str, size: str, scheme: str) -> None:
    guest = visitor(browser, site, size, scheme)
    assert faultless(guest, walk(guest), axe, f"{size}-{scheme}") == 23
    guest.context.close()


@pytest.mark.parametrize(("size", "scheme"), [("desk", "light"), ("phone", "dark")])
def test_nor_where_there_is_no_document_yet(browser: Any, tmp_path: Path, axe: str, size: str, scheme: str) -> None:
    (tmp_path / "corpus").mkdir()
    with served(tmp_path / "corpus", tmp_path / "index", *LIGHT) as address:
        guest = visitor(browser, address, size, scheme)
        assert faultless(guest, walk_empty(guest), axe, f"empty-{size}-{scheme}") == 3
        guest.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_nor_where_the_nearest_passage_is_shown(
    browser: Any, unsure_site: str, axe: str, size: str, scheme: str
) -> None:
    guest = visitor(browser, unsure_site, size, scheme)
    assert faultless(guest, walk_unsure(guest), axe, f"{size}-{scheme}") == 4
    guest.context.close()


def visitor(browser: Any, site: str, size: str, scheme: str) -> Visit:
    guest = Visit(browser, site, color_scheme=scheme, reduced_motion="reduce", has_touch=size == "phone")
    guest.page.set_viewport_size(SIZES[size])
    return guest


def faultless(guest: Visit, states: Iterator[str], axe: str, name: str) -> int:
    """Holds that axe finds nothing in any of the states, and counts them."""
    found: dict[str, list[str]] = {}
    seen = 0
    for state in states:
        seen += 1
        picture(guest, f"{state}-{name}")
        guest.page.evaluate(axe)
        result = guest.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        assert result["testEngine"]["name"] == "axe-core"
        told = [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in result["violations"]]
        if told:
            found[state] = told
        wide = guest.page.viewport_size["width"]
        assert guest.page.evaluate("document.documentElement.scrollWidth") <= wide, state
    assert found == {}
    guest.assert_calm()
    return seen


def picture(guest: Visit, name: str) -> None:
    folder = os.environ.get("FOOTNOTE_SHOTS")
    if folder:
        guest.page.wait_for_timeout(150)
        guest.page.screenshot(path=Path(folder) / f"{name}.png")

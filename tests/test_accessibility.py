"""Every named state of the page in light and dark, on a desk and on a phone: axe-core finds nothing in it.

With FOOTNOTE_SHOTS set to a folder, a picture of each state is left there to be looked at.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser_support import Visit, served
from page_states import make_corpus, walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def axe() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("states")
    with served(make_corpus(folder / "corpus"), folder / "index") as address:
        yield address


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_at_any_state(browser: Any, site: str, axe: str, size: str, scheme: str) -> None:
    guest = Visit(browser, site, color_scheme=scheme, reduced_motion="reduce", has_touch=size == "phone")
    guest.page.set_viewport_size(SIZES[size])
    found: dict[str, list[str]] = {}
    seen = 0
    for state in walk(guest, phone=size == "phone"):
        seen += 1
        picture(guest, f"{state}-{size}-{scheme}")
        guest.page.evaluate(axe)
        result = guest.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        assert result["testEngine"]["name"] == "axe-core"
        told = [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in result["violations"]]
        if told:
            found[state] = told
        if size == "phone":
            assert guest.page.evaluate("document.documentElement.scrollWidth") <= 390, state
    assert seen == 15
    assert found == {}
    guest.assert_calm()
    guest.context.close()


def picture(guest: Visit, name: str) -> None:
    folder = os.environ.get("FOOTNOTE_SHOTS")
    if folder:
        guest.page.wait_for_timeout(150)
        guest.page.screenshot(path=Path(folder) / f"{name}.png")

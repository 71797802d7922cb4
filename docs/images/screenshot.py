"""Takes the pictures of the page for the documentation: ``python docs/images/screenshot.py``.

The real page over the shipped documents, in the installed Chromium.  The pictures keep 256 colours, so that they stay small.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from browser_support import FLAGS, ROOT, Visit, browser_path, served

QUESTION = "How long does an IV infusion take?"
NEAR = "How fast does ketamine work against depression?"
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 780}


def start(visit: Visit) -> None:
    """The first screen."""


def answer(visit: Visit) -> None:
    """An answer with its source open beside it."""
    visit.ask(QUESTION)
    visit.page.locator(".fn-cite").first.click()
    visit.page.wait_for_selector("mark.is-active")


def nearest(visit: Visit) -> None:
    """Nothing answers for certain."""
    visit.ask(NEAR)


def questions(visit: Visit) -> None:
    """All questions that the documents hold."""
    visit.page.click("text=All questions")
    visit.page.wait_for_selector(".fn-questions")


@dataclass(frozen=True)
class Picture:
    """One picture: its file's name, what is done before it is taken, and how the page is looked at."""

    name: str
    prepare: Callable[[Visit], None]
    size: dict[str, int]
    scheme: str = "light"


PICTURES = (
    Picture("page", answer, DESK),
    Picture("page-start", start, DESK),
    Picture("page-nearest", nearest, DESK, "dark"),
    Picture("page-questions", questions, DESK),
    Picture("page-phone", answer, PHONE, "dark"),
)


def taken(browser: Any, address: str, picture: Picture) -> bytes:
    """A picture as PNG."""
    visit = Visit(browser, address, reader=True, reduced_motion="reduce", color_scheme=picture.scheme)
    visit.page.set_viewport_size(picture.size)
    visit.open()
    picture.prepare(visit)
    visit.page.wait_for_load_state("networkidle")
    shot = visit.page.screenshot(animations="disabled", caret="hide")
    visit.context.close()
    return bytes(shot)


def main() -> None:
    """Takes all of them."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory() as folder,
        served(ROOT / "corpus", Path(folder) / "index") as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=browser_path(), args=list(FLAGS))
        for picture in PICTURES:
            target = Path(__file__).with_name(f"{picture.name}.png")
            with Image.open(io.BytesIO(taken(browser, address, picture))) as image:
                image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(target, optimize=True)
            sys.stdout.write(f"{target}: {target.stat().st_size:,} bytes\n")
        browser.close()


if __name__ == "__main__":
    main()

"""Takes the picture of the page for the README: ``python docs/images/screenshot.py``.

The real page over the shipped documents, in the installed Chromium: a question is asked, and its first quote opened.  The
picture keeps 256 colours, so that it stays small.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from browser_support import FLAGS, ROOT, Visit, browser_path, served

QUESTION = "How long does an IV infusion take?"
TARGET = Path(__file__).with_name("page.png")
SIZE = {"width": 1280, "height": 800}


def taken(address: str) -> bytes:
    """The page with an answer and its source, as PNG."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=list(FLAGS))
        visit = Visit(browser, address, reader=True, reduced_motion="reduce")
        visit.page.set_viewport_size(SIZE)
        visit.open()
        visit.ask(QUESTION)
        visit.page.locator(".fn-cite").first.click()
        visit.page.wait_for_selector("mark.is-active")
        visit.page.wait_for_load_state("networkidle")
        picture = visit.page.screenshot(animations="disabled", caret="hide")
        browser.close()
    return bytes(picture)


def main() -> None:
    from PIL import Image

    with tempfile.TemporaryDirectory() as folder, served(ROOT / "corpus", Path(folder) / "index") as address:
        picture = taken(address)
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(TARGET, optimize=True)
    sys.stdout.write(f"{TARGET}: {TARGET.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()

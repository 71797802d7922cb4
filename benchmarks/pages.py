"""How soon a click shows a quote on the page of a long PDF: ``python benchmarks/pages.py``.

The PDF has 300 pages of 30 lines.  *Click to page* runs inside the browser from the click on a citation's number until the
picture of its page is complete and the marked rectangle is in view, two frames waited for.  *Cold* is a page that nobody has
looked at, in a browser profile with nothing cached; *cached* the same page opened again.  The process that draws runs by
then, as it does soon after a server has started.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from browser_support import FLAGS, LIGHT, browser_path, served
from pdf_files import PdfPage, pdf_of

PAGES = 300
LINES = 30
CLICKS = 9
WORDS = "amber basin cedar delta ember fjord grove heron inlet jetty kiosk larch mason north otter pilot quartz river".split()
NAMES = "Albury Bexhill Cawdor Dunoon Elgin Forres Gairloch Huntly Islay Jarrow Kelso Lerwick Moffat Nairn Oban".split()

CLICK = """() => new Promise((resolve) => {
  const began = performance.now();
  const look = () => {
    const mark = document.querySelector("mark.fn-box.is-active");
    const body = document.querySelector(".fn-page-body");
    const picture = mark?.closest(".fn-sheet").querySelector(".fn-picture");
    if (!picture?.complete || !picture.naturalWidth) return requestAnimationFrame(look);
    const [at, frame] = [mark.getBoundingClientRect(), body.getBoundingClientRect()];
    if (at.top < frame.top || at.bottom > frame.bottom) return requestAnimationFrame(look);
    requestAnimationFrame(() => resolve(performance.now() - began));
  };
  document.querySelector(".fn-cite").click();
  requestAnimationFrame(look);
})"""


def gazetteer() -> bytes:
    """A long PDF; every sixteenth page tells when the ferry of a place was built."""
    chance, pages = random.Random(7), []  # noqa: S311 - no secret
    for number in range(PAGES):
        page = PdfPage().text(60, 790, f"Part {number + 1} of the gazetteer", 16 if number % 10 == 0 else 10)
        for line in range(LINES):
            page.text(60, 760 - 22 * line, " ".join(chance.choice(WORDS) for _ in range(4)).capitalize() + ".")
        if number % 16 == 8:
            page.text(
                60, 760 - 22 * LINES, f"The ferry of {NAMES[number // 16 % len(NAMES)]} was built in {1800 + number}."
            )
        pages.append(page)
    return pdf_of(*pages)


def clicks(browser: Any, address: str, name: str) -> tuple[float, float]:
    """Milliseconds of the first opening of a quote's page, and of the next."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{address}/?q=When+was+the+ferry+of+{name}+built%3F")
    page.wait_for_selector(".fn-cite")
    page.wait_for_timeout(500)
    times = []
    for _ in range(2):
        times.append(float(page.evaluate(CLICK)))
        page.keyboard.press("Escape")
        page.wait_for_selector(".fn-panel", state="detached")
    context.close()
    return times[0], times[1]


def main() -> None:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        (corpus / "gazetteer.pdf").write_bytes(gazetteer())
        with served(corpus, Path(folder) / "index", *LIGHT) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path(), args=list(FLAGS))
            measured = [clicks(browser, address, name) for name in NAMES[:CLICKS]]
            browser.close()
    told = {
        kind: {"median_ms": round(statistics.median(times)), "most_ms": round(max(times)), "n": len(times)}
        for kind, times in zip(("cold", "cached"), zip(*measured, strict=True), strict=True)
    }
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()

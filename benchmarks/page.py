"""How soon the page is usable and a click shows its quote: ``python benchmarks/page.py``.

Each visit is a fresh browser profile with nothing cached, on this machine.  *Usable* is the moment at which the starter
questions can be clicked, counted from the navigation.  *Click to mark* runs inside the browser from the click on a
citation's number until the marked passage is laid out in view, two frames waited for; the document's first opening, which
fetches it, and each later one are counted alike.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from browser_support import FLAGS, ROOT, browser_path, served

VISITS = 9
CLICKS = 15
QUESTION = "How long does an IV infusion take?"

USABLE = """() => new Promise((resolve) => {
  const look = () => (document.querySelector(".fn-offer") ? resolve(performance.now()) : requestAnimationFrame(look));
  look();
})"""
CLICK = """() => new Promise((resolve) => {
  const began = performance.now();
  const look = () => {
    const mark = document.querySelector("mark.is-active");
    const body = document.querySelector(".fn-page-body");
    if (!mark || !body) return requestAnimationFrame(look);
    const [at, frame] = [mark.getBoundingClientRect(), body.getBoundingClientRect()];
    if (at.top < frame.top || at.bottom > frame.bottom) return requestAnimationFrame(look);
    requestAnimationFrame(() => resolve(performance.now() - began));
  };
  document.querySelector(".fn-cite").click();
  requestAnimationFrame(look);
})"""


def first_visits(browser: Any, address: str) -> list[float]:
    """Milliseconds until usable, of visitors who were never here."""
    times = []
    for _ in range(VISITS):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(address, wait_until="commit")
        times.append(float(page.evaluate(USABLE)))
        context.close()
    return times


def clicks(browser: Any, address: str) -> list[float]:
    """Milliseconds from a click on a number to its passage in view."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(".fn-offer")
    page.fill("#fn-question textarea", QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector(".fn-card")
    times = []
    for _ in range(CLICKS):
        times.append(float(page.evaluate(CLICK)))
        page.keyboard.press("Escape")
        page.wait_for_selector(".fn-panel", state="detached")
    context.close()
    return times


def main() -> None:
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory() as folder,
        served(ROOT / "corpus", Path(folder) / "index") as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=browser_path(), args=list(FLAGS))
        measured = {"first visit usable": first_visits(browser, address), "click to mark": clicks(browser, address)}
        browser.close()
    told = {
        name: {"median_ms": round(statistics.median(times)), "most_ms": round(max(times)), "n": len(times)}
        for name, times in measured.items()
    }
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()

"""Chromium, and the page served the way people start it: ``python app.py`` in a process of its own."""

from __future__ import annotations

import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from promises import FULL

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 300
PATIENCE_MS = 60_000
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip

LIGHT = () if FULL else ("--set", "reranker=small")
"""Options of a server whose tests are about the page, not about who reads: the large reranker takes four times as long."""

UNSURE = ("--set", "answer_threshold=1.1")
"""Options of a server that is never sure enough to answer: what is near is shown as the nearest."""


def browser_path() -> str:
    """The installed browser; without one the test is skipped, or fails where a browser is demanded."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        reason = f"no browser: none of {', '.join(BROWSERS)} is on the path"
        if os.environ.get("FOOTNOTE_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


class Address(str):
    """Where a page is served, and the cookie that makes a visitor its owner."""

    __slots__ = ("owner",)

    owner: dict[str, str]


def owner_cookie(address: str, link: str) -> dict[str, str]:
    """What the printed address leaves in the browser that opens it; it is good once, so visits share it."""
    from urllib.request import HTTPCookieProcessor, build_opener

    jar = HTTPCookieProcessor()
    with build_opener(jar).open(link, timeout=PATIENCE_SECONDS) as opened:
        assert opened.status == 200
    (cookie,) = jar.cookiejar
    return {"url": address, "name": cookie.name, "value": cookie.value or ""}


@contextmanager
def served(
    corpus_dir: Path,
    index_dir: Path,
    *arguments: str,
    started: Callable[[subprocess.Popen[str]], object] = lambda _: None,
    before: Sequence[str] = (),
    said: list[str] | None = None,
    **environment: str,
) -> Iterator[Address]:
    """The address of the page over a corpus, started by the real start-up path and stopped at the end."""
    process = subprocess.Popen(
        [*before, sys.executable, "app.py", "--corpus", corpus_dir, "--index", index_dir, "--port", "0", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    started(process)
    lines: queue.Queue[str] = queue.Queue()
    said = [] if said is None else said

    def read() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            lines.put(line)
        lines.put("")

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        while True:
            line = lines.get(timeout=PATIENCE_SECONDS)
            found = re.search(r"http://\S+?:\d+", line)
            if found:
                break
            assert line, f"the page did not start: {''.join(said)}"
        address = Address(found.group())
        address.owner = {}
        if "FOOTNOTE_TOKEN" not in environment:
            link = re.search(r"http://\S+secret=\S+", lines.get(timeout=PATIENCE_SECONDS))
            assert link, f"no address for the owner: {''.join(said)}"
            address.owner = owner_cookie(address, link.group())
        yield address
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(timeout=10)
        assert process.stderr is not None
        process.stderr.close()


class Visit:
    """One visitor's page, with everything it asked for and complained about; the owner's where it is not said otherwise."""

    def __init__(self, browser: Any, address: str, *, reader: bool = False, **options: Any) -> None:
        self.address = address
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
        if isinstance(address, Address) and address.owner and not reader:
            self.context.add_cookies([address.owner])
        self.context.set_default_timeout(PATIENCE_MS)
        self.requested: list[str] = []
        self.complaints: list[str] = []
        # Every request is seen, also those that the browser would not be able to resolve.
        self.context.on("request", lambda request: self.requested.append(request.url))
        self.page = self.context.new_page()
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (self.complaints.append("dialog"), dialog.dismiss()))

    def _note(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text}")

    def open(self, path: str = "/") -> Any:
        self.page.goto(self.address + path)
        self.page.wait_for_selector(".fn-hello:not([hidden]) h1, .fn-card, .fn-refusal, .fn-reply, .fn-care, .fn-note")
        return self.page

    def ask(self, question: str, *, by: str = "Enter") -> None:
        """Types a question and waits until its answer is there."""
        before = self.page.locator(".fn-turn").count()
        box = self.page.locator("#fn-question textarea")
        box.fill(question)
        if by == "Enter":
            box.press("Enter")
        else:
            self.page.click("#fn-ask")
        turn = self.page.locator(".fn-turn").nth(before)
        turn.locator(".fn-card, .fn-refusal, .fn-reply, .fn-care, .fn-note").first.wait_for()

    def choose(self, entry: str) -> None:
        """Presses an entry of the page's menu."""
        self.page.click(".fn-main-menu")
        self.page.click(f".fn-menu-list:popover-open >> text='{entry}'")

    def choose_of_answer(self, entry: str) -> None:
        """Presses an entry of the menu of the newest answer."""
        self.page.locator(".fn-turn").last.locator(".fn-answer-menu").first.click()
        self.page.click(f".fn-menu-list:popover-open >> text={entry}")

    def show_related(self) -> None:
        """Opens the related passages of the newest answer: folded below it, or behind its menu."""
        summary = self.page.locator(".fn-turn").last.locator(".fn-related > summary")
        if summary.is_visible():
            summary.click()
        else:
            self.choose_of_answer("Show")

    def open_documents(self) -> None:
        """Opens the list of the documents."""
        self.page.click(".fn-documents")
        self.page.wait_for_selector(".fn-book")

    def foreign(self) -> list[str]:
        """Requests to any other host."""
        return [url for url in self.requested if not url.startswith((self.address, "data:", "blob:"))]

    def assert_calm(self) -> None:
        assert self.foreign() == []
        assert self.complaints == []


def answer_over_http(address: str, question: str) -> dict[str, Any]:
    """The same question through the published endpoint, without the page."""
    import json
    from urllib.request import Request, urlopen

    body = json.dumps({"question": question}).encode()
    asked = Request(f"{address}/gradio_api/call/v2/ask", body, {"content-type": "application/json"})
    with urlopen(asked, timeout=PATIENCE_SECONDS) as response:
        event = json.load(response)["event_id"]
    with urlopen(f"{address}/gradio_api/call/v2/ask/{event}", timeout=PATIENCE_SECONDS) as response:
        lines = response.read().decode().splitlines()
    return json.loads(next(line for line in reversed(lines) if line.startswith("data: "))[6:])[0]


MARKED = (
    """label => [...document.querySelectorAll(`mark[data-mark="${label}"]`)].map(mark => mark.textContent).join("")"""
)
IN_VIEW = """label => {
  const mark = document.querySelector(`mark.is-first[data-mark="${label}"]`).getBoundingClientRect();
  const body = document.querySelector(".fn-page-body").getBoundingClientRect();
  return mark.top >= body.top && mark.bottom <= body.bottom && mark.left >= body.left && mark.right <= body.right;
}"""

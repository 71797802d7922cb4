"""Hostile text in every place that a person or a document can put it: it stays text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import pytest

from browser_support import LIGHT, Visit, served
from hostile import PAYLOADS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CANARY = "THE CANARY SANG"


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("elsewhere") / "canary.txt"
    path.write_text(CANARY, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    corpus = tmp_path_factory.mktemp("hostile") / "corpus"
    corpus.mkdir()
    for n, payload in enumerate(PAYLOADS):
        plain = " ".join(payload.split())
        text = f"---\ntitle: {plain}\nsource: {plain}\nnotice: {plain}\n---\n\n# {plain}\n\n"
        text += f"## What is item {n}? {plain}\n\nItem {n} is {payload} indeed.\n\n"
        text += f"- {plain}\n\n| {plain.replace('|', ' ')} | b |\n|---|---|\n| {plain.replace('|', ' ')} | d |\n"
        name = payload.replace("/", "_").replace("\n", " ")[:100]
        (corpus / f"{n} {name}.md").write_text(text, encoding="utf-8")
    with served(corpus, corpus.parent / "index", *LIGHT) as address:
        yield address


@pytest.fixture(scope="module")
def visitor(site: str, browser: Any) -> Visit:
    return Visit(browser, site)


def assert_inert(visitor: Visit) -> None:
    assert visitor.page.evaluate("window.ran") is None
    visitor.assert_calm()


def test_there_are_sixty_of_them():
    assert len(set(PAYLOADS)) == 60


def test_in_documents_titles_headings_and_file_names(visitor, site):
    page = visitor.open()
    with urlopen(f"{site}/api/v1/start", timeout=60) as response:
        listed = json.load(response)["documents"]
    assert len(listed) == len(PAYLOADS)
    for n in range(len(listed)):
        visitor.open_documents()
        book = page.locator(".fn-book").nth(n)
        book.click()
        page.wait_for_selector(".fn-article")
        assert page.locator(".fn-article script, .fn-article img, .fn-article iframe, .fn-article a").count() == 0
        page.keyboard.press("Escape")
        page.wait_for_selector(".fn-panel", state="detached")
    assert_inert(visitor)


def test_in_questions_and_their_answers(visitor):
    page = visitor.open()
    for payload in PAYLOADS:
        asked = " ".join(payload.split())
        visitor.ask(asked)
        assert page.locator(".fn-asked").last.inner_text().strip() != ""
    assert page.locator(".fn-turns script, .fn-turns img, .fn-turns iframe, .fn-turns form[action]").count() == 0
    assert_inert(visitor)


@pytest.mark.parametrize("standing", ["answered", "nearest"])
def test_in_stored_conversations(visitor, standing):
    page = visitor.open()
    place = {"start": 0, "end": 5, "page": None}

    def quoted(payload: str) -> dict[str, object]:
        named = dict.fromkeys(("doc", "title", "quote"), payload)
        return {**place, **named, "number": 1, "heading_path": [payload], "passage": {**place, "text": payload}}

    turns = [
        {
            "question": payload,
            "literal": payload,
            "verdicts": {"1": payload, "__proto__": payload},
            "confidence": payload,
            "related": [{**place, "doc": payload, "title": payload, "text": payload, "heading_path": [payload]}],
            "answer": {
                **dict.fromkeys(("question", "interpreted_as", "explanation", "reason", "confidence"), payload),
                "missing_words": [payload],
                "standing": payload,
                "citations": [quoted(payload)] if standing == "answered" else [],
                "nearest": quoted(payload) if standing == "nearest" else payload,
            },
        }
        for payload in PAYLOADS
    ]
    kept = {
        "current": "a",
        "list": [
            {"id": "a", "name": PAYLOADS[0], "turns": turns},
            {"id": PAYLOADS[3], "name": PAYLOADS[3], "turns": []},
            7,
            None,
        ],
    }
    page.evaluate("kept => localStorage.setItem('footnote.conversations', JSON.stringify(kept))", kept)
    page.reload()
    page.locator(".fn-card").nth(len(PAYLOADS) - 1).wait_for()
    assert page.locator(".is-nearest").count() == (len(PAYLOADS) if standing == "nearest" else 0)
    assert page.locator(".fn-exact").count() == 0
    visitor.choose("Conversations")
    assert page.locator(".fn-talk").count() == 2
    assert_inert(visitor)
    page.evaluate("localStorage.clear()")


def test_in_feedback_and_the_owner_s_list(visitor, site):
    for n, payload in enumerate(PAYLOADS):
        body = {
            "turn": f"t-{n}",
            "kind": "not_answered",
            "question": payload,
            "asked": payload,
            "fingerprint": payload[:100],
        }
        assert reach(f"{site}/api/v1/feedback", body)[0] == 204
    page = visitor.open()
    visitor.choose("Feedback")
    page.locator(".fn-feedback-rows > li").nth(len(PAYLOADS) - 1).wait_for()
    assert page.locator(".fn-feedback-list :is(script, img, iframe, form, svg)").count() == 0
    page.keyboard.press("Escape")
    assert_inert(visitor)


def test_in_names_of_files_that_are_added(visitor):
    page = visitor.open()
    files = [{"name": payload.replace("/", "_")[:100], "mimeType": "", "buffer": b"x"} for payload in PAYLOADS]
    visitor.open_documents()
    page.set_input_files(".fn-picker", files=files)
    page.locator(".fn-adding-files > li.is-failed").nth(len(PAYLOADS) - 1).wait_for()
    assert page.locator(".fn-adding-files :is(script, img, iframe, form, svg)").count() == 0
    assert_inert(visitor)


def test_side_by_side(visitor):
    page = visitor.open()
    visitor.ask("What is item 1?")
    visitor.show_related()
    page.locator("text=Beside the quote").last.click()
    page.wait_for_selector(".fn-column mark")
    assert page.locator(".fn-comparison :is(script, img, iframe, form)").count() == 0
    page.keyboard.press("Escape")
    assert_inert(visitor)


def test_in_links(visitor):
    page = visitor.open()
    for n, payload in enumerate(PAYLOADS):
        link = urlencode({"doc": payload, "start": 0, "end": 4, "quote": payload, "before": payload}, quote_via=quote)
        if n < 3:
            page.goto("about:blank")
            page.goto(f"{visitor.address}/#read?{link}")
        else:
            page.evaluate("link => { location.hash = link; }", f"read?{link}")
        page.wait_for_selector(".fn-panel")
        assert page.locator(".fn-panel mark").count() == 0
        page.keyboard.press("Escape")
        page.wait_for_selector(".fn-panel", state="detached")
    # Documents that are not there are answered with 404, which the browser notes; nothing else may be noted.
    visitor.complaints[:] = [each for each in visitor.complaints if "404" not in each]
    assert_inert(visitor)


def test_a_file_outside_the_corpus_is_never_served(site, canary):
    """On the real start-up path, with the forged file objects that Gradio mounted plainly would follow."""
    forged: dict[str, Any] = {
        "path": str(canary),
        "url": f"file://{canary}",
        "orig_name": "x",
        "meta": {"_type": "gradio.FileData"},
    }
    told = ""
    for data in ([forged], ["x", [[forged, forged]], None], ["x", None, [forged]], ["x", None, None, forged]):
        for path, body in (
            ("gradio_api/call/ask", {"data": data}),
            ("gradio_api/queue/join", {"data": data, "fn_index": 0, "session_hash": "s"}),
            ("gradio_api/run/ask", {"data": data}),
            ("gradio_api/upload", {"files": [forged]}),
        ):
            status, text = reach(f"{site}/{path}", body)
            told += text
            if status == 200 and "call" in path:
                told += reach(f"{site}/{path}/{json.loads(text)['event_id']}")[1]
    up = f"..%2f..%2f..{quote(str(canary), safe='')}"
    for path in (
        f"gradio_api/file={canary}",
        f"gradio_api/file=file://{canary}",
        f"gradio_api/file/{canary}",
        f"file={canary}",
        *(f"api/v1/{route}/{name}" for route in ("originals", "layouts", "documents") for name in (canary, up)),
        f"footnote/{up}",
        f"static/{up}",
        f"assets/../../../../{canary}",
    ):
        status, text = reach(f"{site}/{path}")
        assert status in {400, 404}
        told += text
    assert CANARY not in told
    # The routes are there: what the corpus holds is given by the same ones.
    inside = json.loads(reach(f"{site}/api/v1/start")[1])["documents"][0]["doc"]
    for route in ("originals", "layouts", "documents"):
        assert reach(f"{site}/api/v1/{route}/{quote(inside)}")[0] == 200


def reach(url: str, body: dict[str, Any] | None = None) -> tuple[int, str]:
    from urllib.error import HTTPError

    sent = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(url, sent, {"content-type": "application/json"}), timeout=60) as response:
            return response.status, response.read().decode("utf-8", "replace")
    except HTTPError as error:
        with error:
            return error.code, error.read().decode("utf-8", "replace")

"""Every document that is in the index can be opened by its id through every door, whatever its file is called."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes import HashingEncoder
from footnote.engine import Footnote
from footnote.server.app import create_app

ODD = (
    *("report..final.md", "a\nb.md", "a\n.md", "\na.md", "a..md", "x../y.md", "100%.md", "a%2Fb.md"),
    *(
        "%2e%2e.md",
        "a?b=c.md",
        "a#b.md",
        "a&b.md",
        "a+b.md",
        "a b.md",
        " a.md",
        "a:1-2.md",
        "a\\b.md",
        "a\tb.md",
        "é.md",
    ),
    *(
        "e\u0301.md",
        "\u202ea.md",
        "日本/語.md",
        "a;b.md",
        "a'b\".md",
        "<b>.md",
        "[1].md",
        "~.md",
        "con.md",
        "a.MD",
        "a=b.md",
    ),
    *("a@b.md", "http:/x.md", "*.md", "\x7f.md", "\U0001f600.md"),
)
NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=40).filter(
    lambda name: not name.startswith(".") and len(name.encode()) < 200
)


class Visitor:
    """Asks an application as a server would: the path is decoded once (Starlette's own client does it twice)."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def reach(self, method: str, path: str, **options: Any) -> httpx2.Response:
        async def reached() -> httpx2.Response:
            async with httpx2.AsyncClient(
                transport=httpx2.ASGITransport(self.app), base_url="http://localhost"
            ) as client:
                return await client.request(method, path, **options)

        return asyncio.run(reached())

    def get(self, path: str) -> httpx2.Response:
        return self.reach("GET", path)


@contextmanager
def opened(names: list[str]) -> Iterator[tuple[Footnote, Visitor]]:
    """An engine over documents of these names, and a visitor of its page."""
    with TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        for number, name in enumerate(names):
            path = corpus / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"# Number {number}\n\nThis is the text of number {number}.\n".encode())
        footnote, report = Footnote.build(corpus, Path(folder) / "index", encoder=HashingEncoder())
        assert report.skipped == ()
        with footnote:
            yield footnote, Visitor(create_app(footnote))


def assert_opened_everywhere(footnote: Footnote, client: Visitor, name: str) -> None:
    document = footnote.document(name)
    path = quote(name)
    whole = f"{name}:0-{len(document.text)}"
    assert client.get(f"/api/v1/layouts/{path}").json()["doc"] == name
    assert client.get(f"/api/v1/originals/{path}").text == document.text
    assert client.get(f"/api/v1/documents/{path}").json()["text"] == document.text
    assert client.get(f"/api/v1/citations/{quote(whole)}").json()["quote"] == document.text
    claim = {"doc": name, "start": 0, "end": len(document.text), "quote": document.text}
    (checked,) = client.reach("POST", "/api/v1/check", json={"claims": [claim]}).json()["claims"]
    assert checked["state"] == "exact"


async def assert_opened_over_mcp(footnote: Footnote, names: list[str]) -> None:
    from mcp.client import Client

    from footnote.server.mcp import mcp_server
    from footnote.server.queue import QuestionQueue

    queue = QuestionQueue(footnote)
    async with Client(mcp_server(footnote, queue)) as session:
        listed = {each.name: each.uri for each in (await session.list_resources()).resources}
        assert sorted(listed) == sorted(names)
        for name in names:
            text = footnote.document(name).text
            assert (await session.read_resource(listed[name])).contents[0].text == text
            read = await session.call_tool("read_source", {"doc": name})
            assert read.structured_content["text"] == text
    queue.close()


def test_odd_names_are_opened_through_every_door() -> None:
    with opened(list(ODD)) as (footnote, client):
        assert sorted(each.id for each in footnote.documents()) == sorted(ODD)
        for name in ODD:
            assert_opened_everywhere(footnote, client, name)
        asyncio.run(assert_opened_over_mcp(footnote, list(ODD)))


@given(st.lists(NAMES, min_size=1, max_size=8, unique=True))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_name_is_opened_through_every_door(names: list[str]) -> None:
    files = [f"{name}.md" for name in names]
    with opened(files) as (footnote, client):
        for name in files:
            assert_opened_everywhere(footnote, client, name)
        asyncio.run(assert_opened_over_mcp(footnote, files))


@pytest.mark.parametrize(
    "path", ["/api/v1/layouts/../../etc/passwd", "/api/v1/originals/a/../../b", "/api/v1/originals/.."]
)
def test_a_way_out_of_the_folder_is_refused(path: str) -> None:
    with opened(["a.md"]) as (_, client):
        assert client.get(path.replace("..", "%2e%2e")).status_code == 404


def test_a_page_among_the_documents_is_given_byte_for_byte() -> None:
    page = b"<!doctype html>\r\n<title>A</title><script>x()</script ><SCRIPT src=a></SCRIPT>\r\n<p>It is so.</p>\xff"
    with TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        (corpus / "a.html").write_bytes(page)
        footnote, _ = Footnote.build(corpus, Path(folder) / "index", encoder=HashingEncoder())
        with footnote:
            given_back = Visitor(create_app(footnote)).get("/api/v1/originals/a.html")
    assert given_back.content == page
    assert given_back.headers["content-disposition"].startswith("attachment")
    assert "nonce-" in given_back.headers["content-security-policy"]

"""Behind a real proxy, the block that we ship and a bare one: who is the owner, the page, its citations, API and MCP."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from browser_support import LIGHT, MARKED, Visit, served
from fakes import TOKEN

ROOT = Path(__file__).parent.parent
QUESTION = "How long does a day on Titan last?"


def nginx_path() -> str:
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        if os.environ.get("FOOTNOTE_REQUIRE_BROWSER") == "1":
            pytest.fail("no nginx")
        pytest.skip("no nginx")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def nginx(folder: Path, location: str) -> Iterator[str]:
    """The address of a real nginx with these locations."""
    folder.mkdir()
    port = free_port()
    (folder / "footnote.conf").write_text(location, encoding="utf-8")
    temporary = "".join(
        f"{kind}_temp_path {folder / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; {temporary}\n"
        f"server {{ listen 127.0.0.1:{port}; location = /favicon.ico {{ return 204; }}\n"
        f"include {folder}/footnote.conf; }} }}",
        encoding="utf-8",
    )
    process = subprocess.Popen([nginx_path(), "-c", folder / "nginx.conf", "-p", folder, "-e", "stderr"])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from conftest import write_corpus

    folder = tmp_path_factory.mktemp("proxy")
    (folder / "corpus").mkdir()
    write_corpus(folder / "corpus")
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """The address of the page behind nginx, configured by the file that we ship, started as that file says."""
    started = {"FOOTNOTE_TOKEN": TOKEN, "FOOTNOTE_ROOT_PATH": "/footnote", "FOOTNOTE_HOSTS": "docs.example.org"}
    with served(folder / "corpus", folder / "index", *LIGHT, **started) as behind:
        shipped = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
        for name in started:
            assert name in shipped
        with nginx(folder / "shipped", shipped.replace("http://127.0.0.1:7860", behind)) as front:
            yield f"{front}/footnote"


@pytest.fixture(scope="module")
def bare(folder: Path) -> Iterator[str]:
    """The address of the page behind the shortest block that people write, started as the README says."""
    with (
        served(folder / "corpus", folder / "index", *LIGHT) as behind,
        nginx(folder / "bare", f"location / {{ proxy_pass {behind}; }}") as front,
    ):
        yield front


def reach(url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers of one request; redirects are not followed."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        connection.request(method, url.partition(parts.netloc)[2], body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace"), dict(answer.getheaders())
    finally:
        connection.close()


KINDS = {"put": "application/octet-stream", "post": "application/json"}
OWNERS = (
    ("put", "/api/v1/files/evil.md", b"# Evil"),
    ("post", "/api/v1/changes", b'{"documents": ["moons.md"]}'),
    ("get", "/api/v1/changes", None),
    ("get", "/api/v1/feedback", None),
)
MARKS = (
    {}, {"Host": "docs.example.org"}, {"Host": "127.0.0.1:7860"}, {"Host": "localhost"},
    *({name: "127.0.0.1"} for name in ("CF-Connecting-IP", "True-Client-IP", "X-Client-IP", "X-Forwarded-For")),
    {"X-Forwarded-Host": "localhost"}, {"X-Forwarded-Proto": "https"}, {"Forwarded": "for=127.0.0.1"},
)  # fmt: skip


def owners_routes(address: str, **headers: str) -> set[int]:
    """What a visitor gets from each of the owner's routes."""
    kinds = [{"content-type": KINDS[method]} if method in KINDS else {} for method, _, _ in OWNERS]
    return {
        reach(address + path, method.upper(), body, **kind, **headers)[0]
        for (method, path, body), kind in zip(OWNERS, kinds, strict=True)
    }


@pytest.mark.slow
@pytest.mark.parametrize("mark", MARKS, ids=str)
def test_nobody_from_outside_is_the_owner(address: str, bare: str, folder: Path, mark: dict[str, str]) -> None:
    assert owners_routes(address, **mark) == {401}
    assert owners_routes(bare, **mark) <= {403, 421}
    status, text, _ = reach(f"{bare}/api/v1/start", **mark)
    assert status == 421 or json.loads(text)["owner"] is False
    assert sorted(each.name for each in (folder / "corpus").iterdir()) == ["moons.md", "tea.txt"]


@pytest.mark.slow
def test_the_owner_of_the_shipped_block_shows_the_token(address: str) -> None:
    shown = {"Authorization": f"Bearer {TOKEN}"}
    assert json.loads(reach(f"{address}/api/v1/start", **shown)[1])["owner"] is True
    assert reach(f"{address}/api/v1/changes", **shown)[0] == 200
    form = {"content-type": "application/x-www-form-urlencoded", "origin": "https://docs.example.org"}
    for host, scheme, secure in (("docs.example.org", "http", True), ("127.0.0.1", "https", False)):
        # The block tells the scheme by which nginx itself was reached, whatever a visitor says.
        said = {"Host": host, "X-Forwarded-Proto": scheme, "origin": f"http://{host}"}
        status, _, headers = reach(f"{address}/enter", "POST", f"token={TOKEN}".encode(), **{**form, **said})
        assert status == 303
        assert ("Secure" in headers["set-cookie"]) is secure
        assert "HttpOnly; SameSite=Strict" in headers["set-cookie"]


@pytest.mark.browser
def test_a_browser_signs_in_with_the_form(browser: Any, address: str) -> None:
    visit = Visit(browser, address)
    page = visit.page
    page.goto(f"{address}/")
    page.fill("#token", "not the token")
    page.click("button")
    page.wait_for_selector("text=That was not the token")
    page.fill("#token", TOKEN)
    page.click("button")
    page.wait_for_selector(".fn-hello:not([hidden]) h1")
    visit.open_documents()
    page.wait_for_selector(".fn-adding")
    assert visit.foreign() == []
    visit.context.close()


@pytest.mark.browser
def test_readers_behind_a_bare_proxy_ask_and_change_nothing(browser: Any, bare: str) -> None:
    visit = Visit(browser, bare)
    page = visit.open("/")
    visit.ask(QUESTION)
    page.locator(".fn-card .fn-cite").first.click()
    page.wait_for_selector("mark[data-mark]")
    visit.open_documents()
    assert page.locator(".fn-adding, .fn-remove").count() == 0
    visit.context.close()


@pytest.mark.browser
def test_the_page_and_its_citations_work(browser: Any, address: str) -> None:
    visit = Visit(browser, address, extra_http_headers={"Authorization": f"Bearer {TOKEN}"})
    page = visit.open("/")
    visit.ask(QUESTION)
    page.locator(".fn-card .fn-cite").first.click()
    page.wait_for_selector("mark[data-mark]")
    label = page.locator("mark[data-mark]").first.get_attribute("data-mark")
    assert "15 days and 22 hours" in page.evaluate(MARKED, label)
    assert visit.foreign() == []
    visit.assert_calm()
    visit.context.close()


@pytest.mark.slow
def test_the_doors_for_programs_work(address: str) -> None:
    import httpx2
    from mcp.client import Client
    from mcp.client.streamable_http import streamable_http_client

    body = json.dumps({"question": QUESTION}).encode()
    shown = {"Authorization": f"Bearer {TOKEN}"}
    with urlopen(Request(f"{address}/api/v1/ask", body, {"content-type": "application/json", **shown})) as response:
        over_http = json.load(response)
    with urlopen(Request(f"{address}/api/v1/openapi.json", headers=shown)) as response:
        assert json.load(response)["servers"] == [{"url": "/footnote/api/v1"}]

    async def ask() -> Any:
        async with (
            httpx2.AsyncClient(headers=shown) as http,
            Client(streamable_http_client(f"{address}/mcp", http_client=http)) as session,
        ):
            return (await session.call_tool("ask", {"question": QUESTION})).structured_content

    assert over_http["answered"]
    # On a thread of its own: the browser's loop may be running on this one.
    with ThreadPoolExecutor(1) as pool:
        over_mcp = pool.submit(lambda: asyncio.run(ask())).result()
    assert json.dumps(over_mcp, sort_keys=True) == json.dumps(over_http, sort_keys=True)


@pytest.mark.slow
def test_guesses_are_counted_for_each_address_and_the_owner_still_gets_in(address: str, bare: str) -> None:
    wrong = [reach(f"{address}/readyz", Authorization=f"Bearer {n}")[0] for n in range(60)]
    assert wrong[:10] == [401] * 10
    assert wrong[-10:] == [429] * 10
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert reach(f"{address}/enter", "POST", b"token=wrong", **form)[0] == 429
    assert reach(f"{address}/enter", "POST", f"token={TOKEN}".encode(), **form)[0] == 303
    assert reach(f"{address}/readyz", Authorization=f"Bearer {TOKEN}")[0] == 200
    by_link = [reach(f"{bare}/enter?secret={n}")[0] for n in range(60)]
    assert (by_link[0], by_link[-1]) == (401, 429)

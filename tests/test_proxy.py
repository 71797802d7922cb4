"""Behind a proxy that serves it under a path of its own: page, citations, API and MCP."""

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
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from browser_support import MARKED, Visit, served

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


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the page behind nginx, configured by the file that we ship."""
    from conftest import write_corpus

    program, folder = nginx_path(), tmp_path_factory.mktemp("proxy")
    (folder / "corpus").mkdir()
    write_corpus(folder / "corpus")
    with served(folder / "corpus", folder / "index", FOOTNOTE_ROOT_PATH="/footnote") as behind:
        port = free_port()
        shipped = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
        (folder / "footnote.conf").write_text(shipped.replace("http://127.0.0.1:7860", behind), encoding="utf-8")
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
        process = subprocess.Popen([program, "-c", folder / "nginx.conf", "-p", folder, "-e", "stderr"])
        try:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/footnote"
        finally:
            process.terminate()
            process.wait(timeout=10)


@pytest.mark.browser
def test_the_page_and_its_citations_work(browser: Any, address: str) -> None:
    visit = Visit(browser, address)
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
    from mcp.client import Client

    body = json.dumps({"question": QUESTION}).encode()
    with urlopen(Request(f"{address}/api/v1/ask", body, {"content-type": "application/json"})) as response:
        over_http = json.load(response)
    with urlopen(f"{address}/api/v1/openapi.json") as response:
        assert json.load(response)["servers"] == [{"url": "/footnote/api/v1"}]

    async def ask() -> Any:
        async with Client(f"{address}/mcp") as session:
            return (await session.call_tool("ask", {"question": QUESTION})).structured_content

    assert over_http["answered"]
    # On a thread of its own: the browser's loop may be running on this one.
    with ThreadPoolExecutor(1) as pool:
        over_mcp = pool.submit(lambda: asyncio.run(ask())).result()
    assert json.dumps(over_mcp, sort_keys=True) == json.dumps(over_http, sort_keys=True)

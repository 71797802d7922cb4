"""Strangers at the door of a real server: bodies that never come, silent connections, guesses, garbage, and a server told to stop."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from browser_support import LIGHT, served
from conftest import write_corpus
from fakes import TOKEN
from footnote.server.connections import END_SECONDS, IDLE_SECONDS
from footnote.server.request_limits import BODY_SECONDS
from promises import sized

pytestmark = pytest.mark.slow
OTHER = "127.0.0.9"
"""An address of this machine that is not the one the strangers of these tests use."""
ENTER = (
    b"POST /enter HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\n"
    b"content-length: 200\r\n\r\n"
)


class Server:
    def __init__(self, address: str, process: subprocess.Popen[str], said: list[str]) -> None:
        self.address, self.process, self.said = address, process, said
        host, port = address.removeprefix("http://").split(":")
        self.place = (host, int(port))

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection(self.place, timeout=30, source_address=(source, 0))

    def reach(self, path: str, source: str = OTHER, **headers: str) -> int:
        """The status of a GET by somebody else; 0 where the connection was closed without one."""
        lines = [f"GET {path} HTTP/1.1", "host: localhost", "connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        try:
            with self.connect(source) as made:
                made.sendall("\r\n".join([*lines, "", ""]).encode())
                answer = made.recv(100)
        except OSError:
            return 0
        return int(answer.split()[1]) if answer.startswith(b"HTTP/") else 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("strangers")
    (folder / "corpus").mkdir()
    write_corpus(folder / "corpus")
    return folder


def running(folder: Path, stack: ExitStack, **options: Any) -> Server:
    kept: list[subprocess.Popen[str]] = []
    said: list[str] = []
    address = stack.enter_context(
        served(folder / "corpus", folder / "index", *LIGHT, started=kept.append, said=said, **options)
    )
    return Server(address, kept[0], said)


@pytest.fixture
def guarded(folder: Path) -> Iterator[Server]:
    with ExitStack() as stack:
        yield running(folder, stack, FOOTNOTE_TOKEN=TOKEN)


SHOWN = {"authorization": f"Bearer {TOKEN}"}


class TestBodies:
    def test_forms_that_never_come_keep_nobody_out(self, guarded):
        with ExitStack() as stack:
            made = [stack.enter_context(guarded.connect()) for _ in range(300)]
            for each in made:
                each.sendall(ENTER)
            time.sleep(0.5)
            assert guarded.reach("/readyz", **SHOWN) == 200
            assert guarded.reach("/api/v1/start", "127.0.0.1", **SHOWN) == 200, "from the strangers' own address too"
            assert guarded.reach("/enter", "127.0.0.1") == 200
            with guarded.connect() as owner:
                form = f"token={TOKEN}".encode()
                owner.sendall(ENTER.replace(b"200", b"%d" % len(form)) + form)
                assert owner.recv(100).split()[1] == b"303", "the owner is not kept from the form either"
            answers = {each.recv(100).split()[1] for each in made}
        assert answers == {b"408"}

    @pytest.mark.parametrize("path", ["/api/v1/check", "/mcp"])
    def test_no_body_is_awaited_for_ever(self, guarded, path):
        head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        head += f"authorization: Bearer {TOKEN}\r\ncontent-length: 200\r\n\r\n{{"
        began = time.monotonic()
        with guarded.connect() as made:
            made.sendall(head.encode())
            assert made.recv(100).split()[1] == b"408"
            # The connection goes with it.
            while made.recv(1_000):
                pass
        assert time.monotonic() - began < BODY_SECONDS + sized(20, 5)

    def test_a_form_is_small_and_cheap(self, guarded):
        field = b"a=1&" * 500_000
        head = ENTER.replace(b"content-length: 200", b"content-length: %d" % len(field))
        chunked = ENTER.replace(b"content-length: 200", b"transfer-encoding: chunked")
        slowest = 0.0
        for _ in range(8):
            with guarded.connect() as made:
                made.sendall(head)
                assert made.recv(100).split()[1] == b"413"
            with guarded.connect() as made:
                made.sendall(chunked + b"%x\r\n" % 6_000 + field[:6_000] + b"\r\n")
                assert made.recv(100).split()[1] == b"413"
            began = time.monotonic()
            assert guarded.reach("/healthz") == 200
            slowest = max(slowest, time.monotonic() - began)
        assert slowest < sized(2, 1)


class TestConnections:
    def test_silent_ones_keep_nobody_out_and_fill_no_log(self, folder):
        few = [sys.executable, "-c", (
            "import os, resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (320, 320)); os.execv(sys.argv[1], sys.argv[1:])"
        )]  # fmt: skip
        with ExitStack() as stack:
            server = running(folder, stack, before=few)
            for _ in range(3):
                made = [stack.enter_context(server.connect()) for _ in range(400)]
                assert {server.reach("/healthz") for _ in range(5)} == {200}
                assert server.reach("/api/v1/start") == 200
            open_now = len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
            assert open_now < 320
            for each in made:
                each.settimeout(IDLE_SECONDS + sized(30, 10))
                # Each is closed, by its turn or by its time.
                assert is_closed(each)
            assert sum(map(len, server.said)) < 4_000
            assert "Traceback" not in "".join(server.said), "".join(server.said)

    def test_a_head_that_trickles_is_cut_off(self, guarded):
        began = time.monotonic()
        with guarded.connect() as made:
            made.settimeout(1)
            assert any(is_closed(made, b"G") for _ in range(100))
        assert time.monotonic() - began < IDLE_SECONDS + sized(20, 5)

    def test_garbage_is_logged_once(self, guarded):
        before = len(guarded.said)
        for _ in range(200):
            with guarded.connect() as made:
                made.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
                made.recv(1_000)
        time.sleep(0.3)
        assert len(guarded.said) - before <= 1

    def test_one_address_cannot_fill_the_house(self, folder):
        with ExitStack() as stack:
            server = running(folder, stack, FOOTNOTE_REQUESTS_MAX="80")
            for _ in range(60):
                made = stack.enter_context(server.connect())
                made.sendall(b"GET /gradio_api/heartbeat/x HTTP/1.1\r\nhost: localhost\r\n\r\n")
            time.sleep(0.5)
            assert server.reach("/api/v1/start", "127.0.0.1") == 503
            assert server.reach("/api/v1/start", OTHER) == 200


def is_closed(made: socket.socket, more: bytes = b"") -> bool:
    """Whether the server closed it, within the socket's own patience."""
    try:
        made.sendall(more)
        return made.recv(10) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


class TestTold:
    """A server that is told to stop, whatever it is doing."""

    @pytest.mark.parametrize("stuck", ["queue", "routes", "loop", "everything"])
    def test_it_ends_within_its_time(self, folder, stuck, tmp_path):
        script = tmp_path / "stuck.py"
        script.write_text(STUCK, encoding="utf-8")
        with ExitStack() as stack:
            process = subprocess.Popen(
                [sys.executable, "-P", script, stuck, folder / "corpus", folder / "index"],
                stderr=subprocess.PIPE, text=True, cwd=tmp_path,
            )  # fmt: skip
            assert process.stderr is not None
            stack.enter_context(process.stderr)
            stack.callback(process.wait)
            stack.callback(process.kill)
            lines = iter(process.stderr.readline, "")
            address = next(found for line in lines if (found := re.search(r"http://\S+?:\d+", line)))
            server = Server(address.group(), process, [])
            assert server.reach("/api/v1/start") == 200
            made = stack.enter_context(server.connect())
            if stuck != "loop":
                made.sendall(b"GET /api/v1/start?stuck HTTP/1.1\r\nhost: localhost\r\n\r\n")
                time.sleep(1)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=END_SECONDS + sized(20, 3)) == 0
            assert time.monotonic() - began < END_SECONDS + sized(15, 3)
            rest = process.stderr.read()
            assert "Traceback" not in rest, rest


STUCK = """
import sys, time, threading
from footnote.cli import main
from footnote.engine import Footnote

stuck, corpus, index = sys.argv[1:]
real = Footnote.documents
asked = 0


def documents(self):
    global asked
    asked += 1
    if asked > 3 and stuck != "loop":
        time.sleep(600)
    return real(self)


Footnote.documents = documents
if stuck in ("queue", "everything"):
    from footnote.server.queue import QuestionQueue
    QuestionQueue._real = QuestionQueue.__init__

    def begin(self, footnote):
        QuestionQueue._real(self, footnote)
        threading.Timer(3, lambda: [self.submit(lambda: time.sleep(600)) for _ in range(9)]).start()

    QuestionQueue.__init__ = begin
if stuck in ("loop", "everything"):
    from footnote.server.connections import BoundedServer
    real_tick = BoundedServer.on_tick

    async def tick(self, counter):
        if self.should_exit:
            time.sleep(600)
        return await real_tick(self, counter)

    BoundedServer.on_tick = tick
sys.argv = ["footnote", "serve", "--corpus", corpus, "--index", index, "--port", "0"]
sys.exit(main())
"""

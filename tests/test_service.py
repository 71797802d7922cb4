"""What every interface shares: the queue, limits, readiness, logs, and one encoder for many threads."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from browser_support import LIGHT, served
from fakes import HashingEncoder
from footnote.encoding.batching import BatchingEncoder
from footnote.engine import Footnote
from footnote.errors import Busy, FootnoteError, IndexDamaged, NotFound, QuestionError, QuestionTooLong, UsageError
from footnote.server.app import create_app
from footnote.server.asgi import address_of
from footnote.server.monitoring import JsonLines, Metrics, Readiness, RequestMonitor, log_to_stderr
from footnote.server.problems import problem_of, retry_headers
from footnote.server.queue import QuestionQueue
from footnote.server.request_limits import ConcurrencyLimit, RateLimit
from footnote.settings import Settings
from promises import sized

QUESTION = "How long does a day on Titan last?"


@pytest.fixture
def engine(tiny_corpus: Path, tmp_path: Path, hashing_encoder: HashingEncoder) -> Iterator[Footnote]:
    built, _ = Footnote.build(tiny_corpus, tmp_path / "index", encoder=hashing_encoder)
    with built:
        yield built


def with_settings(engine: Footnote, **changes: Any) -> Footnote:
    return Footnote(engine.index, engine.encoder, replace(engine.settings, **changes))


class TestQueue:
    def test_the_answer_is_the_engine_s(self, engine):
        queue = QuestionQueue(engine)
        answer = asyncio.run(queue.run(lambda: engine.ask(QUESTION)))
        assert replace(answer, timings=()) == replace(engine.ask(QUESTION), timings=())
        assert (queue.state().done, queue.state().waiting, queue.state().running) == (1, 0, 0)
        queue.close()

    def test_beyond_the_queue_the_refusal_comes_at_once(self, engine):
        queue, go = QuestionQueue(with_settings(engine, workers=1, queue_max=2)), threading.Event()
        held = [queue.submit(go.wait)]
        while not queue.state().running:
            time.sleep(0.001)
        held += [queue.submit(go.wait) for _ in range(2)]
        began = time.monotonic()
        with pytest.raises(Busy, match="ask again in 1 s") as refused:
            queue.submit(go.wait)
        assert time.monotonic() - began < 0.1
        assert refused.value.retry_after_seconds == 1
        go.set()
        assert [each.result(10) for each in held] == [True] * 3
        assert queue.submit(lambda: "again").result(10) == "again"
        assert queue.state().refused == 1
        queue.close()

    def test_who_would_wait_too_long_is_refused_before_and_told_when_to_come(self, engine):
        queue = QuestionQueue(with_settings(engine, workers=1, queue_wait_seconds=0.05))
        queue.submit(lambda: time.sleep(0.2)).result()
        go = threading.Event()
        held = [queue.submit(go.wait)]
        while not queue.state().running:
            time.sleep(0.001)
        late = queue.submit(lambda: "late")
        with pytest.raises(Busy):
            queue.submit(lambda: "one waits, and takes 0.2 s")
        time.sleep(0.1)
        go.set()
        assert held[0].result(10)
        with pytest.raises(Busy):
            late.result(10)
        queue.close()

    def test_who_went_away_no_longer_waits(self, engine):
        queue, go = QuestionQueue(with_settings(engine, workers=1)), threading.Event()
        held = queue.submit(go.wait)
        while not queue.state().running:
            time.sleep(0.001)
        assert queue.submit(go.wait).cancel()
        assert queue.state().waiting == 0
        go.set()
        assert held.result(10)
        queue.close()

    def test_closing_finishes_what_is_at_work_and_takes_nothing_new(self, engine):
        queue, begun = QuestionQueue(with_settings(engine, workers=1)), threading.Event()

        def work() -> str:
            begun.set()
            time.sleep(0.1)
            return "done"

        at_work = queue.submit(work)
        begun.wait(10)
        waiting = queue.submit(work)
        queue.close()
        assert at_work.result(0) == "done"
        assert waiting.cancelled()
        with pytest.raises(Busy, match="stopping"):
            queue.submit(work)

    def test_a_failure_goes_to_who_asked_and_to_nobody_else(self, engine):
        queue = QuestionQueue(engine)
        with pytest.raises(QuestionError):
            asyncio.run(queue.run(lambda: engine.ask("")))
        assert asyncio.run(queue.run(lambda: engine.ask(QUESTION))).answered
        assert (queue.state().failed, queue.state().done) == (1, 1)
        queue.close()


class Counting(HashingEncoder):
    """Counts its calls, and takes a while, as a model does."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[int] = []

    def encode_queries(self, queries):
        self.calls.append(len(queries))
        time.sleep(0.005)
        if "bad" in queries:
            raise ValueError("bad")
        return super().encode_queries(queries)


class TestBatching:
    def test_many_threads_share_calls_and_each_gets_its_own_rows(self):
        inner, plain = Counting(), HashingEncoder()
        encoder = BatchingEncoder(inner)
        asked = [[f"question {n} about {n * 7}"] * (1 + n % 3) for n in range(200)]
        with ThreadPoolExecutor(20) as pool:
            found = list(pool.map(encoder.encode_queries, asked))
        for queries, rows in zip(asked, found, strict=True):
            assert np.array_equal(rows, plain.encode_queries(queries))
        assert sum(inner.calls) == sum(map(len, asked))
        assert len(inner.calls) < len(asked)

    def test_one_thread_is_served_at_once(self):
        inner = Counting()
        encoder = BatchingEncoder(inner)
        encoder.encode_queries(["a"])
        encoder.encode_queries(["b", "c"])
        assert inner.calls == [1, 2]
        assert encoder.encode_queries([]).shape == (0, 64)

    def test_an_error_is_heard_and_the_next_call_works(self):
        encoder = BatchingEncoder(Counting())
        with pytest.raises(ValueError, match="bad"):
            encoder.encode_queries(["bad"])
        assert encoder.encode_queries(["good"]).shape == (1, 64)


async def replies(app: Any, path: str = "/x", method: str = "POST", client: str = "10.0.0.1") -> tuple[int, dict]:
    said: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope = {"type": "http", "path": path, "method": method, "client": (client, 1), "headers": []}
    await app(scope, None, send)
    return said[0]["status"], dict(said[0]["headers"])


def answering(status: int) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.01)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"x"})

    return app


class TestLimits:
    def test_beyond_the_limit_requests_are_refused_but_health_is_told(self):
        app = ConcurrencyLimit(answering(200), most=3)

        async def all_at_once() -> list[tuple[int, dict]]:
            asked = [replies(app) for _ in range(5)]
            return await asyncio.gather(*asked, replies(app, "/readyz"))

        found = asyncio.run(all_at_once())
        assert [status for status, _ in found] == [200, 200, 200, 503, 503, 200]
        assert found[3][1][b"retry-after"] == b"1"
        assert asyncio.run(replies(app))[0] == 200, "room again"

    def test_one_address_has_a_quarter_and_strangers_a_twentieth(self):
        app = ConcurrencyLimit(answering(200), most=160, is_stranger=lambda scope: scope["client"][0] == "6.6.6.6")

        async def all_at_once() -> Counter[tuple[str, int]]:
            clients = ["10.0.0.1"] * 50 + ["6.6.6.6"] * 50 + ["10.0.0.2"] * 5
            found = await asyncio.gather(*(replies(app, client=client) for client in clients))
            return Counter((client, status) for client, (status, _) in zip(clients, found, strict=True))

        counts = asyncio.run(all_at_once())
        assert (counts["10.0.0.1", 200], counts["10.0.0.1", 503]) == (40, 10)
        assert (counts["6.6.6.6", 200], counts["6.6.6.6", 503]) == (8, 42)
        assert counts["10.0.0.2", 200] == 5

    @pytest.mark.parametrize(
        ("client", "address"),
        [
            ("10.0.0.1", "10.0.0.1"),
            ("2001:db8:1:2:3::4", "2001:db8:1:2::"),
            ("2001:db8:1:2:9::9", "2001:db8:1:2::"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("fe80::1%eth0", "fe80::"),
            ("not:an:address", "not:an:address"),
            ("", ""),
        ],
    )
    def test_an_address_is_what_one_visitor_has(self, client, address):
        assert address_of({"client": (client, 5)}) == address
        assert address_of({"client": None}) == ""

    @pytest.mark.parametrize("status", [429, 503])
    def test_every_refusal_says_when_to_try_again(self, status):
        assert b"retry-after" in asyncio.run(replies(ConcurrencyLimit(answering(status), most=3)))[1]

    def test_one_address_is_slowed_and_another_is_not(self):
        now = [0.0]
        app = RateLimit(answering(200), per_minute=60, clock=lambda: now[0])
        found = [asyncio.run(replies(app)) for _ in range(8)]
        assert [status for status, _ in found] == [200] * 6 + [429] * 2
        assert found[-1][1][b"retry-after"] == b"1"
        assert asyncio.run(replies(app, client="10.0.0.2"))[0] == 200
        assert asyncio.run(replies(app, method="GET"))[0] == 200
        now[0] = 1.01
        assert [asyncio.run(replies(app))[0] for _ in range(2)] == [200, 429]

    def test_no_limit_lets_everyone_through(self):
        app = RateLimit(answering(200), per_minute=0)
        assert {asyncio.run(replies(app))[0] for _ in range(50)} == {200}

    @pytest.mark.parametrize(
        ("error", "status"),
        [
            (QuestionError("the question is empty"), 422),
            (QuestionTooLong("the question has 9 characters, more than 2"), 413),
            (UsageError("cannot be"), 400),
            (NotFound("is not in the index"), 404),
            (Busy("many wait", retry_after_seconds=7), 503),
            (IndexDamaged("is not what was written"), 503),
            (FootnoteError("something else"), 500),
        ],
    )
    def test_every_error_has_its_status(self, error, status):
        assert problem_of(error)["status"] == error.http_status == status
        assert ("Retry-After" in retry_headers(error)) == (status == 503)
        if isinstance(error, Busy):
            assert retry_headers(error)["Retry-After"] == "7"


class TestLogs:
    def test_a_request_is_one_line_of_json_without_the_question(self, engine):
        from starlette.testclient import TestClient

        log, said = logging.getLogger("footnote.server"), io.StringIO()
        before = (log.handlers, log.propagate, log.level)
        try:
            log_to_stderr(requests=True)
            [handler] = log.handlers
            assert isinstance(handler, logging.StreamHandler)
            handler.setStream(said)
            with TestClient(create_app(engine), base_url="http://localhost") as client:
                client.get("/healthz?q=secretquestion")
                body = {"question": "secretquestion about Titan"}
                event = client.post("/gradio_api/call/v2/ask", json=body).json()["event_id"]
                client.get(f"/gradio_api/call/v2/ask/{event}")
        finally:
            log.handlers, log.propagate = before[0], before[1]
            log.setLevel(before[2])
        lines = [json.loads(line) for line in said.getvalue().splitlines()]
        assert {"request", "answered"} <= {line["event"] for line in lines}
        [health] = [line for line in lines if line.get("path") == "/healthz"]
        assert (health["method"], health["status"], health["bytes"]) == ("GET", 200, 2)
        assert "secretquestion" not in said.getvalue()

    def test_without_it_there_is_no_line(self, engine):
        said: list[str] = []

        class Kept(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                said.append(JsonLines().format(record))

        log = logging.getLogger("footnote.server")
        handler = Kept()
        log.addHandler(handler)
        try:
            queue = QuestionQueue(engine)
            metrics = Metrics(engine, queue, Readiness(engine, queue))
            asyncio.run(replies(RequestMonitor(answering(200), metrics=metrics)))
        finally:
            log.removeHandler(handler)
        assert said == []


class TestReadiness:
    def client(self, engine: Footnote) -> Any:
        from starlette.testclient import TestClient

        return TestClient(create_app(engine), base_url="http://localhost:7860")

    @pytest.mark.parametrize("damage", ["manifest", "rows", "everything"])
    def test_a_broken_index_is_told_and_a_mended_one_too(self, engine, tmp_path, damage, monkeypatch):
        monkeypatch.setattr("footnote.server.monitoring.LOOK_EVERY_SECONDS", 0.0)
        index, client = tmp_path / "index", self.client(engine)
        shutil.copytree(index, tmp_path / "kept")
        assert client.get("/readyz").status_code == 200
        if damage == "everything":
            shutil.rmtree(index)
        else:
            [victim] = index.glob("manifest.json" if damage == "manifest" else "rows-*.sqlite")
            data = bytearray(victim.read_bytes())
            data[len(data) // 2] ^= 1
            victim.write_bytes(data)
        broken = client.get("/readyz")
        assert broken.status_code == 503
        assert "footnote index" in broken.json()["reason"]
        assert str(tmp_path) not in broken.text, "folders of this machine are nobody's business"
        assert "retry-after" in broken.headers
        assert client.get("/healthz").status_code == 200, "the process is well"
        shutil.rmtree(index, ignore_errors=True)
        shutil.copytree(tmp_path / "kept", index)
        assert client.get("/readyz").status_code == 200

    def test_it_follows_a_new_generation(self, engine, tmp_path, tiny_corpus, hashing_encoder, monkeypatch):
        monkeypatch.setattr("footnote.server.monitoring.LOOK_EVERY_SECONDS", 0.0)
        client = self.client(engine)
        before = client.get("/readyz").json()
        (tiny_corpus / "new.txt").write_text("Mars\n\nMars has two small moons.\n", encoding="utf-8")
        Footnote.build(tiny_corpus, tmp_path / "index", encoder=hashing_encoder)[0].close()
        after = client.get("/readyz").json()
        assert after["generation"] == before["generation"] + 1
        assert after["fingerprint"] != before["fingerprint"]

    def test_a_closed_queue_is_not_ready(self, engine):
        queue = QuestionQueue(engine)
        queue.close()
        assert Readiness(engine, queue).look() == (False, {"ready": False, "reason": "the server is stopping"})

    def test_it_says_so_while_no_question_gets_its_turn(self, engine):
        busy = with_settings(engine, workers=2, queue_wait_seconds=0.1)
        queue, go = QuestionQueue(busy), threading.Event()
        readiness = Readiness(busy, queue)
        held = [queue.submit(go.wait)]
        time.sleep(0.2)
        assert readiness.look()[0], "one turn is free"
        held.append(queue.submit(go.wait))
        time.sleep(0.3)
        ready, facts = readiness.look()
        assert not ready
        assert "no question got its turn" in facts["reason"]
        go.set()
        assert [each.result(10) for each in held] == [True, True]
        time.sleep(0.05)
        assert readiness.look()[0]
        queue.close()

    def test_it_says_so_while_the_routes_are_blocked(self, engine, monkeypatch):
        from starlette.testclient import TestClient

        go = threading.Event()
        with TestClient(create_app(engine), base_url="http://localhost:7860") as client, ThreadPoolExecutor(50) as pool:
            assert client.get("/readyz").status_code == 200
            monkeypatch.setattr("footnote.server.api.file_states", lambda _: go.wait(60))
            held = [pool.submit(client.get, "/api/v1/files") for _ in range(45)]
            time.sleep(1.0)
            blocked = client.get("/readyz")
            assert client.get("/healthz").status_code == 200
            go.set()
            assert {each.result(60).status_code for each in held} == {200}
            assert client.get("/readyz").status_code == 200
        assert blocked.status_code == 503
        assert "wait for others" in blocked.json()["reason"]

    def test_it_looks_at_the_disk_not_more_often_than_it_should(self, engine, tmp_path):
        readiness = Readiness(engine, QuestionQueue(engine))
        assert readiness.look()[0]
        shutil.rmtree(tmp_path / "index")
        assert readiness.look()[0], "within half a second the last look holds"
        time.sleep(0.6)
        assert not readiness.look()[0]


@pytest.mark.slow
def test_a_server_that_is_told_to_stop_finishes_its_answers_and_exits_with_zero(tiny_corpus: Path, tmp_path: Path):
    from urllib.request import urlopen

    kept: list[subprocess.Popen[str]] = []
    with served(tiny_corpus, tmp_path / "index", *LIGHT, started=kept.append) as address:
        with urlopen(f"{address}/readyz", timeout=30) as answer:
            assert json.load(answer)["ready"]
        [process] = kept
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        # Five seconds on a machine of its own; other programs hold it up where all tests run.
        assert time.monotonic() - began <= sized(20, 5)
    assert list((tmp_path / "index").glob("*.tmp")) == []
    assert (tmp_path / "index" / "LOCK").read_bytes() == b""


def test_settings_of_a_server_are_read_by_their_kind():
    from footnote.cli.arguments import parse

    arguments = parse(["serve", "--set", "log_requests=true", "--set", "queue_max=7"])
    assert (arguments.settings.log_requests, arguments.settings.queue_max) == (True, 7)
    with pytest.raises(UsageError, match="true or false"):
        parse(["serve", "--set", "log_requests=maybe"])
    assert Settings().log_requests is False

"""The doors for programs: the JSON interface, MCP and the figures, and that all doors give one answer."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

import pytest

from browser_support import LIGHT, answer_over_http, served
from fakes import TOKEN, entered
from footnote.engine import Footnote
from footnote.records import AbstentionReason, Answer, Standing
from footnote.rendering import json_text, to_json
from footnote.server import schemas
from footnote.server.app import create_app
from footnote.settings import Settings

QUESTION = "How long does a day on Titan last?"
ROOT = Path(__file__).parent.parent


@contextmanager
def calling(engine: Footnote, **options: Any) -> Iterator[Any]:
    from starlette.testclient import TestClient

    with TestClient(create_app(engine, **options), base_url="http://127.0.0.1") as client:
        yield client


def standing_as(engine: Footnote, standing: str) -> Answer:
    """An answer of each standing, from one that has quotes."""
    answer = engine.ask(QUESTION)
    if standing == "answered":
        return answer
    nearest = answer.citations[0] if standing == "nearest" else None
    reason: AbstentionReason = "small_talk" if standing == "reply" else "not_answered"
    return replace(answer, citations=(), nearest=nearest, reason=reason, explanation="Why.", track_record=None)


@pytest.fixture
def client(engine: Footnote) -> Iterator[Any]:
    with calling(engine) as client:
        yield client


class TestHttp:
    def test_the_answer_is_the_engine_s_byte_for_byte(self, client, engine):
        answer = client.post("/api/v1/ask", json={"question": QUESTION})
        assert answer.text == json_text(to_json(engine.ask(QUESTION)))
        assert answer.json()["answered"]
        assert "access-control-allow-origin" not in answer.headers

    def test_a_follow_up_is_understood_from_its_history(self, client):
        history = [{"question": QUESTION, "answer": "A day on Titan lasts 15 days and 22 hours."}]
        body = {"question": "And what do its lakes hold?", "history": history}
        said = client.post("/api/v1/ask", json=body).json()
        assert "Titan" in said["interpreted_as"]

    def test_literal_words_are_searched_as_they_are(self, client, monkeypatch):
        seen = []
        monkeypatch.setattr("footnote.interpretation.mend_spelling", lambda question, *_: seen.append(question) or "x")
        asked = {"question": QUESTION, "literal": True}
        for path in ("/api/v1/ask", "/api/v1/ask/stream"):
            assert f'"interpreted_as":"{QUESTION}"' in client.post(path, json=asked).text.replace('": "', '":"')
        assert seen == []
        assert client.post("/api/v1/ask", json={"question": QUESTION}).json()["interpreted_as"] == "x"
        assert client.post("/api/v1/ask", json={**asked, "literal": "yes"}).status_code == 422

    @pytest.mark.parametrize("standing", get_args(Standing))
    def test_every_standing_fits_the_form(self, client, engine, monkeypatch, standing):
        answer = standing_as(engine, standing)
        monkeypatch.setattr(Footnote, "ask", lambda *_, **__: answer)
        said = client.post("/api/v1/ask", json={"question": QUESTION})
        assert said.text == json_text(to_json(answer))
        form = schemas.AnswerForm.model_validate(said.json())
        assert (form.standing, form.nearest is not None) == (standing, standing == "nearest")

    def test_only_the_named_documents_are_asked(self, client):
        said = client.post("/api/v1/search", json={"query": "Titan", "documents": ["tea.txt"]}).json()
        assert {hit["doc"] for hit in said["hits"]} <= {"tea.txt"}

    def test_the_stream_ends_with_the_whole_answer(self, client, engine):
        text = client.post("/api/v1/ask/stream", json={"question": QUESTION}).text
        events = [dict(line.split(": ", 1) for line in event.split("\n")) for event in text.strip().split("\n\n")]
        assert events[0]["event"] == "waiting"
        assert [event["event"] for event in events].count("citation") == len(engine.ask(QUESTION).citations)
        assert json.loads(events[-1]["data"]) == json.loads(json_text(to_json(engine.ask(QUESTION))))

    def test_documents_come_in_pages(self, client):
        first = client.get("/api/v1/documents", params={"limit": 1}).json()
        second = client.get("/api/v1/documents", params={"limit": 1, "offset": 1}).json()
        assert (first["total"], first["documents"][0]["doc"], second["documents"][0]["doc"]) == (
            2, "moons.md", "tea.txt",
        )  # fmt: skip

    def test_a_citation_is_read_again_by_its_id(self, client):
        cited = client.post("/api/v1/ask", json={"question": QUESTION}).json()["citations"][0]
        read = client.get(f"/api/v1/citations/{quote(cited['doc'])}:{cited['start']}-{cited['end']}").json()
        assert (read["quote"], read["shown"], read["heading_path"]) == (
            cited["quote"], cited["shown"], cited["heading_path"],
        )  # fmt: skip
        document = client.get(f"/api/v1/documents/{cited['doc']}").json()
        assert document["text"][cited["start"] : cited["end"]] == cited["quote"]

    @pytest.mark.parametrize(
        ("method", "path", "body", "status"),
        [
            ("POST", "/api/v1/ask", {"question": ""}, 422),
            ("POST", "/api/v1/ask", {"question": " \u0000\u0085 "}, 422),
            ("POST", "/api/v1/ask", {"question": "x" * 2_001}, 413),
            ("POST", "/api/v1/ask", {"question": "x", "colour": "red"}, 422),
            ("POST", "/api/v1/search", {"query": "x", "k": "3"}, 422),
            ("GET", "/api/v1/documents/none.md", None, 404),
            ("GET", "/api/v1/citations/moons.md", None, 404),
            ("GET", "/api/v1/citations/moons.md:5-5", None, 404),
            ("GET", "/api/v1/citations/moons.md:5-99999999", None, 404),
            ("GET", "/api/v1/nothing", None, 404),
            ("GET", "/api/v1/layouts/none.md", None, 404),
            ("GET", "/api/v1/originals/none.md", None, 404),
            ("GET", "/api/start", None, 404),
            ("POST", "/api/v1/check", {"claims": [{"doc": "a", "start": "1", "end": 2, "quote": ""}]}, 422),
            ("POST", "/api/v1/check", None, 422),
            ("POST", "/api/v1/changes", {}, 403),
            ("GET", "/api/v1/changes", None, 403),
            ("GET", "/api/v1/feedback", None, 403),
            ("PUT", "/api/v1/files/a.md", {}, 415),
            ("DELETE", "/api/v1/ask", None, 405),
            ("GET", "/api/v1/../healthz", None, 404),
        ],
    )
    def test_what_is_wrong_is_a_problem(self, client, method, path, body, status):
        answer = client.request(method, path, json=body)
        if "../" in path:
            return  # the client itself resolves it
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        schemas.Problem.model_validate(answer.json())
        assert answer.json()["status"] == status

    @pytest.mark.parametrize(
        "body",
        [
            {"question": "x", "history": [{f"field {n}": 0 for n in range(20_000)}]},
            {"question": "x", "f" * 500_000: 0},
            {"question": "x", **{"\u0001" * 100 + str(n): 0 for n in range(2_000)}},
        ],
        ids=["many", "long", "many and long"],
    )
    def test_a_refusal_is_small_whatever_is_refused(self, client, body):
        answer = client.post("/api/v1/ask", json=body)
        assert answer.status_code == 422
        assert 0 < len(answer.json()["errors"]) <= 20
        assert len(answer.content) < 50_000

    def test_refusals_at_the_door_are_problems_too(self, client):
        for headers, status in (({"host": "evil.example"}, 421), ({"origin": "http://evil.example"}, 403)):
            for path in ("/api/v1/ask", "/mcp", "/gradio_api/call/v2/ask"):
                answer = client.post(path, json={"question": QUESTION}, headers=headers)
                assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
                assert schemas.Problem.model_validate(answer.json()).status == status
        refused = client.get("/", headers={"host": "evil.example"})
        assert (refused.status_code, refused.headers["content-type"]) == (421, "text/plain; charset=utf-8")

    def test_a_fault_of_our_own_is_a_problem_without_its_words(self, engine, monkeypatch):
        from starlette.testclient import TestClient

        def broken(*_: Any, **__: Any) -> None:
            raise IndexError("list index out of range")

        monkeypatch.setattr(Footnote, "ask", broken)
        client = TestClient(create_app(engine), base_url="http://127.0.0.1", raise_server_exceptions=False)
        answer = client.post("/api/v1/ask", json={"question": QUESTION})
        assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
        assert "list index" not in answer.text

    def test_a_refused_method_is_told_all_that_are_taken(self, client):
        for path, methods in (("changes", "GET, POST"), ("feedback", "GET, POST"), ("ask", "POST"), ("files", "GET")):
            refused = client.delete(f"/api/v1/{path}")
            assert (refused.status_code, refused.headers["allow"]) == (405, methods)

    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
    def test_a_question_comes_as_json_and_nothing_else(self, client, kind):
        body = json.dumps({"question": QUESTION})
        assert client.post("/api/v1/ask", content=body, headers={"content-type": kind}).status_code == 415
        assert client.post("/api/v1/ask", content=body, headers={"content-type": "application/json"}).status_code == 200

    def test_the_token_is_asked_for_and_described(self, engine):
        with calling(engine, token=TOKEN) as client:
            assert client.get("/api/v1/documents").json()["status"] == 401
            assert client.get("/metrics").status_code == 401
            assert client.post("/mcp", json={}).status_code == 401
            shown = {"authorization": f"Bearer {TOKEN}"}
            assert client.get("/api/v1/documents", headers=shown).status_code == 200
            assert client.get("/api/v1/openapi.json", headers=shown).json()["security"] == [{"token": []}]

    def test_everything_fits_its_form(self, client, engine):
        for question in (QUESTION, "Who painted the ceiling?", "hello"):
            schemas.AnswerForm.model_validate(client.post("/api/v1/ask", json={"question": question}).json())
        schemas.SearchForm.model_validate(client.post("/api/v1/search", json={"query": "moons"}).json())
        schemas.DocumentsForm.model_validate(client.get("/api/v1/documents").json())
        schemas.DocumentForm.model_validate(client.get("/api/v1/documents/moons.md").json())
        schemas.CitedForm.model_validate(client.get("/api/v1/citations/moons.md:120-140").json())
        schemas.StartForm.model_validate(client.get("/api/v1/start").json())
        schemas.FilesForm.model_validate(client.get("/api/v1/files").json())
        schemas.LayoutForm.model_validate(client.get("/api/v1/layouts/moons.md").json())
        claims = [{"doc": doc, "start": 0, "end": 3, "quote": "---"} for doc in ("moons.md", "none.md")]
        checked = schemas.CheckedForm.model_validate(client.post("/api/v1/check", json={"claims": claims}).json())
        assert [each.state for each in checked.claims] == ["exact", "gone"]

    def test_what_the_owner_gets_fits_its_form(self, client):
        said = client.post("/api/v1/feedback", json={"turn": "a", "kind": "good", "question": QUESTION})
        assert said.status_code == 204
        entered(client)
        assert schemas.FeedbackForm.model_validate(client.get("/api/v1/feedback").json()).count == 1
        sent = client.put("/api/v1/files/a.md", content=b"# A", headers={"content-type": "application/octet-stream"})
        assert sent.status_code == 204
        begun = client.post("/api/v1/changes", json={})
        assert begun.status_code == 202
        until = time.monotonic() + 60
        while (state := schemas.ChangeForm.model_validate(client.get("/api/v1/changes").json())).running:
            assert time.monotonic() < until
            time.sleep(0.02)
        assert (state.added, state.failed, state.error) == (["a.md"], [], None)


class TestMetrics:
    def test_what_happened_is_counted_in_prometheus_form(self, client):
        from prometheus_client.parser import text_string_to_metric_families

        client.post("/api/v1/ask", json={"question": QUESTION})
        client.get("/api/v1/documents/none.md")
        answer = client.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=")
        samples = {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }
        assert samples["footnote_requests_total", ("door", "api"), ("status", "200")] == 1
        assert samples["footnote_requests_total", ("door", "api"), ("status", "404")] == 1
        assert samples["footnote_questions_total", ("outcome", "done")] == 1
        assert samples["footnote_index_documents",] == 2
        assert samples["footnote_ready",] == 1
        assert "Titan" not in answer.text


async def tried(session: Any) -> dict[str, Any]:
    """Lists and calls everything that the MCP door has, with the official client."""
    tools = {tool.name: tool for tool in (await session.list_tools()).tools}
    asked = await session.call_tool("ask", {"question": QUESTION})
    found = await session.call_tool("search", {"query": "moons of Saturn", "k": 2})
    cited = asked.structured_content["citations"][0]
    place = {name: cited[name] for name in ("doc", "start", "end")}
    read = await session.call_tool("read_source", place)
    resources = (await session.list_resources()).resources
    text = (await session.read_resource(resources[0].uri)).contents[0].text
    wrong = [
        await session.call_tool("ask", {"question": " "}),
        await session.call_tool("ask", {"question": QUESTION, "colour": "red"}),
        await session.call_tool("read_source", {"doc": "../secret"}),
    ]
    return {
        "tools": tools, "asked": asked, "found": found.structured_content, "read": read.structured_content,
        "cited": cited, "resources": resources, "text": text, "wrong": wrong,
    }  # fmt: skip


def assert_tried(seen: dict[str, Any]) -> None:
    import jsonschema

    assert list(seen["tools"]) == ["ask", "search", "read_source"]
    assert json.loads(seen["asked"].content[0].text) == seen["asked"].structured_content
    jsonschema.validate(seen["asked"].structured_content, seen["tools"]["ask"].output_schema)
    assert len(seen["found"]["hits"]) == 2
    assert seen["read"]["text"] == seen["cited"]["quote"]
    assert [resource.name for resource in seen["resources"]] == ["moons.md", "tea.txt"]
    assert seen["cited"]["quote"] in seen["text"]
    assert [result.is_error for result in seen["wrong"]] == [True, True, True]
    assert "/" not in seen["wrong"][2].content[0].text


class TestMcp:
    def test_every_tool_and_resource_answers(self, engine):
        from mcp.client import Client

        from footnote.server.mcp import mcp_server
        from footnote.server.queue import QuestionQueue

        async def visit() -> dict[str, Any]:
            async with Client(mcp_server(engine, queue)) as session:
                return await tried(session)

        queue = QuestionQueue(engine)
        assert_tried(asyncio.run(visit()))
        queue.close()

    def test_the_nearest_fits_the_published_schema(self, engine, monkeypatch):
        import jsonschema
        from mcp.client import Client

        from footnote.server.mcp import mcp_server
        from footnote.server.queue import QuestionQueue

        answer = standing_as(engine, "nearest")
        monkeypatch.setattr(Footnote, "ask", lambda *_, **__: answer)

        async def visit() -> tuple[Any, Any]:
            async with Client(mcp_server(engine, queue)) as session:
                (tool,) = [tool for tool in (await session.list_tools()).tools if tool.name == "ask"]
                return tool, await session.call_tool("ask", {"question": QUESTION, "literal": True})

        queue = QuestionQueue(engine)
        tool, asked = asyncio.run(visit())
        queue.close()
        jsonschema.validate(asked.structured_content, tool.output_schema)
        assert asked.structured_content["nearest"]["quote"] == answer.nearest.quote
        assert "literal" in tool.input_schema["properties"]

    @pytest.mark.parametrize("door", ["read_source", "read_resource", "search", "list_resources"])
    def test_what_was_removed_is_gone_at_once(self, engine, tiny_corpus, tmp_path, hashing_encoder, door):
        from mcp.client import Client
        from mcp.shared.exceptions import MCPError

        from footnote.server.mcp import SCHEME, mcp_server
        from footnote.server.queue import QuestionQueue

        async def found(session: Any) -> bool:
            if door == "read_source":
                return not (await session.call_tool("read_source", {"doc": "tea.txt"})).is_error
            if door == "search":
                hits = (await session.call_tool("search", {"query": "green tea"})).structured_content["hits"]
                return "tea.txt" in {hit["doc"] for hit in hits}
            if door == "list_resources":
                return "tea.txt" in {each.name for each in (await session.list_resources()).resources}
            try:
                return bool((await session.read_resource(f"{SCHEME}tea.txt")).contents)
            except MCPError:
                return False

        async def visit() -> list[bool]:
            async with Client(mcp_server(engine, queue)) as session:
                before = await found(session)
                (tiny_corpus / "tea.txt").unlink()
                Footnote.build(tiny_corpus, tmp_path / "index", encoder=hashing_encoder)[0].close()
                return [before, await found(session)]

        queue = QuestionQueue(engine)
        assert asyncio.run(visit()) == [True, False]
        queue.close()

    def test_a_fault_or_a_broken_cursor_is_answered_in_the_protocol_s_own_words(self, engine, monkeypatch):
        from mcp.client import Client
        from mcp.shared.exceptions import MCPError

        from footnote.server.mcp import mcp_server
        from footnote.server.queue import QuestionQueue

        async def codes() -> list[int]:
            async with Client(mcp_server(engine, queue), raise_exceptions=False) as session:
                found = []
                for call in (
                    session.list_resources(cursor="9" * 5_000),
                    session.list_resources(cursor="½"),
                    session.read_resource("footnote://documents/none.md"),
                    session.call_tool("ask", {"question": QUESTION}),
                ):
                    with pytest.raises(MCPError) as refused:
                        await call
                    found.append(refused.value.error.code)
                return found

        def broken(*_: Any, **__: Any) -> None:
            raise IndexError("list index out of range")

        queue = QuestionQueue(engine)
        monkeypatch.setattr(type(engine), "ask", broken)
        assert asyncio.run(codes()) == [-32602, -32602, -32602, -32603]
        queue.close()


def called(number: int, method: str, params: str) -> str:
    return f'{{"jsonrpc":"2.0","id":{number},"method":"{method}","params":{params}}}'


BROKEN = {
    "no JSON": ("nonsense", None, -32700),
    "half a character": (called(7, "tools/call", '{"name":"ask","arguments":{"question":"\\ud83d"}}'), 7, -32700),
    "deeply nested": (called(8, "x", "[" * 5_000 + "]" * 5_000), 8, -32700),
    "no method": ('{"jsonrpc":"2.0","id":9,"method":5}', 9, -32600),
    "no object": ("[1]", None, -32600),
    "another protocol": ('{"jsonrpc":"1.0","id":"q","method":"ping"}', "q", -32600),
    "no such method": (called(11, "nope", "{}"), 11, -32601),
    "a cursor of thousands": (called(12, "resources/list", f'{{"cursor":"{"9" * 5_000}"}}'), 12, -32602),
}


@pytest.mark.slow
def test_every_line_over_stdio_is_answered(places: tuple[Path, Path]) -> None:
    corpus, index = places
    command = [sys.executable, "-m", "footnote", "mcp", "--corpus", str(corpus), "--index", str(index)]
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    lines = [
        json.dumps({"jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": hello}),
        json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        "",
    ]
    with subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n".join(lines) + "\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["id"] == "hello"
        for name, (line, known, code) in BROKEN.items():
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert (answer["id"], answer["error"]["code"]) == (known, code), name
        process.stdin.close()
        assert process.wait(timeout=30) == 0


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A corpus, and its index made by the real model."""
    from conftest import write_corpus

    folder = tmp_path_factory.mktemp("doors")
    (folder / "corpus").mkdir()
    footnote, _ = Footnote.build(write_corpus(folder / "corpus"), folder / "index")
    footnote.close()
    return folder / "corpus", folder / "index"


@pytest.mark.slow
def test_one_question_through_every_door_gives_one_answer(places: tuple[Path, Path]) -> None:
    from urllib.request import Request, urlopen

    from mcp.client import Client
    from mcp.client.stdio import StdioServerParameters

    corpus, index = places
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    options = ["--corpus", str(corpus), "--index", str(index)]
    seen: dict[str, object] = {}
    with Footnote.open(index) as footnote:
        seen["python"] = to_json(footnote.ask(QUESTION))
    command = [sys.executable, "-m", "footnote", "ask", QUESTION, "--json", *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    seen["command line"] = json.loads(done.stdout)

    async def over_mcp(server: Any) -> Any:
        async with Client(server) as session:
            everything = await tried(session)
            assert_tried(everything)
            return everything["asked"].structured_content

    stdio = StdioServerParameters(command=sys.executable, args=["-m", "footnote", "mcp", *options], env=environment)
    seen["MCP over stdio"] = asyncio.run(over_mcp(stdio))
    with served(corpus, index) as address:
        body = json.dumps({"question": QUESTION}).encode()
        with urlopen(Request(f"{address}/api/v1/ask", body, {"content-type": "application/json"})) as response:
            seen["HTTP"] = json.load(response)
        seen["page"] = answer_over_http(address, QUESTION)["answer"]
        seen["MCP over HTTP"] = asyncio.run(over_mcp(f"{address}/mcp"))
    texts = {door: json.dumps(answer, sort_keys=True).encode() for door, answer in seen.items()}
    assert set(texts.values()) == {texts["python"]}
    assert len(texts) == 6


EXAMPLES = int(os.environ.get("FOOTNOTE_API_EXAMPLES", "15"))
"""For each operation and phase; 400 make more than 2,000 cases."""


@pytest.mark.slow
def test_nothing_that_the_openapi_document_allows_or_forbids_breaks_it(tiny_corpus: Path, tmp_path: Path) -> None:
    """All of schemathesis' checks, against the real server; a body that is too long is refused before it is looked at."""
    refused = ("400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "5xx")
    rule = f"[checks.negative_data_rejection]\nexpected-statuses = {json.dumps(refused)}\n"
    (tmp_path / "schemathesis.toml").write_text(rule, encoding="utf-8")
    with served(tiny_corpus, tmp_path / "index", *LIGHT) as address:
        command = [
            sys.executable, "-m", "schemathesis.cli", "run", f"{address}/api/v1/openapi.json", "--checks", "all",
            "--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES), "--seed", "7", "--workers", "1",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]


def test_the_queue_s_refusal_is_a_problem_with_a_time(engine):
    full = Footnote(engine.index, engine.encoder, replace(Settings(), queue_wait_seconds=-1.0))
    with calling(full) as client:
        answer = client.post("/api/v1/ask", json={"question": QUESTION})
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert int(answer.headers["retry-after"]) >= 1

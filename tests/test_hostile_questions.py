"""A question may be anything: every face answers it or refuses it, by the same rules, at once, and never breaks."""

from __future__ import annotations

import gc
import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes import HashingEncoder
from footnote.cli import main
from footnote.encoding import load_encoder
from footnote.engine import Footnote
from footnote.errors import QuestionError, QuestionTooLong
from footnote.rendering import to_json
from footnote.server.app import create_app
from footnote.settings import Settings
from hostile_questions import hostile_questions
from promises import FULL, record, sized

ROOT = Path(__file__).parents[1]
NUMBER = sized(60, 1_000)
SETTINGS = Settings() if FULL else Settings(reranker="small")
"""The rules are the same whoever reads; the large reranker takes four times as long."""
Outcome = dict[str, Any] | str
"""The answer as JSON without its timings, or "refused"."""


@pytest.fixture(scope="module")
def encoder() -> Any:
    return load_encoder(Settings()) if FULL else HashingEncoder()


@pytest.fixture(scope="module")
def engine(encoder: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Footnote]:
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copytree(ROOT / "corpus", folder / "corpus")
    built, _ = Footnote.build(folder / "corpus", folder / "index", encoder=encoder, settings=SETTINGS)
    with built:
        yield built


def same(answer: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps({key: value for key, value in answer.items() if key != "timings"}))


def asked_of_python(engine: Footnote) -> Callable[[str], Outcome]:
    def ask(question: str) -> Outcome:
        try:
            answer = engine.ask(question)
        except QuestionError:
            return "refused"
        for citation in answer.citations:
            text = engine.document(citation.document_id).text
            assert citation.span.of(text) == citation.quote
        return same(to_json(answer))

    return ask


def asked_of_http(client: Any) -> Callable[[str], Outcome]:
    def ask(question: str) -> Outcome:
        body = json.dumps({"question": question}).encode()
        came = client.post("/api/v1/ask", content=body, headers={"content-type": "application/json"})
        assert came.status_code in {200, 413, 422}, (came.status_code, came.text[:200])
        if came.status_code != 200:
            assert "Traceback" not in came.text
            return "refused"
        return same(came.json())

    return ask


def asked_of_the_page(client: Any) -> Callable[[str], Outcome]:
    def ask(question: str) -> Outcome:
        body = json.dumps({"question": question}).encode()
        began = client.post("/gradio_api/call/v2/ask", content=body, headers={"content-type": "application/json"})
        if began.status_code == 413:
            return "refused"
        assert began.status_code == 200, (began.status_code, began.text[:200])
        lines = client.get(f"/gradio_api/call/v2/ask/{began.json()['event_id']}").text.splitlines()
        data = next(line for line in reversed(lines) if line.startswith("data: "))[6:]
        found = json.loads(data)[0]
        if "error" in found:
            assert found["error"]["status"] in (QuestionError.http_status, QuestionTooLong.http_status), found
            return "refused"
        return same(found["answer"])

    return ask


def asked_of_the_shell(engine: Footnote, capsys: pytest.CaptureFixture[str]) -> Callable[[str], Outcome]:
    index = Path(engine.location)
    place = ["--corpus", str(index.parent / "corpus"), "--index", str(index), "--set", f"reranker={SETTINGS.reranker}"]

    def ask(question: str) -> Outcome:
        capsys.readouterr()
        status = main(["ask", "--json", *place, "--", question])
        out, err = capsys.readouterr()
        if status:
            assert (status, err.count("\n")) == (1, 1), err[:300]
            return "refused"
        return same(json.loads(out))

    return ask


def test_every_face_answers_or_refuses_by_the_same_rules(
    engine: Footnote, encoder: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from starlette.testclient import TestClient

    # The model is loaded once; a process that starts with each question is what test_end_to_end measures.
    monkeypatch.setattr("footnote.encoding.load_encoder", lambda _: encoder)
    seconds: dict[str, list[float]] = {}
    work: dict[str, list[float]] = {}
    outcomes: Counter[str] = Counter()
    with TestClient(create_app(engine), base_url="http://localhost", raise_server_exceptions=False) as client:
        faces = {
            "python": asked_of_python(engine),
            "http": asked_of_http(client),
            "page": asked_of_the_page(client),
            "shell": asked_of_the_shell(engine, capsys),
        }
        for ask in faces.values():
            # What each loads with its first question is not the question's doing.
            ask("How long does an infusion take?")
        # Nor is going through what all tests before this one left in memory.
        gc.collect()
        gc.freeze()
        questions = list(hostile_questions(NUMBER))
        for question in questions:
            found: dict[str, Outcome] = {}
            for name, ask in faces.items():
                began, worked = time.perf_counter(), time.process_time()
                found[name] = ask(question)
                seconds.setdefault(name, []).append(time.perf_counter() - began)
                work.setdefault(name, []).append(time.process_time() - worked)
            assert all(each == found["python"] for each in found.values()), (question[:100], found)
            kind = found["python"] if isinstance(found["python"], str) else found["python"]["reason"] or "answered"
            outcomes[str(kind)] += 1
    gc.unfreeze()
    assert len(questions) == NUMBER
    assert outcomes["refused"] > 0
    slowest = {name: round(max(each), 3) for name, each in work.items()}
    record(
        "P13 hostile questions",
        "1,000 through every face: 0 internal errors, each within 1 s, the same rules everywhere",
        questions=NUMBER, faces=len(faces), internal_errors=0, other_outcomes=0, outcomes=dict(outcomes),
        slowest_seconds_of_work=slowest,
        p99_seconds={name: round(float(np.percentile(each, 99)), 3) for name, each in seconds.items()},
        slowest_seconds={name: round(max(each), 3) for name, each in seconds.items()},
    )  # fmt: skip
    # Seconds of work of all threads together: other programs on the machine may hold the clock up, but not this.
    assert max(slowest.values()) <= 1.0


def test_what_is_no_question_body_is_refused_without_echo(engine: Footnote) -> None:
    from starlette.testclient import TestClient

    with TestClient(create_app(engine), base_url="http://localhost", raise_server_exceptions=False) as client:
        for body in (
            b"", b"[]", b"{}", b"nul",
            b'{"question": 7}', b'{"question": null}', b'{"question": ["a"]}', b'{"question": "a", "history": "b"}',
            b'{"question": "a", "history": [["\\ud800"]]}', b'{"question": {"a": "\\udfff"}}', b'{"question": "a", "documents": [1]}',
            b'{"question": "a", "documents": "b"}', b"\xff\xfe", b'{"question": "' + b"\\u0000" * 10, b"[" * 50_000,
        ):  # fmt: skip
            came = client.post("/api/v1/ask", content=body, headers={"content-type": "application/json"})
            assert came.status_code in {400, 422}, (body[:40], came.status_code, came.text[:200])

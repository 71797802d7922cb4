"""OpenAI's interface: what its official client gets from a real server, and what the page makes of the links."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_args
from urllib.request import Request, urlopen

import pytest

from browser_support import LIGHT, MARKED, Visit, served
from conftest import write_corpus
from fakes import TOKEN
from footnote.engine import Footnote
from footnote.errors import UsageError
from footnote.records import Standing
from footnote.rendering import json_text, to_json, to_markdown, turn_of
from footnote.server.app import create_app
from footnote.server.chat_completions import ChatMessage, conversation_of
from footnote.server.queue import QuestionQueue
from test_api import calling, standing_as

QUESTION = "How long does a day on Titan last?"
FOLLOW_UP = "And what do its lakes hold?"
UNKNOWN = "Who composed the opera Parsifal?"
LINK = re.compile(r"\]\((http://[^)\s]+)\)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("chat")
    (home / "corpus").mkdir()
    with served(write_corpus(home / "corpus"), home / "index", *LIGHT, FOOTNOTE_TOKEN=TOKEN) as address:
        yield address


def openai_client(address: str, **options: Any) -> Any:
    openai = pytest.importorskip("openai", reason="openai, the official client, is not installed")
    return openai.OpenAI(base_url=f"{address}/v1", **{"api_key": TOKEN, "max_retries": 0, **options})


@pytest.fixture
def client(site: str) -> Iterator[Any]:
    with openai_client(site) as opened:
        yield opened


def over_api(address: str, question: str, history: list[dict[str, str]] | None = None) -> dict[str, Any]:
    body = json.dumps({"question": question, "history": history or []}).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {TOKEN}"}
    with urlopen(Request(f"{address}/api/v1/ask", body, headers), timeout=60) as response:
        return json.load(response)


def chat(client: Any, *said: str, **options: Any) -> Any:
    """A completion of a conversation: what the user and the assistant said in turn."""
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": text} for n, text in enumerate(said)]
    return client.chat.completions.create(model="footnote", messages=messages, **options)


def pieces(stream: Any) -> Iterator[tuple[str, Any]]:
    """The text of each chunk, and the answer object where it has one."""
    for chunk in stream:
        for choice in chunk.choices:
            yield choice.delta.content or "", (chunk.model_extra or {}).get("footnote")


def letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


class TestWithinTheServer:
    @pytest.mark.parametrize("standing", get_args(Standing))
    @pytest.mark.parametrize("stream", [False, True])
    def test_every_standing_is_said_in_words(self, engine, monkeypatch, standing, stream):
        answer = standing_as(engine, standing)
        monkeypatch.setattr(Footnote, "ask", lambda *_, **__: answer)
        with calling(engine) as client:
            asked = {"model": "footnote", "messages": [{"role": "user", "content": "x"}], "stream": stream}
            text = client.post("/v1/chat/completions", json=asked).text
        events = [json.loads(line[6:]) for line in text.split("\n") if line.startswith("data: {")] or [json.loads(text)]
        said = "".join(
            (c.get("delta") or c.get("message"))["content"]
            for e in events
            for c in e["choices"]
            if c.get("delta") != {}
        )
        assert ("**Why.**" in said, "Confidence: " in said) == (standing != "answered", standing == "answered")
        assert ("> " in said) == (standing in {"answered", "nearest"})
        assert LINK.sub("]", said).replace("[Moons", "Moons").count("Moons") == said.count("Moons")
        assert json_text(events[-1]["footnote"]) == json_text(to_json(answer))

    def test_a_full_server_says_so_and_when_to_come_again(self, engine, monkeypatch):
        with calling(engine) as client:
            monkeypatch.setattr(QuestionQueue, "submit", client.app.state.queue.submit)
            client.app.state.queue.close()
            for stream in (False, True):
                asked = {"model": "footnote", "messages": [{"role": "user", "content": QUESTION}], "stream": stream}
                refused = client.post("/v1/chat/completions", json=asked)
                assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
                assert refused.json()["error"]["type"] == "server_error"

    def test_an_error_after_the_stream_began_ends_it_in_openai_s_form(self, engine, monkeypatch):
        def fail(*_: Any, **__: Any) -> None:
            raise UsageError("nothing goes", remedy="leave it")

        monkeypatch.setattr(Footnote, "ask", fail)
        asked = {"model": "footnote", "messages": [{"role": "user", "content": QUESTION}], "stream": True}
        with calling(engine) as client:
            *_, last = client.post("/v1/chat/completions", json=asked).text.strip().split("\n\n")
        assert json.loads(last.removeprefix("data: "))["error"]["message"] == "nothing goes; leave it"

    def test_too_many_questions_of_one_address_are_refused_in_openai_s_form(self, engine):
        limited = Footnote(engine.index, engine.encoder, replace(engine.settings, questions_per_minute=1))
        asked = {"model": "footnote", "messages": [{"role": "user", "content": QUESTION}]}
        with calling(limited) as client:
            statuses = [client.post("/v1/chat/completions", json=asked) for _ in range(2)]
        assert [each.status_code for each in statuses] == [200, 429]
        assert statuses[1].json()["error"]["code"] == "rate_limit_exceeded"
        assert int(statuses[1].headers["retry-after"]) > 0

    def test_links_lead_to_where_people_open_the_page(self, engine):
        asked = {"model": "footnote", "messages": [{"role": "user", "content": QUESTION}]}
        for changes, start in (
            ({}, "http://127.0.0.1/#read="),
            ({"root_path": "/docs"}, "http://127.0.0.1/docs/#read="),
            ({"page_url": "https://docs.example.org/ask/"}, "https://docs.example.org/ask/#read="),
        ):
            placed = Footnote(engine.index, engine.encoder, replace(engine.settings, **changes))
            with calling(placed) as client:
                said = client.post("/v1/chat/completions", json=asked).json()["choices"][0]["message"]["content"]
            assert LINK.search(said.replace("https", "http"))[1].startswith(start.replace("https", "http"))

    def test_a_page_without_an_address_is_refused(self, engine):
        placed = Footnote(engine.index, engine.encoder, replace(engine.settings, page_url="docs.example.org"))
        with pytest.raises(UsageError, match="no address of a page"):
            create_app(placed)


class TestConversation:
    def test_turns_are_read_back_from_what_was_said(self, engine):
        first = engine.ask(QUESTION)
        then = engine.ask(FOLLOW_UP, history=[(QUESTION, "A day on Titan lasts 15 days and 22 hours.")])
        assert then.interpreted_as != FOLLOW_UP
        said = [
            ("system", "Be brief."), ("user", QUESTION), ("assistant", to_markdown(first)), ("user", FOLLOW_UP),
            ("assistant", to_markdown(then)), ("user", UNKNOWN), ("assistant", to_markdown(engine.ask(UNKNOWN))),
            ("tool", "nothing"), ("user", "Why?"),
        ]  # fmt: skip
        question, history = conversation_of([ChatMessage(role=role, content=text) for role, text in said])
        assert question == "Why?"
        assert [turn.question for turn in history] == [QUESTION, then.interpreted_as, UNKNOWN]
        for turn, answer in zip(history, (first, then), strict=False):
            for citation in answer.citations:
                assert letters(citation.quote) in letters(turn.answer)
        assert history[-1].answer == ""

    @pytest.mark.parametrize("said", ["", "Of course!", "**", "> ", "*Understood as:* ", "\n\n> a\n\n**b**"])
    def test_what_others_said_is_taken_as_it_is(self, said):
        assert turn_of("What?", said).answer == ""

    def test_only_the_last_turns_count(self):
        messages = [ChatMessage(role="user", content=f"Question {n}?") for n in range(50)]
        question, history = conversation_of(messages)
        assert (question, len(history), history[-1].question) == ("Question 49?", 20, "Question 48?")


@pytest.mark.slow
class TestOfficialClient:
    def test_the_one_model_is_the_folder(self, client):
        assert [each.id for each in client.models.list()] == ["footnote"]
        assert client.models.retrieve("footnote").object == "model"

    @pytest.mark.parametrize("question", [QUESTION, UNKNOWN, "Hello!"])
    def test_the_answer_is_that_of_the_json_interface(self, client, site, question):
        completion = chat(client, question)
        assert completion.footnote == over_api(site, question)
        (choice,) = completion.choices
        assert (choice.message.role, choice.finish_reason) == ("assistant", "stop")
        assert completion.usage.total_tokens == 0
        for quoted in completion.footnote["citations"]:
            assert f"**\\[{quoted['number']}\\]** [{quoted['title']}" in choice.message.content

    def test_a_streamed_chat_with_history_is_what_its_interface_and_the_json_interface_give(self, client, site):
        """As a chat program does: models, a streamed answer, and a follow-up with all that was said so far."""
        assert client.models.list().data
        first = "".join(text for text, _ in pieces(chat(client, QUESTION, stream=True)))
        assert first == chat(client, QUESTION).choices[0].message.content
        streamed = list(pieces(chat(client, QUESTION, first, FOLLOW_UP, stream=True)))
        whole = chat(client, QUESTION, first, FOLLOW_UP)
        assert "".join(text for text, _ in streamed) == whole.choices[0].message.content
        assert len(streamed) > 4, "the Markdown comes part by part"
        before = over_api(site, QUESTION)
        history = [{"question": QUESTION, "answer": " ".join(each["quote"] for each in before["citations"])}]
        expected = over_api(site, FOLLOW_UP, history)
        assert "Titan" in expected["interpreted_as"]
        assert streamed[-1][1] == whole.footnote == expected

    def test_the_use_of_tokens_comes_last_where_it_is_asked_for(self, client):
        *_, last = chat(client, QUESTION, stream=True, stream_options={"include_usage": True})
        assert (last.choices, last.usage.total_tokens) == ([], 0)

    def test_parts_and_settings_that_chat_programs_send_change_nothing(self, client):
        plain = chat(client, QUESTION).footnote
        messages = [
            {"role": "system", "content": "Answer in verse."},
            {"role": "user", "content": [{"type": "text", "text": QUESTION}]},
        ]
        told = client.chat.completions.create(
            model="footnote", messages=messages, temperature=2, max_tokens=1, user="x", seed=1, n=1, tool_choice="auto",
            tools=[{"type": "function", "function": {"name": "search", "parameters": {}}}], response_format={"type": "text"},
        )  # fmt: skip
        assert told.footnote == plain

    @pytest.mark.parametrize(
        ("options", "kind", "told"),
        [
            ({"model": "gpt-5"}, "NotFoundError", "there is no model"),
            ({"messages": []}, "UnprocessableEntityError", "no message of the user"),
            ({"messages": [{"role": "user", "content": " "}]}, "UnprocessableEntityError", "the question is empty"),
            ({"messages": [{"role": "king", "content": "x"}]}, "UnprocessableEntityError", "messages.0.role"),
            ({"messages": [{"role": "user", "content": "x" * 2_001}]}, "APIStatusError", "ask a shorter one"),
            ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "APIStatusError", "leave out images"),
            ({"n": 2}, "BadRequestError", "one answer"),
            ({"response_format": {"type": "json_object"}}, "BadRequestError", "Markdown"),
            ({"tool_choice": "required"}, "BadRequestError", "no tool"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_answered_is_refused_in_openai_s_form(self, client, options, kind, told):
        import openai

        asked = {"model": "footnote", "messages": [{"role": "user", "content": QUESTION}], **options}
        for stream in (False, True):
            with pytest.raises(getattr(openai, kind)) as refused:
                client.chat.completions.create(**asked, stream=stream)
            assert told in refused.value.message
            assert refused.value.body["type"] == "invalid_request_error"

    def test_without_the_token_nobody_gets_in(self, site):
        import openai

        with openai_client(site, api_key="guessed") as stranger:
            for ask in (stranger.models.list, lambda: chat(stranger, QUESTION)):
                with pytest.raises(openai.AuthenticationError) as refused:
                    ask()
                assert refused.value.code == "invalid_api_key"

    # Last: Playwright keeps an event loop running, in which no server can be made.
    @pytest.mark.browser
    def test_a_link_opens_the_page_with_the_quote_marked(self, client, site, browser):
        headers = {"authorization": f"Bearer {TOKEN}"}
        for question in (QUESTION, "How large is Titan?", "How much tea is needed for a pot?"):
            completion = chat(client, question)
            links = LINK.findall(completion.choices[0].message.content)
            shown = completion.footnote["citations"] or [completion.footnote["nearest"]]
            assert len(links) >= len(shown) > 0
            for link, quoted in zip(links, shown, strict=False):
                assert link.startswith(f"{site}/#read=")
                guest = Visit(browser, site, extra_http_headers=headers)
                guest.page.goto(link)
                guest.page.wait_for_selector("mark.is-active")
                assert letters(guest.page.evaluate(MARKED, "~")) == letters(quoted["shown"])
                guest.context.close()

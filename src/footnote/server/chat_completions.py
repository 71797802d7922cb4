"""OpenAI's interface, ``/v1``, for programs that chat with models: the one model here is the folder of documents.

An answer is Markdown: exact quotes with numbered citations, each with a link to its place in the page.  The conversation is
what the client sends; nothing is kept of it.  The answer object of every other door comes along under ``footnote``.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from typing import Annotated, Any, Final, Literal

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from footnote.engine import Footnote, clean_question
from footnote.errors import FootnoteError, NotFound, QuestionError, UsageError
from footnote.quote_checking import find
from footnote.records import Answer, Span, Turn
from footnote.rendering import json_text, to_json, to_markdown, turn_of
from footnote.server.permalinks import permalink
from footnote.server.problems import answer_with_problems, openai_error, problem_of
from footnote.server.queue import QuestionQueue, beats
from footnote.server.schemas import TURNS_MAX, Text

MODEL: Final = "footnote"
_USAGE: Final = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
"""No model writes here, so that no token is spent."""
_PARAGRAPHS: Final = re.compile(r".+?(?:\n\n|\Z)", re.DOTALL)
_UNMET: Final = {
    "n": "there is one answer to a question",
    "response_format": "an answer is Markdown",
    "tool_choice": "no tool is ever called",
}


class _Taken(BaseModel):
    """What a client sends: of OpenAI's fields those that are read; the others change nothing here."""

    model_config = ConfigDict(extra="ignore", strict=True)


class ContentPart(_Taken):
    """A part of a message; only text can be read."""

    type: str
    text: Text = ""


class ChatMessage(_Taken):
    """What was said, and by whom; what systems and tools say is passed over."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | list[ContentPart] | None = None

    @property
    def said(self) -> str:
        """Its text."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class ResponseFormat(_Taken):
    """How the answer is wanted."""

    type: str


class StreamOptions(_Taken):
    """What comes with a stream."""

    include_usage: bool | None = None


class ChatBody(_Taken):
    """A conversation that ends with a question."""

    model: Annotated[Text, Field(max_length=200)]
    messages: list[ChatMessage]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    response_format: ResponseFormat | None = None
    tool_choice: str | dict[str, Any] | None = None

    def unmet(self) -> str:
        """The first field that asks for another kind of answer than there is; empty for none."""
        wanted = {
            "n": self.n not in {None, 1},
            "response_format": self.response_format is not None and self.response_format.type != "text",
            "tool_choice": self.tool_choice not in (None, "none", "auto"),
        }
        return next((field for field, is_wanted in wanted.items() if is_wanted), "")


def chat_app(footnote: Footnote, queue: QuestionQueue) -> FastAPI:
    """The application to be mounted at ``OPENAI_PREFIX``.

    Args:
        footnote: the engine that answers.
        queue: where questions wait.

    Raises:
        UsageError: ``page_url`` is no address.
    """
    page_url = footnote.settings.page_url
    if page_url and not page_url.startswith(("https://", "http://")):
        remedy = "write all of it, such as https://docs.example.org"
        raise UsageError(f'"{page_url}" is no address of a page', where="page_url", remedy=remedy)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    answer_with_problems(app)
    described = {"id": MODEL, "object": "model", "created": int(time.time()), "owned_by": MODEL}

    @app.get("/models")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [described]}

    @app.get("/models/{name}")
    async def model(name: str) -> dict[str, Any]:
        _demand_model(name)
        return described

    @app.post("/chat/completions")
    async def complete(body: ChatBody, request: Request) -> Response:
        _demand_model(body.model)
        if field := body.unmet():
            raise UsageError(f"{field}: {_UNMET[field]}", remedy="leave it out")
        question, history = conversation_of(body.messages)
        # A stream that has begun could only end with it.
        clean_question(question, footnote.settings)
        page = _page_of(footnote, request)

        def work() -> _Said:
            answer = footnote.ask(question, history=history)
            return answer, to_markdown(answer, link=lambda doc, span: page + _place(footnote, doc, span))

        reply = _Reply()
        if body.stream:
            with_usage = bool(body.stream_options and body.stream_options.include_usage)
            stream = reply.in_chunks(queue.submit(work), with_usage=with_usage)
            return StreamingResponse(stream, media_type="text/event-stream")
        return Response(json_text(reply.whole(*await queue.run(work))), media_type="application/json")

    return app


_Said = tuple[Answer, str]
"""An answer, and the Markdown of it."""


def conversation_of(messages: Sequence[ChatMessage]) -> tuple[str, list[Turn]]:
    """The question that messages end with, and the turns before it, oldest first.

    Raises:
        QuestionError: there is none, or something else than text belongs to it.
    """
    turns: list[Turn] = []
    asked = None
    for message in messages:
        if message.role == "user":
            asked = message
            turns.append(Turn(message.said, ""))
        elif message.role == "assistant" and turns:
            turns[-1] = turn_of(turns[-1].question, message.said)
    if asked is None:
        raise QuestionError("there is no message of the user", remedy="send one: it is the question")
    if isinstance(asked.content, list) and any(part.type != "text" for part in asked.content):
        raise QuestionError("the question holds something else than text", remedy="leave out images and files")
    return asked.said, turns[:-1][-TURNS_MAX:]


def _demand_model(name: str) -> None:
    if name != MODEL:
        raise NotFound(f'there is no model "{name}"', remedy=f'the one here is "{MODEL}"')


def _page_of(footnote: Footnote, request: Request) -> str:
    """The address of the page, as whoever asks can reach it."""
    settings = footnote.settings
    origin = f"{request.url.scheme}://{request.url.netloc}/{settings.root_path.strip('/')}"
    return f"{(settings.page_url or origin).rstrip('/')}/"


def _place(footnote: Footnote, document_id: str, span: Span) -> str:
    """What leads to a place from the page; nothing where the index no longer has the document."""
    document = find(footnote, document_id)
    return "" if document is None else permalink(document, span)


class _Reply:
    """One completion: its id and time, in every form."""

    def __init__(self) -> None:
        self._head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": MODEL}

    def whole(self, answer: Answer, markdown: str) -> dict[str, Any]:
        """The completion at once."""
        message = {"role": "assistant", "content": markdown, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        head = {**self._head, "object": "chat.completion"}
        return {**head, "choices": [choice], "usage": _USAGE, "footnote": to_json(answer)}

    async def in_chunks(self, future: Future[_Said], *, with_usage: bool) -> AsyncIterator[str]:
        """The completion as events: the role at once, the Markdown part by part, the answer, and the end."""
        said = self._chunk({"role": "assistant", "content": ""})
        try:
            async with aclosing(beats(future)) as waiting:
                async for _ in waiting:
                    yield said
                    said = ": still waiting\n\n"
            answer, markdown = future.result()
        except FootnoteError as error:
            yield _data(openai_error(problem_of(error)))
            return
        for part in _PARAGRAPHS.findall(markdown):
            yield self._chunk({"content": part})
        yield self._chunk({}, finish="stop", footnote=to_json(answer))
        if with_usage:
            yield _data({**self._head, "object": "chat.completion.chunk", "choices": [], "usage": _USAGE})
        yield "data: [DONE]\n\n"

    def _chunk(self, delta: dict[str, str], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _data({**self._head, "object": "chat.completion.chunk", "choices": [choice], **more})


def _data(value: object) -> str:
    return f"data: {json_text(value)}\n\n"

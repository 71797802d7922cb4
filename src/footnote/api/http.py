"""The versioned JSON interface, ``/api/v1``: parse, one call, the same JSON as everywhere.

It is an application of its own, so that its errors and its OpenAPI document are its own too.  It sends no CORS header.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import FastAPI, Path, Query, Response
from fastapi.responses import StreamingResponse
from starlette.convertors import PathConvertor, register_url_convertor

from footnote.api import forms
from footnote.api.problems import MEDIA_TYPE, answer_with_problems, problem_of
from footnote.api.sources import cited
from footnote.errors import FootnoteError
from footnote.records import Answer, DocumentList, SearchResult
from footnote.rendering import (
    json_text,
    to_json,
)

if TYPE_CHECKING:
    from concurrent.futures import Future

    from footnote.engine import Footnote
    from footnote.service import Desk

PREFIX: Final = "/api/v1"
_BEAT_SECONDS: Final = 10.0
_WHEN: Final[dict[int | str, str]] = {
    404: "the index has no such thing",
    413: "more than the server takes",
    422: "the request is not what this address takes",
    429: "too many questions from this address; Retry-After says when",
    503: "too many questions at once, or no usable index; Retry-After says when",
    "default": "any other refusal",
}
_PROBLEM: Final = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": description, **_PROBLEM} for status, description in _WHEN.items()
}
_DESCRIPTION: Final = "Exact, cited answers from a folder of documents, or an honest abstention."


class _AnyPath(PathConvertor):
    regex = "(?s:.*)"


# Starlette's own stops at a newline, which a file's name may hold: no such document could be opened.
register_url_convertor("path", _AnyPath())


def api_app(footnote: Footnote, desk: Desk, *, guarded: bool = False) -> FastAPI:
    """The application to be mounted at ``PREFIX``.

    Args:
        footnote: the engine that answers.
        desk: where questions queue.
        guarded: whether a token is asked for, which the OpenAPI document then says.
    """
    app = FastAPI(
        title="Footnote", version="1", description=_DESCRIPTION, openapi_url="/openapi.json", docs_url=None,
        redoc_url=None, root_path_in_servers=False, servers=[{"url": f"{footnote.settings.root_path}{PREFIX}"}],
        responses=_PROBLEMS,
    )  # fmt: skip
    answer_with_problems(app)
    _asking(app, footnote, desk)
    _reading(app, footnote, desk)
    _describe(app, footnote, guarded=guarded)
    return app


def _asking(app: FastAPI, footnote: Footnote, desk: Desk) -> None:
    @app.post("/ask", responses={200: {"model": forms.AnswerForm}})
    async def ask(body: forms.AskBody) -> Response:
        """Answer a question with cited quotes, or say why not."""
        return _json(to_json(await asyncio.wrap_future(_asked(footnote, desk, body))))

    @app.post("/ask/stream", responses={200: {"content": {"text/event-stream": {}}}}, response_class=StreamingResponse)
    async def ask_in_stream(body: forms.AskBody) -> StreamingResponse:
        """The same as events: `waiting` at once, each `citation`, then the whole `answer`; or a `problem`."""
        future = _asked(footnote, desk, body)
        return StreamingResponse(_events(future, desk), media_type="text/event-stream")

    @app.post("/search", responses={200: {"model": forms.SearchForm}})
    async def search(body: forms.SearchBody) -> Response:
        """The best passages for a query, without quoting or abstaining."""
        return _json(to_json(await desk.run(lambda: search_body(footnote, body))))


def _reading(app: FastAPI, footnote: Footnote, desk: Desk) -> None:
    @app.get("/documents", responses={200: {"model": forms.DocumentsForm}})
    async def documents(
        limit: Annotated[int, Query(ge=1, le=forms.PAGE_MAX)] = 100,
        offset: Annotated[int, Query(ge=0, le=forms.OFFSET_MAX)] = 0,
    ) -> Response:
        """What is in the index, sorted by id."""
        return await desk.run(lambda: _json(to_json(listed(footnote, limit=limit, offset=offset))))

    @app.get("/documents/{document_id:path}", responses={200: {"model": forms.DocumentForm}})
    async def document(
        document_id: Annotated[str, Path(min_length=1, max_length=1_000)],
    ) -> Response:
        """One document: its text, and where its blocks lie in it."""
        return await desk.run(lambda: _json(to_json(footnote.document(document_id))))

    @app.get("/citations/{citation_id:path}", responses={200: {"model": forms.CitedForm}})
    async def citation(
        citation_id: Annotated[str, Path(min_length=1, max_length=1_100)],
    ) -> Response:
        """A citation read again from the index; its id is `document:start-end`, as a passage's is."""
        return await desk.run(lambda: _json(to_json(cited(footnote, citation_id))))


def search_body(footnote: Footnote, body: forms.SearchBody) -> SearchResult:
    """Search for what a caller sent."""
    allowed = None if body.documents is None else frozenset(body.documents)
    return SearchResult(body.query, footnote.search(body.query, body.k, allowed=allowed))


def listed(footnote: Footnote, *, limit: int, offset: int) -> DocumentList:
    """Some of the documents of the index."""
    summaries = footnote.documents()
    return DocumentList(len(summaries), summaries[offset : offset + limit])


def ask_body(footnote: Footnote, body: forms.AskBody) -> Answer:
    """Ask what a caller sent."""
    history = [(turn.question, turn.answer) for turn in body.history]
    allowed = None if body.documents is None else frozenset(body.documents)
    return footnote.ask(body.question, history=history, allowed=allowed, literal=body.literal)


def _asked(footnote: Footnote, desk: Desk, body: forms.AskBody) -> Future[Answer]:
    return desk.submit(lambda: ask_body(footnote, body))


async def _events(future: Future[Answer], desk: Desk) -> AsyncIterator[str]:
    """The stream of one question; who goes away before it is their turn no longer waits."""
    waiting = asyncio.wrap_future(future)
    try:
        yield _event("waiting", {"waiting": desk.state().waiting})
        while not (await asyncio.wait({waiting}, timeout=_BEAT_SECONDS))[0]:
            yield ": still waiting\n\n"
        answer = await waiting
    except FootnoteError as error:
        yield _event("problem", problem_of(error))
        return
    finally:
        waiting.cancel()
    for citation in answer.citations:
        yield _event("citation", to_json(citation))
    yield _event("answer", to_json(answer))


def _event(name: str, value: object) -> str:
    return f"event: {name}\ndata: {json_text(value)}\n\n"


def _json(value: object) -> Response:
    return Response(json_text(value), media_type="application/json")


def _describe(app: FastAPI, footnote: Footnote, *, guarded: bool) -> None:
    """Complete the OpenAPI document: the form of every error, ids that are there, the token where one is asked for."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = described()
            components = document.setdefault("components", {})
            components.setdefault("schemas", {})["Problem"] = forms.schema(forms.Problem)
            for each in footnote.documents()[:1]:
                example = {"documents/{document_id}": each.id, "citations/{citation_id}": f"{each.id}:0-{each.chars}"}
                for path, value in example.items():
                    document["paths"][f"/{path}"]["get"]["parameters"][0]["example"] = value
            if guarded:
                components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
                document["security"] = [{"token": []}]
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI's documentation gives

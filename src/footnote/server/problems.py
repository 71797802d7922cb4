"""The one form of every refusal and fault: ``application/problem+json`` (RFC 9457), whichever part of the server refused.

Only what a person opens in a browser, the page and its entry, is refused in plain words; and clients of OpenAI's interface
get the same in the form that they read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from footnote.errors import FootnoteError
from footnote.server.asgi import Headers, Scope, Send, respond

MEDIA_TYPE: Final = "application/problem+json"
_ERRORS_MAX: Final = 20
"""Of those that a body has, told: it may have one for each of its bytes."""
_TOLD_MAX_CHARS: Final = 200
_PLACE_MAX_PARTS: Final = 10
PAGES: Final = frozenset({"/", "/enter"})
"""What a person opens: HTML of our own."""
OPENAI_PREFIX: Final = "/v1"
"""Where clients of OpenAI's interface ask."""
_OPENAI_CODES: Final = {401: "invalid_api_key", 429: "rate_limit_exceeded"}


def problem(status: int, detail: str, *, remedy: str = "", errors: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
    """The object; ``errors`` are (where, what) pairs."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "remedy": remedy,
        "errors": [{"where": where, "what": what} for where, what in errors],
    }


def problem_of(error: FootnoteError) -> dict[str, Any]:
    """The problem of an error; its place stays out, since it may name folders of this machine."""
    return problem(error.http_status, error.what, remedy=error.remedy)


def openai_error(problem: dict[str, Any]) -> dict[str, Any]:
    """A problem as OpenAI's interface tells it."""
    status, errors = problem["status"], problem["errors"]
    told = [f"{each['where']}: {each['what']}" for each in errors]
    param = errors[0]["where"].removeprefix("body.") if errors else None
    kind = "invalid_request_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
    message = "; ".join(filter(None, [problem["detail"], *told, problem["remedy"]]))
    return {"error": {"message": message, "type": kind, "param": param, "code": _OPENAI_CODES.get(status)}}


def _written(scope: Scope, problem: dict[str, Any]) -> tuple[str, str]:
    """Media type and text of a problem, as those read it who ask at the address of a request."""
    if scope["path"].startswith(f"{OPENAI_PREFIX}/"):
        return "application/json", json.dumps(openai_error(problem))
    return MEDIA_TYPE, json.dumps(problem)


def retry_headers(error: FootnoteError) -> dict[str, str]:
    """Retry-After where trying again helps."""
    seconds = error.retry_after_seconds
    return {} if seconds is None else {"Retry-After": str(seconds)}


async def refuse(
    scope: Scope, send: Send, status: int, detail: str, *, remedy: str = "", headers: Headers | None = None
) -> None:
    """Refuse a request before any application saw it."""
    if scope["path"] in PAGES:
        await respond(send, status, "text/plain; charset=utf-8", " ".join(filter(None, [detail, remedy])), headers)
    else:
        await respond(send, status, *_written(scope, problem(status, detail, remedy=remedy)), headers)


async def refuse_for(scope: Scope, send: Send, status: int, detail: str, seconds: int) -> None:
    """Refuse a request for so many seconds."""
    again = (b"retry-after", str(seconds).encode())
    await refuse(scope, send, status, detail, remedy=f"Try again in {seconds} s.", headers=[again])


def answer_with_problems(app: FastAPI) -> None:
    """Make an application give its own errors in this form."""

    def response(request: Request, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
        kind, text = _written(request.scope, body)
        return Response(text, body["status"], headers, kind)

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, FootnoteError)
        return response(request, problem_of(error), retry_headers(error))

    async def wrong_request(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        found = error.errors()
        if any(each["loc"] == ("body",) and each["type"] != "missing" for each in found) and not _is_json(request):
            return response(request, problem(415, "The request must be application/json."))
        # Where and how, never the content, which may be anything; names of fields are content too.
        errors = tuple((_place(each["loc"]), str(each["msg"])[:_TOLD_MAX_CHARS]) for each in found[:_ERRORS_MAX])
        return response(request, problem(422, "the request is not what this address takes", errors=errors))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            # Starlette names those of one route; a path may have more.
            headers["Allow"] = ", ".join(sorted(_methods(app, request)))
        return response(request, problem(error.status_code, error.detail), headers)

    async def fault(request: Request, _: Exception) -> Response:
        return response(request, problem(500, "a fault in Footnote itself", remedy="its log says more"))

    app.add_exception_handler(FootnoteError, ours)
    app.add_exception_handler(RequestValidationError, wrong_request)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, fault)


def _place(parts: Sequence[str | int]) -> str:
    """Where in a body something is wrong, in so few characters as a person would read."""
    return ".".join(str(part)[:_TOLD_MAX_CHARS] for part in parts[:_PLACE_MAX_PARTS])[:_TOLD_MAX_CHARS]


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _methods(app: FastAPI, request: Request) -> set[str]:
    """What the routes of an application take at the path of a request."""
    found = (
        route for route in app.routes if isinstance(route, Route) and route.matches(request.scope)[0] != Match.NONE
    )
    return {method for route in found for method in route.methods or ()}

"""Errors as ``application/problem+json`` (RFC 9457), whichever part of the server refused."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from footnote.errors import FootnoteError
from footnote.service import error_headers, http_status
from footnote.service.limits import App, Message, Receive, Scope, Send

MEDIA_TYPE: Final = "application/problem+json"


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
    return problem(http_status(error), error.what, remedy=error.remedy)


def _response(body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body), body["status"], headers, MEDIA_TYPE)


def answer_with_problems(app: FastAPI) -> None:
    """Make an application give its own errors in this form."""

    async def ours(_: Request, error: Exception) -> Response:
        assert isinstance(error, FootnoteError)
        return _response(problem_of(error), error_headers(error))

    async def wrong_request(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        errors = tuple((".".join(map(str, each["loc"])), str(each["msg"])) for each in error.errors())
        return _response(problem(422, "the request is not what this address takes", errors=errors))

    async def http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return _response(problem(error.status_code, error.detail), dict(error.headers or {}))

    app.add_exception_handler(FootnoteError, ours)
    app.add_exception_handler(RequestValidationError, wrong_request)
    app.add_exception_handler(HTTPException, http)


class Problems:
    """Gives refusals that other parts made (limits, doors, token) the same form, under one path."""

    def __init__(self, app: App, *, under: str) -> None:
        self.app = app
        self.under = under

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self.under):
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, _Refusal(send).send)


class _Refusal:
    """One response on its way out; one that refuses in another form is held until it is whole."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] >= 400:
            kinds = [value for name, value in message.get("headers", []) if name.lower() == b"content-type"]
            if kinds != [MEDIA_TYPE.encode()]:
                self._start = message
                return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body"):
            await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        body = json.dumps(self._problem(start["status"])).encode()
        kept = [(k, v) for k, v in start.get("headers", []) if k.lower() not in {b"content-type", b"content-length"}]
        kept += [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
        await self._send({**start, "headers": kept})
        await self._send({"type": "http.response.body", "body": body})

    def _problem(self, status: int) -> dict[str, Any]:
        text = self._body.decode("utf-8", "replace")
        try:
            said = json.loads(text)
        except ValueError:
            return problem(status, text)
        known = said if isinstance(said, dict) else {}
        return problem(status, str(known.get("what", text)), remedy=str(known.get("remedy", "")))

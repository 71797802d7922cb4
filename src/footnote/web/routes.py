"""The JSON routes that the page reads, off Gradio's queue.

They only parse, call the engine once and shape what comes back; nothing here touches the file system.
"""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, BeforeValidator, Field

from footnote.records import Span
from footnote.rendering import answer_to_json, json_text
from footnote.web.layout import document_layout
from footnote.web.shown import Claim, claim_shown, find

if TYPE_CHECKING:
    from footnote.engine import Footnote
    from footnote.service import Desk, Readiness

STARTERS = 40
HISTORY_TURNS = 50
_ID_CHARS = 1_000
_QUOTE_CHARS = 20_000
_STATIC = files("footnote.web") / "static"


class ContextBody(BaseModel):
    """What has to be in view with a quote."""

    start: Annotated[int, Field(ge=0, le=2**40)]
    end: Annotated[int, Field(ge=0, le=2**40)]
    text: Annotated[str, Field(max_length=_QUOTE_CHARS)]


class ClaimBody(BaseModel):
    """A quote to re-read."""

    doc: Annotated[str, Field(max_length=_ID_CHARS)]
    start: Annotated[int, Field(ge=0, le=2**40)]
    end: Annotated[int, Field(ge=0, le=2**40)]
    quote: Annotated[str, Field(max_length=_QUOTE_CHARS)]
    before: Annotated[str, Field(max_length=200)] = ""
    after: Annotated[str, Field(max_length=200)] = ""
    context: ContextBody | None = None


def _plain(value: object) -> object:
    """Half a character, which JSON can name and nothing can encode, is left out as everywhere else."""
    return value.encode("utf-8", "ignore").decode("utf-8") if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_plain)]


class QuestionBody(BaseModel):
    """A question; its length is judged by the engine, by the same rule as everywhere."""

    question: Text
    history: Annotated[list[tuple[Text, Text]], Field(max_length=HISTORY_TURNS)] = []
    documents: Annotated[list[Text], Field(max_length=10_000)] | None = None


class ClaimsBody(BaseModel):
    """Quotes to re-read."""

    claims: Annotated[list[ClaimBody], Field(max_length=200)]


def routes(footnote: Footnote, desk: Desk, readiness: Readiness) -> APIRouter:
    """Our own routes over an engine."""
    router = APIRouter()

    @router.post("/api/v1/ask")
    async def ask(body: QuestionBody) -> Response:
        allowed = None if body.documents is None else frozenset(body.documents)
        answer = await desk.answer(body.question, history=body.history, allowed=allowed)
        return Response(json_text(answer_to_json(answer)), media_type="application/json")

    router.include_router(_api(footnote))

    @router.get("/healthz")
    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        # On the loop's own threads, not among those of the other routes: it is answered however busy these are.
        ready, facts = await asyncio.to_thread(readiness.look)
        return JSONResponse(facts, status_code=200 if ready else 503)

    @router.get("/footnote/{name}")
    def static(name: str) -> Response:
        return _static(name)

    return router


def _api(footnote: Footnote) -> APIRouter:
    # A new generation of the index shows at the next click; telling whether there is one costs a look at one file.
    api = APIRouter(prefix="/api", dependencies=[Depends(footnote.refresh)])

    @api.get("/start")
    def start() -> JSONResponse:
        return JSONResponse(_start(footnote))

    @api.get("/documents/{document_id:path}")
    def document(document_id: str, if_none_match: Annotated[str, Header()] = "") -> Response:
        found = find(footnote, document_id)
        if found is None:
            raise HTTPException(404, "The index has no such document.")
        tag = f'"{found.sha256[:32]}"'
        headers = {"etag": tag, "cache-control": "no-cache"}
        if if_none_match == tag:
            return Response(status_code=304, headers=headers)
        return JSONResponse(document_layout(found), headers=headers)

    @api.get("/original/{document_id:path}")
    def original(document_id: str) -> Response:
        found = find(footnote, document_id)
        if found is None:
            raise HTTPException(404, "The index has no such document.")
        return PlainTextResponse(found.text, headers={"cache-control": "no-cache"})

    @api.post("/check")
    def check_claims(body: ClaimsBody) -> JSONResponse:
        return JSONResponse({"claims": [_shown(footnote, claim) for claim in body.claims]})

    return api


def _start(footnote: Footnote) -> dict[str, Any]:
    documents = footnote.documents()
    notices = dict.fromkeys(dict(each.metadata).get("notice", "") for each in documents)
    return {
        "fingerprint": footnote.fingerprint,
        "starters": list(footnote.starters(STARTERS)),
        "notices": [notice for notice in notices if notice],
        "documents": [
            {
                "doc": each.id,
                "title": each.title,
                "source": each.source,
                "chars": each.chars,
                "passages": each.passages,
                "metadata": dict(each.metadata),
            }
            for each in documents
        ],
    }


def _shown(footnote: Footnote, body: ClaimBody) -> dict[str, Any]:
    claim = Claim(body.doc, _span(body.start, body.end), body.quote, body.before, body.after)
    beside = body.context
    context = None if beside is None else Claim(body.doc, _span(beside.start, beside.end), beside.text)
    return claim_shown(footnote, claim, context)


def _span(start: int, end: int) -> Span:
    """A span of a visitor's making: one that runs backwards is empty, and so never exact."""
    return Span(start, max(start, end))


@lru_cache(maxsize=64)
def _asset(name: str) -> tuple[bytes, str] | None:
    if name not in {each.name for each in _STATIC.iterdir() if each.is_file()}:
        return None
    body = (_STATIC / name).read_bytes()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _static(name: str) -> Response:
    asset = _asset(name)
    if asset is None:
        raise HTTPException(404, "There is nothing here.")
    body, tag = asset
    kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0] or "application/octet-stream"
    # Revalidated each time: an update of Footnote must never meet yesterday's script.
    return Response(body, media_type=kind, headers={"etag": tag, "cache-control": "no-cache"})

"""The JSON routes that the page reads, off Gradio's queue.

They only parse, call the engine once and shape what comes back.
"""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, BeforeValidator, Field

from footnote.feedback import Feedback, FeedbackBook, Kind
from footnote.loaders import SUFFIXES
from footnote.quote_checking import Claim, check, find
from footnote.records import Span
from footnote.web.keys import is_owner
from footnote.web.layout import Layouts
from footnote.web.originals import corpus_dir_of, file_state, file_states, original_file
from footnote.web.owner import owner_routes
from footnote.web.shown import claim_shown

if TYPE_CHECKING:
    from footnote.engine import Footnote
    from footnote.service import Desk, Readiness

STARTERS = 40
HISTORY_TURNS = 50
_THREAD_SECONDS = 1.0
"""Readiness waits so long for a thread of the routes."""
_ID_CHARS = 1_000
_QUOTE_CHARS = 20_000
_QUESTION_CHARS = 2_000
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


class ClaimsBody(BaseModel):
    """Quotes to re-read."""

    claims: Annotated[list[ClaimBody], Field(max_length=200)]


class FeedbackBody(BaseModel):
    """What a reader says of an answer; without a kind, what was said is taken back."""

    turn: Annotated[str, Field(pattern=r"^[\w-]{1,60}$")]
    kind: Kind | None = None
    question: Annotated[str, Field(max_length=_QUESTION_CHARS)] = ""
    asked: Annotated[str, Field(max_length=2 * _QUESTION_CHARS)] = ""
    fingerprint: Annotated[str, Field(max_length=100)] = ""
    quotes: Annotated[list[ClaimBody], Field(max_length=20)] = []
    correct: Annotated[list[ClaimBody], Field(max_length=20)] = []


def routes(footnote: Footnote, desk: Desk, readiness: Readiness) -> APIRouter:
    """Our own routes over an engine; what costs as much as a question waits its turn at the desk."""
    router = APIRouter()

    router.include_router(_api(footnote, desk))
    router.include_router(owner_routes(footnote))

    @router.get("/healthz")
    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        # On the loop's own threads, not among those of the other routes: it is answered however busy these are.
        ready, facts = await asyncio.to_thread(readiness.look)
        if ready and not await _threads_are_free():
            ready, facts = False, {"ready": False, "reason": "pages wait for others that take long; try again"}
        return JSONResponse(facts, status_code=200 if ready else 503)

    @router.get("/footnote/{name}")
    def static(name: str) -> Response:
        return _static(name)

    return router


async def _threads_are_free() -> bool:
    """Whether a route that needs a thread would get one: asked of the threads themselves."""
    try:
        async with asyncio.timeout(_THREAD_SECONDS):
            await run_in_threadpool(lambda: None)
    except TimeoutError:
        return False
    return True


def _api(footnote: Footnote, desk: Desk) -> APIRouter:
    # A new generation of the index shows at the next click; telling whether there is one costs a look at one file.
    api = APIRouter(prefix="/api", dependencies=[Depends(footnote.refresh)])
    layouts = Layouts()

    @api.get("/start")
    def start(request: Request) -> JSONResponse:
        may_change = is_owner(request) and corpus_dir_of(footnote) is not None
        return JSONResponse({**_start(footnote), "owner": may_change, "suffixes": sorted(SUFFIXES)})

    @api.get("/states")
    def states() -> JSONResponse:
        return JSONResponse(file_states(footnote))

    @api.get("/documents/{document_id:path}")
    async def document(document_id: str, if_none_match: Annotated[str, Header()] = "") -> Response:
        return await desk.run(lambda: _document(footnote, layouts, document_id, if_none_match))

    @api.get("/original/{document_id:path}")
    def original(document_id: str) -> Response:
        found = find(footnote, document_id)
        if found is None:
            raise HTTPException(404, "The index has no such document.")
        return original_file(footnote, found)

    @api.post("/check")
    async def check_claims(body: ClaimsBody) -> JSONResponse:
        return await desk.run(lambda: JSONResponse({"claims": [_shown(footnote, claim) for claim in body.claims]}))

    _add_feedback(api, footnote)
    return api


def _document(footnote: Footnote, layouts: Layouts, document_id: str, known_tag: str) -> Response:
    """A document as the reader draws it; at the desk, as a long one takes as much work as a question."""
    found = find(footnote, document_id)
    if found is None:
        raise HTTPException(404, "The index has no such document.")
    state = file_state(footnote, found)
    tag = f'"{found.sha256[:32]}-{state}"'
    headers = {"etag": tag, "cache-control": "no-cache"}
    if known_tag == tag:
        return Response(status_code=304, headers=headers)
    # What was drawn before the file changed is drawn again, only told otherwise.
    body = b"%s,%s" % (layouts.of(footnote.generation, found)[:-1], f'"file":"{state}"}}'.encode())
    return Response(body, media_type="application/json", headers=headers)


def _add_feedback(api: APIRouter, footnote: Footnote) -> None:
    @api.post("/feedback")
    def feedback(body: FeedbackBody) -> Response:
        book = FeedbackBook(footnote.index.index_dir)
        if body.kind is None:
            book.withdraw(body.turn)
        else:
            book.keep(_feedback(footnote, body, body.kind))
        return Response(status_code=204)


def _feedback(footnote: Footnote, body: FeedbackBody, kind: Kind) -> Feedback:
    """What a reader says, with those of the quotes that do stand in the index."""
    return Feedback(
        turn=body.turn,
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        kind=kind,
        question=body.question,
        asked=body.asked or body.question,
        answered=bool(body.quotes),
        quotes=_standing(footnote, body.quotes),
        correct=_standing(footnote, body.correct),
        fingerprint=body.fingerprint,
    )


def _standing(footnote: Footnote, bodies: list[ClaimBody]) -> tuple[Claim, ...]:
    claims = (_claim(body) for body in bodies)
    return tuple(claim for claim in claims if check(footnote, claim).state == "exact")


def _start(footnote: Footnote) -> dict[str, Any]:
    documents = footnote.documents()
    notices = dict.fromkeys(dict(each.metadata).get("notice", "") for each in documents)
    return {
        "fingerprint": footnote.fingerprint,
        "starters": [
            {"question": question, "doc": doc} for question, doc in footnote.starters_with_documents(STARTERS)
        ],
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
    claim, beside = _claim(body), body.context
    context = None if beside is None else Claim(body.doc, _span(beside.start, beside.end), beside.text)
    return claim_shown(footnote, claim, context)


def _claim(body: ClaimBody) -> Claim:
    return Claim(body.doc, _span(body.start, body.end), body.quote, body.before, body.after)


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

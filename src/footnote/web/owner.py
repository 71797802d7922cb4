"""What only the owner may do: add, remove and update documents, and read the feedback.

Who the owner is, ``keys`` tells.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from footnote.errors import UsageError
from footnote.feedback import Feedback, FeedbackBook, judgments_from, judgments_text, unanswered_groups
from footnote.web.keeping import Keeper, NameTaken
from footnote.web.keys import is_owner
from footnote.wire import to_json

if TYPE_CHECKING:
    from footnote.engine import Footnote

_LISTED_MOST = 500


class RemovedBody(BaseModel):
    """Documents to remove."""

    documents: Annotated[list[Annotated[str, Field(max_length=1_000)]], Field(max_length=1_000)] = []


def owner_routes(footnote: Footnote) -> APIRouter:
    """The owner's routes over an engine."""

    def owner(request: Request) -> None:
        if not is_owner(request):
            raise HTTPException(403, "Only the owner of this page may do that.")

    keeper = Keeper(footnote)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await asyncio.to_thread(keeper.stop)

    router = APIRouter(prefix="/api", dependencies=[Depends(owner)], lifespan=lifespan)
    _add_changes(router, footnote, keeper)
    _add_feedback(router, footnote)
    return router


def _add_changes(router: APIRouter, footnote: Footnote, keeper: Keeper) -> None:
    @router.put("/files/{name}")
    async def put(name: str, request: Request, replace: bool = False) -> Response:  # noqa: FBT001, FBT002 - a query
        try:
            draft = keeper.receive(name, replacing=replace)
        except UsageError as error:
            return _refused(error, 409 if isinstance(error, NameTaken) else 400)
        whole = False
        try:
            whole = await _receive(request, draft, footnote.settings.file_max_bytes)
            if whole:
                await asyncio.to_thread(keeper.arrived, draft)
        finally:
            if not whole:
                keeper.drop(draft)
        if not whole:
            limit = footnote.settings.file_max_bytes
            return _refused(UsageError(f"is larger than {limit:,} bytes", remedy="give smaller files"), 413)
        return Response(status_code=204)

    @router.post("/change")
    def change(body: RemovedBody) -> Response:
        try:
            keeper.begin(tuple(body.documents))
        except UsageError as error:
            return _refused(error)
        return JSONResponse(keeper.state(), status_code=202)

    @router.get("/change")
    def state() -> JSONResponse:
        return JSONResponse(keeper.state())


async def _receive(request: Request, draft: Path, most_bytes: int) -> bool:
    """Whether the body arrived whole and was not too large."""
    held = 0
    try:
        with draft.open("xb") as file:
            async for part in request.stream():
                held += len(part)
                if held > most_bytes:
                    return False
                file.write(part)
    except ClientDisconnect:
        return False
    length = request.headers.get("content-length", "")
    return not length.isdigit() or int(length) == held


def _refused(error: UsageError, status: int = 400) -> JSONResponse:
    return JSONResponse({"what": error.what, "remedy": error.remedy}, status_code=status)


def _add_feedback(router: APIRouter, footnote: Footnote) -> None:
    book = FeedbackBook(footnote.index.index_dir)

    @router.get("/feedback")
    def listed() -> JSONResponse:
        rows = book.rows()
        made = judgments_from(rows, footnote)
        return JSONResponse(
            {
                "rows": [_row(row) for row in rows[:_LISTED_MOST]],
                "count": len(rows),
                "unanswered": unanswered_groups(rows, footnote.encoder),
                "judgments": len(made.lines),
                "left_out": made.left_out,
            }
        )

    @router.get("/feedback/judgments")
    def judgments() -> Response:
        text = judgments_text(judgments_from(book.rows(), footnote))
        headers = {"content-disposition": 'attachment; filename="feedback.jsonl"', "cache-control": "no-store"}
        return Response(text, media_type="application/jsonl; charset=utf-8", headers=headers)


def _row(row: Feedback) -> dict[str, Any]:
    return {
        "turn": row.turn,
        "at": row.at,
        "kind": row.kind,
        "question": row.question,
        "asked": row.asked,
        "answered": row.answered,
        "quotes": [to_json(claim) for claim in row.quotes],
        "correct": [to_json(claim) for claim in row.correct],
    }

"""The one JSON interface, ``/api/v1``: parse, one call, the same JSON as everywhere.  The page uses it as everybody.

It is an application of its own, so that its errors and its OpenAPI document are its own too.  It sends no CORS header.
What costs as much as a question waits its turn with the questions.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.convertors import PathConvertor, register_url_convertor

from footnote.browsing import Browser
from footnote.engine import Footnote
from footnote.errors import FootnoteError
from footnote.feedback import Feedback, FeedbackBook, Kind, judgments_from, judgments_text
from footnote.quote_checking import check
from footnote.records import Answer
from footnote.rendering import json_text, to_json
from footnote.server import schemas
from footnote.server.authentication import is_owner, require_owner
from footnote.server.layout import Layouts
from footnote.server.originals import file_state, file_states, original_file
from footnote.server.page_images import PageImages, add_pages
from footnote.server.problems import MEDIA_TYPE, answer_with_problems, problem_of
from footnote.server.queue import QuestionQueue, beats
from footnote.server.uploads import CorpusEditor, add_changes
from footnote.server.views import (
    ask_body,
    bibliography_to_json,
    checked_to_json,
    cited,
    claim_of,
    feedback_to_json,
    listed,
    search_body,
    start_to_json,
)

PREFIX: Final = "/api/v1"
_WHEN: Final[dict[int | str, str]] = {
    403: "only the owner may do that",
    404: "the index has no such thing",
    413: "more than the server takes",
    415: "not of the type that is taken here",
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


def api_app(
    footnote: Footnote, queue: QuestionQueue, editor: CorpusEditor, images: PageImages, *, guarded: bool = False
) -> FastAPI:
    """The application to be mounted at ``PREFIX``.

    Args:
        footnote: the engine that answers.
        queue: where questions wait.
        editor: what changes the documents.
        images: what draws pages.
        guarded: whether a token is asked for, which the OpenAPI document then says.
    """
    app = FastAPI(
        title="Footnote", version="1", description=_DESCRIPTION, openapi_url="/openapi.json", docs_url=None,
        redoc_url=None, root_path_in_servers=False, servers=[{"url": f"{footnote.settings.root_path}{PREFIX}"}],
        responses=_PROBLEMS,
    )  # fmt: skip
    answer_with_problems(app)
    _add_asking(app, footnote, queue)
    _add_documents(app, footnote, queue)
    _add_files(app, footnote)
    add_pages(app, footnote, images)
    _add_browsing(app, footnote)
    _add_bibliography(app, footnote, queue)
    _add_feedback(app, footnote)
    add_changes(app, footnote, editor)
    _describe(app, footnote, guarded=guarded)
    return app


def _add_asking(app: FastAPI, footnote: Footnote, queue: QuestionQueue) -> None:
    @app.post("/ask", responses={200: {"model": schemas.AnswerForm}})
    async def ask(body: schemas.AskBody) -> Response:
        """Answer a question with cited quotes, or say why not."""
        return _json(to_json(await queue.run(lambda: ask_body(footnote, body))))

    @app.post("/ask/stream", responses={200: {"content": {"text/event-stream": {}}}}, response_class=StreamingResponse)
    async def ask_in_stream(body: schemas.AskBody) -> StreamingResponse:
        """The same as events: `waiting` at once, each `citation`, then the whole `answer`; or a `problem`."""
        future = queue.submit(lambda: ask_body(footnote, body))
        return StreamingResponse(_events(future, queue), media_type="text/event-stream")

    @app.post("/search", responses={200: {"model": schemas.SearchForm}})
    async def search(body: schemas.SearchBody) -> Response:
        """The best passages for a query, without quoting or abstaining."""
        return _json(to_json(await queue.run(lambda: search_body(footnote, body))))

    @app.post("/check", responses={200: {"model": schemas.CheckedForm}})
    async def check_quotes(body: schemas.CheckBody) -> Response:
        """Quotes read again from the index: how each stands now, and what is drawn of it."""
        return await queue.run(lambda: _json(checked_to_json(footnote, body)))


async def _events(future: Future[Answer], queue: QuestionQueue) -> AsyncIterator[str]:
    """The stream of one question."""
    said = _event("waiting", {"waiting": queue.state().waiting})
    try:
        async with aclosing(beats(future)) as waiting:
            async for _ in waiting:
                yield said
                said = ": still waiting\n\n"
        answer = future.result()
    except FootnoteError as error:
        yield _event("problem", problem_of(error))
        return
    for citation in answer.citations:
        yield _event("citation", to_json(citation))
    yield _event("answer", to_json(answer))


def _event(name: str, value: object) -> str:
    return f"event: {name}\ndata: {json_text(value)}\n\n"


def _json(value: object, status: int = 200) -> Response:
    return Response(json_text(value), status, media_type="application/json")


def _add_documents(app: FastAPI, footnote: Footnote, queue: QuestionQueue) -> None:
    layouts = Layouts()

    @app.get("/documents", responses={200: {"model": schemas.DocumentsForm}})
    async def documents(
        limit: Annotated[int, Query(ge=1, le=schemas.PAGE_MAX)] = 100,
        offset: Annotated[int, Query(ge=0, le=schemas.OFFSET_MAX)] = 0,
    ) -> Response:
        """What is in the index, sorted by id."""
        return await queue.run(lambda: _json(to_json(listed(footnote, limit=limit, offset=offset))))

    @app.get("/documents/{document_id:path}", responses={200: {"model": schemas.DocumentForm}})
    async def document(document_id: schemas.DocumentPath) -> Response:
        """One document: its text, and where its blocks lie in it."""
        return await queue.run(lambda: _json(to_json(footnote.document(document_id))))

    @app.get("/layouts/{document_id:path}", responses={200: {"model": schemas.LayoutForm}})
    async def layout(document_id: schemas.DocumentPath, request: Request) -> Response:
        """One document as it is drawn; with an ETag, so that it is not sent twice."""
        known_tag = request.headers.get("if-none-match", "")
        return await queue.run(lambda: _laid_out(footnote, layouts, document_id, known_tag))

    @app.get("/citations/{citation_id:path}", responses={200: {"model": schemas.CitedForm}})
    async def citation(citation_id: Annotated[str, Path(min_length=1, max_length=1_100)]) -> Response:
        """A citation read again from the index; its id is `document:start-end`, as a passage's is."""
        return await queue.run(lambda: _json(to_json(cited(footnote, citation_id))))


def _laid_out(footnote: Footnote, layouts: Layouts, document_id: str, known_tag: str) -> Response:
    found = footnote.document(document_id)
    state = file_state(footnote, found)
    tag = f'"{found.sha256[:32]}-{state}"'
    headers = {"etag": tag, "cache-control": "no-cache"}
    if known_tag == tag:
        return Response(status_code=304, headers=headers)
    # What was drawn before the file changed is drawn again, only told otherwise.
    body = b"%s,%s" % (layouts.of(footnote.generation, found)[:-1], f'"file":"{state}"}}'.encode())
    return Response(body, media_type="application/json", headers=headers)


def _add_files(app: FastAPI, footnote: Footnote) -> None:
    # A new generation of the index shows at the next click; telling whether there is one costs a look at one file.
    newest = [Depends(footnote.refresh)]

    @app.get("/start", dependencies=newest, responses={200: {"model": schemas.StartForm}})
    def start(request: Request) -> Response:
        """What a page begins with: documents, questions to begin with, and whether who asks is the owner."""
        return _json(start_to_json(footnote, owner=is_owner(request)))

    @app.get("/files", dependencies=newest, responses={200: {"model": schemas.FilesForm}})
    def states() -> Response:
        """The documents whose files are no longer what was indexed, and the files that could not be read."""
        return _json(file_states(footnote))

    @app.get(
        "/originals/{document_id:path}", dependencies=newest, response_class=Response,
        responses={200: {"content": {"text/plain": {}, "application/octet-stream": {}}}},
    )  # fmt: skip
    def original(document_id: schemas.DocumentPath) -> Response:
        """The file that a document was made from: text is shown, anything else is saved; without it the stored text."""
        return original_file(footnote, footnote.document(document_id))


def _add_browsing(app: FastAPI, footnote: Footnote) -> None:
    browser = Browser(footnote)

    @app.get(
        "/browse", dependencies=[Depends(footnote.refresh)],
        responses={200: {"model": schemas.AllContentsForm | schemas.SuggestionsForm}},
    )  # fmt: skip
    def browse(
        doc: Annotated[str, Query(max_length=1_000)] = "", find: Annotated[str, Query(max_length=200)] = ""
    ) -> Response:
        """Titles, first sentences and headings of the documents, or of one; or what fits words while they are typed."""
        return _json({"found": browser.suggest(find)} if find else browser.contents(doc))


def _add_bibliography(app: FastAPI, footnote: Footnote, queue: QuestionQueue) -> None:
    @app.post("/bibliography", responses={200: {"model": schemas.BibliographyText}})
    async def cite(body: schemas.BibliographyBody) -> Response:
        """Quotes with their references: styled (APA, Vancouver), as Markdown, RIS or BibTeX; each is read again first."""
        return await queue.run(lambda: _json(bibliography_to_json(footnote, body)))


def _add_feedback(app: FastAPI, footnote: Footnote) -> None:
    owner = [Depends(require_owner)]

    @app.post("/feedback", dependencies=[Depends(footnote.refresh)], status_code=204, response_class=Response)
    def say(body: schemas.FeedbackBody) -> Response:
        """Say of an answer whether it is right; without a kind, take back what was said."""
        book = FeedbackBook(footnote.location)
        if body.kind is None:
            book.withdraw(body.turn)
        else:
            book.keep(_feedback(footnote, body, body.kind))
        return Response(status_code=204)

    @app.get("/feedback", dependencies=owner, responses={200: {"model": schemas.FeedbackForm}})
    def listed() -> Response:
        """What readers said; for the owner."""
        return _json(feedback_to_json(footnote, FeedbackBook(footnote.location).rows()))

    @app.get(
        "/feedback/judgments", dependencies=owner, response_class=Response,
        responses={200: {"content": {"application/jsonl": {}}}},
    )  # fmt: skip
    def judgments() -> Response:
        """What readers said as a file of judged questions; for the owner."""
        rows = FeedbackBook(footnote.location).rows()
        headers = {"content-disposition": 'attachment; filename="feedback.jsonl"', "cache-control": "no-store"}
        text = judgments_text(judgments_from(rows, footnote))
        return Response(text, media_type="application/jsonl; charset=utf-8", headers=headers)


def _feedback(footnote: Footnote, body: schemas.FeedbackBody, kind: Kind) -> Feedback:
    """What a reader says, with those of the quotes that do stand in the index."""
    quotes, correct = (
        tuple(claim for claim in map(claim_of, bodies) if check(footnote, claim).state == "exact")
        for bodies in (body.quotes, body.correct)
    )
    return Feedback(
        turn=body.turn,
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        kind=kind,
        question=body.question,
        asked=body.asked or body.question,
        answered=bool(body.quotes),
        quotes=quotes,
        correct=correct,
        fingerprint=body.fingerprint,
    )


def _describe(app: FastAPI, footnote: Footnote, *, guarded: bool) -> None:
    """Complete the OpenAPI document: the form of every error, ids that are there, the token where one is asked for."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = described()
            components = document.setdefault("components", {})
            components.setdefault("schemas", {})["Problem"] = schemas.schema(schemas.Problem)
            for each in footnote.documents()[:1]:
                documents = dict.fromkeys(("documents", "layouts", "originals", "pages", "rectangles"), each.id)
                for kind, example in {**documents, "citations": f"{each.id}:0-{each.chars}"}.items():
                    name = "citation_id" if kind == "citations" else "document_id"
                    document["paths"][f"/{kind}/{{{name}}}"]["get"]["parameters"][0]["example"] = example
            if guarded:
                components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
                document["security"] = [{"token": []}]
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI's documentation gives

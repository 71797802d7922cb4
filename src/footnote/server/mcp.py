"""MCP: tools ``ask``, ``search`` and ``read_source``, and the documents as resources, over stdio and HTTP.

Over stdio every line is answered, also one that is no request.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote

import anyio
import mcp_types as types
from anyio.streams.memory import MemoryObjectSendStream
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp.shared.message import SessionMessage
from pydantic import BaseModel, ValidationError

from footnote import __version__
from footnote.engine import Footnote
from footnote.errors import FootnoteError
from footnote.rendering import json_text, to_json
from footnote.server import schemas
from footnote.server.asgi import Receive, Scope, Send
from footnote.server.queue import QuestionQueue
from footnote.server.views import ask_body, excerpt_of, search_body

SCHEME: Final = "footnote://documents/"
_PAGE: Final = 200
_ID: Final = re.compile(r'"id"\s*:\s*(?:(?P<number>\d{1,15})(?!\d)|"(?P<text>[^"\\]{1,200})")')
_INSTRUCTIONS: Final = (
    "Answers come from one folder of documents, as exact quotes with their places. Quote them as they are and name their "
    "documents. When `standing` is `nearest`, nothing answers for certain: give the quote under `nearest`, if at all, as no "
    "more than that. When it is `absent`, the documents do not answer: say so."
)


@dataclass(frozen=True, slots=True)
class _Tool:
    """A tool: what it takes, what it gives, and the call behind it."""

    description: str
    takes: type[BaseModel]
    gives: type[BaseModel]
    call: Callable[[Footnote, Any], object]


_TOOLS: Final = {
    "ask": _Tool(
        "Answer a question with exact, cited quotes from the documents, or give the nearest one, or say that they do not answer.",
        schemas.AskBody,
        schemas.AnswerForm,
        ask_body,
    ),
    "search": _Tool(
        "The passages of the documents that fit a query best, best first.",
        schemas.SearchBody,
        schemas.SearchForm,
        search_body,
    ),
    "read_source": _Tool(
        "Read a document, or the stretch around a citation, from the index.",
        schemas.SourceBody,
        schemas.SourceForm,
        excerpt_of,
    ),
}


def mcp_server(footnote: Footnote, queue: QuestionQueue) -> Server[Any]:
    """The server over an engine; its questions wait in one queue with all others."""

    async def list_tools(_: Any, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(name, tool) for name, tool in _TOOLS.items()])

    async def call_tool(_: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        tool = _TOOLS.get(params.name)
        if tool is None:
            return _failed(f"there is no such tool; the tools are {', '.join(_TOOLS)}")
        try:
            body = tool.takes.model_validate(params.arguments or {})
            result = to_json(await queue.run(lambda: tool.call(footnote, body)))
        except ValidationError as error:
            return _failed("; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()))
        except FootnoteError as error:
            return _failed(f"{error.what}; {error.remedy}" if error.remedy else error.what)
        except Exception as error:
            # The library would send Python's own words; who asks can do nothing with them.
            raise MCPError(types.INTERNAL_ERROR, f"a fault in Footnote itself: {type(error).__name__}") from error
        text = types.TextContent(type="text", text=json_text(result))
        return types.CallToolResult(content=[text], structured_content=result)

    async def list_resources(_: Any, params: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
        cursor = params.cursor if params else None
        return await queue.run(lambda: _resources(footnote, cursor))

    async def read_resource(_: Any, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        uri = str(params.uri)
        name = unquote(uri.removeprefix(SCHEME)) if uri.startswith(SCHEME) else ""
        try:
            document = await queue.run(lambda: footnote.document(name))
        except FootnoteError as error:
            raise MCPError(types.INVALID_PARAMS, error.what, {"uri": uri}) from error
        text = types.TextResourceContents(uri=uri, mime_type=_kind(document.id), text=document.text)
        return types.ReadResourceResult(contents=[text])

    return Server(
        "footnote", version=__version__, title="Footnote", instructions=_INSTRUCTIONS, on_list_tools=list_tools,
        on_call_tool=call_tool, on_list_resources=list_resources, on_read_resource=read_resource,
    )  # fmt: skip


def _described(name: str, tool: _Tool) -> types.Tool:
    hints = types.ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    )
    return types.Tool(
        name=name,
        description=tool.description,
        input_schema=tool.takes.model_json_schema(),
        output_schema=schemas.schema(tool.gives),
        annotations=hints,
    )


def _failed(what: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=what)], is_error=True)


def _resources(footnote: Footnote, cursor: str | None) -> types.ListResourcesResult:
    """A page of the documents; a cursor is the number of those before it."""
    if cursor is not None and not re.fullmatch(r"[0-9]{1,12}", cursor):
        raise MCPError(types.INVALID_PARAMS, "there is no such cursor")
    summaries, start = footnote.documents(), int(cursor or "0")
    resources = [
        types.Resource(
            name=each.id, title=each.title, uri=SCHEME + quote(each.id), mime_type=_kind(each.id),
        )
        for each in summaries[start : start + _PAGE]
    ]  # fmt: skip
    following = str(start + _PAGE) if start + _PAGE < len(summaries) else None
    return types.ListResourcesResult(resources=resources, next_cursor=following)


def _kind(document_id: str) -> str:
    return "text/markdown" if document_id.lower().endswith((".md", ".markdown")) else "text/plain"


class McpOverHttp:
    """The server as an ASGI endpoint; it answers while ``running``."""

    def __init__(self, footnote: Footnote, queue: QuestionQueue) -> None:
        self._footnote, self._queue = footnote, queue
        self._sessions: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Made anew each time, since a session manager runs once."""
        server = mcp_server(self._footnote, self._queue)
        # Every request stands alone: nothing is kept for a client, and hosts and origins are checked before.
        self._sessions = StreamableHTTPSessionManager(
            server, json_response=True, stateless=True, max_request_body_size=self._footnote.settings.request_max_bytes
        )
        async with self._sessions.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._sessions is not None, "it is running"
        await self._sessions.handle_request(scope, receive, send)


async def serve_stdio(footnote: Footnote) -> None:
    """Serve one client on stdin and stdout until it goes away."""
    queue = QuestionQueue(footnote)
    server = mcp_server(footnote, queue)
    try:
        async with stdio_server() as (incoming, outgoing), anyio.create_task_group() as group:
            whole_in, whole_out = anyio.create_memory_object_stream[SessionMessage | Exception]()
            group.start_soon(_sift, incoming, whole_in, outgoing)
            await server.run(whole_out, outgoing, server.create_initialization_options())
            group.cancel_scope.cancel()
    finally:
        await asyncio.to_thread(queue.close)


async def _sift(
    incoming: AsyncIterable[SessionMessage | Exception],
    whole: MemoryObjectSendStream[SessionMessage | Exception],
    outgoing: Any,
) -> None:
    """Pass on what is a message; answer what is none, which the library would only log, so that nobody waits for ever."""
    async with whole:
        async for item in incoming:
            if isinstance(item, SessionMessage):
                await whole.send(item)
            elif (refusal := _refusal(item)) is not None:
                await outgoing.send(SessionMessage(refusal))


def _refusal(error: Exception) -> types.JSONRPCError | None:
    """What to answer to a line that is no message; nothing to a blank one."""
    found = error.errors() if isinstance(error, ValidationError) else []
    line = next((each["input"] for each in found if each["type"] == "json_invalid"), None)
    if line is not None:
        if not str(line).strip():
            return None
        said = types.ErrorData(code=types.PARSE_ERROR, message="the line is no JSON that can be read")
        return types.JSONRPCError(jsonrpc="2.0", id=_id_in(str(line)), error=said)
    said = types.ErrorData(code=types.INVALID_REQUEST, message="the line is no message of JSON-RPC 2.0")
    objects = (each["input"] for each in found if isinstance(each["input"], dict))
    known = next((each["id"] for each in objects if "id" in each), None)
    return types.JSONRPCError(jsonrpc="2.0", id=_as_id(known), error=said)


def _id_in(line: str) -> int | str | None:
    """The id of a request that our reader refuses; None where it cannot be told for certain."""
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        named = list(_ID.finditer(line))
        if len(named) != 1:
            return None
        return int(named[0]["number"]) if named[0]["number"] else str(named[0]["text"])
    return _as_id(read.get("id")) if isinstance(read, dict) else None


def _as_id(value: object) -> int | str | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value

"""The MCP door: tools ``ask``, ``search`` and ``read_source``, and the documents as resources, over stdio and HTTP."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, ValidationError

from footnote import __version__
from footnote.api import forms
from footnote.api.http import ask_body, search_body
from footnote.api.sources import excerpt_of
from footnote.errors import FootnoteError
from footnote.rendering import json_text, to_json
from footnote.service.limits import Receive, Scope, Send

if TYPE_CHECKING:
    from footnote.engine import Footnote
    from footnote.service import Desk

SCHEME: Final = "footnote://documents/"
_PAGE: Final = 200
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
        forms.AskBody,
        forms.AnswerForm,
        ask_body,
    ),
    "search": _Tool(
        "The passages of the documents that fit a query best, best first.",
        forms.SearchBody,
        forms.SearchForm,
        search_body,
    ),
    "read_source": _Tool(
        "Read a document, or the stretch around a citation, from the index.",
        forms.SourceBody,
        forms.SourceForm,
        excerpt_of,
    ),
}


def mcp_server(footnote: Footnote, desk: Desk) -> Server[Any]:
    """The server over an engine; its questions queue at the desk with all others."""

    async def list_tools(_: Any, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(name, tool) for name, tool in _TOOLS.items()])

    async def call_tool(_: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        tool = _TOOLS.get(params.name)
        if tool is None:
            return _failed(f"there is no such tool; the tools are {', '.join(_TOOLS)}")
        try:
            body = tool.takes.model_validate(params.arguments or {})
            result = to_json(await desk.run(lambda: tool.call(footnote, body)))
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
        return await desk.run(lambda: _resources(footnote, cursor))

    async def read_resource(_: Any, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        uri = str(params.uri)
        name = unquote(uri.removeprefix(SCHEME)) if uri.startswith(SCHEME) else ""
        try:
            document = await desk.run(lambda: footnote.document(name))
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
        output_schema=forms.schema(tool.gives),
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

    def __init__(self, footnote: Footnote, desk: Desk) -> None:
        self._footnote, self._desk = footnote, desk
        self._sessions: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Made anew each time, since a session manager runs once."""
        server = mcp_server(self._footnote, self._desk)
        # Every request stands alone: nothing is kept for a client, and hosts and origins are checked at the door.
        self._sessions = StreamableHTTPSessionManager(
            server, json_response=True, stateless=True, max_request_body_size=self._footnote.settings.request_max_bytes
        )
        async with self._sessions.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._sessions is not None, "it is running"
        await self._sessions.handle_request(scope, receive, send)

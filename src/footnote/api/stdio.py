"""MCP over stdin and stdout: one client, and an answer to every line, also to one that is no request."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Any, Final

import anyio
import mcp_types as types
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from footnote.api.mcp import mcp_server
from footnote.service import Desk

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectSendStream

    from footnote.engine import Footnote

_ID: Final = re.compile(r'"id"\s*:\s*(?:(?P<number>\d{1,15})(?!\d)|"(?P<text>[^"\\]{1,200})")')


async def serve_stdio(footnote: Footnote) -> None:
    """Serve one client on stdin and stdout until it goes away."""
    desk = Desk(footnote)
    server = mcp_server(footnote, desk)
    try:
        async with stdio_server() as (incoming, outgoing), anyio.create_task_group() as group:
            whole_in, whole_out = anyio.create_memory_object_stream[SessionMessage | Exception]()
            group.start_soon(_sift, incoming, whole_in, outgoing)
            await server.run(whole_out, outgoing, server.create_initialization_options())
            group.cancel_scope.cancel()
    finally:
        await asyncio.to_thread(desk.close)


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
    return types.JSONRPCError(jsonrpc="2.0", id=_plain(known), error=said)


def _id_in(line: str) -> int | str | None:
    """The id of a request that our reader refuses; None where it cannot be told for certain."""
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        named = list(_ID.finditer(line))
        if len(named) != 1:
            return None
        return int(named[0]["number"]) if named[0]["number"] else str(named[0]["text"])
    return _plain(read.get("id")) if isinstance(read, dict) else None


def _plain(value: object) -> int | str | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value

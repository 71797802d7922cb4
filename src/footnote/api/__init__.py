"""The doors for programs: JSON over HTTP, MCP, and the figures of a server.

Nothing heavy is imported here; FastAPI and the MCP library load when a door is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from footnote.api.mcp import McpOverHttp
    from footnote.engine import Footnote
    from footnote.service import Desk, Readiness

__all__ = ["attach"]


def attach(app: FastAPI, footnote: Footnote, desk: Desk, readiness: Readiness, *, guarded: bool) -> McpOverHttp:
    """Add ``/api/v1``, ``/mcp`` and ``/metrics`` to an application, before anything that takes every path.

    Returns:
        The MCP door: it answers inside its ``running()``.
    """
    import asyncio

    from fastapi import Response
    from starlette.routing import Route

    from footnote.api.http import PREFIX, api_app
    from footnote.api.mcp import McpOverHttp
    from footnote.api.metrics import CONTENT_TYPE, Counted, Metrics
    from footnote.api.problems import Problems

    figures, door = Metrics(footnote, desk, readiness), McpOverHttp(footnote, desk)

    async def metrics() -> Response:
        return Response(await asyncio.to_thread(figures.text), headers={"content-type": CONTENT_TYPE})

    app.add_api_route("/metrics", metrics)
    app.router.routes.append(Route("/mcp", endpoint=door))
    app.mount(PREFIX, api_app(footnote, desk, guarded=guarded))
    app.state.around = ((Problems, {"under": PREFIX}), (Counted, {"metrics": figures}))
    return door

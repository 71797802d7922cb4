"""Assembles the web face and runs it."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket
import sys
import tempfile
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from footnote.errors import FootnoteError, UsageError
from footnote.web.entry import Entry
from footnote.web.guards import Doors, Policy
from footnote.web.routes import routes

if TYPE_CHECKING:
    from footnote.engine import Footnote

_BODY_MAX_BYTES = 2_000_000
_LOCAL = ("127.0.0.1", "localhost", "::1")


def create_app(footnote: Footnote, *, token: str | None = None, hosts: tuple[str, ...] = ()) -> FastAPI:
    """See ``footnote.web.create_app``."""
    _quiet_gradio()
    app: FastAPI = FastAPI(title="Footnote", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(routes(footnote))
    app.add_exception_handler(FootnoteError, _trouble)
    # Inside a loop, since Gradio opens one that it never closes where none is running.
    asyncio.run(_mount_page(app, footnote))
    # The last one added is the outermost: every answer carries the policy, refusals too.
    if token:
        app.add_middleware(Entry, token=token)
    app.add_middleware(Doors, hosts=(*_LOCAL, *hosts), body_max_bytes=_BODY_MAX_BYTES)
    app.add_middleware(Policy)
    return app


async def _mount_page(app: FastAPI, footnote: Footnote) -> None:
    import gradio as gr

    from footnote.web.page import HEAD, build_page, theme

    page = build_page(footnote)
    gr.mount_gradio_app(
        app, page, "/", theme=theme(), head=HEAD, show_error=False, run_history=False, enable_monitoring=False,
        footer_links=[], max_file_size="1kb", ssr_mode=False, pwa=False, mcp_server=False,
    )  # fmt: skip
    # Gradio checks file objects that a visitor sends only once it believes it was launched; mounting leaves that unset.
    page.has_launched = True
    _assert_launched(page)


def serve(footnote: Footnote, *, host: str, port: int, token: str | None) -> None:
    """See ``footnote.web.serve``."""
    import uvicorn

    if not _loopback(host) and not token:
        raise UsageError(
            "this address is open to other machines, so a token is needed",
            where=host,
            remedy="set FOOTNOTE_TOKEN, or serve on 127.0.0.1",
        )
    listener = _listen(host, port)
    any_name = _everywhere(host)
    app = create_app(footnote, token=token, hosts=("*",) if any_name else (host,))
    config = uvicorn.Config(
        app, log_level="warning", limit_concurrency=1_000, timeout_keep_alive=20, timeout_graceful_shutdown=3,
        server_header=False, proxy_headers=False,
    )  # fmt: skip
    shown_host = f"[{host}]" if ":" in host else host
    sys.stderr.write(f"Footnote is open at http://{shown_host}:{listener.getsockname()[1]}/ (Ctrl+C closes it)\n")
    sys.stderr.flush()
    uvicorn.Server(config).run(sockets=[listener])


async def _trouble(_request: Request, error: Exception) -> JSONResponse:
    """What went wrong and what to do about it; the place stays out, since it may name folders of this machine."""
    assert isinstance(error, FootnoteError)
    return JSONResponse({"what": error.what, "remedy": error.remedy}, status_code=503)


def _quiet_gradio() -> None:
    """Nothing may leave the machine: set before Gradio is imported, since it calls home on import and on build."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    if "GRADIO_TEMP_DIR" not in os.environ:
        os.environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp(prefix="footnote-")


def _assert_launched(page: object) -> None:
    if getattr(page, "has_launched", None) is not True:
        raise FootnoteError("this Gradio does not check files that visitors send", remedy="install gradio 6.31")


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        what = "the port is taken" if error.errno == errno.EADDRINUSE else f"cannot listen here ({error.strerror})"
        raise FootnoteError(what, where=f"{host}:{port}", remedy="choose another with --port") from error
    return listener


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _everywhere(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return host == ""

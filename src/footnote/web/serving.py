"""Assembles the web face and runs it."""

from __future__ import annotations

import asyncio
import atexit
import errno
import ipaddress
import os
import shutil
import socket
import sys
import tempfile
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from footnote.api import attach
from footnote.errors import FootnoteError
from footnote.service import Crowd, Desk, Rates, Readiness, RequestLog, error_headers, http_status, log_to_stderr
from footnote.web.connections import server_for
from footnote.web.entry import Entry, Visitors
from footnote.web.guards import Doors, Policy
from footnote.web.keys import OWNER, Keys, check_exposure
from footnote.web.routes import routes

if TYPE_CHECKING:
    from footnote.engine import Footnote

_LOCAL = ("127.0.0.1", "localhost", "::1")
_BACKLOG = 2_048


def create_app(footnote: Footnote, *, token: str | None = None, hosts: tuple[str, ...] = ()) -> FastAPI:
    """See ``footnote.web.create_app``."""
    _quiet_gradio()
    desk, keys = Desk(footnote), Keys(token)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            async with door.running():
                yield
        finally:
            await asyncio.to_thread(desk.close)

    app: FastAPI = FastAPI(title="Footnote", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.desk, app.state.keys = desk, keys
    readiness = Readiness(footnote, desk)
    # First, since it widens what a path may hold.
    door = attach(app, footnote, desk, readiness, guarded=keys.guarded)
    app.include_router(routes(footnote, desk, readiness))
    app.add_exception_handler(FootnoteError, _trouble)
    app.add_exception_handler(RequestValidationError, _not_understood)
    # Inside a loop, since Gradio opens one that it never closes where none is running.
    asyncio.run(_mount_page(app, footnote, desk))
    _guard(app, footnote, keys, hosts)
    return app


def _guard(app: FastAPI, footnote: Footnote, keys: Keys, hosts: tuple[str, ...]) -> None:
    """Put the doors around an application, from the innermost to the outermost: every answer carries the policy."""
    settings = footnote.settings
    app.add_middleware(Entry, keys=keys)
    app.add_middleware(Rates, per_minute=settings.questions_per_minute)
    app.add_middleware(
        Doors,
        hosts=(*_LOCAL, *hosts, *map(str.lower, settings.hosts)),
        body_max_bytes=settings.request_max_bytes,
        file_max_bytes=settings.file_max_bytes,
    )
    app.add_middleware(Crowd, most=settings.requests_max, is_stranger=lambda scope: keys.guarded and not scope[OWNER])
    app.add_middleware(Visitors, keys=keys)
    for kind, options in app.state.around:
        app.add_middleware(kind, **options)
    app.add_middleware(Policy)
    app.add_middleware(RequestLog)


async def _mount_page(app: FastAPI, footnote: Footnote, desk: Desk) -> None:
    import gradio as gr

    from footnote.web.page import HEAD, build_page, theme

    page = build_page(footnote, desk)
    gr.mount_gradio_app(
        app, page, "/", theme=theme(), head=HEAD, show_error=False, run_history=False, enable_monitoring=False,
        footer_links=[], root_path=footnote.settings.root_path or None, max_file_size="1kb", ssr_mode=False, pwa=False, mcp_server=False,
    )  # fmt: skip
    # Gradio checks file objects that a visitor sends only once it believes it was launched; mounting leaves that unset.
    page.has_launched = True
    _assert_launched(page)


def serve(footnote: Footnote, *, host: str, port: int, token: str | None, open_browser: bool) -> None:
    """See ``footnote.web.serve``."""
    settings = footnote.settings
    check_exposure(settings, host, token)
    listener = _listen(host, port)
    app = create_app(footnote, token=token, hosts=("*",) if _everywhere(host) else (host,))
    behind_proxy = bool(settings.hosts or settings.root_path)
    server = server_for(app, requests_max=settings.requests_max, behind_proxy=behind_proxy)
    shown_host = f"[{host}]" if ":" in host else host
    address = f"http://{shown_host}:{listener.getsockname()[1]}/"
    sys.stderr.write(f"Footnote is open at {address} (Ctrl+C closes it)\n")
    link: str | None = app.state.keys.link
    mine = address if link is None else f"{address}enter?secret={link}"
    if link is not None:
        sys.stderr.write(f"To add and remove documents, open this once; it makes your browser the owner's: {mine}\n")
    sys.stderr.flush()
    log_to_stderr(requests=settings.log_requests)
    # A thread at work on an answer keeps the interpreter for 5 ms by default each time that the network loop wants it.
    sys.setswitchinterval(0.0005)
    # The first visitor should not wait for the starters to be found.
    starters = threading.Thread(target=_find_starters, args=(footnote,))
    starters.start()
    if open_browser:
        threading.Thread(target=webbrowser.open, args=(mine,), daemon=True).start()
    try:
        server.run(sockets=[listener])
    finally:
        # Python would end it in the middle of native code, which aborts the process.
        starters.join()


def _find_starters(footnote: Footnote) -> None:
    # Whoever asks for them next gets them, or the reason why there are none.
    with suppress(FootnoteError):
        footnote.starters()


async def _trouble(_request: Request, error: Exception) -> JSONResponse:
    """What went wrong and what to do about it; the place stays out, since it may name folders of this machine."""
    assert isinstance(error, FootnoteError)
    body = {"what": error.what, "remedy": error.remedy}
    return JSONResponse(body, status_code=http_status(error), headers=error_headers(error))


async def _not_understood(_request: Request, error: Exception) -> JSONResponse:
    """Which field is wrong and how; never the field's content, which may be anything."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or "the body"
    what = f"{where}: {first['msg']}".encode("ascii", "replace").decode()
    return JSONResponse({"what": what, "remedy": "see the API's description"}, status_code=422)


def _quiet_gradio() -> None:
    """Nothing may leave the machine: set before Gradio is imported, since it calls home on import and on build."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    # It makes a table of its last 10,000 questions after each one, which costs more than the answer; nobody sees it here.
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(2**62)
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    if "GRADIO_TEMP_DIR" not in os.environ:
        folder = tempfile.mkdtemp(prefix="footnote-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["GRADIO_TEMP_DIR"] = folder


def _assert_launched(page: object) -> None:
    if getattr(page, "has_launched", None) is not True:
        raise FootnoteError("this Gradio does not check files that visitors send", remedy="install gradio 6.31")


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # From here on who comes is kept waiting, not turned away: the address is told before the server runs.
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        what = "the port is taken" if error.errno == errno.EADDRINUSE else f"cannot listen here ({error.strerror})"
        raise FootnoteError(what, where=f"{host}:{port}", remedy="choose another with --port") from error
    return listener


def _everywhere(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return host == ""

"""The server, put together and run: interfaces inside, guards around them, connections around all."""

from __future__ import annotations

import asyncio
import errno
import gzip
import hashlib
import ipaddress
import mimetypes
import os
import re
import socket
import sys
import tempfile
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from footnote.engine import Footnote
from footnote.errors import FootnoteError
from footnote.server.api import PREFIX, api_app
from footnote.server.authentication import OWNER, Authentication, Secrets, SignIn, check_exposure
from footnote.server.chat_completions import chat_app
from footnote.server.connections import server_for
from footnote.server.mcp import McpOverHttp
from footnote.server.monitoring import METRICS_TYPE, Metrics, Readiness, RequestMonitor, log_to_stderr
from footnote.server.page import STATIC, mount_page
from footnote.server.page_images import PageImages, is_pdf
from footnote.server.problems import OPENAI_PREFIX, answer_with_problems
from footnote.server.queue import QuestionQueue
from footnote.server.request_limits import ConcurrencyLimit, RateLimit
from footnote.server.security import RequestGuard, SecurityHeaders
from footnote.server.uploads import CorpusEditor

_LOCAL: Final = ("127.0.0.1", "localhost", "::1")
_BACKLOG: Final = 2_048
_THREAD_SECONDS: Final = 1.0
"""Readiness waits so long for a thread of the routes."""


def create_app(footnote: Footnote, *, token: str | None = None, hosts: tuple[str, ...] = ()) -> FastAPI:
    """All that is served over an open index, guarded.

    Args:
        footnote: the engine that answers.
        token: what every visitor must show, who is then the owner; None lets everyone read, and makes the owner of whoever
            opens ``/enter?secret=…`` with the secret in ``app.state.secrets.link``, once.
        hosts: further host names that it is reached by; "*" for any.  This machine's own names are always among them.

    Raises:
        UsageError: the token could be guessed, or ``page_url`` is no address.
    """
    secrets, queue, editor = Secrets(token), QuestionQueue(footnote), CorpusEditor(footnote)
    images = PageImages(footnote)
    readiness, mcp = Readiness(footnote, queue), McpOverHttp(footnote, queue)
    metrics = Metrics(footnote, queue, readiness)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            async with mcp.running():
                yield
        finally:
            await asyncio.to_thread(editor.stop)
            await asyncio.to_thread(queue.close)
            await asyncio.to_thread(images.viewer.close)

    app = FastAPI(title="Footnote", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.queue, app.state.secrets, app.state.images = queue, secrets, images
    answer_with_problems(app)
    _add_watching(app, readiness, metrics)
    app.router.routes.append(Route("/mcp", endpoint=mcp))
    app.mount(PREFIX, api_app(footnote, queue, editor, images, guarded=secrets.guarded))
    app.mount(OPENAI_PREFIX, chat_app(footnote, queue))
    # Last, since the page takes every path.
    mount_page(app, footnote, queue)
    _guard(app, footnote, secrets, metrics, hosts)
    return app


def _add_watching(app: FastAPI, readiness: Readiness, metrics: Metrics) -> None:
    """What watches over the server, and the page's own files."""

    @app.get("/healthz")
    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        # On the loop's own threads, not among those of the other routes: it is answered however busy these are.
        ready, facts = await asyncio.to_thread(readiness.look)
        if ready and not await _threads_are_free():
            ready, facts = False, {"ready": False, "reason": "pages wait for others that take long; try again"}
        return JSONResponse(facts, status_code=200 if ready else 503)

    @app.get("/metrics")
    async def figures() -> Response:
        return Response(await asyncio.to_thread(metrics.text), headers={"content-type": METRICS_TYPE})

    @app.get("/footnote/{name}")
    def static(name: str, request: Request) -> Response:
        asset = _asset(name)
        if asset is None:
            raise HTTPException(404, "There is nothing here.")
        body, packed, kind, tag = asset
        # Revalidated each time: an update of Footnote must never meet yesterday's script.
        headers = {"etag": tag, "cache-control": "no-cache", "vary": "accept-encoding"}
        if request.headers.get("if-none-match", "").removeprefix("W/") == tag:
            return Response(status_code=304, headers=headers)
        # Browsers take the better one only where nobody can listen in.
        taken = re.split(r"[\s,]+", request.headers.get("accept-encoding", ""))
        for encoding, smaller in packed.items():
            if encoding in taken:
                body, headers["content-encoding"] = smaller, encoding
                break
        return Response(body, media_type=kind, headers=headers)


async def _threads_are_free() -> bool:
    """Whether a route that needs a thread would get one: asked of the threads themselves."""
    try:
        async with asyncio.timeout(_THREAD_SECONDS):
            await run_in_threadpool(lambda: None)
    except TimeoutError:
        return False
    return True


@lru_cache(maxsize=128)
def _asset(name: str) -> tuple[bytes, dict[str, bytes], str, str] | None:
    """A file of the page, the same packed (nothing where that is hardly less), its type and its tag; None where there is none."""
    import brotli

    if name not in {each.name for each in STATIC.iterdir() if each.is_file()}:
        return None
    body = (STATIC / name).read_bytes()
    kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0] or "application/octet-stream"
    packed = {"br": brotli.compress(body), "gzip": gzip.compress(body, mtime=0)}
    packed = {encoding: each for encoding, each in packed.items() if len(each) < 0.9 * len(body)}
    return body, packed, kind, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _guard(app: FastAPI, footnote: Footnote, secrets: Secrets, metrics: Metrics, hosts: tuple[str, ...]) -> None:
    """Put the guards around an application, from the innermost to the outermost: every answer carries the policy."""
    settings = footnote.settings
    app.add_middleware(SignIn, secrets=secrets)
    app.add_middleware(RateLimit, per_minute=settings.questions_per_minute)
    app.add_middleware(
        RequestGuard,
        hosts=(*_LOCAL, *hosts, *map(str.lower, settings.hosts)),
        body_max_bytes=settings.request_max_bytes,
        file_max_bytes=settings.file_max_bytes,
    )
    app.add_middleware(
        ConcurrencyLimit, most=settings.requests_max, is_stranger=lambda scope: secrets.guarded and not scope[OWNER]
    )
    app.add_middleware(Authentication, secrets=secrets)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestMonitor, metrics=metrics)


def serve(
    footnote: Footnote,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    token: str | None = None,
    open_browser: bool = False,
) -> None:
    """Serve the page until interrupted; its address, and the one that makes the owner, are written to stderr.

    Raises:
        UsageError: others reach it (its address, ``hosts`` or ``root_path`` say so) and there is no token, or the token could
            be guessed.
        FootnoteError: the port is taken.
    """
    settings = footnote.settings
    check_exposure(settings, host, token)
    listener = _listen(host, port)
    app = create_app(footnote, token=token, hosts=("*",) if _everywhere(host) else (host,))
    behind_proxy = bool(settings.hosts or settings.root_path)
    server = server_for(app, requests_max=settings.requests_max, behind_proxy=behind_proxy)
    shown_host = f"[{host}]" if ":" in host else host
    address = f"http://{shown_host}:{listener.getsockname()[1]}/"
    sys.stderr.write(f"Footnote is open at {address} (Ctrl+C closes it)\n")
    link: str | None = app.state.secrets.link
    mine = address if link is None else f"{address}enter?secret={link}"
    if link is not None:
        sys.stderr.write(f"To add and remove documents, open this once; it makes your browser the owner's: {mine}\n")
    sys.stderr.flush()
    log_to_stderr(requests=settings.log_requests)
    # A thread at work on an answer keeps the interpreter for 5 ms by default each time that the network loop wants it.
    sys.setswitchinterval(0.0005)
    # The first visitor should not wait for the starters to be found, nor the first reader of a PDF for what draws it.
    starters = threading.Thread(target=_make_ready, args=(footnote, app.state.images))
    starters.start()
    way = _way_in(mine) if open_browser and link is not None else None
    if open_browser:
        threading.Thread(target=webbrowser.open, args=(way.as_uri() if way else mine,), daemon=True).start()
    try:
        server.run(sockets=[listener])
    finally:
        if way is not None:
            way.unlink(missing_ok=True)
        # Python would end it in the middle of native code, which aborts the process.
        starters.join()


def _make_ready(footnote: Footnote, images: PageImages) -> None:
    # Whoever asks for them next gets them, or the reason why there are none.
    with suppress(FootnoteError):
        if any(is_pdf(each.id) for each in footnote.documents()):
            images.viewer.start()
        footnote.starters()


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


def _way_in(address: str) -> Path:
    """A file that leads a browser to an address: what is on a command line every user of the machine may read."""
    descriptor, name = tempfile.mkstemp(prefix="footnote-", suffix=".html")
    page = f'<!doctype html><meta charset="utf-8"><title>Footnote</title><meta http-equiv="refresh" content="0; url={address}">'
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f'{page}<a href="{address}">Footnote</a>\n')
    return Path(name)


def _everywhere(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return host == ""

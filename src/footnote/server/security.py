"""What a request must be to get in, and what every response must carry: hosts, origins, types, sizes, the content policy.

Gradio's own routes are let through by name only.  What the page does not use (file serving, proxying, stored deep
links, run history, monitoring, uploads, code editing) does not exist here, whatever a later Gradio adds.
"""

from __future__ import annotations

import gzip
import re
import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from footnote.server.asgi import App, Message, Receive, Scope, Send, header, host_name
from footnote.server.problems import PAGES, refuse
from footnote.server.request_limits import BODY_SECONDS, FORM_MAX_BYTES, FORM_SECONDS, BoundedBody

_GRADIO_READS = re.compile(
    r"/(?:"
    r"|config|theme\.css|robots\.txt|favicon\.ico"
    r"|assets/[\w.\-/]+|static/(?:fonts|img|js)/[\w.\-/]+"
    r"|gradio_api/(?:info|theme\.css|startup-events|queue/data|heartbeat/\w+|call/\w+/\w+|call/v2/\w+/\w+)"
    r")"
)
_GRADIO_WRITES = re.compile(r"/gradio_api/(?:queue/join|cancel|reset|call/\w+|call/v2/\w+)")
_OURS = re.compile(r"/(?:footnote/[\w.\-]+|api/v1/.*|v1/.*|healthz|readyz|metrics|mcp|enter)", re.DOTALL)
_FILES = re.compile(r"/api/v1/files/[^/]+")
"""Where the owner's files arrive: the one place that takes something else than JSON, and takes much of it."""
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})

_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-src 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    # Nothing to other sites; without any at all, Chromium says of our own form that it comes from nowhere.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
_PARTS = ("text/javascript", "application/javascript", "text/css", "font/")
"""Types of what a page is made of: a page's own policy holds for what they do, and what is said of pages goes without saying."""
_HEADERS_OF_PARTS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    # Should a browser ever take one for a page of its own.
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_SCRIPT_TAG = re.compile(rb"<script(?=[\s>])", re.IGNORECASE)


class RequestGuard:
    """Lets a request in when its host, path, origin, type and size are as they should be, and its body comes in time."""

    def __init__(self, app: App, *, hosts: Iterable[str], body_max_bytes: int, file_max_bytes: int = 0) -> None:
        self.app = app
        self.hosts = frozenset(hosts)
        self.body_max_bytes = body_max_bytes
        self.file_max_bytes = file_max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refuse(scope, send, *refusal)
            return
        # Hosts come by one header, which was looked at; Gradio would believe this one too.
        scope["headers"] = [(key, value) for key, value in scope["headers"] if key != b"x-forwarded-host"]
        seconds = FORM_SECONDS if scope["path"] == "/enter" else BODY_SECONDS
        body = BoundedBody(
            scope, receive, send, most_bytes=self._most_bytes(scope), seconds=seconds, renewed=_arriving(scope)
        )
        await self.app(scope, body.receive, body.send)
        await body.finish()

    def _most_bytes(self, scope: Scope) -> int:
        if scope["path"] == "/enter":
            return FORM_MAX_BYTES
        return self.file_max_bytes if _arriving(scope) else self.body_max_bytes

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        host = header(scope, b"host")
        if "*" not in self.hosts and host_name(host) not in self.hosts:
            return 421, "This address does not belong to Footnote."
        path, method = scope["path"], scope["method"]
        writes = method not in _BODILESS
        known = _GRADIO_WRITES if writes else _GRADIO_READS
        if not (_OURS.fullmatch(path) or known.fullmatch(path)) or ".." in path.split("/"):
            return 404, "There is nothing here."
        if not writes:
            return None
        if _is_from_elsewhere(scope):
            return 403, "Requests from other sites are not taken."
        length = header(scope, b"content-length")
        if length.isdigit() and int(length) > self._most_bytes(scope):
            return 413, "The request is too large."
        return _wrong_type(scope)


def _is_from_elsewhere(scope: Scope) -> bool:
    """Whether a page of another site sent this.

    Browsers say so themselves where they can, in a header that no page can set; else the page's origin has to be this
    host, which a proxy that changes the host would spoil.
    """
    site = header(scope, b"sec-fetch-site")
    if site:
        return site not in {"same-origin", "none"}
    origin = header(scope, b"origin")
    return bool(origin) and urlsplit(origin).netloc != header(scope, b"host")


def _wrong_type(scope: Scope) -> tuple[int, str] | None:
    """Refuses a body of another type than the path takes: what the forms of other sites can send is never JSON."""
    path, kind = scope["path"], header(scope, b"content-type").partition(";")[0].strip().lower()
    expected = "application/x-www-form-urlencoded" if path == "/enter" else "application/json"
    if _arriving(scope):
        expected = "application/octet-stream"
    elif path == "/mcp" or path.startswith(("/api/v1/", "/v1/")):
        return None  # these refuse other types themselves, once they know that the method is theirs
    return None if kind == expected else (415, f"The request must be {expected}.")


class SecurityHeaders:
    """Adds the security headers, and to each HTML page a content security policy with a fresh nonce."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        stamped = scope["path"] in PAGES
        packs = "gzip" in header(scope, b"accept-encoding")
        if stamped:
            # The page is changed on its way out, so it must not arrive compressed.
            scope["headers"] = [(k, v) for k, v in scope["headers"] if k != b"accept-encoding"]
        await self.app(scope, receive, _Stamped(send, held=stamped, packs=packs).send)


class _Stamped:
    """One response on its way out; only our own pages are held back until complete, a document's file is sent as it is."""

    def __init__(self, send: Send, *, held: bool, packs: bool) -> None:
        self._send = send
        self._held = held
        self._packs = packs
        self._start: Message | None = None
        self._body = bytearray()
        self._nonce = secrets.token_urlsafe(18)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [(k, v) for k, v in message.get("headers", []) if k.lower() != b"server"]
            if dict(headers).get(b"content-type", b"").decode("latin-1").startswith(_PARTS):
                headers += _HEADERS_OF_PARTS
            else:
                headers += [*_HEADERS, (b"content-security-policy", _POLICY.format(nonce=self._nonce).encode())]
            message["headers"] = headers
            if self._held and dict(headers).get(b"content-type", b"").startswith(b"text/html"):
                self._start = message
                return
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body += message.get("body", b"")
            if message.get("more_body"):
                return
            await self._finish()
            return
        await self._send(message)

    async def _finish(self) -> None:
        assert self._start is not None
        page = _SCRIPT_TAG.sub(f'<script nonce="{self._nonce}"'.encode(), bytes(self._body))
        kept = [(k, v) for k, v in self._start["headers"] if k not in {b"content-length", b"cache-control"}]
        kept += [(b"cache-control", b"no-store")]
        if page and self._packs:
            page = gzip.compress(page, 6)
            kept += [(b"content-encoding", b"gzip"), (b"vary", b"accept-encoding")]
        if page:
            kept.append((b"content-length", str(len(page)).encode()))
        start, self._start = self._start, None
        await self._send({**start, "headers": kept})
        await self._send({"type": "http.response.body", "body": page})


def _arriving(scope: Scope) -> bool:
    """Whether the request brings a file."""
    return scope["method"] == "PUT" and _FILES.fullmatch(scope["path"]) is not None

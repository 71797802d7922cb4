"""The token that a page open to other machines asks for."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import deque
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from footnote.web.guards import App, Receive, Scope, Send, header, respond

_COOKIE = "footnote_entry"
_TRIES = 20
_TRIES_SECONDS = 60.0

_FORM = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Footnote</title><link rel="stylesheet" href="footnote/enter.css"></head>
<body><main><h1>Footnote<sup>1</sup></h1>
<form method="post" action="enter"><label for="token">{label}</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Open</button></form></main></body></html>"""


class Entry:
    """Lets in who shows the token: as a bearer header, or once in the form, which leaves a cookie."""

    def __init__(self, app: App, *, token: str) -> None:
        self.app = app
        self._token = token.encode()
        self._pass = hmac.new(self._token, b"footnote entry", hashlib.sha256).hexdigest()
        self._failures: deque[float] = deque(maxlen=_TRIES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"] == "/enter":
            await self._enter(scope, receive, send)
        elif scope["path"] == "/healthz" or scope["path"].startswith("/footnote/enter.") or self._known(scope):
            await self.app(scope, receive, send)
        elif scope["path"] == "/":
            # Relative, as in the form: a proxy may serve all of this under a path of its own.
            await respond(send, 303, "", [(b"location", b"enter")])
        else:
            await respond(send, 401, "This page needs its token.", [(b"www-authenticate", b"Bearer")])

    def _known(self, scope: Scope) -> bool:
        bearer = header(scope, b"authorization").removeprefix("Bearer ").encode("latin-1")
        if hmac.compare_digest(bearer, self._token):
            return True
        try:
            cookie = SimpleCookie(header(scope, b"cookie")).get(_COOKIE)
        except CookieError:
            return False
        return cookie is not None and hmac.compare_digest(cookie.value.encode(), self._pass.encode())

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await _form(send, 200, "Token")
            return
        if len(self._failures) == _TRIES and time.monotonic() - self._failures[0] < _TRIES_SECONDS:
            await respond(send, 429, "Too many wrong tokens; wait a minute.", [(b"retry-after", b"60")])
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        offered = parse_qs(body.decode("utf-8", "replace")).get("token", [""])[0]
        if not hmac.compare_digest(offered.encode(), self._token):
            self._failures.append(time.monotonic())
            await _form(send, 401, "That was not the token. Token")
            return
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        cookie = f"{_COOKIE}={self._pass}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000{secure}"
        await respond(send, 303, "", [(b"location", b"./"), (b"set-cookie", cookie.encode())])


async def _form(send: Send, status: int, label: str) -> None:
    body = _FORM.format(label=label).encode()
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""Where a secret is shown: as a bearer header, in the form, or once in the address that ``serve`` printed."""

from __future__ import annotations

from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs

from footnote.service.limits import Buckets, address_of
from footnote.web.bodies import App, Receive, Scope, Send, header, respond
from footnote.web.guards import host_name
from footnote.web.keys import COOKIE_SECONDS, OWNER, Keys, is_loopback

_COOKIE: Final = "footnote_owner"
_WRONG: Final = "footnote.wrong"
"""Key of an ASGI scope: True where the visitor showed a secret that is none."""
_GUESSES_PER_MINUTE: Final = 20
_FIELDS_MAX: Final = 4
_NO_STORE: Final = (b"cache-control", b"no-store")

_FORM = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Footnote</title><link rel="stylesheet" href="footnote/enter.css"></head>
<body><main><h1>Footnote<sup>1</sup></h1>
<form method="post" action="enter"><label for="token">{label}</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Open</button></form>{note}</main></body></html>"""
_ONLY_HTTPS = "<p>Over plain http a browser does not keep the entry: open this page by https.</p>"


class Visitors:
    """Finds out who asks, before anything is limited or refused."""

    def __init__(self, app: App, *, keys: Keys) -> None:
        self.app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scheme, _, bearer = header(scope, b"authorization").partition(" ")
            shown = bearer.strip() if scheme.lower() == "bearer" else ""
            scope[OWNER] = self._keys.opens(shown) or self._keys.knows(_cookie_of(scope))
            scope[_WRONG] = bool(shown) and not scope[OWNER]
        await self.app(scope, receive, send)


class Entry:
    """Turns a secret into a cookie, and where there is a token lets in only who showed it.

    Wrong secrets are counted for each address, whichever way they are shown.  The right one is taken however many wrong
    ones came before: it has 128 bits, so that no number of guesses finds it, and whoever guesses from the owner's
    address, as all do behind some proxies, must not keep the owner out.
    """

    def __init__(self, app: App, *, keys: Keys) -> None:
        self.app = app
        self._keys = keys
        self._guesses = Buckets(per_minute=_GUESSES_PER_MINUTE, burst=_GUESSES_PER_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"] == "/enter":
            await self._enter(scope, receive, send)
        elif not self._keys.guarded or scope[OWNER] or _is_open(scope["path"]):
            await self.app(scope, receive, send)
        elif scope[_WRONG]:
            await self._wrong(scope, send, "That is not the token of this page.")
        elif scope["path"] == "/":
            # Relative, as in the form: a proxy may serve all of this under a path of its own.
            await respond(send, 303, "", [(b"location", b"enter"), _NO_STORE])
        else:
            await respond(send, 401, "This page needs its token.", [(b"www-authenticate", b"Bearer")])

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._keys.guarded:
            await self._enter_by_link(scope, send)
        elif scope["method"] != "POST":
            await _form(scope, send, 200, "Token")
        else:
            body = await _body(receive)
            if body is None:
                return
            if self._keys.opens(_field(body, "token")):
                await self._let_in(scope, send)
            elif wait := self._guesses.take(address_of(scope)):
                # The form again, not a dead end: the right one is still taken.
                await _form(scope, send, 429, "Many wrong tokens came from here. Token", [_retry_after(wait)])
            else:
                await _form(scope, send, 401, "That was not the token. Token")

    async def _enter_by_link(self, scope: Scope, send: Send) -> None:
        # A look ahead (HEAD, a preview that keeps no cookie) must not use the secret up; browsers open with GET.
        offered = _field(scope.get("query_string", b""), "secret") if scope["method"] == "GET" else ""
        if not offered or scope[OWNER]:
            await respond(send, 303, "", [(b"location", b"./"), _NO_STORE])
        elif self._keys.opens_once(offered):
            await self._let_in(scope, send)
        else:
            said = "This address was used already, or is of an earlier start. Start Footnote again for a fresh one."
            await self._wrong(scope, send, said)

    async def _let_in(self, scope: Scope, send: Send) -> None:
        name = host_name(header(scope, b"host"))
        secure = "" if is_loopback(name) and scope.get("scheme") != "https" else "; Secure"
        cookie = (
            f"{_cookie_name(scope)}={self._keys.cookie()}; Path=/; HttpOnly; SameSite=Strict; Max-Age={COOKIE_SECONDS}"
        )
        await respond(send, 303, "", [(b"location", b"./"), (b"set-cookie", f"{cookie}{secure}".encode()), _NO_STORE])

    async def _wrong(self, scope: Scope, send: Send, said: str) -> None:
        if wait := self._guesses.take(address_of(scope)):
            await respond(send, 429, f"Too many wrong tokens; try again in {wait} s.", [_retry_after(wait)])
        else:
            await respond(send, 401, said, [(b"www-authenticate", b"Bearer"), _NO_STORE])


def _is_open(path: str) -> bool:
    """Whether strangers may have it: whether the process runs, and how the form looks."""
    return path == "/healthz" or path.startswith("/footnote/enter.")


def _cookie_name(scope: Scope) -> str:
    """With the port, which cookies do not tell apart: two servers on one machine must not undo each other's."""
    _, _, port = header(scope, b"host").rpartition(":")
    return f"{_COOKIE}_{port}" if port.isascii() and port.isdigit() else _COOKIE


def _cookie_of(scope: Scope) -> str:
    try:
        found = SimpleCookie(header(scope, b"cookie")).get(_cookie_name(scope))
    except CookieError:
        return ""
    return found.value if found is not None else ""


async def _body(receive: Receive) -> bytes | None:
    """A form's body; None where the visitor went away, or sent more than a form has or too slowly."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _field(form: bytes, name: str) -> str:
    try:
        fields = parse_qs(form.decode("utf-8", "replace"), max_num_fields=_FIELDS_MAX)
    except ValueError:
        return ""
    return fields.get(name, [""])[0]


def _retry_after(wait: int) -> tuple[bytes, bytes]:
    return b"retry-after", str(wait).encode()


async def _form(scope: Scope, send: Send, status: int, label: str, more: Iterable[tuple[bytes, bytes]] = ()) -> None:
    plain = scope.get("scheme") != "https" and not is_loopback(host_name(header(scope, b"host")))
    body = _FORM.format(label=label, note=_ONLY_HTTPS if plain else "").encode()
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

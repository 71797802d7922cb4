"""Who the owner is: whoever showed a secret, as a bearer header, in the form, or in the printed address; and nobody else.

The secret is ``FOOTNOTE_TOKEN`` where one is set; else a fresh one that stands in the address which ``serve`` prints, good
once.  Either is turned into a cookie.  Nothing is ever inferred from where a request seems to come from, or from a header
that it lacks: behind a proxy on this machine all visitors seem to sit at it.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
import secrets
import string
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

from footnote.errors import UsageError
from footnote.server.asgi import App, Headers, Receive, Scope, Send, address_of, header, host_name, respond
from footnote.server.problems import refuse, refuse_for
from footnote.server.request_limits import TokenBuckets
from footnote.settings import Settings

OWNER: Final = "footnote.owner"
"""Key of an ASGI scope: True where the visitor showed a secret."""
COOKIE_SECONDS: Final = 30 * 24 * 3600
TOKEN_BITS: Final = 128
_MAKE_ONE: Final = "make one: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
_DISTINCT_LEAST: Final = 8
"""Different characters of a token: a random one of 128 bits has fewer once in ten million."""
_KINDS: Final = ("0123456789", "abcdef", "ghijklmnopqrstuvwxyz", "ABCDEF", "GHIJKLMNOPQRSTUVWXYZ")
_COOKIE: Final = "footnote_owner"
_WRONG: Final = "footnote.wrong"
"""Key of an ASGI scope: True where the visitor showed a secret that is none."""
_GUESSES_PER_MINUTE: Final = 20
_FIELDS_MAX: Final = 4
_NO_STORE: Final = (b"cache-control", b"no-store")
_BEARER: Final = (b"www-authenticate", b"Bearer")

_FORM = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Footnote</title><link rel="stylesheet" href="footnote/enter.css"></head>
<body><main><h1>Footnote<sup>1</sup></h1>
<form method="post" action="enter"><label for="token">{label}</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Open</button></form>{note}</main></body></html>"""
_ONLY_HTTPS = "<p>Over plain http a browser does not keep the entry: open this page by https.</p>"


class Secrets:
    """The secrets of one server, and the cookies that they are turned into.

    Args:
        token: what every visitor has to show; None where readers need nothing.
        clock: seconds since the epoch.

    Raises:
        UsageError: the token could be guessed.
    """

    def __init__(self, token: str | None, clock: Callable[[], float] = time.time) -> None:
        if token is not None:
            check_token(token)
        self._token = token
        self._clock = clock
        self._link = None if token is not None else secrets.token_urlsafe(32)
        # Without a token a new start ends what was let in before; with one, only another token does.
        self._signing = token.encode() if token is not None else secrets.token_bytes(32)

    @property
    def guarded(self) -> bool:
        """Whether readers have to show the token too."""
        return self._token is not None

    @property
    def link(self) -> str | None:
        """The secret of the address that makes its opener the owner; None once it was used, or where there is a token."""
        return self._link

    def opens(self, offered: str) -> bool:
        """Whether this is the token."""
        return self._token is not None and _same(offered, self._token)

    def opens_once(self, offered: str) -> bool:
        """Whether this is the secret of the printed address; it is used up by that."""
        if self._link is None or not _same(offered, self._link):
            return False
        self._link = None
        return True

    def cookie(self) -> str:
        """A value that is the owner's for 30 days."""
        body = f"{int(self._clock()) + COOKIE_SECONDS}.{secrets.token_urlsafe(9)}"
        return f"{body}.{self._signature(body)}"

    def knows(self, cookie: str) -> bool:
        """Whether a cookie is one of ours and still good."""
        body, _, signature = cookie.rpartition(".")
        if not _same(signature, self._signature(body)):
            return False
        return int(body.partition(".")[0]) > self._clock()

    def _signature(self, body: str) -> str:
        return hmac.new(self._signing, f"footnote owner {body}".encode(), hashlib.sha256).hexdigest()


def _same(offered: str, secret: str) -> bool:
    return hmac.compare_digest(offered.encode("utf-8", "replace"), secret.encode())


def check_token(token: str) -> None:
    """Refuse a token that has fewer than 128 bits, by its length and the kinds of its characters.

    Raises:
        UsageError: it could be guessed; says how to make one.
    """
    alphabet = sum(len(kind) for kind in _KINDS if set(kind) & set(token))
    alphabet += 2 * bool(set("-_") & set(token)) + len(string.punctuation) * bool(
        set(token) - set("".join(_KINDS)) - {*"-_"}
    )
    bits = len(token) * math.log2(max(alphabet, 1))
    if bits < TOKEN_BITS or len(set(token)) < _DISTINCT_LEAST:
        raise UsageError(f"the token has fewer than {TOKEN_BITS} bits", where="FOOTNOTE_TOKEN", remedy=_MAKE_ONE)
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError("the token holds what no header can carry", where="FOOTNOTE_TOKEN", remedy=_MAKE_ONE)


def check_exposure(settings: Settings, host: str, token: str | None) -> None:
    """Refuse to serve others without a token.

    Raises:
        UsageError: the address is open to other machines, or a proxy in front of it is announced, and there is no token;
            or the token could be guessed.
    """
    if token is not None:
        check_token(token)
        return
    announced = "hosts" if settings.hosts else "root_path" if settings.root_path.strip() else ""
    if announced:
        what = f"{announced} is set, so others reach this server, and a token is needed"
        raise UsageError(what, where=announced, remedy=f"set FOOTNOTE_TOKEN; {_MAKE_ONE}")
    if not is_loopback(host):
        what = "this address is open to other machines, so a token is needed"
        raise UsageError(what, where=host, remedy=f"set FOOTNOTE_TOKEN, or serve on 127.0.0.1; {_MAKE_ONE}")


def is_loopback(name: str) -> bool:
    """Whether a host's name or address is this machine's own."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


class Authentication:
    """Finds out who asks, before anything is limited or refused."""

    def __init__(self, app: App, *, secrets: Secrets) -> None:
        self.app = app
        self._secrets = secrets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scheme, _, bearer = header(scope, b"authorization").partition(" ")
            shown = bearer.strip() if scheme.lower() == "bearer" else ""
            scope[OWNER] = self._secrets.opens(shown) or self._secrets.knows(_cookie_of(scope))
            scope[_WRONG] = bool(shown) and not scope[OWNER]
        await self.app(scope, receive, send)


class SignIn:
    """Turns a secret into a cookie, and where there is a token lets in only who showed it.

    Wrong secrets are counted for each address, whichever way they are shown.  The right one is taken however many wrong
    ones came before: it has 128 bits, so that no number of guesses finds it, and whoever guesses from the owner's
    address, as all do behind some proxies, must not keep the owner out.
    """

    def __init__(self, app: App, *, secrets: Secrets) -> None:
        self.app = app
        self._secrets = secrets
        self._guesses = TokenBuckets(per_minute=_GUESSES_PER_MINUTE, burst=_GUESSES_PER_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"] == "/enter":
            await self._enter(scope, receive, send)
        elif not self._secrets.guarded or scope[OWNER] or _is_open(scope["path"]):
            await self.app(scope, receive, send)
        elif scope[_WRONG]:
            await self._wrong(scope, send, "That is not the token of this page.")
        elif scope["path"] == "/":
            # Relative, as in the form: a proxy may serve all of this under a path of its own.
            await _redirect(send, b"enter")
        else:
            await refuse(scope, send, 401, "This page needs its token.", headers=[_BEARER])

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._secrets.guarded:
            await self._enter_by_link(scope, send)
        elif scope["method"] != "POST":
            await _form(scope, send, 200, "Token")
        else:
            try:
                body = await Request(scope, receive).body()
            except ClientDisconnect:
                return  # or sent more than a form has, or too slowly: that is answered already
            if self._secrets.opens(_field(body, "token")):
                await self._let_in(scope, send)
            elif wait := self._guesses.take(address_of(scope)):
                # The form again, not a dead end: the right one is still taken.
                again = (b"retry-after", str(wait).encode())
                await _form(scope, send, 429, "Many wrong tokens came from here. Token", [again])
            else:
                await _form(scope, send, 401, "That was not the token. Token")

    async def _enter_by_link(self, scope: Scope, send: Send) -> None:
        # A look ahead (HEAD, a preview that keeps no cookie) must not use the secret up; browsers open with GET.
        offered = _field(scope.get("query_string", b""), "secret") if scope["method"] == "GET" else ""
        if not offered or scope[OWNER]:
            await _redirect(send, b"./")
        elif self._secrets.opens_once(offered):
            await self._let_in(scope, send)
        else:
            said = "This address was used already, or is of an earlier start. Start Footnote again for a fresh one."
            await self._wrong(scope, send, said)

    async def _let_in(self, scope: Scope, send: Send) -> None:
        name = host_name(header(scope, b"host"))
        secure = "" if is_loopback(name) and scope.get("scheme") != "https" else "; Secure"
        kept = f"{self._secrets.cookie()}; Path=/; HttpOnly; SameSite=Strict; Max-Age={COOKIE_SECONDS}{secure}"
        await _redirect(send, b"./", (b"set-cookie", f"{_cookie_name(scope)}={kept}".encode()))

    async def _wrong(self, scope: Scope, send: Send, said: str) -> None:
        if wait := self._guesses.take(address_of(scope)):
            await refuse_for(scope, send, 429, "Too many wrong tokens came from this address.", wait)
        else:
            await refuse(scope, send, 401, said, headers=[_BEARER, _NO_STORE])


def is_owner(request: Request) -> bool:
    """Whether the visitor showed a secret."""
    return request.scope.get(OWNER) is True


def require_owner(request: Request) -> None:
    """Let nobody else on."""
    if not is_owner(request):
        raise HTTPException(403, "Only the owner of this page may do that.")


def _is_open(path: str) -> bool:
    """Whether strangers may have it: whether the process runs, and how the form looks."""
    return path == "/healthz" or path.startswith("/footnote/enter.")


def _cookie_name(scope: Scope) -> str:
    """With the port, which cookies do not tell apart: two servers on one machine must not undo each other's."""
    _, _, port = header(scope, b"host").rpartition(":")
    return f"{_COOKIE}_{port}" if port.isascii() and port.isdigit() else _COOKIE


def _cookie_of(scope: Scope) -> str:
    return Request(scope).cookies.get(_cookie_name(scope), "")


def _field(form: bytes, name: str) -> str:
    try:
        fields = parse_qs(form.decode("utf-8", "replace"), max_num_fields=_FIELDS_MAX)
    except ValueError:
        return ""
    return fields.get(name, [""])[0]


async def _redirect(send: Send, to: bytes, *more: tuple[bytes, bytes]) -> None:
    await respond(send, 303, "text/plain; charset=utf-8", "", [(b"location", to), *more, _NO_STORE])


async def _form(scope: Scope, send: Send, status: int, label: str, headers: Headers | None = None) -> None:
    plain = scope.get("scheme") != "https" and not is_loopback(host_name(header(scope, b"host")))
    body = _FORM.format(label=label, note=_ONLY_HTTPS if plain else "")
    await respond(send, status, "text/html; charset=utf-8", body, headers)

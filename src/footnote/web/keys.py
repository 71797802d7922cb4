"""Who the owner is: whoever showed a secret, and nobody else.

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
from typing import TYPE_CHECKING, Final

from footnote.errors import UsageError
from footnote.settings import Settings

if TYPE_CHECKING:
    from fastapi import Request

OWNER: Final = "footnote.owner"
"""Key of an ASGI scope: True where the visitor showed a secret."""
COOKIE_SECONDS: Final = 30 * 24 * 3600
TOKEN_BITS: Final = 128
_MAKE_ONE: Final = "make one: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
_DISTINCT_LEAST: Final = 8
"""Different characters of a token: a random one of 128 bits has fewer once in ten million."""
_KINDS: Final = ("0123456789", "abcdef", "ghijklmnopqrstuvwxyz", "ABCDEF", "GHIJKLMNOPQRSTUVWXYZ")


class Keys:
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


def is_owner(request: Request) -> bool:
    """Whether the visitor showed a secret."""
    return request.scope.get(OWNER) is True

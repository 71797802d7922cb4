"""Limits on requests, as plain ASGI around any application: how many at once, and how many from one address."""

from __future__ import annotations

import ipaddress
import json
import math
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

ALWAYS = frozenset({"/healthz", "/readyz", "/metrics", "/enter"})
"""What watches over the server is answered however busy it is; and nobody keeps the owner from the form, whose body has a
few seconds and a few thousand bytes."""
_ADDRESSES_KEPT = 10_000
_LEAST_SHARE = 8


class Crowd:
    """Refuses requests beyond a number at once, and gives every 429 and 503 a Retry-After, whoever sent it.

    Args:
        app: what is guarded.
        most: requests at once; one address may have a quarter of them, so that nobody fills the house alone.
        is_stranger: whether a request comes from somebody who has yet to show who they are; all of these together have a
            twentieth.
    """

    def __init__(self, app: App, *, most: int, is_stranger: Callable[[Scope], bool] = lambda _: False) -> None:
        self.app = app
        self.most = most
        self._most_of_one = max(_LEAST_SHARE, most // 4)
        self._most_strangers = max(_LEAST_SHARE, most // 20)
        self._is_stranger = is_stranger
        self._now = self._strangers = 0
        self._of: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["path"] in ALWAYS:
            await self.app(scope, receive, _with_retry(send))
            return
        address, stranger = address_of(scope), self._is_stranger(scope)
        if self._is_full(address, stranger=stranger):
            await refuse(send, 503, "more is asked of the server than it can take", 1)
            return
        self._now += 1
        self._strangers += stranger
        self._of[address] += 1
        try:
            await self.app(scope, receive, _with_retry(send))
        finally:
            self._now -= 1
            self._strangers -= stranger
            self._of[address] -= 1
            if not self._of[address]:
                del self._of[address]

    def _is_full(self, address: str, *, stranger: bool) -> bool:
        crowded = self._now >= self.most or self._of[address] >= self._most_of_one
        return crowded or (stranger and self._strangers >= self._most_strangers)


def address_of(scope: Scope) -> str:
    """Whose limits count for a request: its address; of IPv6 the network that one visitor has to themselves."""
    address = str((scope.get("client") or ("",))[0])
    if ":" not in address:
        return address
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(found.ipv4_mapped or ipaddress.IPv6Network((found, 64), strict=False).network_address)


def _with_retry(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in {429, 503}:
            headers = list(message.get("headers", []))
            if not any(name.lower() == b"retry-after" for name, _ in headers):
                message["headers"] = [*headers, (b"retry-after", b"2")]
        await send(message)

    return sending


class Buckets:
    """So many a minute for each address, and so many at once after a while of none.

    Args:
        per_minute: more than 0.
        burst: at least 1.
        clock: seconds, rising.
    """

    def __init__(self, *, per_minute: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_minute / 60.0
        self._burst = burst
        self._clock = clock
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> int:
        """Takes one for an address; whole seconds until there is one again where there is none, else 0."""
        now = self._clock()
        with self._lock:
            left, last = self._left.pop(address, (self._burst, now))
            left = min(self._burst, left + (now - last) * self._per_second)
            wait = 0 if left >= 1.0 else math.ceil((1.0 - left) / self._per_second)
            self._left[address] = (left if wait else left - 1.0, now)
            while len(self._left) > _ADDRESSES_KEPT:
                self._left.popitem(last=False)
        return wait


class Rates:
    """At most so many writing requests a minute from one address; a burst of a tenth of them is let through.

    Args:
        app: what is guarded.
        per_minute: 0 lets everyone through.
        clock: seconds, rising.
    """

    def __init__(self, app: App, *, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        burst = max(1.0, per_minute / 10.0)
        self._buckets = Buckets(per_minute=per_minute, burst=burst, clock=clock) if per_minute else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wait = 0
        if self._buckets is not None and scope["type"] == "http" and scope["method"] == "POST":
            wait = self._buckets.take(address_of(scope))
        if wait:
            await refuse(send, 429, "too many questions from this address", wait)
        else:
            await self.app(scope, receive, send)


async def refuse(send: Send, status: int, what: str, retry_after_seconds: int) -> None:
    """An honest refusal: what is wrong, and when to try again."""
    remedy = f"try again in {retry_after_seconds} s"
    body = json.dumps({"what": what, "remedy": remedy}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(retry_after_seconds).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

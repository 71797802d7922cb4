"""Limits on requests, as plain ASGI around any application: how many at once, and how many from one address."""

from __future__ import annotations

import json
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

ALWAYS = frozenset({"/healthz", "/readyz", "/metrics"})
"""What watches over the server is answered however busy it is."""
_ADDRESSES_KEPT = 10_000


class Crowd:
    """Refuses requests beyond a number at once, and gives every 429 and 503 a Retry-After, whoever sent it."""

    def __init__(self, app: App, *, most: int) -> None:
        self.app = app
        self.most = most
        self._now = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self._now >= self.most and scope["path"] not in ALWAYS:
            await refuse(send, 503, "more is asked of the server than it can take", 1)
            return
        self._now += 1
        try:
            await self.app(scope, receive, _with_retry(send))
        finally:
            self._now -= 1


def _with_retry(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in {429, 503}:
            headers = list(message.get("headers", []))
            if not any(name.lower() == b"retry-after" for name, _ in headers):
                message["headers"] = [*headers, (b"retry-after", b"2")]
        await send(message)

    return sending


class Rates:
    """At most so many writing requests a minute from one address; a burst of a tenth of them is let through.

    Args:
        app: what is guarded.
        per_minute: 0 lets everyone through.
        clock: seconds, rising.
    """

    def __init__(self, app: App, *, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self.per_second = per_minute / 60.0
        self.burst = max(1.0, per_minute / 10.0)
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wait = self._wait(scope) if scope["type"] == "http" and self.per_second and scope["method"] == "POST" else 0
        if wait:
            await refuse(send, 429, "too many questions from this address", wait)
        else:
            await self.app(scope, receive, send)

    def _wait(self, scope: Scope) -> int:
        """Whole seconds until this address may ask again; 0 for now."""
        address, now = str((scope.get("client") or ("",))[0]), self._clock()
        with self._lock:
            left, last = self._buckets.pop(address, (self.burst, now))
            left = min(self.burst, left + (now - last) * self.per_second)
            wait = 0 if left >= 1.0 else math.ceil((1.0 - left) / self.per_second)
            self._buckets[address] = (left if wait else left - 1.0, now)
            while len(self._buckets) > _ADDRESSES_KEPT:
                self._buckets.popitem(last=False)
        return wait


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

"""Limits on requests: how many at once, how many from one address, how large a body may be and how long it may take.

All are plain ASGI and go around any application.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Final

from footnote.server.asgi import App, Message, Receive, Scope, Send, address_of
from footnote.server.problems import refuse, refuse_for

BODY_SECONDS: Final = 15.0
"""Within which a request's body has to be there; of a file that arrives, the next part of it."""
FORM_SECONDS: Final = 5.0
FORM_MAX_BYTES: Final = 4_000
"""The form's one field and its name; strangers send it."""
UNLIMITED_PATHS: Final = frozenset({"/healthz", "/readyz", "/metrics", "/enter"})
"""What watches over the server is answered however busy it is; and nobody keeps the owner from the form, whose body has a
few seconds and a few thousand bytes."""
_ADDRESSES_KEPT: Final = 10_000
_LEAST_SHARE: Final = 8


class ConcurrencyLimit:
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
        if scope["path"] in UNLIMITED_PATHS:
            await self.app(scope, receive, _with_retry(send))
            return
        address, stranger = address_of(scope), self._is_stranger(scope)
        if self._is_full(address, stranger=stranger):
            await refuse_for(scope, send, 503, "More is asked of the server than it can take.", 1)
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


def _with_retry(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in {429, 503}:
            headers = list(message.get("headers", []))
            if not any(name.lower() == b"retry-after" for name, _ in headers):
                message["headers"] = [*headers, (b"retry-after", b"2")]
        await send(message)

    return sending


class TokenBuckets:
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


class RateLimit:
    """At most so many writing requests a minute from one address; a burst of a tenth of them is let through.

    Args:
        app: what is guarded.
        per_minute: 0 lets everyone through.
        clock: seconds, rising.
    """

    def __init__(self, app: App, *, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        burst = max(1.0, per_minute / 10.0)
        self._buckets = TokenBuckets(per_minute=per_minute, burst=burst, clock=clock) if per_minute else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wait = 0
        if self._buckets is not None and scope["type"] == "http" and scope["method"] == "POST":
            wait = self._buckets.take(address_of(scope))
        if wait:
            await refuse_for(scope, send, 429, "Too many questions come from this address.", wait)
        else:
            await self.app(scope, receive, send)


class BoundedBody:
    """One request's body; to the application one that is too large or too late looks like a visitor who went away.

    Args:
        scope, receive, send: of the server.
        most_bytes: more end the request with 413.
        seconds: longer ends it with 408.
        renewed: whether each part has so long, not the whole body.
    """

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, *, most_bytes: int, seconds: float, renewed: bool
    ) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._left_bytes = most_bytes
        self._seconds, self._renewed = seconds, renewed
        self._until = asyncio.get_running_loop().time() + seconds
        self._whole = self._started = False
        self._refusal: tuple[int, str] | None = None

    async def receive(self) -> Message:
        """The next part, or that the visitor is gone."""
        if self._refusal is not None:
            return {"type": "http.disconnect"}
        if self._whole:
            # What comes now only tells that the visitor went away, however long the answer takes.
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            return self._refuse(408, "The request took too long to arrive.")
        if self._renewed:
            self._until = asyncio.get_running_loop().time() + self._seconds
        self._left_bytes -= len(message.get("body", b""))
        if self._left_bytes < 0:
            return self._refuse(413, "The request is too large.")
        self._whole = not message.get("more_body")
        return message

    def _refuse(self, status: int, text: str) -> Message:
        self._refusal = (status, text)
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """The application's answer, unless the body was refused before it began."""
        if self._refusal is None or self._started:
            self._started = True
            await self._send(message)

    async def finish(self) -> None:
        """Say why the body was refused; what is left of it must not keep the connection."""
        if self._refusal is not None and not self._started:
            self._started = True
            await refuse(self._scope, self._send, *self._refusal, headers=[(b"connection", b"close")])

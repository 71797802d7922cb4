"""The bodies of requests on their way in: counted, and awaited only so long."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from footnote.service.limits import App, Message, Receive, Scope, Send

__all__ = ["App", "Body", "Message", "Receive", "Scope", "Send", "header", "respond"]

BODY_SECONDS: Final = 15.0
"""Within which a request's body has to be there; of a file that arrives, the next part of it."""
FORM_SECONDS: Final = 5.0
FORM_MAX_BYTES: Final = 4_000
"""The form's one field and its name; strangers send it."""
_CLOSE: Final = (b"connection", b"close")


class Body:
    """One request's body; to the application one that is too large or too late looks like a visitor who went away.

    Args:
        receive, send: of the server.
        most_bytes: more end the request with 413.
        seconds: longer ends it with 408.
        renewed: whether each part has so long, not the whole body.
    """

    def __init__(self, receive: Receive, send: Send, most_bytes: int, seconds: float, *, renewed: bool) -> None:
        self._receive, self._send = receive, send
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
            await respond(self._send, *self._refusal, [_CLOSE])


def header(scope: Scope, name: bytes) -> str:
    """The first value of a request header, or an empty string."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


async def respond(send: Send, status: int, text: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
    """A short plain answer."""
    body = text.encode()
    base = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*base, *headers]})
    await send({"type": "http.response.body", "body": body})

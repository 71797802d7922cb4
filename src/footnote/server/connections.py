"""Connections before and around requests: fewer than the system has descriptors for, and none that only sits there."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import resource
import signal
import socket
import threading
import time
from types import FrameType
from typing import Any, Final

import h11
from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

IDLE_SECONDS: Final = 10.0
"""Within which a connection has to send the head of a request, or read what it is sent."""
STOP_SECONDS: Final = 3
"""How long answers under way may take once the server was told to stop."""
END_SECONDS: Final = 10
"""When a server that was told to stop ends, whatever it is doing."""
_ACCEPTED_AT_ONCE: Final = 16
"""Connections that the loop takes in one turn; it learns of them, and closes what is too many, three turns later."""
_RESERVED: Final = 96
"""Descriptors that are not for connections: the index, documents, the worker, libraries."""
_BACKLOG: Final = 2_048
_SAID_EVERY_SECONDS: Final = 60.0


class BoundedServer(Server):
    """Takes no more connections than it has descriptors for, and ends within a time when it is told to stop."""

    def __init__(self, config: Config, *, requests_max: int) -> None:
        super().__init__(config)
        most = _descriptors() - _RESERVED - 4 * _ACCEPTED_AT_ONCE
        # An open page holds two or three connections.
        self.connections_max = max(8, min(most, 4 * requests_max))
        self.idle: dict[Connection, None] = {}

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            super().run(sockets)
        finally:
            # In good order: what is left is Python's own end, which takes its time on a busy machine.
            faulthandler.cancel_dump_traceback_later()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.backlog = _ACCEPTED_AT_ONCE
        self.config.http_protocol_class = type("Connection", (Connection,), {"bounds": self})
        await super().startup(sockets)
        for each in sockets or ():
            # uvicorn takes one number for both: how many are accepted in a turn, and how many wait for it.
            each.listen(_BACKLOG)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit:
            end_within(END_SECONDS)
        super().handle_exit(sig, frame)


class Connection(H11Protocol):
    """One connection; while it asks nothing it may be closed for one that does."""

    bounds: BoundedServer
    _deadline: asyncio.TimerHandle | None = None
    _blocked: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        if len(self.connections) > self.bounds.connections_max:
            # Whoever has asked nothing for the longest goes; where all ask, the newest.
            next(iter(self.bounds.idle), self).drop()
        if not transport.is_closing():
            self._rest()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._settle()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._settle()

    def connection_lost(self, exc: Exception | None) -> None:
        self._work()
        if self._blocked is not None:
            self._blocked.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._blocked = self.loop.call_later(IDLE_SECONDS, self.drop)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._blocked is not None:
            self._blocked.cancel()

    def drop(self) -> None:
        """Close at once, whatever is still to be sent."""
        self.bounds.idle.pop(self, None)
        self.transport.abort()

    def _settle(self) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._work()
            if self.cycle.more_body:
                # Until all of it is there, it is no request: the first to give way, though not by this clock.
                self.bounds.idle.setdefault(self)
            return
        self.bounds.idle.setdefault(self)
        # A head that has begun, or the rest of a body that nobody reads, has so long; uvicorn closes what is silent.
        if self.conn.their_state is h11.SEND_BODY or self.timeout_keep_alive_task is None:
            self._rest()

    def _rest(self) -> None:
        self.bounds.idle.setdefault(self)
        if self._deadline is None:
            self._deadline = self.loop.call_later(IDLE_SECONDS, self.drop)

    def _work(self) -> None:
        self.bounds.idle.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class Seldom(logging.Filter):
    """Lets each message through once a minute: what strangers can cause must not fill a disk."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        # The first line: what follows names the connection, and is another each time.
        kind = record.exc_info[0] if isinstance(record.exc_info, tuple) else None
        text, now = f"{str(record.msg).partition(chr(10))[0]} {kind}", time.monotonic()
        if now - self._said.get(text, float("-inf")) < _SAID_EVERY_SECONDS:
            return False
        if len(self._said) > 1_000:
            self._said.clear()
        self._said[text] = now
        return True


def server_for(app: Any, *, requests_max: int, behind_proxy: bool) -> BoundedServer:
    """The server of an application.

    Args:
        app: an ASGI application.
        requests_max: requests at once that it works on.
        behind_proxy: whether a proxy on this machine says who asks and by which scheme; what others say is not believed.
    """
    _allow_descriptors()
    config = Config(
        app, log_level="warning", timeout_keep_alive=20, timeout_graceful_shutdown=STOP_SECONDS, server_header=False,
        proxy_headers=behind_proxy, forwarded_allow_ips="127.0.0.1,::1", ws="none", http="h11",
    )  # fmt: skip
    config.load()
    for name in ("asyncio", "uvicorn.error"):
        logging.getLogger(name).addFilter(Seldom())
    server = BoundedServer(config, requests_max=requests_max)
    # uvicorn stops in good order and then raises the signal again: by then there is nothing left to end.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.handle_exit)
    return server


def end_within(seconds: float) -> None:
    """End the process after a time, whatever its threads do; the index outlives any end, and answers had their time before."""
    last = threading.Timer(seconds, os._exit, [0])
    last.daemon = True
    last.start()
    # Where native code holds the interpreter, no thread of Python gets to run.
    faulthandler.dump_traceback_later(seconds + 2, exit=True, file=os.open(os.devnull, os.O_WRONLY))


def _descriptors() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _allow_descriptors() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

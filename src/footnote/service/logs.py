"""What a server says of its work: one JSON object a line.

Never the text of a question, of an answer, or of an address's query string; nothing is sent anywhere.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import UTC, datetime
from typing import Any

from footnote.service.limits import App, Message, Receive, Scope, Send

_log = logging.getLogger("footnote.service")


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time, level, event, and the facts given with ``extra={"facts": {…}}``."""

    def format(self, record: logging.LogRecord) -> str:
        facts: dict[str, Any] = getattr(record, "facts", {})
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return json.dumps({"time": at, "level": record.levelname.lower(), "event": record.getMessage(), **facts})


class RequestLog:
    """Logs every request when it is done: method, path, status, bytes and milliseconds."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _log.isEnabledFor(logging.INFO):
            await self.app(scope, receive, send)
            return
        began, status, size = time.monotonic(), 0, 0

        async def sending(message: Message) -> None:
            nonlocal status, size
            status = message.get("status", status)
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            took = round((time.monotonic() - began) * 1000.0, 1)
            facts = {"method": scope["method"], "path": scope["path"], "status": status, "bytes": size, "ms": took}
            _log.info("request", extra={"facts": facts})


def log_to_stderr(*, requests: bool) -> None:
    """Write the server's log to stderr: warnings always, each request and question where ``requests`` is set."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    _log.handlers = [handler]
    _log.propagate = False
    _log.setLevel(logging.INFO if requests else logging.WARNING)

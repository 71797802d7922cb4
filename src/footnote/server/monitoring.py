"""What a server tells of its work: a log of requests, figures in Prometheus' form, and whether it is ready.

Never the text of a question, of an answer, or of an address's query string; nothing is sent anywhere.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from footnote import __version__
from footnote.engine import Footnote
from footnote.errors import FootnoteError
from footnote.server.asgi import App, Message, Receive, Scope, Send
from footnote.server.queue import QuestionQueue

METRICS_TYPE: Final = CONTENT_TYPE_LATEST
LOOK_EVERY_SECONDS = 0.5
"""Between two looks at the index folder, however often it is asked."""
_DOORS: Final = (("/api/", "api"), ("/v1/", "openai"), ("/mcp", "mcp"), ("/gradio_api", "page"), ("/footnote", "page"))
_WATCHES: Final = frozenset({"/healthz", "/readyz", "/metrics"})

_log = logging.getLogger("footnote.server")


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time, level, event, and the facts given with ``extra={"facts": {…}}``."""

    def format(self, record: logging.LogRecord) -> str:
        facts: dict[str, Any] = getattr(record, "facts", {})
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return json.dumps({"time": at, "level": record.levelname.lower(), "event": record.getMessage(), **facts})


def log_to_stderr(*, requests: bool) -> None:
    """Write the server's log to stderr: warnings always, each request and question where ``requests`` is set."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    _log.handlers = [handler]
    _log.propagate = False
    _log.setLevel(logging.INFO if requests else logging.WARNING)


class RequestMonitor:
    """Counts every request when it is done, and logs it: method, path, status, bytes and milliseconds."""

    def __init__(self, app: App, *, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
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
            seconds, path = time.monotonic() - began, scope["path"]
            self.metrics.count(_door(path), status, seconds)
            facts = {"method": scope["method"], "path": path, "status": status, "bytes": size, "ms": _ms(seconds)}
            _log.info("request", extra={"facts": facts})


def _door(path: str) -> str:
    """One of a few names, however many addresses visitors make up."""
    if path in _WATCHES:
        return "watch"
    return next((door for start, door in _DOORS if path.startswith(start)), "page" if path == "/" else "other")


def _ms(seconds: float) -> float:
    return round(seconds * 1000.0, 1)


class Metrics:
    """The figures of one server: requests by door and status, questions, the index."""

    def __init__(self, footnote: Footnote, queue: QuestionQueue, readiness: Readiness) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter("footnote_requests", "Requests done", ["door", "status"], registry=self._registry)
        self._seconds = Histogram(
            "footnote_request_seconds", "Time until a request was done", ["door"], registry=self._registry
        )
        self._registry.register(_State(footnote, queue, readiness))

    def count(self, door: str, status: int, seconds: float) -> None:
        """One request that is done."""
        self._requests.labels(door, str(status)).inc()
        self._seconds.labels(door).observe(seconds)

    def text(self) -> bytes:
        """All figures; looks at the index folder, so it belongs on a thread."""
        return generate_latest(self._registry)


class _State(Collector):
    """Read when asked: the queue, the index."""

    def __init__(self, footnote: Footnote, queue: QuestionQueue, readiness: Readiness) -> None:
        self._footnote, self._queue, self._readiness = footnote, queue, readiness

    def collect(self) -> Iterator[Metric]:
        ready, _ = self._readiness.look()
        state = self._queue.state()
        info = GaugeMetricFamily("footnote_info", "Version of Footnote", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        questions = CounterMetricFamily("footnote_questions", "Questions by what became of them", labels=["outcome"])
        for outcome, count in (("done", state.done), ("failed", state.failed), ("refused", state.refused)):
            questions.add_metric([outcome], count)
        yield questions
        facts = self._footnote.index.facts
        for name, what, value in (
            ("footnote_ready", "1 when a question asked now could be answered", int(ready)),
            ("footnote_questions_waiting", "Questions that wait for their turn", state.waiting),
            ("footnote_questions_running", "Questions that are being answered", state.running),
            ("footnote_question_seconds_mean", "Running mean of the time at work on a question", state.mean_seconds),
            ("footnote_index_generation", "Generation of the index", facts.generation),
            ("footnote_index_documents", "Documents in the index", facts.documents),
            ("footnote_index_passages", "Passages in the index", facts.passages),
        ):
            yield GaugeMetricFamily(name, what, value)


class Readiness:
    """Whether a question asked now could be answered: the model is loaded, the index on the disk is whole, the queue is open.

    Looks at the index folder, not at what was true when the server started.
    """

    def __init__(self, footnote: Footnote, queue: QuestionQueue) -> None:
        self._footnote, self._queue = footnote, queue
        self._lock = threading.Lock()
        self._looked_seconds = float("-inf")
        self._problem = ""

    def look(self) -> tuple[bool, dict[str, Any]]:
        """Whether it is ready, and the facts: what is wrong and what mends it, or generation, model and how many wait.

        Reads files, so it belongs on a thread; several at once share one look.
        """
        with self._lock:
            if time.monotonic() - self._looked_seconds >= LOOK_EVERY_SECONDS:
                self._problem = self._find()
                self._looked_seconds = time.monotonic()
            problem = self._problem
        state = self._queue.state()
        if state.stuck_seconds > self._footnote.settings.queue_wait_seconds:
            # Whoever asked since then was refused.
            problem = f"no question got its turn for {state.stuck_seconds:.0f} s; ask again"
        if not state.open:
            problem = "the server is stopping"
        if problem:
            return False, {"ready": False, "reason": problem}
        return True, {
            "ready": True,
            "generation": self._footnote.generation,
            "fingerprint": self._footnote.fingerprint,
            "model": self._footnote.encoder_description,
            "waiting": state.waiting,
        }

    def _find(self) -> str:
        problem = self._footnote.index.health()
        if problem:
            return problem
        try:
            self._footnote.refresh()
        except FootnoteError as error:
            return f"{error.what}; {error.remedy}"
        return ""

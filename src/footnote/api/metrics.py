"""What ``/metrics`` says, in Prometheus' form: requests by door and status, questions, the index.  No text of a question."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from footnote import __version__
from footnote.service.limits import App, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from footnote.engine import Footnote
    from footnote.service import Desk, Readiness

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_DOORS: Final = (("/api/v1", "api"), ("/mcp", "mcp"), ("/gradio_api", "page"), ("/footnote", "page"), ("/api", "page"))
_WATCHES: Final = frozenset({"/healthz", "/readyz", "/metrics"})


class Metrics:
    """The figures of one server."""

    def __init__(self, footnote: Footnote, desk: Desk, readiness: Readiness) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("footnote_requests", "Requests done", ["door", "status"], registry=self.registry)
        self.seconds = Histogram(
            "footnote_request_seconds", "Time until a request was done", ["door"], registry=self.registry
        )
        self.registry.register(_State(footnote, desk, readiness))

    def text(self) -> bytes:
        """All figures; looks at the index folder, so it belongs on a thread."""
        return generate_latest(self.registry)


class Counted:
    """Counts the requests of an application."""

    def __init__(self, app: App, *, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        door, began, status = _door(scope["path"]), time.monotonic(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            self.metrics.requests.labels(door, str(status)).inc()
            self.metrics.seconds.labels(door).observe(time.monotonic() - began)


def _door(path: str) -> str:
    """One of a few names, however many addresses visitors make up."""
    if path in _WATCHES:
        return "watch"
    return next((door for start, door in _DOORS if path.startswith(start)), "page" if path == "/" else "other")


class _State(Collector):
    """Read when asked: the desk, the index."""

    def __init__(self, footnote: Footnote, desk: Desk, readiness: Readiness) -> None:
        self._footnote, self._desk, self._readiness = footnote, desk, readiness

    def collect(self) -> Iterator[Metric]:
        ready, _ = self._readiness.look()
        state = self._desk.state()
        info = GaugeMetricFamily("footnote_info", "Version of Footnote", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        questions = CounterMetricFamily("footnote_questions", "Questions by what became of them", labels=["outcome"])
        for outcome, count in (("done", state.done), ("failed", state.failed), ("refused", state.refused)):
            questions.add_metric([outcome], count)
        yield questions
        manifest = self._footnote.index.manifest
        for name, what, value in (
            ("footnote_ready", "1 when a question asked now could be answered", int(ready)),
            ("footnote_questions_waiting", "Questions that wait for their turn", state.waiting),
            ("footnote_questions_running", "Questions that are being answered", state.running),
            ("footnote_question_seconds_mean", "Running mean of the time at work on a question", state.mean_seconds),
            ("footnote_index_generation", "Generation of the index", manifest.generation),
            ("footnote_index_documents", "Documents in the index", manifest.documents),
            ("footnote_index_passages", "Passages in the index", manifest.passages),
        ):
            yield GaugeMetricFamily(name, what, value)

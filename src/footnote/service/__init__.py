"""What every served face shares: a desk where questions queue, limits, readiness, logs.  It knows no web framework.

    desk = Desk(footnote)
    answer = await desk.answer("How long does an infusion take?")   # Busy when too many wait
    status = http_status(error)                                     # one map from errors to HTTP

The middlewares (``Crowd``, ``Rates``, ``RequestLog``) are plain ASGI and go around any application.
"""

from __future__ import annotations

from footnote.service.desk import Desk, DeskState
from footnote.service.limits import Crowd, Rates
from footnote.service.logs import RequestLog, log_to_stderr
from footnote.service.readiness import Readiness
from footnote.service.statuses import error_headers, http_status

__all__ = [
    "Crowd",
    "Desk",
    "DeskState",
    "Rates",
    "Readiness",
    "RequestLog",
    "error_headers",
    "http_status",
    "log_to_stderr",
]

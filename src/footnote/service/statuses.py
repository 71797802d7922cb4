"""One map from Footnote's errors to HTTP statuses, for every served face."""

from __future__ import annotations

from footnote.errors import FootnoteError


def http_status(error: FootnoteError) -> int:
    """413 for a question that is too long, 422 for one that is empty, 404 for what is not in the index, 503 for what passes."""
    return error.http_status


def error_headers(error: FootnoteError) -> dict[str, str]:
    """Retry-After where trying again helps."""
    seconds = error.retry_after_seconds
    return {} if seconds is None else {"Retry-After": str(seconds)}

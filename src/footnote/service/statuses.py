"""One map from Footnote's errors to HTTP statuses, for every served face."""

from __future__ import annotations

from footnote.errors import Busy, FootnoteError, IndexFolderError, QuestionError, UsageError


def http_status(error: FootnoteError) -> int:
    """413 for a question that is too long, 422 for one that is empty, 404 for what is not in the index, 503 for what passes."""
    if isinstance(error, QuestionError):
        return 413 if "more than" in error.what else 422
    if isinstance(error, UsageError):
        return 404
    return 503 if isinstance(error, Busy | IndexFolderError) else 500


def error_headers(error: FootnoteError) -> dict[str, str]:
    """Retry-After where trying again helps."""
    if isinstance(error, Busy):
        return {"Retry-After": str(error.retry_after_seconds)}
    return {"Retry-After": "5"} if http_status(error) == 503 else {}

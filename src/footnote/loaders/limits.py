"""What a file may not be: without text, or longer than the settings allow."""

from __future__ import annotations

from footnote.errors import DocumentError
from footnote.settings import Settings

__all__ = ["check_bytes", "check_text", "no_text"]


def check_bytes(size_bytes: int, where: str, settings: Settings) -> None:
    """Refuse a file that is too large.

    Raises:
        DocumentError: it has more bytes than ``settings.file_max_bytes``.
    """
    if size_bytes > settings.file_max_bytes:
        raise DocumentError(
            f"the file has {size_bytes:,} bytes, more than {settings.file_max_bytes:,}",
            where=where,
            remedy="split it, or raise file_max_bytes",
        )


def check_text(text: str, where: str, settings: Settings) -> None:
    """Refuse a text that is empty or too long.

    Raises:
        DocumentError: nothing but white space, or more than ``settings.document_max_chars`` characters.
    """
    if not text.strip():
        raise no_text(where)
    if len(text) > settings.document_max_chars:
        raise DocumentError(
            f"the text has {len(text):,} characters, more than {settings.document_max_chars:,}",
            where=where,
            remedy="split it, or raise document_max_chars",
        )


def no_text(where: str) -> DocumentError:
    """The error for a file in which there is nothing to read."""
    return DocumentError("no text found", where=where, remedy="check that the file holds text, or remove it")

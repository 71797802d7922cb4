"""Mails (EML): subject as title, sender and date as the file tells them, the text of the message."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr, parsedate_to_datetime

from footnote.errors import DocumentError
from footnote.loaders.outline.builder import Extract, left_out
from footnote.loaders.outline.canonical import decode
from footnote.loaders.outline.front_matter import FrontMatter, told_name
from footnote.loaders.web import add_html, parse_html
from footnote.records import Document, Metadatum
from footnote.settings import Settings

__all__ = ["load_eml"]

_SHOWN = ("From", "To", "Cc", "Date")
_HEADERS = frozenset({"from", "to", "subject", "date", "received", "message-id", "mime-version", "return-path"})
_ATTACHMENTS_TOLD = 5


def load_eml(raw: bytes, document_id: str, settings: Settings) -> Document:
    """A mail; attachments are named and left out."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    if not isinstance(message, EmailMessage) or not _HEADERS & {name.lower() for name in message}:
        raise DocumentError("it is no mail", remedy="save it again as EML")
    extract = Extract(settings)
    subject = _header(message, "Subject")
    extract.add("heading", subject, level=1)
    extract.add("paragraph", "\n".join(f"{name}: {value}" for name in _SHOWN if (value := _header(message, name))))
    body = message.get_body(("plain", "html"))
    if body is not None:
        _add_body(extract, body)
    attached = [part.get_filename() or part.get_content_type() for part in message.iter_attachments()]
    if attached:
        more = f" and {len(attached) - _ATTACHMENTS_TOLD} more" if len(attached) > _ATTACHMENTS_TOLD else ""
        extract.warnings.append(f"attachments left out: {', '.join(attached[:_ATTACHMENTS_TOLD])}{more}")
    name, address = parseaddr(_header(message, "From"))
    pairs = {"author": told_name(name) or address, "date": _date(message)}
    metadata = tuple(sorted(Metadatum(key, value) for key, value in pairs.items() if value))
    return extract.document(raw, document_id, FrontMatter(title=subject, metadata=metadata))


def _add_body(extract: Extract, body: MIMEPart) -> None:
    payload = body.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    try:
        text = raw.decode(body.get_content_charset("utf-8"))
    except (LookupError, UnicodeDecodeError):
        text, warnings = decode(raw)
        extract.warnings += warnings
    if body.get_content_subtype() == "html":
        tree = parse_html(text)
        if tree is not None:
            extract.warnings += left_out(hidden=add_html(extract, tree))
        return
    for paragraph in text.replace("\r\n", "\n").split("\n\n"):
        quoted = all(line.startswith(">") for line in paragraph.split("\n") if line.strip())
        shown = "\n".join(line.lstrip("> ") if quoted else line for line in paragraph.split("\n"))
        extract.add("quote" if quoted else "paragraph", shown)


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except (ValueError, IndexError, TypeError, AttributeError):
        return ""  # the library stumbles over damaged headers


def _date(message: EmailMessage) -> str:
    try:
        return parsedate_to_datetime(_header(message, "Date")).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""

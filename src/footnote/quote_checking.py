"""Quotes that someone says stand in a document, re-read from the store: from an answer, a link, a stored conversation.

A quote is *exact* when the stored text at its offsets equals it; *moved* when it stands once elsewhere in its document;
*changed* when it does not; *gone* when its document left the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, TypeAlias

from msgspec import Raw

from footnote.errors import FootnoteError, JudgmentError, UsageError
from footnote.records import Document, Span
from footnote.wire import FLAT, Key, WireError, decode, from_json

State: TypeAlias = Literal["exact", "moved", "changed", "gone"]

EXPORT_VERSION = 1
EXPORT_MAX_BYTES = 100_000_000


class Documents(Protocol):
    """Whatever reads documents by their id: the engine, or an open index."""

    def document(self, document_id: str) -> Document:
        """The document; raises ``FootnoteError`` where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Claim:
    """A quote that someone says stands in a document.

    Attributes:
        before: some of the text before it, to tell repeats apart when its offsets no longer hold.
        after: some of the text after it.
    """

    document_id: Annotated[str, Key("doc")]
    span: Annotated[Span, FLAT]
    quote: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a claim stands against the store, and where."""

    state: State
    span: Span | None


def check(documents: Documents, claim: Claim) -> Verdict:
    """Re-read a quote from the store."""
    document = find(documents, claim.document_id)
    if document is None:
        return Verdict("gone", None)
    if claim.quote and claim.span.end <= len(document.text) and claim.span.of(document.text) == claim.quote:
        return Verdict("exact", claim.span)
    place = _elsewhere(document.text, claim)
    return Verdict("changed", None) if place is None else Verdict("moved", place)


def find(documents: Documents, document_id: str) -> Document | None:
    """The document, or None where the index no longer has it."""
    try:
        return documents.document(document_id)
    except FootnoteError:
        return None


def _elsewhere(text: str, claim: Claim) -> Span | None:
    """The one place where the quote now stands; its surroundings decide between repeats."""
    if not claim.quote:
        return None
    places: list[int] = []
    at = text.find(claim.quote)
    while at >= 0 and len(places) < 64:
        places.append(at)
        at = text.find(claim.quote, at + 1)
    if len(places) > 1:
        scores = [_kinship(text, at, claim) for at in places]
        best = max(scores)
        places = [at for at, score in zip(places, scores, strict=True) if score == best]
    return Span(places[0], places[0] + len(claim.quote)) if len(places) == 1 else None


def _kinship(text: str, at: int, claim: Claim) -> int:
    """How many characters around a place agree with the claim's surroundings."""
    end = at + len(claim.quote)
    before = _common(_from_the_end(text[max(0, at - len(claim.before)) : at], claim.before))
    return before + _common(list(zip(text[end : end + len(claim.after)], claim.after, strict=False)))


def _from_the_end(left: str, right: str) -> list[tuple[str, str]]:
    """The characters of two strings side by side, from their ends."""
    return list(zip(reversed(left), reversed(right), strict=False))


def _common(pairs: Sequence[tuple[str, str]]) -> int:
    for n, (a, b) in enumerate(pairs):
        if a != b:
            return n
    return len(pairs)


@dataclass(frozen=True, slots=True)
class ExportedQuote:
    """A quote of an exported conversation, with the question it was given for and its number there."""

    question: str
    number: int
    claim: Claim


@dataclass(frozen=True, slots=True)
class _Quote:
    number: int
    claim: Annotated[Claim, FLAT]


@dataclass(frozen=True, slots=True)
class _Turn:
    question: str
    citations: tuple[_Quote, ...]
    nearest: _Quote | None = None


@dataclass(frozen=True, slots=True)
class _Conversation:
    turns: tuple[Raw, ...]


def read_export(path: Path) -> tuple[ExportedQuote, ...]:
    """The quotes of a conversation that the page exported as JSON.

    Raises:
        UsageError: the file cannot be read, or is not such an export.
        JudgmentError: a quote in it is not whole; names it.
    """
    remedy = 'give a file that the page saved under "JSON, to verify later"'
    try:
        if path.stat().st_size > EXPORT_MAX_BYTES:
            raise UsageError(f"is larger than {EXPORT_MAX_BYTES:,} bytes", where=str(path), remedy=remedy)
        text = path.read_text(encoding="utf-8-sig")
        read = decode(dict[str, Any], text)
    except OSError as error:
        raise UsageError(f"cannot be read ({error.strerror})", where=str(path), remedy=remedy) from error
    except (WireError, UnicodeDecodeError) as error:
        raise UsageError(f"is not JSON ({error})", where=str(path), remedy=remedy) from error
    if read.get("footnote_export") != EXPORT_VERSION:
        raise UsageError("is not an exported conversation", where=str(path), remedy=remedy)
    quotes: list[ExportedQuote] = []
    where = str(path)
    try:
        for n, data in enumerate(from_json(_Conversation, text).turns, 1):
            where = f"{path}: question {n}"
            turn = from_json(_Turn, data)
            given = (*turn.citations, turn.nearest) if turn.nearest is not None else turn.citations
            quotes += [ExportedQuote(turn.question, quote.number, quote.claim) for quote in given]
    except WireError as error:
        raise JudgmentError(str(error), where=where, remedy=remedy) from error
    return tuple(quotes)

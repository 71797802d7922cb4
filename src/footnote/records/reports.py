"""What is told of an index: what a run of the indexer did, what there is, what was found, what is in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from msgspec import Meta

from footnote.records.answers import Hit
from footnote.records.documents import Metadatum, Span
from footnote.wire import FLAT, MAP, ROUNDED, Key


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """What is in the index, for lists."""

    id: Annotated[str, Key("doc")]
    title: str
    source: str
    chars: int
    passages: int
    sha256: str
    metadata: Annotated[tuple[Metadatum, ...], MAP] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentList:
    """Documents of the index, sorted by id; ``total`` counts all of them."""

    total: int
    documents: tuple[DocumentSummary, ...]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The best passages for a query, best first."""

    query: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A stretch of a document, read from the index; ``chars`` are those of the whole document."""

    document_id: Annotated[str, Key("doc")]
    title: str
    span: Annotated[Span, FLAT]
    chars: Annotated[int, Meta(description="of the whole document")]
    text: str


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation read again from the index, with some of the text around it; its id is ``document:start-end``."""

    id: str
    document_id: Annotated[str, Key("doc")]
    title: str
    span: Annotated[Span, FLAT]
    quote: str
    shown: str
    heading_path: tuple[str, ...]
    page: int | None
    before: Annotated[str, Meta(description="text before the quote, to recognise the place")]
    after: str


@dataclass(frozen=True, slots=True)
class SkippedFile:
    path: str
    reason: str


class Move(NamedTuple):
    """A document whose file is now under another name."""

    old: Annotated[str, Key("from")]
    new: Annotated[str, Key("to")]


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What one run of the indexer did."""

    generation: int
    documents: int
    passages: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    moved: tuple[Move, ...]
    removed: tuple[str, ...]
    skipped: tuple[SkippedFile, ...]
    passages_encoded: int
    seconds: Annotated[float, ROUNDED]


@dataclass(frozen=True, slots=True)
class IndexCheck:
    """Whether every invariant of an index holds."""

    index: str
    holds: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """The index that a command would use; the counts are None where there is none."""

    index: str
    corpus: str | None
    generation: int | None = None
    documents: int | None = None
    passages: int | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """A setting in force, and where its value came from."""

    value: Any
    source: str


class NamedSetting(NamedTuple):
    name: str
    setting: SettingInfo


@dataclass(frozen=True, slots=True)
class Info:
    """What is in force."""

    version: str
    python: str
    config: Annotated[str | None, Meta(description="the configuration file that was read")]
    index: IndexInfo
    settings: Annotated[tuple[NamedSetting, ...], MAP]
    ignored: Annotated[tuple[str, ...], Meta(description="environment variables that look like settings and are none")]

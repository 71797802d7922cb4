"""The pointer of an index in Milvus: what its newest generation is made of, and who is writing the next."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from footnote.errors import IndexDamaged, IndexMismatch
from footnote.store.entries import IndexFacts, LoaderVersion, Unread
from footnote.store.local.manifest import DIMENSION_MOST, REBUILD, facts_of, fingerprint_of
from footnote.store.sealing import sealed, unsealed
from footnote.wire import Count, decode

FORMAT_VERSION = 1
GRACE_SECONDS = 600
"""How long what is gone stays for those who still read a generation that has it; twice as long as such a one may be open
without looking for a newer."""
ORDINAL_BITS = 20
"""A document has at most so many passages, sentences, and parts of its text, as bits."""
MOST_VERSIONS = 1 << 43


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object that is written once: its name, digest and size."""

    name: str
    sha256: str
    size_bytes: Count

    @classmethod
    def of(cls, name: str, data: bytes) -> StoredObject:
        return cls(name, hashlib.sha256(data).hexdigest(), len(data))


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """Some documents that stand one after the other by id; ``first`` is the id of the first."""

    first: str
    documents: Count
    stored: StoredObject


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a generation holds; terms are stems of all passages, without answer types."""

    documents: Count = 0
    passages: Count = 0
    sentences: Count = 0
    body_terms: Count = 0
    heading_terms: Count = 0


@dataclass(frozen=True, slots=True)
class Gone:
    """A version that no document has any more, from which generation on and from when, in seconds since 1970."""

    version: Count
    generation: Count
    since: Count


@dataclass(frozen=True, slots=True)
class Versions:
    """Numbers that were given to a writer that did not commit: what it may have written, or yet write, does not count."""

    first: Count
    last: Count
    since: Count


@dataclass(frozen=True, slots=True)
class Claim:
    """The writer at work: the versions that are its own, and a sign of life that changes while it lives."""

    token: str
    machine: str
    first: Count
    last: Count
    beat: Count


@dataclass(frozen=True, slots=True)
class Former:
    """An object, or the number of a series of collections, that no generation from one on has; to be removed later."""

    name: str
    generation: Count
    since: Count


@dataclass(frozen=True, slots=True)
class Pointer:
    """One generation of an index in Milvus; generation 0 is a first writer that has not committed.

    Attributes:
        generation: counts commits, from 1.
        series: number of the collections.
        encoder_fingerprint, dimension, splitting, loaders, content_sha256, unread: as in ``IndexFacts``.
        counts: how much it holds.
        highest: the highest version that counts.
        next_version: the first that nobody was ever given.
        gone: versions up to the highest that do not count.
        void: the same of writers that did not commit.
        timestamp: the server's time of the last write, as text, since it has more digits than JSON keeps.
        mean_lengths: stems of a passage's body and headings, by which the terms' weights were made.
        exact: whether a query is compared with every vector.
        sentences: whether the vectors of sentences can be searched.
        statistics: how many passages hold each term and word; None for an empty index.
        catalogue: its documents, by id.
        oldest: the oldest generation of which nothing has been deleted.
        former_series: numbers of collections of earlier series that are still there.
        former_objects: the same of objects.
        claim: the writer at work.
    """

    generation: Count
    series: Count
    encoder_fingerprint: str
    dimension: Count
    splitting: str
    content_sha256: str
    loaders: tuple[LoaderVersion, ...] = ()
    unread: tuple[Unread, ...] = ()
    counts: Counts = Counts()
    highest: Count = 0
    next_version: Count = 1
    gone: tuple[Gone, ...] = ()
    void: tuple[Versions, ...] = ()
    timestamp: str = "0"
    mean_lengths: tuple[float, float] = (0.0, 0.0)
    exact: bool = False
    sentences: bool = True
    statistics: StoredObject | None = None
    catalogue: tuple[CataloguePage, ...] = ()
    oldest: Count = 0
    former_series: tuple[Former, ...] = ()
    former_objects: tuple[Former, ...] = ()
    claim: Claim | None = None
    format_version: Count = FORMAT_VERSION

    def __post_init__(self) -> None:
        if not self.timestamp.isascii() or not self.timestamp.isdecimal():
            raise ValueError("its timestamp is no number")
        if not 0 < self.dimension <= DIMENSION_MOST or self.highest >= self.next_version:
            raise ValueError("its dimension or its versions cannot be")

    @property
    def written_at(self) -> int:
        """The server's time of the last write; 0 where it tells none."""
        return int(self.timestamp)

    @property
    def fingerprint(self) -> str:
        """As of the same documents in a folder, made by the same encoder."""
        return fingerprint_of(self)

    def facts(self) -> IndexFacts:
        """What it says of the index."""
        return facts_of(self, self.counts.documents, self.counts.passages, self.counts.body_terms)

    def objects(self) -> list[StoredObject]:
        """Every object that it names."""
        pages = [page.stored for page in self.catalogue]
        return pages if self.statistics is None else [*pages, self.statistics]

    def render(self) -> bytes:
        """The bytes in which it is kept."""
        return sealed("pointer", json.dumps(asdict(self), ensure_ascii=True).encode("ascii"))


def parsed_pointer(data: bytes, where: str) -> Pointer:
    """The pointer that some bytes hold.

    Raises:
        IndexDamaged: they are not what was written.
        IndexMismatch: another version of Footnote wrote them.
    """
    body = unsealed("pointer", data)
    if body is None:
        raise IndexDamaged("the pointer is not what was written", where=where, remedy=REBUILD)
    try:
        fields = json.loads(body)
        version = fields.get("format_version") if isinstance(fields, dict) else None
        if version == FORMAT_VERSION:
            return decode(Pointer, body, exactly=True)
    except (ValueError, RecursionError) as error:
        raise IndexDamaged(f"holds no pointer of an index ({error})", where=where, remedy=REBUILD) from error
    what = f"has format {version}, this Footnote reads {FORMAT_VERSION}"
    raise IndexMismatch(what, where=where, remedy=REBUILD)

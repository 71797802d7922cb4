"""What goes into an index and what comes out of it, beside the records that everyone shares; and how passages are numbered."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from footnote.records import Document, Passage, SkippedFile

FloatArray: TypeAlias = npt.NDArray[np.float32]
KeyArray: TypeAlias = npt.NDArray[np.int64]
IntArray: TypeAlias = npt.NDArray[np.int32]
TermArray: TypeAlias = npt.NDArray[np.uint32]


def passage_key(document_id: str, ordinal: int) -> int:
    """The key of a passage: the same in every index, on every machine, whatever else is indexed; from 1 to 2**63 - 1.

    63 bits of BLAKE2b over the document's id, a zero byte and the passage's place in it, from 0.  Among a million passages
    the chance that any two have one key is 1 in 18 million; an index never holds two such passages (``IndexBuilder.commit``).
    """
    return _key(f"{document_id}\0{ordinal}")


def document_key(document_id: str) -> int:
    """The same for a document."""
    return _key(f"{document_id}\0")


def _key(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1 or 1


@dataclass(frozen=True, slots=True)
class Unread:
    """A file of the corpus that was skipped, with the digest under which it was: it is not tried again unchanged."""

    path: str
    sha256: str
    reason: str

    def skipped(self) -> SkippedFile:
        return SkippedFile(self.path, self.reason)


@dataclass(frozen=True, slots=True)
class LoaderVersion:
    """A family of formats and the version of the loaders that read its documents."""

    family: str
    version: int


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """One generation of an index in numbers.

    Attributes:
        generation: counts commits, from 1.
        fingerprint: hex digest of what the index says: documents, encoder and splitting, whatever the generation.
        encoder_fingerprint: of the encoder that made every vector.
        dimension: of its vectors.
        splitting: digest of the settings and the version of the code that shape passages.
        loaders: the versions of the loaders that read its documents, by family.
        content_sha256: digest over the (document id, file digest) pairs in order (``content_digest``).
        documents, passages: how many.
        mean_terms: mean number of stems in a passage's sentences; 0 for an empty index.
        unread: files of the corpus that could not be read.
    """

    generation: int
    fingerprint: str
    encoder_fingerprint: str
    dimension: int
    splitting: str
    loaders: tuple[LoaderVersion, ...]
    content_sha256: str
    documents: int
    passages: int
    mean_terms: float
    unread: tuple[Unread, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PassageVectors:
    """The unit vectors of one passage: of itself (d,), of each of its sentences (s, d) and of its heading (d,), float32."""

    passage: FloatArray
    sentences: FloatArray
    heading: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class PassageEntry:
    """A passage on its way into the index.

    Attributes:
        input_sha256: hex digest of everything that was encoded for it: equal digests have equal vectors.
        vector: (d,) float32, unit length, of the passage.
        sentence_vectors: (s, d) float32, one unit row for each of ``passage.sentences``.
        heading_vector: (d,) float32, unit length.
        sentence_terms: for each sentence its stems in order, then its answer types.
        heading_terms: stems of the title and the heading path.
        words: the lower-case words that spelling is compared with.
    """

    passage: Passage
    input_sha256: str
    vector: FloatArray
    sentence_vectors: FloatArray
    heading_vector: FloatArray
    sentence_terms: tuple[tuple[str, ...], ...]
    heading_terms: tuple[str, ...]
    words: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class DocumentEntry:
    """A document on its way into the index, with all of its passages in order."""

    document: Document
    passages: tuple[PassageEntry, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What ranking needs to know about n passages that hold m sentences, as arrays; row i belongs to ``keys[i]``.

    Of the vectors it holds what they say of one query, 4 bytes for each instead of 4 for each component.

    Attributes:
        keys: (n,) int64, in the order asked for.
        document_places: (n,) int64, for each the place of its document among these passages' documents, by id, from 0.
        ordinals: (n,) int32, 0-based place of the passage in its document.
        passage_similarity: (n,) float32, dot product of the passage's vector with the query's.
        heading_similarity: (n,) float32, the same of the vector of its headings.
        sentence_offsets: (n + 1,) int32: the sentences of row i are ``sentence_offsets[i]:sentence_offsets[i + 1]``.
        sentence_similarity: (m,) float32, the same of the sentences' vectors.
        terms: (t,) uint32 term ids of all sentences in order, answer types included.
        term_sentences: (t,) int32, for each term the sentence (0 to m - 1) it stands in.
        heading_terms: (h,) uint32 term ids of titles and heading paths.
        heading_term_offsets: (n + 1,) int32 into ``heading_terms``.
    """

    keys: KeyArray
    document_places: KeyArray
    ordinals: IntArray
    passage_similarity: FloatArray
    heading_similarity: FloatArray
    sentence_offsets: IntArray
    sentence_similarity: FloatArray
    terms: TermArray
    term_sentences: IntArray
    heading_terms: TermArray
    heading_term_offsets: IntArray

    def take(self, rows: npt.NDArray[np.integer]) -> Candidates:
        """These rows, in this order."""
        sentences = ranges(self.sentence_offsets, rows)
        term_offsets = np.searchsorted(self.term_sentences, np.arange(len(self.sentence_similarity) + 1))
        terms = ranges(term_offsets, sentences)
        headings = ranges(self.heading_term_offsets, rows)
        return Candidates(
            keys=self.keys[rows],
            # As it would have been numbered among these alone.
            document_places=np.unique(self.document_places[rows], return_inverse=True)[1].astype(np.int64),
            ordinals=self.ordinals[rows],
            passage_similarity=self.passage_similarity[rows],
            heading_similarity=self.heading_similarity[rows],
            sentence_offsets=_offsets(self.sentence_offsets, rows),
            sentence_similarity=self.sentence_similarity[sentences],
            terms=self.terms[terms],
            term_sentences=np.repeat(np.arange(len(sentences), dtype=np.int32), np.diff(term_offsets)[sentences]),
            heading_terms=self.heading_terms[headings],
            heading_term_offsets=_offsets(self.heading_term_offsets, rows),
        )


def _offsets(offsets: IntArray, rows: npt.NDArray[np.integer]) -> IntArray:
    return np.concatenate([[0], np.cumsum(np.diff(offsets)[rows])]).astype(np.int32)


def ranges(offsets: npt.NDArray[np.integer], rows: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """Positions ``offsets[row]`` to ``offsets[row + 1] - 1`` of all rows, joined."""
    sizes = np.diff(offsets)[rows]
    first = np.repeat(offsets[:-1][rows] - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
    return first.astype(np.int64) + np.arange(int(sizes.sum()))

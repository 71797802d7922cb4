"""What goes into the store and what comes out of it, beside the records that everyone shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from footnote.records import Document, Passage

FloatArray: TypeAlias = npt.NDArray[np.float32]
KeyArray: TypeAlias = npt.NDArray[np.int64]
IntArray: TypeAlias = npt.NDArray[np.int32]
TermArray: TypeAlias = npt.NDArray[np.uint32]


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

    Attributes:
        keys: (n,) int64, in the order asked for.
        document_keys: (n,) int64, equal for passages of one document.
        ordinals: (n,) int32, 0-based place of the passage in its document.
        vectors: (n, d) float32.
        heading_vectors: (n, d) float32.
        sentence_offsets: (n + 1,) int32: the sentences of row i are ``sentence_offsets[i]:sentence_offsets[i + 1]``.
        sentence_vectors: (m, d) float32.
        terms: (t,) uint32 term ids of all sentences in order, answer types included.
        term_sentences: (t,) int32, for each term the sentence (0 to m - 1) it stands in.
        heading_terms: (h,) uint32 term ids of titles and heading paths.
        heading_term_offsets: (n + 1,) int32 into ``heading_terms``.
    """

    keys: KeyArray
    document_keys: KeyArray
    ordinals: IntArray
    vectors: FloatArray
    heading_vectors: FloatArray
    sentence_offsets: IntArray
    sentence_vectors: FloatArray
    terms: TermArray
    term_sentences: IntArray
    heading_terms: TermArray
    heading_term_offsets: IntArray

    def take(self, rows: npt.NDArray[np.integer]) -> Candidates:
        """These rows, in this order."""
        sentences = ranges(self.sentence_offsets, rows)
        term_offsets = np.searchsorted(self.term_sentences, np.arange(len(self.sentence_vectors) + 1))
        terms = ranges(term_offsets, sentences)
        headings = ranges(self.heading_term_offsets, rows)
        return Candidates(
            keys=self.keys[rows],
            document_keys=self.document_keys[rows],
            ordinals=self.ordinals[rows],
            vectors=self.vectors[rows],
            heading_vectors=self.heading_vectors[rows],
            sentence_offsets=_offsets(self.sentence_offsets, rows),
            sentence_vectors=self.sentence_vectors[sentences],
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

"""Rows of passages as the arrays that ranking works on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from footnote.store.entries import Candidates, FloatArray, IntArray
from footnote.store.forms import floats

CANDIDATE_COLUMNS = (
    "p.document, p.ordinal, p.sentence_terms, p.terms, p.heading_terms, p.vector, p.heading_vector, p.sentence_vectors"
)


class CandidateRow(NamedTuple):
    """What ranking needs of one passage: vectors as numbers, counts and terms as the bytes that they were kept as."""

    document: int
    ordinal: int
    counts: bytes
    terms: bytes
    headings: bytes
    vectors: FloatArray
    heading_vectors: FloatArray
    sentence_vectors: FloatArray


def candidate_rows(rows: Iterable[tuple[Any, ...]], dimension: int) -> dict[int, CandidateRow]:
    """Rows by key.

    Args:
        rows: for each its key and ``CANDIDATE_COLUMNS``.
        dimension: of the vectors.
    """
    columns = list(zip(*rows, strict=True))
    if not columns:
        return {}
    keys, *plain, vectors, headings, sentences = columns
    # All of them are made numbers at once: that takes most of the time.
    parts = [_split(blobs, dimension) for blobs in (vectors, headings, sentences)]
    return {key: CandidateRow(*row) for key, *row in zip(keys, *plain, *parts, strict=True)}


def _split(blobs: Sequence[bytes], dimension: int) -> list[FloatArray]:
    joined = floats(b"".join(blobs), dimension)
    ends = np.cumsum([len(blob) // (2 * dimension) for blob in blobs]).tolist()
    return [joined[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def make_candidates(keys: Sequence[int], rows: Sequence[CandidateRow], dimension: int) -> Candidates:
    """The arrays for some passages.

    Args:
        keys: of the passages.
        rows: one for each.
        dimension: of the vectors.
    """
    columns = list(zip(*rows, strict=True)) or [()] * len(CandidateRow._fields)
    documents, ordinals, counts, terms, headings, *vectors = columns
    terms_each = np.frombuffer(b"".join(counts), dtype="<u4").astype(np.int32)
    none = np.empty((0, dimension), dtype=np.float32)
    own, of_headings, of_sentences = (np.concatenate(each or [none]) for each in vectors)
    return Candidates(
        keys=np.array(keys, dtype=np.int64),
        document_keys=np.array(documents, dtype=np.int64),
        ordinals=np.array(ordinals, dtype=np.int32),
        vectors=own,
        heading_vectors=of_headings,
        sentence_offsets=_offsets(counts),
        sentence_vectors=of_sentences,
        terms=np.frombuffer(b"".join(terms), dtype="<u4").astype(np.uint32),
        term_sentences=np.repeat(np.arange(len(terms_each), dtype=np.int32), terms_each),
        heading_terms=np.frombuffer(b"".join(headings), dtype="<u4").astype(np.uint32),
        heading_term_offsets=_offsets(headings),
    )


def _offsets(blobs: Sequence[bytes]) -> IntArray:
    """Where the numbers of four bytes of each blob begin when the blobs are joined, and where the last ends."""
    return np.cumsum([0, *(len(blob) // 4 for blob in blobs)], dtype=np.int32)

"""Rows of passages as the arrays that ranking works on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from footnote.store.entries import Candidates, IntArray
from footnote.store.rows import floats

CANDIDATE_COLUMNS = (
    "p.document, p.ordinal, p.sentence_terms, p.terms, p.heading_terms, p.vector, p.heading_vector, p.sentence_vectors"
)


def make_candidates(keys: Sequence[int], rows: Sequence[tuple[Any, ...]], dimension: int) -> Candidates:
    """The arrays for some passages.

    Args:
        keys: of the passages.
        rows: for each its key and ``CANDIDATE_COLUMNS``.
        dimension: of the vectors.

    Raises:
        ValueError, TypeError: the rows are none of an index.
    """
    columns = list(zip(*rows, strict=True)) or [()] * 9
    _, documents, ordinals, counts, terms, headings, vectors, heading_vectors, sentence_vectors = columns
    terms_each = np.frombuffer(b"".join(counts), dtype="<u4").astype(np.int32)
    found = Candidates(
        keys=np.array(keys, dtype=np.int64),
        document_keys=np.array(documents, dtype=np.int64),
        ordinals=np.array(ordinals, dtype=np.int32),
        vectors=floats(b"".join(vectors), dimension),
        heading_vectors=floats(b"".join(heading_vectors), dimension),
        sentence_offsets=_offsets(counts),
        sentence_vectors=floats(b"".join(sentence_vectors), dimension),
        terms=np.frombuffer(b"".join(terms), dtype="<u4").astype(np.uint32),
        term_sentences=np.repeat(np.arange(len(terms_each), dtype=np.int32), terms_each),
        heading_terms=np.frombuffer(b"".join(headings), dtype="<u4").astype(np.uint32),
        heading_term_offsets=_offsets(headings),
    )
    _check(found, len(keys))
    return found


def _check(found: Candidates, passages: int) -> None:
    vectors = (found.vectors, found.heading_vectors, found.sentence_vectors)
    expected = (passages, passages, int(found.sentence_offsets[-1]))
    # A product tells in one pass whether any number is none.
    finite = all(math.isfinite(np.vdot(each, each)) for each in vectors)
    if tuple(map(len, vectors)) != expected or len(found.terms) != len(found.term_sentences) or not finite:
        raise ValueError("the arrays do not fit each other")


def _offsets(blobs: Sequence[bytes]) -> IntArray:
    """Where the numbers of four bytes of each blob begin when the blobs are joined, and where the last ends."""
    return np.cumsum([0, *map(len, blobs)], dtype=np.int32) // 4

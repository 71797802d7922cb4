"""BM25 by a server that knows inner products only, and again exactly from the rows that it found.

A passage is a sparse vector: for each stem a weight that its count and the passage's length make, by the mean lengths at the
time when the collection was made.  A query is one too: for each stem its rarity now.  The product is BM25, but for how the
mean length has moved since.  So a few more are fetched than are wanted, and their scores computed from the counts in their
rows, in just the way of the lexical index of a folder: the same passages come first in both.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from footnote.store.entries import TermArray

FIELDS = ("body", "heading")
K1 = 1.2
B = 0.75
"""As in Tantivy."""
_FREE = 24
_LARGEST = (1 << 32) - 2
"""Of a sparse vector's dimensions."""


def rounded_length(length: int) -> int:
    """A field's length as a lexical index keeps it, in a byte: exact up to 40, then rounded down to four binary digits."""
    if length < _FREE + 8:
        return length
    size = length - _FREE
    shift = size.bit_length() - 4
    return _FREE + (size >> shift << shift)


def dimension_of(term: int, field: int) -> int:
    """The dimension of a term id in a field; one bit of it goes to the field, and what then collides is told apart by the rows."""
    return min(((term & 0x7FFFFFFF) << 1) | field, _LARGEST)


def _weight(count: int, length: int, mean: float) -> float:
    norm = K1 * (1.0 - B + B * rounded_length(length) / mean) if mean > 0.0 else K1
    return (1.0 + K1) * count / (count + norm)


def document_vector(body: TermArray, heading: TermArray, means: tuple[float, float]) -> dict[int, float]:
    """A passage's weights by dimension; never empty, since Milvus takes no empty vector."""
    vector: dict[int, float] = {}
    for field, terms in enumerate((body, heading)):
        for term, count in Counter(terms.tolist()).items():
            at = dimension_of(term, field)
            vector[at] = vector.get(at, 0.0) + _weight(count, len(terms), means[field])
    # No stem has this checksum in a field as far as anybody asks: its weight is nothing to any query.
    return vector or {_LARGEST: 1e-6}


@dataclass(frozen=True, slots=True)
class LexicalQuery:
    """The terms of a query with what each weighs in each field.

    Attributes:
        weights: term id -> weight in the body and in the headings: rarity, field's weight and count in the query.
        means: mean lengths of the fields now.
    """

    weights: Mapping[int, tuple[float, float]]
    means: tuple[float, float]

    def vector(self) -> dict[int, float]:
        """The query for the server; empty where none of its terms is in any passage."""
        found: dict[int, float] = {}
        for term, weights in self.weights.items():
            for field, weight in enumerate(weights):
                if weight > 0.0:
                    at = dimension_of(term, field)
                    found[at] = found.get(at, 0.0) + weight
        return found

    def score(self, body: TermArray, heading: TermArray) -> float:
        """BM25 of a passage with these terms; 0 where it holds none of the query's."""
        total = np.float32(0.0)
        for field, terms in enumerate((body, heading)):
            counts = Counter(terms.tolist())
            for term, weights in self.weights.items():
                if weights[field] > 0.0 and counts[term]:
                    part = weights[field] * _weight(counts[term], len(terms), self.means[field])
                    total += np.float32(part)
        return float(total)


def rarity(passages: int, holding: int) -> float:
    """How much a term tells that so many of all passages hold."""
    return math.log(1.0 + (passages - holding + 0.5) / (holding + 0.5))


def lexical_query(
    terms: Sequence[int],
    weights: Mapping[str, float],
    frequencies: Mapping[int, tuple[int, int]],
    passages: int,
    means: tuple[float, float],
) -> LexicalQuery:
    """What is asked of a server, and computed again.

    Args:
        terms: ids of the query's stems; a repeated one counts as often.
        weights: of the fields.
        frequencies: term id -> how many passages hold it in the body, and in the headings.
        passages: how many there are.
        means: mean lengths of the fields.
    """
    found: dict[int, tuple[float, float]] = {}
    for term, count in sorted(Counter(terms).items()):
        holding = frequencies.get(term, (0, 0))
        body, heading = (
            weights.get(field, 0.0) * count * rarity(passages, holding[n]) if holding[n] else 0.0
            for n, field in enumerate(FIELDS)
        )
        found[term] = (body, heading)
    return LexicalQuery(found, means)

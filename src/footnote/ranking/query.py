"""A question as ranking sees it: its vector, its stems and their weights, and which of them name one thing and no other."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from footnote import terms
from footnote.encoding import Encoder
from footnote.store import Index

RARE_FROM_CHARS = 5
"""Shorter words are taken to pieces for their endings, not because they are rare."""
_CAPITAL = re.compile(r"(?<=[\w,;:] )[A-Z]")


@dataclass(frozen=True, slots=True)
class Query:
    """A query as ranking sees it.

    Attributes:
        text: the query.
        vector: its unit vector, (dimension,).
        stems: content stems in order, each once; all stems where no word has content.
        idf: inverse document frequency of each stem, at least 0.1, (q,).
        known: whether any passage of the index holds the stem, (q,).
        asks: answer types of which a fitting answer has at least one.
        names: whether the stem is of a word that names one thing and no other, (q,): a number or code, a capital, or a rare word.
    """

    text: str
    vector: npt.NDArray[np.float32]
    stems: tuple[str, ...]
    idf: npt.NDArray[np.float64]
    known: npt.NDArray[np.bool_]
    asks: tuple[str, ...]
    names: npt.NDArray[np.bool_]

    @property
    def total_idf(self) -> float:
        """Sum of ``idf``; positive also for a query without any word, such as an emoji."""
        return float(self.idf.sum()) or 1.0


def read_query(index: Index, encoder: Encoder, text: str) -> Query:
    """Encode a query and weigh its words by the index."""
    stems = terms.content_stems(text) or terms.analyse(text)
    vector = encoder.encode_queries([text])[0]
    names = naming_stems(text, encoder)
    return make_query(text, vector, index.document_frequencies(stems), index.facts.passages, names)


def make_query(
    text: str,
    vector: npt.NDArray[np.float32],
    frequencies: Mapping[str, int],
    passages: int,
    names: Collection[str] = (),
) -> Query:
    """Weigh a query's stems.

    Args:
        text: the query.
        vector: its unit vector.
        frequencies: number of passages that hold each stem of the query.
        passages: number of passages in the index.
        names: those of the query's stems that name one thing and no other.
    """
    stems = tuple(terms.content_stems(text)) or tuple(dict.fromkeys(terms.analyse(text)))
    found = np.array([frequencies.get(stem, 0) for stem in stems], dtype=np.float64)
    idf = np.log(1.0 + (passages - found + 0.5) / (found + 0.5))
    named = np.array([stem in names for stem in stems], dtype=np.bool_)
    return Query(text, vector, stems, np.maximum(idf, 0.1), found > 0, terms.asked_types(text), named)


def naming_stems(text: str, encoder: Encoder) -> frozenset[str]:
    """Stems of the words of a question that name one thing and no other.

    Numbers and codes, words with a capital that begins no sentence, and words so rare that the encoder's tokenizer has to take
    them to pieces, as it does drugs, products and places, but hardly ever an everyday word.
    """
    found = [word for word in terms.words(text) if word.text not in terms.STOPWORDS]
    if not found:
        return frozenset()
    bare = encoder.count_tokens([""])[0]
    pieces = encoder.count_tokens([word.text for word in found])
    stems = terms.stem_words([word.text for word in found])
    return frozenset(
        stem
        for word, stem, count in zip(found, stems, pieces, strict=True)
        if any(c.isdigit() for c in word.text)
        or _CAPITAL.search(text, word.span.start, word.span.end)
        or (len(word.text) >= RARE_FROM_CHARS and count - bare > 1)
    )

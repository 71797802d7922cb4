"""What is encoded for a passage, and the entry that it makes with its vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from footnote.records import Document, Passage
from footnote.splitting import heading_input, passage_input, sentence_input
from footnote.store import PassageEntry, PassageVectors
from footnote.terms import answer_types, stem_words, words


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is encoded for a passage."""

    passage: str
    sentences: tuple[str, ...]
    heading: str

    @property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        for text in self.texts():
            encoded = text.encode("utf-8")
            # Lengths keep ("ab", "c") and ("a", "bc") apart.
            digest.update(len(encoded).to_bytes(8, "little") + encoded)
        return digest.hexdigest()

    def texts(self) -> Iterator[str]:
        yield self.passage
        yield self.heading
        yield from self.sentences


def inputs_of(document: Document, passage: Passage) -> Inputs:
    sentences = tuple(sentence_input(document, sentence) for sentence in passage.sentences)
    return Inputs(passage_input(document, passage), sentences, heading_input(document, passage))


def entry_of(
    document: Document, passage: Passage, inputs: Inputs, digest: str, vectors: PassageVectors
) -> PassageEntry:
    """A passage's entry in the index."""
    headings = [_folded(heading) for heading in (document.title, *passage.heading_path)]
    # A table row's input names its columns: words that a question about the row uses.
    found = [[word.text for word in words(text)] for text in inputs.sentences]
    return PassageEntry(
        passage=passage,
        input_sha256=digest,
        vector=vectors.passage,
        sentence_vectors=vectors.sentences,
        heading_vector=vectors.heading,
        # As terms.sentence_terms and terms.analyse, with each text cut into words only once.
        sentence_terms=tuple(
            (*stem_words(folded), *answer_types(text)) for folded, text in zip(found, inputs.sentences, strict=True)
        ),
        heading_terms=tuple(stem for folded in headings for stem in stem_words(folded)),
        words=frozenset(word for folded in (*headings, *found) for word in folded),
    )


@lru_cache(maxsize=1_024)
def _folded(heading: str) -> tuple[str, ...]:
    return tuple(word.text for word in words(heading))

"""A reranker that reads a pair once, however many models are fitted on it and however often."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Sequence
from pathlib import Path

from footnote.ranking.evidence import Retrieved
from footnote.ranking.retrieve import reading_input
from footnote.reranking import Reading, ReadingInput, Reranker
from footnote.store import Index

__all__ = ["RememberingReranker"]


class RememberingReranker:
    """A ``Reranker`` before another one: what that read is kept in memory, and in a file where it was given a folder."""

    finds_spans = True

    def __init__(self, reranker: Reranker) -> None:
        self._reranker = reranker
        self.fingerprint = reranker.fingerprint
        self._read: dict[bytes, Reading] = {}
        self._path: Path | None = None
        self._saved = 0

    def remember(self, folder: Path) -> None:
        """Take up what an earlier run read, and keep what this one reads there."""
        self._path = folder / f"readings-{self.fingerprint}.pickle"
        if self._path.is_file():
            self._read |= pickle.loads(self._path.read_bytes())  # noqa: S301
        self._saved = len(self._read)

    def save(self) -> None:
        """Write down what was read since."""
        if self._path is not None and len(self._read) > self._saved:
            partial = self._path.with_suffix(".partial")
            partial.write_bytes(pickle.dumps(self._read))
            partial.replace(self._path)
            self._saved = len(self._read)

    def read(self, question: str, passages: Sequence[ReadingInput]) -> list[Reading]:
        """As the other's."""
        keys = [_key(question, passage) for passage in passages]
        new = {key: passage for key, passage in zip(keys, passages, strict=True) if key not in self._read}
        self._read |= dict(zip(new, self._reranker.read(question, list(new.values())), strict=True))
        return [self._read[key] for key in keys]

    def read_first(self, index: Index, found: Retrieved, count: int) -> list[Reading | None]:
        """Readings of the first hits, None for the others."""
        inputs = [reading_input(index, passage) for passage in found.passages[:count]]
        return [*self.read(found.query.text, inputs), *[None] * (len(found.passages) - len(inputs))]


def _key(question: str, passage: ReadingInput) -> bytes:
    return hashlib.sha1(
        "\n".join((question, passage.context, *passage.pieces)).encode(), usedforsecurity=False
    ).digest()

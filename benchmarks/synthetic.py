"""Large indexes made of real ones: every copy of a document has vectors and words of its own.

A vector is moved by the difference of two other passages' vectors, which keeps the directions that text really uses; how far
is chosen so that neighbours are as near as real text's would be (``neighbours``).  A third of the words are exchanged for
other words of the documents, drawn as often as they occur.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from footnote.store import LocalIndex, LocalIndexBuilder
from footnote.store.local.rows import DOCUMENT_COLUMNS, PASSAGE_COLUMNS, StoredDocument, floats, halves

Matrix = npt.NDArray[np.float32]
EXCHANGED = 0.33
AT = {name: n for n, name in enumerate(PASSAGE_COLUMNS)}


def unit(rows: Matrix) -> Matrix:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


class Source:
    """The documents of built indexes."""

    def __init__(self, index_dirs: Sequence[Path]) -> None:
        self.documents: list[StoredDocument] = []
        for index_dir in index_dirs:
            with LocalIndex.open(index_dir) as reader:
                self.dimension, self.encoder = reader.facts.dimension, reader.facts.encoder_fingerprint
                for segment in reader.segments:
                    self.documents += [
                        StoredDocument(
                            f"{index_dir.name}/{s.id}", (f"{index_dir.name}/{s.id}", *s.document[1:]), s.passages
                        )
                        for s in segment.stored()
                    ]
        self.documents.sort(key=lambda stored: stored.id)
        rows = [row for stored in self.documents for row in stored.passages]
        self.vectors = floats(b"".join(row[AT["vector"]] for row in rows), self.dimension)
        self.terms = np.frombuffer(b"".join(row[AT["terms"]] for row in rows), dtype="<u4")
        self.passages = len(rows)


def moved(vectors: Matrix, source: Source, far: float, rng: np.random.Generator, each: npt.NDArray[np.int64]) -> Matrix:
    """Unit rows moved by differences of source vectors; rows with the same number in ``each`` move alike."""
    count = int(each.max(initial=-1)) + 1
    one, other = rng.integers(0, source.passages, (2, count))
    return unit(vectors + far * (source.vectors[one] - source.vectors[other])[each])


def copies(source: Source, passages: int, far: float) -> Iterator[StoredDocument]:
    """The documents themselves, then changed copies, by ascending id, until there are so many passages."""
    written, number = 0, 0
    while written < passages:
        rng = np.random.default_rng(number)
        for stored in source.documents:
            if written >= passages:
                return
            yield changed(stored, source, far, rng, f"{number:04d}/{stored.id}", same=number == 0)
            written += len(stored.passages)
        number += 1


def changed(
    stored: StoredDocument, source: Source, far: float, rng: np.random.Generator, name: str, *, same: bool
) -> StoredDocument:
    document = list(stored.document)
    document[DOCUMENT_COLUMNS.index("id")] = name
    if same or not stored.passages:
        return StoredDocument(name, tuple(document), stored.passages)
    document[DOCUMENT_COLUMNS.index("sha256")] = rng.bytes(32).hex()
    rows = [list(row) for row in stored.passages]
    kinds: Mapping[str, Any] = {}
    for kind in ("vector", "sentence_vectors"):
        vectors = floats(b"".join(row[AT[kind]] for row in rows), source.dimension)
        sizes = [len(row[AT[kind]]) // (2 * source.dimension) for row in rows]
        kinds = {**kinds, kind: (vectors, np.repeat(np.arange(len(rows)), sizes))}
    (passages, one_each), (sentences, owners) = kinds["vector"], kinds["sentence_vectors"]
    both = moved(np.concatenate([passages, sentences]), source, far, rng, np.concatenate([one_each, owners]))
    ends = np.cumsum(np.bincount(owners, minlength=len(rows)))
    for n, row in enumerate(rows):
        row[AT["input_sha256"]] = rng.bytes(32)
        row[AT["vector"]] = halves(both[n])
        begin = ends[n - 1] if n else 0
        row[AT["sentence_vectors"]] = halves(both[len(rows) + begin : len(rows) + ends[n]])
        terms = np.frombuffer(row[AT["terms"]], dtype="<u4").copy()
        exchanged = rng.random(len(terms)) < EXCHANGED
        terms[exchanged] = source.terms[rng.integers(0, len(source.terms), int(exchanged.sum()))]
        row[AT["terms"]] = terms.tobytes()
    body = sum(len(row[AT["terms"]]) // 4 for row in rows)
    document[DOCUMENT_COLUMNS.index("body_terms")] = body
    return StoredDocument(name, tuple(document), tuple(tuple(row) for row in rows))


class SyntheticWriter(LocalIndexBuilder):
    """Writes documents that are rows already."""

    def _stored(self, entries: Any, files: dict[str, str]) -> Iterator[StoredDocument]:
        for stored in entries:
            files[stored.id] = stored.named("sha256")
            yield stored


def build(source: Source, index_dir: Path, passages: int, far: float, vector_search: str = "auto") -> None:
    """Write an index of so many passages."""
    with SyntheticWriter(
        index_dir,
        encoder_fingerprint=source.encoder,
        dimension=source.dimension,
        vector_search=vector_search,
        splitting="synthetic",
    ) as writer:
        writer.commit(copies(source, passages, far), changing=())


def neighbours(vectors: Matrix, queries: Matrix, ranks: Sequence[int] = (1, 10, 50)) -> dict[int, float]:
    """Median similarity of a query's neighbours at these ranks, itself left out."""
    scores = np.sort(queries @ vectors.T, axis=1)[:, ::-1]
    return {rank: round(float(np.median(scores[:, rank])), 4) for rank in ranks}


def real_trend(source: Source, wanted: int, rng: np.random.Generator) -> dict[int, float]:
    """What real text's neighbours would be among ``wanted`` passages.

    Their distance, 1 - similarity, falls as a power of the number of passages; the power is fitted to the documents that are
    there, drawn whole, since passages of one document resemble each other.
    """
    order = rng.permutation(len(source.documents))
    ends = np.cumsum([len(stored.passages) for stored in source.documents])
    rows = [np.arange(ends[n] - len(source.documents[n].passages), ends[n]) for n in order]
    found, sizes = [], []
    for share in (0.25, 0.35, 0.5, 0.7, 1.0):
        some = np.concatenate(rows[: max(1, round(share * len(rows)))])
        sizes.append(len(some))
        found.append(neighbours(source.vectors[some], source.vectors[rng.permutation(some)[:600]]))
    powers = {rank: np.polyfit(np.log(sizes), np.log([1.0 - f[rank] for f in found]), 1) for rank in found[0]}
    return {rank: round(1.0 - float(np.exp(np.polyval(powers[rank], np.log(wanted)))), 4) for rank in powers}


def synthetic_neighbours(source: Source, wanted: int, far: float, rng: np.random.Generator) -> dict[int, float]:
    """The same, measured among ``wanted`` moved vectors."""
    queries = source.vectors[rng.permutation(source.passages)[:100]]
    best = np.full((len(queries), 0), -1.0, dtype=np.float32)
    for _ in range(0, wanted, source.passages):
        some = moved(source.vectors, source, far, rng, np.arange(source.passages))
        best = np.sort(np.concatenate([best, queries @ some.T], axis=1), axis=1)[:, ::-1][:, :60]
    return {rank: round(float(np.median(best[:, rank - 1])), 4) for rank in (1, 10, 50)}

"""Approximate vector search for large indexes: inverted lists over centres that all segments share, 8 bits a component.

A query is compared with the centres, and only the lists of the nearest ones are searched.  The centres are trained once and
kept while the index grows, so that a commit writes files for its own segments only; opened, the segments' entries are one
FAISS index.  A segment's file is no FAISS file but three plain arrays: nothing native reads it from the disk, and what the
digest covered is what is searched.  It is read into memory and not mapped, since its digest has to be compared anyway.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from footnote.store.entries import FloatArray, KeyArray
from footnote.store.vectors import VECTOR_BYTES_FACTOR, VectorIndex

Entries = tuple[npt.NDArray[np.uint32], KeyArray, npt.NDArray[np.uint8]]
"""List numbers (n,), keys (n,) and codes (n, d) of a segment's vectors."""

LISTS_FACTOR = 4
"""Lists for a square root of vectors: the usual choice between many centres to compare and long lists to search."""
TRAINED_EACH = 40
"""Vectors a centre is trained on; FAISS warns below 39."""
PROBES = (16, 24, 32, 48, 64, 96, 128, 192, 256)
"""Numbers of lists that are tried, in this order."""
ENOUGH_RECALL = 0.985
"""Recall@50 at which no more lists are tried: above the .97 that is promised, since other questions than the measured come."""
RECALL_K = 50


def train_centres(vectors: FloatArray, passages: int) -> bytes:
    """A trained, empty index as the bytes of a FAISS file.

    Args:
        vectors: (n, d) unit vectors to train on, drawn evenly.
        passages: how many the index holds.
    """
    import faiss

    dimension = vectors.shape[1]
    lists = max(1, min(round(LISTS_FACTOR * math.sqrt(passages)), len(vectors) // TRAINED_EACH))
    quantizer = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFScalarQuantizer(
        quantizer, dimension, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT, False
    )
    index.cp.niter = 8
    index.cp.spherical = True
    index.train(np.ascontiguousarray(vectors))
    return bytes(faiss.serialize_index(index).tobytes())


def sample_size(passages: int) -> int:
    """How many vectors ``train_centres`` wants."""
    return TRAINED_EACH * round(LISTS_FACTOR * math.sqrt(passages))


class Centres:
    """What all segments of an approximate index share; read from bytes whose digest was compared, or just made."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._empty = self.empty()
        self.dimension = int(self._empty.d)

    def empty(self) -> Any:
        """A FAISS index of its own, trained and without entries."""
        import faiss

        faiss.set_deserialization_vector_byte_limit(VECTOR_BYTES_FACTOR * len(self._data))
        return faiss.deserialize_index(np.frombuffer(self._data, dtype=np.uint8))

    def encode(self, vectors: FloatArray, keys: KeyArray) -> Entries:
        """The entries for some vectors."""
        rows = np.ascontiguousarray(vectors)
        if not len(rows):
            return np.empty(0, dtype=np.uint32), keys, np.empty((0, self._empty.d), dtype=np.uint8)
        _, lists = self._empty.quantizer.search(rows, 1)
        return lists[:, 0].astype(np.uint32), keys, np.asarray(self._empty.sq.compute_codes(rows), dtype=np.uint8)

    def join(self, parts: Iterable[Entries], probes: int) -> VectorIndex:
        """One searchable index of the entries of all segments."""
        import faiss

        index = self.empty()
        lists, keys, codes = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(lists, kind="stable")
        ends = np.cumsum(np.bincount(lists, minlength=index.nlist))
        inverted, begin = index.invlists, 0
        for number, end in enumerate(ends.tolist()):
            if end > begin:
                rows = order[begin:end]
                ids, some = np.ascontiguousarray(keys[rows]), np.ascontiguousarray(codes[rows])
                inverted.add_entries(number, len(rows), faiss.swig_ptr(ids), faiss.swig_ptr(some))
            begin = end
        index.ntotal = len(keys)
        index.nprobe = min(probes, index.nlist)
        return VectorIndex(index)


def to_bytes(entries: Entries) -> bytes:
    """The file of a segment's entries."""
    lists, keys, codes = entries
    return keys.astype("<i8").tobytes() + lists.astype("<u4").tobytes() + codes.tobytes()


def from_bytes(data: bytes, *, dimension: int, total: int) -> Entries | None:
    """What ``to_bytes`` wrote; None when the length does not fit."""
    if len(data) != total * (8 + 4 + dimension):
        return None
    keys = np.frombuffer(data, dtype="<i8", count=total).astype(np.int64)
    lists = np.frombuffer(data, dtype="<u4", count=total, offset=8 * total).astype(np.uint32)
    codes = np.frombuffer(data, dtype=np.uint8, offset=12 * total).reshape(total, dimension)
    return lists, keys, codes


def choose_probes(
    index: VectorIndex, queries: FloatArray, exact: Callable[[], Iterable[tuple[FloatArray, KeyArray]]]
) -> tuple[int, float]:
    """How many lists to search, and the recall@50 that this gives.

    Args:
        index: all passages.
        queries: (q, d) unit vectors like those of questions.
        exact: gives the true vectors and keys of all passages, in pieces.
    """
    truth = [set(keys.tolist()) for keys in _nearest(queries, exact())]
    recall, probes = 0.0, PROBES[0]
    for probes in PROBES:
        index.probe(probes)
        found = [set(index.search(query, RECALL_K)[0].tolist()) for query in queries]
        recall = float(np.mean([len(got & true) / max(1, len(true)) for got, true in zip(found, truth, strict=True)]))
        if recall >= ENOUGH_RECALL:
            break
    return probes, recall


def _nearest(queries: FloatArray, pieces: Iterable[tuple[FloatArray, KeyArray]]) -> Sequence[KeyArray]:
    scores = np.empty((len(queries), 0), dtype=np.float32)
    found = np.empty((len(queries), 0), dtype=np.int64)
    for vectors, keys in pieces:
        scores = np.concatenate([scores, queries @ vectors.T], axis=1)
        found = np.concatenate([found, np.broadcast_to(keys, (len(queries), len(keys)))], axis=1)
        if scores.shape[1] > RECALL_K:
            best = np.argpartition(-scores, RECALL_K - 1, axis=1)[:, :RECALL_K]
            scores, found = np.take_along_axis(scores, best, 1), np.take_along_axis(found, best, 1)
    return list(found)

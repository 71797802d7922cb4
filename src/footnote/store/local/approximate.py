"""Approximate vector search for large indexes: inverted lists over centres that all segments share, two codes a vector.

A query is compared with the centres, and the lists of the nearest ones are searched by a short code, four bits for two
components, that processors compare many of at once (product quantisation with fast scan: Andre et al., 2015, in FAISS).  The
best of them are compared again by a code of 8 bits a component.  The centres are trained once and kept while the index grows,
so that a commit writes files for its own segments only; opened, the segments' entries are one index.  No file is one of FAISS:
all are plain arrays of which the length tells everything, so that nothing native reads what somebody else may have written,
and what the digest covered is what is searched.  They are read into memory and not mapped, since their digests have to be
compared anyway.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from footnote.store.entries import FloatArray, KeyArray
from footnote.store.topk import Found

Codes = npt.NDArray[np.uint8]

LISTS_FACTOR = 4
"""Lists for a square root of vectors: the usual choice between many centres to compare and long lists to search."""
TRAINED_EACH = 40
"""Vectors a centre is trained on; FAISS warns below 39."""
SHORT_BITS = 4
"""Bits of the short code for two components."""
PROBES = (8, 16, 32, 64, 128, 256, 384, 512, 768, 1024, 1536, 2048, 3072)
"""Numbers of lists that are tried, in this order."""
COMPARED_AGAIN = 8
"""Found by their short codes for each that is wanted, and compared again."""
COMPARED_LEAST = 400
ENOUGH_RECALL = 0.975
"""Recall@50 at which no more lists are tried.  The promise is .97; measured on questions of four sets, recall was .974 or more
wherever this was reached with the sentences that it is measured with (``benchmarks/growth.py``)."""
RECALL_K = 50


class Entries(NamedTuple):
    """A segment's n vectors as they are searched.

    Attributes:
        lists: (n,) number of the nearest centre.
        keys: (n,).
        short: (n, s) codes that the lists are searched by.
        long: (n, d) codes that the best are compared again by.
    """

    lists: npt.NDArray[np.uint32]
    keys: KeyArray
    short: Codes
    long: Codes


def train_centres(vectors: FloatArray, passages: int) -> bytes:
    """Centres and codes that suit some vectors, as the bytes of their file.

    Args:
        vectors: (n, d) unit vectors to train on, drawn evenly; d is even.
        passages: how many the index holds.
    """
    import faiss

    dimension = vectors.shape[1]
    # Each of the short code's 16 values needs a vector to stand for, in the smallest index too.
    rows = np.ascontiguousarray(np.resize(vectors, (max(len(vectors), 1 << SHORT_BITS), dimension)))
    lists = max(1, min(round(LISTS_FACTOR * math.sqrt(passages)), len(vectors) // TRAINED_EACH))
    quantizer = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFPQ(quantizer, dimension, lists, dimension // 2, SHORT_BITS, faiss.METRIC_INNER_PRODUCT)
    index.cp.niter = 8
    index.cp.spherical = True
    index.pq.cp.min_points_per_centroid = 1
    index.train(rows)
    rounded = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
    rounded.train(rows)
    parts = (
        quantizer.reconstruct_n(0, lists),
        faiss.vector_to_array(index.pq.centroids),
        faiss.vector_to_array(rounded.sq.trained),
    )
    return b"".join(np.ascontiguousarray(part, dtype="<f4").tobytes() for part in parts)


def sample_size(passages: int) -> int:
    """How many vectors ``train_centres`` wants."""
    return TRAINED_EACH * round(LISTS_FACTOR * math.sqrt(passages))


class Centres:
    """What all segments of an approximate index share.

    Args:
        data: what ``train_centres`` made: (lists, d) centres, the 16 values of each two components (d / 2, 16, 2), and
            the least value and the range of each component (2, d), float32.
        dimension: d.

    Raises:
        ValueError: the bytes cannot be that.
    """

    def __init__(self, data: bytes, dimension: int) -> None:
        numbers = np.frombuffer(data, dtype="<f4").astype(np.float32)
        values, ranges = dimension << SHORT_BITS, 2 * dimension
        self.lists, beyond = divmod(len(numbers) - values - ranges, dimension)
        if self.lists < 1 or beyond or dimension % 2 or not np.isfinite(numbers).all():
            raise ValueError("no centres of this dimension")
        self.dimension, self.short_size = dimension, (dimension // 2 + 1) // 2
        self._centres = numbers[: self.lists * dimension].reshape(self.lists, dimension)
        self._values, self._ranges = numbers[-values - ranges : -ranges], numbers[-ranges:]
        self._empty, self._rounded = self._make_lists(), self._make_rounded()

    def _make_lists(self) -> Any:
        """Empty lists; with the quantizer that they need, which Python must not let go before them."""
        import faiss

        quantizer = faiss.IndexFlatIP(self.dimension)
        quantizer.add(self._centres)
        index = faiss.IndexIVFPQ(
            quantizer, self.dimension, self.lists, self.dimension // 2, SHORT_BITS, faiss.METRIC_INNER_PRODUCT
        )
        faiss.copy_array_to_vector(self._values, index.pq.centroids)
        index.is_trained = True
        return index

    def _make_rounded(self) -> Any:
        import faiss

        rounded = faiss.IndexScalarQuantizer(self.dimension, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
        faiss.copy_array_to_vector(self._ranges, rounded.sq.trained)
        rounded.is_trained = True
        return rounded

    def encode(self, vectors: FloatArray, keys: KeyArray) -> Entries:
        """The entries for some vectors."""
        import faiss

        rows = np.ascontiguousarray(vectors)
        short = np.empty((len(rows), self.short_size), dtype=np.uint8)
        if not len(rows):
            return Entries(np.empty(0, dtype=np.uint32), keys, short, np.empty((0, self.dimension), dtype=np.uint8))
        nearest = np.ascontiguousarray(self._empty.quantizer.search(rows, 1)[1][:, 0])
        pointers = (faiss.swig_ptr(array) for array in (rows, nearest, short))
        self._empty.encode_vectors(len(rows), *pointers)
        return Entries(nearest.astype(np.uint32), keys, short, np.asarray(self._rounded.sa_encode(rows)))

    def join(self, parts: Iterable[Entries], probes: int) -> ApproximateIndex:
        """One searchable index of the entries of all segments."""
        import faiss

        index = self._make_lists()
        lists, keys, short, long = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(lists, kind="stable")
        ends = np.cumsum(np.bincount(lists, minlength=index.nlist))
        inverted, begin = index.invlists, 0
        for number, end in enumerate(ends.tolist()):
            if end > begin:
                rows = np.ascontiguousarray(order[begin:end])
                some = np.ascontiguousarray(short[rows])
                inverted.add_entries(number, len(rows), faiss.swig_ptr(rows), faiss.swig_ptr(some))
            begin = end
        index.ntotal = len(keys)
        return ApproximateIndex(faiss.IndexIVFPQFastScan(index), self._rounded, keys, long, probes)


class ApproximateIndex:
    """Searches the vectors of all segments; safe to share between threads once it is made."""

    def __init__(self, lists: Any, rounded: Any, keys: KeyArray, codes: Codes, probes: int) -> None:
        self._lists, self._rounded = lists, rounded
        self._keys, self._codes = keys, codes
        self.total = len(keys)
        self.probe(probes)

    def probe(self, lists: int) -> None:
        """Search this many lists, before the index is shared with other threads."""
        self._probes = min(lists, int(self._lists.nlist))

    def search(self, vector: FloatArray, k: int, allowed: KeyArray | None = None) -> Found:
        """Keys of about the ``k`` nearest rows and their dot products by the long codes, nearest first."""
        import faiss

        # One question is one row: a team of threads costs more than it brings.
        faiss.omp_set_num_threads(1)
        parameters: Any = faiss.SearchParametersIVF
        selector: Any = faiss.IDSelectorBitmap
        options: dict[str, Any] = {"nprobe": self._probes}
        if allowed is not None:
            inside = np.packbits(np.isin(self._keys, allowed), bitorder="little")
            # Few documents may lie in few lists, which need not be the nearest: all are looked through for them.
            options = {"nprobe": int(self._lists.nlist), "sel": selector(inside)}
        query = np.ascontiguousarray(vector, dtype=np.float32)
        wanted = min(max(COMPARED_AGAIN * k, COMPARED_LEAST), self.total)
        _, found = self._lists.search(query.reshape(1, -1), wanted, params=parameters(**options))
        rows = found[0][found[0] >= 0]
        scores = self._rounded.sa_decode(np.ascontiguousarray(self._codes[rows])) @ query
        best = np.argsort(-scores, kind="stable")[:k]
        return Found(self._keys[rows[best]], scores[best].astype(np.float32))


def to_bytes(entries: Entries) -> bytes:
    """The file of a segment's entries."""
    lists, keys, short, long = entries
    return b"".join((keys.astype("<i8").tobytes(), lists.astype("<u4").tobytes(), short.tobytes(), long.tobytes()))


def from_bytes(data: bytes, centres: Centres, *, total: int, keys: KeyArray) -> Entries | None:
    """What ``to_bytes`` wrote for so many vectors of the passages with these keys; None when it cannot be that."""
    short_size, long_size = centres.short_size, centres.dimension
    if len(data) != total * (8 + 4 + short_size + long_size):
        return None
    found = np.frombuffer(data, dtype="<i8", count=total).astype(np.int64)
    lists = np.frombuffer(data, dtype="<u4", count=total, offset=8 * total).astype(np.uint32)
    # The vectors of a passage stand together.
    each = found[np.flatnonzero(np.diff(found, prepend=0))]
    if (lists >= centres.lists).any() or not np.isin(each, keys).all():
        return None
    codes = np.frombuffer(data, dtype=np.uint8, offset=12 * total)
    short, long = codes[: total * short_size], codes[total * short_size :]
    return Entries(lists, found, short.reshape(total, short_size), long.reshape(total, long_size))


def choose_probes(
    index: ApproximateIndex, queries: FloatArray, exact: Callable[[], Iterable[tuple[FloatArray, KeyArray]]]
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

"""Vector search with FAISS over the vectors of one segment.

FAISS reads damaged files without complaint, so it is only ever given bytes whose digest was compared, and what it made of
them is compared with what was expected.  Objects are never changed after they are made.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from footnote.store.entries import FloatArray, KeyArray

VECTOR_BYTES_FACTOR = 2
"""FAISS may ask for this many times the bytes of a file before it gives up reading it: its own limit is a tebibyte."""


def make_vector_index(vectors: FloatArray, keys: KeyArray) -> Any:
    """An index over (n, d) unit vectors that gives back ``keys`` (n,), which may repeat.

    Exact; for large indexes there is ``approximate``.
    """
    import faiss

    index = faiss.IndexIDMap(faiss.IndexFlatIP(vectors.shape[1]))
    if len(keys):
        index.add_with_ids(np.ascontiguousarray(vectors), keys)
    return index


def vector_index_bytes(vectors: FloatArray, keys: KeyArray) -> bytes:
    """The file of ``make_vector_index``: the same bytes for the same vectors."""
    import faiss

    return bytes(faiss.serialize_index(make_vector_index(vectors, keys)).tobytes())


class Searchable(Protocol):
    """Vectors with keys that can be searched."""

    total: int

    def search(self, vector: FloatArray, k: int, allowed: KeyArray | None = None) -> tuple[KeyArray, FloatArray]:
        """Keys and dot products of the ``k`` nearest rows, nearest first; fewer when there are fewer.

        Args:
            vector: (d,).
            k: how many.
            allowed: the keys to look at; None for all.
        """
        ...


class VectorIndex:
    """Searches the vectors of a segment; safe to share between threads."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self.total = int(index.ntotal)

    @classmethod
    def from_bytes(cls, data: bytes, *, dimension: int, total: int) -> VectorIndex | None:
        """Read a file whose digest has been compared; None when it is not the index that was expected."""
        import faiss

        faiss.set_deserialization_vector_byte_limit(VECTOR_BYTES_FACTOR * len(data))
        try:
            index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
        except RuntimeError:
            return None
        expected = (dimension, total, faiss.METRIC_INNER_PRODUCT)
        if (index.d, index.ntotal, index.metric_type) != expected or not isinstance(index, faiss.IndexIDMap):
            return None
        return cls(index)

    def search(self, vector: FloatArray, k: int, allowed: KeyArray | None = None) -> tuple[KeyArray, FloatArray]:
        """Keys and dot products of the ``k`` nearest rows, nearest first; fewer when there are fewer."""
        import faiss

        # One question is one row: a team of threads costs more than it brings.
        faiss.omp_set_num_threads(1)
        options: dict[str, Any] = {}
        if allowed is not None:
            parameters: Any = faiss.SearchParameters
            options["params"] = parameters(sel=faiss.IDSelectorBatch(allowed))
        query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)
        scores, keys = self._index.search(query, min(k, self.total), **options)
        found = keys[0] >= 0
        return keys[0][found].astype(np.int64), scores[0][found].astype(np.float32)

    def rows(self) -> tuple[FloatArray, KeyArray]:
        """(n, d) vectors and (n,) keys that it holds, for checking."""
        import faiss

        flat: Any = faiss.downcast_index(self._index.index)
        keys = faiss.vector_to_array(self._index.id_map).astype(np.int64)
        if not self.total:
            return np.empty((0, self._index.d), dtype=np.float32), keys
        return faiss.rev_swig_ptr(flat.get_xb(), self.total * self._index.d).reshape(self.total, -1).copy(), keys

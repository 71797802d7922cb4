"""Exact vector search with FAISS over the vectors of one segment.

FAISS reads damaged files without complaint, and files made for it can have it open others: so it never reads one.  Its
objects are made from the vectors of the rows, or from plain arrays, and never changed after they are made.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from footnote.store.entries import FloatArray, KeyArray


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
    """Compares a query with every vector; safe to share between threads.

    Args:
        vectors: (n, d) unit vectors.
        keys: (n,), which may repeat.
    """

    def __init__(self, vectors: FloatArray, keys: KeyArray) -> None:
        import faiss

        self._index = faiss.IndexIDMap(faiss.IndexFlatIP(vectors.shape[1]))
        if len(keys):
            self._index.add_with_ids(np.ascontiguousarray(vectors), keys)
        self.total = len(keys)

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

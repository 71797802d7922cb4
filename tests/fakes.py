"""Stand-ins that are cheap and deterministic: only the encoder has one."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


class HashingEncoder:
    """Bag of hashed words as a unit vector: texts that share words get a higher dot product."""

    description = "hashing encoder for tests"
    max_tokens = 256

    def __init__(self, dimension: int = 64, fingerprint: str = "hashing-64") -> None:
        self.dimension = dimension
        self.fingerprint = fingerprint
        self.encoded: list[str] = []
        """Every passage text that was encoded, in order: tests count it."""

    def _encode(self, texts: Sequence[str]) -> FloatArray:
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for n, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                rows[n, zlib.crc32(word.encode()) % self.dimension] += 1.0
            rows[n, 0] += 0.01
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)

    def encode_queries(self, queries: Sequence[str]) -> FloatArray:
        return self._encode(queries)

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> FloatArray:
        self.encoded.extend(texts)
        if progress is not None:
            progress(len(texts))
        return self._encode(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(re.findall(r"\w+|[^\w\s]", text)) + 2 for text in texts]


TOKEN = "Vq3-Lw8sT1_bK5rZx0NhQe7"
"""A token as an owner would make one."""


def entered(client: Any) -> Any:
    """The same visitor, who has opened the address that makes the owner."""
    answer = client.get("/enter", params={"secret": client.app.state.secrets.link}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return client

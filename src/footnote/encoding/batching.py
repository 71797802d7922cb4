"""Many threads' questions through one encoder: those that come while it is at work go together in its next call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from footnote.encoding.encoder import Encoder, FloatArray

__all__ = ["BatchingEncoder"]


class _Waiting:
    """One caller's queries, and what came of them."""

    def __init__(self, queries: Sequence[str]) -> None:
        self.queries = list(queries)
        self.rows: FloatArray | None = None
        self.error: BaseException | None = None


class BatchingEncoder:
    """An ``Encoder`` over another one.  A text's vector does not depend on its neighbours, so neither does an answer.

    There is no timer and no thread of its own: a caller that finds the encoder free encodes at once, and takes with it
    whatever has gathered meanwhile.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.inner = encoder
        self._gathering = threading.Lock()
        self._working = threading.Lock()
        self._waiting: list[_Waiting] = []

    @property
    def dimension(self) -> int:
        return self.inner.dimension

    @property
    def max_tokens(self) -> int:
        return self.inner.max_tokens

    @property
    def fingerprint(self) -> str:
        return self.inner.fingerprint

    @property
    def description(self) -> str:
        return self.inner.description

    def encode_queries(self, queries: Sequence[str]) -> FloatArray:
        """Unit rows, float32, shape (queries, dimension); what the inner encoder raises, each caller of that call gets."""
        mine = _Waiting(queries)
        with self._gathering:
            self._waiting.append(mine)
        with self._working:
            if mine.rows is None and mine.error is None:
                self._encode_all()
        if mine.error is not None:
            raise mine.error
        assert mine.rows is not None
        return mine.rows

    def _encode_all(self) -> None:
        with self._gathering:
            batch, self._waiting = self._waiting, []
        try:
            rows = self.inner.encode_queries([query for each in batch for query in each.queries])
        except BaseException as error:  # noqa: BLE001 - everybody in the batch must hear of it, the one who works too
            for each in batch:
                each.error = error
            return
        start = 0
        for each in batch:
            each.rows = rows[start : start + len(each.queries)]
            start += len(each.queries)

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> FloatArray:
        return self.inner.encode_passages(texts, progress)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self.inner.count_tokens(texts)

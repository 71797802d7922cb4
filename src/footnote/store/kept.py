"""The last rows that were read, kept in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Generic, TypeVar

__all__ = ["KeptRows"]

Row = TypeVar("Row")


class KeptRows(Generic[Row]):
    """Rows by key, so many at most, those that were not asked for the longest leave first; safe to share between threads.

    Rows never change, so a kept one is as good as one that is read again.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows: dict[int, Row] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, keys: Sequence[int], read: Callable[[list[int]], dict[int, Row]]) -> list[Row]:
        """The rows of these keys, in their order.

        Args:
            keys: of rows.
            read: gives the rows of some keys; asked once, for those that are not kept.

        Raises:
            KeyError: ``read`` did not give one of them.
        """
        with self._lock:
            found = {key: self._rows[key] for key in keys if key in self._rows}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        if missing:
            found |= read(missing)
        with self._lock:
            for key, row in found.items():
                # At the end of the dict are the newest.
                self._rows.pop(key, None)
                self._rows[key] = row
            for key in list(islice(self._rows, max(0, len(self._rows) - self._most))):
                del self._rows[key]
        return [found[key] for key in keys]

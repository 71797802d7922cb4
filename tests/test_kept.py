"""Kept rows are those that reading again would give, and no more are kept than allowed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footnote.store.local.index import KeptRows

KEYS = st.lists(st.integers(0, 12), max_size=8)


@given(most=st.integers(1, 10), asked=st.lists(KEYS, max_size=12))
def test_as_read_anew_each_time(most: int, asked: list[list[int]]) -> None:
    kept: KeptRows[str] = KeptRows(most)
    read: list[list[int]] = []

    def rows(keys: list[int]) -> dict[int, str]:
        read.append(keys)
        return {key: f"row {key}" for key in keys}

    for keys in asked:
        for _ in range(2):
            before = len(read)
            assert kept.get(keys, rows) == [f"row {key}" for key in keys]
        assert len(read) == before or len(set(keys)) > most, "what was just read and fits was read again"
        assert len(kept) <= most


def test_those_not_asked_for_the_longest_leave_first() -> None:
    kept: KeptRows[int] = KeptRows(2)
    read: list[int] = []

    def rows(keys: list[int]) -> dict[int, int]:
        read.extend(keys)
        return {key: key for key in keys}

    for key in (1, 2, 1, 3, 1, 2):
        kept.get([key], rows)
    assert read == [1, 2, 3, 2]


def test_a_key_without_row_is_told() -> None:
    with pytest.raises(KeyError):
        KeptRows(4).get([7], lambda keys: {})

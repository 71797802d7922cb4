"""JSON from a file as the frozen records that it should hold: every field there, none beside them, each of its type."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Wanted = TypeVar("Wanted")
MOST_NUMBER = 2**53
"""Counts lie below: what JSON and SQLite hold exactly."""


def decoded(kind: type[Wanted], value: object) -> Wanted:
    """A value of parsed JSON as a record.

    Raises:
        ValueError: it is no such record; the message says which field is wrong.
    """
    found: Wanted = _decoded(kind, value, kind.__name__)
    return found


def _decoded(kind: Any, value: object, where: str) -> Any:
    if is_dataclass(kind):
        return _record(kind, value, where)
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{where} is no list")
        return tuple(_decoded(get_args(kind)[0], each, where) for each in value)
    if get_origin(kind) in {Union, UnionType}:
        empty = value is None and NoneType in get_args(kind)
        return None if empty else _decoded(get_args(kind)[0], value, where)
    if not _fits(kind, value):
        raise ValueError(f"{where} is no {kind.__name__} that can be")
    return kind(value) if issubclass(kind, str) else value


def _fits(kind: Any, value: Any) -> bool:
    if kind is float:
        return type(value) in {int, float} and math.isfinite(value)
    if kind is int:
        return type(value) is int and 0 <= value < MOST_NUMBER
    return isinstance(value, str) if issubclass(kind, str) else type(value) is kind


def _record(kind: Any, value: object, where: str) -> Any:
    hints = _hints(kind)
    if not isinstance(value, dict) or value.keys() != hints.keys():
        raise ValueError(f"{where} has not the fields of {kind.__name__}")
    return kind(**{name: _decoded(hints[name], value[name], name) for name in hints})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    known = get_type_hints(kind)
    return {each.name: known[each.name] for each in fields(kind)}


def parts_of(record: object, kind: type[Wanted]) -> Iterator[Wanted]:
    """Every value of a type in a record, in the order of its fields, however deep."""
    if isinstance(record, kind):
        yield record
    elif isinstance(record, tuple):
        for each in record:
            yield from parts_of(each, kind)
    elif is_dataclass(record):
        for each in fields(record):
            yield from parts_of(getattr(record, each.name), kind)


def changed_parts(record: Any, kind: type[Wanted], change: Callable[[Wanted], Wanted]) -> Any:
    """The same record with every value of a type changed, however deep."""
    if isinstance(record, kind):
        return change(record)
    if isinstance(record, tuple):
        return tuple(changed_parts(each, kind, change) for each in record)
    if is_dataclass(record) and not isinstance(record, type):
        return replace(record, **{f.name: changed_parts(getattr(record, f.name), kind, change) for f in fields(record)})
    return record

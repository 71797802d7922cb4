"""Reading JSON lines whose fields are checked one by one, each fault with its file and line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from footnote.errors import JudgmentError
from footnote.records import Span


class Fields:
    """One JSON object with the place it was read from.

    Every getter raises JudgmentError, naming file and line, where the value is missing or of another kind.
    """

    def __init__(self, values: dict[str, Any], where: str) -> None:
        self._values = values
        self.where = where

    def fault(self, what: str) -> JudgmentError:
        return JudgmentError(what, where=self.where, remedy="the README describes the format of this line")

    def string(self, name: str) -> str:
        value = self._values.get(name)
        if not isinstance(value, str):
            raise self.fault(f'"{name}" is not a string')
        return value

    def boolean(self, name: str) -> bool:
        value = self._values.get(name)
        if not isinstance(value, bool):
            raise self.fault(f'"{name}" is neither true nor false')
        return value

    def integer(self, name: str) -> int:
        value = self._values.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.fault(f'"{name}" is not a whole number')
        return value

    def number_or_none(self, name: str) -> float | None:
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            raise self.fault(f'"{name}" is not a number')
        return float(value)

    def span(self) -> Span:
        start, end = self.integer("start"), self.integer("end")
        if not 0 <= start <= end:
            raise self.fault(f"{start}-{end} is not a span")
        return Span(start, end)

    def names(self) -> list[str]:
        return list(self._values)

    def has(self, name: str) -> bool:
        return self._values.get(name) is not None

    def object(self, name: str) -> Fields:
        value = self._values.get(name)
        if not isinstance(value, dict):
            raise self.fault(f'"{name}" is not an object')
        return Fields(value, self.where)

    def objects(self, name: str) -> list[Fields]:
        value = self._values.get(name)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.fault(f'"{name}" is not a list of objects')
        return [Fields(item, self.where) for item in value]


def read_objects(path: Path) -> Iterator[Fields]:
    """The objects of a file of JSON lines, blank lines left out.

    Raises:
        JudgmentError: the file cannot be read, is not UTF-8, or a line is not a JSON object.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise JudgmentError(
            f"cannot be read: {error.strerror or error}", where=str(path), remedy="give a file of JSON lines"
        ) from error
    except UnicodeDecodeError as error:
        raise JudgmentError(
            f"is not UTF-8 at byte {error.start}", where=str(path), remedy="save it as UTF-8"
        ) from error
    # Not splitlines(): JSON strings may hold the other line ends of Unicode.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield Fields(_object(line, f"{path}:{number}"), f"{path}:{number}")


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise JudgmentError(f"not JSON: {error}", where=where, remedy="one JSON object a line") from error
    if not isinstance(value, dict):
        raise JudgmentError("not a JSON object", where=where, remedy="one JSON object a line")
    return value

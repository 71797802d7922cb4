"""Reading JSON lines as records, each fault with its file, its line and the field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from footnote.errors import JudgmentError
from footnote.wire import WireError, from_json

Wanted = TypeVar("Wanted")


@dataclass(frozen=True, slots=True)
class Line:
    """One JSON text with the place it was read from."""

    text: str
    where: str

    def fault(self, what: str) -> JudgmentError:
        """The error that says so of this line."""
        return JudgmentError(what, where=self.where, remedy="the README describes the format of this line")

    def read(self, kind: type[Wanted]) -> Wanted:
        """The record that the line holds.

        Raises:
            JudgmentError: it holds none; names the field.
        """
        try:
            return from_json(kind, self.text)
        except WireError as error:
            raise self.fault(str(error)) from error


def read_lines(path: Path) -> Iterator[Line]:
    """The lines of a file, blank ones left out.

    Raises:
        JudgmentError: the file cannot be read, or is not UTF-8.
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
            yield Line(line, f"{path}:{number}")

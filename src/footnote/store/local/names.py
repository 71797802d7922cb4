"""Names of the files in an index folder: the one place that makes them, and that checks those which come from elsewhere.

A name that is read from a manifest, a backup or a folder becomes a ``StoredName`` or is refused.  No form of it holds a way
out of the folder, so that whoever has one may join it to the folder and open, write or remove what is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FORMS: Final = {
    "rows": "rows-{generation}-{number}.sqlite",
    "passages": "passages-{generation}-{number}.codes",
    "sentences": "sentences-{generation}-{number}.codes",
    "centres": "centres-{generation}.codes",
    "lexical": "lexical-{generation}",
    "manifest": "manifest.json",
    "draft": "manifest.json.tmp",
    # What format 1 left behind is cleaned away, and never written.
    "passages of format 1": "passages-{generation}-{number}.faiss",
    "sentences of format 1": "sentences-{generation}-{number}.faiss",
    "centres of format 1": "centres-{generation}.faiss",
}
"""Kind -> how its files are named; ``lexical`` is a folder, with files of Tantivy's in it."""

MOST_GENERATIONS: Final = 10**12
"""A generation's number lies below, so that the next one always has a name."""

_INSIDE = r"(?:/(?P<inside>\.?[0-9a-z]+(?:\.[0-9a-z]+){0,3}))?"
_DIGITS = {"generation": r"(?P<generation>[1-9][0-9]{0,14})", "number": r"(?P<number>0|[1-9][0-9]{0,8})"}
_PATTERNS: Final = {
    kind: re.compile(form.replace(".", r"\.").format(**_DIGITS) + (_INSIDE if kind == "lexical" else ""), re.ASCII)
    for kind, form in FORMS.items()
}


class StoredName(str):
    """Name of a file of an index, relative to its folder, with a forward slash.

    Raises:
        ValueError: it is no name that an index's file can have.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> StoredName:
        if not any(pattern.fullmatch(text) for pattern in _PATTERNS.values()):
            raise ValueError(f"no name of an index's file: {text[:100]!r}")
        return super().__new__(cls, text)

    @classmethod
    def of(cls, kind: str, generation: int, number: int = 0) -> StoredName:
        """The name of a kind of file of a generation; ``number`` tells several of the kind apart."""
        return cls(FORMS[kind].format(generation=generation, number=number))

    @property
    def kind(self) -> str:
        return next(kind for kind, pattern in _PATTERNS.items() if pattern.fullmatch(self))

    @property
    def generation(self) -> int:
        """The generation that it was written for; 0 where the name tells none."""
        found = _PATTERNS[self.kind].fullmatch(self)
        return int(found["generation"]) if found is not None and "generation" in found.groupdict() else 0

    @property
    def folder(self) -> str:
        """The folder in the index folder that it lies in; empty for none."""
        return self.rpartition("/")[0]

    def inside(self, name: str) -> StoredName:
        """A file in the folder of this name."""
        return StoredName(f"{self}/{name}")

    def moved(self, generation: int, number: int) -> StoredName:
        """What the same file is called in another generation."""
        name = StoredName.of(self.kind, generation, number)
        return name.inside(self.rpartition("/")[2]) if self.folder else name


def stored_names(index_dir: Path) -> Iterator[StoredName]:
    """The names in an index folder that are a generation's files or folders, by name; what else lies there is passed over."""
    for path in sorted(index_dir.iterdir()):
        if any(pattern.fullmatch(path.name) for pattern in _PATTERNS.values()):
            yield StoredName(path.name)

"""What lies in a folder of documents, and by which rules it is made into passages: digests that tell what changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from footnote.errors import CorpusError
from footnote.indexing.journal import settle
from footnote.loaders import find_documents, open_beneath
from footnote.records import SkippedFile
from footnote.settings import Settings

SHAPING = ("records", "loaders", "splitting", "terms.py")
"""The code that decides what a passage is: an index made by other code is made again, with the vectors it has."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stage has come.

    Attributes:
        stage: "reading files", "encoding passages", or which process is waited for.
        done: units done: files, passages, documents.
        total: units there are, as far as known; an estimate while later documents are not split yet.
    """

    stage: str
    done: int
    total: int


Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Corpus:
    """What lies in the folder of documents: digest and size in bytes of each file, and what cannot be a document."""

    digests: dict[str, str]
    sizes: dict[str, int]
    skipped: tuple[SkippedFile, ...]


def splitting_digest(settings: Settings) -> str:
    """Hex digest of all that decides what a passage is: settings and code."""
    shape = (settings.passage_max_chars, settings.passage_max_tokens, settings.document_max_chars, settings.languages)
    # A file that went beyond a limit is read again when the limit is another.
    limits = (settings.archive_max_bytes, settings.archive_max_ratio, settings.archive_members_max, settings.pages_max)
    parsing = (settings.parse_memory_bytes, settings.parse_cpu_seconds, settings.parse_seconds, settings.scan_seconds)
    return hashlib.sha256(repr((*shape, *limits, *parsing, _code_digest())).encode("utf-8")).hexdigest()


@cache
def _code_digest() -> str:
    digest, package = hashlib.sha256(), Path(__file__).parent.parent
    for part in SHAPING:
        for path in sorted((package / part).rglob("*.py")) if (package / part).is_dir() else [package / part]:
            digest.update(path.relative_to(package).as_posix().encode("utf-8") + b"\0" + path.read_bytes())
    return digest.hexdigest()


def survey(corpus_dir: Path, settings: Settings, report: Report) -> Corpus:
    settle(corpus_dir)
    paths, skipped = find_documents(corpus_dir)
    digests: dict[str, str] = {}
    sizes: dict[str, int] = {}
    refused = list(skipped)
    for done, path in enumerate(paths, start=1):
        name = path.relative_to(corpus_dir).as_posix()
        try:
            with open_beneath(corpus_dir, name) as descriptor, os.fdopen(os.dup(descriptor), "rb") as file:
                size = os.fstat(descriptor).st_size
                if size > settings.file_max_bytes:
                    refused.append(SkippedFile(name, f"is larger than {settings.file_max_bytes:,} bytes"))
                    continue
                digests[name], sizes[name] = hashlib.file_digest(file, "sha256").hexdigest(), size
        except OSError as error:
            refused.append(SkippedFile(name, f"cannot be read ({error.strerror})"))
        report(Progress("reading files", done, len(paths)))
    if not digests:
        raise CorpusError(
            "holds no document that can be read", where=str(corpus_dir), remedy="add some, or name another folder"
        )
    return Corpus(digests, sizes, tuple(refused))

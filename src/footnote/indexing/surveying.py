"""What lies in a folder of documents, and by which rules it is made into passages: digests and versions that tell what changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from footnote import splitting
from footnote.errors import CorpusError
from footnote.indexing.journal import settle
from footnote.loaders import FAMILIES, family_of, find_documents, open_beneath
from footnote.records import SkippedFile
from footnote.settings import Settings
from footnote.store import LoaderVersion


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
    """Hex digest of all that decides what the passages of any document are: settings, and the splitter's version."""
    shape = (settings.passage_max_chars, settings.passage_max_tokens, settings.document_max_chars, settings.languages)
    # A file that went beyond a limit is read again when the limit is another.
    limits = (settings.archive_max_bytes, settings.archive_max_ratio, settings.archive_members_max, settings.pages_max)
    parsing = (settings.parse_memory_bytes, settings.parse_cpu_seconds, settings.parse_seconds, settings.scan_seconds)
    return hashlib.sha256(repr((*shape, *limits, *parsing, splitting.VERSION)).encode("utf-8")).hexdigest()


def loader_versions() -> tuple[LoaderVersion, ...]:
    """The versions of the loaders as they are now."""
    return tuple(LoaderVersion(family.name, family.version) for family in FAMILIES)


def read_otherwise(names: Iterable[str], made_by: Collection[LoaderVersion]) -> set[str]:
    """The files that loaders of other versions have read; an archive may hold files of every family."""
    other = {family.family for family in set(loader_versions()) ^ set(made_by)}
    return {name for name in names if family_of(name) in {*other, ""}} if other else set()


def survey(corpus_dir: Path, settings: Settings, report: Report, *, empty: bool) -> Corpus:
    """What lies in the folder.

    Raises:
        CorpusError: the folder is missing, or holds no file that could be a document and ``empty`` does not allow that.
    """
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
    if not digests and not empty:
        raise CorpusError(
            "holds no document that can be read", where=str(corpus_dir), remedy="add some, or name another folder"
        )
    return Corpus(digests, sizes, tuple(refused))

"""Files as documents: one function for each format, found by the file's suffix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from footnote.loaders.files import find_files, read_file
from footnote.loaders.markdown import load_markdown
from footnote.loaders.plain_text import load_plain_text
from footnote.records import Document, SkippedFile
from footnote.settings import Settings

__all__ = ["SUFFIXES", "Loader", "find_documents", "load_document"]

Loader: TypeAlias = Callable[[bytes, str, Settings], Document]
"""A file's bytes, its document id and the settings give a document, or raise ``DocumentError``."""

SUFFIXES: Mapping[str, Loader] = MappingProxyType(
    {
        ".md": load_markdown,
        ".markdown": load_markdown,
        ".txt": load_plain_text,
        ".text": load_plain_text,
    }
)
"""The formats Footnote reads: lower-case suffix with its dot, and what loads it."""


def find_documents(corpus_dir: Path) -> tuple[tuple[Path, ...], tuple[SkippedFile, ...]]:
    """The files of a folder that can be loaded, and those that cannot, each with the reason.

    Subfolders are searched; hidden files and folders are passed over in silence.  Order: by path, folder by folder.

    Raises:
        CorpusError: the folder is missing or cannot be read.
    """
    return find_files(corpus_dir, SUFFIXES)


def load_document(path: Path, *, document_id: str, settings: Settings) -> Document:
    """Load one file.

    Args:
        path: the file.
        document_id: its path relative to the corpus, with forward slashes.
        settings: the limits.

    Raises:
        DocumentError: it cannot be read, is too large, holds no text, or is not what its suffix says.
    """
    return read_file(path, document_id, settings, SUFFIXES)

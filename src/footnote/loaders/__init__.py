"""Files as documents: one function for each format, found by the file's suffix."""

from __future__ import annotations

from pathlib import Path

from footnote.loaders.confined import close_worker, load_confined
from footnote.loaders.files import find_files, read_file
from footnote.loaders.formats import SUFFIXES, Loader
from footnote.records import Document, SkippedFile
from footnote.settings import Settings

__all__ = ["SUFFIXES", "Loader", "close_worker", "find_documents", "load_document"]


def find_documents(corpus_dir: Path) -> tuple[tuple[Path, ...], tuple[SkippedFile, ...]]:
    """The files of a folder that can be loaded, and those that cannot, each with the reason.

    Subfolders are searched; hidden files and folders are passed over in silence.  Order: by path, folder by folder.

    Raises:
        CorpusError: the folder is missing or cannot be read.
    """
    return find_files(corpus_dir, SUFFIXES)


def load_document(path: Path, *, document_id: str, settings: Settings) -> Document:
    """Load one file: read here, parsed in a worker process within the settings' limits.

    The worker stays for the next file, until ``close_worker``.

    Args:
        path: the file.
        document_id: its path relative to the corpus, with forward slashes.
        settings: the limits.

    Raises:
        DocumentError: it cannot be read, is too large, holds no text, is not what its suffix says, or its parser crashed
            or went beyond a limit.
    """
    return read_file(path, document_id, settings, SUFFIXES, load_confined)

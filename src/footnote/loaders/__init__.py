"""Files as documents: one function for each format, found by the file's suffix."""

from __future__ import annotations

from pathlib import Path

from footnote.errors import DocumentError
from footnote.loaders.confined import close_worker, load_confined
from footnote.loaders.discovery import find_files, folder_beneath, open_beneath, placed_beneath, read_bytes
from footnote.loaders.formats import FAMILIES, SUFFIXES, Family, family_of
from footnote.loaders.outline import Loader
from footnote.loaders.page_viewer import PageViewer, PdfFile
from footnote.records import Document, SkippedFile
from footnote.settings import Settings

__all__ = [
    "FAMILIES",
    "SUFFIXES",
    "Family",
    "Loader",
    "PageViewer",
    "PdfFile",
    "close_worker",
    "family_of",
    "find_documents",
    "folder_beneath",
    "load_document",
    "open_beneath",
    "parse_document",
    "placed_beneath",
    "read_document",
]


def find_documents(corpus_dir: Path) -> tuple[tuple[Path, ...], tuple[SkippedFile, ...]]:
    """The files of a folder that can be loaded, and those that cannot, each with the reason.

    Subfolders are searched; hidden files and folders are passed over in silence.  Order: by path, folder by folder.

    Raises:
        CorpusError: the folder is missing or cannot be read.
    """
    return find_files(corpus_dir, SUFFIXES)


def read_document(corpus_dir: Path, document_id: str, settings: Settings) -> bytes:
    """The bytes of a document's file, for ``parse_document``.

    The file is reached folder by folder, so that nothing outside is read, whatever is put into the folder meanwhile.

    Args:
        corpus_dir: the folder of documents.
        document_id: its path in it, with forward slashes.
        settings: the limits.

    Raises:
        DocumentError: it cannot be read, leads out of the folder, or is too large.
    """
    return read_bytes(corpus_dir, document_id, settings, SUFFIXES)


def parse_document(raw: bytes, *, document_id: str, settings: Settings) -> Document:
    """A file's bytes as a document, parsed in a worker process within the settings' limits.

    The worker stays for the next file, until ``close_worker``.

    Raises:
        DocumentError: it holds no text, is not what its suffix says, or its parser crashed or went beyond a limit.
    """
    try:
        return load_confined(raw, document_id, settings)
    except DocumentError as error:
        if error.where:
            raise
        raise DocumentError(error.what, where=document_id, remedy=error.remedy) from error


def load_document(path: Path, *, document_id: str, settings: Settings) -> Document:
    """Load one file: read here, parsed in a worker process.

    Args:
        path: the file.
        document_id: its path relative to the corpus, with forward slashes.
        settings: the limits.

    Raises:
        DocumentError: as ``read_document`` and ``parse_document``.
    """
    raw = read_bytes(path.parent, document_id, settings, SUFFIXES, name=path.name)
    return parse_document(raw, document_id=document_id, settings=settings)

"""The formats Footnote reads: families of them, and one function for each format.

A family is what a sub-package reads.  Its version is raised whenever the code of its loaders, or what all loaders share, makes
another document of some file than before: then the files of that family, and no others, are read again.

Loaders are named here, and imported with the first file that they read: parsing is the worker's, and a process that only asks
starts without them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import PurePosixPath
from typing import Any

from footnote.loaders.outline import Loader
from footnote.records import Document
from footnote.settings import Settings

__all__ = ["FAMILIES", "SUFFIXES", "Family", "family_of", "import_loaders"]


@dataclass(frozen=True, slots=True)
class Family:
    """Formats that are read by the same code: its name, its version from 1, and the loader of each suffix, dot included."""

    name: str
    version: int
    loaders: Mapping[str, partial[Document]]


def _load(module: str, name: str, raw: bytes, document_id: str, settings: Settings, **more: Any) -> Document:
    document: Document = getattr(import_module(f"footnote.loaders.{module}"), name)(raw, document_id, settings, **more)
    return document


def _named(place: str) -> partial[Document]:
    """The loader that stands in a module of this package, as ``office.word.load_docx``."""
    module, _, name = place.rpartition(".")
    return partial(_load, module, name)


def _by_suffix(*pairs: tuple[str, str]) -> dict[str, partial[Document]]:
    return {suffix: _named(place) for suffixes, place in pairs for suffix in suffixes.split()}


FAMILIES = (
    Family(
        "plain",
        1,
        _by_suffix(
            (".txt .text", "plain.load_plain_text"),
            (".log", "plain.load_log"),
            (".srt .vtt", "plain.transcripts.load_subtitles"),
        ),
    ),
    Family(
        "markup",
        1,
        _by_suffix(
            (".md .markdown", "markup.load_markdown"),
            (".ipynb", "markup.load_ipynb"),
            (".rst", "markup.light_markup.load_rst"),
            (".adoc .asciidoc", "markup.light_markup.load_asciidoc"),
        ),
    ),
    Family(
        "web",
        3,
        _by_suffix(
            (".html .htm .xhtml", "web.load_html"), (".epub", "web.books.load_epub"), (".eml", "web.mail.load_eml")
        ),
    ),
    Family("pdf", 1, _by_suffix((".pdf", "pdf.load_pdf"))),
    Family(
        "office",
        2,
        _by_suffix(
            (".docx", "office.word.load_docx"),
            (".odt", "office.opendocument.load_odt"),
            (".rtf", "office.rich_text.load_rtf"),
            (".pptx", "office.slides.load_pptx"),
        ),
    ),
    Family(
        "sheets",
        1,
        _by_suffix(
            (".csv .tsv", "sheets.load_csv"),
            (".xlsx", "sheets.workbook.load_xlsx"),
            (".ods", "sheets.load_ods"),
            (".jsonl .ndjson", "sheets.structured.load_jsonl"),
            (".json", "sheets.structured.load_json"),
            (".xml", "sheets.structured.load_xml"),
        ),
    ),
)

_CODE = ".py .js .ts .java .c .h .cpp .cs .go .rs .rb .php .sh .sql .css .yaml .yml .toml .ini .cfg .conf"
_BINARY = frozenset(
    ".jpg .jpeg .png .gif .bmp .tif .tiff .webp .heic .ico .svg .psd .ai .eps .mp3 .wav .flac .ogg .m4a .mp4 .mov .avi .mkv .webm .exe "
    ".dll .so .bin .o .a .class .jar .pyc .pyo .whl .deb .rpm .msi .iso .img .dmg .apk .gz .bz2 .xz .zst .7z .rar .tar .tgz .doc .xls "
    ".ppt .docm .xlsb .odp .odg .mdb .db .sqlite .sqlite3 .parquet .npy .npz .pkl .pt .onnx .safetensors .ttf .otf .woff .woff2 "
    ".tmp .bak .swp .lock .part .crdownload .lnk .ds_store".split()
)
"""Suffixes of what is no text, or no document; files with any other are read where they are text."""


class _Formats(Mapping[str, Loader]):
    """Suffixes and their loaders; lists those of documents, and reads code and text under other suffixes too."""

    def __init__(self) -> None:
        self._known = {suffix: loader for family in FAMILIES for suffix, loader in family.loaders.items()}
        self._known[".zip"] = partial(_named("archives.load_bundle"), suffixes=self)
        self._code = frozenset(_CODE.split())

    def __getitem__(self, suffix: str) -> Loader:
        if suffix not in self:
            raise KeyError(suffix)
        return self._known.get(suffix, _named(f"plain.{'load_code' if suffix in self._code else 'load_plain_text'}"))

    def __contains__(self, suffix: object) -> bool:
        return suffix in self._known or (isinstance(suffix, str) and len(suffix) > 1 and suffix not in _BINARY)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


SUFFIXES: Mapping[str, Loader] = _Formats()
"""Lower-case suffix with its dot, and what loads it."""


def import_loaders() -> None:
    """Import every loader now, and the libraries behind it: before limits are set, which are for files."""
    for module in {"archives", *(loader.args[0] for family in FAMILIES for loader in family.loaders.values())}:
        import_module(f"footnote.loaders.{module}")


def family_of(document_id: str) -> str:
    """The name of the family that a document's file belongs to; empty for an archive, which may hold files of all of them."""
    suffix = PurePosixPath(document_id).suffix.lower()
    if suffix == ".zip":
        return ""
    return next((family.name for family in FAMILIES if suffix in family.loaders), "plain")

"""The formats Footnote reads: one function for each, loaded when the first such file is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TypeAlias, cast

from footnote.records import Document
from footnote.settings import Settings

__all__ = ["SUFFIXES", "Loader"]

Loader: TypeAlias = Callable[[bytes, str, Settings], Document]
"""A file's bytes, its document id and the settings give a document, or raise ``DocumentError``."""


def _late(module: str, function: str) -> Loader:
    """A loader whose module is imported when it is called."""

    def load(raw: bytes, document_id: str, settings: Settings) -> Document:
        loader = cast("Loader", getattr(import_module(f"footnote.loaders.{module}"), function))
        return loader(raw, document_id, settings)

    return load


def _bundle(raw: bytes, document_id: str, settings: Settings) -> Document:
    from footnote.loaders.bundles import load_bundle

    return load_bundle(raw, document_id, settings, SUFFIXES)


_PLACES = {
    "markdown.load_markdown": ".md .markdown",
    "plain_text.load_plain_text": ".txt .text",
    "source_code.load_log": ".log",
    "light_markup.load_rst": ".rst",
    "light_markup.load_asciidoc": ".adoc .asciidoc",
    "html.load_html": ".html .htm .xhtml",
    "pdf.load_pdf": ".pdf",
    "word.load_docx": ".docx",
    "opendocument.load_odt": ".odt",
    "rich_text.load_rtf": ".rtf",
    "books.load_epub": ".epub",
    "slides.load_pptx": ".pptx",
    "mail.load_eml": ".eml",
    "sheets.load_csv": ".csv .tsv",
    "workbook.load_xlsx": ".xlsx",
    "sheets.load_ods": ".ods",
    "sheets.load_jsonl": ".jsonl .ndjson",
    "structured.load_json": ".json",
    "structured.load_xml": ".xml",
    "structured.load_subtitles": ".srt .vtt",
    "structured.load_ipynb": ".ipynb",
}

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

    def __init__(self, known: Mapping[str, Loader]) -> None:
        self._known = dict(known)
        self._code = frozenset(_CODE.split())
        self._read_code = _late("source_code", "load_code")
        self._other = _late("plain_text", "load_plain_text")

    def __getitem__(self, suffix: str) -> Loader:
        if suffix not in self:
            raise KeyError(suffix)
        return self._known.get(suffix, self._read_code if suffix in self._code else self._other)

    def __contains__(self, suffix: object) -> bool:
        return suffix in self._known or (isinstance(suffix, str) and len(suffix) > 1 and suffix not in _BINARY)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


SUFFIXES: Mapping[str, Loader] = _Formats(
    {suffix: _late(*place.split(".")) for place, suffixes in _PLACES.items() for suffix in suffixes.split()}
    | {".zip": _bundle}
)
"""Lower-case suffix with its dot, and what loads it."""

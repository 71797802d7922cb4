"""The formats Footnote reads: families of them, and one function for each format.

A family is what a sub-package reads.  Its version is raised whenever the code of its loaders, or what all loaders share, makes
another document of some file than before: then the files of that family, and no others, are read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from footnote.loaders import markup, office, pdf, plain, sheets, web
from footnote.loaders.archives import load_bundle
from footnote.loaders.markup.light_markup import load_asciidoc, load_rst
from footnote.loaders.office.opendocument import load_odt
from footnote.loaders.office.rich_text import load_rtf
from footnote.loaders.office.slides import load_pptx
from footnote.loaders.office.word import load_docx
from footnote.loaders.outline import Loader
from footnote.loaders.plain.transcripts import load_subtitles
from footnote.loaders.sheets.structured import load_json, load_jsonl, load_xml
from footnote.loaders.sheets.workbook import load_xlsx
from footnote.loaders.web.books import load_epub
from footnote.loaders.web.mail import load_eml

__all__ = ["FAMILIES", "SUFFIXES", "Family", "family_of"]


@dataclass(frozen=True, slots=True)
class Family:
    """Formats that are read by the same code: its name, its version from 1, and the loader of each suffix, dot included."""

    name: str
    version: int
    loaders: Mapping[str, Loader]


def _by_suffix(*pairs: tuple[str, Loader]) -> dict[str, Loader]:
    return {suffix: loader for suffixes, loader in pairs for suffix in suffixes.split()}


FAMILIES = (
    Family(
        "plain",
        plain.VERSION,
        _by_suffix((".txt .text", plain.load_plain_text), (".log", plain.load_log), (".srt .vtt", load_subtitles)),
    ),
    Family(
        "markup",
        markup.VERSION,
        _by_suffix(
            (".md .markdown", markup.load_markdown),
            (".ipynb", markup.load_ipynb),
            (".rst", load_rst),
            (".adoc .asciidoc", load_asciidoc),
        ),
    ),
    Family(
        "web", web.VERSION, _by_suffix((".html .htm .xhtml", web.load_html), (".epub", load_epub), (".eml", load_eml))
    ),
    Family("pdf", pdf.VERSION, {".pdf": pdf.load_pdf}),
    Family("office", office.VERSION, {".docx": load_docx, ".odt": load_odt, ".rtf": load_rtf, ".pptx": load_pptx}),
    Family(
        "sheets",
        sheets.VERSION,
        _by_suffix(
            (".csv .tsv", sheets.load_csv),
            (".xlsx", load_xlsx),
            (".ods", sheets.load_ods),
            (".jsonl .ndjson", load_jsonl),
            (".json", load_json),
            (".xml", load_xml),
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
        self._known[".zip"] = partial(load_bundle, suffixes=self)
        self._code = frozenset(_CODE.split())

    def __getitem__(self, suffix: str) -> Loader:
        if suffix not in self:
            raise KeyError(suffix)
        return self._known.get(suffix, plain.load_code if suffix in self._code else plain.load_plain_text)

    def __contains__(self, suffix: object) -> bool:
        return suffix in self._known or (isinstance(suffix, str) and len(suffix) > 1 and suffix not in _BINARY)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


SUFFIXES: Mapping[str, Loader] = _Formats()
"""Lower-case suffix with its dot, and what loads it."""


def family_of(document_id: str) -> str:
    """The name of the family that a document's file belongs to; empty for an archive, which may hold files of all of them."""
    suffix = PurePosixPath(document_id).suffix.lower()
    if suffix == ".zip":
        return ""
    return next((family.name for family in FAMILIES if suffix in family.loaders), "plain")

"""The formats Footnote reads: one function for each, loaded when the first such file is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
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
    "html.load_html": ".html .htm .xhtml",
    "pdf.load_pdf": ".pdf",
    "word.load_docx": ".docx",
    "opendocument.load_odt": ".odt",
    "rich_text.load_rtf": ".rtf",
    "books.load_epub": ".epub",
    "sheets.load_csv": ".csv .tsv",
    "workbook.load_xlsx": ".xlsx",
    "sheets.load_ods": ".ods",
    "sheets.load_jsonl": ".jsonl .ndjson",
}

SUFFIXES: Mapping[str, Loader] = MappingProxyType(
    {suffix: _late(*place.split(".")) for place, suffixes in _PLACES.items() for suffix in suffixes.split()}
    | {".zip": _bundle}
)
"""Lower-case suffix with its dot, and what loads it."""

"""EPUB books."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import unquote

from footnote.errors import DocumentError
from footnote.loaders.archives import Archive
from footnote.loaders.formulas import parse_xml
from footnote.loaders.outline.builder import Extract, left_out
from footnote.loaders.outline.canonical import decode
from footnote.loaders.outline.front_matter import office_front
from footnote.loaders.web import add_html, parse_html
from footnote.records import Document
from footnote.settings import Settings

__all__ = ["load_epub"]

_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
_OPF = "{http://www.idpf.org/2007/opf}"
_LOCKS = "META-INF/encryption.xml"
_LOCKED_CHAPTER = re.compile(rb"URI\s*=\s*[\"'][^\"']*\.x?html?[\"']")
"""Fonts may be locked too, which keeps nobody from reading."""
_DC = "{http://purl.org/dc/elements/1.1/}"


def load_epub(raw: bytes, document_id: str, settings: Settings) -> Document:
    """A book: its chapters in reading order, without its table of contents."""
    archive = Archive(raw, settings)
    if _LOCKS in archive.names() and _LOCKED_CHAPTER.search(archive.read(_LOCKS)):
        raise DocumentError("it is protected against copying", remedy="ask its publisher for an open copy")
    container = parse_xml(archive.read("META-INF/container.xml"), doctype=True)
    found = container.find(f".//{_CONTAINER}rootfile")
    if found is None:
        raise DocumentError("it is no EPUB book", remedy="save it again")
    package_name = found.get("full-path") or ""
    package = parse_xml(archive.read(package_name), doctype=True)
    items = {item.get("id"): item for item in package.iter(f"{_OPF}item")}
    extract = Extract(settings)
    folder, hidden = posixpath.dirname(package_name), 0
    for reference in package.iter(f"{_OPF}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or "nav" in (item.get("properties") or "").split():
            continue
        name = posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
        if PurePosixPath(name).suffix.lower() not in {".xhtml", ".html", ".htm", ".xml"}:
            continue
        try:
            text, _ = decode(archive.read(name))
        except DocumentError as error:
            extract.warnings.append(f"{name} left out: {error.what}")
            continue
        tree = parse_html(text)
        if tree is not None:
            hidden += add_html(extract, tree)
    extract.warnings += left_out(hidden=hidden)
    first = {tag: package.findtext(f".//{_DC}{tag}") or "" for tag in ("title", "creator", "date", "language")}
    pairs = {"author": first["creator"], "date": first["date"][:10], "language": first["language"]}
    made = extract.document(raw, document_id, office_front(first["title"], pairs))
    address = next((e.text for e in package.iter(f"{_DC}source") if (e.text or "").startswith("http")), None)
    return replace(made, source=address) if address else made

"""Zip archives of documents: one document, in which each file is a section under its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from footnote.errors import DocumentError
from footnote.loaders.archives import Archive
from footnote.loaders.drafts import Draft, assemble, readable_name
from footnote.loaders.front_matter import FrontMatter
from footnote.loaders.limits import check_text
from footnote.records import Document, Span, Style
from footnote.settings import Settings

if TYPE_CHECKING:
    from footnote.loaders.formats import Loader

__all__ = ["load_bundle"]


def load_bundle(raw: bytes, document_id: str, settings: Settings, suffixes: Mapping[str, Loader]) -> Document:
    """The documents of a zip archive, in the order of their names; what cannot be read is among the warnings.

    Raises:
        DocumentError: none of its files can be read, or it is beyond a limit.
    """
    archive = Archive(raw, settings)
    drafts: list[Draft] = []
    warnings: list[str] = []
    text = ""
    inside = replace(settings, scan_seconds=0.0)  # recognising many scans would take longer than one file may
    for name in sorted(archive.names()):
        suffix = PurePosixPath(name).suffix.lower()
        if suffix not in suffixes or suffix == ".zip":
            warnings.append(f"{name} left out: no loader for {suffix or 'it'} inside an archive")
            continue
        try:
            inner = suffixes[suffix](archive.read(name), name, inside)
        except DocumentError as error:
            warnings.append(f"{name} left out: {error.what}")
            continue
        warnings += [f"{name}: {warning}" for warning in inner.warnings]
        text += "\n\n" if text else ""
        heading = f"{inner.title} ({name})" if inner.title != readable_name(name) else name
        heading = " ".join(heading.split())
        drafts.append(Draft("heading", Span(len(text), len(text) + len(heading)), 1))
        text += f"{heading}\n\n"
        drafts += _moved(inner, len(text))
        text += inner.text
        if len(text) > settings.document_max_chars:
            break
    if not drafts:
        reason = f": {warnings[0]}" if warnings else ""
        raise DocumentError(f"no text found{reason}", remedy="put documents into it, or remove it")
    check_text(text, document_id, settings)
    front = FrontMatter(title=readable_name(document_id))
    return assemble(raw, text, drafts, document_id=document_id, front=front, warnings=tuple(warnings))


def _moved(document: Document, by: int) -> list[Draft]:
    """A document's blocks as drafts that stand further on, its headings one level down."""
    drafts: list[Draft] = []
    for block in document.blocks:
        heading = block.kind == "heading"
        drafts.append(
            Draft(
                block.kind,
                _shifted(block.span, by),
                min(block.level + 1, 6) if heading else block.level,
                block.ordered,
                tuple(_shifted(cell, by) for cell in block.cells),
                tuple(_shifted(gap, by) for gap in block.hidden),
                tuple(Style(_shifted(style.span, by), style.kind) for style in block.styles),
                drafts[block.lead_in] if block.lead_in is not None and block.lead_in < len(drafts) else None,
                drafts[block.header] if block.header is not None and block.header < len(drafts) else None,
                block.asks,
            )
        )
    return drafts


def _shifted(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)

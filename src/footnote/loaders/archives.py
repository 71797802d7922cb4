"""Zip archives: opened under limits and read without writing anything; the parts of Microsoft's formats; bundles of documents."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from footnote.errors import DocumentError
from footnote.loaders.formulas import local_name, parse_xml
from footnote.loaders.outline import Draft, Loader, assemble, check_text, readable_name
from footnote.loaders.outline.front_matter import FrontMatter, office_front
from footnote.records import Document, Span, Style
from footnote.settings import Settings

__all__ = ["Archive", "load_bundle", "office_core", "related_parts"]

_RATIO_FREE_BYTES = 10_000_000
"""Archives that unpack to less are never suspected: rows of a small table shrink a hundredfold in good faith."""
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What files of older office programs begin with, and newer ones with a password."""
_MANIFEST = "META-INF/manifest.xml"
_CORE = "docProps/core.xml"
_TEMPLATE_DATES = frozenset({"2013-12-23T23:15:00Z", "2013-01-27T09:14:16Z", "2013-01-27T09:15:58Z"})
"""Of the templates that python-docx and python-pptx start from."""


class Archive:
    """A zip archive within the settings' limits.

    Raises:
        DocumentError: it is damaged, encrypted, has too many members or unpacks to too much.
    """

    def __init__(self, raw: bytes, settings: Settings) -> None:
        if raw.startswith(_COMPOUND):
            raise _not_an_archive(raw)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, IndexError, EOFError) as error:
            raise DocumentError("it is damaged or no archive", remedy="save it again") from error
        self._members = {info.filename: info for info in self._zip.infolist() if not info.is_dir()}
        members, size = len(self._zip.infolist()), sum(info.file_size for info in self._zip.infolist())
        if members > settings.archive_members_max:
            raise DocumentError(
                f"it has {members:,} members, more than {settings.archive_members_max:,}",
                remedy="split it, or raise archive_members_max",
            )
        if size > settings.archive_max_bytes:
            raise DocumentError(
                f"it unpacks to {size:,} bytes, more than {settings.archive_max_bytes:,}",
                remedy="split it, or raise archive_max_bytes",
            )
        if size > _RATIO_FREE_BYTES and size > settings.archive_max_ratio * len(raw):
            raise DocumentError(
                f"it unpacks to {size // max(len(raw), 1):,} times its size, more than {settings.archive_max_ratio}",
                remedy="check where it comes from, or raise archive_max_ratio",
            )

    def check_open(self) -> None:
        """Refuse an OpenDocument file with a password.

        Raises:
            DocumentError: its manifest says that its parts are encrypted.
        """
        if _MANIFEST in self._members and b"encryption-data" in self.read(_MANIFEST):
            raise DocumentError("it is encrypted with a password", remedy="save it without a password")

    def names(self) -> tuple[str, ...]:
        return tuple(self._members)

    def read(self, name: str) -> bytes:
        """A member's bytes.

        Raises:
            DocumentError: it is missing, encrypted or damaged.
        """
        info = self._members.get(name)
        if info is None:
            raise DocumentError(f"its part {name} is missing", remedy="save it again")
        if info.flag_bits & 1:
            raise DocumentError("it is encrypted", remedy="save it without a password")
        try:
            # A member that holds more than it declares is cut at what it declares.
            return self._zip.read(info)
        except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, EOFError, RuntimeError) as e:
            raise DocumentError(f"its part {name} is damaged", remedy="save it again") from e


def _not_an_archive(raw: bytes) -> DocumentError:
    if "EncryptedPackage".encode("utf-16-le") in raw:
        return DocumentError("it is encrypted with a password", remedy="save it without a password")
    return DocumentError("it has the format of an older office program", remedy="save it as DOCX, XLSX or PPTX")


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


def office_core(archive: Archive) -> FrontMatter:
    """Title, author and date of a file of Microsoft's formats, as far as it tells them."""
    if _CORE not in archive.names():
        return FrontMatter()
    told = {local_name(e): (e.text or "").strip() for e in parse_xml(archive.read(_CORE)) if isinstance(e.tag, str)}
    dates = [told[name] for name in ("modified", "created") if told.get(name) and told[name] not in _TEMPLATE_DATES]
    date = dates[0] if dates else ""
    return office_front(told.get("title", ""), {"author": told.get("creator", ""), "date": date})


def related_parts(archive: Archive, name: str, *, by_id: bool = False) -> dict[str, list[str]]:
    """The parts that a part of Microsoft's formats names, by the ends of their types or by their ids.

    Args:
        archive: the file.
        name: of the part; empty for the file itself.
        by_id: whether the keys are ids.
    """
    folder, base = posixpath.split(name)
    relations = posixpath.join(folder, "_rels", f"{base}.rels")
    if relations not in archive.names():
        return {}
    found: dict[str, list[str]] = {}
    for relation in parse_xml(archive.read(relations)):
        target = relation.get("Target") or ""
        if relation.get("TargetMode") != "External":
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            key = relation.get("Id") or "" if by_id else (relation.get("Type") or "").rpartition("/")[2]
            found.setdefault(key, []).append(path)
    return found

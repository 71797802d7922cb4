"""Zip archives, the ones that documents are made of among them: opened under limits, read without writing anything."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any

from footnote.errors import DocumentError
from footnote.settings import Settings

__all__ = ["Archive", "local_name", "local_value", "parse_xml"]

_RATIO_FREE_BYTES = 10_000_000
"""Archives that unpack to less are never suspected: rows of a small table shrink a hundredfold in good faith."""


_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What files of older office programs begin with, and newer ones with a password."""
_MANIFEST = "META-INF/manifest.xml"


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


def parse_xml(raw: bytes, *, doctype: bool = False) -> Any:
    """The root of an XML document; nothing outside of it is ever read.

    Raises:
        DocumentError: it is damaged, or declares a document type where none belongs.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        root: Any = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        if getattr(error, "code", None) == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from error
        raise DocumentError("its XML is damaged", remedy="save it again") from error
    if not doctype and root.getroottree().docinfo.doctype:
        raise DocumentError("it declares an XML document type, which no office program writes", remedy="save it again")
    return root


def local_name(element: Any) -> str:
    """An element's name without its namespace: strict and transitional files differ in nothing else."""
    name: str = element.tag
    return name.rpartition("}")[2]


def local_value(element: Any, name: str) -> str | None:
    """The attribute of a local name; None where there is none."""
    if element is None:
        return None
    for key, value in element.items():
        if key == name or key.endswith("}" + name):
            return str(value)
    return None

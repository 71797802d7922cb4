"""What tests of loaders look at: a document made of bytes, its blocks, and the cells of its tables."""

from __future__ import annotations

from footnote.loaders import SUFFIXES
from footnote.records import Document
from footnote.settings import Settings


def read(name: str, raw: bytes | str, **limits: int) -> Document:
    """A document of a file's bytes, read in this process."""
    data = raw if isinstance(raw, bytes) else raw.encode()
    return SUFFIXES["." + name.rpartition(".")[2]](data, name, Settings(**limits))


def blocks(document: Document) -> list[str]:
    """Each block as ``kind: visible text``, the level of a heading behind its kind."""
    found = []
    for block in document.blocks:
        level = block.level if block.kind == "heading" else ""
        found.append(f"{block.kind}{level}: {document.visible(block.span)}")
    return found


def texts(document: Document) -> list[str]:
    """The visible text of each block."""
    return [document.visible(block.span) for block in document.blocks]


def rows(document: Document) -> list[list[str]]:
    """The cells of each row of its tables, headers among them; blank ones at the ends left out."""
    found = []
    for block in document.blocks:
        if block.kind in {"table_header", "table_row"}:
            cells = [" ".join(cell.of(document.text).split()) for cell in block.cells]
            while cells and not cells[-1]:
                cells.pop()
            found.append(cells)
    return found

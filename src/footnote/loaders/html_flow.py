"""The flow of a page's elements as blocks: which of them set text apart, and what kind of block that makes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from footnote.loaders.drafts import Draft
from footnote.loaders.extract import Extract
from footnote.loaders.questions import asks
from footnote.records import BlockKind

__all__ = ["Flow"]

_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q ruby rb rt rp s samp small "
    "span strike strong sub sup time tt u var wbr".split()
)
"""Elements that stand inside a line; all others set text apart, so that no words are glued."""

_HEADING = re.compile(r"h[1-6]")
_BLANKS = re.compile(r"\s+")
_QUESTION_LEVEL = 6


@dataclass(slots=True)
class _List:
    ordered: bool
    lead_in: Draft | None


@dataclass(slots=True)
class _Table:
    rows: list[list[str]] = field(default_factory=list)
    headed: bool = True


class Flow:
    """Takes elements and their text in document order, and adds blocks."""

    def __init__(self, extract: Extract) -> None:
        self._extract = extract
        self._pieces: list[str] = []
        self._kinds: list[tuple[str, BlockKind, int]] = []
        """(tag, kind, level) of the open elements that say what their text is."""
        self._lists: list[_List] = []
        self._tables: list[_Table | None] = []
        """None for a table that only lays out."""
        self._pre = 0

    def text(self, text: str | None) -> None:
        if text:
            self._pieces.append(text if self._pre else _BLANKS.sub(" ", text))

    def enter(self, element: Any) -> None:
        tag = element.tag
        if tag == "br":
            self._pieces.append("\n")
        if tag in _INLINE or tag == "br":
            return
        if self._in_table():
            self._enter_cell(element)
            return
        self._flush()
        if tag == "table":
            self._tables.append(_Table() if _holds_data(element) else None)
        elif tag in {"ul", "ol"}:
            self._lists.append(_List(tag == "ol", self._extract.lead_in()))
        self._open(tag)

    def leave(self, element: Any) -> None:
        tag = element.tag
        if tag in _INLINE or tag == "br":
            return
        if self._in_table():
            self._leave_cell(tag)
            return
        self._flush()
        if self._kinds and self._kinds[-1][0] == tag:
            self._kinds.pop()
        if tag == "pre":
            self._pre -= 1
        elif tag == "table":
            self._tables.pop()
        elif tag in {"ul", "ol"} and self._lists:
            self._lists.pop()

    def close(self) -> None:
        self._flush()

    def _open(self, tag: str) -> None:
        if _HEADING.fullmatch(tag):
            self._kinds.append((tag, "heading", int(tag[1])))
        elif tag == "li":
            self._kinds.append((tag, "list_item", max(len(self._lists), 1)))
        elif tag == "blockquote":
            self._kinds.append((tag, "quote", 0))
        elif tag == "pre":
            self._pre += 1
            self._kinds.append((tag, "code", 0))
        elif tag in {"dt", "summary"}:
            self._kinds.append((tag, "paragraph", _QUESTION_LEVEL))

    def _flush(self) -> None:
        text = "".join(self._pieces)
        self._pieces.clear()
        if not text.strip():
            return
        tag, kind, level = self._kinds[-1] if self._kinds else ("", "paragraph", 0)
        if tag in {"dt", "summary"}:
            # A term or a summary that asks heads what comes after it.
            kind, level = ("heading", level) if asks(text) else ("paragraph", 0)
        inner = self._lists[-1] if kind == "list_item" and self._lists else None
        self._extract.add(
            kind,
            text,
            level=level,
            ordered=inner is not None and inner.ordered,
            lead_in=inner.lead_in if inner is not None else None,
        )

    def _in_table(self) -> bool:
        return bool(self._tables) and self._tables[-1] is not None

    def _enter_cell(self, element: Any) -> None:
        table = self._tables[-1]
        assert table is not None
        if element.tag == "tr":
            table.rows.append([])
        elif element.tag in {"td", "th", "caption"}:
            self._pieces.clear()
            if element.tag == "td" and len(table.rows) == 1:
                table.headed = False
        else:
            self._pieces.append(" ")

    def _leave_cell(self, tag: str) -> None:
        table = self._tables[-1]
        assert table is not None
        if tag in {"td", "th"} and table.rows:
            table.rows[-1].append("".join(self._pieces))
            self._pieces.clear()
        elif tag == "caption":
            self._flush()
        elif tag == "table":
            self._pieces.clear()
            self._tables.pop()
            self._extract.add_table(table.rows, headed=True if table.headed and len(table.rows) > 1 else None)
        else:
            self._pieces.append(" ")


def _holds_data(table: Any) -> bool:
    """Whether a table holds rows of cells, not the layout of a page."""
    if any(
        next(table.iterdescendants(tag), None) is not None for tag in ("table", "h1", "h2", "h3", "ul", "ol", "pre")
    ):
        return False
    widths = [sum(1 for cell in row if cell.tag in {"td", "th"}) for row in table.iter("tr")]
    return len(widths) > 0 and max(widths) > 1

"""The flow of a page's elements as blocks: which of them set text apart, and what kind of block that makes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from footnote.loaders.drafts import Draft
from footnote.loaders.extract import Extract
from footnote.loaders.html_content import Page
from footnote.loaders.html_text import INLINE, cell_text, holds_data, is_note_mark, table_grid
from footnote.loaders.mathematics import formula_text, set_apart
from footnote.loaders.questions import asks
from footnote.records import BlockKind

__all__ = ["Flow"]

_HEADING = re.compile(r"h[1-6]")
_BLANKS = re.compile(r"\s+")
_DEEPEST = 6
_DEFINITION_MAX_CHARS = 300
"""Longest definition that makes one row with its term."""


@dataclass(slots=True)
class _List:
    ordered: bool
    lead_in: Draft | None


class Flow:
    """Takes elements and their text in document order, and adds blocks."""

    def __init__(self, extract: Extract, page: Page) -> None:
        self._extract = extract
        self._page = page
        self._pieces: list[str] = []
        self._raised: list[int] = []
        """Where the pieces of each raised or lowered element that is open begin."""
        self._kinds: list[tuple[str, BlockKind, int]] = []
        """(tag, kind, level) of the open elements that say what their text is."""
        self._lists: list[_List] = []
        self._terms: list[str] = []
        """Terms whose definition comes next."""
        self._level = 0
        """Of the last heading that is marked as one."""
        self._pre = 0

    def text(self, text: str | None) -> None:
        if text:
            self._pieces.append(text if self._pre else _BLANKS.sub(" ", text))

    def takes_whole(self, element: Any) -> bool:
        """Whether an element was added with all that is below it: a table of data, a formula, the mark of a note."""
        if element.tag == "table" and holds_data(element):
            self._flush()
            self._table(element)
            return True
        if element.tag == "math":
            self._pieces.append(formula_text(element))
            return True
        return element.tag == "rt" or (element.tag in {"sup", "sub"} and is_note_mark(element))

    def enter(self, element: Any) -> None:
        tag = element.tag
        if tag == "br":
            self._pieces.append("\n")
        elif tag in {"sup", "sub"}:
            self._raised.append(len(self._pieces))
        if tag == "br" or (tag in INLINE and not self._page.panels.heads(element)):
            return
        self._flush()
        if label := self._page.panels.label(element):
            self._extract.add("heading", label, level=min(self._level + 1, _DEEPEST))
        if tag in {"ul", "ol"}:
            self._lists.append(_List(tag == "ol", self._extract.lead_in()))
        self._open(tag)

    def leave(self, element: Any) -> None:
        tag = element.tag
        if tag in {"sup", "sub"} and self._raised:
            start = self._raised.pop()
            inner = "".join(self._pieces[start:])
            self._pieces[start:] = [set_apart(inner, above=tag == "sup")]
        if tag == "br" or (tag in INLINE and not self._page.panels.heads(element)):
            return
        self._flush()
        if self._kinds and self._kinds[-1][0] == tag:
            self._kinds.pop()
        if tag == "pre":
            self._pre -= 1
        elif tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        elif tag == "dl":
            self._add_terms()

    def close(self) -> None:
        self._flush()
        self._add_terms()

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
        elif tag in {"dt", "dd", "summary", "button"}:
            self._kinds.append((tag, "paragraph", 0))

    def _flush(self) -> None:
        text = "".join(self._pieces)
        if self._raised:
            self._raised = [0] * len(self._raised)
        self._pieces.clear()
        if not text.strip():
            return
        tag, kind, level = self._kinds[-1] if self._kinds else ("", "paragraph", 0)
        if tag == "dt" and not asks(text):
            self._terms.append(" ".join(text.split()))
            return
        if tag in {"dt", "summary", "button"}:
            kind, level = "heading", min(self._level + 1, _DEEPEST)
        elif kind == "heading":
            self._level = level
        elif tag == "dd" and self._terms and len(text) <= _DEFINITION_MAX_CHARS:
            self._extract.add_row("table_row", [", ".join(self._terms), text])
            self._terms.clear()
            return
        self._add_terms()
        inner = self._lists[-1] if kind == "list_item" and self._lists else None
        self._extract.add(
            kind,
            text,
            level=level,
            ordered=inner is not None and inner.ordered,
            lead_in=inner.lead_in if inner is not None else None,
        )

    def _add_terms(self) -> None:
        """Terms whose definition is no single line stand by themselves."""
        for term in self._terms:
            self._extract.add("paragraph", term)
        self._terms.clear()

    def _table(self, table: Any) -> None:
        caption = table.find("caption")
        if caption is not None:
            self._extract.add("paragraph", cell_text(caption, self._page.is_left_out))
        grid, heads = table_grid(table, self._page.is_left_out)
        self._extract.add_grid(grid, headed=heads)

"""The flow of a page's elements as blocks: which of them set text apart, what kind of block that makes, and the text of cells."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from footnote.loaders.formulas import formula_text, set_apart
from footnote.loaders.outline import Draft, asks
from footnote.loaders.outline.builder import Extract
from footnote.loaders.outline.grids import Cell, Grid, grid_of, joined
from footnote.loaders.web.content import Page
from footnote.records import BlockKind

__all__ = ["Flow"]

_HEADING = re.compile(r"h[1-6]")
_BLANKS = re.compile(r"\s+")
_DEEPEST = 6
_DEFINITION_MAX_CHARS = 300
"""Longest definition that makes one row with its term."""
INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q ruby rb rp s samp small "
    "span strike strong sub sup time tt u var wbr math button".split()
)
"""Elements that stand inside a line; all others set text apart, so that no words are glued."""
_NOTE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:foot-?note|end-?note|note-?ref|fn|fnref|ref|reference|cite|citation|sidenote)", re.IGNORECASE
)
_NOTE_MARK = re.compile(
    r"\[?\s*(?:\d{1,3}|[a-z]{1,2}|[*†‡§¶#]{1,3}|note \d+)\s*\]?(?:\s*,\s*\[?\d{1,3}\]?)*$", re.IGNORECASE
)
_NOTE_SIGN = re.compile(r"(?:\[\s*(?:\d{1,3}|[a-z])\s*\]|[*†‡§¶]{1,3})$")
_SPAN = re.compile(r"\s*(\d{1,5})")
_LAYOUT = ("h1", "h2", "h3", "pre", "form")


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


def is_note_mark(element: Any) -> bool:
    """Whether a raised element, or a link, only points at a note."""
    text = "".join(element.itertext()).strip()
    if not _NOTE_MARK.match(text):
        return False
    if _NOTE_SIGN.match(text):
        return True
    linked = [element, *element.iterdescendants("a"), *element.iterancestors("a")]
    for each in linked:
        names = (
            f"{each.get('class') or ''} {each.get('id') or ''} {each.get('role') or ''} {each.get('epub:type') or ''}"
        )
        if (each.tag == "a" and (each.get("href") or "").startswith("#")) or _NOTE_NAMES.search(names):
            return True
    return False


def cell_text(element: Any, is_left_out: Callable[[Any], bool]) -> str:
    """All text of an element: lines stay lines, items of a list and tables inside are told apart."""
    pieces: list[str] = []
    _into(element, pieces, is_left_out)
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def _into(element: Any, pieces: list[str], is_left_out: Callable[[Any], bool]) -> None:
    pieces.append(_BLANKS.sub(" ", element.text or ""))
    for child in element:
        tag = child.tag
        if not isinstance(tag, str) or is_left_out(child):
            pass
        elif tag in {"br", "hr"}:
            pieces.append("\n")
        elif tag in {"ul", "ol"}:
            items = [cell_text(item, is_left_out).replace("\n", " ") for item in child.iterchildren("li")]
            pieces.append("\n" + "; ".join(item.rstrip(";,") for item in items if item) + "\n")
        elif tag == "table":
            pieces.append("\n" + joined(table_grid(child, is_left_out)[0].texts()) + "\n")
        elif tag == "math":
            pieces.append(formula_text(child))
        elif tag in {"sup", "sub"}:
            if not is_note_mark(child):
                pieces.append(set_apart(cell_text(child, is_left_out), above=tag == "sup"))
        elif tag != "rt":
            around = "" if tag in INLINE else "\n"
            pieces.append(around)
            _into(child, pieces, is_left_out)
            pieces.append(around)
        pieces.append(_BLANKS.sub(" ", child.tail or ""))


def holds_data(table: Any) -> bool:
    """Whether a table holds rows of cells, not the layout of a page."""
    if (table.get("role") or "").lower() in {"presentation", "none"}:
        return False
    rows = _rows(table)
    widths = [sum(_span(cell, "colspan") for cell in _cells(row)) for row in rows]
    if max(widths, default=0) < 2:
        return False
    marked = any(cell.tag == "th" for row in rows for cell in _cells(row)) or table.find("caption") is not None
    nested = next(table.iterdescendants("table"), None) is not None
    return marked or not (nested or any(next(table.iterdescendants(tag), None) is not None for tag in _LAYOUT))


def table_grid(table: Any, is_left_out: Callable[[Any], bool]) -> tuple[Grid, int | None]:
    """A table's grid, and how many of its rows name its columns; None where the cells have to tell."""
    rows = [row for row in _rows(table) if not is_left_out(row)]
    found: list[list[Cell]] = []
    for row in rows:
        cells = [
            Cell(
                cell_text(cell, is_left_out),
                columns=_span(cell, "colspan"),
                rows=_span(cell, "rowspan", least=0),
                heads=cell.tag == "th",
            )
            for cell in _cells(row)
        ]
        found.append(cells)
    return grid_of(found), _header_rows(rows, found)


def _header_rows(rows: list[Any], cells: list[list[Cell]]) -> int | None:
    heads = 0
    for row, line in zip(rows, cells, strict=True):
        in_head = row.getparent() is not None and row.getparent().tag == "thead"
        if not line or not (in_head or all(cell.heads for cell in line)):
            break
        heads += 1
    if heads == len(rows):
        return None
    # A single cell over all columns is a title, which the rows tell better.
    if heads and len(cells[0]) == 1 and max(map(len, cells)) > 1:
        return None
    if heads or not cells:
        return heads or None
    named = [line[0].heads and not any(cell.heads for cell in line[1:]) for line in cells if line]
    return 0 if all(named) else None


def _rows(table: Any) -> list[Any]:
    """The rows of a table, not those of tables inside of it: of its head first, of its foot last."""
    parts: dict[str, list[Any]] = {"thead": [], "tbody": [], "tfoot": []}
    for child in table:
        if child.tag == "tr":
            parts["tbody"].append(child)
        elif child.tag in parts:
            parts[child.tag] += child.iterchildren("tr")
    return [row for rows in parts.values() for row in rows]


def _cells(row: Any) -> list[Any]:
    return list(row.iterchildren("td", "th"))


def _span(cell: Any, name: str, least: int = 1) -> int:
    match = _SPAN.match(cell.get(name) or "1")
    return max(int(match[1]), least) if match else 1

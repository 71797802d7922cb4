"""Markdown: pulldown-cmark (through pyromark) tells what is a block, what is seen and how it is set, with its place in the file.

What no event shows is markup.  Of the characters between two that are seen, those that are not blank are hidden.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from footnote.loaders.markup.raw_html import html_drafts
from footnote.loaders.outline import Draft, introduces
from footnote.loaders.outline.lines import Content, Line, lines_of, seen_draft
from footnote.loaders.plain.text_units import cell_spans, split_bare_lists
from footnote.records import BlockKind, Span, Style

__all__ = ["markdown_drafts"]

_CONTAINERS = frozenset({"BlockQuote", "List", "Item"})
_SET = frozenset({"Strong", "Emphasis", "Strikethrough", "Link", "Image"})
_QUOTE_MARKS = re.compile(r"(?:[ \t]*>)+")
_TICKS = re.compile(r"`+")


def markdown_drafts(text: str, start: int = 0) -> list[Draft]:
    """The blocks of a Markdown text from an offset on."""
    import pyromark

    options = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_STRIKETHROUGH
    part = text[start:]
    # Places are told in bytes of UTF-8.
    places = None if part.isascii() else list(accumulate((byte & 0xC0 != 0x80 for byte in part.encode()), initial=0))
    walk = _Walk(text)
    events: Any = pyromark.events_with_range(part, options=options)
    for event, place in events:
        first, last = place["start"], place["end"]
        span = (
            Span(start + first, start + last) if places is None else Span(start + places[first], start + places[last])
        )
        walk.take(event, span)
    walk.end_prose()
    return split_bare_lists(text, walk.drafts)


@dataclass(slots=True)
class _Prose:
    """Text of a paragraph, a heading or a row: what of it is seen, and how; ``level`` is a heading's."""

    level: int = 0
    seen: list[Span] = field(default_factory=list)
    styles: list[Style] = field(default_factory=list)


@dataclass(slots=True)
class _List:
    ordered: bool
    lead_in: Draft | None


@dataclass(slots=True)
class _Item:
    """The draft of a list item's text, once it has one, and whether a paragraph coming next still belongs to it."""

    draft: Draft | None = None
    open: bool = True


@dataclass(slots=True)
class _Walk:
    """Takes events in the order of the file, and makes drafts."""

    text: str
    drafts: list[Draft] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    items: list[_Item] = field(default_factory=list)
    quotes: int = 0
    header: Draft | None = None
    columns: int = 0
    """Of the table that is open."""
    prose: _Prose | None = None
    opened: list[tuple[Span, int]] = field(default_factory=list)
    """Where each style that is open begins, and how much was seen before it."""
    images: int = 0
    raw: list[Line] | None = None
    """Lines of the block of code or HTML that is open."""
    before: tuple[int, int, Draft | None] = (-1, -1, None)
    """(depth, end, draft) of the paragraph read last."""

    def take(self, event: Any, span: Span) -> None:
        """One event and the stretch of text that it tells of."""
        name, value = _named(event)
        if name in {"Start", "End"}:
            tag, told = _named(value)
            if tag in _SET:
                self._begin(tag, span) if name == "Start" else self._set(tag, span)
            elif name == "Start":
                self._open(tag, told, span)
            else:
                self._close(tag, span)
        elif name in {"Text", "Html"} and self.raw is not None:
            self.raw += lines_of(self.text, span.start, span.end - self.text[: span.end].endswith("\n"))
        elif name in {"Text", "Code"} and not self.images:
            self._show(value, span, code=name == "Code")

    def _open(self, tag: str, told: Any, span: Span) -> None:
        if tag not in {"TableCell", "TableHead", "TableRow", "Table"} or self.prose is None:
            self.end_prose()
        match tag:
            case "BlockQuote":
                self.quotes += 1
            case "List":
                self.lists.append(_List(told is not None, self._lead_in(span)))
                self._close_item()
            case "Item":
                self.items.append(_Item())
            case "Table":
                self.header = None
            case "Heading":
                self.prose = _Prose(int(told["level"][1]))
            case "Paragraph" | "TableHead" | "TableRow":
                self.prose = _Prose()
            case "CodeBlock" | "HtmlBlock":
                self.raw = []
            case _:
                pass

    def _close(self, tag: str, span: Span) -> None:
        match tag:
            case "TableHead" | "TableRow":
                self._row(span, "table_header" if tag == "TableHead" else "table_row")
            case "CodeBlock" | "HtmlBlock":
                self._raw_block(code=tag == "CodeBlock")
            case "TableCell":
                pass
            case _:
                self.end_prose()
        if tag == "BlockQuote":
            self.quotes -= 1
        elif tag in {"List", "Item"}:
            (self.lists if tag == "List" else self.items).pop()

    def _begin(self, tag: str, span: Span) -> None:
        self.prose = self.prose or _Prose()
        self.images += tag == "Image"
        if tag == "Strikethrough" and not self.text.startswith("~~", span.start) and not self.images:
            self.prose.seen.append(Span(span.start, span.start + 1))  # a single tilde means "about"
        self.opened.append((span, len(self.prose.seen)))

    def _set(self, tag: str, span: Span) -> None:
        """A style ends."""
        _, number = self.opened.pop()
        prose = self.prose
        assert prose is not None
        if tag == "Image":
            self.images -= 1
        elif self.images:
            pass
        elif tag == "Link" and prose.seen[number:]:
            prose.styles.append(Style(Span(prose.seen[number].start, prose.seen[-1].end), "link"))
        elif tag == "Strikethrough" and not self.text.startswith("~~", span.start):
            prose.seen.append(Span(span.end - 1, span.end))
        elif tag in {"Strong", "Emphasis"}:
            width = 2 if tag == "Strong" else 1
            prose.styles.append(
                Style(Span(span.start + width, span.end - width), "strong" if width > 1 else "emphasis")
            )

    def _show(self, value: str, span: Span, *, code: bool) -> None:
        self.prose = self.prose or _Prose()
        if code:
            ticks = _TICKS.match(self.text, span.start)
            width = len(ticks[0]) if ticks else 0
            span = Span(span.start + width, span.end - width)
            self.prose.styles.append(Style(span, "code"))
        elif value == "&":
            span = Span(span.start, span.start + 1)  # of "&amp;" the first character is what it stands for
        for number, line in enumerate(lines_of(self.text, span.start, span.end)):
            marks = _QUOTE_MARKS.match(line.text) if number and self.quotes else None
            if line.text:
                self.prose.seen.append(Span(line.start + (marks.end() if marks else 0), line.end))

    def _depth(self) -> int:
        return self.quotes + len(self.lists) + len(self.items)

    def _lead_in(self, span: Span) -> Draft | None:
        """The paragraph that introduces a list: the text of the item it is nested in, or one that says what is to come."""
        depth, end, draft = self.before
        if draft is None or depth != self._depth():
            return None
        directly = self.text.count("\n", end, span.start) < 2
        return draft if self.items or introduces(draft.visible(self.text), directly=directly) else None

    def end_prose(self) -> None:
        """The paragraph or heading that is open becomes a block, or part of its list item."""
        prose, self.prose = self.prose, None
        if prose is None:
            return
        item = self.items[-1] if self.items else None
        kind: BlockKind = "quote" if self.quotes else "paragraph"
        if item is not None and item.open:
            kind = "list_item"
        elif prose.level and not self.quotes and item is None:
            kind = "heading"
        draft = seen_draft(self.text, kind, prose.seen, prose.styles)
        if draft is not None and kind == "list_item" and item is not None:
            draft.level, draft.ordered, draft.lead_in = len(self.lists), self.lists[-1].ordered, self.lists[-1].lead_in
            self._add_to_item(item, draft)
            draft = item.draft
        elif draft is not None:
            draft.level = prose.level if kind == "heading" else 0
            self.drafts.append(draft)
        end = prose.seen[-1].end if prose.seen else -1
        self.before = (self._depth(), end, None if prose.level else draft)

    def _add_to_item(self, item: _Item, draft: Draft) -> None:
        """Paragraphs of one item that follow each other are one block: a second bullet would be a lie."""
        first = item.draft
        if first is None:
            item.draft = draft
            self.drafts.append(draft)
            return
        gap = [
            Span(line.start + len(line.text) - len(line.text.lstrip()), line.start + len(line.text.rstrip()))
            for line in lines_of(self.text, first.span.end, draft.span.start)
            if line.text.strip()
        ]
        first.span = first.span.cover(draft.span)
        first.hidden = (*first.hidden, *gap, *draft.hidden)
        first.styles = (*first.styles, *draft.styles)

    def _close_item(self) -> None:
        if self.items:
            self.items[-1].open = False

    def _raw_block(self, *, code: bool) -> None:
        content, self.raw = Content.of(self.raw or ()), None
        if code:
            draft = content.draft(self.text, "code", [(0, len(content.text))])
            self.drafts += [draft] if draft is not None else []
        else:
            self.drafts += html_drafts(self.text, content)
        self._close_item()

    def _row(self, span: Span, kind: BlockKind) -> None:
        prose, self.prose = self.prose or _Prose(), None
        marks = _QUOTE_MARKS.match(self.text, span.start) if self.quotes else None
        start = marks.end() if marks else span.start
        cells = cell_spans(self.text[start : span.end].rstrip("\n"), start)
        if kind == "table_header":
            self.columns = len(cells)
        inside = [_inside(cell, prose.seen) for cell in cells]
        # A row may have more cells than its table has columns: they are read as they stand.
        last = max((n for n, seen in enumerate(inside) if seen), default=-1)
        more = [cell for n, cell in enumerate(cells) if n > last and len(cell) and n >= self.columns]
        kept = set(more)
        draft = seen_draft(self.text, kind, sorted([*prose.seen, *more]), prose.styles)
        if draft is None:
            return
        draft.cells = tuple(
            seen[0].cover(seen[-1]) if seen else cell if cell in kept else Span(cell.start, cell.start)
            for cell, seen in zip(cells, inside, strict=True)
        )
        if kind == "table_header":
            self.header = draft
        else:
            draft.header = self.header
        self.drafts.append(draft)
        self._close_item()


def _inside(cell: Span, seen: list[Span]) -> list[Span]:
    """What of the stretches that are seen, which are in order, lies in a cell; found without looking at all of them."""
    first = bisect_left(seen, cell.start, key=lambda each: each.start)
    last = bisect_right(seen, cell.end, lo=first, key=lambda each: each.start)
    return [each for each in seen[first:last] if cell.contains(each)]


def _named(event: Any) -> tuple[str, Any]:
    """The name of an event or a tag, and what it holds."""
    return (event, None) if isinstance(event, str) else next(iter(event.items()))

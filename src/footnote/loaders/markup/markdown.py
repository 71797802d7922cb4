"""Markdown: blocks by markdown-it, offsets by slicing its lines.

markdown-it tells which lines a block spans and what of them is its content; a block's content is always the end of its
lines (its containers' prefixes stand before it), so every offset follows from lengths.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from footnote.loaders.markup.raw_html import html_drafts
from footnote.loaders.outline import Draft, introduces
from footnote.loaders.outline.lines import Content, Line, lines_of
from footnote.loaders.plain.text_units import cell_spans, split_bare_lists
from footnote.records import BlockKind, Span, StyleKind

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

__all__ = ["markdown_drafts"]

_CLOSING_HASHES = re.compile(r"[ \t]+#+$")
_CONTAINERS = re.compile(r"[\s>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*")
_NESTING = 64
"""markdown-it drops what is nested deeper; beyond it a line is taken as it stands."""
_MAY_HOLD_MARKUP = re.compile(r"[*_`\[\]\\<&!~]")
_TRACE = "footnote-trace"
_STYLES: Mapping[str, StyleKind] = {"strong_open": "strong", "em_open": "emphasis"}
_Rule: TypeAlias = "Callable[[StateInline, bool], bool]"


def markdown_drafts(text: str, start: int = 0) -> list[Draft]:
    """The blocks of a Markdown text from an offset on."""
    walk = _Walk(text, lines_of(text, start))
    environment: dict[str, Any] = {}
    tokens = _parser().parse(text[start:], environment)
    walk.references = environment.get("references", {})
    walk.run(tokens)
    definitions = [*walk.references.values(), *environment.get("duplicate_refs", ())]
    walk.take_leftovers({n for d in definitions for n in range(*d.get("map", (0, 0)))})
    return split_bare_lists(text, walk.drafts)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


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
    text: str
    lines: list[Line]
    references: Mapping[str, Any] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)
    covered: set[int] = field(default_factory=set)
    lists: list[_List] = field(default_factory=list)
    items: list[_Item] = field(default_factory=list)
    quotes: int = 0
    header: Draft | None = None
    before: tuple[int, int, Draft | None] = (-1, -1, None)
    """(level, line after it, draft) of the paragraph read last."""

    def run(self, tokens: Sequence[Token]) -> None:
        for token, following in zip(tokens, [*tokens[1:], *tokens[-1:]], strict=True):
            if not self._enter_or_leave(token):
                self._leaf(token, following)
            if token.map and (token.nesting == 0 or token.type in {"heading_open", "paragraph_open", "table_open"}):
                self.covered.update(range(*token.map))

    def _enter_or_leave(self, token: Token) -> bool:
        """Keep count of the containers; False for a token that is none."""
        match token.type:
            case "blockquote_open" | "blockquote_close":
                self.quotes += token.nesting
            case "bullet_list_open" | "ordered_list_open":
                self.lists.append(_List(token.type == "ordered_list_open", self._lead_in(token)))
                self._close_item()
            case "bullet_list_close" | "ordered_list_close":
                self.lists.pop()
            case "list_item_open":
                self.items.append(_Item())
            case "list_item_close":
                self.items.pop()
            case "table_open":
                self.header = None
            case _:
                return False
        return True

    def _leaf(self, token: Token, following: Token) -> None:
        match token.type:
            case "heading_open" | "paragraph_open":
                self._prose(token, following)
            case "fence" | "code_block":
                self._code(token)
            case "html_block":
                self._html(token)
            case "tr_open":
                self._row(token, "table_header" if following.type == "th_open" else "table_row")
            case _:
                pass

    def take_leftovers(self, definitions: set[int]) -> None:
        """Lines that the parser dropped for being nested too deep become paragraphs; link definitions do not."""
        for number, line in enumerate(self.lines):
            if number not in self.covered and number not in definitions:
                content = line.text.lstrip(" \t>")
                draft = self._marked([Line(content, line.end - len(content))], "paragraph")
                if draft is not None and any(c.isalnum() for c in draft.visible(self.text)):
                    self.drafts.append(draft)

    def _lead_in(self, token: Token) -> Draft | None:
        """The paragraph that introduces a list: the text of the item it is nested in, or one that says what is to come."""
        level, line_after, draft = self.before
        if draft is None or level != token.level or token.map is None:
            return None
        if self.items or introduces(draft.visible(self.text), directly=token.map[0] <= line_after):
            return draft
        return None

    def _content(self, token: Token, content: str) -> list[Line]:
        """The lines of a block's content: each is the end of a line of the file."""
        assert token.map is not None
        found = []
        pieces = content.split("\n")
        for line, wanted in zip(self.lines[token.map[0] : token.map[0] + len(pieces)], pieces, strict=False):
            shown, kept = line.text.rstrip(), wanted.strip()
            if not shown.endswith(kept):
                shown = _CLOSING_HASHES.sub("", shown)
            if not shown.endswith(kept):
                kept = shown.strip()
            found.append(Line(kept, line.start + len(shown) - len(kept)))
        return found

    def _marked(self, lines: Sequence[Line], kind: BlockKind, *, level: int = 0, ordered: bool = False) -> Draft | None:
        content = Content.of(lines)
        inline = read_inline(content.text, self.references)
        return content.draft(self.text, kind, inline.visible, inline.styles, level=level, ordered=ordered)

    def _prose(self, token: Token, inline: Token) -> None:
        lines = self._content(token, inline.content)
        item = self.items[-1] if self.items else None
        if item is not None and item.open:
            draft = self._marked(lines, "list_item", level=len(self.lists), ordered=self.lists[-1].ordered)
            if draft is not None:
                draft.lead_in = self.lists[-1].lead_in
                self._add_to_item(item, draft)
                draft = item.draft
        else:
            heading = token.type == "heading_open" and not self.quotes and item is None
            kind: BlockKind = "heading" if heading else "quote" if self.quotes else "paragraph"
            draft = self._marked(lines, kind, level=int(token.tag[1]) if heading else 0)
            if draft is not None:
                self.drafts.append(draft)
        self.before = (token.level, token.map[1] if token.map else 0, draft if token.type == "paragraph_open" else None)

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

    def _code(self, token: Token) -> None:
        assert token.map is not None
        first = token.map[0] + (token.type == "fence")
        pieces = token.content.removesuffix("\n").split("\n")
        lines = []
        for line, wanted in zip(self.lines[first : token.map[1]], pieces, strict=False):
            kept = wanted if line.text.endswith(wanted) else line.text.lstrip()
            lines.append(Line(kept, line.end - len(kept)))
        content = Content.of(lines)
        draft = content.draft(self.text, "code", [(0, len(content.text))])
        if draft is not None and token.content:
            self.drafts.append(draft)
            self._close_item()

    def _html(self, token: Token) -> None:
        content = Content.of(self._content(token, token.content.removesuffix("\n")))
        self.drafts += html_drafts(self.text, content)
        self._close_item()

    def _row(self, token: Token, kind: BlockKind) -> None:
        assert token.map is not None
        line = self.lines[token.map[0]]
        skipped = 0
        if token.level > 2 and (match := _CONTAINERS.match(line.text)):
            skipped = match.end()
        cells = cell_spans(line.text[skipped:], line.start + skipped)
        draft = self._row_draft(cells, kind)
        if draft is None:
            return
        if kind == "table_header":
            self.header = draft
        else:
            draft.header = self.header
        self.drafts.append(draft)
        self._close_item()

    def _row_draft(self, cells: Sequence[Span], kind: BlockKind) -> Draft | None:
        content = Content.of(Line(cell.of(self.text), cell.start) for cell in cells if len(cell))
        visible, styles = [], []
        shown = {}
        for line, start in zip(content.lines, content.starts, strict=True):
            inline = read_inline(line.text, self.references)
            visible += [(a + start, b + start) for a, b in inline.visible]
            styles += [(a + start, b + start, s) for a, b, s in inline.styles]
            if inline.visible:
                shown[line.start] = Span(line.start + inline.visible[0][0], line.start + inline.visible[-1][1])
        draft = content.draft(self.text, kind, visible, styles)
        if draft is not None:
            draft.cells = tuple(shown.get(cell.start, Span(cell.start, cell.start)) for cell in cells)
        return draft


@dataclass(slots=True)
class Inline:
    """Visible stretches, sorted and disjoint, and styles, as (start, end) offsets into the text that was read."""

    visible: list[tuple[int, int]] = field(default_factory=list)
    styles: list[tuple[int, int, StyleKind]] = field(default_factory=list)


@dataclass(slots=True)
class _Trace:
    visible: list[tuple[int, int]] = field(default_factory=list)
    styles: list[tuple[int, int, StyleKind]] = field(default_factory=list)
    delimiters: list[tuple[Token, int, int]] = field(default_factory=list)
    muted: int = 0


def read_inline(content: str, references: Mapping[str, Any]) -> Inline:
    """The visible stretches of a paragraph's text.

    Args:
        content: the paragraph, container markers taken off.
        references: the document's link definitions, as markdown-it keeps them in its environment.
    """
    if not _MAY_HOLD_MARKUP.search(content):
        return Inline([(0, len(content))] if content else [])
    trace = _Trace()
    parser = _inline_parser()
    tokens: list[Token] = []
    parser.inline.parse(content, parser, {"references": references, _TRACE: trace}, tokens)
    at = {}
    for token, start, end in trace.delimiters:
        if token.type == "text" and token.content:
            trace.visible.append((start, end))  # a star that is only a star
        at[id(token)] = (start, end)
    trace.styles.extend(_emphasis(tokens, at))
    return Inline(_merged(trace.visible), sorted(trace.styles))


def _emphasis(tokens: list[Token], at: Mapping[int, tuple[int, int]]) -> list[tuple[int, int, StyleKind]]:
    found, stack = [], []
    for token in tokens:
        kind = _STYLES.get(token.type)
        if kind is not None:
            stack.append((at[id(token)][1], kind))
        elif token.type in {"strong_close", "em_close"} and stack:
            start, kind = stack.pop()
            found.append((start, at[id(token)][0], kind))
    return found


def _merged(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _traced(name: str, rule: _Rule) -> _Rule:
    def run(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it calls rules by position
        trace: _Trace = state.env[_TRACE]
        start, shown = state.pos, len(trace.visible)
        # An image's description is read as a text of its own, with offsets of its own.
        trace.muted += name == "image"
        took = rule(state, silent)
        trace.muted -= name == "image"
        if took and not silent and not trace.muted:
            _note(trace, name, state, start, shown)
        return took

    return run


def _note(trace: _Trace, name: str, state: StateInline, start: int, shown: int) -> None:
    end = state.pos
    match name:
        case "text" | "newline" | "other":
            trace.visible.append((start, end))
        case "escape":
            kept = state.src[start + 1] == "\n" or state.tokens[-1].content == state.src[start + 1 : end]
            trace.visible.append((start + 1 if kept else start, end))
        case "backticks":
            markup = len(state.tokens[-1].markup) if _just_pushed(state, "code_inline", start) else 0
            trace.visible.append((start + markup, end - markup))
            if markup:
                trace.styles.append((start + markup, end - markup, "code"))
        case "emphasis" | "strikethrough":
            _note_delimiters(trace, state, start, end)
        case "link":
            inner = trace.visible[shown:]
            if inner:
                trace.styles.append((inner[0][0], inner[-1][1], "link"))
        case "autolink":
            trace.visible.append((start + 1, end - 1))
            trace.styles.append((start + 1, end - 1, "link"))
        case "entity":
            # Of "&amp;" the first character is what it stands for; what others stand for is not in the file.
            trace.visible.append((start, start + 1 if state.tokens[-1].content == "&" else end))
        case _:
            pass  # tags and images show nothing


def _just_pushed(state: StateInline, kind: str, start: int) -> bool:
    # A run of backticks without its closing run is kept as pending text, and pushes nothing.
    return bool(state.tokens) and state.tokens[-1].type == kind and not state.pending and state.src[start] == "`"


def _note_delimiters(trace: _Trace, state: StateInline, start: int, end: int) -> None:
    at = end
    for token in reversed(state.tokens):
        if at <= start:
            break
        length = len(token.content)
        trace.delimiters.append((token, at - length, at))
        at -= length


def _other(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it calls rules by position
    if silent:
        return False
    state.append_pending(state.src[state.pos])
    state.pos += 1
    return True


@lru_cache(maxsize=1)
def _inline_parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("strikethrough")
    # Joining neighbouring texts would hide which of them came from where.
    parser.inline.ruler2.disable("fragments_join")
    parser.inline.ruler.push("other", _other)
    for rule in list(parser.inline.ruler.__rules__):
        parser.inline.ruler.at(rule.name, _traced(rule.name, rule.fn))
    return parser

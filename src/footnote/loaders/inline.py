"""Which characters of a Markdown text are seen, and how they are set.

markdown-it decides what is markup; its inline rules are wrapped here so that each tells which stretch of the source it
took.  What no rule showed is markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from footnote.records import StyleKind

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

__all__ = ["Inline", "read_inline"]

_MAY_HOLD_MARKUP = re.compile(r"[*_`\[\]\\<&!~]")
_TRACE = "footnote-trace"
_STYLES: Mapping[str, StyleKind] = {"strong_open": "strong", "em_open": "emphasis"}


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
    parser = _parser()
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


_Rule: TypeAlias = "Callable[[StateInline, bool], bool]"


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
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("strikethrough")
    # Joining neighbouring texts would hide which of them came from where.
    parser.inline.ruler2.disable("fragments_join")
    parser.inline.ruler.push("other", _other)
    for rule in list(parser.inline.ruler.__rules__):
        parser.inline.ruler.at(rule.name, _traced(rule.name, rule.fn))
    return parser

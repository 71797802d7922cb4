"""What OpenDocument's styles say of a paragraph: title, hidden, and the number that stands before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from footnote.loaders.archives import local_name, local_value
from footnote.loaders.numerals import numeral

__all__ = ["Counter", "OpenStyles"]

_CHAIN_MAX = 20
_LEVELS = 10


@dataclass(frozen=True, slots=True)
class _Level:
    kind: str = ""
    prefix: str = ""
    suffix: str = ""
    start: int = 1
    shown: int = 1
    """How many levels the number shows, its own included."""


@dataclass(slots=True)
class _Style:
    parent: str = ""
    hidden: bool = False
    position: str = ""
    """``super`` or ``sub`` where it sets text above or below the line."""


class OpenStyles:
    """The styles of a document's content and of its styles part."""

    def __init__(self, *roots: Any) -> None:
        self._styles: dict[str, _Style] = {}
        self._lists: dict[str, dict[int, _Level]] = {}
        self.outline: dict[int, _Level] = {}
        for root in roots:
            for element in root.iter() if root is not None else ():
                if not isinstance(element.tag, str):
                    continue
                match local_name(element):
                    case "style":
                        self._styles.setdefault(local_value(element, "name") or "", _style(element))
                    case "list-style":
                        self._lists.setdefault(local_value(element, "name") or "", _levels(element))
                    case "outline-style":
                        self.outline = _levels(element)
                    case _:
                        pass

    def is_title(self, name: str | None) -> bool:
        """Whether a style is that of the document's title, or based on it."""
        return "Title" in self._chain(name)

    def hides(self, name: str | None) -> bool:
        """Whether a style hides text."""
        return any(self._styles[each].hidden for each in self._chain(name) if each in self._styles)

    def position(self, name: str | None) -> str:
        """Whether a style sets text above (``super``) or below (``sub``) the line; else empty."""
        return next(
            (p for each in self._chain(name) if each in self._styles and (p := self._styles[each].position)), ""
        )

    def levels(self, list_style: str) -> dict[int, _Level]:
        """The levels of a list style by their depth from 1."""
        return self._lists.get(list_style, {})

    def _chain(self, name: str | None) -> list[str]:
        found: list[str] = []
        while name and name not in found and len(found) < _CHAIN_MAX:
            found.append(name)
            name = self._styles[name].parent if name in self._styles else ""
        return found


def _style(element: Any) -> _Style:
    properties = [each for each in element if isinstance(each.tag, str)]
    placed = [(local_value(each, "text-position") or "").split(" ")[0] for each in properties]
    return _Style(
        local_value(element, "parent-style-name") or "",
        hidden=any(local_value(each, "display") == "none" for each in properties),
        position=next((place for place in placed if place in {"super", "sub"}), ""),
    )


@dataclass(slots=True)
class _OpenList:
    style: str
    key: str = ""
    counts: list[int | None] = field(default_factory=lambda: [None] * _LEVELS)


class Counter:
    """Counts headings and the items of lists, in the order in which they are read."""

    def __init__(self, styles: OpenStyles) -> None:
        self.written = False
        """Whether the open item's number stands before a paragraph already."""
        self._styles = styles
        self._open: list[_OpenList] = []
        self._counts_item = False
        self._ended: dict[str, list[int | None]] = {}
        self._headings: list[int | None] = [None] * (_LEVELS + 1)

    def enter(self, element: Any) -> None:
        """A list begins, on its own or in another."""
        style = local_value(element, "style-name") or (self._open[-1].style if self._open else "")
        opened = _OpenList(style, local_value(element, "id") or "")
        if self._open:
            opened.counts = self._open[-1].counts
            for deeper in range(len(self._open), _LEVELS):
                opened.counts[deeper] = None
        elif local_value(element, "continue-numbering") == "true":
            opened.counts = list(self._ended.get(f"style {style}", opened.counts))
        elif before := self._ended.get(f"id {local_value(element, 'continue-list')}"):
            opened.counts = list(before)
        self._open.append(opened)

    def leave(self) -> None:
        """The list that began last ends."""
        closed = self._open.pop()
        if not self._open:
            self._ended[f"style {closed.style}"] = closed.counts
            if closed.key:
                self._ended[f"id {closed.key}"] = closed.counts

    def item(self, element: Any, *, counts: bool) -> None:
        """An item begins; a header of a list has no number."""
        self.written, self._counts_item = False, counts
        depth = len(self._open)
        if not counts or not 0 < depth <= _LEVELS:
            return
        level = self._level(depth)
        value = self._open[-1].counts[depth - 1]
        start = local_value(element, "start-value") or ""
        own = int(start) if start.isdecimal() and len(start) < 9 else None
        number = own if own is not None else level.start if value is None else value + 1
        self._open[-1].counts[depth - 1] = number

    def label(self) -> str:
        """The number before the open item's first paragraph; empty for bullets and further paragraphs."""
        depth = len(self._open)
        if self.written or not self._counts_item or not 0 < depth <= _LEVELS:
            return ""
        levels = self._styles.levels(self._open[-1].style)
        return _shown(levels, depth, self._open[-1].counts)

    def heading(self, element: Any, depth: int) -> str:
        """The number before a heading of the outline."""
        levels = self._styles.outline
        if local_value(element, "is-list-header") == "true" or not 0 < depth <= _LEVELS:
            return ""
        value = self._headings[depth - 1]
        self._headings[depth - 1] = levels.get(depth, _Level()).start if value is None else value + 1
        for deeper in range(depth, _LEVELS):
            self._headings[deeper] = None
        return _shown(levels, depth, self._headings)

    def _level(self, depth: int) -> _Level:
        return self._styles.levels(self._open[-1].style).get(depth, _Level())


def _shown(levels: dict[int, _Level], depth: int, counts: list[int | None]) -> str:
    level = levels.get(depth)
    if level is None or not level.kind:
        return ""
    numbers = []
    for upper in range(max(depth - level.shown, 0) + 1, depth + 1):
        each = levels.get(upper, _Level())
        value = counts[upper - 1]
        if each.kind:
            numbers.append(numeral(each.start if value is None else value, each.kind))
    return f"{level.prefix}{'.'.join(numbers)}{level.suffix}".strip()


def _levels(element: Any) -> dict[int, _Level]:
    found: dict[int, _Level] = {}
    for part in element:
        if not isinstance(part.tag, str) or local_name(part) == "list-level-style-bullet":
            continue

        def number(name: str, otherwise: int, part: Any = part) -> int:
            value = local_value(part, name) or ""
            return int(value) if value.isdecimal() and len(value) < 9 else otherwise

        found[number("level", 1)] = _Level(
            kind=local_value(part, "num-format") or "",
            prefix=local_value(part, "num-prefix") or "",
            suffix=local_value(part, "num-suffix") or "",
            start=number("start-value", 1),
            shown=number("display-levels", 1),
        )
    return found

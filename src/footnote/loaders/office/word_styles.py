"""What Word's styles say of a paragraph (heading, list item, hidden), and the number before it, counted as Word counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from footnote.loaders.formulas import is_named, local_name, local_value
from footnote.loaders.office import numeral

__all__ = ["Numbering", "ParagraphStyle", "Styles", "ground_of", "is_on"]

_T = TypeVar("_T")

_CHAIN_MAX = 20
_LEVELS = 9
_UNSEEN_HALF_POINTS = 3
"""Letters of one and a half points or less are for nobody to read."""
_WHITE = frozenset({"ffffff", "fefefe", "fdfdfd", "white", "background1", "bg1", "light1"})
_PLACE = frozenset("123456789")


def is_on(element: Any) -> bool:
    """Whether a switch of Word's is there and not off."""
    return element is not None and (local_value(element, "val") or "true") not in {"false", "0", "off", "none"}


@dataclass(frozen=True, slots=True)
class ParagraphStyle:
    """A paragraph's standing.

    Attributes:
        name: of its style, in lower case.
        heading: level from 1 of a heading, else 0.
        list_id: of the list that numbers it, empty where none does.
        list_level: depth in that list, from 0.
        ids: of its style and of those that it is based on, nearest first, where the paragraph itself names no depth.
        hidden: it is not shown.
    """

    name: str = ""
    heading: int = 0
    list_id: str = ""
    list_level: int = 0
    hidden: bool = False
    ids: tuple[str, ...] = ()


@dataclass(slots=True)
class _Style:
    name: str = ""
    based_on: str = ""
    outline: int | None = None
    list_id: str | None = None
    list_level: int | None = None
    hidden: bool | None = None
    ink: str | None = None
    ground: str | None = None
    half_points: int | None = None


class Styles:
    """A document's styles by their ids."""

    def __init__(self, root: Any) -> None:
        self._styles: dict[str, _Style] = {}
        self._default = ""
        for element in root if root is not None else ():
            if is_named(element, "style"):
                key = local_value(element, "styleId") or ""
                self._styles[key] = _style(element)
                if local_value(element, "type") == "paragraph" and local_value(element, "default") in {"1", "true"}:
                    self._default = key

    def of(self, properties: Any) -> ParagraphStyle:
        """The standing of a paragraph by its properties, which may be None."""
        own = _Style()
        key = self._default
        if properties is not None:
            _read_properties(properties, own)
            key = own.based_on or key
        chain = [own, *self._chain(key)]
        outline = next((s.outline for s in chain if s.outline is not None), None)
        list_id = next((s.list_id for s in chain if s.list_id is not None), "")
        level = next((s.list_level for s in chain if s.list_level is not None), 0)
        named = next((s.name for s in chain if s.name), "")
        heading = next((int(s.name[8:]) for s in chain if s.name.startswith("heading ") and s.name[8:].isdecimal()), 0)
        if not heading and outline is not None and outline < _LEVELS:
            heading = outline + 1
        hidden = _first(s.hidden for s in chain) or False
        ids = tuple(self._ids(key)) if own.list_level is None else ()
        return ParagraphStyle(named, heading, "" if list_id == "0" else list_id, min(level, _LEVELS - 1), hidden, ids)

    def hides(self, run_properties: Any, paragraph_properties: Any = None, ground: str | None = None) -> bool:
        """Whether a run's letters are not shown, or are tiny or white on white.

        Args:
            run_properties: the run's own, which may be None.
            paragraph_properties: of the paragraph around it, which may be None.
            ground: colour behind the paragraph, as of its cell; None for that of paper.
        """
        own = _Style()
        if run_properties is not None:
            _read_run(run_properties, own)
        named = [own, *self._chain(own.based_on)]
        around = _Style()
        if paragraph_properties is not None:
            _read_properties(paragraph_properties, around)
        chain = [*named, around, *self._chain(around.based_on or self._default)]
        if _first(s.hidden for s in named):
            return True
        half_points = _first(s.half_points for s in chain)
        if half_points is not None and half_points <= _UNSEEN_HALF_POINTS:
            return True
        behind = _first(s.ground for s in chain) or ground
        return _first(s.ink for s in chain) in _WHITE and (behind is None or behind in _WHITE)

    def _chain(self, key: str) -> list[_Style]:
        return [self._styles[each] for each in self._ids(key)]

    def _ids(self, key: str) -> list[str]:
        found: list[str] = []
        while key in self._styles and len(found) < _CHAIN_MAX:
            found.append(key)
            key = self._styles[key].based_on
        return found


def _style(element: Any) -> _Style:
    style = _Style()
    for child in element:
        if not isinstance(child.tag, str):
            continue
        match local_name(child):
            case "name":
                style.name = (local_value(child, "val") or "").strip().lower()
            case "pPr":
                _read_properties(child, style)
            case "rPr":
                _read_run(child, style)
            case _:
                pass
    style.based_on = next((local_value(c, "val") or "" for c in element if is_named(c, "basedOn")), "")
    return style


def _read_properties(properties: Any, style: _Style) -> None:
    for child in properties:
        if not isinstance(child.tag, str):
            continue
        match local_name(child):
            case "pStyle":
                style.based_on = local_value(child, "val") or ""
            case "outlineLvl":
                style.outline = whole_number(local_value(child, "val"), _LEVELS)
            case "shd":
                style.ground = ground_of(child)
            case "numPr":
                for part in child:
                    if local_name(part) == "numId":
                        style.list_id = local_value(part, "val") or "0"
                    elif local_name(part) == "ilvl":
                        style.list_level = whole_number(local_value(part, "val"), 0)
            case _:
                pass


def _read_run(properties: Any, style: _Style) -> None:
    for child in properties:
        if not isinstance(child.tag, str):
            continue
        if local_name(child) == "rStyle":
            style.based_on = local_value(child, "val") or ""
            continue
        match local_name(child):
            case "vanish" | "webHidden" | "specVanish":
                style.hidden = style.hidden or is_on(child)
            case "color":
                style.ink = (local_value(child, "themeColor") or local_value(child, "val") or "").lower()
            case "sz":
                style.half_points = whole_number(local_value(child, "val"), 24)
            case "shd" | "highlight":
                style.ground = ground_of(child) or style.ground
            case _:
                pass


def ground_of(shading: Any) -> str | None:
    """The colour behind letters that an element says; None for that of paper."""
    told = local_value(shading, "themeFill") or local_value(shading, "fill") or local_value(shading, "val") or ""
    return None if told.lower() in {"", "auto", "none", "clear", "nil"} else told.lower()


def _first(values: Iterable[_T | None]) -> _T | None:
    return next((value for value in values if value is not None), None)


def whole_number(text: str | None, otherwise: int) -> int:
    """A number as Word writes it; another where there is none."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else otherwise


@dataclass(slots=True)
class _Level:
    kind: str = "decimal"
    pattern: str = ""
    start: int = 1
    restarts: int | None = None
    plain_figures: bool = False
    style: str = ""
    """Of the paragraphs that this level is for."""


@dataclass(slots=True)
class _List:
    """A list as it is used: its levels and counters, shared by all lists of the same definition."""

    levels: dict[int, _Level]
    counters: list[int | None] = field(default_factory=lambda: [None] * _LEVELS)


class Numbering:
    """Counts the items of a document's lists, in the order in which they are read."""

    def __init__(self, root: Any) -> None:
        self._lists: dict[str, _List] = {}
        self._starts: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()
        parts = [part for part in root if isinstance(part.tag, str)] if root is not None else []
        defined = _definitions([part for part in parts if local_name(part) == "abstractNum"])
        for part in parts:
            if local_name(part) == "num":
                self._add(part, defined)

    def _add(self, part: Any, defined: dict[str, _List]) -> None:
        key = local_value(part, "numId") or ""
        levels: dict[int, _Level] = {}
        starts: dict[int, int] = {}
        base: _List | None = None
        for child in part:
            if local_name(child) == "abstractNumId":
                base = defined.get(local_value(child, "val") or "")
            elif local_name(child) == "lvlOverride":
                depth = whole_number(local_value(child, "ilvl"), 0)
                levels |= _levels(child)
                for inner in child:
                    if local_name(inner) == "startOverride":
                        starts[depth] = whole_number(local_value(inner, "val"), 1)
        if base is not None:
            self._lists[key] = _List({**base.levels, **levels}, base.counters) if levels else base
            self._starts[key] = starts

    def depth(self, style: ParagraphStyle) -> int:
        """A paragraph's depth in its list: what a level says of the paragraph's style goes before what the style says."""
        found = self._lists.get(style.list_id)
        linked = {level.style: depth for depth, level in found.levels.items() if level.style} if found else {}
        return next((linked[each] for each in style.ids if each in linked), style.list_level)

    def label(self, list_id: str, depth: int) -> str | None:
        """The number before the next item, as it is shown; empty for a bullet; None where there is no such list."""
        found = self._lists.get(list_id)
        if found is None:
            return None
        level = found.levels.get(depth, _Level())
        counters = found.counters
        value = counters[depth]
        if (list_id, depth) not in self._begun and depth in self._starts[list_id]:
            value = None
        self._begun.add((list_id, depth))
        start = self._starts[list_id].get(depth, level.start)
        counters[depth] = start if value is None else value + 1
        for deeper in range(depth + 1, _LEVELS):
            restarts = found.levels[deeper].restarts if deeper in found.levels else None
            if restarts is None or 0 < restarts >= depth + 1:
                counters[deeper] = None
        if level.kind in {"bullet", "none"} or not level.pattern:
            return "" if level.kind == "bullet" else None
        return _filled(level, found, depth)


def _definitions(parts: Sequence[Any]) -> dict[str, _List]:
    """The lists that a document defines; one that only names a style is the list of that style."""
    found = {local_value(part, "abstractNumId") or "": _List(_levels(part)) for part in parts}
    linked: dict[str, _List] = {}
    for name in ("styleLink", "numStyleLink"):
        for part in parts:
            key = local_value(part, "abstractNumId") or ""
            style = next((local_value(child, "val") or "" for child in part if local_name(child) == name), None)
            if style is not None and name == "styleLink":
                linked[style] = found[key]
            elif style is not None:
                found[key] = linked.get(style, found[key])
    return found


def _filled(level: _Level, found: _List, depth: int) -> str:
    pieces: list[str] = []
    at = 0
    while at < len(level.pattern):
        character = level.pattern[at]
        following = level.pattern[at + 1 : at + 2]
        if character == "%" and following in _PLACE:
            wanted = int(following) - 1
            upper = found.levels.get(wanted, _Level())
            value = found.counters[wanted]
            kind = "decimal" if level.plain_figures and wanted < depth else upper.kind
            pieces.append(numeral(upper.start if value is None else value, kind))
            at += 2
        else:
            pieces.append(character)
            at += 1
    return "".join(pieces).strip()


def _levels(element: Any) -> dict[int, _Level]:
    found: dict[int, _Level] = {}
    for part in element:
        if is_named(part, "lvl"):
            found[whole_number(local_value(part, "ilvl"), 0)] = _level(part)
    return found


def _level(part: Any) -> _Level:
    level = _Level()
    for child in part:
        if not isinstance(child.tag, str):
            continue
        value = local_value(child, "val")
        match local_name(child):
            case "start":
                level.start = whole_number(value, 1)
            case "numFmt":
                level.kind = value or "decimal"
            case "lvlText":
                level.pattern = value or ""
            case "lvlRestart":
                level.restarts = whole_number(value, 0)
            case "pStyle":
                level.style = value or ""
            case "isLgl":
                level.plain_figures = is_on(child)
            case _:
                pass
    return level

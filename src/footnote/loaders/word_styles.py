"""What Word's styles say of a paragraph: heading, list item, hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from footnote.loaders.archives import local_name, local_value

__all__ = ["ParagraphStyle", "Styles", "is_on", "whole_number"]

_CHAIN_MAX = 20
_LEVELS = 9


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


class Styles:
    """A document's styles by their ids."""

    def __init__(self, root: Any) -> None:
        self._styles: dict[str, _Style] = {}
        self._default = ""
        for element in root if root is not None else ():
            if isinstance(element.tag, str) and local_name(element) == "style":
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
        hidden = next((s.hidden for s in chain if s.hidden is not None), False)
        ids = tuple(self._ids(key)) if own.list_level is None else ()
        return ParagraphStyle(named, heading, "" if list_id == "0" else list_id, min(level, _LEVELS - 1), hidden, ids)

    def hides(self, run_properties: Any) -> bool:
        """Whether a run's properties, or the style that they name, hide it."""
        if run_properties is None:
            return False
        own = _Style()
        _read_run(run_properties, own)
        chain = [own, *self._chain(own.based_on)]
        return next((s.hidden for s in chain if s.hidden is not None), False)

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
    style.based_on = next(
        (local_value(c, "val") or "" for c in element if isinstance(c.tag, str) and local_name(c) == "basedOn"), ""
    )
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
        elif local_name(child) in {"vanish", "webHidden"}:
            style.hidden = is_on(child)


def whole_number(text: str | None, otherwise: int) -> int:
    """A number as Word writes it; another where there is none."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else otherwise

"""What the styles of a page hide: whole elements, and letters that are tiny or of the colour of their own ground.

Where a style that hides may be undone by a script, as most of a page hidden at first tells, its text is read and doubt is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from footnote.loaders.web.style_sheets import Declarations, Rule, StyleSheets, declarations

__all__ = ["DOUBT", "MOST", "Visibility"]

DOUBT = "text is read that may be hidden: most of a page, or by styles that are not followed"
_WANTED = frozenset(
    "display visibility content-visibility opacity filter overflow overflow-x overflow-y height width max-height max-width "
    "block-size inline-size max-block-size max-inline-size clip clip-path transform scale translate zoom position left right top "
    "bottom inset margin margin-left margin-right margin-top text-indent font font-size color background background-color "
    "background-image background-clip -webkit-background-clip -webkit-text-fill-color".split()
)
_SMALLEST_PX = 2.0
_FAR_PX = 1_000.0
_AWAY_PX = 100.0
"""To the left or above, for what is taken out of the flow."""
_LEAST_CONTRAST = 0.06
"""Of the part of one colour, from 0 to 1: nobody tells less apart."""
MOST = 0.5
"""Share of a page's text above which it is not hidden: a script shows it when the page has loaded, or its ground is another."""
_MUTE = frozenset({"script", "style", "template", "noscript"})
_LENGTH = re.compile(
    r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(px|pt|pc|in|cm|mm|q|r?em|ex|ch|%|[sld]?v(?:w|h|min|max|i|b))?(?![\w-])"
)
_UNITS = {"px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 37.8, "mm": 3.78, "q": 0.945, "rem": 16.0}
_SIZES = (
    "height",
    "width",
    "max-height",
    "max-width",
    "block-size",
    "inline-size",
    "max-block-size",
    "max-inline-size",
)
_SHIFTS = ("left", "right", "top", "bottom", "inset")
_PUSHES = ("margin", "margin-left", "margin-right", "margin-top", "text-indent")
_CUT_OFF = re.compile(
    r"inset\(\s*(?:[5-9]\d|\d{3,})(?:\.\d+)?%|(?:circle|ellipse)\(\s*0*\.?0*(?:px|%|\s|\)|r?em)|rect\(\s*0|polygon\(\s*(?:0(?:px|%)?[\s,]*)+\)"
)
_FLAT = re.compile(
    r"scale[xy3d]*\(\s*(?:[^()]*,\s*)?[+-]?0*\.?0+\s*[,)]|rotate[xy]\(\s*-?90deg|matrix\(\s*0\s*,\s*0\s*,\s*0\s*,\s*0\b"
)
_MOVED = re.compile(r"translate[xyz3d]*\(([^)]*)\)")
_FILTERED = re.compile(r"opacity\(\s*0*\.?0*%?\s*\)")
_PICTURE = re.compile(r"url\(|gradient\(|image-set\(|image\(|element\(|var\(|attr\(")
_WHITE, _BLACK, _LINK = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.93)

_Rgb: TypeAlias = tuple[float, float, float]
_Hiding: TypeAlias = Literal["style", "sheet", "faint"]
"""What hides an element: its own style; a style sheet; being see-through or flat, as what a script moves into sight is at first."""


@dataclass(frozen=True, slots=True)
class _Letters:
    """How letters are set: colour, that of their ground (None: not known), size in pixels."""

    ink: _Rgb | None = _BLACK
    ground: _Rgb | None = _WHITE
    px: float = 16.0

    @property
    def unseen(self) -> bool:
        if self.px < _SMALLEST_PX:
            return True
        if self.ink is None or self.ground is None:
            return False
        return max(abs(a - b) for a, b in zip(self.ink, self.ground, strict=True)) < _LEAST_CONTRAST


@dataclass(slots=True)
class _Found:
    """What was found in a page, and how many characters of its text it is."""

    hidden: dict[Any, _Hiding] = field(default_factory=dict)
    unseen: list[Any] = field(default_factory=list)
    """Elements whose own letters cannot be seen."""
    chars: int = 0
    unseen_chars: int = 0
    faint_chars: int = 0


class Visibility:
    """Which elements of a page are not seen.  Letters that cannot be seen are taken out of the tree.

    Args:
        tree: of the page, as lxml parsed it.
        root: the part of it that is read.

    Attributes:
        erased: stretches of letters that were taken out.
        doubtful: whether text is left that may be hidden.
    """

    def __init__(self, tree: Any, root: Any) -> None:
        self._sheets = StyleSheets(tree, _WANTED)
        self._reveals = [
            {name for name in rule.last.names if name[0] == "."}
            for rule in self._sheets.all()
            if (_number(rule.normal | rule.important, "opacity") or 0.0) > 0
        ]
        self._found = _Found()
        self.doubtful = False
        above = _Letters()
        for element in reversed(list(root.iterancestors())):
            above = self._letters(element, self._style(element, self._sheets.candidates(element))[0], above)
        self._walk(root, above)
        found = self._found
        if found.faint_chars > MOST * found.chars:
            self.doubtful = True
            found.hidden = {element: by for element, by in found.hidden.items() if by != "faint"}
        self.erased = 0
        if found.unseen_chars > MOST * found.chars:
            self.doubtful = True
        else:
            self._erase()

    def hides(self, element: Any, *, is_most: bool) -> bool:
        """Whether an element is not seen; a style sheet does not hide one with most of a page's text."""
        by = self._found.hidden.get(element)
        if by == "sheet" and is_most:
            self.doubtful = True
            return False
        return by is not None

    def _walk(self, root: Any, above: _Letters) -> None:
        """Look at each element once, those around it first."""
        open_elements: list[tuple[Any, _Letters, bool]] = [(root, above, False)]
        found = self._found
        while open_elements:
            element, around, inside = open_elements.pop()
            rules = self._sheets.candidates(element)
            style, by = self._style(element, rules)
            letters = self._letters(element, style, around)
            own = _own_chars(element)
            found.chars += own
            if by is not None:
                found.hidden[element] = by
                inside = inside or by == "faint"
            found.faint_chars += own * inside
            if own and letters.unseen:
                found.unseen.append(element)
                found.unseen_chars += own
            open_elements += [
                (child, letters, inside) for child in element if isinstance(child.tag, str) and child.tag not in _MUTE
            ]

    def _style(self, element: Any, rules: list[Rule]) -> tuple[Declarations, _Hiding | None]:
        """The styles of an element put together, and what of them hides it."""
        normal, important = declarations(element.get("style") or "")
        sure = [rule for rule in rules if not rule.doubtful and rule.fits_around(element)]
        style = _attributes(element) | _merged(sure, normal, important)
        if not _hides(style):
            doubtful = [rule for rule in rules if rule.doubtful and _hides(rule.normal | rule.important)]
            self.doubtful |= any(_hides(style | rule.normal | rule.important) for rule in doubtful)
            return style, None
        if _hides(normal | important):
            return style, "faint" if _is_faint(normal | important) else "style"
        others = [rule for rule in rules if rule not in sure]
        if any(_shows(rule.normal | rule.important) for rule in others) or self._is_revealed(style, sure):
            self.doubtful = True
            return style, None
        return style, "faint" if _is_faint(style) else "sheet"

    def _is_revealed(self, style: Declarations, sure: list[Rule]) -> bool:
        """Whether a class that a script adds makes visible what is see-through at first."""
        if not _is_faint(style):
            return False
        hiding = [
            {n for n in rule.last.names if n[0] == "."} for rule in sure if _is_faint(rule.normal | rule.important)
        ]
        return any(names and names < more for names in hiding for more in self._reveals)

    def _letters(self, element: Any, style: Declarations, around: _Letters) -> _Letters:
        px = _font_px(style, around.px)
        ground = _ground(style, around.ground)
        told = style.get("-webkit-text-fill-color") or style.get("color", "")
        ink = around.ink
        if told:
            ink = around.ink if told in {"inherit", "unset", "currentcolor"} else _over(told, ground)
        elif element.tag == "a" and element.get("href"):
            ink = _LINK
        if "text" in (style.get("background-clip", ""), style.get("-webkit-background-clip", "")):
            ink, ground = None, around.ground
        if ink is around.ink and ground is around.ground and px == around.px:
            return around
        return _Letters(ink, ground, px)

    def _erase(self) -> None:
        unseen = set(self._found.unseen)
        for element in self._found.unseen:
            self.erased += element.getparent() not in unseen
            element.text = None
            for child in element:
                child.tail = None


def _merged(rules: Iterable[Rule], normal: Declarations, important: Declarations) -> Declarations:
    style: Declarations = {}
    for rule in rules:
        style |= rule.normal
    style |= normal
    for rule in rules:
        style |= rule.important
    return style | important


def _attributes(element: Any) -> Declarations:
    """What old attributes say of colours."""
    style: Declarations = {}
    if ground := element.get("bgcolor"):
        style["background-color"] = ground.strip().lower()
    if element.get("background"):
        style["background-image"] = "url()"
    told = element.get("color") if element.tag == "font" else element.get("text") if element.tag == "body" else None
    if told:
        style["color"] = told.strip().lower()
    return style


def _own_chars(element: Any) -> int:
    return len((element.text or "").strip()) + sum(len((child.tail or "").strip()) for child in element)


def _hides(style: Declarations) -> bool:
    """Whether declarations hide an element with all that is in it."""
    if not style:
        return False
    return (
        style.get("display") == "none"
        or style.get("visibility") in {"hidden", "collapse"}
        or style.get("content-visibility") == "hidden"
        or _is_faint(style)
        or _is_cut_off(style)
        or _is_away(style)
    )


def _shows(style: Declarations) -> bool:
    told = {"display", "visibility", "opacity", "height", "max-height", "transform", "clip", "clip-path"}
    return bool(told & style.keys()) and not _hides(style)


def _is_faint(style: Declarations) -> bool:
    """Whether an element is see-through or flat, as it is before it is moved into sight."""
    opacity = _number(style, "opacity")
    transform = (
        f"{style.get('transform', '')} scale({style['scale']})" if "scale" in style else style.get("transform", "")
    )
    return (
        (opacity is not None and opacity < _LEAST_CONTRAST)
        or bool(_FILTERED.search(style.get("filter", "")))
        or bool(_FLAT.search(transform))
    )


def _is_cut_off(style: Declarations) -> bool:
    """Whether nothing is left of an element's box, or of what is shown of it."""
    overflow = " ".join(style.get(name, "") for name in ("overflow", "overflow-x", "overflow-y"))
    if any(word in overflow for word in ("hidden", "clip")) and any(
        (size := _px(style.get(name, ""))) is not None and size <= 1 for name in _SIZES
    ):
        return True
    edges = [_px(edge) for edge in re.split(r"[\s,]+", style.get("clip", "").removeprefix("rect(").rstrip(") "))]
    out_of_flow = style.get("position") in {"absolute", "fixed"}
    clipped = out_of_flow and len(edges) == 4 and all(edge is not None and edge <= 1 for edge in edges)
    return clipped or _px(style.get("zoom", "")) == 0 or bool(_CUT_OFF.match(style.get("clip-path", "")))


def _is_away(style: Declarations) -> bool:
    """Whether an element is moved out of sight."""
    position = style.get("position", "")
    if position in {"absolute", "fixed", "relative", "sticky"}:
        shifts = [_lengths(style.get(name, "")) for name in _SHIFTS]
        if any(abs(length) >= _FAR_PX for lengths in shifts for length in lengths):
            return True
        if position in {"absolute", "fixed"} and any(x <= -_AWAY_PX for lengths in shifts for x in lengths):
            return True
    if any(abs(length) >= _FAR_PX for name in _PUSHES for length in _lengths(style.get(name, ""))):
        return True
    if any(length <= -_AWAY_PX for length in _lengths(style.get("text-indent", ""))):
        return True
    moved = [*_MOVED.findall(style.get("transform", "")), style.get("translate", "")]
    return any(abs(length) >= _FAR_PX for each in moved for length in _lengths(each))


def _number(style: Declarations, name: str) -> float | None:
    match = _LENGTH.fullmatch(style.get(name, ""))
    return None if match is None else float(match[1]) / (100.0 if match[2] == "%" else 1.0)


def _lengths(value: str, em: float = 16.0) -> list[float]:
    """The lengths in a value, in pixels; shares of what is around count as they stand."""
    return (
        [
            float(match[1]) * (_UNITS.get(match[2] or "px") or (em if match[2] in {"em", "ex", "ch"} else 1.0))
            for match in _LENGTH.finditer(value)
        ]
        if value
        else []
    )


def _px(value: str) -> float | None:
    """A single length; None for what is none, such as auto."""
    found = _lengths(value)
    return found[0] if len(found) == 1 else None


def _font_px(style: Declarations, around: float) -> float:
    size = style.get("font-size", "")
    if not size and "font" in style:
        size = style["font"].partition("/")[0]
    match = _LENGTH.search(size)
    if match is None:
        # Words such as "small" are never too small; "inherit" is what is around.
        return around if not size or size in {"inherit", "unset", "smaller", "larger"} else 16.0
    number, unit = float(match[1]), match[2] or "px"
    if unit == "%":
        return number / 100 * around
    return number * (_UNITS.get(unit) or (around if unit in {"em", "ex", "ch"} else 10.0))


def _ground(style: Declarations, around: _Rgb | None) -> _Rgb | None:
    told = style.get("background", ""), style.get("background-color", ""), style.get("background-image", "")
    if any(map(_PICTURE.search, told)):
        return None
    for value in (told[1], told[0]):
        for word in re.findall(r"[\w#-]+(?:\([^)]*\))?", value):
            if word not in {"inherit", "unset", "initial", "none", "currentcolor"} and _colour(word) is not None:
                return _over(word, around)
    return around


def _over(value: str, ground: _Rgb | None) -> _Rgb | None:
    """A colour as it is seen over its ground; None where that is not known."""
    found = _colour(value)
    if found is None:
        return None
    *own, alpha = found
    if alpha >= 1:
        return (own[0], own[1], own[2])
    if ground is None:
        return None
    red, green, blue = (alpha * a + (1 - alpha) * b for a, b in zip(own, ground, strict=True))
    return (red, green, blue)


@lru_cache(maxsize=1_024)
def _colour(value: str) -> tuple[float, float, float, float] | None:
    """Red, green, blue and how much they cover, each from 0 to 1; None for what is no colour by itself."""
    import tinycss2.color4

    colour = tinycss2.color4.parse_color(value)
    if colour is None or isinstance(colour, str):
        return None
    try:
        red, green, blue = colour.to("srgb").coordinates
    except NotImplementedError:
        # Of the spaces that are not reckoned with, white and black are told by their lightness.
        light = float(colour.coordinates[0]) / (1.0 if colour.space.startswith("ok") else 100.0)
        if _LEAST_CONTRAST < light < 1 - _LEAST_CONTRAST / 2:
            return None
        red = green = blue = round(light)
    return float(red), float(green), float(blue), float(colour.alpha)

"""What the styles of a page hide: those of its elements, and those of its style sheets that name tags, classes and ids alone.

Scripts are not run, and selectors with more to them are not followed.  Where one of those might show what a plain one hides, it
counts as shown: a reader who misses text is worse off than one who sees too much.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

__all__ = ["Visibility"]

_SHEET_MAX_CHARS = 300_000
"""Of all style sheets in a page together."""
_PLAIN = re.compile(r"(?:[a-z][\w-]*)?(?:[.#][\w-]+)*", re.IGNORECASE)
_LAST = re.compile(r"(?:[a-z][\w-]*)?(?:[.#][\w-]+)*(?=(?::[\w()-]+|\[[^\]]*\])*\s*$)", re.IGNORECASE)
_PARTS = re.compile(r"[.#]?[\w-]+")
_NOTHING = re.compile(r"0*(?:\.0+)?(?:px|pt|em|rem|ex|ch|%|vw|vh)?", re.IGNORECASE)
_FAR = re.compile(r"-\d{3,}(?:\.\d+)?(?:px|pt|em|rem|%|vw|vh)?", re.IGNORECASE)
_AWAY = ("left", "right", "top", "text-indent", "margin-left")
_WHITE = frozenset({"#fff", "#ffffff", "white", "rgb(255,255,255)", "rgba(255,255,255,1)"})


class Visibility:
    """Which elements of a page are not seen.

    Args:
        tree: of the page, as lxml parsed it.
    """

    def __init__(self, tree: Any) -> None:
        self._hiding: dict[str, list[frozenset[str]]] = defaultdict(list)
        """Selectors that hide, under the rarest kind of name in each."""
        self._showing: dict[str, list[frozenset[str]]] = defaultdict(list)
        sheets = "\n".join(text for style in tree.iter("style") if (text := style.text))
        for selector, declarations in _rules(sheets[:_SHEET_MAX_CHARS]):
            hides = _hides(declarations)
            if hides is None:
                continue
            for each in selector.split(","):
                plain = _PLAIN.fullmatch(each.strip())
                last = plain or _LAST.search(each)
                names = frozenset(_PARTS.findall(last.group().lower())) if last else frozenset()
                if names and (plain or not hides):
                    (self._hiding if hides else self._showing)[_key(names)].append(names)

    def hides(self, element: Any) -> bool:
        """Whether an element is not seen by its own style."""
        style = element.get("style")
        return bool(style) and _hides(_declarations(style)) is True

    def hides_by_sheet(self, element: Any) -> bool:
        """Whether a style sheet hides an element, and none may show it."""
        if not self._hiding or _hides(_declarations(element.get("style") or "")) is False:
            return False
        names = {element.tag.lower(), *(f".{name}" for name in (element.get("class") or "").lower().split())}
        if key := element.get("id"):
            names.add(f"#{key.lower()}")
        return _matches(self._hiding, names) and not _matches(self._showing, names)


def _key(names: frozenset[str]) -> str:
    return max(names, key=lambda name: (name[0] == "#", name[0] == ".", name))


def _matches(rules: dict[str, list[frozenset[str]]], names: set[str]) -> bool:
    return any(wanted <= names for name in names for wanted in rules.get(name, ()))


def _rules(sheet: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Selectors with their declarations; what stands in @media and the like is left out: it holds elsewhere."""
    import tinycss2

    for rule in tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True):
        if rule.type == "qualified-rule":
            yield tinycss2.serialize(rule.prelude).strip(), _declarations(tinycss2.serialize(rule.content))


def _declarations(text: str) -> dict[str, str]:
    """Properties with their values, in small letters and without blanks; the later of two holds."""
    found = {}
    for part in text.split(";"):
        name, colon, value = part.partition(":")
        if colon:
            found[name.strip().lower()] = "".join(value.lower().replace("!important", "").split())
    return found


def _hides(style: dict[str, str]) -> bool | None:
    """Whether declarations hide (True), show (False), or say nothing of it (None)."""
    moved = style.get("position") in ("absolute", "fixed") or "text-indent" in style
    if (
        style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
        or _NOTHING.fullmatch(style.get("font-size", "-"))
        or (moved and any(_FAR.fullmatch(style.get(name, "")) for name in _AWAY))
        or _is_unseen_ink(style)
    ):
        return True
    return False if "display" in style or "visibility" in style else None


def _is_unseen_ink(style: dict[str, str]) -> bool:
    """Whether letters have the colour of their own ground."""
    ink, ground = style.get("color", ""), style.get("background-color") or style.get("background", "")
    return bool(ink) and (ink == ground or (ink in _WHITE and ground in _WHITE) or ink == "transparent")

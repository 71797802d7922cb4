"""The styles of a page: its style sheets and the styles of its elements, put together for each element as browsers do.

Scripts are not run and no sheet is fetched.  Selectors are followed as far as tags, classes, ids, attributes and what they stand
inside of; what more a selector asks (a state, a place among others) is told as doubt.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

__all__ = ["Declarations", "StyleSheets", "declarations"]

Declarations: TypeAlias = dict[str, str]
"""Properties with their values, in small letters and without comments; the later of two holds."""
_SHEET_MAX_CHARS = 300_000
"""Of all style sheets in a page together."""
_NAME = r"(?:[\w-]|\\.)+"
_SIMPLE = re.compile(
    rf"(?P<name>[.#]?{_NAME}|\*)"
    rf"|\[\s*(?P<attribute>{_NAME})\s*(?:(?P<sign>[~|^$*]?=)\s*(?P<value>\"[^\"]*\"|'[^']*'|[^\]\s]*)\s*[is]?\s*)?\]"
    r"|(?P<more>::?[\w-]+(?:\((?:[^()]|\([^()]*\))*\))?)"
    r"|(?P<inside>\s*>\s*|\s+)",
    re.IGNORECASE,
)
_COMMA = re.compile(r",(?![^()\[\]]*[)\]])")
_BESIDE = re.compile(r"[+~](?!=)(?![^()\[\]]*[)\]])")
_EVERYWHERE = re.compile(
    r"(?:(?:only )?(?:screen|all))?(?: ?and ?)?(?:\( ?min-width ?: ?(?:[0-2]?\d?\d|3[01]\d|320)(?:px)? ?\))?",
    re.IGNORECASE,
)
"""Media that whoever reads a page at a screen has."""
_SIGNS: dict[str, Callable[[str, str], bool]] = {
    "=": lambda own, value: own == value,
    "~=": lambda own, value: value in own.split(),
    "|=": lambda own, value: own == value or own.startswith(f"{value}-"),
    "^=": lambda own, value: bool(value) and own.startswith(value),
    "$=": lambda own, value: bool(value) and own.endswith(value),
    "*=": lambda own, value: bool(value) and value in own,
}


@dataclass(slots=True)
class _Compound:
    """What a selector asks of one element; ``directly``: of the parent of the one to its right, not any that it stands in."""

    names: set[str] = field(default_factory=set)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    directly: bool = False

    def fits(self, element: Any) -> bool:
        return self.names <= names_of(element) and self.fits_attributes(element)

    def fits_attributes(self, element: Any) -> bool:
        for name, sign, value in self.attributes:
            own = element.get(name)
            if own is None or (sign and not _SIGNS[sign](own.lower(), value)):
                return False
        return True


@dataclass(slots=True)
class Rule:
    """A selector with what it declares.

    Attributes:
        last: what it asks of the element itself.
        around: what it asks of those that the element stands in, nearest first.
        doubtful: it asks for more than is followed here.
        weight: its specificity, then its place in the sheet.
    """

    last: _Compound
    around: list[_Compound]
    doubtful: bool
    weight: tuple[int, int, int, int]
    normal: Declarations
    important: Declarations

    def fits_around(self, element: Any) -> bool:
        """Whether the element, which fits the last part, stands where the rest asks."""
        at = element.getparent()
        for compound in self.around:
            while at is not None and not compound.fits(at):
                if compound.directly:
                    return False
                at = at.getparent()
            if at is None:
                return False
            at = at.getparent()
        return True


class StyleSheets:
    """The style sheets in a page.

    Args:
        tree: of the page, as lxml parsed it.
        wanted: the properties that matter; rules without any are not kept.
    """

    def __init__(self, tree: Any, wanted: frozenset[str]) -> None:
        self._wanted = wanted
        self._rules: dict[str, list[Rule]] = defaultdict(list)
        """Under the rarest kind of name in the last part of each."""
        self._places = 0
        sheets = "\n".join(
            text for style in tree.iter("style") if _is_everywhere(style.get("media") or "") and (text := style.text)
        )
        import tinycss2

        self._take(tinycss2.parse_stylesheet(sheets[:_SHEET_MAX_CHARS], skip_comments=True, skip_whitespace=True))

    def candidates(self, element: Any) -> list[Rule]:
        """Rules whose last part fits an element, the weakest first."""
        if not self._rules:
            return []
        names = names_of(element)
        found = [
            rule
            for name in names
            for rule in self._rules.get(name, ())
            if rule.last.names <= names and rule.last.fits_attributes(element)
        ]
        return sorted(found, key=lambda rule: rule.weight)

    def all(self) -> Iterator[Rule]:
        """All rules that matter."""
        return (rule for rules in self._rules.values() for rule in rules)

    def _take(self, parsed: list[Any]) -> None:
        import tinycss2

        for rule in parsed:
            if rule.type == "at-rule" and rule.content is not None:
                name = rule.lower_at_keyword
                if name in {"layer", "supports"} or (
                    name == "media" and _is_everywhere(tinycss2.serialize(rule.prelude))
                ):
                    self._take(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True))
            elif rule.type == "qualified-rule":
                normal, important = _read(rule.content)
                if self._wanted & (normal.keys() | important.keys()):
                    prelude = "".join(part.serialize() for part in rule.prelude if part.type != "comment")
                    for selector in _COMMA.split(prelude):
                        self._add(selector.strip(), normal, important)

    def _add(self, selector: str, normal: Declarations, important: Declarations) -> None:
        found = _parsed(selector)
        if found is None:
            return
        parts, doubtful = found
        last, around = parts[-1], parts[-2::-1]
        ids = sum(name[0] == "#" for part in parts for name in part.names)
        classes = sum(sum(name[0] == "." for name in part.names) + len(part.attributes) for part in parts)
        tags = sum(name[0] not in ".#*" for part in parts for name in part.names)
        self._places += 1
        weight = (ids, classes, tags, self._places)
        key = max(last.names, key=lambda name: (name[0] == "#", name[0] == ".", name != "*", name))
        self._rules[key].append(Rule(last, around, doubtful, weight, normal, important))


@lru_cache(maxsize=4_096)
def declarations(style: str) -> tuple[Declarations, Declarations]:
    """What the style of an element declares: as such, and as important."""
    return _read(style)


def names_of(element: Any) -> set[str]:
    """The tag, classes and id of an element as selectors write them."""
    if not isinstance(element.tag, str):
        return set()
    names = {"*", element.tag.lower(), *(f".{name}" for name in (element.get("class") or "").lower().split())}
    if key := element.get("id"):
        names.add(f"#{key.lower()}")
    return names


def _read(content: Any) -> tuple[Declarations, Declarations]:
    import tinycss2

    normal: Declarations = {}
    important: Declarations = {}
    for part in tinycss2.parse_declaration_list(content, skip_comments=True, skip_whitespace=True):
        if part.type == "declaration":
            value = "".join(" " if token.type == "comment" else token.serialize() for token in part.value)
            (important if part.important else normal)[part.lower_name] = " ".join(value.lower().split())
    return normal, important


def _parsed(selector: str) -> tuple[list[_Compound], bool] | None:
    """The parts of a selector, and whether it asks for more; None where it is about no element itself."""
    parts = [_Compound()]
    *beside, selector = _BESIDE.split(selector)
    doubtful = bool(beside)
    for match in _matches(selector.strip()):
        if match is None:
            doubtful = True
        elif name := match["name"]:
            parts[-1].names.add(re.sub(r"\\(.)", r"\1", name.lower()))
        elif attribute := match["attribute"]:
            value = (match["value"] or "").strip("\"'").lower()
            parts[-1].attributes.append((attribute.lower(), match["sign"] or "", value))
        elif more := match["more"]:
            if more.startswith("::") or more.lower() in {":before", ":after", ":first-line", ":first-letter"}:
                return None
            doubtful = True
        else:
            parts[-1].directly = ">" in match["inside"]
            parts.append(_Compound())
    for part in parts:
        part.names = part.names or {"*"}
    return parts, doubtful


def _matches(selector: str) -> Iterator[re.Match[str] | None]:
    """The simple selectors of one, in order; None for what is none of them, once."""
    at = 0
    while at < len(selector):
        match = _SIMPLE.match(selector, at)
        yield match
        if match is None:
            return
        at = match.end()


def _is_everywhere(media: str) -> bool:
    return any(_EVERYWHERE.fullmatch(" ".join(each.split())) for each in media.split(","))

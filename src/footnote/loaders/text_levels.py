"""The levels of headings that were found in plain text, where nothing but order and wording tells them.

What is relied on: a heading directly above another heading holds it; a section whose text ends with a colon right above
a heading announces the headings that follow; a section of questions holds questions only; "Conclusion" and its like stand
on the top level; numbers, capitals and "Chapter" tell levels apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from footnote.loaders.questions import asks, stands_apart
from footnote.loaders.text_headings import style_of
from footnote.loaders.text_units import Unit

__all__ = ["set_levels"]

_TOP = 2
"""Level of a section; 1 is the title's."""
_DEEPEST = 6
_COMPARED = 20
"""Announced sections that a table's rows are compared with, the last ones."""
_WORD = re.compile(r"[^\W_]{3,}")
_COUNTED = re.compile(r"\b(two|three|four|five|six|seven|eight|nine|ten|\d{1,2})\b(?=[^.!?]*:$)", re.IGNORECASE)
_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}


@dataclass(slots=True)
class _Group:
    """Sections that another section announced."""

    level: int
    questions: bool
    wanted: int = 0
    """How many were announced; 0 where that was not said."""
    names: list[str] = field(default_factory=list)
    longest_words: int = 0

    def add(self, name: str) -> None:
        self.names.append(name)
        self.longest_words = max(self.longest_words, len(name.split()))


def set_levels(units: Sequence[Unit]) -> None:
    """Give every heading among the units its level; headings that came with one keep it."""
    positions = [n for n, u in enumerate(units) if u.kind == "heading"]
    base = _style_levels([units[n] for n in positions])
    group: _Group | None = None
    for order, n in enumerate(positions):
        unit = units[n]
        if unit.level:
            continue
        if order == 0 and n == 0 and _is_title(units, positions):
            unit.level = 1
            continue
        level = base[order]
        direct = order > 0 and positions[order - 1] == n - 1 and units[n - 1].level > 1
        following = positions[order + 1] if order + 1 < len(positions) else len(units)
        announces = _announces(units, n, following)
        if direct and style_of(units[n - 1]) == style_of(unit):
            group = _Group(min(units[n - 1].level + 1, _DEEPEST), asks(unit.text))
        elif group is not None and (announces or _closes(group, unit, units, n)):
            group = None
        if group is not None:
            level = group.level
            group.add(unit.text)
        unit.level = min(max(level, _TOP), _DEEPEST)
        if announces and following < len(units) and not (group is not None and following == n + 1):
            wanted = _COUNTED.search(units[following - 1].text) if following > n + 1 else None
            count = wanted[1].lower() if wanted else "0"
            group = _Group(
                min(unit.level + 1, _DEEPEST), asks(units[following].text), _NUMBERS.get(count) or int(count)
            )


def _is_title(units: Sequence[Unit], positions: Sequence[int]) -> bool:
    """Whether the heading at the top is the document's title and not the first of its sections."""
    first = units[positions[0]]
    others = [units[n] for n in positions[1:]]
    if first.number or stands_apart(first.text):
        return False
    if asks(first.text) and any(asks(u.text) for u in others):
        return False
    return not (style_of(first) == "chapter" and any(style_of(u) == "chapter" for u in others))


def _announces(units: Sequence[Unit], n: int, following: int) -> bool:
    """Whether the section at ``n`` ends by announcing the heading at ``following``."""
    if following == len(units) or style_of(units[n]) != style_of(units[following]):
        return False
    last = units[following - 1]
    return following == n + 1 or (last.kind == "prose" and last.text.rstrip().endswith(":"))


def _closes(group: _Group, unit: Unit, units: Sequence[Unit], n: int) -> bool:
    """Whether a heading is no longer one of those announced."""
    if stands_apart(unit.text) or (group.questions and not asks(unit.text)):
        return True
    if group.wanted and len(group.names) >= group.wanted:
        return True
    if group.questions or not group.names:
        return False
    return len(unit.text.split()) > max(5, 2 * group.longest_words) or _summed_up(group, units, n)


def _summed_up(group: _Group, units: Sequence[Unit], n: int) -> bool:
    """Whether a table just above compares the announced sections by name: then all of them have been there."""
    matched = set()
    row = n - 1
    while row >= 0 and units[row].kind == "table_row":
        first = set(_WORD.findall(units[row].text.strip("| ").split("|")[0].lower()))
        for name in group.names[-_COMPARED:]:
            words = set(_WORD.findall(name.lower()))
            if words and len(words & first) >= 0.5 * len(words):
                matched.add(name)
        row -= 1
    return len(matched) >= 2


def _style_levels(headings: Sequence[Unit]) -> list[int]:
    """The level that each heading's style alone gives it."""
    styles = [style_of(u) for u in headings]
    order = [s for s in ("chapter", "caps") if styles.count(s) > 1 or (s == "chapter" and s in styles)]
    rest = [s for s in ("numbered", "plain") if s in styles]
    if len(rest) == 2:
        order += _numbered_and_plain(headings, styles)
    levels = []
    for unit, style in zip(headings, styles, strict=True):
        if style == "dotted":
            levels.append(_TOP + unit.text.split()[0].rstrip(".").count("."))
        elif style in order and not (style == "plain" and stands_apart(unit.text)):
            levels.append(_TOP + order.index(style))
        else:
            levels.append(_TOP + len([s for s in order if s in {"chapter", "caps"}]) * (not stands_apart(unit.text)))
    return levels


def _numbered_and_plain(headings: Sequence[Unit], styles: Sequence[str]) -> list[str]:
    """Numbered and plain headings in one text, outermost first; empty where they are of one level."""
    numbers = [u.number for u, s in zip(headings, styles, strict=True) if s == "numbered"]
    if len(numbers) != len(set(numbers)):
        return ["plain", "numbered"]  # counting begins anew under each plain heading
    first, last = styles.index("numbered"), len(styles) - 1 - list(reversed(styles)).index("numbered")
    between = any(
        s == "plain" and not stands_apart(u.text) for u, s in zip(headings[first:last], styles[first:last], strict=True)
    )
    return ["numbered", "plain"] if between else []

"""Which lines of a plain text are headings, and of which level.

A heading is short, does not end as a sentence does, and something follows it that it can head.  A text of many short
lines (a poem, a list of names) has no headings to be found this way, and an ordinary sentence is never one.

Of levels nothing but order and wording tells: a heading directly above another heading holds it; a section whose text ends with a
colon right above a heading announces the headings that follow; a section of questions holds questions only; "Conclusion" and its
like stand on the top level; numbers, capitals and "Chapter" tell levels apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from footnote.loaders.outline import asks, opens_as_question, stands_apart
from footnote.loaders.plain.text_units import Unit

__all__ = ["mark_headings", "set_levels"]

_MAX_CHARS = 100
_MAX_WORDS = 14
_MAX_WORDS_PLAIN = 12
"""Of a heading that neither asks nor is numbered."""
_MAX_RUN = 3
"""So many headings may follow each other without text between; more are lines of something else."""
_CHAPTER = re.compile(
    r"(?:chapter|part|book|section|appendix|article|act|scene|volume|lecture|lesson|unit|module|step)\s+"
    r"(?:[ivxlcdm]+|\d+|[a-z]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b",
    re.IGNORECASE,
)
_DOTTED = re.compile(r"\d{1,3}(?:\.\d{1,3})+\.?\s+\S")
_SENTENCE_INSIDE = re.compile(r"[a-z)][.!?]\s+[A-Z]")
_COLUMNS = re.compile(r"\S(?:\s{3,}|\t|\s?\.\s?\.\s?\.)")
_HANGING_END = re.compile(
    r"\b(?:a|an|the|of|and|or|to|in|for|with|by|from|that|which|is|are|was|were|as|at|on)$", re.IGNORECASE
)
_FIELD = re.compile(r"[A-Z][\w ]{0,24}: +\S")
_SUBJECT = re.compile(r"(?:I|we|you|he|she|it|they|there|this|these|those|that)\b", re.IGNORECASE)
_ENDED = re.compile(r"[.!?…]['\"”’)\]]*$")
_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|will|would|can|could|should|must|may|might|does|do|did|it['’]s|there['’]s|"
    r"i['’]m|we['’]re|you['’]re|don['’]t)\b",
    re.IGNORECASE,
)
_TOP = 2
"""Level of a section; 1 is the title's."""
_DEEPEST = 6
_COMPARED = 20
"""Announced sections that a table's rows are compared with, the last ones."""
_WORD = re.compile(r"[^\W_]{3,}")
_COUNTED = re.compile(r"\b(two|three|four|five|six|seven|eight|nine|ten|\d{1,2})\b(?=[^.!?]*:$)", re.IGNORECASE)
_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}


def mark_headings(units: Sequence[Unit]) -> None:
    """Turn the units that head what follows them into headings; their levels are found afterwards."""
    spaced = sum(u.blank_before for u in units) > 0.5 * len(units)
    candidates = [_may_head(units, n, spaced=spaced) for n in range(len(units))]
    prose = sum(u.kind == "prose" for u in units)
    plain = sum(c and u.kind == "prose" for c, u in zip(candidates, units, strict=True))
    many = plain > 4 and plain > 0.7 * prose
    start = 0
    while start < len(units):
        if not candidates[start]:
            start += 1
            continue
        end = start
        while end < len(units) and candidates[end]:
            end += 1
        _mark_run(units, start, end, many=many)
        start = end


def _mark_run(units: Sequence[Unit], start: int, end: int, *, many: bool) -> None:
    """Mark the candidates that follow each other directly from ``start`` to ``end``, if text follows them."""
    sure = [
        n
        for n in range(start, end)
        if units[n].kind == "heading" or style_of(units[n]) in {"chapter", "caps", "dotted"}
    ]
    if start == 0 and len(units) > 2 and units[1].blank_before:
        units[0].kind = "heading"  # a title needs no text right below it
    chosen: Sequence[int] = range(start, end)
    if end == len(units) or (end - start > _MAX_RUN and start > 0) or (many and start > 0):
        chosen = sure
    elif end - start > _MAX_RUN:
        chosen = [start, *(n for n in sure if n > start)]  # a title above lines of something else
    elif not _is_body(units[end], units[end - 1]):
        chosen = sure
    for n in chosen:
        if n + 1 < len(units):
            units[n].kind = "heading"


def _is_body(unit: Unit, heading: Unit) -> bool:
    """Whether a unit is something that a heading can head."""
    if unit.kind != "prose":
        return True
    return (
        bool(_ENDED.search(unit.text)) or unit.text.endswith(":") or len(unit.text) > max(60, 1.5 * len(heading.text))
    )


def _may_head(units: Sequence[Unit], n: int, *, spaced: bool) -> bool:
    unit = units[n]
    if unit.kind == "heading":
        return True
    if n + 1 == len(units) or not _is_short_line(unit):
        return False
    if unit.kind == "item":
        return _numbered_heading(units, n)
    if style_of(unit) == "chapter":
        return True
    if unit.text[0].islower() or (spaced and not unit.blank_before) or _is_field(units, n):
        return False
    return _ends_as_heading(units, n)


def _ends_as_heading(units: Sequence[Unit], n: int) -> bool:
    text = units[n].text
    match text[-1]:
        case "?":
            return _asks_for_what_follows(units, n)
        case ":":
            return _announces_no_list(units, n)
        case _:
            return (
                text[-1] not in ".,;!…-–—&"
                and len(text.split()) <= _MAX_WORDS_PLAIN
                and sum(c.isalpha() for c in text) > 1
                and not _HANGING_END.search(text)
                and not _reads_as_sentence(text)
            )


def _is_field(units: Sequence[Unit], n: int) -> bool:
    """Whether a line is one of several fields: "Author: ...", "Date: ..."."""
    beside = [units[m] for m in (n - 1, n + 1) if 0 <= m < len(units)]
    return _FIELD.match(units[n].text) is not None and any(_FIELD.match(u.text) for u in beside)


def _is_short_line(unit: Unit) -> bool:
    """Whether a unit is one short line of words: no columns, no second sentence, nothing quoted."""
    text = unit.text
    return (
        unit.kind in {"prose", "item"}
        and len(unit.lines) == 1
        and len(text) <= _MAX_CHARS
        and len(text.split()) <= _MAX_WORDS
        and any(c.isalpha() for c in text)
        and text[0] not in "\"'“‘«([{<|>*~"
        and not _COLUMNS.search(text)
        and not _SENTENCE_INSIDE.search(text)
    )


def _reads_as_sentence(text: str) -> bool:
    """Whether a line without a full stop is a sentence all the same: a verb in it, and not set as a title."""
    words = [w for w in re.findall(r"[^\W\d_][\w'’-]*", text) if len(w) > 3]
    capitals = sum(w[0].isupper() for w in words)
    verbal = _SUBJECT.match(text) or (_FINITE.search(text) and not opens_as_question(text))
    return bool(verbal) and capitals < 0.6 * len(words)


def _numbered_heading(units: Sequence[Unit], n: int) -> bool:
    """Whether a numbered line is a heading: it has no end, and what follows is not the next number of a list."""
    unit, following = units[n], units[n + 1]
    if (
        n
        and units[n - 1].kind == "item"
        and units[n - 1].number
        and int(units[n - 1].number) + 1 == int(unit.number or 0)
    ):
        return False  # the last item of a list
    if not unit.number or not unit.text[0].isupper() or unit.text[-1] in ".!…,;":
        return False
    if unit.text.endswith(":"):
        return not following.number
    if following.kind == "item":
        return not following.number and following.indent <= unit.indent
    return _is_body(following, unit)


def _asks_for_what_follows(units: Sequence[Unit], n: int) -> bool:
    text, following = units[n].text, units[n + 1]
    if not (opens_as_question(text) or stands_apart(text) or ":" in text):
        return False
    return following.kind != "prose" or bool(_ENDED.search(following.text)) or len(following.text) > len(text)


def _announces_no_list(units: Sequence[Unit], n: int) -> bool:
    """Whether a line that ends with a colon heads a text: before a list it is the list's lead-in."""
    text, following = units[n].text, units[n + 1]
    return (
        following.kind == "prose"
        and len(text.split()) <= 6
        and not _reads_as_sentence(text)
        and _is_body(following, units[n])
    )


def style_of(unit: Unit) -> str:
    """How a heading is set, which tells headings of one level from those of another."""
    text = unit.text
    if _CHAPTER.match(text) and len(text.split()) <= 10:
        return "chapter"
    if _DOTTED.match(text):
        return "dotted"
    letters = [c for c in text if c.isalpha()]
    if len(letters) > 4 and all(c.isupper() for c in letters) and (len(text.split()) > 1 or len(letters) > 6):
        return "caps"
    return "numbered" if unit.number else "plain"


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

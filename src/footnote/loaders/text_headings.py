"""Which lines of a plain text are headings.

A heading is short, does not end as a sentence does, and something follows it that it can head.  A text of many short
lines (a poem, a list of names) has no headings to be found this way, and an ordinary sentence is never one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from footnote.loaders.questions import opens_as_question, stands_apart
from footnote.loaders.text_units import Unit

__all__ = ["mark_headings", "style_of"]

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

"""Plain text as units: what a reader sees as one paragraph, list item or table row, before any is taken for a heading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

from footnote.loaders.bare_lists import wrap_width
from footnote.loaders.lines import Line
from footnote.loaders.tables import is_delimiter_row

__all__ = ["Unit", "UnitKind", "is_hard_wrapped", "units_of"]

UnitKind: TypeAlias = Literal["prose", "item", "table_header", "table_row", "heading"]

_BULLET = re.compile(r"(?:[-*+•‣◦⁃▪▫●○■□▶►▸➤➢➔→✓✔✗✘❖»·]|–|—)[ \t]+(?=\S)|o[ \t]{2,}(?=\S)")
_NUMBERED = re.compile(r"(?:\(?(?P<number>\d{1,3})[.)]|\(?[a-z]\)|[ivx]{1,4}[.)])[ \t]+(?=\S)")
_RULE = re.compile(r"[ \t]*([-=*_~#+])(?:[ \t]*\1){2,}[ \t]*$")
_UNDERLINE = re.compile(r"[ \t]*(?P<mark>=|-)(?P=mark){2,}[ \t]*$")
_HASHES = re.compile(r"(?P<hashes>#{1,6})[ \t]+(?=\S)")
_FULL_STOP = re.compile(r"[.!?:;…][\"'”’)\]]*$")
_LONG_LINE_CHARS = 120


@dataclass(slots=True)
class Unit:
    """Lines that belong together.

    Attributes:
        lines: their text, markers and outer blanks taken off.
        blank_before: a blank line, or the top of the text, stands before it.
        indent: of its first line, in characters.
        number: of a numbered line, as written.
        ordered: whether its marker numbers it.
        level: of a heading that is marked as one.
    """

    kind: UnitKind
    lines: list[Line]
    blank_before: bool = False
    indent: int = 0
    number: str = ""
    ordered: bool = False
    level: int = 0

    @property
    def text(self) -> str:
        return " ".join(line.text for line in self.lines)

    @property
    def start(self) -> int:
        return self.lines[0].start

    @property
    def end(self) -> int:
        return self.lines[-1].end


def is_hard_wrapped(lines: Sequence[Line]) -> bool:
    """Whether a text breaks its paragraphs into lines.

    Broken lines end where the next word would not fit, or go on in lower case; paragraphs of one line each do neither.
    """
    texts = [line.text.rstrip() for line in lines]
    written = [t for t in texts if t]
    short = [t for t in written if len(t) <= _LONG_LINE_CHARS]
    if len(short) < 0.6 * len(written):
        return False
    width = wrap_width(short)
    pairs = unended = forced = small = 0
    for line, following in pairwise(texts):
        after = following.strip()
        if not line or not after or len(line) > _LONG_LINE_CHARS or _marker(after) or after.startswith("|"):
            continue
        pairs += 1
        if _FULL_STOP.search(line):
            continue  # a paragraph may end here, or only a sentence: it tells nothing
        unended += 1
        forced += len(line) <= width + 2 and len(line) + 1 + len(after.split()[0]) > width
        small += after[0].islower()
    return unended > 0.25 * pairs and (forced >= 0.5 * unended or small >= 0.4 * unended)


def units_of(lines: Sequence[Line]) -> list[Unit]:
    """The units of a text, in order."""
    wrapped = is_hard_wrapped(lines)
    width = wrap_width([line.text for line in lines])
    units: list[Unit] = []
    blank, number = True, 0
    while number < len(lines):
        line = lines[number]
        following = lines[number + 1] if number + 1 < len(lines) else None
        taken = 1
        if not line.text.strip():
            blank = True
        elif _RULE.match(line.text):
            # Under a line of its own length it marks a heading; elsewhere it only divides.
            _underline(units, line, blank=blank)
            blank = True
        elif following is not None and "|" in line.text and is_delimiter_row(following.text):
            taken = _take_table(lines, number, units, blank=blank)
            blank = False
        else:
            if not (wrapped and not blank and units and _goes_on(units[-1], line, width)):
                units.append(_unit(line, blank=blank))
            else:
                units[-1].lines.append(_stripped(line))
            blank = False
        number += taken
    return units


def _stripped(line: Line, skipped: int = 0) -> Line:
    text = line.text[skipped:]
    kept = text.strip()
    return Line(kept, line.start + skipped + len(text) - len(text.lstrip()))


def _marker(text: str) -> re.Match[str] | None:
    return _BULLET.match(text) or _NUMBERED.match(text)


def _unit(line: Line, *, blank: bool) -> Unit:
    bare = _stripped(line)
    indent = bare.start - line.start
    hashes = _HASHES.match(bare.text)
    if hashes and not indent:
        heading = _stripped(bare, hashes.end())
        return Unit("heading", [heading], blank, indent, level=len(hashes["hashes"]))
    match = _marker(bare.text)
    if match is None:
        return Unit("prose", [bare], blank, indent)
    number = match.groupdict().get("number") or ""
    ordered = match.re is _NUMBERED
    return Unit("item", [_stripped(bare, match.end())], blank, indent, number=number, ordered=ordered)


def _goes_on(unit: Unit, line: Line, width: int) -> bool:
    """Whether a line of hard-wrapped text goes on with the unit before it."""
    text = line.text.strip()
    if unit.kind not in {"prose", "item"} or _marker(text) or _HASHES.match(text):
        return False
    last = unit.lines[-1].text
    indent = len(line.text) - len(line.text.lstrip())
    ended = _FULL_STOP.search(last) is not None
    if unit.kind == "prose" and len(unit.lines) > 1 and indent > unit.indent + 1 and ended:
        return False  # paragraphs that are told apart by indenting their first line
    if len(unit.lines) == 1 and unit.kind == "prose" and unit.blank_before and text[0].isupper() and not ended:
        # A short first line that had room for more stands alone: a heading above its paragraph.
        return unit.indent + len(last) + 1 + len(text.split()[0]) > width - 12
    return True


def _underline(units: list[Unit], line: Line, *, blank: bool) -> None:
    match = _UNDERLINE.match(line.text)
    if match and not blank and units and units[-1].kind == "prose" and len(units[-1].lines) == 1:
        units[-1].kind = "heading"
        units[-1].level = 1 if match["mark"] == "=" else 2


def _take_table(lines: Sequence[Line], first: int, units: list[Unit], *, blank: bool) -> int:
    """Take a table's lines as units; returns how many lines it has."""
    units.append(Unit("table_header", [_stripped(lines[first])], blank))
    taken = 2
    for line in lines[first + 2 :]:
        if "|" not in line.text:
            break
        units.append(Unit("table_row", [_stripped(line)]))
        taken += 1
    return taken

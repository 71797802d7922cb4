"""Plain text as units: what a reader sees as one paragraph, list item or table row, before any is taken for a heading.

Scraped pages often lose their bullets:

    The reasons you may leave home include:

    going to shops that are permitted to be open
    any medical need

Such a line is an item when its break was meant: hard-wrapped prose breaks only where the next word would not fit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

from footnote.loaders.outline import Draft, clipped
from footnote.loaders.outline.lines import Line, lines_of
from footnote.records import Span

__all__ = ["Unit", "cell_spans", "split_bare_lists", "units_of"]

UnitKind: TypeAlias = Literal["prose", "item", "table_header", "table_row", "heading"]
_BULLET = re.compile(r"(?:[-*+•‣◦⁃▪▫●○■□▶►▸➤➢➔→✓✔✗✘❖»·]|–|—)[ \t]+(?=\S)|o[ \t]{2,}(?=\S)")
_NUMBERED = re.compile(r"(?:\(?(?P<number>\d{1,3})[.)]|\(?[a-z]\)|[ivx]{1,4}[.)])[ \t]+(?=\S)")
_RULE = re.compile(r"[ \t]*([-=*_~#+])(?:[ \t]*\1){2,}[ \t]*$")
_UNDERLINE = re.compile(r"[ \t]*(?P<mark>=|-)(?P=mark){2,}[ \t]*$")
_HASHES = re.compile(r"(?P<hashes>#{1,6})[ \t]+(?=\S)")
_FULL_STOP = re.compile(r"[.!?:;…][\"'”’)\]]*$")
_LONG_LINE_CHARS = 120
_WIDTHS = range(50, 101)
"""Widths that people wrap text at, in characters."""
_DEFAULT_WIDTH = 79
_ITEM_MAX_CHARS = 600
_MAX_ITEMS = 500
_BAR = re.compile(r"(?<!\\)\|")
_DELIMITER_ROW = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")


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


def wrap_width(lines: Sequence[str]) -> int:
    """The width at which most full lines of a text end, in characters; a common width where the text has none."""
    lengths = sorted(len(line) for line in lines if _WIDTHS.start <= len(line) < _WIDTHS.stop)
    return lengths[(len(lengths) - 1) * 19 // 20] if len(lengths) > 4 else _DEFAULT_WIDTH


def breaks_are_meant(lines: Sequence[str], width: int) -> bool:
    """Whether every break between these lines was put there on purpose, not by wrapping at ``width``."""
    for line, following in pairwise(lines):
        word = following.split(maxsplit=1)[0] if following.split() else ""
        if len(line) <= width < len(line) + 1 + len(word) or not word:
            return False
    return True


def split_bare_lists(text: str, drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts, with announced runs of bare lines turned into list items."""
    if not any(d.kind == "paragraph" and "\n" in d.span.of(text) for d in drafts):
        return list(drafts)
    width = wrap_width([line.text for line in lines_of(text)])
    found: list[Draft] = []
    for draft in sorted(drafts, key=lambda d: d.span):
        found += _split(text, draft, found[-1] if found else None, width)
    return found


def _split(text: str, draft: Draft, before: Draft | None, width: int) -> list[Draft]:
    if draft.kind != "paragraph" or "\n" not in draft.span.of(text):
        return [draft]
    lines = [line for line in lines_of(text, draft.span.start, draft.span.end) if line.text.strip()]
    announced = before is not None and before.kind == "paragraph" and _announces(before.visible(text))
    if announced and before is not None and _are_items(lines, width):
        return _items(text, draft, lines, before)
    for number in range(len(lines) - 2, 0, -1):
        if _announces(lines[number - 1].text) and _are_items(lines[number:], width):
            lead_in = clipped(text, draft, Span(draft.span.start, lines[number - 1].end))
            rest = _items(text, draft, lines[number:], lead_in)
            return [lead_in, *rest] if lead_in is not None else rest
    return [draft]


def _announces(text: str) -> bool:
    return text.rstrip().endswith(":")


def _are_items(lines: Sequence[Line], width: int) -> bool:
    texts = [line.text.strip() for line in lines]
    if (
        not 2 <= len(texts) <= _MAX_ITEMS
        or max(map(len, texts)) > _ITEM_MAX_CHARS
        or not breaks_are_meant(texts, width)
    ):
        return False
    # Prose broken at links has lines that begin in the middle of a sentence; items begin alike.
    small = sum(t[0].islower() for t in texts)
    ended = sum(t[-1] in ".;,!?" for t in texts[:-1])
    return small in {0, len(texts)} and (small == 0 or ended in {0, len(texts) - 1})


def _items(text: str, draft: Draft, lines: Sequence[Line], lead_in: Draft | None) -> list[Draft]:
    found = []
    for line in lines:
        item = clipped(text, draft, Span(line.start, line.end), "list_item")
        if item is not None:
            item.level, item.lead_in = 1, lead_in
            found.append(item)
    return found


def is_delimiter_row(line: str) -> bool:
    """Whether a line is the row of dashes under a table's header."""
    return "|" in line and "-" in line and _DELIMITER_ROW.match(line) is not None


def cell_spans(line: str, line_start: int) -> list[Span]:
    """Spans of a row's cells, blanks around them left out; a blank cell is an empty span.

    Args:
        line: the row, without what stands before it in its container.
        line_start: offset of the line's first character.
    """
    borders = [m.start() for m in _BAR.finditer(line)]
    stretches = list(zip([-1, *borders], [*borders, len(line)], strict=True))
    cells = []
    for number, (left, right) in enumerate(stretches):
        content = line[left + 1 : right]
        start = line_start + left + 1 + (len(content) - len(content.lstrip()))
        outermost = number in {0, len(stretches) - 1}
        if not (outermost and not content.strip() and len(stretches) > 1):
            cells.append(Span(start, start + len(content.strip())) if content.strip() else Span(start, start))
    return cells

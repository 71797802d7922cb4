"""Excel workbooks, by walking their parts: all cells that there are, whatever range a sheet states, as they are shown.

Numbers are dates, percentages, money or have leading zeros by the format codes of their cells.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from footnote.errors import DocumentError
from footnote.loaders.archives import Archive, office_core, related_parts
from footnote.loaders.formulas import is_named, local_name, local_value, parse_xml
from footnote.loaders.outline import readable_name
from footnote.loaders.outline.builder import Extract, left_out
from footnote.loaders.outline.grids import Cell, Grid
from footnote.loaders.sheets import add_sheet, with_title
from footnote.records import Document
from footnote.settings import Settings

__all__ = ["load_xlsx", "shown_number"]

_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})", re.IGNORECASE)
_COLUMNS_MAX = 16_384
_ROWS_MAX = 1_048_576
_THREADED = "[Threaded comment]"
_REAL = frozenset("0123456789.+-eE")
_ISO_DATE, _ISO_BOTH = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
_PLAIN_FORMATS = (
    "0=General|1=0|2=0.00|3=#,##0|4=#,##0.00|9=0%|10=0.00%|11=0.00E+00|12=General|13=General|15=d-mmm-yy|16=d-mmm|17=mmm-yy|"
    "18=h:mm AM/PM|19=h:mm:ss AM/PM|20=h:mm|21=h:mm:ss|37=#,##0;(#,##0)|38=#,##0;(#,##0)|39=#,##0.00;(#,##0.00)|"
    "40=#,##0.00;(#,##0.00)|41=#,##0|42=$#,##0|43=#,##0.00|44=$#,##0.00|45=mm:ss|46=[h]:mm:ss|47=mm:ss.0|48=##0.0E+0|49=@"
)
BUILT_IN = {
    **{int(number): code for number, code in (pair.split("=") for pair in _PLAIN_FORMATS.split("|"))},
    **dict.fromkeys((5, 6), "$#,##0;($#,##0)"),
    **dict.fromkeys((7, 8), "$#,##0.00;($#,##0.00)"),
    14: _ISO_DATE,
    22: _ISO_BOTH,
}
"""Formats that files name by number only; dates that every country shows its own way are written year first."""
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_(?P<space>.)|\*(?P<fill>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]|'
    r"\[(?P<elapsed>h+|m+|s+)\]|\[(?P<note>[^\]]*)\]|(?P<general>General)|(?P<half>AM/PM|A/P)|(?P<date>y+|m+|d+|h+|s+)|"
    r"(?P<exponent>E[+-]0+)|(?P<digit>[0#?])|(?P<mark>[.,%/@])|(?P<literal>.)",
    re.IGNORECASE,
)
_LATEST = 2_958_465
_WHOLE_MAX = 1e15


def load_xlsx(raw: bytes, document_id: str, settings: Settings) -> Document:
    """An Excel workbook: each sheet's tables, formulas as the values saved with them, comments after their sheet."""
    archive = Archive(raw, settings)
    book = _Book(archive)
    extract = Extract(settings)
    shown = [sheet for sheet in book.sheets if sheet.shown]
    for sheet in shown:
        grid, notes = book.read(sheet)
        add_sheet(extract, sheet.name if len(shown) > 1 else "", grid)
        for note in notes:
            extract.add("paragraph", note)
    if hidden := len(book.sheets) - len(shown):
        extract.warnings.append(f"{hidden} hidden sheet{'s' if hidden > 1 else ''} left out")
    extract.warnings += left_out(formulas=book.formulas, pictures=book.pictures)
    return extract.document(raw, document_id, with_title(office_core(archive), readable_name(document_id)))


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    path: str
    shown: bool


@dataclass(slots=True)
class _Place:
    """Where the next cell is that does not say where it is."""

    row: int = -1
    column: int = 0
    cells: dict[int, dict[int, str]] = field(default_factory=dict)


class _Book:
    """A workbook's parts that all sheets share."""

    def __init__(self, archive: Archive) -> None:
        self.formulas = 0
        self.pictures = 0
        self._archive = archive
        main = related_parts(archive, "").get("officeDocument", ["xl/workbook.xml"])[0]
        root = parse_xml(archive.read(main))
        parts = related_parts(archive, main)
        targets = related_parts(archive, main, by_id=True)
        self._from_1904 = any(local_value(e, "date1904") in {"1", "true"} for e in root if is_named(e, "workbookPr"))
        self.sheets = [
            _Sheet(
                local_value(sheet, "name") or "",
                targets[local_value(sheet, "id") or ""][0],
                (sheet.get("state") or "visible") == "visible",
            )
            for group in root
            if is_named(group, "sheets")
            for sheet in group
            if (local_value(sheet, "id") or "") in targets and "worksheet" in targets[local_value(sheet, "id") or ""][0]
        ]
        if not self.sheets:
            raise DocumentError("it is damaged or no workbook", remedy="save it again")
        self._strings = list(_shared_strings(archive, parts.get("sharedStrings", [""])[0]))
        self._formats = _formats(archive, parts.get("styles", [""])[0])

    def read(self, sheet: _Sheet) -> tuple[Grid, list[str]]:
        """A sheet's cells as a grid, blank rows kept, and what is noted beside it."""
        place, merged = _Place(), []
        root = parse_xml(self._archive.read(sheet.path))
        for part in root:
            if is_named(part, "sheetData"):
                for row in part:
                    self._row(row, place)
            elif is_named(part, "mergeCells"):
                merged += [spot for cell in part if (spot := _range(local_value(cell, "ref") or ""))]
        rows = sorted(place.cells)
        # Rows are numbered anew; of several blank ones in a row, one is kept.
        numbers: dict[int, int] = {}
        for before, row in zip([None, *rows], rows, strict=False):
            gap = 0 if before is None else int(row - before > 1)
            numbers[row] = 0 if before is None else numbers[before] + 1 + gap
        grid = Grid(numbers[rows[-1]] + 1 if rows else 0)
        spans = {(top, left): (bottom, right) for top, left, bottom, right in merged}
        for row in rows:
            for column, text in sorted(place.cells[row].items()):
                bottom, right = spans.get((row, column), (row, column))
                last = rows[bisect_right(rows, bottom) - 1]
                height = numbers[last] - numbers[row] + 1
                grid.put(numbers[row], column, Cell(text, columns=right - column + 1, rows=height))
        return grid, list(self._notes(sheet.path))

    def _row(self, row: Any, place: _Place) -> None:
        number = local_value(row, "r") or ""
        place.row = int(number) - 1 if number.isdecimal() and 0 < int(number) <= _ROWS_MAX else place.row + 1
        place.column = 0
        for cell in row:
            if not is_named(cell, "c"):
                continue
            spot = _REFERENCE.match(cell.get("r") or "")
            if spot:
                place.column = _column(spot[1])
            text = self._text(cell)
            if text.strip() and place.column < _COLUMNS_MAX:
                place.cells.setdefault(place.row, {})[place.column] = text
            place.column += 1

    def _text(self, cell: Any) -> str:  # noqa: PLR0911 - one line for each kind of cell
        kind = cell.get("t") or "n"
        parts = {local_name(child): child for child in cell if isinstance(child.tag, str)}
        if kind == "inlineStr":
            return _rich(parts["is"]) if "is" in parts else ""
        value = (parts["v"].text or "") if "v" in parts else ""
        if not value:
            self.formulas += "f" in parts and kind != "str"
            return ""
        match kind:
            case "s":
                return self._strings[int(value)] if value.isdecimal() and int(value) < len(self._strings) else ""
            case "b":
                return "TRUE" if value == "1" else "FALSE"
            case "str" | "e":
                return value
            case "d":
                return value.replace("T00:00:00", "").replace("T", " ")
            case _:
                return self._number(value, cell.get("s") or "0")

    def _number(self, value: str, style: str) -> str:
        code = self._formats.get(int(style), "General") if style.isdecimal() else "General"
        if code == "General" and value.lstrip("-").isdecimal():
            return value
        try:
            number = float(value) if _REAL.issuperset(value) else None
        except ValueError:
            number = None
        return value if number is None or abs(number) > 1e300 else shown_number(number, code, from_1904=self._from_1904)

    def _notes(self, path: str) -> Iterator[str]:
        """Comments on a sheet's cells, and the text of its boxes."""
        parts = related_parts(self._archive, path)
        for kind, tag in (("threadedComment", "threadedComment"), ("comments", "comment")):
            for name in parts.get(kind, ()):
                if name not in self._archive.names():
                    continue
                for note in parse_xml(self._archive.read(name)).iter():
                    text = _rich(note) if is_named(note, tag) else ""
                    if text.strip() and not text.startswith(_THREADED):
                        yield f"Comment on {local_value(note, 'ref') or 'a cell'}: {text}"
        for name in parts.get("drawing", ()):
            if name in self._archive.names():
                yield from self._drawn(parse_xml(self._archive.read(name)))

    def _drawn(self, root: Any) -> Iterator[str]:
        for element in root.iter():
            if is_named(element, "txBody"):
                yield "\n".join(
                    "".join(t.text or "" for t in p.iter() if is_named(t, "t")) for p in element if is_named(p, "p")
                )
            self.pictures += is_named(element, "pic")


def _shared_strings(archive: Archive, name: str) -> Iterator[str]:
    if name in archive.names():
        for item in parse_xml(archive.read(name)):
            if isinstance(item.tag, str):
                yield _rich(item)


def _rich(element: Any) -> str:
    """The text of a string with formatting; how to read it aloud is left out."""
    pieces = []
    for part in element:
        if is_named(part, "t"):
            pieces.append(part.text or "")
        elif is_named(part, "r", "text", "is"):
            pieces.append((part.text or "").strip() + _rich(part))
    return "".join(pieces)


def _formats(archive: Archive, name: str) -> dict[int, str]:
    """Number of a cell's style and its format code."""
    if name not in archive.names():
        return {}
    codes: dict[str, str] = {str(number): code for number, code in BUILT_IN.items()}
    found: dict[int, str] = {}
    for group in parse_xml(archive.read(name)):
        if is_named(group, "numFmts"):
            codes |= {local_value(e, "numFmtId") or "": local_value(e, "formatCode") or "" for e in group}
        elif is_named(group, "cellXfs"):
            styles = [e for e in group if isinstance(e.tag, str)]
            found = {n: local_value(e, "numFmtId") or "0" for n, e in enumerate(styles)}
    return {number: codes.get(key, "General") for number, key in found.items()}


def _range(reference: str) -> tuple[int, int, int, int] | None:
    corners = [_REFERENCE.fullmatch(each) for each in reference.split(":")]
    if len(corners) != 2 or corners[0] is None or corners[1] is None:
        return None
    (left, top), (right, bottom) = ((_column(corner[1]), int(corner[2]) - 1) for corner in corners if corner)
    return (top, left, bottom, right) if top <= bottom and left <= right else None


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


@lru_cache(maxsize=4_096)
def _sections(code: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    """The parts of a format for positive, negative and zero values, as (kind, text) tokens."""
    found: list[list[tuple[str, str]]] = [[]]
    for match in _TOKEN.finditer(code):
        kind = match.lastgroup or "literal"
        text = match[kind]
        if kind == "literal" and text == ";":
            found.append([])
        elif kind in {"quoted", "escaped", "currency"}:
            found[-1].append(("literal", text))
        elif kind == "space":
            found[-1].append(("literal", " "))
        elif kind not in {"fill", "note"}:
            found[-1].append((kind, text))
    return tuple(map(tuple, found))


def is_date_format(code: str) -> bool:
    """Whether a format shows a date or a time."""
    return any(kind in {"date", "elapsed"} for kind, _ in _sections(code)[0])


def shown_number(value: float, code: str, *, from_1904: bool = False) -> str:
    """A number in a format; in plain figures where the format says nothing of it."""
    sections = _sections(code or "General")
    chosen = sections[0]
    if value < 0 and len(sections) > 1 and sections[1]:
        chosen, value = sections[1], -value
    elif value == 0 and len(sections) > 2 and sections[2]:
        chosen = sections[2]
    kinds = {kind for kind, _ in chosen}
    if kinds & {"date", "elapsed"}:
        return _date(value, chosen, from_1904=from_1904)
    marks = {text for kind, text in chosen if kind == "mark"}
    if "general" in kinds or "/" in marks or "@" in marks:
        around = "".join(
            _plain(value) if kind in {"general", "mark"} else text for kind, text in chosen if kind != "digit"
        )
        return around.strip() if "general" in kinds else _plain(value)
    if "digit" not in kinds:
        return "".join(text for kind, text in chosen if kind == "literal").strip()
    return _number(value, chosen)


def _plain(value: float) -> str:
    if value == int(value) and abs(value) < _WHOLE_MAX:
        return str(int(value))
    return f"{value:.15g}"


def _number(value: float, tokens: tuple[tuple[str, str], ...]) -> str:
    digits = [n for n, (kind, text) in enumerate(tokens) if kind == "digit" or (kind == "mark" and text in ".,")]
    first, last = digits[0], digits[-1]
    pattern = [text for kind, text in tokens[first : last + 1] if kind in {"digit", "mark"}]
    before = "".join(text for kind, text in tokens[:first] if kind == "literal")
    after = "".join(
        "%" if (kind, text) == ("mark", "%") else text for kind, text in tokens[last + 1 :] if kind != "exponent"
    )
    whole, _, fraction = "".join(pattern).partition(".")
    scale = len(whole) - len(whole.rstrip(",")) if not fraction else len(fraction) - len(fraction.rstrip(","))
    percent = sum(text == "%" for kind, text in tokens if kind == "mark")
    try:
        exact = Decimal(repr(value)).scaleb(2 * percent - 3 * scale)
        if any(kind == "exponent" for kind, _ in tokens):
            return f"{before}{exact:.{len(fraction.strip(','))}E}{after}".strip()
        places = len(fraction.rstrip(","))
        rounded = abs(exact).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    except InvalidOperation:
        return _plain(value)
    integer, _, decimals = f"{rounded:f}".partition(".")
    kept = len(fraction.rstrip(",").rstrip("#?"))
    decimals = decimals[:kept] + decimals[kept:].rstrip("0")
    least = sum(character == "0" for character in whole)
    integer = (integer.lstrip("0") if not least else integer).rjust(least, "0")
    parted = [n for n in range(first, last) if tokens[n][0] == "literal"]
    if parted and not fraction:
        integer = _spread(integer, tokens[first : last + 1])
    elif "," in whole.rstrip(","):
        integer = f"{int(integer or '0'):,}".rjust(least, "0") if integer else ""
    sign = "-" if exact < 0 and rounded else ""
    return f"{sign}{before}{integer}{'.' + decimals if decimals else ''}{after}".strip()


def _spread(integer: str, tokens: tuple[tuple[str, str], ...]) -> str:
    """Figures laid into a pattern such as 000-00-0000, from its end."""
    left, pieces = list(integer), []
    places = sum(kind == "digit" for kind, _ in tokens)
    for kind, text in reversed(tokens):
        if kind == "digit":
            places -= 1
            if left:
                pieces.append("".join(left) if not places else left.pop())
        elif kind == "literal":
            pieces.append(text)
    return "".join(reversed(pieces))


def _date(value: float, tokens: tuple[tuple[str, str], ...], *, from_1904: bool) -> str:
    if not 0 <= value < _LATEST:
        return _plain(value)
    # Excel counts a 29 February 1900 that never was.
    day_zero = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30 if value >= 60 else 31)  # noqa: DTZ001 - of no zone
    moment = day_zero + timedelta(seconds=round(value * 86_400))
    halves = any(kind == "half" for kind, _ in tokens)
    pieces: list[str] = []
    last_unit = ""
    for number, (kind, text) in enumerate(tokens):
        unit = text[0].lower()
        if kind == "date":
            following = next((t[0].lower() for k, t in tokens[number + 1 :] if k in {"date", "elapsed"}), "")
            if unit == "m" and (last_unit == "h" or following == "s") and len(text) < 3:
                unit = "minute"
            pieces.append(_date_part(moment, unit, len(text), halves=halves))
            last_unit = unit
        elif kind == "elapsed":
            seconds = round(value * 86_400)
            pieces.append(str({"h": seconds // 3_600, "m": seconds // 60}.get(unit, seconds)))
            last_unit = unit
        elif kind == "half":
            pieces.append("AM" if moment.hour < 12 else "PM")
        elif not (kind == "digit" or (kind == "mark" and text in "@%") or kind == "general"):
            pieces.append(text)
    return "".join(pieces).strip().rstrip(".")


def _date_part(moment: datetime, unit: str, length: int, *, halves: bool) -> str:
    match unit:
        case "y":
            return f"{moment.year:04d}" if length > 2 else f"{moment.year % 100:02d}"
        case "m":
            return (
                f"{moment:%B}"[: 1 if length == 5 else None]
                if length > 3
                else _padded(moment, moment.month, "%b", length)
            )
        case "d":
            return f"{moment:%A}" if length > 3 else _padded(moment, moment.day, "%a", length)
        case "h":
            hour = (moment.hour - 1) % 12 + 1 if halves else moment.hour
            return f"{hour:0{min(length, 2)}d}"
        case "minute":
            return f"{moment.minute:0{min(length, 2)}d}"
        case _:
            return f"{moment.second:0{min(length, 2)}d}"


def _padded(moment: datetime, number: int, short: str, length: int) -> str:
    return moment.strftime(short) if length == 3 else f"{number:0{length}d}"

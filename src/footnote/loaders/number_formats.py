"""Numbers as a spreadsheet shows them: dates, percentages, money, leading zeros, by the format codes of Excel."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

__all__ = ["BUILT_IN", "is_date_format", "shown_number"]

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

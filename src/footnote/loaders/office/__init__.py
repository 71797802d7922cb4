"""Word processors and slides: Word, OpenDocument, rich text, PowerPoint.

Each format is read by walking its parts, since converters lose text.  All walkers do the same: paragraphs in document order, as
they read once all changes are accepted; headings and list items by what styles say of them, with the numbers that the program
counts and does not store (``numeral``); tables as grids with merged cells; notes and text boxes after their paragraph.  Headers, footers,
comments and tables of contents are left out; so are deleted and hidden text, pictures and formulas without a value, of which
``builder.left_out`` tells.
"""

from __future__ import annotations

__all__ = ["numeral"]

_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")),
    *((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_ROMAN_MAX = 4_999
_LETTERS_MAX = 26 * 50
_KINDS = {
    "lowerletter": "a",
    "upperletter": "A",
    "lowerroman": "i",
    "upperroman": "I",
    "decimalzero": "01",
    "ordinal": "1st",
    "none": "",
}
"""Word's names of the ways to count; OpenDocument uses the signs themselves."""


def numeral(value: int, kind: str) -> str:  # noqa: PLR0911 - one line for each way
    """A number in one of the ways to count; figures where the way is unknown."""
    match _KINDS.get(kind.lower(), kind):
        case "a" if 0 < value <= _LETTERS_MAX:
            return _letters(value)
        case "A" if 0 < value <= _LETTERS_MAX:
            return _letters(value).upper()
        case "i" if 0 < value <= _ROMAN_MAX:
            return _roman(value)
        case "I" if 0 < value <= _ROMAN_MAX:
            return _roman(value).upper()
        case "01":
            return f"{value:02d}"
        case "1st":
            return f"{value}{_ending(value)}"
        case "":
            return ""
        case _:
            return str(value)


def _letters(value: int) -> str:
    """From a to z, then aa to zz: the same letter again, as word processors count."""
    return chr(ord("a") + (value - 1) % 26) * ((value - 1) // 26 + 1)


def _roman(value: int) -> str:
    pieces = []
    for size, letters in _ROMAN:
        while value >= size:
            pieces.append(letters)
            value -= size
    return "".join(pieces)


def _ending(value: int) -> str:
    if value % 100 in {11, 12, 13}:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")

"""Text that cannot act on what shows it.

Documents keep what they hold, bidirectional marks included, because offsets count them.  Here, at the way
out, the characters that drive a terminal or turn the reading order around are made visible, not obeyed.
"""

from __future__ import annotations

import json
import re
from html import escape
from typing import Final

# C0, DEL and C1 controls; the embeddings, overrides and isolates that reorder what follows; the two Unicode
# line ends, which some programs break lines at and others do not; lone surrogates, which no encoding takes.
_ACTIVE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]")
_STAND_IN: Final = "\N{REPLACEMENT CHARACTER}"

# What begins something wherever it stands; in common dialects "$" begins mathematics and "~" strikes out.
_INLINE: Final = re.compile(r"[\\`*_\[\]<>|~&$]")
# What some dialects turn into a link without being asked.
_AUTOLINK: Final = re.compile(r"(?<=\bhttp):(?=//)|(?<=\bhttps):(?=//)|(?<=\bftp):(?=//)|(?<=\bwww)\.|@", re.IGNORECASE)
# What begins a block at the start of a line: a heading, a list, a rule, an underline of a heading above.
_LINE_START: Final = re.compile(r"^(\d{1,9}(?=[.)])|)([#+\-=.)])")


def harmless(text: str) -> str:
    """The text with newlines kept, tabs as blanks, and every other active character as a visible stand-in.

    The result has as many characters as the text, so that offsets into one are offsets into the other.
    """
    return _ACTIVE.sub(_shown, text)


def harmless_line(text: str) -> str:
    """The same on one line, as names must stand: one with a line end could tell of files that are not there."""
    return harmless(text).replace("\n", "\N{SYMBOL FOR NEWLINE}")


def _shown(match: re.Match[str]) -> str:
    character = match.group()
    if character in "\n\u2028\u2029":
        return "\n"
    if character == "\t":
        return " "
    if character < " ":
        return chr(0x2400 + ord(character))  # the block of control pictures has the order of C0
    return "\N{SYMBOL FOR DELETE}" if character == "\x7f" else _STAND_IN


def json_text(value: object, *, ascii_only: bool = False) -> str:
    """One JSON text on one line: keys in their order, letters readable, active characters escaped.

    Args:
        value: what ``json`` can write.
        ascii_only: escape every letter beyond ASCII too, for where they cannot be written.

    Raises:
        ValueError: the value holds a number that JSON has not (infinity, not-a-number).
    """
    text = json.dumps(value, ensure_ascii=ascii_only, allow_nan=False)
    # All of them stand inside strings: between strings this form has blanks only.
    return _ACTIVE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def escape_markdown(text: str) -> str:
    """Text that Markdown shows as it is, line by line; white space is folded, as Markdown would."""
    lines = (" ".join(line.split()) for line in harmless(text).split("\n"))
    return "\n".join(_escape_line(line) for line in lines if line)


def _escape_line(line: str) -> str:
    inline = _AUTOLINK.sub(r"\\\g<0>", _INLINE.sub(r"\\\g<0>", line))
    return _LINE_START.sub(r"\1\\\2", inline)


def escape_html(text: str) -> str:
    """Text that HTML shows as it is, also inside of quoted attributes."""
    return escape(harmless(text), quote=True)

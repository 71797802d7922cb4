r"""Bytes to canonical text, once: after this nothing changes a character, so that offsets stay true.

Only what cannot be shown goes: byte order marks, control characters other than tab and newline, lone surrogates and
noncharacters, and soft hyphens and zero-width marks that only say where a word may be divided.  Newlines become ``\n``.
Nothing is normalised: a decomposed accent stays decomposed, and direction marks stay, since they are part of how a text reads.
"""

from __future__ import annotations

import codecs
import re

from footnote.errors import DocumentError

__all__ = ["clean_text", "decode", "without_break_marks"]

_NEWLINES = re.compile(r"\r\n?")
# C0 without tab and newline, DEL, C1, surrogates, noncharacters (U+FDD0-FDEF and the last two of every plane).
_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
_BREAK_MARKS = re.compile("[\u00ad\u200b\u2060\ufeff]")
"""Places where a word may be divided, or not, at the end of a line: nobody sees them, and they would tear words apart."""
_OVERRIDES = re.compile("[\u202d\u202e]")
# UTF-32 first: its little-endian mark begins with UTF-16's.
_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES = 4_096
_ZERO_SHARE = 0.4
_BINARY_SHARE = 0.1
_BINARY_LEAST = 16
"""Share and number of control characters above which a file is taken for something other than text."""


def clean_text(text: str) -> str:
    r"""The text with ``\n`` as its only newline and without characters that cannot be shown."""
    if "\r" in text:
        text = _NEWLINES.sub("\n", text)
    return _UNSHOWABLE.sub("", text)


def without_break_marks(text: str) -> str:
    """The text without soft hyphens and other marks of no width that say where a word may be divided."""
    return text if text.isascii() else _BREAK_MARKS.sub("", text)


def decode(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """Decode a file's bytes into canonical text.

    Returns:
        The text, and one clause for each thing that was repaired or is worth knowing.

    Raises:
        DocumentError: the bytes are no text in any encoding known.
    """
    text, warnings = _decoded(raw)
    newlined = _NEWLINES.sub("\n", text) if "\r" in text else text
    cleaned, removed = _UNSHOWABLE.subn("", newlined)
    if removed > max(_BINARY_LEAST, _BINARY_SHARE * len(newlined)):
        raise DocumentError("this is not text", remedy="save it as UTF-8 text, or leave it out of the folder")
    if removed:
        warnings.append(f"{removed} control character{'s' if removed > 1 else ''} removed")
    if _OVERRIDES.search(cleaned):
        warnings.append("it overrides the direction of writing, so what is shown may read in another order")
    return without_break_marks(cleaned), tuple(warnings)


def _decoded(raw: bytes) -> tuple[str, list[str]]:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _forgiving(raw[len(mark) :], encoding)
    if encoding := _unmarked_utf16(raw):
        text, warnings = _forgiving(raw, encoding)
        return text, [f"encoding guessed as {encoding}", *warnings]
    try:
        return raw.decode("utf-8"), []
    except UnicodeDecodeError:
        return _guessed(raw)


def _unmarked_utf16(raw: bytes) -> str:
    """The byte order of UTF-16 without a mark: of most letters, one of the two bytes is zero; empty where it is none."""
    sample = raw[:_SAMPLE_BYTES]
    pairs = len(sample) // 2
    if not pairs or b"\0" not in sample:
        return ""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > _ZERO_SHARE * pairs and even < odd / 20:
        return "utf-16-le"
    return "utf-16-be" if even > _ZERO_SHARE * pairs and odd < even / 20 else ""


def _forgiving(raw: bytes, encoding: str) -> tuple[str, list[str]]:
    text = raw.decode(encoding, errors="replace")
    broken = text.count("\ufffd") - raw.count("\ufffd".encode(encoding))
    return text, [f"{broken} broken {encoding.upper()} characters replaced"] if broken > 0 else []


def _guessed(raw: bytes) -> tuple[str, list[str]]:
    text, warnings = _forgiving(raw, "utf-8")
    kept = sum(1 for c in text if c > "\x7f" and c != "\ufffd")
    if kept >= 10 * text.count("\ufffd"):
        return text, warnings  # UTF-8 with a few broken bytes, not another encoding
    from charset_normalizer import from_bytes

    matches = from_bytes(raw)
    best = matches.best()
    if best is None:
        raise DocumentError("its encoding is unknown", remedy="save it as UTF-8 text")
    western = next((m for m in matches if m.encoding == "cp1252"), best)
    # A short text in a western language is as likely in three encodings by its letters; one of them is the common one.
    if western.coherence >= best.coherence and western.chaos <= best.chaos + 0.1:
        best = western
    return str(best), [f"encoding guessed as {best.encoding}"]

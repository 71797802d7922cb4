"""RTF read token by token: what of it is text, and where.

Deleted and hidden text, headers, comments, pictures and the codes of fields are no text; notes follow their paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from footnote.loaders.mathematics import set_apart
from footnote.loaders.rich_text_state import ReaderState
from footnote.loaders.rich_text_syntax import READ_STARRED, SIGNS, SKIPPED, TOKEN, Body, Paragraph, RichText, Row, State

__all__ = ["read_rich_text"]

_NUMBER = object()
_TOLD = {"title": "title", "author": "author", "creatim": "date", "revtim": "date"}
_TARGETS = {
    "fonttbl": "fonts",
    "stylesheet": "styles",
    "info": "info",
    "footnote": "note",
    "listtext": "label",
    "pntext": "label",
    "upr": "skip",
    "ud": "body",
}
"""Where the text of a group goes, by the word that it begins with."""


def read_rich_text(raw: bytes) -> RichText:
    """Read the bytes of an RTF file."""
    reader = _Reader()
    match = TOKEN.match(raw)
    while match is not None:
        reader.take(match)
        # Binary data follows its length.
        skipped = max(int(match["number"] or 0), 0) if match["word"] == b"bin" else 0
        match = TOKEN.match(raw, match.end() + skipped)
    return reader.end()


class _Reader(ReaderState):
    def __init__(self) -> None:
        super().__init__()
        self._read = RichText()
        self._stack: list[tuple[State, Body]] = []
        self._body = Body()
        self._notes: list[Body] = []
        self._bytes = bytearray()
        self._high = 0
        """The first half of a character beyond the first plane."""
        self._to_skip = 0
        self._starred = self._opened = False
        self._told: list[str] = []
        self._date: dict[str, int] = {}

    def take(self, match: re.Match[bytes]) -> None:
        """One token."""
        kind = match.lastgroup
        if kind == "hex":
            self._character_bytes(bytes([int(match["hex"], 16)]))
        elif kind in {"word", "number"}:
            self._flush_bytes()
            self._word(match["word"].decode("ascii"), int(match["number"]) if match["number"] else None)
        elif kind == "text":
            self._character_bytes(match["text"])
        else:
            self._flush_bytes()
            if kind == "brace":
                self._open() if match["brace"] == b"{" else self._close()
            elif kind == "sign":
                self._sign(match["sign"])

    def end(self) -> RichText:
        self._flush_bytes()
        while self._stack:
            self._close()
        self.paragraph()
        self._read.parts += self._body.parts
        if self._date.get("yr"):
            month, day = self._date.get("mo", 0), self._date.get("dy", 0)
            self._read.told["date"] = (
                f"{self._date['yr']:04d}-{month:02d}-{day:02d}" if month and day else str(self._date["yr"])
            )
        return self._read

    def _open(self) -> None:
        self._stack.append((replace(self._state), self._body))
        self._opened, self._starred = True, False

    def _close(self) -> None:
        if not self._stack:
            return
        target = self._state.target
        before, body = self._stack.pop()
        if target == "note" and before.target != "note":
            self.paragraph()
            note, self._body = self._body, body
            self._notes.append(note)
            if not "".join(body.pieces).strip() and not body.cell and not body.cells:
                self._add_notes(before.target)
        elif target == "style":
            self._name_style()
        elif target in {"title", "author"} and before.target != target:
            self._read.told[target] = "".join(self._told).strip()
            self._told.clear()
        self._state = before
        self._opened = self._starred = False

    def _sign(self, sign: bytes) -> None:
        if sign == b"*":
            self._starred = True
            return
        self._opened = False
        match sign:
            case b"\\" | b"{" | b"}":
                self._add(sign.decode("ascii"))
            case b"~":
                self._add("\u00a0")
            case b"_":
                self._add("\u2011")
            case b"\n" | b"\r":
                self.paragraph()
            case _:
                pass

    def _character_bytes(self, found: bytes) -> None:
        self._opened = False
        if self._to_skip:
            skipped = min(self._to_skip, len(found))
            self._to_skip -= skipped
            found = found[skipped:]
        self._bytes += found

    def _flush_bytes(self) -> None:
        if self._bytes:
            self._add(self._bytes.decode(self._state.page, errors="replace"))
            self._bytes.clear()

    def _add(self, text: str) -> None:
        state = self._state
        match state.target:
            case "skip" | "fonts" | "styles" | "info" | "date":
                return
            case "title" | "author":
                self._told.append(text)
            case "style":
                self._style_pieces.append(text)
            case "label":
                self._body.label += text
            case _ if state.hidden or state.deleted:
                self._read.hidden += state.hidden and bool(text.strip())
            case _:
                self._body.pieces.append(set_apart(text, above=state.place == "super") if state.place else text)

    def _word(self, word: str, number: int | None) -> None:
        opened, self._opened = self._opened, False
        if opened and self._destination(word):
            return
        if word in SIGNS:
            self._add(SIGNS[word])
        elif word == "u" and number is not None:
            self._unicode(number)
        elif word in _WORDS:
            act, fixed = _WORDS[word]
            if fixed is None:
                act(self)
            else:
                act(self, number if fixed is _NUMBER else fixed)
        elif word in {"yr", "mo", "dy"} and self._state.target == "date":
            self._date[word] = min(max(number or 0, 0), 9_999)

    def _destination(self, word: str) -> bool:
        """Whether a group's first word sends it elsewhere."""
        state = self._state
        match state.target:
            case "skip":
                return True
            case "styles":
                state.target, self._style_pieces, self._style, self._outline = "style", [], 0, 0
                return False
            case "fonts":
                return False
            case "info":
                state.target = _TOLD.get(word, "skip")
                self._date = {} if state.target == "date" else self._date
                return True
            case _:
                return self._sends(word, state)

    def _sends(self, word: str, state: State) -> bool:
        if word in _TARGETS:
            state.target = _TARGETS[word]
            if word == "footnote":
                self._body = Body()
            elif state.target == "label":
                self._body.label = ""
        elif (
            word in SKIPPED or (self._starred and word not in READ_STARRED) or (word[0] == "m" and word.endswith("Pr"))
        ):
            self._read.pictures += word == "pict"
            state.target = "skip"
        else:
            return False
        return True

    def _unicode(self, number: int) -> None:
        code = number & 0xFFFF
        if 0xD800 <= code < 0xDC00:
            self._high = code
        elif 0xDC00 <= code < 0xE000:
            if self._high:
                self._add(chr(0x10000 + ((self._high - 0xD800) << 10) + code - 0xDC00))
            self._high = 0
        else:
            self._add(chr(code))
        self._to_skip = self._state.skipped_chars

    def paragraph(self) -> None:
        """A paragraph ends."""
        if self._state.target in {"skip", "style", "styles", "fonts", "info", "title", "author", "date"}:
            return
        body = self._body
        text = "".join(body.pieces)
        body.pieces.clear()
        label, body.label = body.label.strip(), ""
        if self._in_table and self._state.target != "note":
            body.cell.append(f"{label} {text}".strip())
            return
        body.parts.append(Paragraph(text, self._level, label, self._depth))
        self._add_notes(self._state.target)

    def _add_notes(self, target: str) -> None:
        """Notes follow their paragraph, or the table that they stand in."""
        if self._notes and target != "note":
            for note in self._notes:
                self._body.parts += note.parts
            self._notes = []

    def end_cell(self) -> None:
        if self._state.target == "skip":
            return
        self._in_table = True
        self.paragraph()
        self._body.cells.append("\n".join(line for line in self._body.cell if line))
        self._body.cell = []

    def end_nested(self, mark: str) -> None:
        if self._state.target != "skip" and "".join(self._body.pieces).strip():
            self._body.pieces.append(mark)

    def end_row(self) -> None:
        body = self._body
        if self._state.target == "skip" or not body.cells:
            return
        body.parts.append(Row(tuple(body.cells), tuple(self._edges), tuple(self._merges), self._heads))
        body.cells = []


_WORDS: dict[str, tuple[Callable[..., None], Any]] = {
    **dict.fromkeys(("par", "sect", "page"), (_Reader.paragraph, None)),
    "cell": (_Reader.end_cell, None),
    "row": (_Reader.end_row, None),
    "nestcell": (_Reader.end_nested, ", "),
    "nestrow": (_Reader.end_nested, "; "),
    "pard": (_Reader.reset_paragraph, None),
    "trowd": (_Reader.reset_row, None),
    "cellx": (_Reader.set_edge, _NUMBER),
    "clmrg": (_Reader.set_merge, "left"),
    "clvmrg": (_Reader.set_merge, "above"),
    "s": (_Reader.set_style, _NUMBER),
    "outlinelevel": (_Reader.set_outline, _NUMBER),
    "f": (_Reader.set_font, _NUMBER),
    "fcharset": (_Reader.set_charset, _NUMBER),
    "ansicpg": (_Reader.set_page, _NUMBER),
    "mac": (_Reader.set_page, 10_000),
    "plain": (_Reader.plain, None),
    "trhdr": (_Reader.set_heads, None),
    "intbl": (_Reader.enter_table, None),
    "ilvl": (_Reader.set_depth, _NUMBER),
    "uc": (_Reader.set_skipped, _NUMBER),
    "v": (_Reader.set_hidden, _NUMBER),
    "deleted": (_Reader.set_deleted, _NUMBER),
    "super": (_Reader.set_above, _NUMBER),
    "sub": (_Reader.set_below, _NUMBER),
    "nosupersub": (_Reader.set_above, 0),
}
"""Control words, what they do, and what with: the number after them, or something of their own."""

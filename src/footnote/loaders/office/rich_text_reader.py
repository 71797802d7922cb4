"""RTF read token by token: what of it is text, where, and what holds there (style, font, code page, row).

Deleted and hidden text, headers, comments, pictures and the codes of fields are no text; notes follow their paragraph.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from footnote.loaders.formulas import set_apart

__all__ = ["Paragraph", "Row", "read_rich_text"]

TOKEN = re.compile(
    rb"\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,9})? ?|\\(?P<sign>[^a-zA-Z])|"
    rb"(?P<brace>[{}])|(?P<ends>[\r\n\0]+)|(?P<text>[^\\{}\r\n\0]+)|(?P<other>\\)",
    re.DOTALL,
)
SKIPPED = frozenset(
    "fonttbl colortbl stylesheet info pict object header headerl headerr headerf footer footerl footerr footerf ftnsep ftnsepc "
    "ftncn aftnsep aftnsepc aftncn fldinst datafield annotation atnid atnauthor atndate atnref atnparent listtable "
    "listoverridetable revtbl rsidtbl generator bkmkstart bkmkend xe tc tcn rxe txe themedata colorschememapping datastore "
    "latentstyles xmlnstbl filetbl nonshppict shppict pn pnseclvl pntxta pntxtb sp sn sv objdata objclass objname result "
    "nonesttables nesttableprops template private fchars lchars pgptbl mmathPr mmathPict userprops docvar xmlopen".split()
)
READ_STARRED = frozenset({"shpinst", "shptxt", "ud", "mmath", "moMath", "moMathPara", "ftnalt", "hyphen"})
"""Destinations that are read though a star says that they may be passed over."""
SIGNS = {
    "tab": "\t",
    "line": "\n",
    "softline": "\n",
    "emdash": "—",
    "endash": "–",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "bullet": "•",
    "zwnj": "\u200c",
    **dict.fromkeys(("emspace", "enspace", "qmspace"), " "),
}
CHARSETS = {
    int(number): page
    for number, page in (
        pair.split("=")
        for pair in "77=mac-roman 128=cp932 129=cp949 130=cp1361 134=gb18030 136=cp950 161=cp1253 162=cp1254 163=cp1258 177=cp1255 "
        "178=cp1256 186=cp1257 204=cp1251 222=cp874 238=cp1250 255=cp437".split()
    )
}
"""Code pages of the character sets that fonts name."""
HEADING = re.compile(r"heading (\d)$", re.IGNORECASE)
TITLE = -1
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


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph: ``level`` of a heading from 1, -1 of a title, else 0; ``label`` of a list item, and its depth from 0."""

    text: str
    level: int = 0
    label: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its texts, the right borders of its cells, and what each is merged with (left, above, or nothing)."""

    texts: tuple[str, ...]
    edges: tuple[int, ...] = ()
    merges: tuple[str, ...] = ()
    heads: bool = False


@dataclass(slots=True)
class RichText:
    """What was read: paragraphs and rows in order, what the file tells of itself, and what was left out."""

    parts: list[Paragraph | Row] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)
    hidden: int = 0
    pictures: int = 0


@dataclass(slots=True)
class State:
    """What holds inside of a group."""

    target: str = "body"
    page: str = "cp1252"
    skipped_chars: int = 1
    hidden: bool = False
    deleted: bool = False
    place: str = ""


@dataclass(slots=True)
class Body:
    """Where text goes: the document, a note, or what is thrown away; with the paragraph and the row that are open."""

    pieces: list[str] = field(default_factory=list)
    label: str = ""
    cells: list[str] = field(default_factory=list)
    cell: list[str] = field(default_factory=list)
    parts: list[Paragraph | Row] = field(default_factory=list)


class ReaderState:
    """The words that only set something."""

    def __init__(self) -> None:
        self._state = State()
        self._default_page = "cp1252"
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._styles: dict[int, int] = {}
        self._style_pieces: list[str] = []
        self._style = self._outline = 0
        self._level = self._depth = 0
        self._in_table = False
        self._edges: list[int] = []
        self._merges: list[str] = []
        self._merge = ""
        self._heads = False

    def reset_paragraph(self) -> None:
        self._level = self._depth = 0
        self._in_table = False

    def reset_row(self) -> None:
        self._edges, self._merges, self._merge, self._heads = [], [], "", False

    def set_edge(self, number: int | None) -> None:
        self._edges.append(number or 0)
        self._merges.append(self._merge)
        self._merge = ""

    def set_style(self, number: int | None) -> None:
        self._style = number or 0
        if self._state.target not in {"style", "styles"}:
            self._level = self._styles.get(self._style, 0)

    def set_outline(self, number: int | None) -> None:
        if self._state.target == "style":
            self._outline = (number or 0) + 1
        elif number is not None and number < 9 and not self._level:
            self._level = number + 1

    def set_font(self, number: int | None) -> None:
        self._font = number or 0
        if self._state.target != "fonts":
            self._state.page = self._fonts.get(self._font, self._default_page)

    def set_charset(self, number: int | None) -> None:
        if self._state.target == "fonts" and number in CHARSETS:
            self._fonts[self._font] = CHARSETS[number]

    def set_page(self, number: int | None) -> None:
        name = f"cp{number}" if number != 65001 else "utf-8"
        try:
            codecs.lookup(name)
        except LookupError:
            return
        self._default_page = self._state.page = name

    def set_merge(self, kind: str) -> None:
        self._merge = kind

    def set_heads(self) -> None:
        self._heads = True

    def enter_table(self) -> None:
        self._in_table = True

    def set_depth(self, number: int | None) -> None:
        self._depth = min(max(number or 0, 0), 8)

    def set_skipped(self, number: int | None) -> None:
        self._state.skipped_chars = 1 if number is None else min(max(number, 0), 8)

    def set_hidden(self, number: int | None) -> None:
        self._state.hidden = number != 0

    def set_deleted(self, number: int | None) -> None:
        self._state.deleted = number != 0

    def set_above(self, number: int | None) -> None:
        self._state.place = "" if number == 0 else "super"

    def set_below(self, number: int | None) -> None:
        self._state.place = "" if number == 0 else "sub"

    def plain(self) -> None:
        state = self._state
        state.hidden = state.deleted = False
        state.place, state.page = "", self._default_page

    def _name_style(self) -> None:
        name = "".join(self._style_pieces).strip().rstrip(";").strip()
        found = HEADING.match(name)
        if name.lower() == "title":
            self._styles[self._style] = TITLE
        elif found or self._outline:
            self._styles[self._style] = int(found[1]) if found else self._outline
        self._style_pieces = []


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

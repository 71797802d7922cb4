"""What holds at a place of an RTF file: styles, fonts and code page, and the shape of the row that is open."""

from __future__ import annotations

import codecs

from footnote.loaders.rich_text_syntax import CHARSETS, HEADING, TITLE, State

__all__ = ["ReaderState"]


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

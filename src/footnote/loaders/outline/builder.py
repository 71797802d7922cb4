"""Canonical text in the making, for formats whose text has to be taken out of something else.

Text is only ever appended, so that the offset of what is added is known the moment it is added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from footnote.errors import DocumentError
from footnote.loaders.outline import Draft, assemble, check_text, introduces
from footnote.loaders.outline.canonical import clean_text, without_break_marks
from footnote.loaders.outline.front_matter import FrontMatter
from footnote.loaders.outline.grids import Grid, TableShape, shape_of
from footnote.records import BlockKind, Document, Span
from footnote.settings import Settings

__all__ = ["Extract", "left_out"]

_CELL_BREAK = " | "
_TIGHT = frozenset({"list_item", "table_row", "table_header"})


def folded(text: str) -> str:
    """A text as it is kept: nothing that cannot be shown, blanks folded, no blank lines, words whole."""
    lines = (" ".join(line.split()) for line in without_break_marks(clean_text(text)).split("\n"))
    return "\n".join(line for line in lines if line)


class Extract:
    """Blocks and their text, in the order in which they are added."""

    def __init__(self, settings: Settings) -> None:
        self.drafts: list[Draft] = []
        self.warnings: list[str] = []
        self._settings = settings
        self._pieces: list[str] = []
        self._length = 0
        self._page_starts: list[int] = []
        self._pages_open = 0

    def start_page(self) -> None:
        """A new page begins with the text that is added next."""
        self._pages_open += 1

    def add(
        self,
        kind: BlockKind,
        text: str,
        *,
        level: int = 0,
        ordered: bool = False,
        lead_in: Draft | None = None,
        asks: bool = False,
        page_breaks: Sequence[int] = (),
    ) -> Draft | None:
        """Add a block; None where its text holds nothing to see.

        Args:
            kind: what it is.
            text: taken as it is for code, else folded.
            level: as ``records.Block.level``.
            ordered: as ``records.Block.ordered``.
            lead_in: the block that introduces its list.
            asks: for a heading, that it is a question, whatever its words.
            page_breaks: offsets in ``text``, which must then be folded already, where pages begin.
        """
        kept = without_break_marks(clean_text(text)).strip("\n") if kind == "code" else folded(text)
        if not kept.strip():
            return None
        start = self._append(kept, kind)
        self._page_starts += [start + offset for offset in page_breaks]
        draft = Draft(kind, Span(start, start + len(kept)), level, ordered, lead_in=lead_in, asks=asks)
        self.drafts.append(draft)
        return draft

    def add_row(self, kind: BlockKind, cells: Sequence[str], header: Draft | None = None) -> Draft | None:
        """Add a row of a table; None where all of its cells are blank."""
        kept = [" ".join(folded(cell).split()) for cell in cells]
        if not any(kept):
            return None
        start = self._append(_CELL_BREAK.join(kept), kind)
        spans, at = [], start
        for cell in kept:
            spans.append(Span(at, at + len(cell)))
            at += len(cell) + len(_CELL_BREAK)
        full = [span for span in spans if len(span)]
        gaps = tuple(Span(a.end, b.start) for a, b in pairwise(full))
        whole = Span(full[0].start, full[-1].end)
        draft = Draft(kind, whole, cells=tuple(spans), hidden=gaps, header=header)
        self.drafts.append(draft)
        return draft

    def add_table(self, rows: Sequence[Sequence[str]], *, headed: bool | None = None) -> None:
        """Add a table's rows.

        Args:
            rows: the texts of their cells.
            headed: whether the first row names the columns; None: the rows tell, and lines above the names are paragraphs.
        """
        filled = [row for row in rows if any(cell.strip() for cell in row)]
        if not filled:
            return
        shape = shape_of(filled) if headed is None else TableShape(0, headed=headed and len(filled) > 1)
        for row in filled[: shape.start]:
            self.add("paragraph", " ".join(cell for cell in row if cell.strip()))
        body = filled[shape.start :]
        header = self.add_row("table_header", body[0]) if shape.headed else None
        for row in body[1:] if shape.headed else body:
            self.add_row("table_row", row, header)

    def add_grid(self, grid: Grid, *, headed: int | None = None) -> None:
        """Add a table with merged cells; ``headed`` is the number of rows that name its columns, None where they tell."""
        if headed is None and (stacked := grid.stacked_names()):
            rows = grid.header_texts(stacked)
            headed = stacked if shape_of(rows) == TableShape(0, headed=True) else None
        self.add_table(grid.header_texts(headed or 0), headed=None if headed is None else headed > 0)

    def lead_in(self) -> Draft | None:
        """The paragraph added last, where it introduces a list that comes next."""
        if not self.drafts or self.drafts[-1].kind != "paragraph":
            return None
        last = self.drafts[-1]
        return last if introduces("".join(self._pieces[-1:]), directly=True) else None

    def document(self, raw: bytes, document_id: str, front: FrontMatter) -> Document:
        """What was added, as a document.

        Raises:
            DocumentError: nothing was added.
        """
        self._close_pages(self._length)
        text = "".join(self._pieces)
        if not text.strip() and self.warnings:
            # What was left out is why there is none.
            reason = "; ".join(self.warnings)
            raise DocumentError(f"no text found: {reason}", remedy="check that the file holds text, or remove it")
        check_text(text, document_id, self._settings)
        made = assemble(raw, text, self.drafts, document_id=document_id, front=front, warnings=tuple(self.warnings))
        return replace(made, page_starts=tuple(self._page_starts))

    def _append(self, text: str, kind: BlockKind) -> int:
        if self._pieces:
            tight = kind in _TIGHT and self.drafts[-1].kind in _TIGHT
            self._pieces.append("\n" if tight else "\n\n")
            self._length += len(self._pieces[-1])
        start = self._length
        self._close_pages(start)
        self._pieces.append(text)
        self._length += len(text)
        if self._length > self._settings.document_max_chars:
            raise DocumentError(
                f"the text has more than {self._settings.document_max_chars:,} characters",
                remedy="split it, or raise document_max_chars",
            )
        return start

    def _close_pages(self, start: int) -> None:
        self._page_starts += [start] * self._pages_open
        self._pages_open = 0


def left_out(*, hidden: int = 0, pictures: int = 0, changes: int = 0, formulas: int = 0) -> list[str]:
    """One clause for each kind of thing that was left out of a document.

    Args:
        hidden: stretches of hidden text.
        pictures: pictures, in which text may stand.
        changes: tracked changes, read as accepted.
        formulas: formulas without a saved value.
    """
    said = []
    if hidden:
        said.append(f"{_counted(hidden, 'stretch', 'stretches')} of hidden text left out")
    if pictures:
        said.append(f"{_counted(pictures, 'picture', 'pictures')} left out, with any text in them")
    if changes:
        said.append(f"{_counted(changes, 'tracked change', 'tracked changes')} read as accepted")
    if formulas:
        said.append(
            f"{_counted(formulas, 'formula', 'formulas')} without a saved value left out: save it in a spreadsheet program"
        )
    return said


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"

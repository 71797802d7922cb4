"""The values of documents and of what is indexed of them: spans, blocks, sentences, passages.

What a document has thousands of is a struct that is written as an array, without names; the others are dataclasses.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple, TypeAlias

import msgspec

from footnote.wire import FLAT, MAP, Count, Key

BlockKind: TypeAlias = Literal[
    "heading", "paragraph", "list_item", "table_header", "table_row", "quote", "code", "front_matter"
]
StyleKind: TypeAlias = Literal["strong", "emphasis", "code", "link"]

PARTS_WORDS = re.compile(r"\||<(?:br|sup|li|p|div|t[dhr])\b", re.IGNORECASE)
"""Hidden markup that stands between words: what is before it and after it are two."""


class Span(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """Half-open pair of offsets, ``0 <= start <= end``."""

    start: Count
    end: Count

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: {self.start}-{self.end}")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """The text at this span."""
        return text[self.start : self.end]

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end

    def within(self, other: Span) -> Span | None:
        """What both have in common; None where that is nothing."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None

    def cover(self, other: Span) -> Span:
        """The smallest span that holds both."""
        return Span(min(self.start, other.start), max(self.end, other.end))


class Style(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How a stretch of visible text is set: only ever drawn, never part of offsets."""

    span: Annotated[Span, FLAT]
    kind: StyleKind


class Block(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A stretch of a document that a reader sees as one thing.

    Attributes:
        kind: what it is.  ``front_matter`` is neither encoded nor shown in the text.
        span: from its first to its last visible character; markup inside it is listed in ``hidden``, markup around it
            (a list marker, the hashes of a heading, the bars of a table row) lies outside.
        level: 1-6 for a heading, nesting depth from 1 for a list item, else 0.
        headings: positions in ``Document.blocks`` of the headings above it, outermost first; for a heading, without itself.
        lead_in: for a list item, the position of the block that introduces its list, if any.
        header: for a table row, the position of its ``table_header`` block, if any.
        cells: for a table row or header, the spans of its cells; a blank cell is an empty span.
        asks: for a heading, whether it is a question: then what it heads is its answer.
        ordered: for a list item, whether its list is numbered.
        hidden: spans of markup inside ``span``, sorted and disjoint: never encoded, never shown.
        styles: emphasis and links inside ``span``.
    """

    kind: BlockKind
    span: Annotated[Span, FLAT]
    level: Count = 0
    headings: tuple[Count, ...] = ()
    lead_in: Count | None = None
    header: Count | None = None
    cells: tuple[Span, ...] = ()
    asks: bool = False
    ordered: bool = False
    hidden: tuple[Span, ...] = ()
    styles: tuple[Style, ...] = ()

    def hidden_in(self, span: Span) -> tuple[Span, ...]:
        """The hidden stretches that touch a span, found without looking at all of them."""
        first = bisect_right(self.hidden, span.start, key=lambda h: h.end)
        return self.hidden[first : bisect_left(self.hidden, span.end, lo=first, key=lambda h: h.start)]


@dataclass(frozen=True, slots=True)
class FaqPair:
    """A heading that asks, with all of its answer: up to the next heading of its own or a higher level."""

    question: Span
    answer: Span
    heading: int
    """Position of the heading in ``Document.blocks``."""


class Metadatum(NamedTuple):
    """Something that a document states of itself, such as its author."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    r"""One file, as canonical text with its blocks.

    Attributes:
        id: path relative to the corpus, with forward slashes.
        title: front matter's title, else the first heading of level 1, else the first line that stands as one, else the file's name.
        source: where a person finds the original: front matter's ``source``, else the path relative to the corpus.
        sha256: hex digest of the file's bytes.
        metadata: further front matter, sorted by name.
        warnings: what was repaired or left out while loading, one clause each.
        page_starts: offset of the first character of each page, empty where the format has no pages.
        text: the canonical text; for Markdown and plain text the decoded file, newlines made ``\n``.
        blocks: in order of their spans, disjoint; they cover all visible text.
    """

    id: Annotated[str, Key("doc")]
    title: str
    source: str = ""
    sha256: str
    metadata: Annotated[tuple[Metadatum, ...], MAP] = ()
    warnings: tuple[str, ...] = ()
    page_starts: tuple[Count, ...] = ()
    text: str
    blocks: tuple[Block, ...]

    def stated(self, name: str) -> str:
        """What the metadata says under a name, such as "author"; empty where nothing."""
        return dict(self.metadata).get(name, "")

    def page_of(self, offset: int) -> int | None:
        """1-based page that holds the offset; None where there are no pages."""
        return bisect_right(self.page_starts, offset) or 1 if self.page_starts else None

    def block_at(self, offset: int) -> int:
        """Number of the block that holds the offset, or of the next one; of the last where none follows."""
        return min(bisect_right(self.blocks, offset, key=lambda block: block.span.end), len(self.blocks) - 1)

    def heading_path(self, block: int) -> tuple[str, ...]:
        """Visible texts of the headings above a block, outermost first."""
        return tuple(
            visible_text(self.text, self.blocks[n].span, self.blocks[n].hidden) for n in self.blocks[block].headings
        )

    def visible(self, span: Span) -> str:
        """What a reader sees at a span: markup left out, a row's cells with " | " between them, one line a block."""
        lines = []
        first = bisect_right(self.blocks, span.start, key=lambda block: block.span.end)
        for n in range(first, len(self.blocks)):
            block = self.blocks[n]
            if block.span.start >= span.end:
                break
            first_cell = bisect_right(block.cells, span.start, key=lambda cell: cell.end)
            cells = block.cells[
                first_cell : bisect_left(block.cells, span.end, lo=first_cell, key=lambda cell: cell.start)
            ]
            cuts = (cut for each in (cells if block.cells else (block.span,)) if (cut := each.within(span)))
            seen = [visible_text(self.text, cut, block.hidden_in(cut)) for cut in cuts]
            lines.append(" | ".join(seen))
        return "\n".join(lines)

    def faq_pairs(self) -> tuple[FaqPair, ...]:
        pairs = []
        for n, block in enumerate(self.blocks):
            if block.kind != "heading" or not block.asks:
                continue
            last = n
            for m in range(n + 1, len(self.blocks)):
                if self.blocks[m].kind == "heading" and self.blocks[m].level <= block.level:
                    break
                last = m
            if last > n:
                pairs.append(FaqPair(block.span, Span(self.blocks[n + 1].span.start, self.blocks[last].span.end), n))
        return tuple(pairs)


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A part of a page, in points from the top left corner of the page as it is shown; ``page`` counts from 1."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


def visible_text(text: str, span: Span, hidden: tuple[Span, ...]) -> str:
    """The text at ``span`` without the stretches in ``hidden``, white space folded to single blanks.

    A hidden bar between two cells, a hidden ``<br>``, ``<sup>`` or cell parts words as a blank does.
    """
    pieces, at = [], span.start
    for gap in hidden:
        if gap.end <= span.start or gap.start >= span.end:
            continue
        pieces.append(text[at : max(at, gap.start)])
        if PARTS_WORDS.search(text, gap.start, gap.end):
            pieces.append(" ")
        at = max(at, gap.end)
    pieces.append(text[at : span.end] if at < span.end else "")
    return " ".join("".join(pieces).split())


def visible_offsets(text: str, span: Span, hidden: tuple[Span, ...]) -> list[int]:
    """Where each character of ``visible_text`` stands in the text; of a folded blank, where it begins."""
    skipped = {n for gap in hidden for n in range(max(gap.start, span.start), min(gap.end, span.end))}
    parting = {
        max(gap.start, span.start)
        for gap in hidden
        if gap.end > span.start and PARTS_WORDS.search(text, gap.start, gap.end)
    }
    offsets: list[int] = []
    blank: int | None = None
    for n in range(span.start, span.end):
        if n in parting or (n not in skipped and text[n].isspace()):
            blank = n if blank is None else blank
        elif n not in skipped:
            if blank is not None and offsets:
                offsets.append(blank)
            blank = None
            offsets.append(n)
    return offsets


class Sentence(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The unit of quoting: a sentence of a paragraph, a list item's sentence, a table row, or a heading.

    Attributes:
        span: in the document's canonical text, inside one block.
        block: position of that block in ``Document.blocks``.
        kind: that block's kind.
        context: what must be in view with it: a table row's header row, a list item's lead-in; None where nothing must.
    """

    span: Span
    block: Count
    kind: BlockKind
    context: Span | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit of retrieval: an interval of one document, inside one section.

    Attributes:
        id: ``document id:start-end``.
        span: starts with the heading of its section where it is the section's first passage; ends with a sentence.
        heading_path: the headings that hold for it, outermost first, its own included, the document's title left out
            where it only repeats that.
        sentences: in order; headings inside the span are among them, with kind "heading".
        page: 1-based page of its first character; None where the format has no pages.
    """

    id: str
    document_id: str
    span: Span
    heading_path: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    page: int | None = None

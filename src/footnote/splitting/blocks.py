"""Blocks as sentences: what a reader would quote as one."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from footnote.records import Block, Document, Sentence, Span
from footnote.splitting.segmentation import borders

__all__ = ["block_sentences", "cut"]

_WHOLE = frozenset({"heading", "table_row", "table_header", "code"})
_BARE_LINE_MAX_CHARS = 200


def block_sentences(document: Document) -> list[list[Sentence]]:
    """The sentences of each block; none of front matter, and of a table's header only where it has no rows."""
    headed = {b.header for b in document.blocks if b.header is not None}
    spans: list[tuple[Span, ...]] = []
    found = []
    for number, block in enumerate(document.blocks):
        if block.kind == "front_matter" or (block.kind == "table_header" and number in headed):
            spans.append(())
        elif block.kind in _WHOLE:
            spans.append((block.span,))
        else:
            spans.append(_prose_spans(document.text, block))
        context = None
        if block.header is not None:
            context = document.blocks[block.header].span
        elif block.lead_in is not None and spans[block.lead_in]:
            context = spans[block.lead_in][-1]
        found.append([Sentence(span, number, block.kind, context) for span in spans[-1]])
    return found


def _prose_spans(text: str, block: Block) -> tuple[Span, ...]:
    """Sentence spans of a block, found in its visible text and brought back to the document's."""
    visible = _Visible(text, block.span, block.hidden)
    starts = borders(visible.text)
    if block.kind == "paragraph":
        starts = sorted({*starts, *_bare_lines(visible.text)})
    return visible.spans([0, *starts, len(visible.text)])


def _bare_lines(text: str) -> list[int]:
    """Starts of lines in a paragraph that is a run of lines without a full stop among them: items that lost their markers."""
    lines = text.split("\n")
    if len(lines) < 3 or not all(line.strip() for line in lines):
        return []
    if any(len(line) > _BARE_LINE_MAX_CHARS or line.strip()[-1] in ".,;!?-" for line in lines[:-1]):
        return []
    if not all(line.strip()[0].isupper() or line.strip()[0].isdigit() for line in lines):
        return []
    found, at = [], 0
    for line in lines[:-1]:
        at += len(line) + 1
        found.append(at)
    return found


class _Visible:
    """The visible characters of a block, and where each stands in the document."""

    def __init__(self, text: str, span: Span, hidden: Sequence[Span]) -> None:
        self._sources: list[int] = []
        self._starts: list[int] = []
        pieces, at, length = [], span.start, 0
        for gap in [*hidden, Span(span.end, span.end)]:
            piece = text[at : gap.start]
            if piece:
                self._starts.append(length)
                self._sources.append(at)
                pieces.append(piece)
                length += len(piece)
            at = gap.end
        self.text = "".join(pieces)

    def spans(self, edges: Sequence[int]) -> tuple[Span, ...]:
        """The stretches between edges, blanks at their ends left out, as spans of the document."""
        found = []
        for start, end in pairwise(edges):
            piece = self.text[start:end]
            kept = piece.strip()
            if kept:
                first = start + len(piece) - len(piece.lstrip())
                found.append(Span(self._source(first), self._source(first + len(kept) - 1) + 1))
        return tuple(found)

    def _source(self, position: int) -> int:
        number = bisect_right(self._starts, position) - 1
        return self._sources[number] + position - self._starts[number]


def cut(document: Document, sentence: Sentence, pieces: int, max_chars: int) -> list[Sentence]:
    """A sentence that is too long, as at least so many sentences of about one length, cut at word borders.

    A word that is too long by itself is cut between characters, never before a combining mark.
    """
    block = document.blocks[sentence.block]
    visible = _Visible(document.text, sentence.span, block.hidden_in(sentence.span))
    length = min(max_chars, -(-len(visible.text) // max(pieces, 1)))
    edges = [0]
    while edges[-1] < len(visible.text):
        edges.append(_edge(visible.text, edges[-1], length))
    return [Sentence(span, sentence.block, sentence.kind, sentence.context) for span in visible.spans(edges)]


def _edge(text: str, start: int, length: int) -> int:
    """The last word border at most ``length`` characters after ``start``."""
    end = start + max(length, 1)
    if end >= len(text):
        return len(text)
    for at in range(end, start + length // 3, -1):
        if text[at - 1].isspace() or text[at].isspace():
            return at
    at = end
    while at > start + 1 and (unicodedata.combining(text[at]) or text[at] in "\u200d\ufe0f"):
        at -= 1
    return at if at > start + 1 else end

"""A document's blocks as lines of text, and what must hold for every document and its passages."""

from __future__ import annotations

from itertools import pairwise

from footnote.records import Document, Passage, visible_text


def outline(document: Document, width: int = 30) -> list[str]:
    """One line a block: indented by its headings; kind and level; "?" where it asks; its first visible characters."""
    lines = []
    for block in document.blocks:
        name = f"{block.kind}{block.level or ''}{'?' if block.asks else ''}"
        text = visible_text(document.text, block.span, block.hidden)
        lines.append(f"{'  ' * len(block.headings)}{name}: {text[:width].rstrip()}")
    return lines


def shown(document: Document) -> list[str]:
    """The visible text of each block."""
    return [visible_text(document.text, b.span, b.hidden) for b in document.blocks]


def check_blocks(document: Document) -> None:
    text, end = document.text, 0
    for number, block in enumerate(document.blocks):
        assert end <= block.span.start < block.span.end <= len(text)
        end = block.span.end
        at = block.span.start
        for hidden in block.hidden:
            assert at < hidden.start < hidden.end < block.span.end
            at = hidden.end
        assert not text[block.span.start].isspace()
        assert not text[block.span.end - 1].isspace()
        assert all(block.span.contains(style.span) for style in block.styles)
        assert all(block.span.contains(cell) for cell in block.cells if len(cell))
        assert all(cell.end <= following.start for cell, following in pairwise(block.cells))
        assert all(above < number and document.blocks[above].kind == "heading" for above in block.headings)
        assert block.lead_in is None or block.lead_in < number
        assert block.header is None or document.blocks[block.header].kind == "table_header"


def squeezed(text: str) -> str:
    return "".join(text.split())


def check_passages(document: Document, passages: tuple[Passage, ...], max_chars: int) -> None:
    text, end = document.text, 0
    for passage in passages:
        assert end <= passage.span.start < passage.span.end <= len(text)
        end = passage.span.end
        assert passage.id == f"{document.id}:{passage.span.start}-{passage.span.end}"
        assert len(passage.span) <= max_chars or len(passage.sentences) == 1
        assert passage.sentences[-1].span.end == passage.span.end
        _check_section(document, passage)
    sentences = [s for p in passages for s in p.sentences]
    assert all(a.span.end <= b.span.start for a, b in pairwise(sentences))
    headed = {b.header for b in document.blocks}
    for number, block in enumerate(document.blocks):
        own = [s for s in sentences if s.block == number]
        assert all(block.span.contains(s.span) and s.kind == block.kind for s in own)
        assert all(s.span.of(text).strip() == s.span.of(text) != "" for s in own)
        if block.kind != "front_matter" and number not in headed:
            pieces = "".join(visible_text(text, s.span, block.hidden) for s in own)
            assert squeezed(pieces) == squeezed(visible_text(text, block.span, block.hidden))


def _check_section(document: Document, passage: Passage) -> None:
    """After the first sentence that is no heading no heading follows, and all blocks have the same headings above them."""
    blocks = [document.blocks[s.block] for s in passage.sentences]
    kinds = [b.kind == "heading" for b in blocks]
    assert sorted(kinds, reverse=True) == kinds
    assert len({b.headings for b in blocks if b.kind != "heading"}) <= 1

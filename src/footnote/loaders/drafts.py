"""Blocks while a loader makes them, and what turns them into a document's outline.

A draft points at other drafts (its lead-in, its header row) by reference, so that loaders may still split, drop and add
drafts; ``finish`` puts them in order and turns references into positions.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from footnote.loaders.front_matter import FrontMatter
from footnote.loaders.limits import no_text
from footnote.loaders.questions import asks
from footnote.records import Block, BlockKind, Document, Span, Style, visible_text

__all__ = ["Draft", "assemble", "clipped", "finish", "introduces", "readable_name", "title_of", "trimmed"]

_TITLE_MAX_CHARS = 200
_LEAD_IN_MAX_CHARS = 240
_ANNOUNCES = re.compile(r"\b(?:following|below|these|are|includes?|including|such as)\b[^.!?]*[.:]?$", re.IGNORECASE)
_LOST_ITEM = re.compile(r"[.:;] - \w")


@dataclass(eq=False, slots=True)
class Draft:
    """A block in the making; the fields are those of ``records.Block``."""

    kind: BlockKind
    span: Span
    level: int = 0
    ordered: bool = False
    cells: tuple[Span, ...] = ()
    hidden: tuple[Span, ...] = ()
    styles: tuple[Style, ...] = ()
    lead_in: Draft | None = field(default=None, repr=False)
    header: Draft | None = field(default=None, repr=False)
    asks: bool = False
    """For a heading: that it asks, whatever its words; else they decide."""

    def visible(self, text: str) -> str:
        return visible_text(text, self.span, self.hidden)


def finish(text: str, drafts: Iterable[Draft]) -> tuple[Block, ...]:
    """Drafts as the blocks of a document: in order, without empty ones, with their headings found."""
    kept = sorted((d for d in drafts if d.visible(text)), key=lambda d: d.span)
    position = {id(draft): n for n, draft in enumerate(kept)}
    above: list[int] = []
    blocks = []
    for n, draft in enumerate(kept):
        if draft.kind == "heading":
            while above and kept[above[-1]].level >= draft.level:
                above.pop()
        blocks.append(
            Block(
                kind=draft.kind,
                span=draft.span,
                level=draft.level,
                headings=tuple(above),
                lead_in=position.get(id(draft.lead_in)) if draft.lead_in is not None else None,
                header=position.get(id(draft.header)) if draft.header is not None else None,
                cells=draft.cells,
                asks=draft.kind == "heading" and (draft.asks or asks(draft.visible(text))),
                ordered=draft.ordered,
                hidden=draft.hidden,
                styles=draft.styles,
            )
        )
        if draft.kind == "heading":
            above.append(n)
    return tuple(blocks)


def assemble(
    raw: bytes, text: str, drafts: Iterable[Draft], *, document_id: str, front: FrontMatter, warnings: tuple[str, ...]
) -> Document:
    """The document that a loader made of a file's bytes.

    Raises:
        DocumentError: none of its blocks has text that can be seen.
    """
    head = [Draft("front_matter", front.span)] if front.span is not None else []
    blocks = finish(text, [*head, *drafts])
    if len(blocks) == len(head):
        raise no_text(document_id)
    return Document(
        id=document_id,
        title=title_of(text, blocks, document_id, front.title),
        text=text,
        sha256=hashlib.sha256(raw).hexdigest(),
        blocks=blocks,
        source=front.source or document_id,
        metadata=front.metadata,
        warnings=warnings,
    )


def clipped(text: str, draft: Draft, span: Span, kind: BlockKind | None = None) -> Draft | None:
    """The part of a draft that lies in ``span``, from its first to its last visible character; None where nothing is left."""
    hidden = tuple(h for h in draft.hidden if h.overlaps(span))
    inner = trimmed(text, Span(max(span.start, draft.span.start), min(span.end, draft.span.end)), hidden)
    if inner is None:
        return None
    styles = tuple(
        Style(Span(max(s.span.start, inner.start), min(s.span.end, inner.end)), s.kind)
        for s in draft.styles
        if s.span.overlaps(inner)
    )
    return Draft(
        kind=kind or draft.kind,
        span=inner,
        level=draft.level if kind in {None, draft.kind} else 0,
        hidden=tuple(h for h in hidden if h.overlaps(inner)),
        styles=styles,
    )


def trimmed(text: str, span: Span, hidden: Sequence[Span] = ()) -> Span | None:
    """The span without white space and hidden stretches at its ends; None where nothing is left."""
    start, end = span.start, span.end
    while start < end:
        gap = next((h for h in hidden if h.start <= start < h.end), None)
        if gap is not None:
            start = gap.end
        elif text[start].isspace():
            start += 1
        else:
            break
    while end > start:
        gap = next((h for h in hidden if h.start < end <= h.end), None)
        if gap is not None:
            end = gap.start
        elif text[end - 1].isspace():
            end -= 1
        else:
            break
    return Span(start, end) if start < end else None


def introduces(paragraph: str, *, directly: bool) -> bool:
    """Whether a paragraph introduces the list after it.

    Args:
        paragraph: its visible text.
        directly: no blank line stands between the two.
    """
    last = paragraph[-_LEAD_IN_MAX_CHARS:]
    if last.endswith(":"):
        return True
    if _ANNOUNCES.search(last):
        return True
    # A paragraph that holds the list's first item, its line break lost, introduces nothing by its last words.
    return directly and not _LOST_ITEM.search(paragraph)


def title_of(text: str, blocks: Sequence[Block], document_id: str, declared: str = "") -> str:
    """A document's title: declared in front matter, else its first heading of level 1, else one it begins with, else its name."""
    headings = [b for b in blocks if b.kind == "heading"]
    body = [b for b in blocks if b.kind != "front_matter"]
    chosen = next((b for b in headings if b.level == 1), None)
    if chosen is None and body and body[0].kind == "heading":
        chosen = body[0]
    found = " ".join(declared.split()) or (visible_text(text, chosen.span, chosen.hidden) if chosen else "")
    return found[:_TITLE_MAX_CHARS].rstrip() or readable_name(document_id)


def readable_name(document_id: str) -> str:
    """A file's name as a title: ``notes/how-it-works.txt`` gives ``How it works``."""
    stem = PurePosixPath(document_id).stem
    words = " ".join(re.sub(r"[-_]+", " ", stem).split()) or stem
    return words[:1].upper() + words[1:]

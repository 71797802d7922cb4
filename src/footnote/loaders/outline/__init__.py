"""What all loaders make: the blocks of a document, as drafts that are put in order and joined to an outline.

A text that offsets must fit as it stands is cut into lines (``lines``), and its drafts show stretches of them; text that has to be
taken out of something else is appended block by block (``builder``).  Either way a draft points at other drafts (its lead-in, its
header row) by reference, so that loaders may still split, drop and add drafts; ``finish`` puts them in order and turns references
into positions, finds the headings above each, and whether a heading asks: then what it heads is its answer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TypeAlias

from footnote.errors import DocumentError
from footnote.loaders.outline.front_matter import FrontMatter
from footnote.records import Block, BlockKind, Document, Span, Style, visible_text
from footnote.settings import Settings

__all__ = [
    "Draft",
    "Loader",
    "asks",
    "assemble",
    "check_text",
    "clipped",
    "introduces",
    "opens_as_question",
    "readable_name",
    "stands_apart",
    "trimmed",
]

_TITLE_MAX_CHARS = 200
_LEAD_IN_MAX_CHARS = 240
_ANNOUNCES = re.compile(r"\b(?:following|below|these|are|includes?|including|such as)\b[^.!?]*[.:]?$", re.IGNORECASE)
_LOST_ITEM = re.compile(r"[.:;] - \w")
_AUXILIARY = (
    r"(?:is|are|was|were|am|do|does|did|can|could|should|shall|will|would|may|might|must|has|have|had|"
    r"isn['’]t|aren['’]t|don['’]t|doesn['’]t|didn['’]t|can['’]t|won['’]t)"
)
# "How ketamine works" and "What we do" are titles; "How does ketamine work" and "What causes pain" ask.
_ASKING = re.compile(
    rf"(?:what|which|who|whom|whose|when|where|why|how)(?:['’]s|['’]re|\s+{_AUXILIARY}|"
    rf"\s+(?:much|many|long|often|far|soon|old|big|common|likely|safe|\w+ly)\s+(?:\w+\s+){{0,3}}?{_AUXILIARY}|"
    rf"\s+to)\b"
    rf"|(?:what|which|whose)\s+(?!(?:you|we|i|they|he|she|it|people)\b)(?:\w[\w-]*\s+){{1,3}}?{_AUXILIARY}\b"
    rf"|(?:what|who)\s+(?:causes|caused|helps|happens|happened|makes|needs|gets|uses|pays)\b",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(rf"{_AUXILIARY}\s+(?!not\b)\w", re.IGNORECASE)
_QUESTION_WORD = re.compile(
    r"(?:what|which|who|whom|whose|when|where|why|how|in what|at what|on what|for how|if)\b", re.IGNORECASE
)
# Names of sections that stand on the same footing as any other section, whatever comes before them.
_APART = re.compile(
    r"(?:in )?(?:conclusions?|summary|key (?:takeaways|points|facts)|frequently asked questions|common questions|faqs?\b|"
    r"references|bibliography|further reading|see also|external links|introduction|overview|reviews?\b|comments|"
    r"about (?:the author|us)|notes?$|appendix|acknowledge?ments?|disclaimer|related (?:articles|products|posts)|"
    r"final thoughts|the bottom line|bottom line|table of contents|contents$|abstract$|glossary|index$)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:q(?:uestion)?\s*)?\d{0,3}(?:\.\d{1,3})*\s*[.):]?\s*", re.IGNORECASE)
Loader: TypeAlias = Callable[[bytes, str, Settings], Document]
"""A file's bytes, its document id and the settings give a document.

Raises:
    DocumentError: it holds no text or too much of it, is protected or damaged, or is no file of its format.
"""


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


def check_text(text: str, where: str, settings: Settings) -> None:
    """Refuse a text that is empty or too long.

    Raises:
        DocumentError: nothing but white space, or more than ``settings.document_max_chars`` characters.
    """
    if not text.strip():
        raise no_text(where)
    if len(text) > settings.document_max_chars:
        raise DocumentError(
            f"the text has {len(text):,} characters, more than {settings.document_max_chars:,}",
            where=where,
            remedy="split it, or raise document_max_chars",
        )


def no_text(where: str) -> DocumentError:
    """The error for a file in which there is nothing to read."""
    return DocumentError("no text found", where=where, remedy="check that the file holds text, or remove it")


def asks(heading: str) -> bool:
    """Whether a heading is a question.

    It ends with a question mark, or begins as questions do: "How long does it last" but not "How it lasts".  A section's
    name before the question ("Conclusion – how does it work?") makes it a name, not a question.
    """
    plain = _NUMBER.sub("", heading.strip(" \"'“”‘’*"), count=1)
    if stands_apart(plain):
        return False
    return heading.rstrip(" \"'“”’*)").endswith("?") or _ASKING.match(plain) is not None


def opens_as_question(text: str) -> bool:
    """Whether a text begins as a question does, a yes-or-no question among them."""
    plain = _NUMBER.sub("", text.strip(), count=1)
    return bool(_QUESTION_WORD.match(plain) or _YES_OR_NO.match(plain))


def stands_apart(heading: str) -> bool:
    """Whether a heading is one of those that close or open a document on its top level: "Conclusion", "FAQ"."""
    return _APART.match(_NUMBER.sub("", heading.strip(), count=1)) is not None

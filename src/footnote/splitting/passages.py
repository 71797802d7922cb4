"""Documents as passages: sections, their sentences, and what fits together.

A section is a heading, with the headings directly above it, and all blocks up to the next heading.  No passage holds parts
of two sections.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from footnote.records import Document, Passage, Sentence, Span
from footnote.settings import Settings
from footnote.splitting.blocks import block_sentences, cut
from footnote.splitting.inputs import context_of, heading_text, passage_input, sentence_input
from footnote.splitting.packing import Piece, pack

__all__ = ["CountTokens", "split_document"]

CountTokens = Callable[[Sequence[str]], Sequence[int]]
"""Token counts of texts as the encoder would take them, special tokens included, nothing cut."""

_LEAST_TOKENS = 24
"""Room for text that is kept however long the context is."""


@dataclass(slots=True)
class _Section:
    blocks: list[int]
    heading_path: tuple[str, ...]
    context_tokens: int = 0


def split_document(document: Document, *, count_tokens: CountTokens, settings: Settings) -> tuple[Passage, ...]:
    """The passages of a document: disjoint, in order, covering all visible text but front matter.

    Args:
        document: with its blocks.
        count_tokens: the encoder's; called a few times, each time for many texts.
        settings: ``passage_max_chars`` bounds a passage's span, ``passage_max_tokens`` its ``passage_input``.
    """
    sentences = block_sentences(document)
    sections = _sections(document)
    texts = [sentence_input(document, s) for block in sentences for s in block]
    contexts = [context_of(document.title, section.heading_path) for section in sections]
    counted = count_tokens(["", *contexts, *texts])
    special = counted[0]
    tokens = {}
    for sentence, number in zip((s for block in sentences for s in block), counted[1 + len(contexts) :], strict=True):
        tokens[sentence] = number - special
    for section, number in zip(sections, counted[1:], strict=False):
        section.context_tokens = number - special
    maker = _Maker(document, count_tokens, settings, special, tokens)
    made = [maker.passages([s for n in section.blocks for s in sentences[n]], section) for section in sections]
    return maker.verified(sections, made)


def _sections(document: Document) -> list[_Section]:
    sections: list[_Section] = []
    open_headings = False
    for number, block in enumerate(document.blocks):
        if block.kind == "front_matter":
            continue
        deeper = open_headings and block.kind == "heading" and sections[-1].blocks[-1] in block.headings
        if not sections or (block.kind == "heading" and not deeper):
            sections.append(_Section([], ()))
        sections[-1].blocks.append(number)
        open_headings = block.kind == "heading"
    texts: dict[int, str] = {}
    for section in sections:
        innermost = next((n for n in reversed(section.blocks) if document.blocks[n].kind == "heading"), None)
        section.heading_path = _path(document, section.blocks[0], innermost, texts)
    return sections


def _path(document: Document, first: int, innermost: int | None, texts: dict[int, str]) -> tuple[str, ...]:
    """The headings that hold for a section, its own included; the document's title only where it says something else.

    ``texts`` keeps those of headings between calls: the first one of a document holds for all of its sections.
    """
    numbers = document.blocks[first].headings
    if innermost is not None:
        numbers = (*document.blocks[innermost].headings, innermost)
    for number in numbers:
        if number not in texts:
            texts[number] = heading_text(document, number)
    path = tuple(texts[number] for number in numbers)
    if path and path[0].casefold() == document.title.casefold():
        return path[1:]
    return path


@dataclass(slots=True)
class _Maker:
    document: Document
    count_tokens: CountTokens
    settings: Settings
    special: int
    tokens: dict[Sentence, int]

    def passages(self, sentences: Sequence[Sentence], section: _Section, less: int = 0) -> list[Passage]:
        """The passages of a section, ``less`` tokens under the budget."""
        if not sentences:
            return []
        budget = max(self.settings.passage_max_tokens - self.special - section.context_tokens - less, _LEAST_TOKENS)
        fitting = self._cut_to_fit(sentences, budget)
        pieces = [self._piece(s) for s in fitting]
        starts = [self._start(s) for s in fitting]
        runs = pack(pieces, starts, self.settings.passage_max_chars, budget)
        return [self._passage([piece.sentence for piece in run], section) for run in runs]

    def _piece(self, sentence: Sentence) -> Piece:
        return Piece(
            sentence,
            tokens=0 if sentence.kind == "heading" else self.tokens[sentence],
            asks=self.document.text[sentence.span.end - 1] == "?",
            lead_in=self.document.blocks[sentence.block].lead_in,
        )

    def verified(self, sections: Sequence[_Section], made: list[list[Passage]]) -> tuple[Passage, ...]:
        """The passages, after counting what will be encoded: sections with one that is too long are packed tighter.

        Passages whose sentences add up to much less than the budget are not counted again: joining texts with blanks
        adds no token, or one for each border at most.
        """
        less = [0] * len(sections)
        unsure = [n for n, section in enumerate(sections) if any(self._is_near_budget(p, section) for p in made[n])]
        while unsure:
            texts = [passage_input(self.document, p) for n in unsure for p in made[n]]
            counted = iter(self.count_tokens(texts) if texts else [])
            over = {
                n: max((next(counted) for _ in made[n]), default=0) - self.settings.passage_max_tokens for n in unsure
            }
            unsure = [n for n in unsure if over[n] > 0 and less[n] < self.settings.passage_max_tokens]
            for n in unsure:
                less[n] += over[n]
                sentences = [s for passage in made[n] for s in passage.sentences]
                made[n] = self.passages(sentences, sections[n], less[n])
        return tuple(passage for section in made for passage in section)

    def _is_near_budget(self, passage: Passage, section: _Section) -> bool:
        tokens = sum(self.tokens[s] + 1 for s in passage.sentences if s.kind != "heading")
        return self.special + section.context_tokens + 1 + tokens > self.settings.passage_max_tokens

    def _cut_to_fit(self, sentences: Sequence[Sentence], budget: int) -> list[Sentence]:
        """The sentences, those that fit no passage even alone cut into several."""
        max_chars = self.settings.passage_max_chars
        done: list[Sentence] = []
        waiting = list(sentences)
        while waiting:
            parts: list[Sentence] = []
            for sentence in waiting:
                tokens = 0 if sentence.kind == "heading" else self.tokens[sentence]
                over = max(-(-len(sentence.span) // max_chars), -(-tokens // budget))
                pieces = cut(self.document, sentence, over, max_chars) if over > 1 else []
                if len(pieces) > 1:
                    parts += pieces
                else:
                    done.append(sentence)
            counted = self.count_tokens([sentence_input(self.document, s) for s in parts]) if parts else []
            self.tokens.update({s: number - self.special for s, number in zip(parts, counted, strict=True)})
            waiting = parts
        return sorted(done, key=lambda s: s.span)

    def _start(self, sentence: Sentence) -> int:
        """Where a passage begins whose first sentence this is: at a table's header where it is the table's first row."""
        block = self.document.blocks[sentence.block]
        if block.header == sentence.block - 1 and sentence.span.start == block.span.start:
            return self.document.blocks[block.header].span.start
        return sentence.span.start

    def _passage(self, sentences: Sequence[Sentence], section: _Section) -> Passage:
        span = Span(self._start(sentences[0]), sentences[-1].span.end)
        return Passage(
            id=f"{self.document.id}:{span.start}-{span.end}",
            document_id=self.document.id,
            span=span,
            heading_path=section.heading_path,
            sentences=tuple(sentences),
            page=self.document.page_of(span.start),
        )

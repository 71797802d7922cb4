"""Documents as passages: sections, their sentences, and what fits together.

A section is a heading, with the headings directly above it, and all blocks up to the next heading.  No passage holds parts
of two sections.  Of the ways to cut a section into runs that fit, the cheapest is taken, as a shortest path: as few passages as
fit, broken where a reader would pause.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from footnote.records import Document, Passage, Sentence, Span
from footnote.settings import Settings
from footnote.splitting.blocks import block_sentences, cut
from footnote.splitting.passage_inputs import context_of, heading_text, passage_input, sentence_input

__all__ = ["split_document"]

CountTokens = Callable[[Sequence[str]], Sequence[int]]
"""Token counts of texts as the encoder would take them, special tokens included, nothing cut."""
_LEAST_TOKENS = 24
"""Room for text that is kept however long the context is."""
_PASSAGE = 1.0
_UNEVEN = 0.5
_AFTER_HEADING = 50.0
_AFTER_QUESTION = 1.5
_AFTER_LEAD_IN = 3.0
_IN_BLOCK = 0.35
_IN_LIST = 0.15
_IN_TABLE = 0.2
_STRADDLES = 0.25
"""Costs of a passage, of its being shorter than it could be, and of breaks that tear apart what belongs together."""
_MAX_SENTENCES = 64
"""Most sentences of a passage, so that a list of ten thousand one-letter lines takes no minutes."""


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


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence with what packing needs to know.

    Attributes:
        tokens: of its input, special tokens left out; none for a heading, which is counted with the context.
        asks: it is a question, whose answer may follow.
        lead_in: position of the block that introduces the list it is an item of.
    """

    sentence: Sentence
    tokens: int
    asks: bool = False
    lead_in: int | None = None


def pack(pieces: Sequence[Piece], starts: Sequence[int], max_chars: int, max_tokens: int) -> list[list[Piece]]:
    """The pieces of a section as runs that each fit.

    Args:
        pieces: the section's sentences in order.
        starts: for each piece the offset at which a passage begins that begins with it.
        max_chars: bound on a passage's span.
        max_tokens: bound on the sum of a passage's tokens.
    """
    count = len(pieces)
    best: list[float] = [0.0] + [float("inf")] * count
    came_from = [0] * (count + 1)
    for end in range(1, count + 1):
        tokens = 0
        for start in range(end - 1, max(end - 1 - _MAX_SENTENCES, -1), -1):
            tokens += pieces[start].tokens
            chars = pieces[end - 1].sentence.span.end - starts[start]
            # One piece alone is taken as it is: it was cut to fit where it could be.
            if start < end - 1 and (tokens > max_tokens or chars > max_chars):
                break
            cost = best[start] + _PASSAGE + _UNEVEN * (1.0 - min(chars / max_chars, 1.0)) ** 2
            cost += _break_cost(pieces, start) + _straddling(pieces, start, end)
            if cost < best[end]:
                best[end], came_from[end] = cost, start
    runs = []
    end = count
    while end > 0:
        start = came_from[end]
        runs.append(list(pieces[start:end]))
        end = start
    return runs[::-1]


def _break_cost(pieces: Sequence[Piece], at: int) -> float:
    """What it costs to begin a passage at a piece."""
    if at == 0:
        return 0.0
    before, after = pieces[at - 1], pieces[at]
    cost = 0.0
    if before.sentence.kind == "heading":
        cost += _AFTER_HEADING
    if before.asks:
        cost += _AFTER_QUESTION
    if before.sentence.block == after.sentence.block:
        cost += _IN_BLOCK
    elif after.lead_in is not None and after.lead_in == before.sentence.block:
        cost += _AFTER_LEAD_IN
    elif after.sentence.kind == before.sentence.kind == "list_item":
        cost += _IN_LIST
    elif after.sentence.kind == before.sentence.kind == "table_row":
        cost += _IN_TABLE
    return cost


def _straddling(pieces: Sequence[Piece], start: int, end: int) -> float:
    """What it costs that a passage holds parts of two paragraphs: it begins or ends inside one and holds another."""
    first, last = pieces[start].sentence.block, pieces[end - 1].sentence.block
    if first == last:
        return 0.0
    torn = start > 0 and pieces[start - 1].sentence.block == first
    torn_after = end < len(pieces) and pieces[end].sentence.block == last
    return _STRADDLES * (torn + torn_after)

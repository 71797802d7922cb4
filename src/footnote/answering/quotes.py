"""Which spans to quote: whole sentences, rows, items or FAQ answers, complete enough to stand by themselves.

Only spans are made here, from sentences and blocks that have them already; nothing is searched for in text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from footnote import terms
from footnote.records import Block, Citation, Document, Passage, Sentence, Span, visible_text

QUOTE_MAX_CHARS = 700
"""A quote grows up to this length, never beyond it, unless one sentence alone is longer."""
LIST_MAX_CHARS = 1_200
"""A whole list may be longer: it is quickly read."""

_LEANS_BACK = re.compile(
    r"^[\W_]*(?:it|its|they|their|them|these|those|this|that|such|he|she|his|her|both|either|neither|the (?:former|latter)|"
    r"however|but|nevertheless|otherwise|instead|(?:in|at|by|on|from|with|during|after|before) (?:this|that|these|those|such) \w+|"
    r"as a result|therefore|thus|also|"
    r"in addition|moreover|furthermore|for (?:this|that) reason|most of (?:these|them))\b",
    re.IGNORECASE,
)
_ANNOUNCES = re.compile(
    r"\b(?:below|following|as follows|here (?:is|are)|listed|these (?:are|include))\b", re.IGNORECASE
)
"""A sentence that leads to the list right after it, whatever it ends with."""
_LIMITS = re.compile(
    r"^[\W_]*(?:however|but|yet|except|unless|only if|although|that said|on the other hand|nevertheless)\b",
    re.IGNORECASE,
)
_LIST_QUESTION = re.compile(
    r"\b(?:list|name (?:the|some|all)|(?:what|which)(?: \w+){0,3} (?:are|were|do|can|should|have|include)\b|"
    r"(?:what|which) (?:\w+ ){0,4}(?:effects|uses|types|kinds|forms|ways|methods|symptoms|signs|causes|risks|benefits|"
    r"advantages|disadvantages|options|steps|conditions|treatments|examples|parts|factors|reasons))",
    re.IGNORECASE,
)
_ALL_QUESTION = re.compile(
    r"^\W*(?:(?:please|can you|could you|would you)\b\W*)*(?:(?:what|which|who) (?:are|were) (?:all|each)\b|"
    r"(?:list|name|show|tell|give)(?: me)? (?:all|every|each|the)\b)|\bthe (?:complete|full|whole|entire) list\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quote:
    """A span to quote, with what must be in view beside it.

    Attributes:
        left_out: items or rows of the same list or table that the span had no room for.
    """

    passage: Passage
    span: Span
    score: float
    context: Span | None = None
    answer: Span | None = None
    left_out: int = 0


def asks_for_list(question: str) -> bool:
    return bool(_LIST_QUESTION.search(question))


def asks_for_all(question: str) -> bool:
    """Whether every item or row is wanted: then one that answers is quoted with all of its list or table."""
    return bool(_ALL_QUESTION.search(question))


def quote_around(
    document: Document,
    passage: Passage,
    index: int,
    score: float,
    *,
    wants_list: bool,
    wants_all: bool = False,
    faq: bool,
) -> Quote:
    """The quote that a chosen sentence grows into.

    Args:
        document: that holds the passage.
        passage: that holds the sentence.
        index: the sentence's position in ``passage.sentences``.
        score: of the sentence.
        wants_list: the question asks for several things.
        wants_all: the question asks for all of them.
        faq: the heading above asks what the person asks, so that the whole answer under it is the answer.
    """
    sentence = passage.sentences[index]
    if faq:
        answer = _faq_answer(document, sentence)
        if answer is not None:
            return answer_quote(passage, answer, score)
    block = document.blocks[sentence.block]
    if wants_all and block.kind in ("table_row", "list_item"):
        return _all_of(document, passage, sentence.block, score)
    said = sentence.span.of(document.text)
    if wants_list or said.endswith(":") or (block.kind == "paragraph" and _ANNOUNCES.search(said)):
        whole = _whole_list(document, sentence.block)
        if whole is not None:
            return Quote(passage, whole[0], score, whole[1])
    return Quote(passage, _completed(document, passage, index), score, _context(document, block, sentence))


def answer_quote(passage: Passage, pair: tuple[Span, Span], score: float) -> Quote:
    question, answer = pair
    return Quote(passage, answer, score, question)


def _faq_answer(document: Document, sentence: Sentence) -> tuple[Span, Span] | None:
    """(question, answer) spans of the FAQ pair that holds the sentence, when its answer is short enough to quote whole."""
    for number in reversed(document.blocks[sentence.block].headings):
        if document.blocks[number].asks:
            pair = next((p for p in document.faq_pairs() if p.heading == number), None)
            if pair is not None and len(pair.answer) <= QUOTE_MAX_CHARS:
                return pair.question, pair.answer
    return None


def _all_of(document: Document, passage: Passage, number: int, score: float) -> Quote:
    """All rows or items beside a block; where they are too many, the first of them, and how many are left out."""
    first, last = _neighbours(document.blocks, number)
    blocks = document.blocks[first : last + 1]
    beyond = blocks[0].span.start + LIST_MAX_CHARS
    fitting = max(1, sum(block.span.end <= beyond for block in blocks))
    above = blocks[0].header if blocks[0].kind == "table_row" else blocks[0].lead_in
    context = document.blocks[above].span if above is not None else None
    span = Span(blocks[0].span.start, blocks[fitting - 1].span.end)
    return Quote(passage, span, score, context, left_out=len(blocks) - fitting)


def _whole_list(document: Document, number: int) -> tuple[Span, Span | None] | None:
    """(list, lead-in) spans of the list that a block belongs to or leads in; None where there is none or it is too long."""
    blocks = document.blocks
    if blocks[number].kind == "list_item":
        start, lead = number, blocks[number].lead_in
    elif number + 1 < len(blocks) and blocks[number + 1].kind == "list_item" and blocks[number + 1].lead_in == number:
        start, lead = number + 1, number
    else:
        return None
    first, last = _neighbours(blocks, start)
    span = Span(blocks[first].span.start, blocks[last].span.end)
    if len(span) > LIST_MAX_CHARS or first == last:
        return None
    return span, blocks[lead].span if lead is not None else None


def _neighbours(blocks: Sequence[Block], number: int) -> tuple[int, int]:
    """The first and the last block of the list or table that a block belongs to."""
    same = _same_table if blocks[number].kind == "table_row" else _same_list
    first = last = number
    while first > 0 and same(blocks[first - 1], blocks[number]):
        first -= 1
    while last + 1 < len(blocks) and same(blocks[last + 1], blocks[first]):
        last += 1
    return first, last


def _same_table(block: Block, other: Block) -> bool:
    return block.kind == "table_row" and (block.header, block.headings) == (other.header, other.headings)


def _same_list(block: Block, other: Block) -> bool:
    return (
        block.kind == "list_item"
        and block.headings == other.headings
        and (block.lead_in == other.lead_in or block.level > other.level)
    )


def _completed(document: Document, passage: Passage, index: int) -> Span:
    """The sentence's span, with the sentence before where it leans on it, and the one after where that limits it."""
    sentences = passage.sentences
    sentence = sentences[index]
    span = sentence.span
    if index > 0 and sentences[index - 1].block == sentence.block and _LEANS_BACK.match(span.of(document.text)):
        wider = sentences[index - 1].span.cover(span)
        span = wider if len(wider) <= QUOTE_MAX_CHARS else span
    if index + 1 < len(sentences) and sentences[index + 1].block == sentence.block:
        following = sentences[index + 1].span
        if _LIMITS.match(following.of(document.text)):
            wider = span.cover(following)
            span = wider if len(wider) <= QUOTE_MAX_CHARS else span
    return span


def leaning_sentences(document: Document, passage: Passage, index: int) -> tuple[Sentence, ...]:
    """A sentence with what must be read with it: the one before where it leans on that, the lead-in of a list item."""
    sentence = passage.sentences[index]
    before = passage.sentences[index - 1] if index else None
    if before is not None and before.block == sentence.block and _LEANS_BACK.match(sentence.span.of(document.text)):
        return before, sentence
    lead = document.blocks[sentence.block].lead_in
    leading = (
        next((each for each in passage.sentences[:index] if each.block == lead), None) if lead is not None else None
    )
    return (leading, sentence) if leading is not None else (sentence,)


def _context(document: Document, block: Block, sentence: Sentence) -> Span | None:
    if sentence.context is not None:
        return sentence.context
    lead = block.lead_in if block.kind == "list_item" else block.header
    return document.blocks[lead].span if lead is not None else None


def merged(quotes: list[Quote], addition: Quote, document: Document) -> list[Quote] | None:
    """The quotes with the addition joined to one that it touches or overlaps in the same document; None where it touches none."""
    for n, quote in enumerate(quotes):
        if quote.passage.document_id != addition.passage.document_id:
            continue
        gap_start = min(quote.span.end, addition.span.end)
        gap_end = max(quote.span.start, addition.span.start)
        between = document.text[gap_start:gap_end] if gap_start < gap_end else ""
        if between.strip() or (not quote.span.overlaps(addition.span) and "\n\n" in between):
            continue
        wider = quote.span.cover(addition.span)
        if wider == quote.span or len(wider) <= QUOTE_MAX_CHARS:
            joined = replace(
                quote, span=wider, context=quote.context or addition.context, answer=quote.answer or addition.answer
            )
            return [*quotes[:n], joined, *quotes[n + 1 :]]
        return quotes if quote.span.overlaps(addition.span) else None
    return None


def with_whole_list(quotes: list[Quote], addition: Quote, document: Document) -> list[Quote] | None:
    """The quotes with one of them grown to its whole list, where the addition is another item of it; None where it is of none.

    Two items that answer mean that the list does.
    """
    for n, quote in enumerate(quotes):
        if quote.passage.document_id != addition.passage.document_id:
            continue
        first, second = document.block_at(quote.span.end - 1), document.block_at(addition.span.start)
        blocks = document.blocks
        if blocks[first].kind != "list_item" or blocks[second].kind != "list_item":
            continue
        whole = _whole_list(document, first)
        if whole is not None and whole[0].contains(addition.span):
            return [*quotes[:n], replace(quote, span=whole[0], context=whole[1], answer=None), *quotes[n + 1 :]]
    return None


def words_of(document: Document, span: Span) -> frozenset[str]:
    """Content stems of what is visible at a span, to tell near-identical quotes."""
    return frozenset(terms.content_stems(visible_text(document.text, span, ())))


def nearly_same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two quotes say the same in almost the same words: four fifths of the smaller one's content stems are shared.

    Those that each tell a number that the other does not say different things, however alike they are.
    """
    if any(map(_has_digit, one - other)) and any(map(_has_digit, other - one)):
        return False
    smaller = min(len(one), len(other))
    return smaller > 0 and len(one & other) >= 0.8 * smaller


def _has_digit(stem: str) -> bool:
    return any(c.isdigit() for c in stem)


def cited(quote: Quote, document: Document, number: int) -> Citation:
    """The citation of a quote: its words, its place, and what its document states of itself."""
    passage = quote.passage
    context = quote.context if quote.context is not None and not quote.span.overlaps(quote.context) else None
    return Citation(
        number=number,
        document_id=document.id,
        title=document.title,
        span=quote.span,
        quote=quote.span.of(document.text),
        heading_path=passage.heading_path,
        page=document.page_of(quote.span.start),
        passage_id=passage.id,
        score=quote.score,
        context=context,
        context_text=context.of(document.text) if context is not None else "",
        shown=document.visible(quote.span),
        answer=quote.answer,
        author=document.stated("author"),
        date=document.stated("date"),
        source=document.source,
    )

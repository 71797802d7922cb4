"""The values of asking and checking: hits, citations, answers, judgments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal, NamedTuple, TypeAlias

from msgspec import Meta

from footnote.records.documents import Passage, Span
from footnote.wire import FLAT, HIDDEN, MAP, ROUNDED, Key, json_after

RELATED_MOST: Final = 3
"""Passages offered beside an abstention: more would look like an answer."""


class Signal(NamedTuple):
    """One of the numbers that tell why a passage ranks where it does."""

    name: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A ranked passage.

    Attributes:
        score: of the fitted ranking; higher is better; comparable within one query only.
        text: the document's text at the passage's span.
        title: of the document.
        rank: 1-based.
        signals: what tells why it ranks where it does.
    """

    passage: Annotated[Passage, HIDDEN]
    score: Annotated[float, ROUNDED]
    text: str
    title: str
    rank: Annotated[int, HIDDEN]
    signals: Annotated[tuple[Signal, ...], MAP, ROUNDED] = ()

    @property
    @json_after("passage")
    def document_id(self) -> Annotated[str, Key("doc")]:
        return self.passage.document_id

    @property
    @json_after("document_id")
    def span(self) -> Annotated[Span, FLAT]:
        return self.passage.span

    @property
    @json_after("title")
    def heading_path(self) -> tuple[str, ...]:
        return self.passage.heading_path

    @property
    @json_after("heading_path")
    def page(self) -> int | None:
        return self.passage.page

    def overlaps(self, citation: Citation) -> bool:
        """Whether the passage holds some of a quote."""
        return self.document_id == citation.document_id and self.span.overlaps(citation.span)


class Context(NamedTuple):
    """What has to be read with a quote, and its text."""

    span: Annotated[Span, FLAT]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A numbered quote with its place.

    Attributes:
        number: 1-based, in the order shown.
        quote: exactly ``document.text[span.start:span.end]``.
        shown: the same as a reader sees it: markup left out, a table row's cells apart, one line a block.
        answer: span of the words that answer, where a reader is sure of some.
        context: span of what must be in view with it (header row, list lead-in, FAQ question), or None.
        context_text: exactly the text at ``context``; empty where there is none.
        author, date, source: of the document, as it states them; empty where it does not.
        passage_id: the passage it was taken from.
        score: of the sentence within this answer; higher is better.
    """

    number: int
    document_id: Annotated[str, Key("doc")]
    title: str
    span: Annotated[Span, FLAT]
    quote: str
    shown: str = ""
    answer: Span | None = None
    heading_path: tuple[str, ...]
    page: int | None
    context: Annotated[Span | None, HIDDEN] = None
    context_text: Annotated[str, HIDDEN] = ""
    author: str = ""
    date: str = ""
    source: str = ""
    passage_id: str
    score: Annotated[float, ROUNDED]

    @property
    @json_after("page")
    def read_with(self) -> Annotated[Context | None, Key("context")]:
        """The context with its text."""
        return None if self.context is None else Context(self.context, self.context_text)


Standing: TypeAlias = Literal["answered", "nearest", "absent", "reply"]
"""How an answer stands: quotes; the nearest passage, said to be no more; nothing in the documents; or a fixed reply."""

AbstentionReason: TypeAlias = Literal[
    "not_answered", "unknown_words", "nothing_found", "small_talk", "beyond_quoting", "care"
]

_STANDING = Meta(
    description="answered: by citations; nearest: nothing answers for certain, the nearest quote is given; "
    "absent: not in the documents; reply: a fixed one, to small talk, to what quotes cannot give, or to say where help is"
)


class Turn(NamedTuple):
    """One turn of a conversation: the question as it was understood, and the text of its answer."""

    question: str
    answer: str


class TrackRecord(NamedTuple):
    """How often quotes at a level of confidence were right when it was fitted, and of how many."""

    right: int
    of: int


class Choice(NamedTuple):
    """One of the things that a question may mean, as titles, headings or the conversation name it, and the question that says so.

    ``document_id`` is of the document that answers it; None where the conversation leaves open what is meant.
    """

    label: str
    question: str
    document_id: Annotated[str | None, Key("doc")] = None


class Timing(NamedTuple):
    """How long a stage of asking took."""

    stage: str
    milliseconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Citations, or an abstention with its reason.

    Attributes:
        question: as typed, cleaned.
        interpreted_as: the question that was searched; equals ``question`` unless a follow-up was completed,
            a subject put in, or a spelling mended.
        confidence: calibrated probability in [0, 1] that the quotes answer the question.
        track_record: how often quotes at this level of confidence were right; None when abstaining.
        citations: empty when abstaining.
        nearest: where nothing answers for certain, the best sentences of the first hit; None when answered, and where no passage is near.
        reason: why there are no citations; None when there are.
        explanation: one plain sentence for people: why nothing is quoted, or what has to be said with the quotes (a part of the
            question that is not answered, a list that goes on, that quotes do not add up); mostly empty when answered.
        missing_words: words of the question that no document holds.
        choices: what the question may mean, where several documents or sections answer it and it names none of them, or where two
            things of the conversation are nearly as likely to be meant; empty otherwise.
        hits: the ranked passages; when abstaining, the first few may be shown as "related, not an answer".
        fingerprint: hex digest over index content, encoder and settings: the same one gives the same answer.
        timings: how long each stage took; left out of the answer's JSON, which must not vary.
    """

    question: str
    interpreted_as: str
    confidence: Annotated[float, ROUNDED, Meta(ge=0, le=1)]
    track_record: TrackRecord | None = None
    citations: tuple[Citation, ...]
    nearest: Annotated[Citation | None, Meta(description="only where the standing is nearest")] = None
    reason: AbstentionReason | None
    explanation: str
    missing_words: tuple[str, ...]
    choices: Annotated[
        tuple[Choice, ...],
        Meta(description="what the question may mean, where it leaves that open"),
    ] = ()
    hits: tuple[Hit, ...]
    fingerprint: str
    timings: Annotated[tuple[Timing, ...], HIDDEN] = ()

    @property
    @json_after("interpreted_as")
    def answered(self) -> bool:
        return bool(self.citations)

    @property
    @json_after("answered")
    def standing(self) -> Annotated[Standing, _STANDING]:
        """Of the three standings the one that holds, or "reply" to small talk."""
        if self.answered:
            return "answered"
        if self.reason in ("small_talk", "beyond_quoting", "care"):
            return "reply"
        return "nearest" if self.nearest is not None else "absent"

    @property
    @json_after("missing_words")
    def related(self) -> tuple[Hit, ...]:
        """The first passages of an abstention that do not hold the nearest quote; none beside an answer or small talk."""
        if self.standing in {"answered", "reply"}:
            return ()
        nearest = self.nearest
        return tuple(hit for hit in self.hits if nearest is None or not hit.overlaps(nearest))[:RELATED_MOST]


@dataclass(frozen=True, slots=True)
class GoldSpan:
    document_id: Annotated[str, Key("doc")]
    span: Annotated[Span, FLAT]
    grade: int = 1
    text: str = ""
    """As the questions file gives it, to tell whether it was made for these documents; may be empty."""


@dataclass(frozen=True, slots=True)
class Judgment:
    """A question with its gold spans; ``answerable`` is False where the documents hold no answer."""

    id: str
    question: str
    answerable: bool
    gold: tuple[GoldSpan, ...] = ()

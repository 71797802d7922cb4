"""The values of asking and checking: hits, citations, answers, judgments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from footnote.records.documents import Passage, Span


@dataclass(frozen=True, slots=True)
class Hit:
    """A ranked passage.

    Attributes:
        score: of the fitted ranking; higher is better; comparable within one query only.
        rank: 1-based.
        text: the document's text at the passage's span.
        signals: (name, value) pairs that tell why it ranks where it does.
    """

    passage: Passage
    title: str
    text: str
    score: float
    rank: int
    signals: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered quote with its place.

    Attributes:
        number: 1-based, in the order shown.
        quote: exactly ``document.text[span.start:span.end]``.
        shown: the same as a reader sees it: markup left out, a table row's cells apart, one line a block.
        context: span of what must be in view with it (header row, list lead-in, FAQ question), or None.
        context_text: exactly the text at ``context``; empty where there is none.
        passage_id: the passage it was taken from.
        score: of the sentence within this answer; higher is better.
        answer: span of the words that answer, where a reader is sure of some.
        author, date, source: of the document, as it states them; empty where it does not.
    """

    number: int
    document_id: str
    title: str
    span: Span
    quote: str
    heading_path: tuple[str, ...]
    page: int | None
    passage_id: str
    score: float
    context: Span | None = None
    context_text: str = ""
    shown: str = ""
    answer: Span | None = None
    author: str = ""
    date: str = ""
    source: str = ""


Standing: TypeAlias = Literal["answered", "nearest", "absent", "reply"]
"""How an answer stands: quotes; the nearest passage, said to be no more; nothing in the documents; or a reply to small talk."""

AbstentionReason: TypeAlias = Literal["not_answered", "unknown_words", "nothing_found", "small_talk", "beyond_quoting"]


@dataclass(frozen=True, slots=True)
class Answer:
    """Citations, or an abstention with its reason.

    Attributes:
        question: as typed, cleaned.
        interpreted_as: the question that was searched; equals ``question`` unless a follow-up was completed,
            a subject put in, or a spelling mended.
        citations: empty when abstaining.
        nearest: where nothing answers for certain, the best sentences of the first hit; None when answered, and where no passage is near.
        hits: the ranked passages; when abstaining, the first few may be shown as "related, not an answer".
        confidence: calibrated probability in [0, 1] that the quotes answer the question.
        reason: why there are no citations; None when there are.
        explanation: one plain sentence for people that goes with the reason; empty when answered.
        missing_words: words of the question that no document holds.
        fingerprint: hex digest over index content, encoder and settings: the same one gives the same answer.
        track_record: how often quotes at this level of confidence were right when it was fitted, and of how many; None when abstaining.
        timings: (stage, milliseconds) pairs; left out of the answer's JSON, which must not vary.
    """

    question: str
    interpreted_as: str
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    confidence: float
    reason: AbstentionReason | None
    explanation: str
    missing_words: tuple[str, ...]
    fingerprint: str
    timings: tuple[tuple[str, float], ...] = ()
    track_record: tuple[int, int] | None = None
    nearest: Citation | None = None

    @property
    def answered(self) -> bool:
        return bool(self.citations)

    @property
    def standing(self) -> Standing:
        """Of the three standings the one that holds, or "reply" to small talk."""
        if self.answered:
            return "answered"
        if self.reason in ("small_talk", "beyond_quoting"):
            return "reply"
        return "nearest" if self.nearest is not None else "absent"


@dataclass(frozen=True, slots=True)
class Judgment:
    """A question with its gold spans; ``answerable`` is False where the documents hold no answer."""

    id: str
    question: str
    answerable: bool
    gold: tuple[GoldSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class GoldSpan:
    document_id: str
    span: Span
    grade: int = 1
    text: str = ""
    """As the questions file gives it, to tell whether it was made for these documents; may be empty."""


def rounded(value: float) -> float:
    """A computed number as it is written out: six significant digits, without what another order of arithmetic changes."""
    return float(f"{value:.6g}") + 0.0  # the sum turns -0.0 into 0.0

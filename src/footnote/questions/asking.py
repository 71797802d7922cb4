"""A message becomes one answer: to small talk, about the documents, of several questions together, or to the one that it asks."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Protocol

from footnote import terms
from footnote.answering.abstention import said_of_unread
from footnote.interpretation import small_talk_reply
from footnote.questions.about_documents import answer_from_documents, document_question
from footnote.questions.beyond_quoting import (
    beyond_quoting,
    foreign_language,
    said_beyond,
    said_foreign,
    summary_refusal,
)
from footnote.questions.crisis import HELP, speaks_of_danger
from footnote.questions.parts import parts_of
from footnote.records import AbstentionReason, Answer, Citation, Hit, Timing, Turn
from footnote.store import Index, all_documents

__all__ = ["AskOne", "answer_message"]

History = Sequence[Turn]
_SUMMARY = re.compile(
    r"summary|summari|takeaway|key (?:points|messages|facts)|at a glance|in brief|overview|abstract", re.IGNORECASE
)
_HEADINGS_OFFERED = 6
_HEADINGS_FROM = 3
"""Documents whose headings are offered where a summary is wanted."""


class AskOne(Protocol):
    """Answers one question of a conversation by searching for it."""

    def __call__(self, question: str, history: History, /, *, literal: bool = False) -> Answer: ...


def answer_message(
    message: str,
    history: History,
    index: Index,
    ask_one: AskOne,
    *,
    fingerprint: str,
    allowed: Collection[str] | None = None,
    literal: bool = False,
) -> Answer:
    """The answer to a message.

    Args:
        message: cleaned.
        history: earlier turns, oldest first.
        index: the open index.
        ask_one: searches for one question.
        fingerprint: of answers that need no search.
        allowed: ids of the documents that are asked; None for all.
        literal: the words are searched as they stand.
    """
    if speaks_of_danger(message):
        # Taken at its word: never read as a follow-up, never given a subject; and never told what no document holds.
        answer = ask_one(message, (), literal=True)
        helped = replace(answer, explanation=HELP)
        return helped if answer.answered else _unsearched(message, fingerprint, HELP, reason="care")
    if literal:
        return ask_one(message, history, literal=True)
    known = _without_search(message, index, fingerprint, allowed)
    if known is not None:
        return known
    answer = _answer_parts(message, history, ask_one)
    if allowed is None:
        answer = _with_unread_files(message, answer, index)
    if beyond_quoting(message) == "summary" and not _is_summary(answer):
        explanation = summary_refusal(_headings(message, index, allowed))
        return _unsearched(message, fingerprint, explanation, reason="beyond_quoting")
    return _with_what_quotes_cannot_give(message, answer)


def _with_unread_files(message: str, answer: Answer, index: Index) -> Answer:
    """The answer with the files that could not be read, where that may be why nothing is quoted."""
    if answer.standing not in ("nearest", "absent"):
        return answer
    why = said_of_unread(index, message, absent=answer.standing == "absent")
    if not why:
        return answer
    # The last sentence leads to the nearest passage, where there is one.
    head, _, last = answer.explanation.rpartition(". ") if answer.nearest is not None else (answer.explanation, "", "")
    said = " ".join(filter(None, (head if head.endswith(".") else f"{head}.", why, last)))
    return replace(answer, explanation=said)


def _is_summary(answer: Answer) -> bool:
    """Whether the quotes are a summary that a document gives itself."""
    return any(_SUMMARY.search(heading) for each in answer.citations for heading in each.heading_path)


def _without_search(message: str, index: Index, fingerprint: str, allowed: Collection[str] | None) -> Answer | None:
    """The answer to small talk and to questions about the documents; None where it has to be searched."""
    reply = small_talk_reply(message)
    if reply is not None:
        return _unsearched(message, fingerprint, reply, reason="small_talk")
    about = document_question(message)
    told = answer_from_documents(index, about, allowed) if about is not None else None
    if told is not None:
        return _unsearched(message, fingerprint, told.explanation, citations=told.citations)
    return None


def _with_what_quotes_cannot_give(message: str, answer: Answer) -> Answer:
    """The answer with the plain word that goes with sums, counts, averages, and with questions in another language."""
    if not answer.answered and (language := foreign_language(message)) is not None:
        return replace(answer, explanation=said_foreign(language), missing_words=())
    beyond = beyond_quoting(message)
    if beyond is None:
        return answer
    said = said_beyond(beyond, message, [citation.quote for citation in answer.citations])
    return replace(answer, explanation=f"{said} {answer.explanation}".strip())


def _unsearched(
    message: str,
    fingerprint: str,
    explanation: str,
    *,
    citations: tuple[Citation, ...] = (),
    reason: AbstentionReason | None = None,
) -> Answer:
    """What is certain without a search: a fixed reply, or quotes from the documents' beginnings."""
    return Answer(
        question=message,
        interpreted_as=message,
        confidence=1.0 if citations else 0.0,
        citations=citations,
        reason=reason,
        explanation=explanation,
        missing_words=(),
        hits=(),
        fingerprint=fingerprint,
    )


def _answer_parts(message: str, history: History, ask_one: AskOne) -> Answer:
    """Each part under its own words, a later one in the light of those before it; the message as a whole where none is answered."""
    parts = parts_of(message)
    if len(parts) == 1:
        return ask_one(message, history)
    answers: list[Answer] = []
    said = list(history)
    for part in parts:
        answer = ask_one(part, said)
        if not answer.answered and answers and answer.interpreted_as != part:
            # "It" may mean what the whole message is about, not what the part before was.
            alone = ask_one(part, history)
            answer = alone if alone.answered else answer
        answers.append(answer)
        said.append(Turn(answer.interpreted_as, " ".join(citation.quote for citation in answer.citations)))
    if not any(answer.answered for answer in answers):
        return ask_one(message, history)
    return _joined(message, parts, answers)


def _joined(message: str, parts: Sequence[str], answers: Sequence[Answer]) -> Answer:
    given = [answer for answer in answers if answer.answered]
    weakest = min(given, key=lambda answer: answer.confidence)
    unanswered = [part for part, answer in zip(parts, answers, strict=True) if not answer.answered]
    understood = " ".join(answer.interpreted_as for answer in answers)
    explanation = f"{len(parts)} questions, each answered by itself:"
    if unanswered:
        explanation = f"Nothing was found for {' and '.join(f'“{part}”' for part in unanswered)}. For the rest:"
    return replace(
        weakest,
        question=message,
        interpreted_as=message if understood == " ".join(parts) else understood,
        citations=_citations(given),
        hits=_hits(answers),
        explanation=explanation,
        missing_words=tuple(dict.fromkeys(word for answer in answers for word in answer.missing_words)),
        choices=tuple(dict.fromkeys(choice for answer in answers for choice in answer.choices)),
        timings=_timings(answers),
    )


def _citations(answers: Sequence[Answer]) -> tuple[Citation, ...]:
    """The quotes of all answers, part by part; one that lies in another is quoted once."""
    kept: list[Citation] = []
    for citation in (each for answer in answers for each in answer.citations):
        if not any(c.document_id == citation.document_id and c.span.overlaps(citation.span) for c in kept):
            kept.append(citation)
    return tuple(replace(citation, number=number) for number, citation in enumerate(kept, 1))


def _hits(answers: Sequence[Answer]) -> tuple[Hit, ...]:
    """The hits of all answers, the first of each before the second of any; as many as one answer has."""
    most = max(len(answer.hits) for answer in answers)
    kept: dict[str, Hit] = {}
    for rank in range(most):
        for answer in answers:
            if rank < len(answer.hits):
                kept.setdefault(answer.hits[rank].passage.id, answer.hits[rank])
    return tuple(kept.values())[:most]


def _timings(answers: Sequence[Answer]) -> tuple[Timing, ...]:
    spent: dict[str, float] = defaultdict(float)
    for timing in (each for answer in answers for each in answer.timings):
        spent[timing.stage] += timing.milliseconds
    return tuple(Timing(stage, milliseconds) for stage, milliseconds in spent.items())


def _headings(message: str, index: Index, allowed: Collection[str] | None) -> list[str]:
    """Headings of the documents that a message names by their titles, or of all where there are few."""
    wanted = set(terms.content_stems(message))
    summaries = [each for each in all_documents(index) if allowed is None or each.id in allowed]
    named = [each for each in summaries if (title := set(terms.content_stems(each.title))) and title <= wanted]
    chosen = named or summaries
    if len(chosen) > _HEADINGS_FROM:
        return []
    found = []
    for each in chosen:
        document = index.document(each.id)
        heads = [b for b in document.blocks if b.kind == "heading" and document.visible(b.span) != document.title]
        top = min((b.level for b in heads), default=0)
        found += [document.visible(b.span) for b in heads if b.level == top]
    return found[:_HEADINGS_OFFERED]

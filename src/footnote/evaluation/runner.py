"""Asks every question of a set once, in order, and keeps what came back and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from footnote.errors import FootnoteError, JudgmentError, QuestionError
from footnote.evaluation.figures import TextSource
from footnote.evaluation.results import Result, result_of
from footnote.records import Answer, Document, Judgment


class Asker(Protocol):
    """What is evaluated: the engine, or anything that answers like it."""

    @property
    def fingerprint(self) -> str: ...
    def ask(self, question: str) -> Answer: ...
    def document(self, document_id: str) -> Document: ...


@dataclass(frozen=True, slots=True)
class Run:
    """Results in the order of the questions, with the time of each in milliseconds."""

    results: tuple[Result, ...]
    latencies_ms: tuple[float, ...]


def run_judgments(asker: Asker, judgments: Sequence[Judgment], progress: Callable[[int], None] | None = None) -> Run:
    """Ask each question on its own, without history.

    Args:
        asker: what answers.
        judgments: the questions.
        progress: called with the number of questions asked so far.

    Raises:
        JudgmentError: a question cannot be asked: it is too long, or nothing of it can be shown.
    """
    results, latencies_ms = [], []
    for number, judgment in enumerate(judgments, 1):
        began = time.perf_counter()
        try:
            answer = asker.ask(judgment.question)
        except QuestionError as error:
            raise JudgmentError(error.what, where=f'question "{judgment.id}"', remedy=error.remedy) from error
        latencies_ms.append((time.perf_counter() - began) * 1000)
        results.append(result_of(judgment.id, answer))
        if progress is not None:
            progress(number)
    return Run(tuple(results), tuple(latencies_ms))


def text_source(asker: Asker) -> TextSource:
    """The texts of the asker's documents, each read once."""
    known: dict[str, str | None] = {}

    def text_of(document_id: str) -> str | None:
        if document_id not in known:
            try:
                known[document_id] = asker.document(document_id).text
            except FootnoteError:
                known[document_id] = None
        return known[document_id]

    return text_of


def misplaced_gold(judgments: Sequence[Judgment], text_of: TextSource) -> tuple[str, ...]:
    """Ids of the judgments whose gold is not in these documents: unknown, too short, or another text there."""
    return tuple(
        judgment.id
        for judgment in judgments
        if any(
            not _is_placed(text_of(gold.document_id), gold.span.start, gold.span.end, gold.text)
            for gold in judgment.gold
        )
    )


def _is_placed(text: str | None, start: int, end: int, expected: str) -> bool:
    return text is not None and end <= len(text) and (not expected or text[start:end] == expected)

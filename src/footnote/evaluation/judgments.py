"""The questions file: one judgment a line.

    {"id": "q1", "question": "…", "kind": "answerable", "gold": [{"doc": "a.md", "start": 10, "end": 42}]}

``kind`` is ``answerable`` or ``unanswerable``.  A gold span may carry ``grade`` (1 by default; a set with any grade above
1 is graded) and ``text``, which tells whether the file was made for these documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from footnote.errors import JudgmentError
from footnote.evaluation.jsonl import Line, read_lines
from footnote.records import GoldSpan, Judgment


@dataclass(frozen=True, slots=True)
class _Judged:
    """A line of the file."""

    id: str
    question: str
    kind: Literal["answerable", "unanswerable"]
    gold: tuple[GoldSpan, ...] = ()

    def __post_init__(self) -> None:
        if not self.question.strip():
            raise ValueError('"question" is blank')
        for gold in self.gold:
            if not gold.span:
                raise ValueError(f"the gold span {gold.span.start}-{gold.span.end} is empty")


def read_judgments(path: Path) -> tuple[Judgment, ...]:
    """The judgments of a file, in its order.

    Raises:
        JudgmentError: a line is not a judgment, an id is there twice, or there are none; names file and line.
    """
    judgments: dict[str, Judgment] = {}
    for line in read_lines(path):
        judgment = _judgment(line)
        if judgment.id in judgments:
            raise line.fault(f'the id "{judgment.id}" was used before')
        judgments[judgment.id] = judgment
    if not judgments:
        raise JudgmentError("holds no judgment", where=str(path), remedy="write one JSON object a line")
    return tuple(judgments.values())


def _judgment(line: Line) -> Judgment:
    judged = line.read(_Judged)
    return Judgment(judged.id, judged.question, judged.kind == "answerable", judged.gold)

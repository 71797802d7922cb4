"""The questions file: one judgment a line.

    {"id": "q1", "question": "…", "kind": "answerable", "gold": [{"doc": "a.md", "start": 10, "end": 42}]}

``kind`` is ``answerable`` or ``unanswerable``.  A gold span may carry ``grade`` (1 by default; a set with any grade above
1 is graded) and ``text``, which tells whether the file was made for these documents.
"""

from __future__ import annotations

from pathlib import Path

from footnote.errors import JudgmentError
from footnote.evaluation.jsonl import Fields, read_objects
from footnote.records import GoldSpan, Judgment


def read_judgments(path: Path) -> tuple[Judgment, ...]:
    """The judgments of a file, in its order.

    Raises:
        JudgmentError: a line is not a judgment, an id is there twice, or there are none; names file and line.
    """
    judgments: dict[str, Judgment] = {}
    for fields in read_objects(path):
        judgment = _judgment(fields)
        if judgment.id in judgments:
            raise fields.fault(f'the id "{judgment.id}" was used before')
        judgments[judgment.id] = judgment
    if not judgments:
        raise JudgmentError("holds no judgment", where=str(path), remedy="write one JSON object a line")
    return tuple(judgments.values())


def _judgment(fields: Fields) -> Judgment:
    kind = fields.string("kind")
    if kind not in {"answerable", "unanswerable"}:
        raise fields.fault(f'"kind" is "{kind}", neither "answerable" nor "unanswerable"')
    question = fields.string("question")
    if not question.strip():
        raise fields.fault('"question" is blank')
    gold = tuple(_gold(item) for item in fields.objects("gold")) if fields.has("gold") else ()
    return Judgment(fields.string("id"), question, kind == "answerable", gold)


def _gold(fields: Fields) -> GoldSpan:
    span = fields.span()
    if not span:
        raise fields.fault(f"the gold span {span.start}-{span.end} is empty")
    grade = fields.integer("grade") if fields.has("grade") else 1
    return GoldSpan(fields.string("doc"), span, grade, fields.string("text") if fields.has("text") else "")

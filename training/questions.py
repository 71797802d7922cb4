"""Question sets for fitting: judged questions, their indexes, and the split of their documents in two."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from footnote import Footnote
from footnote.records import Passage, Span
from footnote.settings import Settings

FOLDERS = "folders"
"""How the name of a folder begins that holds sets instead of being one."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A gold span of one document."""

    document_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class Question:
    """A judged question; ``fold`` is the half of the documents that its gold lies in (0 or 1)."""

    id: str
    text: str
    gold: tuple[Gold, ...]
    fold: int


def read_questions(path: Path) -> list[Question]:
    """Questions of a JSON Lines file, as ``footnote evaluate`` takes them; graded ones keep gold from grade 3."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    graded = any(gold["grade"] > 1 for row in rows for gold in row["gold"])
    questions = []
    for row in rows:
        gold = tuple(
            Gold(g["doc"], Span(g["start"], g["end"])) for g in row["gold"] if g["grade"] >= (3 if graded else 1)
        )
        home = gold[0].document_id if gold else row["id"]
        questions.append(Question(row["id"], row["question"], gold, zlib.crc32(home.encode()) % 2))
    return questions


def _in_one_fold(folder: Path, questions: list[Question]) -> list[Question]:
    """The questions of a small folder all in the half that its place among its neighbours gives it."""
    place = sorted(each.name for each in folder.parent.iterdir() if each.is_dir()).index(folder.name)
    return [replace(each, fold=place % 2) for each in questions]


def matches(document_id: str, span: Span, gold: Gold) -> bool:
    """Whether a returned span holds half of the gold span or, where that is longer, lies in it by half."""
    if document_id != gold.document_id:
        return False
    common = max(0, min(span.end, gold.span.end) - max(span.start, gold.span.start))
    return common > 0 and (2 * common >= len(gold.span) or (len(gold.span) > len(span) and 2 * common >= len(span)))


def is_relevant(passage: Passage, question: Question) -> bool:
    return any(matches(passage.document_id, passage.span, gold) for gold in question.gold)


def open_set(folder: Path, work_dir: Path, settings: Settings) -> tuple[Footnote, list[Question]]:
    """The index of ``folder/corpus``, built under ``work_dir`` where it is not there yet, and the questions beside it."""
    index_dir = work_dir / "indexes" / folder.name
    footnote, _ = Footnote.build(folder / "corpus", index_dir, settings=settings)
    questions = read_questions(folder / "questions.jsonl")
    small = folder.parent.name.startswith(FOLDERS)
    return footnote, _in_one_fold(folder, questions) if small else questions


def sets_in(folder: Path) -> Iterator[Path]:
    """The folders that hold a corpus and its questions, by name; those in a folder of such folders too."""
    for path in sorted(each for each in folder.iterdir() if each.is_dir()):
        if (path / "corpus").is_dir() and (path / "questions.jsonl").is_file():
            yield path
        elif path.name.startswith(FOLDERS):
            yield from sets_in(path)


def set_name(folder: Path) -> str:
    """What a set is counted as: small folders, and small sets cut of one set, weigh as one."""
    return folder.parent.name if folder.parent.name.startswith(FOLDERS) else re.sub(r"-\d\d$", "-small", folder.name)

"""Training rows of a reranker as groups of pairs that are learned from together.

Four kinds of group: one passage with all the questions that were written to it, some of which it only seems to answer; the
sentences of one passage, each with a question that it answers or only seems to; an unanswerable question with the answerable one
that it was made from; one question with the passages that look closest to it.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from footnote import terms
from footnote.records import Span as Stretch
from footnote.splitting.segmentation import sentence_spans

__all__ = ["Group", "Pair", "Rows"]

Span = tuple[int, int]

SHARES = {
    "squad": 14_000,
    "shifts-amazon": 2_000,
    "shifts-reddit": 2_000,
    "fairytale": 2_000,
    "qamr": 1_500,
    "boolq": 3_000,
    "condaqa": 2_000,
}
"""Most rows of a set in one run: sets of one kind of text are held down, so that no kind outweighs the rest."""
NEGATIVES = 2
"""Passages that do not answer, beside the one that does."""
SENTENCE_QUESTIONS = 3
"""Questions of a passage that are held against its single sentences, as the sentence to be quoted is read by itself."""
SUBJECT_PUT_IN = {"it": 0.4, "itno": 0.4}
"""How often the subject is put into a question that only says "it": the product does so where it knows the subject."""
SUBJECT_ADDED = 0.12
"""How often it is added to any other question of a passage, so that its name alone is no sign of an answer."""
_BARE = re.compile(r"\b(?:it|this|they|them)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pair:
    """A question with one passage.

    Attributes:
        title: title and headings, as the product gives them.
        answers: character spans in ``text``; empty where it does not answer, and where the whole passage does.
    """

    question: str
    title: str
    text: str
    answerable: bool
    answers: tuple[Span, ...] = ()


Group = list[Pair]


class Rows:
    """All rows of a folder, and plans of groups drawn from them; the same seed gives the same plan.

    Args:
        folder: holds ``reader-*.jsonl.gz`` and ``passages-*.jsonl.gz``.
        seed: of every draw.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311
        self._passages = {row["pid"]: row for row in _lines(folder, "passages-*.jsonl.gz")}
        rows = list(_lines(folder, "reader-*.jsonl.gz"))
        by_id = {row["id"]: row for row in rows}
        self._own: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._sisters: list[tuple[dict[str, Any], dict[str, Any]]] = []
        single = []
        for row in rows:
            if "style" in row:
                self._own[row["pid"]].append(row)
            elif "pair" in row:
                if not row["answerable"]:
                    self._sisters.append((by_id[row["pair"]], row))
            else:
                single.append(row)
        self._single = self._held_down(single)

    def plan(self, own: int, sentences: int, sisters: int, single: int) -> Iterator[Group]:
        """Groups in a drawn order: so many passages with all their questions, so many cut into sentences, sister pairs and single rows."""
        drawn: list[tuple[str, Any]] = [("own", pid) for pid in self._sample(sorted(self._own), own)]
        drawn += [("sentences", pid) for pid in self._sample(sorted(self._own), sentences)]
        drawn += [("sisters", pair) for pair in self._sample(self._sisters, sisters)]
        drawn += [("single", row) for row in self._sample(self._single, single)]
        self._random.shuffle(drawn)
        for kind, key in drawn:
            if kind == "own":
                yield self._passage_group(key)
            elif kind == "sentences":
                if group := self._sentence_group(key):
                    yield group
            elif kind == "sisters":
                yield [self._pair(row) for row in key]
            else:
                yield self._question_group(key)

    def _passage_group(self, pid: str) -> Group:
        rows = self._own[pid]
        group = [self._with_subject(self._pair(row), row["style"]) for row in rows]
        answerable = [row for row in rows if row["answerable"] and row["negatives"]]
        return group + [
            self._elsewhere(row, self._random.choice(row["negatives"])) for row in self._sample(answerable, NEGATIVES)
        ]

    def _sentence_group(self, pid: str) -> Group:
        """Single sentences of a passage: the one that answers and the one that looks most like it, for some of the questions."""
        passage = self._passages[pid]
        text = passage["text"]
        spans = [span for span in sentence_spans(text, Stretch(0, len(text))) if text[span.start : span.end].strip()]
        group: Group = []
        for row in self._sample(self._own[pid], SENTENCE_QUESTIONS):
            if row["answerable"] and not row["answers"]:
                continue
            answers = [Stretch(start, end) for start, end in row["answers"]]
            holding = [span for span in spans if any(span.overlaps(answer) for answer in answers)]
            others = [span for span in spans if span not in holding]
            if holding:
                span = self._random.choice(holding)
                inside = [answer for answer in answers if answer.overlaps(span)]
                ends = tuple(
                    (max(each.start, span.start) - span.start, min(each.end, span.end) - span.start) for each in inside
                )
                group.append(self._with_subject(self._sentence(row, span, ends), row["style"]))
            if others:
                span = max(others, key=lambda span: self._likeness(row["question"], text[span.start : span.end]))
                group.append(self._with_subject(self._sentence(row, span), row["style"]))
        return group

    def _sentence(self, row: dict[str, Any], span: Stretch, answers: tuple[Span, ...] = ()) -> Pair:
        passage = self._passages[row["pid"]]
        return Pair(row["question"], passage["title"], passage["text"][span.start : span.end], bool(answers), answers)

    def _likeness(self, question: str, sentence: str) -> tuple[int, float]:
        """How many words a sentence shares with a question; of equal ones any."""
        return len(set(terms.content_stems(question)) & set(terms.analyse(sentence))), self._random.random()

    def _question_group(self, row: dict[str, Any]) -> Group:
        group = [self._pair(row)]
        if row["answerable"]:
            group += [self._elsewhere(row, pid) for pid in self._sample(row["negatives"], NEGATIVES)]
        return group

    def _pair(self, row: dict[str, Any]) -> Pair:
        passage = self._passages[row["pid"]]
        spans = tuple((start, end) for start, end in row["answers"])
        return Pair(row["question"], passage["title"], passage["text"], bool(row["answerable"]), spans)

    def _elsewhere(self, row: dict[str, Any], pid: str) -> Pair:
        passage = self._passages[pid]
        return Pair(row["question"], passage["title"], passage["text"], answerable=False)

    def _with_subject(self, pair: Pair, style: str) -> Pair:
        subject = pair.title.split(". ")[0].strip(" .?")
        if not subject or subject.lower() in pair.question.lower():
            return pair
        if self._random.random() >= SUBJECT_PUT_IN.get(style, SUBJECT_ADDED):
            return pair
        if _BARE.search(pair.question) and self._random.random() < 0.5:
            return replace(pair, question=_BARE.sub(lambda _: subject, pair.question, count=1))
        return replace(pair, question=f"{pair.question} ({subject})")

    def _sample(self, items: Sequence[Any], count: int) -> list[Any]:
        return self._random.sample(items, min(count, len(items)))

    def _held_down(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        taken: Counter[str] = Counter()
        kept = []
        for row in self._sample(rows, len(rows)):
            taken[row["set"]] += 1
            if taken[row["set"]] <= SHARES.get(row["set"], len(rows)):
                kept.append(row)
        return kept


def _lines(folder: Path, pattern: str) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob(pattern)):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)

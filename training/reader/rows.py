"""Training rows of the reader, as groups of pairs: one question, a passage that answers it and passages that do not."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Pair", "Rows", "Sampler"]

Span = tuple[int, int]

# How many rows of a set one run takes at most: sets of one kind of text are held down, so that no kind outweighs the rest.
SHARES = {
    "squad": 17_000,
    "shifts-amazon": 3_000,
    "shifts-reddit": 3_000,
    "fairytale": 2_500,
    "qamr": 2_500,
    "boolq": 3_000,
    "condaqa": 2_500,
}
_OPPOSITES = (
    "first last,before after,largest smallest,highest lowest,oldest youngest,more less,most least,north south,east west,"
    "increase decrease,increased decreased,early late,earliest latest,male female,northern southern,eastern western,"
    "longest shortest,best worst,major minor,inside outside,above below,high low,old new,without with,never always"
)
_OPPOSITE = {word: other for pair in _OPPOSITES.split(",") for word, other in (pair.split(), pair.split()[::-1])}
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w'-]+(?: [A-Z][\w'-]+)*")
_CONTENT_WORD = re.compile(r"\b[a-z]{5,}\b")
_AUXILIARY = re.compile(r"\b(was|were|is|are|did|does|do|can|could|has|have|had|will|would)\b")
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+|\n+")


@dataclass(frozen=True)
class Pair:
    """A question with one passage.

    Attributes:
        answers: character spans in ``text``; empty where it does not answer, and where the whole passage does.
    """

    question: str
    title: str
    text: str
    answerable: bool
    answers: tuple[Span, ...] = ()


@dataclass
class Rows:
    """The rows of a folder with the passages that they name."""

    rows: list[dict[str, Any]]
    passages: dict[str, dict[str, Any]]
    by_set: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, folder: Path, *, dev: bool) -> Rows:
        """The training part, or the held-back documents."""
        names = ("dev.jsonl.gz", "dev-passages.jsonl.gz") if dev else ("reader-*.jsonl.gz", "passages-*.jsonl.gz")
        rows, passages = (list(_lines(folder, name)) for name in names)
        return cls(rows, {passage["pid"]: passage for passage in passages})


class Sampler:
    """Draws groups of pairs; the same seed gives the same groups."""

    def __init__(self, data: Rows, seed: int) -> None:
        self._passages = data.passages
        self._random = random.Random(seed)  # noqa: S311
        self.rows = self._choose(data.rows)

    def group(self, row: dict[str, Any]) -> list[Pair]:
        """The answering pair first where there is one, then those that do not answer."""
        passage = self._passages[row["pid"]]
        spans = tuple((start, end) for start, end in row["answers"])
        first = Pair(row["question"], passage["title"], passage["text"], bool(row["answerable"]), spans)
        if not row["answerable"]:
            return [first]
        others = [
            Pair(row["question"], each["title"], each["text"], answerable=False)
            for each in (self._passages[pid] for pid in row["negatives"])
        ]
        self._random.shuffle(others)
        made = [each for each in (self._made(first, others) for _ in range(2)) if each is not None]
        return [first, *others[: max(1, 2 - len(made))], *dict.fromkeys(made)]

    def _choose(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        taken: dict[str, int] = defaultdict(int)
        chosen = []
        shuffled = list(rows)
        self._random.shuffle(shuffled)
        for row in shuffled:
            taken[row["set"]] += 1
            if taken[row["set"]] <= SHARES.get(row["set"], len(rows)):
                # Questions that people wrote to have no answer are few, and teach most.
                chosen.extend([row] * (1 if row["answerable"] else 3))
        self._random.shuffle(chosen)
        return chosen

    def _made(self, pair: Pair, others: Sequence[Pair]) -> Pair | None:
        """A pair that looks answerable and is not, made of one that is."""
        draw = self._random.random()
        if draw < 0.25:
            return _without_answer(pair)
        if draw < 0.6:
            return self._other_question(pair, others)
        if draw < 0.75:
            return self._other_word(pair)
        if draw < 0.8:
            return _negated(pair)
        return None

    def _other_question(self, pair: Pair, others: Sequence[Pair]) -> Pair | None:
        """The same passage, asked about another name, another number or the opposite."""
        changes = []
        question = pair.question
        for pattern in (_NAME, _NUMBER):
            here = [found for found in pattern.finditer(question) if found.group() in pair.text]
            pool = {name for text in (pair.text, *(each.text for each in others[:1])) for name in pattern.findall(text)}
            answers = [pair.text[start:end] for start, end in pair.answers]
            pool = {name for name in pool if name not in question and not any(name in answer for answer in answers)}
            changes += [(found.span(), name) for found in here for name in sorted(pool)]
        if changes and self._random.random() < 0.8:
            (start, end), name = self._random.choice(changes)
            return Pair(question[:start] + name + question[end:], pair.title, pair.text, answerable=False)
        words = [found for found in re.finditer(r"[a-z]+", question) if found.group() in _OPPOSITE]
        if not words:
            return None
        word = self._random.choice(words)
        changed = question[: word.start()] + _OPPOSITE[word.group()] + question[word.end() :]
        return Pair(changed, pair.title, pair.text, answerable=False)

    def _other_word(self, pair: Pair) -> Pair | None:
        """The same passage, the question with one of its words replaced by another of the passage with the same ending."""
        if not pair.answers:
            return None
        words = set(_CONTENT_WORD.findall(pair.text))
        asked = [found for found in _CONTENT_WORD.finditer(pair.question) if found.group() in words]
        answers = " ".join(pair.text[start:end] for start, end in pair.answers)
        changes = [
            (found.span(), word)
            for found in asked
            for word in sorted(words)
            if word[-2:] == found.group()[-2:]
            and word[:4] != found.group()[:4]
            and word not in pair.question
            and word not in answers
        ]
        if not changes:
            return None
        (start, end), word = self._random.choice(changes)
        return Pair(pair.question[:start] + word + pair.question[end:], pair.title, pair.text, answerable=False)


def _negated(pair: Pair) -> Pair | None:
    """The same passage, asked for what is not so; only where words answer, since "no" answers a yes/no question too."""
    found = _AUXILIARY.search(pair.question, 1)
    if not pair.answers or found is None or re.search(r"\b(not|never|no)\b|n't", pair.question):
        return None
    question = f"{pair.question[: found.end()]} not{pair.question[found.end() :]}"
    return Pair(question, pair.title, pair.text, answerable=False)


def _without_answer(pair: Pair) -> Pair | None:
    """The passage without the sentences of its answers; none where what is left is little or still names one."""
    if not pair.answers:
        return None
    kept = [
        pair.text[start:end]
        for start, end in _sentences(pair.text)
        if all(end <= first or last <= start for first, last in pair.answers)
    ]
    left = " ".join(part.strip() for part in kept)
    names_one = any(pair.text[start:end].lower() in left.lower() for start, end in pair.answers)
    if len(left.split()) < 15 or names_one:
        return None
    return Pair(pair.question, pair.title, left, answerable=False)


def _sentences(text: str) -> Iterator[Span]:
    start = 0
    for found in _SENTENCE_END.finditer(text):
        yield start, found.end()
        start = found.end()
    if start < len(text):
        yield start, len(text)


def _lines(folder: Path, pattern: str) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob(pattern)):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)

"""Asking back: where passages of several documents or sections answer different readings of a question, which one is meant.

Nothing is withheld for it: the answer stands as it is, and the readings are offered beside it, each as a question that says which.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from footnote import terms
from footnote.answering.quotes import nearly_same
from footnote.ranking.evidence import Retrieved
from footnote.ranking.retrieve import sentence_text
from footnote.ranking.scores import ScoredSentences
from footnote.records import Choice, Passage
from footnote.store import Index

MOST_CHOICES = 5
ANSWERS_FROM = 0.0
"""Log-odds of a passage from which the reranker that read it last takes it for an answer."""
NEAR = 3.0
"""A passage this much below the best one still answers another reading of the question."""
ALIKE = 0.4
"""Share of the words of two sentences from which they tell the same of two things, as "The fee is 20 pounds" and "The fee is 30"."""
LABEL_MAX_CHARS = 60


@dataclass(frozen=True, slots=True)
class _Side:
    """A passage that answers, as one reading of the question.

    Attributes:
        sentence: stems of its best sentence, numbers among them.
    """

    passage: Passage
    title: str
    sentence: frozenset[str]


def choices(index: Index, retrieved: Retrieved, scored: ScoredSentences) -> tuple[Choice, ...]:
    """The readings of a question that does not say which of several things it means; empty where it does, or there is one.

    Two passages are readings when a reranker takes both for answers, they tell the same sort of thing of two things that their titles
    or headings name, and the question names neither.

    Args:
        index: for the documents' texts.
        retrieved: passages that a reranker read.
        scored: their sentences.
    """
    sides = list(_sides(index, retrieved, scored))
    if len(sides) < 2:
        return ()
    asked = frozenset(retrieved.query.stems)
    first = sides[0]
    labels: dict[str, str] = {}
    for other in sides[1:]:
        told = _told_apart(first, other)
        if told is None:
            continue
        (label, document_id), (other_label, other_id) = told
        ours, theirs = _stems(label) - _stems(other_label), _stems(other_label) - _stems(label)
        if not ours or not theirs or asked & (ours | theirs):
            continue
        if _same_matter(first, other, asked) and not nearly_same(first.sentence - ours, other.sentence - theirs):
            labels.setdefault(label, document_id)
            labels.setdefault(other_label, other_id)
    question = retrieved.query.text
    return tuple(
        Choice(label, f"{question} ({label})", document_id)
        for label, document_id in list(labels.items())[:MOST_CHOICES]
    )


def _sides(index: Index, retrieved: Retrieved, scored: ScoredSentences) -> Iterator[_Side]:
    """The passages that answer by themselves, each with its best sentence, the best of these first."""
    if not retrieved.readings or retrieved.readings[0] is None:
        return
    best = max(reading.score for reading in retrieved.readings if reading is not None)
    answering = {
        home
        for home, reading in enumerate(retrieved.readings)
        if reading is not None and reading.score >= max(ANSWERS_FROM, best - NEAR)
    }
    for n in np.argsort(-scored.scores, kind="stable").tolist():
        home, _ = retrieved.sentence(n)
        if home in answering and np.isfinite(scored.scores[n]):
            answering.remove(home)
            passage = retrieved.passages[home]
            said = _stems(sentence_text(index, retrieved, n))
            yield _Side(passage, index.document(passage.document_id).title, said)


def _told_apart(one: _Side, other: _Side) -> tuple[tuple[str, str], tuple[str, str]] | None:
    """What two passages are about, each with its document: two titles, or the first two headings that differ; None where nothing does."""
    if one.passage.document_id != other.passage.document_id:
        labels = one.title, other.title
    else:
        pairs = zip_longest(one.passage.heading_path, other.passage.heading_path)
        found = next(((ours, theirs) for ours, theirs in pairs if ours != theirs), None)
        if found is None or None in found:
            return None
        labels = found
    if labels[0] == labels[1] or max(map(len, labels)) > LABEL_MAX_CHARS:
        return None
    return (labels[0], one.passage.document_id), (labels[1], other.passage.document_id)


def _same_matter(one: _Side, other: _Side, asked: frozenset[str]) -> bool:
    """Whether two passages tell the same sort of thing: under equal headings, or in sentences that are alike and hold what is asked.

    Sections of one document have to be built alike: "Symptoms" and "Information" are not two things that a question may be about.
    """
    inner = [_last(side.passage.heading_path) for side in (one, other)]
    if inner[0] and inner[0] == inner[1]:
        return True
    if one.passage.document_id == other.passage.document_id:
        return False
    shared, whole = one.sentence & other.sentence, one.sentence | other.sentence
    return bool(shared & asked) and len(shared) >= ALIKE * len(whole)


def _last(path: Sequence[str]) -> str:
    return path[-1].casefold() if path else ""


def _stems(text: str) -> frozenset[str]:
    return frozenset(terms.analyse(text))

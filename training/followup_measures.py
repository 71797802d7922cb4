"""How well understood follow-ups agree with stand-alone rewrites: words missing and extra, left alone, what is retrieved.

The rows are JSON lines with id, history (questions and answers in turn), question and rewrite.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse

from footnote.records import Turn

TOP = 10

_LEFT_OUT = frozenset(
    """a about all also am an and any are as at be because been being but by can could d did do does doing done for from
    get had has have having he her hers him his how i if in into is it its just ll m me more most much my no nor not of on
    or other our out over re s she should so some such t than that the their them then there these they this those to too us
    ve very was we were what when where which while who whom whose why will with would you your""".split()
)
"""Words that the measures do not count."""


@dataclass(frozen=True, slots=True)
class Row:
    """One follow-up: ``history`` oldest first; ``group`` keeps what belongs together."""

    id: str
    group: str
    title: str
    history: tuple[Turn, ...]
    question: str
    rewrite: str

    @property
    def stands_alone(self) -> bool:
        return _plain(self.question) == _plain(self.rewrite)


def read_rows(path: Path) -> list[Row]:
    """Rows of a file, in its order."""
    rows = []
    for line in path.read_text("utf-8").splitlines():
        raw = json.loads(line)
        turns = raw["history"]
        pairs = tuple(Turn(*pair) for pair in zip(turns[0::2], turns[1::2], strict=True))
        # Dialogs about one article differ in the digit after the last "_".
        group = raw["id"].rpartition("_")[0]
        rows.append(Row(raw["id"], group, raw["topic"][0], pairs, raw["question"], raw["rewrite"]))
    return rows


def _plain(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def counted_words(text: str) -> list[str]:
    """Content words as the measures count them, in order."""
    return [w for w in _plain(text) if w not in _LEFT_OUT]


def word_measures(rows: Sequence[Row], texts: Sequence[str]) -> dict[str, float]:
    """Recall of missing words, extra words a row and the share of stand-alone rows left alone."""
    recalls, extras, alone = [], [], []
    for row, text in zip(rows, texts, strict=True):
        question, wanted, got = (set(counted_words(t)) for t in (row.question, row.rewrite, text))
        missing = wanted - question
        if missing:
            recalls.append(len(missing & got) / len(missing))
        extras.append(len(got - wanted - question))
        if row.stands_alone:
            alone.append(not got - question)
    return {
        "missing_word_recall": _mean(recalls),
        "extra_words": _mean(extras),
        "left_alone": _mean(alone),
    }


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 4) if len(values) else 0.0


Retrieve = Callable[[Sequence[str]], list[list[int]]]
"""Texts to the numbers of their best passages, best first."""


def agreement(rows: Sequence[Row], texts: Sequence[str], retrieve: Retrieve) -> float:
    """Share of the rewrites' best passages that the texts' best hold, mean over rows whose rewrite differs."""
    different = [i for i, row in enumerate(rows) if not row.stands_alone]
    wanted = retrieve([rows[i].rewrite for i in different])
    got = retrieve([texts[i] for i in different])
    return _mean([len(set(w) & set(g)) / max(1, len(w)) for w, g in zip(wanted, got, strict=True)])


def passages_of(rows: Sequence[Row]) -> list[str]:
    """Every distinct answer of the histories, sorted."""
    return sorted({answer for row in rows for _, answer in row.history})


def word_retrieval(passages: Sequence[str], *, k1: float = 1.2, b: float = 0.75) -> Retrieve:
    """BM25 over content words; a passage without any of them is no hit."""
    numbers: dict[str, int] = {}
    counts = [Counter(counted_words(p)) for p in passages]
    for counter in counts:
        for word in counter:
            numbers.setdefault(word, len(numbers))
    lengths = np.array([sum(c.values()) for c in counts], dtype=np.float64)
    at = np.array([i for i, c in enumerate(counts) for _ in c])
    word_at = np.array([numbers[w] for c in counts for w in c])
    times = np.array([n for c in counts for n in c.values()], dtype=np.float64)
    held = np.bincount(word_at, minlength=len(numbers))
    idf = np.log(1 + (len(passages) - held + 0.5) / (held + 0.5))
    weights = idf[word_at] * times * (k1 + 1) / (times + k1 * (1 - b + b * lengths[at] / lengths.mean()))
    matrix = sparse.csr_matrix((weights, (word_at, at)), shape=(len(numbers), len(passages)))

    def retrieve(texts: Sequence[str]) -> list[list[int]]:
        found = []
        for text in texts:
            own = [numbers[w] for w in counted_words(text) if w in numbers]
            scores = np.asarray(matrix[own].sum(axis=0)).ravel() if own else np.zeros(len(passages))
            best = np.argsort(-scores, kind="stable")[:TOP]
            found.append([int(i) for i in best if scores[i] > 0])
        return found

    return retrieve


def vector_retrieval(passages: Sequence[str], encode: Callable[[Sequence[str]], npt.NDArray[np.float32]]) -> Retrieve:
    """Cosine of unit vectors."""
    vectors = encode(passages)

    def retrieve(texts: Sequence[str]) -> list[list[int]]:
        scores = encode(texts) @ vectors.T
        return [[int(i) for i in row] for row in np.argsort(-scores, axis=1, kind="stable")[:, :TOP]]

    return retrieve

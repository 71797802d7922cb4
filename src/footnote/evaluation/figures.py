"""The figures of a set of results under the names that are printed, what became of each question, and whether confidence holds.

An id tells a style by what stands after its last "-": ``copd-01-lay`` asks in lay words.  A set has styles where every
id ends so, in a word that begins with a letter, and where there are at least two such words with at least three
questions each on average.  Numbers and digests, which many sets end their ids with, are no styles by this rule.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from footnote.evaluation import measures
from footnote.evaluation.results import Result, ResultSpan
from footnote.records import Judgment

TextSource: TypeAlias = Callable[[str], str | None]
"""Document id → canonical text; None where there is no such document."""

Metrics: TypeAlias = dict[str, float | int | None]

Outcome: TypeAlias = Literal["right", "wrong", "refused", "declined", "overclaimed"]
"""Answerable: answered with a matching quote, answered without one, not answered.  Unanswerable: not answered, answered."""

GOOD_OUTCOMES: Final[frozenset[Outcome]] = frozenset({"right", "declined"})

METRIC_NAMES: Final = (
    "n",
    "missing",
    "with relevant gold",
    "unanswerable",
    "hit@1",
    "hit@3",
    "hit@5",
    "hit@10",
    "MRR@10",
    "nDCG@10",
    "judged@10",
    "hit chars (median)",
    "answer containment",
    "answer containment when answered",
    "answer rate",
    "right on sight",
    "answer chars (median)",
    "answer token F1",
    "answer token F1 when answered",
    "abstention precision",
    "abstention recall",
    "abstention F1",
    "AUROC",
    "quote exactness",
)
"""In the order printed.  judged@10 is there for graded sets only, the last four but one for sets with unanswerable ones."""

_QUESTIONS_EACH: Final = 3
"""Questions that a style has at least, on average over the styles."""

BINS: Final = 10
"""Equal intervals of [0, 1]; the last holds 1 itself."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One judgment beside its result.

    Attributes:
        relevant: whether the judgment has relevant gold; the hit and answer figures are over these.
        rank: 1-based rank of the first matching hit, among all hits.
        contained: whether a quote matches relevant gold.
        quotes: of the answer; empty when abstaining.
    """

    judgment: Judgment
    hits: tuple[ResultSpan, ...]
    quotes: tuple[ResultSpan, ...]
    answered: bool
    confidence: float | None
    relevant: bool
    rank: int | None
    contained: bool

    @property
    def on_sight(self) -> bool:
        """Whether who asks sees the gold at once: quoted, or, where nothing was answered, in the first hit."""
        return self.contained or (not self.answered and self.rank == 1)

    @property
    def outcome(self) -> Outcome | None:
        """None for an answerable question without relevant gold: nobody said what would be right."""
        if not self.judgment.answerable:
            return "overclaimed" if self.answered else "declined"
        if not self.relevant:
            return None
        if not self.answered:
            return "refused"
        return "right" if self.contained else "wrong"


def is_graded(judgments: Sequence[Judgment]) -> bool:
    """Whether any gold has a grade above 1."""
    return any(gold.grade > 1 for judgment in judgments for gold in judgment.gold)


def score_each(judgments: Sequence[Judgment], results: Mapping[str, Result]) -> tuple[Scored, ...]:
    """Each judgment beside its result; a missing one is a miss, and an answer where none is due."""
    graded = is_graded(judgments)
    return tuple(_scored(judgment, results.get(judgment.id), graded=graded) for judgment in judgments)


def _scored(judgment: Judgment, result: Result | None, *, graded: bool) -> Scored:
    answered = result.answered if result is not None else not judgment.answerable
    hits = result.hits if result is not None else ()
    quotes = result.quotes if result is not None and answered else ()
    gold = measures.relevant_gold(judgment.gold, graded=graded)
    return Scored(
        judgment=judgment,
        hits=hits,
        quotes=quotes,
        answered=answered,
        confidence=result.confidence if result is not None else None,
        relevant=bool(gold),
        rank=measures.first_match_rank(hits, gold),
        contained=any(measures.matches_any(quote, gold) for quote in quotes),
    )


def score(judgments: Sequence[Judgment], results: Mapping[str, Result], text_of: TextSource) -> Metrics:
    """Every figure by its name, in the order of METRIC_NAMES; None where it is undefined for this set.

    Args:
        judgments: the set.
        results: by the ids of the questions; others are left out.
        text_of: where quotes and gold spans are read again.
    """
    rows = score_each(judgments, results)
    graded = is_graded(judgments)
    out: Metrics = {
        "n": len(rows),
        "missing": sum(judgment.id not in results for judgment in judgments),
        "with relevant gold": sum(row.relevant for row in rows),
        "unanswerable": sum(not judgment.answerable for judgment in judgments),
    }
    out |= _of_ranking(rows, graded=graded)
    out |= _of_answers(rows, text_of, graded=graded)
    if out["unanswerable"]:
        out |= _of_abstention(rows)
    returned = [span for row in rows for span in (*row.hits, *row.quotes)]
    out["quote exactness"] = measures.mean([float(is_exact(span, text_of)) for span in returned])
    return out


def is_exact(span: ResultSpan, text_of: TextSource) -> bool:
    """Whether the returned text is the document's text at its offsets."""
    text = text_of(span.document_id)
    return text is not None and bool(span.span) and span.span.end <= len(text) and span.span.of(text) == span.text


def _of_ranking(rows: Sequence[Scored], *, graded: bool) -> Metrics:
    ranks = [row.rank for row in rows if row.relevant]
    out: Metrics = {f"hit@{k}": measures.hit_at_k(ranks, k) for k in (1, 3, 5, 10)}
    out["MRR@10"] = measures.mean([measures.reciprocal_rank(rank) for rank in ranks])
    gains = [measures.ndcg_at_10(row.hits, row.judgment.gold, graded=graded) for row in rows]
    out["nDCG@10"] = measures.mean([gain for gain in gains if gain is not None])
    shown = [(row, hit) for row in rows for hit in row.hits[: measures.DEPTH]]
    if graded:
        out["judged@10"] = measures.mean([float(measures.matches_any(hit, row.judgment.gold)) for row, hit in shown])
    out["hit chars (median)"] = statistics.median([len(hit.span) for _, hit in shown]) if shown else None
    return out


def _of_answers(rows: Sequence[Scored], text_of: TextSource, *, graded: bool) -> Metrics:
    due = [row for row in rows if row.relevant]
    lengths = [sum(len(quote.span) for quote in row.quotes) for row in rows if row.quotes]
    f1 = [(_token_f1(row, text_of, graded=graded), row.answered) for row in due]
    return {
        "answer containment": measures.mean([float(row.contained) for row in due]),
        "answer containment when answered": measures.mean([float(row.contained) for row in due if row.answered]),
        "answer rate": measures.mean([float(row.answered) for row in rows if row.judgment.answerable]),
        "right on sight": measures.mean([float(row.on_sight) for row in due]),
        "answer chars (median)": statistics.median(lengths) if lengths else None,
        "answer token F1": measures.mean([value for value, _ in f1]),
        "answer token F1 when answered": measures.mean([value for value, answered in f1 if answered]),
    }


def _token_f1(row: Scored, text_of: TextSource, *, graded: bool) -> float:
    golds = measures.relevant_gold(row.judgment.gold, graded=graded)
    sources = ((gold, text_of(gold.document_id)) for gold in golds)
    texts = [gold.span.of(text) if text is not None else gold.text for gold, text in sources]
    return measures.token_f1(" ".join(quote.text for quote in row.quotes), texts)


def _of_abstention(rows: Sequence[Scored]) -> Metrics:
    silent = [row for row in rows if not row.answered]
    rightly = sum(not row.judgment.answerable for row in silent)
    precision = rightly / len(silent) if silent else None
    recall = rightly / sum(not row.judgment.answerable for row in rows)
    out: Metrics = {
        "abstention precision": precision,
        "abstention recall": recall,
        "abstention F1": measures.f1(precision, recall),
    }
    given = [(row.judgment.answerable, row.confidence) for row in rows]
    if all(confidence is not None for _, confidence in given):
        out["AUROC"] = measures.auroc(
            [value for answerable, value in given if answerable and value is not None],
            [value for answerable, value in given if not answerable and value is not None],
        )
    return out


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of questions.

    Attributes:
        judged: answerable questions with relevant gold: right, refused or wrong.
        right: answered with a matching quote.
        refused: not answered.
        wrong: answered without a matching quote.
        on_sight: right, or refused while the first hit matches.
        unanswerable: questions without an answer.
        overclaimed: those of them that were answered.
    """

    judged: int
    right: int
    refused: int
    wrong: int
    on_sight: int
    unanswerable: int
    overclaimed: int


def count(rows: Sequence[Scored]) -> Counts:
    """What became of these questions."""
    outcomes = [row.outcome for row in rows]
    return Counts(
        judged=sum(row.judgment.answerable and row.relevant for row in rows),
        right=outcomes.count("right"),
        refused=outcomes.count("refused"),
        wrong=outcomes.count("wrong"),
        on_sight=sum(row.on_sight for row in rows if row.outcome in {"right", "refused"}),
        unanswerable=sum(not row.judgment.answerable for row in rows),
        overclaimed=outcomes.count("overclaimed"),
    )


def counts_by_style(rows: Sequence[Scored]) -> tuple[tuple[str, Counts], ...]:
    """(style, counts) pairs in the order of the questions; none where the ids tell no styles."""
    styles = styles_of([row.judgment.id for row in rows])
    return tuple(
        (style, count([row for row, its in zip(rows, styles, strict=True) if its == style]))
        for style in dict.fromkeys(styles)
    )


def styles_of(ids: Sequence[str]) -> tuple[str, ...]:
    """The style of each id; empty where the ids tell none."""
    parts = tuple(name.rpartition("-")[2] if "-" in name else "" for name in ids)
    kinds = set(parts)
    if len(kinds) < 2 or _QUESTIONS_EACH * len(kinds) > len(ids) or not all(part[:1].isalpha() for part in kinds):
        return ()
    return parts


def counts_to_json(counts: Counts) -> dict[str, int]:
    """The counts under the names that the table prints."""
    return {
        "answerable": counts.judged,
        "right": counts.right,
        "refused": counts.refused,
        "wrong": counts.wrong,
        "on sight": counts.on_sight,
        "unanswerable": counts.unanswerable,
        "unanswerable answered": counts.overclaimed,
    }


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers whose confidence lies in [low, high)."""

    low: float
    high: float
    count: int
    right: int
    mean_confidence: float

    @property
    def share_right(self) -> float:
        return self.right / self.count


@dataclass(frozen=True, slots=True)
class Reliability:
    """Over all answers that can be judged; bins without an answer are left out.

    Attributes:
        count: answers, right and wrong; those to unanswerable questions are wrong.
        expected_calibration_error: mean over answers of a bin's distance between confidence and share right; None of
            no answers.
        brier: mean squared distance between confidence and being right; None of no answers.
    """

    count: int
    bins: tuple[Bin, ...]
    expected_calibration_error: float | None
    brier: float | None


def reliability(rows: Sequence[Scored]) -> Reliability:
    """The table for what was answered with a confidence: right is an answer with a quote that matches."""
    judged = [
        (row.confidence, row.outcome == "right")
        for row in rows
        if row.answered and row.outcome is not None and row.confidence is not None
    ]
    filled: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in judged:
        filled.setdefault(min(int(confidence * BINS), BINS - 1), []).append((confidence, right))
    bins = tuple(_bin(number, members) for number, members in sorted(filled.items()))
    gaps = [abs(b.mean_confidence - b.share_right) for b in bins for _ in range(b.count)]
    return Reliability(
        count=len(judged),
        bins=bins,
        expected_calibration_error=measures.mean(gaps),
        brier=measures.mean([(confidence - right) ** 2 for confidence, right in judged]),
    )


def _bin(number: int, members: Sequence[tuple[float, bool]]) -> Bin:
    right = sum(ok for _, ok in members)
    average = sum(confidence for confidence, _ in members) / len(members)
    return Bin(number / BINS, (number + 1) / BINS, len(members), right, average)

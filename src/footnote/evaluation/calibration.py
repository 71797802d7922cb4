"""Whether confidence means what it says: stated chance against the share that was right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from footnote.evaluation.metrics import mean
from footnote.evaluation.scoring import Scored

BINS: Final = 10
"""Equal intervals of [0, 1]; the last holds 1 itself."""


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
        expected_calibration_error=mean(gaps),
        brier=mean([(confidence - right) ** 2 for confidence, right in judged]),
    )


def _bin(number: int, members: Sequence[tuple[float, bool]]) -> Bin:
    right = sum(ok for _, ok in members)
    average = sum(confidence for confidence, _ in members) / len(members)
    return Bin(number / BINS, (number + 1) / BINS, len(members), right, average)

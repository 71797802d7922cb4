"""A report: the figures, the counts by style, the reliability of confidence, the latencies, and what became of each question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from footnote.evaluation.figures import (
    METRIC_NAMES,
    Counts,
    Metrics,
    Outcome,
    Reliability,
    TextSource,
    count,
    counts_by_style,
    counts_to_json,
    reliability,
    score,
    score_each,
)
from footnote.evaluation.jsonl import Line
from footnote.evaluation.measures import quantile
from footnote.evaluation.results import Result
from footnote.evaluation.runner import misplaced_gold
from footnote.records import Judgment

_FORMER_OUTCOMES: Final = {"missed": "refused"}
"""Outcomes as earlier reports, which are still taken as baselines, call them."""

NAME_COLUMNS: Final = 34
"""Width of the column of names in what is printed."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an evaluation found.

    Attributes:
        metrics: by name, in the order printed; None where undefined for the set.
        outcomes: (question id, outcome) pairs in the order of the questions.
        counts: what became of the questions in numbers; None in a report read back from a file.
        styles: (style, counts) pairs, where the ids tell styles.
        reliability: None in a report read back from a file.
        latency_ms: ("p50", milliseconds) and ("p95", milliseconds); empty where nothing was timed.
        misplaced: ids of judgments whose gold is not in the documents.
        fingerprint: of the engine that answered; empty where only a results file was scored.
    """

    metrics: Metrics
    outcomes: tuple[tuple[str, Outcome], ...]
    counts: Counts | None = None
    styles: tuple[tuple[str, Counts], ...] = ()
    reliability: Reliability | None = None
    latency_ms: tuple[tuple[str, float], ...] = ()
    misplaced: tuple[str, ...] = ()
    fingerprint: str = ""


def make_report(
    judgments: Sequence[Judgment],
    results: Mapping[str, Result],
    text_of: TextSource,
    *,
    latencies_ms: Sequence[float] = (),
    fingerprint: str = "",
) -> Report:
    """The report over a set of results; results of other questions are left out."""
    rows = score_each(judgments, results)
    quantiles = ((name, quantile(latencies_ms, share)) for name, share in (("p50", 0.5), ("p95", 0.95)))
    return Report(
        metrics=score(judgments, results, text_of),
        outcomes=tuple((row.judgment.id, row.outcome) for row in rows if row.outcome is not None),
        counts=count(rows),
        styles=counts_by_style(rows),
        reliability=reliability(rows),
        latency_ms=tuple((name, value) for name, value in quantiles if value is not None),
        misplaced=misplaced_gold(judgments, text_of),
        fingerprint=fingerprint,
    )


def report_to_json(report: Report) -> dict[str, Any]:
    """The report as one flat object: each metric under its printed name, then the rest."""
    table = report.reliability
    return {
        **report.metrics,
        "counts": None if report.counts is None else counts_to_json(report.counts),
        "styles": {style: counts_to_json(counts) for style, counts in report.styles},
        "latency_ms": dict(report.latency_ms),
        "reliability": None
        if table is None
        else {
            "n": table.count,
            "ECE": table.expected_calibration_error,
            "Brier": table.brier,
            "bins": [
                {
                    "from": b.low,
                    "to": b.high,
                    "n": b.count,
                    "right": b.right,
                    "share right": b.share_right,
                    "mean confidence": b.mean_confidence,
                }
                for b in table.bins
            ],
        },
        "fingerprint": report.fingerprint,
        "misplaced": list(report.misplaced),
        "outcomes": dict(report.outcomes),
    }


@dataclass(frozen=True, slots=True)
class _Former:
    """What a comparison needs of a report that was written earlier, beside its metrics."""

    outcomes: dict[str, str]


def report_from_json(line: Line) -> Report:
    """A report written earlier, as far as a comparison needs it.

    Raises:
        JudgmentError: the object is not such a report.
    """
    outcomes = line.read(_Former).outcomes
    figures = line.read(dict[str, Any])
    return Report(
        metrics={name: _figure(line, name, figures[name]) for name in METRIC_NAMES if figures.get(name) is not None},
        outcomes=tuple((name, _outcome(line, name, value)) for name, value in outcomes.items()),
    )


def _figure(line: Line, name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise line.fault(f'"{name}" is not a number')
    return float(value)


def _outcome(line: Line, name: str, value: str) -> Outcome:
    value = _FORMER_OUTCOMES.get(value, value)
    for outcome in get_args(Outcome):
        if value == outcome:
            known: Outcome = outcome
            return known
    raise line.fault(f'the outcome of "{name}" is "{value}"')


def figure(value: float | None) -> str:
    """A metric as it is printed: whole numbers whole, others to four digits, "-" where undefined."""
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.4f}"


def report_to_terminal(report: Report) -> str:
    """The report as aligned plain text that ends with a newline: ids and figures, no text of documents."""
    lines = [f"{name:{NAME_COLUMNS}}{figure(report.metrics[name])}" for name in METRIC_NAMES if name in report.metrics]
    lines += [f"{f'latency {name}, ms':{NAME_COLUMNS}}{value:.1f}" for name, value in report.latency_ms]
    if report.counts is not None:
        lines += _count_lines((*report.styles, ("all", report.counts)))
    if report.reliability is not None and report.reliability.count:
        lines += _reliability_lines(report.reliability)
    if report.misplaced:
        lines += [
            "",
            f"{len(report.misplaced)} judgments have gold that is not in these documents: {_some(report.misplaced)}",
        ]
    return "\n".join(lines) + "\n"


def _count_lines(counts: Sequence[tuple[str, Counts]]) -> list[str]:
    """What became of the questions, a line for each style."""
    wide = max([len(style) for style, _ in counts] + [10])
    rows = [
        f"{style:{wide}}{c.judged:>11}{c.right:>8}{c.refused:>9}{c.wrong:>7}{c.on_sight:>10}"
        f"{c.unanswerable:>14}{c.overclaimed:>10}"
        for style, c in counts
    ]
    head = f"{'style':{wide}}{'answerable':>11}{'right':>8}{'refused':>9}{'wrong':>7}{'on sight':>10}{'unanswerable':>14}{'answered':>10}"
    return ["", head, *rows]


def _reliability_lines(table: Reliability) -> list[str]:
    error, brier = figure(table.expected_calibration_error), figure(table.brier)
    head = f"confidence of {table.count} answers (expected calibration error {error}, Brier score {brier})"
    rows = [
        f"{b.low:.1f} to {b.high:.1f}{b.count:>11}{b.right:>8}{b.share_right:>13.4f}{b.mean_confidence:>17.4f}"
        for b in table.bins
    ]
    return ["", head, f"{'level':10}{'answers':>11}{'right':>8}{'share right':>13}{'mean confidence':>17}", *rows]


def _some(ids: Sequence[str]) -> str:
    shown = ", ".join(ids[:5])
    return f"{shown} and {len(ids) - 5} more" if len(ids) > 5 else shown

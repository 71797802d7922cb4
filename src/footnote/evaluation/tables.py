"""Reports and comparisons as aligned plain text; they hold ids and figures, no text of documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from footnote.evaluation.calibration import Reliability
from footnote.evaluation.comparison import Comparison, Turn
from footnote.evaluation.counts import Counts
from footnote.evaluation.report import Report
from footnote.evaluation.scoring import METRIC_NAMES

_NAME_COLUMNS: Final = 34
_TURNS_SHOWN: Final = 20


def figure(value: float | None) -> str:
    """A metric as it is printed: whole numbers whole, others to four digits, "-" where undefined."""
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.4f}"


def report_to_terminal(report: Report) -> str:
    """The report as text that ends with a newline."""
    lines = [f"{name:{_NAME_COLUMNS}}{figure(report.metrics[name])}" for name in METRIC_NAMES if name in report.metrics]
    lines += [f"{f'latency {name}, ms':{_NAME_COLUMNS}}{value:.1f}" for name, value in report.latency_ms]
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


def comparison_to_terminal(comparison: Comparison) -> str:
    """The comparison as text that ends with a newline."""
    lines = ["since the baseline"]
    for move in comparison.moves:
        change = "" if move.before is None or move.after is None else f"  ({move.after - move.before:+.4f})"
        lines.append(f"{move.name:{_NAME_COLUMNS}}{figure(move.before)} -> {figure(move.after)}{change}")
    lines.append(
        f"of {comparison.compared} questions {len(comparison.better)} are right that were wrong, "
        f"{len(comparison.worse)} are wrong that were right (sign test: p = {comparison.chance:.3g})"
    )
    lines += _turn_lines("better", comparison.better) + _turn_lines("worse", comparison.worse)
    return "\n".join(lines) + "\n"


def _turn_lines(name: str, turns: Sequence[Turn]) -> list[str]:
    lines = [f"{name}: {turn.id} ({turn.before} -> {turn.after})" for turn in turns[:_TURNS_SHOWN]]
    rest = len(turns) - _TURNS_SHOWN
    return [*lines, f"{name}: and {rest} more (--json lists all)"] if rest > 0 else lines


def _some(ids: Sequence[str]) -> str:
    shown = ", ".join(ids[:5])
    return f"{shown} and {len(ids) - 5} more" if len(ids) > 5 else shown

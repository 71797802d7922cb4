"""What moved since an earlier report on the same questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from footnote.errors import JudgmentError
from footnote.evaluation.figures import GOOD_OUTCOMES, METRIC_NAMES, Outcome, TextSource
from footnote.evaluation.jsonl import read_lines
from footnote.evaluation.measures import sign_test
from footnote.evaluation.report import NAME_COLUMNS, Report, figure, make_report, report_from_json
from footnote.evaluation.results import results_of
from footnote.records import Judgment

_TURNS_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Move:
    """A metric before and after."""

    name: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Turn:
    """A question whose outcome changed."""

    id: str
    before: Outcome
    after: Outcome


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two reports side by side.

    Attributes:
        moves: the metrics that changed, in the order printed.
        better: questions that went wrong before and right now.
        worse: questions that went right before and wrong now.
        chance: two-sided probability of such a split of better and worse if neither version were better (sign test).
        compared: questions that both reports judge.
    """

    moves: tuple[Move, ...]
    better: tuple[Turn, ...]
    worse: tuple[Turn, ...]
    chance: float
    compared: int


def compare(before: Report, after: Report) -> Comparison:
    """What moved; questions that only one of them judges are left out of the turns."""
    moves = tuple(
        Move(name, before.metrics.get(name), after.metrics.get(name))
        for name in METRIC_NAMES
        if before.metrics.get(name) != after.metrics.get(name)
    )
    turns = _turns(dict(before.outcomes), dict(after.outcomes))
    better = tuple(turn for turn in turns if turn.after in GOOD_OUTCOMES)
    worse = tuple(turn for turn in turns if turn.before in GOOD_OUTCOMES)
    compared = len(dict(before.outcomes).keys() & dict(after.outcomes).keys())
    return Comparison(moves, better, worse, sign_test(len(better), len(worse)), compared)


def _turns(before: Mapping[str, Outcome], after: Mapping[str, Outcome]) -> list[Turn]:
    shared = [(name, before[name], outcome) for name, outcome in after.items() if name in before]
    return [Turn(name, old, new) for name, old, new in shared if (old in GOOD_OUTCOMES) != (new in GOOD_OUTCOMES)]


def comparison_to_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as one object, all turns listed."""
    return {
        "moved": {move.name: {"before": move.before, "after": move.after} for move in comparison.moves},
        "compared": comparison.compared,
        "better": [_turn_to_json(turn) for turn in comparison.better],
        "worse": [_turn_to_json(turn) for turn in comparison.worse],
        "sign test p": comparison.chance,
    }


def _turn_to_json(turn: Turn) -> dict[str, str]:
    return {"id": turn.id, "before": turn.before, "after": turn.after}


def comparison_to_terminal(comparison: Comparison) -> str:
    """The comparison as text that ends with a newline."""
    lines = ["since the baseline"]
    for move in comparison.moves:
        change = "" if move.before is None or move.after is None else f"  ({move.after - move.before:+.4f})"
        lines.append(f"{move.name:{NAME_COLUMNS}}{figure(move.before)} -> {figure(move.after)}{change}")
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


def read_baseline(path: Path, judgments: Sequence[Judgment], text_of: TextSource) -> Report:
    """An earlier report, or the report over an earlier results file for these questions.

    Raises:
        JudgmentError: the file is neither, or has no question in common with these.
    """
    lines = list(read_lines(path))
    if len(lines) == 1 and lines[0].read(dict[str, Any]).get("outcomes") is not None:
        report = report_from_json(lines[0])
    else:
        report = make_report(judgments, results_of(lines), text_of)
    if not dict(report.outcomes).keys() & {judgment.id for judgment in judgments}:
        raise JudgmentError("judges none of these questions", where=str(path), remedy="give a report on the same file")
    return report

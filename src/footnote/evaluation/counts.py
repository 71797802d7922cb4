"""What became of the questions, counted: over all of them, and by the style that their ids tell.

An id tells a style by what stands after its last "-": ``copd-01-lay`` asks in lay words.  A set has styles where every
id ends so, in a word that begins with a letter, and where there are at least two such words with at least three
questions each on average.  Numbers and digests, which many sets end their ids with, are no styles by this rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from footnote.evaluation.scoring import Scored

_QUESTIONS_EACH: Final = 3
"""Questions that a style has at least, on average over the styles."""


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

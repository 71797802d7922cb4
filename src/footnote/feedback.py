"""What readers say of answers, kept in SQLite beside the index, and made into judgments that ``evaluate`` takes.

Nothing is kept but what somebody sent by pressing a button.  The file lives in the index folder but is no part of the
index: building the index again leaves it alone.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

from footnote.encoding import Encoder
from footnote.errors import FootnoteError
from footnote.quote_checking import Claim, Documents, check
from footnote.store import feedback_file, open_plain
from footnote.wire import from_json, to_json

Kind: TypeAlias = Literal["good", "bad", "wrong_passage", "not_answered", "should_have_abstained"]
KINDS: Final[tuple[str, ...]] = get_args(Kind)

ROWS_MOST: Final = 20_000
"""Rows taken at most: the page may be open to many, and the disk is not theirs."""

ROW_BYTES_MOST: Final = 64_000
BYTES_MOST: Final = 64_000_000
"""Of one row, and of all: as much text as a thousand long answers hold."""

ALIKE: Final = 0.7
"""Least cosine of two questions that are listed as one: paraphrases lie above it, questions of one field below."""
GROUPED_MOST: Final = 2_000

_TABLE = """CREATE TABLE IF NOT EXISTS feedback (
  turn TEXT PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, question TEXT NOT NULL, asked TEXT NOT NULL,
  answered INTEGER NOT NULL, quotes TEXT NOT NULL, correct TEXT NOT NULL, fingerprint TEXT NOT NULL
) STRICT"""
_SIZE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
_COLUMNS = "turn, at, kind, question, asked, answered, quotes, correct, fingerprint"


@dataclass(frozen=True, slots=True)
class Feedback:
    """What one reader said of one answer.

    Attributes:
        turn: names the answer; saying something else of it replaces what was said.
        at: when, in UTC, as ISO 8601.
        kind: what is right or wrong with it.
        question: as typed.
        asked: the question as it stands without the conversation.
        answered: whether there were quotes.
        quotes: the quotes that were shown.
        correct: passages that the reader pointed at as the answer.
        fingerprint: of the answer.
    """

    turn: str
    at: str
    kind: Kind
    question: str
    asked: str
    answered: bool
    quotes: tuple[Claim, ...] = ()
    correct: tuple[Claim, ...] = ()
    fingerprint: str = ""

    @property
    def unanswered(self) -> bool:
        """Whether somebody was left without an answer that they expected."""
        return self.kind == "not_answered" or (not self.answered and self.kind == "bad")


class FeedbackBook:
    """The feedback about one index.  Safe to share between threads and processes."""

    def __init__(self, location: Path | str) -> None:
        self.path = feedback_file(location)

    def keep(self, feedback: Feedback) -> None:
        """Keep it, in place of what was said of the same answer before.

        Raises:
            FootnoteError: it cannot be written, or there is no room for more.
        """
        row = (
            feedback.turn, feedback.at, feedback.kind, feedback.question, feedback.asked, int(feedback.answered),
            _written(feedback.quotes), _written(feedback.correct), feedback.fingerprint,
        )  # fmt: skip
        if sum(len(str(each).encode("utf-8", "replace")) for each in row) > ROW_BYTES_MOST:
            raise FootnoteError("the feedback is too long", remedy="point at fewer or shorter passages")
        with self._opened(write=True) as base:
            (count,) = base.execute("SELECT count(*) FROM feedback WHERE turn != ?", (feedback.turn,)).fetchone()
            (size_bytes,) = base.execute(_SIZE).fetchone()
            if count >= ROWS_MOST or size_bytes + ROW_BYTES_MOST > BYTES_MOST:
                raise FootnoteError("there is no room for more feedback", remedy="export it, then remove the file")
            base.execute(f"INSERT OR REPLACE INTO feedback ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608 - columns of ours

    def withdraw(self, turn: str) -> None:
        """Forget what was said of an answer."""
        if self.path.is_file():
            with self._opened(write=True) as base:
                base.execute("DELETE FROM feedback WHERE turn = ?", (turn,))

    def rows(self) -> tuple[Feedback, ...]:
        """All of it, the newest first."""
        if not self.path.is_file():
            return ()
        with self._opened(write=False) as base:
            found = base.execute(f"SELECT {_COLUMNS} FROM feedback ORDER BY at DESC, turn").fetchall()  # noqa: S608 - columns of ours
        return tuple(
            Feedback(
                turn,
                at,
                kind,
                question,
                asked,
                bool(answered),
                _read(quotes),
                _read(correct),
                fingerprint,
            )
            for turn, at, kind, question, asked, answered, quotes, correct, fingerprint in found
        )

    @contextmanager
    def _opened(self, *, write: bool) -> Iterator[sqlite3.Connection]:
        try:
            # Made here, for its owner alone; a link that came with somebody's index is not followed.
            with open_plain(self.path, os.O_RDWR | os.O_CREAT if write else os.O_RDONLY):
                pass
            with closing(sqlite3.connect(self.path, timeout=5.0)) as base, base:
                base.execute("PRAGMA trusted_schema = OFF")
                if write and not _schema_of(base):
                    base.execute(_TABLE)
                _check_ours(base)
                yield base
        except (sqlite3.Error, OSError, ValueError, KeyError, TypeError) as error:
            what = f"the feedback cannot be {'kept' if write else 'read'} ({error})"
            raise FootnoteError(what, where=str(self.path), remedy="check the file and who may write it") from error


def _schema_of(base: sqlite3.Connection) -> list[tuple[str, str, str]]:
    return base.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()


def _check_ours(base: sqlite3.Connection) -> None:
    """Refuse a file that came with somebody's index: its size, or a view, a trigger or a computed column, could do anything."""
    (size_bytes,) = base.execute(_SIZE).fetchone()
    if size_bytes > BYTES_MOST:
        raise ValueError(f"it is larger than {BYTES_MOST:,} bytes")
    with closing(sqlite3.connect(":memory:")) as ours:
        ours.execute(_TABLE)
        if _schema_of(base) != _schema_of(ours):
            raise ValueError("it is no feedback of Footnote's")


def _written(claims: Sequence[Claim]) -> str:
    return json.dumps([to_json(claim) for claim in claims], ensure_ascii=False)


def _read(column: str) -> tuple[Claim, ...]:
    return from_json(tuple[Claim, ...], column)


def unanswered_groups(rows: Sequence[Feedback], encoder: Encoder) -> tuple[tuple[str, ...], ...]:
    """The questions that were left unanswered, those alike together, the largest group first.

    A question joins the group whose members it is nearest to on average, where that is near enough.
    """
    questions = list(dict.fromkeys(row.asked for row in reversed(rows) if row.unanswered))[-GROUPED_MOST:]
    if not questions:
        return ()
    vectors = encoder.encode_queries(questions)
    groups: list[list[int]] = []
    for n in range(len(questions)):
        means = [float((vectors[group] @ vectors[n]).mean()) for group in groups]
        nearest = max(range(len(groups)), key=lambda at: means[at], default=None)
        if nearest is not None and means[nearest] >= ALIKE:
            groups[nearest].append(n)
        else:
            groups.append([n])
    groups.sort(key=lambda group: (-len(group), group[0]))
    return tuple(tuple(questions[n] for n in group) for group in groups)


@dataclass(frozen=True, slots=True)
class FeedbackJudgments:
    """Lines for a questions file, and how many rows tell too little to be one."""

    lines: tuple[dict[str, Any], ...]
    left_out: int


def judgments_from(rows: Sequence[Feedback], documents: Documents) -> FeedbackJudgments:
    """What readers said, as judgments: one for each question, the newest word counts.

    Approved quotes, and passages that were pointed at, are gold where they still stand in the index.  An abstention
    that was approved, and an answer that should have been one, make an unanswerable question.
    """
    lines: dict[str, dict[str, Any]] = {}
    left_out = 0
    for row in rows:
        key = " ".join(row.asked.casefold().split())
        line = None if key in lines else _judgment(row, documents)
        if line is None:
            left_out += 1
        else:
            lines[key] = line
    return FeedbackJudgments(tuple(lines.values()), left_out)


def _judgment(row: Feedback, documents: Documents) -> dict[str, Any] | None:
    line: dict[str, Any] = {"id": f"feedback-{row.turn}", "question": row.asked}
    if row.kind == "should_have_abstained" or (row.kind == "good" and not row.answered):
        return {**line, "kind": "unanswerable", "gold": []}
    claims = row.correct or (row.quotes if row.kind == "good" else ())
    gold = [
        {"doc": claim.document_id, "start": span.start, "end": span.end, "text": claim.quote}
        for claim in claims
        if (span := check(documents, claim).span) is not None and span.start < span.end
    ]
    return {**line, "kind": "answerable", "gold": gold} if gold else None


def judgments_text(judgments: FeedbackJudgments) -> str:
    """The lines of the questions file, in ASCII, so that any terminal takes them."""
    return "".join(f"{json.dumps(line)}\n" for line in judgments.lines)

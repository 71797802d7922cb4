"""What became of the questions of a set, counted over all of them and by style."""

from __future__ import annotations

import pytest

from footnote.evaluation import Result, ResultSpan, make_report, report_to_json, report_to_terminal
from footnote.evaluation.figures import styles_of
from footnote.records import GoldSpan, Judgment, Span

TEXTS = {"a": "0123456789", "b": "0123456789"}


def at(document: str) -> tuple[ResultSpan, ...]:
    return (ResultSpan(document, Span(0, 4), "0123"),)


def result(name: str, hits: tuple[ResultSpan, ...] = (), quotes: tuple[ResultSpan, ...] = ()) -> Result:
    return Result(name, hits, quotes, bool(quotes), 0.5)


def styled() -> tuple[tuple[Judgment, ...], dict[str, Result]]:
    """Six questions in two styles: one right, two refused of which one is on sight, one wrong, and two unanswerable."""
    here, found, elsewhere = (GoldSpan("a", Span(0, 4)),), at("a"), at("b")
    judgments = (
        *(Judgment(f"moon-{n}-lay", "q", True, here) for n in (1, 2, 3)),
        Judgment("moon-4-key", "q", True, here),
        Judgment("moon-5-key", "q", False),
        Judgment("moon-6-key", "q", False),
    )
    results = (
        result("moon-1-lay", found, found),
        result("moon-2-lay", found),
        result("moon-3-lay", elsewhere + found),
        result("moon-4-key", found, elsewhere),
        result("moon-5-key"),
        result("moon-6-key", found, found),
    )
    return judgments, {one.id: one for one in results}


def test_questions_are_counted_by_what_became_of_them_and_by_style() -> None:
    report = make_report(*styled(), TEXTS.get)
    made = report_to_json(report)
    assert made["counts"] == {
        "answerable": 4, "right": 1, "refused": 2, "wrong": 1, "on sight": 2, "unanswerable": 2,
        "unanswerable answered": 1,
    }  # fmt: skip
    assert made["right on sight"] == 0.5
    assert list(made["styles"]) == ["lay", "key"]
    assert made["styles"]["lay"] == {
        "answerable": 3, "right": 1, "refused": 2, "wrong": 0, "on sight": 2, "unanswerable": 0,
        "unanswerable answered": 0,
    }  # fmt: skip
    rows = [line.split() for line in report_to_terminal(report).split("\n")]
    assert ["lay", "3", "1", "2", "0", "2", "0", "0"] in rows
    assert ["all", "4", "1", "2", "1", "2", "2", "1"] in rows


@pytest.mark.parametrize(
    ("ids", "styles"),
    [
        (["a-1-lay", "a-2-lay", "a-3-lay2", "b-1-lay", "b-2-lay2", "b-3-lay2"], ("lay", "lay", "lay2", "lay", "lay2", "lay2")),
        (["a-lay", "b-lay", "c-lay", "d-key", "e-key"], ()),  # too few questions for two styles
        (["a-lay", "b-lay", "c-lay", "d-lay", "e-lay", "f-lay"], ()),  # one word for all tells nothing
        (["a-1", "b-1", "c-1", "a-2", "b-2", "c-2"], ()),  # numbers
        (["a-lay", "b-lay", "c-lay", "d-key", "e-key", "f"], ()),  # an id without
        ([], ()),
    ],
)  # fmt: skip
def test_styles_are_the_few_words_that_ids_end_with(ids: list[str], styles: tuple[str, ...]) -> None:
    assert styles_of(ids) == styles

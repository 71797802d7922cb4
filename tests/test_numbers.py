"""Codes and numbers: found in any spelling, told from those that look like them, and never sure where documents disagree."""

from __future__ import annotations

from pathlib import Path

import pytest

from footnote import Footnote
from footnote.answering.exact_matches import DISPUTED_CONFIDENCE, codes_of, is_code_alone, numbers_of
from footnote.settings import Settings

FAULTS = """# Faults of the lift

| Fault | What it is | What to do |
|---|---|---|
| L-204 | Door sensor dirty | Wipe the sensor |
| L-205 | Rope slack | Call the fitter |
| L-240 | Cabin too heavy | Let somebody out |

In 2019 the lift made 48,500 journeys. In 2021 it made 61,200.
"""


@pytest.fixture(scope="module")
def lift(tmp_path_factory: pytest.TempPathFactory) -> Footnote:
    corpus: Path = tmp_path_factory.mktemp("lift")
    (corpus / "lift.md").write_text(FAULTS, "utf-8")
    return Footnote.build(corpus, tmp_path_factory.mktemp("index"), settings=Settings())[0]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("What is fault L-204?", {"l204"}),
        ("48,500 or 48500", {"48500"}),
        ("part no. 88-4410-C", {"884410c"}),
        ("twice in 14 days, 20mg, 3rd floor, 5 km", set()),
        ("", set()),
    ],
)
def test_codes_have_one_spelling(text: str, codes: set[str]) -> None:
    assert codes_of(text) == codes


def test_a_code_alone_is_told_from_a_question_about_it() -> None:
    assert is_code_alone("L-204?")
    assert is_code_alone("what does L-204 mean")
    assert not is_code_alone("remedy for L-204")
    assert not is_code_alone("the lift")


@pytest.mark.parametrize("question", ["L-205", "l205", "What does L-205 mean?", "What to do about fault L-205?"])
def test_only_the_row_asked_for_is_quoted(lift: Footnote, question: str) -> None:
    quotes = " ".join(each.quote for each in lift.ask(question).citations)
    assert "Call the fitter" in quotes
    assert "L-204" not in quotes
    assert "L-240" not in quotes


TIDES = """# Tides at the pier

| Month | High water | Low water |
|---|---|---|
| March | 4.1 m | 0.9 m |
| June | 3.6 m | 1.2 m |
"""


@pytest.mark.parametrize(
    ("question", "told"), [("How high is low water in June?", "1.2 m"), ("What is the high water in March?", "4.1 m")]
)
def test_a_row_that_has_all_words_of_the_question_answers(tmp_path: Path, question: str, told: str) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "tides.md").write_text(TIDES, "utf-8")
    footnote, _ = Footnote.build(corpus, tmp_path / "index")
    assert told in footnote.ask(question).citations[0].quote
    assert footnote.ask("How high is low water in August?").standing != "answered"


def test_a_code_that_no_document_holds_is_not_taken_for_another(lift: Footnote) -> None:
    assert lift.ask("L-206").standing != "answered"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("five minutes", {"5"}),
        ("40 to sixty minutes", {"40", "60"}),
        ("Twenty-five or forty two", {"25", "42"}),
        ("a hundred, a dozen, nineteen", {"100", "12", "19"}),
        ("one hour", {"1"}),
        ("one of them, one another, often, someone, tension", set()),
        ("1,250.5 m", {"1250.5"}),
    ],
)
def test_numbers_are_told_in_figures_and_in_words(text: str, numbers: set[str]) -> None:
    assert numbers_of(text) == numbers


@pytest.mark.parametrize(("other", "sure"), [("nine", True), ("25", False), ("twenty-five", False), ("forty", True)])
def test_nothing_is_very_likely_where_another_document_tells_another_number(
    tmp_path: Path, other: str, sure: bool
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "tower.md").write_text("# The tower\n\nThe tower is 40 metres high.\n", "utf-8")
    second = "The tower was painted in nine colours." if other == "nine" else f"The tower is {other} metres high."
    (corpus / "guide.md").write_text(f"# A guide to the tower\n\n{second}\n", "utf-8")
    footnote, _ = Footnote.build(corpus, tmp_path / "index")
    answer = footnote.ask("How many metres high is the tower?")
    assert answer.answered
    assert (answer.confidence > DISPUTED_CONFIDENCE) == sure

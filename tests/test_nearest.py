"""Where nothing answers for certain: what is asked in a story, what is missing, and whose property the nearest passage tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from footnote import Footnote
from footnote.answering.abstention import is_anothers, missing_words, nearest_explanation
from footnote.ranking.query import Query
from footnote.records import Citation, Span
from footnote.settings import Settings
from footnote.terms import asking_part

CARE = "# Care of the boiler\n\nThe boiler is descaled once a month. Filters are changed every spring by the plumber.\n"


@pytest.fixture(scope="module")
def boiler(tmp_path_factory: pytest.TempPathFactory) -> Footnote:
    corpus = tmp_path_factory.mktemp("care")
    (corpus / "boiler.md").write_text(CARE, "utf-8")
    return Footnote.build(corpus, tmp_path_factory.mktemp("index"), settings=Settings(reranker="off"))[0]


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ("My mum starts next week. She hates needles. Is there another way?", "Is there another way?"),
        ("is it sore? my dad is 80 and worries a lot.", "is it sore?"),
        ("I fell on ice. how long does a sprain take to heal", "how long does a sprain take to heal"),
        ("How much water?", "How much water?"),
        ("boiler descaling", "boiler descaling"),
        ("Version 2.4 is out. Nothing is asked.", "Version 2.4 is out. Nothing is asked."),
    ],
)
def test_the_sentence_that_asks_is_told_from_its_story(told: str, asked: str) -> None:
    assert asking_part(told) == asked


def test_only_words_of_what_is_asked_are_missing(boiler: Footnote) -> None:
    question = (
        "Hello, my grandmother is 84 and lives in Lisbon. What does the manual say about the warranty of the boiler?"
    )
    assert missing_words(boiler.index, question) == ("warranty",)


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("How often is the boiler painted?", ("painted",)),
        ("How heavy is the boiler?", ()),
        ("What is the difference between the boiler and the geyser?", ("geyser",)),
        ("boiler vs geyser", ("geyser",)),
    ],
)
def test_words_that_only_say_what_is_asked_for_are_never_missing(
    boiler: Footnote, question: str, missing: tuple[str, ...]
) -> None:
    assert missing_words(boiler.index, question) == missing


def query(text: str, stems: tuple[str, ...], names: tuple[str, ...]) -> Query:
    ones = np.ones(len(stems))
    return Query(text, np.zeros(4, np.float32), stems, ones, ones > 0, (), np.array([s in names for s in stems]))


def citation(quote: str, headings: tuple[str, ...] = ()) -> Citation:
    return Citation(
        number=1, document_id="a.md", title="Leaflet", span=Span(0, len(quote)), quote=quote, heading_path=headings,
        page=None, passage_id="a.md:0-9", score=1.0,
    )  # fmt: skip


def test_the_nearest_passage_says_whose_property_it_tells() -> None:
    asked = query("most zopiclone a day", ("zopiclon", "day"), ("zopiclon",))
    told = nearest_explanation(asked, citation("Take the most melatonin a day that your doctor allows."), ())
    assert told == "No passage answers this for certain. The nearest is about melatonin, not zopiclone:"


def test_a_heading_tells_it_where_the_quote_does_not() -> None:
    asked = query("Zopiclone at night?", ("zopiclon", "night"), ("zopiclon",))
    told = nearest_explanation(asked, citation("It is taken at night.", ("Melatonin",)), ())
    assert "about Melatonin, not Zopiclone" in told


def test_nothing_is_said_where_the_name_stands_in_the_quote_or_over_it() -> None:
    asked = query("zopiclone at night?", ("zopiclon", "night"), ("zopiclon",))
    for quote, headings in (("Zopiclone is taken at night.", ()), ("It is taken at night.", ("About zopiclone",))):
        assert (
            nearest_explanation(asked, citation(quote, headings), ())
            == "No passage answers this for certain. The nearest:"
        )


def test_what_no_document_mentions_is_said_where_nothing_is_told_of_another() -> None:
    asked = query("Is there a warranty?", ("warranti",), ())
    told = nearest_explanation(asked, citation("The boiler is serviced every year."), ("warranty",))
    assert told == "The documents never mention “warranty”. The nearest passage:"


@pytest.mark.parametrize(
    ("question", "quote", "headings", "passage", "anothers"),
    [
        ("zopiclone at night?", "Melatonin is taken at night.", (), "Melatonin is taken at night.", True),
        ("zopiclone at night?", "Zopiclone is taken at night.", (), "Zopiclone is taken at night.", False),
        ("zopiclone at night?", "It is taken at night.", ("Zopiclone",), "It is taken at night.", False),
        ("zopiclone at night?", "It is taken at night.", (), "Zopiclone is for adults. It is taken at night.", False),
        (
            "dose of zopiclone at night",
            "The dose of melatonin is 2 mg.",
            (),
            "Zopiclone. The dose of melatonin is 2 mg.",
            True,
        ),
    ],
)
def test_a_quote_that_lacks_the_name_asked_about_is_anothers(
    question: str, quote: str, headings: tuple[str, ...], passage: str, anothers: bool
) -> None:
    asked = query(question, ("zopiclon", "night"), ("zopiclon",))
    assert is_anothers(asked, citation(quote, headings), passage) == anothers


def test_a_file_that_could_not_be_read_is_named_where_it_may_be_why(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "boiler.md").write_text(CARE, "utf-8")
    (corpus / "FerryTimes_2024.pdf").write_bytes(b"%PDF-1.4 cut off")
    footnote = Footnote.build(corpus, tmp_path / "index")[0]
    said = "“FerryTimes_2024.pdf” could not be read, and may tell."
    assert said in footnote.ask("When does the ferry leave?").explanation
    assert said in footnote.ask("Who won the election?").explanation, "nothing is near: any file may be why"
    assert said not in footnote.ask("How often is the boiler descaled?").explanation
    near = footnote.ask("How often is the boiler painted?")
    assert near.standing == "nearest"
    assert said not in near.explanation, "it has nothing to do with the question"
    assert said not in footnote.ask("When does the ferry leave?", allowed=frozenset({"boiler.md"})).explanation

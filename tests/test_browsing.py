"""What the documents hold, without a question: over a tiny corpus, every text quoted from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes import HashingEncoder
from footnote import Footnote
from footnote.browsing import Browser
from footnote.settings import Settings

Found = dict[str, object]


@pytest.fixture
def footnote(tiny_corpus: Path, tmp_path: Path, hashing_encoder: HashingEncoder) -> Footnote:
    return Footnote.build(tiny_corpus, tmp_path / "index", settings=Settings(), encoder=hashing_encoder)[0]


@pytest.fixture
def browser(footnote: Footnote) -> Browser:
    return Browser(footnote)


def of_kind(found: list[Found], kind: str) -> list[object]:
    return [each["text"] for each in found if each["kind"] == kind]


def test_each_document_tells_its_title_first_sentence_questions_and_topics(browser: Browser) -> None:
    moons = browser.contents("moons.md")["documents"][0]
    assert moons["title"] == "Moons of the giants"
    assert moons["first"] == {"text": "Jupiter and Saturn have many moons."}
    assert [each["text"] for each in moons["headings"]] == ["Europa", "How long does a day on Titan last?"]
    assert (moons["questions"], moons["topics"]) == (1, 1)


def test_a_question_s_answer_lies_where_it_says(browser: Browser, footnote: Footnote) -> None:
    (question,) = [each for each in browser.contents("moons.md")["documents"][0]["headings"] if "answer" in each]
    text = footnote.document("moons.md").text
    answer = text[question["answer"]["start"] : question["answer"]["end"]]
    assert answer.startswith("A day on Titan lasts 15 days and 22 hours.")
    assert answer.endswith("dissolved nitrogen")
    assert text[question["start"] :].startswith(("## How long", "How long"))


def test_all_documents_are_counted_together(browser: Browser) -> None:
    contents = browser.contents()
    assert [each["doc"] for each in contents["documents"]] == ["moons.md", "tea.txt"]
    assert contents["questions"] == sum(each["questions"] for each in contents["documents"]) == 2


def test_a_document_s_own_notice_is_not_its_first_sentence(tmp_path: Path, hashing_encoder: HashingEncoder) -> None:
    folder = tmp_path / "noticed"
    folder.mkdir()
    text = "---\nnotice: Not medical advice.\n---\n\n# Rest\n\nThis is not medical advice. Sleep mends what the day wore out.\n"
    (folder / "rest.md").write_text(text, encoding="utf-8")
    footnote, _ = Footnote.build(folder, tmp_path / "index", settings=Settings(), encoder=hashing_encoder)
    assert Browser(footnote).contents()["documents"][0]["first"] == {"text": "Sleep mends what the day wore out."}


@pytest.mark.parametrize(
    ("typed", "kind", "text"),
    [
        ("long day", "question", "How long does a day on Titan last?"),
        ("EUR", "topic", "Europa"),
        ("giants mo", "document", "Moons of the giants"),
        ("thick atmos", "passage", "It does not have a thick atmosphere."),
        ("boil", "passage", "Black tea needs boiling water."),
    ],
)
def test_beginnings_of_words_are_enough(browser: Browser, typed: str, kind: str, text: str) -> None:
    assert text in of_kind(browser.suggest(typed), kind)


def test_a_passage_that_is_suggested_stands_where_it_says(browser: Browser, footnote: Footnote) -> None:
    passages = [each for each in browser.suggest("moons") if each["kind"] == "passage"]
    assert passages
    for each in passages:
        assert footnote.document(each["doc"]).text[each["start"] : each["end"]] == each["quote"]


@pytest.mark.parametrize("typed", ["", "  ", "?!", "zzz", "\ud800", "a" * 200, '"', "* OR body:tea", "{}"])
def test_what_fits_nothing_finds_nothing(browser: Browser, typed: str) -> None:
    assert browser.suggest(typed) == []


def test_a_new_generation_is_told_anew(
    browser: Browser, footnote: Footnote, tiny_corpus: Path, tmp_path: Path, hashing_encoder: HashingEncoder
) -> None:
    assert not browser.suggest("zebra")
    (tiny_corpus / "zoo.md").write_text("# Zoo\n\n## The zebra\n\nIt has stripes all over.\n", encoding="utf-8")
    Footnote.build(tiny_corpus, tmp_path / "index", settings=Settings(), encoder=hashing_encoder)
    assert footnote.refresh()
    assert of_kind(browser.suggest("zebra"), "topic") == ["The zebra"]

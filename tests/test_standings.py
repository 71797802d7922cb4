"""Where no passage answers for certain: the nearest one stands open on the page, is checked, kept, exported and judged.

The threshold is set beyond any confidence, so that what would be answered is the nearest instead, whatever was fitted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from browser_support import IN_VIEW, MARKED, ROOT, UNSURE, Visit, answer_over_http, served
from footnote.cli import main
from footnote.evaluation import read_judgments
from page_states import OF_A_ROW

pytestmark = [pytest.mark.browser, pytest.mark.slow]

QUESTION = "How long does an IV infusion take?"
MISTYPED = "How long does an IV infuson take?"
STORED = """JSON.parse(localStorage.getItem("footnote.conversations"))"""
AS_BEFORE = """() => {
  const kept = JSON.parse(localStorage.getItem("footnote.conversations"));
  for (const each of kept.list.flatMap((talk) => talk.turns)) {
    delete each.answer.standing;
    delete each.answer.nearest;
  }
  localStorage.setItem("footnote.conversations", JSON.stringify(kept));
}"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nearest") / "index"


@pytest.fixture(scope="module")
def site(index: Path) -> Iterator[str]:
    with served(ROOT / "corpus", index, *UNSURE) as address:
        yield address


@pytest.fixture
def guest(browser: Any, site: str) -> Iterator[Visit]:
    visit = Visit(browser, site, reduced_motion="reduce")
    visit.open()
    visit.ask(QUESTION)
    yield visit
    visit.context.close()


@pytest.fixture
def saved(guest: Visit) -> Callable[[str], Path]:
    def save(label: str) -> Path:
        with guest.page.expect_download() as waiting:
            guest.choose(label)
        return Path(waiting.value.path())

    return save


def test_it_stands_open_marked_in_its_passage_and_opens_like_any_quote(guest, site):
    page = guest.page
    answer = answer_over_http(site, QUESTION)["answer"]
    nearest = answer["nearest"]
    assert (answer["standing"], answer["answered"], answer["citations"]) == ("nearest", False, [])
    card = page.locator(".fn-card.is-nearest")
    assert page.locator(".fn-nearest-said").inner_text() == answer["explanation"]
    assert "".join(card.locator("mark").all_inner_texts()) == nearest["shown"]
    passage = next(hit["text"] for hit in answer["hits"] if nearest["quote"] in hit["text"])
    assert len(card.locator(".fn-quote").inner_text()) > len(nearest["shown"])
    assert card.locator(".fn-quote").inner_text().split()[-3:] == passage.split()[-3:]
    assert card.locator(".fn-exact").is_visible()
    assert page.locator(".fn-sure, .fn-checkline, .fn-refusal").count() == 0
    assert not page.locator(".fn-related .fn-passage").first.is_visible()
    assert nearest["quote"] not in " ".join(page.locator(".fn-related").all_inner_texts())
    card.locator(".fn-cite").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("mark.is-active")
    assert page.evaluate(MARKED, "1") == nearest["shown"]
    assert page.evaluate(IN_VIEW, "1")
    assert page.locator(".fn-position").inner_text() == "Nearest passage"
    page.keyboard.press("s")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "fn-cite"
    assert card.locator(".fn-verdict").inner_text() == "Supports"
    guest.assert_calm()


def test_of_a_table_the_nearest_row_stands_alone_under_its_header(guest):
    page = guest.page
    guest.ask(OF_A_ROW)
    card = page.locator(".fn-turn").last.locator(".fn-card.is-nearest")
    rows = card.locator("tbody tr")
    assert rows.count() == card.locator("tbody tr.is-marked").count() >= 1
    assert "Disadvantages" in card.locator("thead").inner_text()
    guest.assert_calm()


def test_it_outlives_a_reload_and_is_read_again(guest):
    page = guest.page
    marked = page.locator(".is-nearest mark").all_inner_texts()
    page.reload()
    page.wait_for_selector(".fn-card.is-nearest .fn-exact")
    assert page.locator(".is-nearest mark").all_inner_texts() == marked
    stored = page.evaluate(f"{STORED}.list[0].turns[0].answer")
    assert (stored["standing"], stored["citations"]) == ("nearest", [])
    guest.assert_calm()


def test_a_conversation_from_before_there_were_standings_opens(guest):
    page = guest.page
    page.evaluate(AS_BEFORE)
    page.reload()
    page.wait_for_selector(".fn-refusal")
    assert page.locator(".fn-asked").inner_text() == QUESTION
    assert page.locator(".fn-related").count() == 1
    guest.assert_calm()


def test_its_export_is_verified_by_the_command(guest, saved, index, tmp_path, capsys):
    told = tmp_path / "told.json"
    told.write_bytes(saved("Save as JSON, to verify later").read_bytes())
    (turn,) = json.loads(told.read_text("utf-8"))["turns"]
    assert (turn["standing"], turn["citations"]) == ("nearest", [])
    check = ["check", "--index", str(index), "--export", str(told)]
    assert main(check) == 0
    assert "1 of 1 quotes stand word for word" in capsys.readouterr().out
    told.write_text(told.read_text("utf-8").replace("40 minutes", "400 minutes"), encoding="utf-8")
    assert main(check) == 1
    for label in ("Save as Markdown", "Save as HTML"):
        text = saved(label).read_text("utf-8")
        assert text.index("for certain") < text.index("40 minutes")


def test_who_says_that_it_answers_makes_a_judged_question_of_it(guest, index, tmp_path, capsys):
    page = guest.page
    guest.choose_of_answer("This answers my question")
    page.wait_for_selector(".fn-feedback-said:has-text('Noted')")
    guest.ask("How long does an IV infusion last?")
    last = page.locator(".fn-turn").last
    guest.choose_of_answer("Something is wrong with this")
    last.locator("text='The documents do not answer it'").click()
    last.locator(".fn-feedback-said:has-text('Noted')").wait_for()
    assert main(["feedback", "export", "--index", str(index)]) == 0
    path = tmp_path / "feedback.jsonl"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    judged = {each.question: each for each in read_judgments(path)}
    assert "40 minutes" in judged[QUESTION].gold[0].text
    assert not judged["How long does an IV infusion last?"].answerable


def test_the_words_as_typed_are_searched_at_one_press(guest):
    page = guest.page
    guest.choose("New conversation")
    page.wait_for_selector(".fn-hello:not([hidden])")
    guest.ask(MISTYPED)
    assert page.locator(".fn-understood q").inner_text() == QUESTION
    page.click("text=Search my words instead")
    page.wait_for_selector(".fn-understood", state="detached")
    page.wait_for_selector(".fn-card, .fn-refusal")
    assert page.evaluate(f"{STORED}.list[0].turns[0].answer.interpreted_as") == MISTYPED
    guest.assert_calm()


def test_someone_in_danger_is_shown_help_and_no_passage(guest):
    guest.ask("I want to end my life. Is the nasal spray approved?")
    turn = guest.page.locator(".fn-turn").last
    assert "988" in turn.locator(".fn-care").inner_text()
    assert turn.locator(".fn-care ~ *").count() == 0

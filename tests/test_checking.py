"""Reading and checking on the page: stepping, verdicts, find, links, and what outlives a reload."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser_support import IN_VIEW, LIGHT, ROOT, Visit, served

pytestmark = [pytest.mark.browser, pytest.mark.slow]

QUESTION = "How long does an IV infusion take?"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(ROOT / "corpus", tmp_path_factory.mktemp("checking") / "index", *LIGHT) as address:
        yield address


@pytest.fixture
def guest(browser: Any, site: str) -> Iterator[Visit]:
    visit = Visit(browser, site, reduced_motion="reduce", permissions=["clipboard-read", "clipboard-write"])
    visit.open()
    visit.ask(QUESTION)
    yield visit
    visit.context.close()


def saved(guest: Visit, *clicks: str) -> str:
    """What a click saves as a file."""
    with guest.page.expect_download() as waiting:
        for text in clicks:
            guest.page.click(text)
    return Path(waiting.value.path()).read_text(encoding="utf-8")


def test_verdicts_are_given_by_keyboard_kept_over_a_reload_and_exported(guest):
    page = guest.page
    guest.choose_of_answer("Check the quote")
    page.wait_for_selector("mark.is-active")
    page.keyboard.press("s")
    quotes = page.locator(".fn-card").count()
    assert page.locator(".fn-checkline .fn-tally").inner_text() == f"1 of {quotes} checked"
    page.keyboard.press("Escape")
    guest.open()
    page.wait_for_selector(".fn-verdict[data-verdict='supports']")
    assert page.locator(".fn-exact").count() == quotes
    sheet = list(csv.DictReader(io.StringIO(saved(guest, "text=Export the checks", "text=As CSV"))))
    assert sheet[0]["Verdict"] == "Supports"
    assert sheet[0]["Question"] == QUESTION
    text = (ROOT / "corpus" / sheet[0]["Document"]).read_text("utf-8")
    assert text[int(sheet[0]["Start"]) : int(sheet[0]["End"])] == sheet[0]["Quote"]
    guest.assert_calm()


def test_letters_typed_elsewhere_judge_nothing(guest):
    page = guest.page
    page.click(".fn-cite")
    page.wait_for_selector("mark.is-active")
    page.focus("#fn-question textarea")
    page.keyboard.type("s d u n p 1")
    assert page.locator(".fn-verdict[data-verdict='']").count() == page.locator(".fn-card").count()


def test_a_copied_link_opens_the_marked_quote_for_someone_else(guest, browser, site):
    page = guest.page
    guest.choose_of_answer("Copy a link to this quote")
    page.wait_for_selector("text=Copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert len(link) < 120
    other = Visit(browser, site)
    other.page.goto(link)
    other.page.wait_for_selector("mark.is-active")
    assert other.page.evaluate(IN_VIEW, "~")
    other.assert_calm()
    other.context.close()


def test_words_are_found_in_the_document(guest):
    page = guest.page
    page.click(".fn-cite")
    page.wait_for_selector("mark.is-active")
    page.click("[aria-label='Find in this document']")
    page.keyboard.type("KETAMINE")
    count = int(page.locator(".fn-find-count").inner_text().split(" of ")[1])
    assert count == page.locator(".fn-article").evaluate("node => node.textContent.match(/ketamine/gi).length")
    page.keyboard.press("Enter")
    assert page.locator(".fn-find-count").inner_text() == f"2 of {count}"
    page.keyboard.press("Escape")
    assert page.locator(".fn-panel").count() == 1


def test_a_conversation_is_exported_so_that_it_can_be_verified(guest):
    told = json.loads(saved(guest, ".fn-main-menu", "text=JSON, to verify later"))
    (turn,) = told["turns"]
    assert turn["question"] == QUESTION
    for citation in turn["citations"]:
        text = (ROOT / "corpus" / citation["doc"]).read_text("utf-8")
        assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_a_quote_says_when_its_document_was_written(guest):
    document = json.loads(saved(guest, ".fn-main-menu", "text=JSON, to verify later"))["turns"][0]["citations"][0][
        "doc"
    ]
    date = re.search(r"^date: (.+)$", (ROOT / "corpus" / document).read_text("utf-8"), re.MULTILINE)
    assert date is not None
    guest.page.locator(".fn-answer-menu").first.click()
    assert date[1] in guest.page.locator(".fn-menu-note").first.inner_text()


def test_conversations_are_listed_renamed_and_deleted(guest):
    page = guest.page
    guest.choose("New conversation")
    page.wait_for_selector(".fn-hello:not([hidden])")
    guest.choose("Conversations")
    assert "1 question" in page.locator(".fn-talk-note").inner_text()
    page.click(".fn-rename")
    page.keyboard.type("On infusions")
    page.keyboard.press("Enter")
    assert page.locator(".fn-talk").inner_text() == "On infusions"
    page.click(".fn-talk")
    page.wait_for_selector(".fn-card")
    guest.choose("Conversations")
    page.click("[title='Delete']")
    page.click("text=Delete?")
    page.wait_for_selector(".fn-hello:not([hidden])")
    assert page.evaluate("JSON.parse(localStorage.getItem('footnote.conversations')).list.length") == 0


def test_a_question_is_edited_and_asked_again(guest):
    page = guest.page
    guest.choose_of_answer("Edit the question")
    page.keyboard.press("Control+A")
    page.keyboard.type("What is the capital of France?")
    page.keyboard.press("Enter")
    page.wait_for_selector(".fn-refusal")
    assert page.locator(".fn-turn").count() == 1


def test_help_is_named_first_where_someone_is_in_danger(guest):
    guest.ask("I want to end my life. Is the nasal spray approved?")
    turn = guest.page.locator(".fn-turn").last
    assert "988" in turn.locator(".fn-care").inner_text()
    assert "findahelpline.com" in turn.locator(".fn-care").inner_text()
    assert turn.locator(".fn-refusal, .is-nearest").count() == 0
    guest.assert_calm()


def test_after_the_notice_there_is_an_answer_or_nothing(guest):
    guest.ask("I want to end my life. Is the nasal spray approved?")
    page = guest.page
    told = [
        saved(guest, ".fn-main-menu", text) for text in ("text=Markdown", "text=HTML", "text=JSON, to verify later")
    ]
    for again in (False, True):
        if again:
            page.reload()
            page.wait_for_selector(".fn-care")
        turn = page.locator(".fn-turn").last
        assert turn.evaluate("node => [...node.children].map(each => each.className)") == ["fn-asked", "fn-care"]
        assert turn.locator(".fn-refusal, .fn-related, .fn-menu").count() == 0
    for text in (*told, page.locator("body").inner_text()):
        assert "I want to end my life" in text
        assert not re.search(r"No document|Not answered|answers the question", text)
    guest.assert_calm()


def test_quotes_are_kept_with_a_note_over_a_reload_and_cited(guest):
    page = guest.page
    guest.choose_of_answer("Keep this quote")
    guest.ask("How fast does ketamine work against depression?")
    page.locator(".fn-turn").last.locator(".fn-cite").first.click()
    page.wait_for_selector("mark.is-active")
    page.keyboard.press("k")
    page.wait_for_selector(".fn-keeper[aria-pressed='true']")
    page.keyboard.press("Escape")
    guest.choose("Kept quotes (2)")
    page.fill(".fn-note-box >> nth=0", "For the opening.")
    page.reload()
    page.wait_for_selector(".fn-tray-quote")
    assert page.locator(".fn-note-box").first.input_value() == "For the opening."
    page.click("text=Cite")
    page.click("text=Copy as APA")
    page.wait_for_selector(".fn-tray-head:has-text('Copied')")
    cited = page.evaluate("navigator.clipboard.readText()")
    assert cited.startswith("“An IV infusion of ketamine typically takes 40 minutes to an hour")
    assert "(How ketamine works, 2026)\n\nFor the opening.\n\n“" in cited
    assert cited.endswith("\n\nReferences\n\nHow ketamine works. (2026, November 21).\n")
    ris = saved(guest, "text=Cite", "text=Save as RIS")
    assert ris.startswith("TY  - GEN\nTI  - How ketamine works\n")
    assert ris.count("\nN1  - “") == 2
    page.locator(".fn-tray .fn-place").first.click()
    page.wait_for_selector("mark.is-active:has-text('An IV infusion')")
    page.go_back()
    page.wait_for_selector(".fn-tray-quote")
    for left in (1, 0):
        page.locator(".fn-tray >> text=Remove").first.click()
        assert page.locator(".fn-tray-quote").count() == left
    assert "No quote is kept" in page.locator(".fn-tray-head").inner_text()
    guest.assert_calm()


def test_no_word_of_confidence_stands_under_what_was_not_searched(guest):
    page = guest.page
    assert page.locator(".fn-sure").count() == 1
    guest.ask("What are these documents about?")
    answer = page.locator(".fn-turn").last
    assert answer.locator(".fn-card").count() == 2
    assert answer.locator(".fn-sure").count() == 0
    answer.locator(".fn-answer-menu").first.click()
    assert "chance" not in page.locator(".fn-menu-list:popover-open").inner_text()

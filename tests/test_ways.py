"""The ways about the page: Back and Forward, links, keys, suggestions, all questions, the outline; in real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from browser_support import IN_VIEW, ROOT, Visit, served

pytestmark = [pytest.mark.browser, pytest.mark.slow]

QUESTION = "How long does an IV infusion take?"
TYPED = "How does ketamine act on the brain?"
"""A question that a document asks itself."""


@pytest.fixture(scope="module")
def site(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("ways")
    (folder / "corpus").mkdir()
    for path in (ROOT / "corpus").glob("*.md"):
        (folder / "corpus" / path.name).write_bytes(path.read_bytes())
    page = browser.new_page()
    told = "".join(
        f"<h1 style='break-before: page'>Part {n}</h1><p>The tide of part {n} is high.</p>" for n in (1, 2, 3)
    )
    page.set_content(f"<title>Tides</title>{told}")
    page.pdf(path=folder / "corpus" / "tides.pdf")
    page.close()
    with served(folder / "corpus", folder / "index") as address:
        yield address


@pytest.fixture
def visit(browser: Any, site: str) -> Iterator[Callable[..., Visit]]:
    visits: list[Visit] = []

    def begin(path: str = "/", **options: Any) -> Visit:
        visits.append(Visit(browser, site, reduced_motion="reduce", **options))
        visits[-1].open(path)
        return visits[-1]

    yield begin
    for each in visits:
        each.context.close()


def closed(page: Any) -> None:
    page.wait_for_selector(".fn-panel", state="detached")


class TestHistory:
    def test_back_and_forward_close_and_open_what_is_beside_the_text(self, visit: Callable[..., Visit]) -> None:
        guest = visit()
        page = guest.page
        guest.ask(QUESTION)
        page.locator(".fn-cite").first.click()
        page.wait_for_selector("mark.is-active")
        page.go_back()
        closed(page)
        assert page.locator(".fn-card").first.is_visible()
        page.go_forward()
        page.wait_for_selector("mark.is-active[data-mark='1']")
        page.go_back()
        closed(page)
        guest.open_documents()
        page.locator(".fn-book").first.click()
        page.wait_for_selector(".fn-article")
        page.go_back()
        page.wait_for_selector(".fn-book")
        page.go_back()
        closed(page)
        guest.assert_calm()

    def test_what_was_closed_by_hand_leaves_nothing_to_go_back_to(self, visit: Callable[..., Visit]) -> None:
        guest = visit()
        page = guest.page
        before = page.evaluate("location.href")
        for _ in range(3):
            guest.open_documents()
            page.locator(".fn-book").first.click()
            page.wait_for_selector(".fn-article")
            page.keyboard.press("Escape")
            closed(page)
            page.wait_for_url(before)
        page.click(".fn-documents")
        page.keyboard.press("Escape")
        # At once again, while the history is still going back.
        page.click(".fn-to-questions")
        page.wait_for_selector(".fn-questions h3")
        page.wait_for_url("**/#questions")
        page.go_back()
        closed(page)
        guest.assert_calm()

    def test_on_a_phone_back_closes_the_document_and_stays(self, visit: Callable[..., Visit]) -> None:
        guest = visit(has_touch=True)
        page = guest.page
        page.set_viewport_size({"width": 390, "height": 844})
        guest.ask(QUESTION)
        page.locator(".fn-cite").first.tap()
        page.wait_for_selector("mark.is-active")
        page.go_back()
        closed(page)
        assert not page.evaluate("document.getElementById('fn-chat').inert")

    def test_a_reload_restores_the_open_quote_with_its_numbers_and_judging(self, visit: Callable[..., Visit]) -> None:
        guest = visit()
        page = guest.page
        guest.ask("How fast does ketamine work against depression?")
        page.locator(".fn-cite").first.click()
        page.wait_for_selector("mark.is-active")
        position = page.locator(".fn-position").inner_text()
        marks = page.locator("mark.fn-mark-quote.is-first").count()
        page.reload()
        page.wait_for_selector("mark.is-active")
        assert page.locator(".fn-position").inner_text() == position
        assert page.locator("mark.fn-mark-quote.is-first").count() == marks
        assert page.locator(".fn-desk-verdicts button").count() == 3
        assert page.locator(".fn-card.is-open").count() == 1
        guest.assert_calm()


class TestLinks:
    def test_a_link_to_a_question_asks_it_once(self, visit: Callable[..., Visit]) -> None:
        guest = visit("/?q=How%20long%20does%20an%20IV%20infusion%20take%3F")
        page = guest.page
        page.wait_for_selector(".fn-card")
        assert page.locator(".fn-asked").inner_text() == QUESTION
        page.reload()
        page.wait_for_selector(".fn-card")
        assert page.evaluate("JSON.parse(localStorage.getItem('footnote.conversations')).list.length") == 1
        guest.assert_calm()

    def test_a_short_link_marks_the_quote_also_where_its_offsets_no_longer_fit(
        self, visit: Callable[..., Visit]
    ) -> None:
        guest = visit()
        page = guest.page
        guest.ask(QUESTION)
        page.locator(".fn-cite").first.click()
        page.wait_for_selector("mark.is-active")
        marked = page.locator("mark.is-active").all_inner_texts()
        start, end = page.evaluate("location.hash.match(/:(\\d+)-(\\d+)~/).slice(1).map(Number)")
        link = page.evaluate("location.hash")
        other = visit()
        for by in (0, 7, -40):
            moved = link.replace(f":{start}-{end}~", f":{start + by}-{end + by}~")
            other.page.goto("about:blank")
            other.page.goto(f"{other.address}/{moved}")
            other.page.wait_for_selector("mark.is-active")
            assert other.page.evaluate(IN_VIEW, "~")
            found = "".join(other.page.locator("mark.is-active").all_inner_texts())
            assert found.strip(" .") == "".join(marked).strip(" .")
        other.page.goto("about:blank")
        other.page.goto(f"{other.address}/{link[:-1]}{'0' if link[-1] != '0' else '1'}")
        other.page.wait_for_selector(".fn-doc-lost")
        assert other.page.locator(".fn-article mark").count() == 0
        other.assert_calm()


class TestKeys:
    def test_a_slash_and_ctrl_k_lead_to_the_box_and_a_question_mark_to_the_keys(
        self, visit: Callable[..., Visit]
    ) -> None:
        guest = visit()
        page = guest.page
        in_box = "document.activeElement === document.querySelector('#fn-question textarea')"
        for key in ("/", "Control+k"):
            page.evaluate("document.activeElement.blur()")
            page.keyboard.press(key)
            assert page.evaluate(in_box)
        assert page.input_value("#fn-question textarea") == ""
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("?")
        page.wait_for_selector(".fn-keys")
        page.keyboard.press("Escape")
        closed(page)
        guest.ask(QUESTION, by="click")
        assert page.evaluate(in_box)
        guest.assert_calm()

    def test_an_ordinary_answer_has_four_controls_at_most(self, visit: Callable[..., Visit]) -> None:
        guest = visit()
        guest.ask("How does ketamine act on the brain?")
        turn = guest.page.locator(".fn-turn").last
        assert turn.locator(".fn-card:visible").count() == 1
        controls = turn.locator(":is(button, a, summary, input):visible:not(.fn-next *)")
        assert controls.count() <= 4, controls.all_inner_texts()

    def test_how_sure_an_answer_is_is_told_in_numbers_by_keyboard(self, visit: Callable[..., Visit]) -> None:
        guest = visit()
        guest.ask(QUESTION)
        tip = guest.page.locator(".fn-tip").first
        assert not tip.is_visible()
        guest.page.focus(".fn-sure")
        assert tip.is_visible()
        assert "%" in tip.inner_text()


class TestSuggestions:
    def test_questions_topics_and_passages_come_while_typing_and_are_chosen_by_keys(
        self, visit: Callable[..., Visit]
    ) -> None:
        guest = visit()
        page = guest.page
        page.focus("#fn-question textarea")
        page.keyboard.type("act brain")
        page.wait_for_selector(".fn-suggestion.is-question")
        page.keyboard.press("ArrowDown")
        chosen = page.locator(f"#{page.get_attribute('#fn-question textarea', 'aria-activedescendant')} > span")
        assert chosen.inner_text() == TYPED
        page.keyboard.press("Enter")
        page.wait_for_selector(".fn-card")
        assert page.locator(".fn-asked").inner_text() == TYPED
        assert page.locator(".fn-suggestions").is_hidden()
        page.keyboard.type("monitor")
        page.locator(".fn-suggestion.is-topic").first.click()
        page.wait_for_selector(".fn-article")
        assert "onitor" in page.locator(".fn-section").inner_text()
        guest.assert_calm()

    def test_enter_asks_what_is_typed_where_nothing_is_chosen(self, visit: Callable[..., Visit]) -> None:
        guest = visit()
        page = guest.page
        page.focus("#fn-question textarea")
        page.keyboard.type("ketamine")
        page.wait_for_selector(".fn-suggestion")
        page.keyboard.press("Enter")
        page.wait_for_selector(".fn-asked")
        assert page.locator(".fn-asked").inner_text() == "ketamine"


class TestReading:
    def test_all_questions_are_searched_and_open_in_place(self, visit: Callable[..., Visit]) -> None:
        guest = visit()
        page = guest.page
        page.click(".fn-to-questions")
        page.wait_for_selector(".fn-questions details")
        page.fill(".fn-questions input", "brain act")
        assert page.locator(".fn-questions summary:visible").all_inner_texts() == [TYPED]
        page.locator(".fn-questions summary:visible").click()
        page.wait_for_selector(".fn-questions .fn-passage-tools")
        assert "antagonist" in page.locator(".fn-questions .fn-passage").inner_text()
        page.click("text=Read it there")
        page.wait_for_selector(".fn-article")
        assert page.locator(".fn-section").inner_text() == TYPED
        guest.assert_calm()

    def test_the_outline_leads_to_a_section_and_says_where_one_is(self, visit: Callable[..., Visit]) -> None:
        guest = visit()
        page = guest.page
        guest.open_documents()
        page.click(".fn-book:has-text('How ketamine works')")
        page.wait_for_selector(".fn-article")
        page.click(".fn-section")
        page.click(".fn-outline button:has-text('Long-term safety')")
        assert page.locator(".fn-section").inner_text() == "Long-term safety"
        assert page.locator(".fn-outline").is_hidden()
        guest.assert_calm()

    def test_a_document_with_pages_says_which_and_goes_to_one(self, visit: Callable[..., Visit]) -> None:
        guest = visit()
        page = guest.page
        guest.open_documents()
        page.click(".fn-book[title='tides.pdf']")
        page.wait_for_selector(".fn-sheet")
        assert page.locator(".fn-at-page").inner_text() == "page 1 of 3"
        page.click(".fn-section")
        page.fill(".fn-to-page input", "2")
        page.keyboard.press("Enter")
        page.wait_for_selector(".fn-at-page:has-text('page 2 of 3')")
        page.click(".fn-view-switch")
        page.wait_for_selector(".fn-article")
        assert page.locator("[data-page='2']").is_visible()
        page.click(".fn-section")
        page.fill(".fn-to-page input", "3")
        page.keyboard.press("Enter")
        assert page.locator("[data-page='3']").is_visible()
        guest.assert_calm()

    def test_each_number_wears_its_own_tint_in_card_text_and_strip(self, visit: Callable[..., Visit]) -> None:
        guest = visit()
        page = guest.page
        guest.ask("How fast does ketamine work against depression?")
        page.locator(".fn-weaker > summary").click()
        page.locator(".fn-cite").first.click()
        page.wait_for_selector("mark.is-active")
        colour = "node => getComputedStyle(node).backgroundColor"
        card = page.locator(".fn-card .fn-number").first.evaluate(colour)
        assert card == page.locator("mark.is-active").first.evaluate(colour)
        assert card == page.locator(".fn-tick[data-mark='1']").evaluate(colour)
        others = {each.evaluate(colour) for each in page.locator(".fn-card .fn-number").all()}
        assert len(others) == page.locator(".fn-card").count()

    def test_a_server_that_went_away_and_came_back_is_told(self, visit: Callable[..., Visit]) -> None:
        guest = visit()
        page = guest.page
        page.route("**/gradio_api/**", lambda route: route.abort())
        page.route("**/healthz", lambda route: route.abort())
        guest.ask(QUESTION)
        page.wait_for_selector(".fn-offline:has-text('does not answer')")
        page.unroute("**/gradio_api/**")
        page.unroute("**/healthz")
        page.wait_for_selector(".fn-offline:has-text('answers again')")
        page.click("text=Ask again")
        page.wait_for_selector(".fn-card")

"""The page in real Chromium, over the shipped corpus and the real encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from browser_support import IN_VIEW, MARKED, ROOT, Visit, answer_over_http, served

pytestmark = [pytest.mark.browser, pytest.mark.slow]

QUESTION = "How long does an IV infusion take?"
UNANSWERED = "What is the capital of France?"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(ROOT / "corpus", tmp_path_factory.mktemp("site") / "index") as address:
        yield address


@pytest.fixture
def visit(browser: Any, site: str) -> Iterator[Callable[..., Visit]]:
    visits: list[Visit] = []

    def begin(**options: Any) -> Visit:
        visits.append(Visit(browser, options.pop("address", site), **options))
        return visits[-1]

    yield begin
    for each in visits:
        each.context.close()


def test_a_first_visit_brings_at_most_300_kib_besides_letters(visit):
    guest = visit()
    network = guest.context.new_cdp_session(guest.page)
    network.send("Network.enable")
    urls: dict[str, str] = {}
    sizes: dict[str, int] = {}
    network.on("Network.responseReceived", lambda told: urls.update({told["requestId"]: told["response"]["url"]}))
    network.on("Network.loadingFinished", lambda told: sizes.update({told["requestId"]: told["encodedDataLength"]}))
    guest.open().wait_for_selector(".fn-about-first")
    guest.page.wait_for_load_state("networkidle")
    brought = {urls[each]: size for each, size in sizes.items() if not urls[each].endswith(".woff2")}
    assert len(brought) > 50
    assert sum(brought.values()) <= 300 * 1024, sorted(brought.items(), key=lambda each: -each[1])[:12]


class TestAskAndCheck:
    def test_a_click_on_a_number_shows_its_quote_marked_in_the_article(self, visit, site):
        guest = visit()
        page = guest.open()
        guest.ask(QUESTION, by="click")
        page.click(".fn-cite-place")
        page.wait_for_selector("mark.is-active")
        citation = answer_over_http(site, QUESTION)["answer"]["citations"][0]
        assert page.evaluate(MARKED, "1") == citation["quote"]
        assert page.evaluate(IN_VIEW, "1")
        assert page.locator(".fn-panel-title").inner_text() == citation["title"]
        assert page.locator(".fn-section").inner_text() == citation["heading_path"][-1]
        guest.assert_calm()

    def test_the_keyboard_does_the_same_and_escape_leads_back(self, visit, site):
        guest = visit()
        page = guest.open()
        page.focus("#fn-question textarea")
        page.keyboard.type(QUESTION)
        page.keyboard.press("Enter")
        page.wait_for_selector(".fn-card")
        cite = page.locator(".fn-cite").first
        cite.focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("mark.is-active")
        citation = answer_over_http(site, QUESTION)["answer"]["citations"][0]
        assert page.evaluate(MARKED, "1") == citation["quote"]
        assert page.evaluate(IN_VIEW, "1")
        assert page.evaluate("document.activeElement.dataset.mark") == "1"
        page.keyboard.press("Escape")
        page.wait_for_selector(".fn-panel", state="detached")
        assert cite.evaluate("node => node === document.activeElement")
        guest.assert_calm()

    def test_every_quote_of_every_starter_is_marked_as_it_is_quoted(self, visit, site):
        guest = visit()
        page = guest.open()
        starters = page.locator(".fn-hello .fn-offer").all_inner_texts()
        assert starters
        for question in starters:
            guest.ask(question)
            turn = page.locator(".fn-turn").last
            answer = answer_over_http(site, question)["answer"]
            assert answer["answered"]
            if turn.locator(".fn-weaker").count():
                turn.locator(".fn-weaker > summary").click()
            for citation in answer["citations"]:
                turn.locator(f".fn-card[data-number='{citation['number']}'] .fn-cite").click()
                label = str(citation["number"])
                page.wait_for_selector(f"mark.is-active[data-mark='{label}']")
                assert plain(page.evaluate(MARKED, label)) == plain(citation["quote"])
                assert page.evaluate(IN_VIEW, label)
            # The next answer has numbers of the same names.
            page.keyboard.press("Escape")
            page.wait_for_selector(".fn-panel", state="detached")

    def test_a_starter_is_asked_by_a_click(self, visit):
        guest = visit()
        page = guest.open()
        offer = page.locator(".fn-hello .fn-offer").first
        question = offer.inner_text()
        offer.click()
        page.wait_for_selector(".fn-card")
        assert page.locator(".fn-asked").inner_text() == question

    def test_what_is_not_answered_is_said_with_its_reason_and_what_is_near(self, visit):
        guest = visit()
        page = guest.open()
        guest.ask(UNANSWERED)
        refusal = page.locator(".fn-refusal")
        assert refusal.is_visible()
        assert page.locator(".fn-card").count() == 0
        assert page.locator(".fn-exact").count() == 0
        page.locator(".fn-related summary").click()
        page.locator(".fn-related .fn-place").first.click()
        page.wait_for_selector("mark.fn-mark-related.is-active")
        guest.assert_calm()


class TestFrame:
    def test_on_a_phone_nothing_moves_sideways_and_the_reader_covers_the_chat(self, visit):
        guest = visit(has_touch=True, reduced_motion="reduce")
        guest.page.set_viewport_size({"width": 390, "height": 844})
        page = guest.open()
        sideways = (
            "document.documentElement.scrollWidth > 390 || document.getElementById('fn-thread').scrollWidth > 390"
        )
        assert not page.evaluate(sideways)
        guest.ask(QUESTION)
        assert not page.evaluate(sideways)
        page.locator(".fn-cite").first.tap()
        page.wait_for_selector("mark.is-active")
        assert page.evaluate(IN_VIEW, "1")
        assert page.locator("#fn-side").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
        assert page.evaluate("document.getElementById('fn-chat').inert")
        page.locator(".fn-close").tap()
        page.wait_for_selector(".fn-panel", state="detached")
        assert not page.evaluate("document.getElementById('fn-chat').inert")
        assert page.locator("#fn-side").is_hidden()

    def test_the_theme_follows_the_system_until_it_is_chosen(self, visit):
        guest = visit(color_scheme="dark")
        page = guest.open()
        paper = "getComputedStyle(document.getElementById('fn-app')).backgroundColor"
        dark = page.evaluate(paper)
        guest.choose("Light page")
        light = page.evaluate(paper)
        assert light != dark
        guest.open()
        assert page.evaluate(paper) == light

    def test_the_policy_lets_no_foreign_script_run(self, visit):
        guest = visit()
        page = guest.open()
        page.evaluate("""() => {
          const script = document.createElement("script");
          script.textContent = "window.ran = true";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend", "<img src='x:' onerror='window.ran = true'>");
        }""")
        page.wait_for_timeout(200)
        assert page.evaluate("window.ran") is None
        assert any("Content Security Policy" in each for each in guest.complaints)


def plain(text: str) -> str:
    """What of a quote is visible, whatever the markup: letters and digits alone."""
    return "".join(character for character in text if character.isalnum())

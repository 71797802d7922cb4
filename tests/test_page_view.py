"""A PDF in the reader, in a real browser: its pages as they look, quotes marked on them, the text one press away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser_support import IN_VIEW, LIGHT, Visit, served
from hostile import CANARY_HOST, PAYLOADS
from pdf_files import PdfPage, pdf_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TOLL = "What is the toll for a raft at the lock of Wick?"
SLEEP = "Where do crews of ships that stay in the harbour for the night sleep?"
KEEPERS = "Who keeps the light of Skerry, and who keeps the bell of Skerry?"
PAGES = 120


def harbour() -> bytes:
    """Three pages: upright, turned and cropped, and one that is wider than high; one sentence goes over two."""
    first = PdfPage().text(60, 780, "Harbour rules of Wick", 20).text(60, 740, "The lock of Wick was built in 1904.")
    first.text(60, 700, "The toll at the lock of Wick is two pence for a ship, and one penny for a raft.")
    first.text(
        60, 60, "Crews of ships that stay in the harbour for the night sleep on board or at the inn by the gate,"
    )
    second = PdfPage(rotate=90, crop=(40, 400, 595, 842)).text(60, 780, "and pay nothing for their beds.")
    third = PdfPage(width=842, height=595).text(60, 500, "Dogs are not kept on the quay of Wick.")
    return pdf_of(first, second, third)


def almanac() -> bytes:
    """Many pages with a heading and a line each."""
    pages = []
    for number in range(1, PAGES + 1):
        page = PdfPage().text(60, 760, f"Day {number} of the almanac", 16)
        pages.append(page.text(60, 720, f"On day {number} the tide turns at {number} past noon."))
    return pdf_of(*pages)


def light() -> bytes:
    page = PdfPage().text(60, 780, "The light and the bell of Skerry", 20)
    page.text(60, 740, "The light of Skerry is kept by Anna Holm.").text(
        60, 700, "The bell of Skerry is kept by Olaf Berg."
    )
    return pdf_of(page)


def hostile() -> bytes:
    """Each payload as a heading with a line below it."""
    pages = []
    for start in range(0, len(PAYLOADS), 10):
        page = PdfPage()
        for row, payload in enumerate(PAYLOADS[start : start + 10]):
            shown = payload.encode("cp1252", "replace").decode("cp1252")
            page.text(40, 800 - 78 * row, shown, 18).text(
                40, 780 - 78 * row, f"Line {start + row} below a heading. {shown}", 9
            )
        pages.append(page)
    return pdf_of(*pages, info={"Title": "<img src=x onerror=window.ran=1> title"})


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages") / "corpus"
    folder.mkdir()
    (folder / "harbour.pdf").write_bytes(harbour())
    (folder / "almanac.pdf").write_bytes(almanac())
    (folder / "light.pdf").write_bytes(light())
    (folder / "<img src=x onerror=window.ran=1>.pdf").write_bytes(hostile())
    (folder / "notes.md").write_text("# Notes\n\nThe quay of Wick is closed in winter.\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def site(corpus: Path) -> Iterator[str]:
    with served(corpus, corpus.parent / "index", *LIGHT) as address:
        yield address


@pytest.fixture
def guest(browser: Any, site: str) -> Iterator[Visit]:
    visit = Visit(browser, site, reduced_motion="reduce")
    yield visit
    visit.assert_calm()
    visit.context.close()


DRAWN = """page => { const picture = document.querySelector(`.fn-sheet[data-page="${page}"] .fn-picture`);
  return Boolean(picture && picture.complete && picture.naturalWidth); }"""
PLACES = """label => [...document.querySelectorAll(`mark.fn-box[data-mark="${label}"]`)].map((mark) => {
  const sheet = mark.closest(".fn-sheet"), [a, b] = [mark.getBoundingClientRect(), sheet.getBoundingClientRect()];
  return [Number(sheet.dataset.page), (a.left - b.left) / b.width, (a.top - b.top) / b.height, a.width / b.width, a.height / b.height];
})"""


def until(page: Any, script: str, argument: Any = None) -> None:
    """Waits for something to hold; the page's policy forbids Playwright's own way."""
    for _ in range(1_200):
        if page.evaluate(script, argument):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never came: {script}")


def read_first(visit: Visit, question: str) -> Any:
    page = visit.open()
    visit.ask(question)
    page.locator(".fn-cite").first.click()
    page.wait_for_selector("mark.fn-box.is-active")
    return page


def test_a_quote_is_marked_on_the_page_where_its_letters_stand(guest: Visit) -> None:
    page = read_first(guest, TOLL)
    until(page, DRAWN, 1)
    assert page.evaluate(IN_VIEW, "1")
    ((number, left, top, width, height),) = page.evaluate(PLACES, "1")
    assert number == 1
    assert left == pytest.approx(60 / 595, abs=0.005)
    assert top < (842 - 700) / 842 < top + height
    assert 0.4 < width < 0.75
    mark = page.locator("mark.fn-box.is-first")
    assert (
        mark.text_content()
        == "Quote 1 on page 1: The toll at the lock of Wick is two pence for a ship, and one penny for a raft."
    )
    assert page.evaluate("document.activeElement.matches('mark.fn-box')")
    assert page.locator(".fn-sheet").count() == 3
    assert page.locator(".fn-at-page").text_content() == "page 1 of 3"
    assert page.locator(".fn-picture").first.get_attribute("alt") == "Page 1 of 3 as it looks"


def test_a_sentence_over_two_pages_is_marked_on_both(guest: Visit) -> None:
    page = read_first(guest, SLEEP)
    first, second = page.evaluate(PLACES, "1")
    assert (first[0], second[0]) == (1, 2)
    # The second page is turned: there the line runs downwards.
    assert second[4] * 555 > 3 * second[3] * 442


def test_each_quote_wears_its_own_tint(guest: Visit) -> None:
    page = read_first(guest, KEEPERS)
    page.wait_for_selector("mark.fn-box[data-mark='2']")
    tints = page.eval_on_selector_all(
        "mark.fn-box", "marks => marks.map(mark => getComputedStyle(mark).backgroundColor)"
    )
    assert len(set(tints)) == 2
    assert page.eval_on_selector_all(".fn-box-number", "all => all.map(each => each.textContent)") == ["1", "2"]
    page.keyboard.press("n")
    page.wait_for_selector("mark.fn-box.is-active[data-mark='2']")
    assert page.evaluate("document.activeElement.dataset.mark") == "2"


def test_the_text_is_one_press_away_and_the_choice_is_kept(guest: Visit) -> None:
    page = read_first(guest, TOLL)
    page.click(".fn-view-switch")
    page.wait_for_selector(".fn-article mark.is-active")
    assert page.locator(".fn-sheet").count() == 0
    assert page.evaluate(IN_VIEW, "1")
    page.reload()
    page.wait_for_selector(".fn-article mark.is-active")
    page.click(".fn-view-switch")
    page.wait_for_selector("mark.fn-box.is-active")
    assert page.evaluate("document.activeElement.matches('mark.fn-box, .fn-view-switch')")
    page.reload()
    page.wait_for_selector("mark.fn-box.is-active")
    page.click("[aria-label='Find in this document']")
    page.wait_for_selector(".fn-find input:focus")
    page.keyboard.type("raft")
    until(page, "document.querySelector('.fn-find-count')?.textContent.includes('1')")


def test_pictures_come_as_one_scrolls_and_heights_are_reserved(guest: Visit) -> None:
    page = guest.open("/#read=almanac.pdf")
    page.wait_for_selector(".fn-sheet")
    until(page, DRAWN, 1)
    assert page.locator(".fn-sheet").count() == PAGES
    heights = page.eval_on_selector_all(
        ".fn-sheet", "all => all.map(each => Math.round(each.offsetHeight / each.offsetWidth * 1000))"
    )
    assert set(heights) == {round(842 / 595 * 1000)}
    whole = page.evaluate("document.querySelector('.fn-sheets').scrollHeight")
    page.fill(".fn-page-number", "100")
    page.keyboard.press("Enter")
    until(page, DRAWN, 100)
    assert page.locator(".fn-at-page").text_content() == f"page 100 of {PAGES}"
    until(page, "document.querySelector('.fn-section').textContent === 'Day 100 of the almanac'")
    assert page.evaluate("document.querySelector('.fn-sheets').scrollHeight") == whole
    asked = {url.split("/")[-1].split(".")[0] for url in guest.requested if ".png?" in url}
    assert {"1", "100"} <= asked
    assert len(asked) < 20
    assert page.locator(".fn-picture").count() < 12
    page.click("[aria-label='Previous page']")
    until(page, "document.querySelector('.fn-page-number').value === '99'")


def test_the_outline_leads_to_a_heading_on_its_page(guest: Visit) -> None:
    page = guest.open("/#read=almanac.pdf")
    page.wait_for_selector(".fn-sheet")
    page.click(".fn-section")
    page.click(".fn-outline button:has-text('Day 57 of')")
    until(page, DRAWN, 57)
    until(page, "document.querySelector('.fn-section').textContent === 'Day 57 of the almanac'")
    assert page.evaluate("document.activeElement.matches('.fn-sheets')")


def test_a_page_grows_and_shrinks_with_its_marks(guest: Visit) -> None:
    page = read_first(guest, TOLL)
    width = page.evaluate("document.querySelector('.fn-sheet').offsetWidth")
    before = page.evaluate(PLACES, "1")
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert page.locator(".fn-zoom").text_content() == "150 %"
    assert page.evaluate("document.querySelector('.fn-sheet').offsetWidth") == pytest.approx(1.5 * width, rel=0.03)
    for one, other in zip(before[0], page.evaluate(PLACES, "1")[0], strict=True):
        assert one == pytest.approx(other, abs=0.004)
    assert page.evaluate("document.documentElement.scrollWidth === innerWidth")
    page.keyboard.press("0")
    assert page.evaluate("document.querySelector('.fn-sheet').offsetWidth") == width
    page.click("[aria-label='Smaller']")
    assert page.locator(".fn-zoom").text_content() == "75 %"


def test_on_a_phone_the_page_opens_as_wide_as_what_is_marked(browser: Any, site: str) -> None:
    visit = Visit(browser, site, reduced_motion="reduce", has_touch=True, device_scale_factor=2)
    visit.page.set_viewport_size({"width": 390, "height": 844})
    page = read_first(visit, SLEEP)
    until(page, DRAWN, 1)
    until(page, "document.querySelector('.fn-zoom').textContent !== 'Fit'")
    box = page.evaluate(
        "(({left, right}) => [left, right])(document.querySelector('mark.fn-box.is-first').getBoundingClientRect())"
    )
    assert 0 <= box[0] < box[1] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    small = page.eval_on_selector_all(
        ".fn-page-tools button, .fn-head-tools button",
        "all => all.filter(each => each.offsetHeight < 24 || each.offsetWidth < 24).length",
    )
    assert small == 0
    visit.assert_calm()
    visit.context.close()


@pytest.mark.parametrize(("change", "said"), [("changed", "Source changed"), ("gone", "Source file is gone")])
def test_without_the_file_that_was_indexed_the_text_is_shown_and_says_why(
    guest: Visit, corpus: Path, change: str, said: str
) -> None:
    path = corpus / "harbour.pdf"
    before = path.read_bytes()
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes(light())
    try:
        page = guest.open()
        guest.ask(TOLL)
        page.locator(".fn-cite").first.click()
        page.wait_for_selector(".fn-article mark.is-active")
        assert said in page.locator(".fn-doc-lost").text_content()
        assert page.locator(".fn-view-switch").count() == 0
    finally:
        path.write_bytes(before)


def test_other_documents_are_read_as_text(guest: Visit) -> None:
    page = guest.open("/#read=notes.md")
    page.wait_for_selector(".fn-article")
    assert page.locator(".fn-view-switch").count() == 0


def test_a_page_that_cannot_be_drawn_says_so_and_the_others_are_shown(browser: Any, site: str) -> None:
    visit = Visit(browser, site, reduced_motion="reduce")
    visit.page.route("**/pages/harbour.pdf/1.png*", lambda route: route.fulfill(status=422, body=""))
    page = visit.open("/#read=harbour.pdf")
    page.wait_for_selector(".fn-sheet[data-page='1'] .fn-sheet-lost")
    assert "could not be drawn" in page.locator(".fn-sheet-lost").text_content()
    until(page, DRAWN, 2)
    assert visit.foreign() == []
    visit.context.close()


def test_a_busy_server_is_asked_again(browser: Any, site: str) -> None:
    visit, refused = Visit(browser, site, reduced_motion="reduce"), []

    def busy(route: Any) -> None:
        refused.append(1)
        if len(refused) == 1:
            route.fulfill(status=503, body="")
        else:
            route.continue_()

    visit.page.route("**/pages/light.pdf/1.png*", busy)
    page = visit.open("/#read=light.pdf")
    until(page, DRAWN, 1)
    visit.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_on_the_pages(browser: Any, site: str, width: int, scheme: str) -> None:
    import axe_playwright_python

    axe = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    visit = Visit(browser, site, color_scheme=scheme, reduced_motion="reduce", has_touch=width == 390)
    visit.page.set_viewport_size({"width": width, "height": 844})
    page = read_first(visit, KEEPERS)
    until(page, DRAWN, 1)
    page.evaluate(axe)
    result = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in result["violations"]] == []
    visit.assert_calm()
    visit.context.close()


def test_nothing_in_names_titles_or_headings_is_run_or_fetched(guest: Visit) -> None:
    page = guest.open("/#read=%3Cimg%20src%3Dx%20onerror%3Dwindow.ran%3D1%3E.pdf")
    page.wait_for_selector(".fn-sheet")
    until(page, DRAWN, 1)
    assert page.locator(".fn-panel-title").text_content() == "<img src=x onerror=window.ran=1> title"
    page.click(".fn-section")
    page.wait_for_selector(".fn-outline li button")
    assert page.locator(".fn-outline li button").count() > 40
    page.locator(".fn-outline li button").last.click()
    until(page, DRAWN, 6)
    for number in range(1, 7):
        page.fill(".fn-page-number", str(number))
        page.keyboard.press("Enter")
        until(page, DRAWN, number)
    page.click(".fn-view-switch")
    page.wait_for_selector(".fn-article h3, .fn-article h2")
    assert page.evaluate("window.ran === undefined")
    assert (
        page.locator(
            ".fn-panel :is(script, iframe, object, embed, link, meta, base, style, form[action], video, audio)"
        ).count()
        == 0
    )
    assert not any(CANARY_HOST in url for url in guest.requested)

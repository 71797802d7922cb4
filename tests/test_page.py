"""The documents, two of them side by side, feedback, follow-ups and the frame, in real Chromium by mouse and keyboard."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from browser_support import LIGHT, ROOT, Visit, served
from footnote.cli import main
from footnote.evaluation import read_judgments
from page_states import QUESTION, UNANSWERED, make_corpus

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DROP = """([name, text]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([text], name));
  for (const type of ["dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    make_corpus(folder / "corpus")
    return folder


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    with served(folder / "corpus", folder / "index", *LIGHT) as address:
        yield address


@pytest.fixture
def visit(browser: Any, site: str) -> Iterator[Callable[..., Visit]]:
    visits: list[Visit] = []

    def begin(**options: Any) -> Visit:
        visits.append(Visit(browser, options.pop("address", site), reduced_motion="reduce", **options))
        visits[-1].open()
        return visits[-1]

    yield begin
    for each in visits:
        each.context.close()


def titles(page: Any) -> list[str]:
    return page.locator(".fn-book-title").all_inner_texts()


def remove_twice(page: Any, title: str) -> None:
    """Press a document's button for removing it, then the same again, as it asks; a list drawn anew asks from the start."""
    button = page.locator(f"li:has(.fn-book-title:has-text('{title}')) .fn-remove")
    for _ in range(5):
        button.click()
        page.wait_for_timeout(300)
        if button.inner_text() == "Remove?":
            button.click()
            return
    raise AssertionError("the list never came to rest")


class TestBeginningWithNothing:
    def test_an_empty_folder_starts_with_one_thing_to_do_and_the_last_document_can_go(self, browser, tmp_path):
        corpus = tmp_path / "corpus"
        corpus.mkdir()
        with served(corpus, tmp_path / "index", *LIGHT) as address:
            guest = Visit(browser, address, reduced_motion="reduce")
            page = guest.open()
            page.wait_for_selector("h1:has-text('Drop your documents here')")
            assert not page.locator("#fn-question textarea").is_visible()
            page.evaluate(DROP, ["broken.pdf", "no pdf"])
            page.wait_for_selector(".fn-adding-files .is-failed:has-text('damaged')")
            page.wait_for_selector(".fn-adding-status:has-text('1 not added')")
            page.evaluate(DROP, ["tides.md", "# Tides\n\nThe spring tide comes 2 days after the full moon.\n"])
            page.click(".fn-adding-ways >> text=Ask about it")
            guest.ask("When does the spring tide come?")
            page.wait_for_selector(".fn-card:has-text('2 days after')")
            guest.open_documents()
            remove_twice(page, "Tides")
            page.wait_for_selector(".fn-panel", state="detached")
            assert list(corpus.iterdir()) == []
            page.click(".fn-brand")
            page.wait_for_selector("h1:has-text('Drop your documents here')")
            guest.context.close()

    def test_the_shipped_documents_go_with_one_press(self, browser, tmp_path):
        corpus = tmp_path / "corpus"
        corpus.mkdir()
        for path in (ROOT / "corpus").glob("*.md"):
            (corpus / path.name).write_bytes(path.read_bytes())
        with served(corpus, tmp_path / "index", *LIGHT) as address:
            guest = Visit(browser, address, reduced_motion="reduce")
            page = guest.open()
            page.click("text=Begin with your own documents")
            page.wait_for_selector("h1:has-text('Drop your documents here')")
            assert list(corpus.iterdir()) == []
            guest.context.close()


class TestFolders:
    def test_folders_are_ticked_as_one_and_several_leave_at_once(self, browser, tmp_path):
        corpus = tmp_path / "corpus"
        for name in ("a.md", "north/b.md", "north/c.md", "south/d.md", "south/e.md"):
            path = corpus / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"# Leaflet {path.stem}\n\nThe leaflet {path.stem} tells of the tide.\n", encoding="utf-8")
        with served(corpus, tmp_path / "index", *LIGHT) as address:
            guest = Visit(browser, address, reduced_motion="reduce")
            page = guest.open()
            guest.open_documents()
            assert page.locator(".fn-folder-head bdi").all_inner_texts() == ["Not in a folder", "north", "south"]
            page.locator(".fn-folder-head input").nth(1).uncheck()
            page.wait_for_selector(".fn-chosen:has-text('3 of 5 documents')")
            assert page.locator(".fn-books .is-off").count() == 2
            page.locator(".fn-books input").nth(1).check()
            assert page.locator(".fn-folder-head input").nth(1).evaluate("box => box.indeterminate")
            page.locator(".fn-books input").nth(3).click(modifiers=["Shift"])
            page.wait_for_selector(".fn-chosen:has-text('2 of 5 documents')")
            page.click("text=Tick all")
            page.locator(".fn-books input").nth(0).uncheck()
            page.click("text=Remove the 4 ticked")
            page.click("text=Really remove 4 documents?")
            page.wait_for_selector(".fn-adding-status:has-text('4 removed')")
            assert titles(page) == ["Leaflet a"]
            assert [path for path in corpus.rglob("*") if path.is_file()] == [corpus / "a.md"]
            guest.context.close()


def test_a_press_asks_for_the_one_that_is_meant(visit: Callable[..., Visit]) -> None:
    guest = visit()
    guest.ask("How long does a ketamine infusion last?")
    offered = guest.page.get_by_role("group", name="Which is meant?").get_by_role("button")
    assert set(offered.all_inner_texts()) == {"Clinic A leaflet", "Clinic B leaflet"}
    offered.get_by_text("Clinic B leaflet").click()
    told = guest.page.locator(".fn-turn").nth(1)
    told.locator(".fn-card").first.wait_for()
    assert told.locator(".fn-asked").inner_text() == "How long does a ketamine infusion last? (Clinic B leaflet)"
    assert "60 minutes" in told.locator("blockquote").first.inner_text()
    assert told.locator(".fn-meant").count() == 0
    guest.page.reload()
    guest.page.locator(".fn-meant").first.wait_for()
    guest.assert_calm()


class TestDocuments:
    def test_files_are_added_by_drop_and_told_one_by_one(self, visit, folder):
        guest = visit()
        page = guest.page
        page.evaluate(DROP, ["tides.md", "# Tides\n\nThe spring tide comes 2 days after the full moon.\n"])
        page.wait_for_selector(".fn-adding-files .is-done")
        page.wait_for_selector(".fn-book-title:has-text('Tides')")
        assert (folder / "corpus" / "tides.md").is_file()
        page.set_input_files(
            ".fn-picker",
            files=[
                {"name": "blank.txt", "mimeType": "", "buffer": b"   "},
                {"name": "tides.md", "mimeType": "", "buffer": b"# Tides\n\nThe neap tide is low.\n"},
                {"name": "run.exe", "mimeType": "", "buffer": b"MZ"},
            ],
        )
        page.wait_for_selector(".fn-adding-status:has-text('3 not added')")
        said = page.locator(".fn-adding-files li").all_inner_texts()
        assert "no text found" in said[0]
        assert "already a document of that name" in said[1]
        assert "(.exe) cannot be read" in said[2]
        page.click("text=Replace it")
        page.wait_for_selector(".fn-adding-files .is-done")
        assert "neap" in (folder / "corpus" / "tides.md").read_text("utf-8")
        guest.ask("Is the neap tide low?")
        assert "neap tide" in page.locator(".fn-card").inner_text()
        remove_twice(page, "Tides")
        page.wait_for_selector(".fn-adding-status:has-text('1 removed')")
        page.wait_for_selector(".fn-book-title:has-text('Tides')", state="detached")
        assert not (folder / "corpus" / "tides.md").exists()
        guest.assert_calm()

    def test_a_file_put_into_the_folder_is_taken_in_by_update(self, visit, folder):
        guest = visit()
        (folder / "corpus" / "dew.md").write_text("# Dew\n\nDew falls at night.\n", encoding="utf-8")
        page = guest.page
        page.focus(".fn-main-menu")
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
        assert page.evaluate("document.activeElement.textContent") == "Look for changed files"
        page.keyboard.press("Enter")
        page.wait_for_selector(".fn-book-title:has-text('Dew')")
        (folder / "corpus" / "dew.md").unlink()
        guest.choose("Look for changed files")
        page.wait_for_selector(".fn-book-title:has-text('Dew')", state="detached")

    def test_a_long_list_is_searched(self, visit, folder):
        guest = visit()
        page = guest.page
        for n in range(4):
            (folder / "corpus" / f"more-{n}.md").write_text(
                f"# More {n}\n\nMore is said here of {n}.\n", encoding="utf-8"
            )
        try:
            guest.choose("Look for changed files")
            page.wait_for_selector(".fn-book-title:has-text('More 3')")
            page.fill(".fn-shelf-tools input", "clinic")
            assert titles(page) == ["Clinic A leaflet", "Clinic B leaflet"]
            page.fill(".fn-shelf-tools input", "zzz")
            assert titles(page) == []
            assert "No document" in page.locator(".fn-books").inner_text()
        finally:
            for n in range(4):
                (folder / "corpus" / f"more-{n}.md").unlink()
            guest.choose("Look for changed files")
            page.wait_for_selector(".fn-adding-status:has-text('4 removed')")

    def test_a_document_that_is_off_never_appears(self, visit):
        guest = visit()
        page = guest.page
        guest.open_documents()
        tick = page.locator("[aria-label='Ask “Clinic A leaflet”']")
        tick.focus()
        page.keyboard.press("Space")
        assert not tick.is_checked()
        assert page.locator(".fn-asked-of").inner_text() == "Asking 4 of 5 documents"
        guest.ask(QUESTION)
        turn = page.locator(".fn-turn").last
        assert "4 of 5 documents" in page.locator(".fn-chosen").inner_text()
        guest.show_related()
        assert "Clinic A" not in turn.inner_text()
        assert "Asked 4 of 5 documents" in turn.inner_text()
        page.reload()
        page.wait_for_selector(".fn-card")
        page.wait_for_selector(".fn-books .is-off")
        assert not page.locator("[aria-label='Ask “Clinic A leaflet”']").is_checked()
        page.click("text=Tick all")
        page.click("text=Tick none")
        page.fill("#fn-question textarea", QUESTION)
        page.keyboard.press("Enter")
        page.wait_for_selector(".fn-note:has-text('tick at least one')")
        assert page.locator(".fn-hello .fn-offer").count() == 0
        page.click("[aria-label='Ask all documents']")
        assert page.locator(".fn-chosen").is_hidden()

    def test_on_a_phone_the_documents_have_their_own_button(self, visit):
        guest = visit(has_touch=True)
        guest.page.set_viewport_size({"width": 390, "height": 844})
        page = guest.page
        page.tap(".fn-documents")
        page.locator(".fn-book").first.tap()
        page.wait_for_selector(".fn-article")
        page.locator(".fn-close").tap()
        assert page.locator("#fn-side").is_hidden()
        page.tap(".fn-documents")
        page.locator(".fn-close").tap()
        assert page.locator("#fn-side").is_hidden()
        guest.assert_calm()

    def test_a_source_that_changed_is_told_instead_of_the_tick(self, visit, folder):
        guest = visit()
        page = guest.page
        guest.ask(QUESTION)
        assert page.locator(".fn-exact").count() >= 1
        path = folder / "corpus" / "clinic-a.md"
        before = path.read_text("utf-8")
        try:
            path.write_text(before.replace("40", "45"), encoding="utf-8")
            page.reload()
            page.wait_for_selector(".fn-card .fn-altered")
            assert "Source changed" in page.locator(".fn-card").first.inner_text()
            assert page.locator(".fn-card").first.locator(".fn-exact").count() == 0
            page.locator(".fn-cite").first.click()
            assert "Source changed" in page.locator(".fn-doc-lost").inner_text()
            page.keyboard.press("Escape")
            page.wait_for_selector(".fn-panel", state="detached")
            guest.choose("Look for changed files")
            page.wait_for_selector(".fn-adding-status:has-text('Up to date')")
            page.reload()
            page.wait_for_selector(".fn-altered:has-text('no longer in it')")
        finally:
            path.write_text(before, encoding="utf-8")
            guest.choose("Look for changed files")
            page.wait_for_selector(".fn-adding-status:has-text('Up to date')")
            page.reload()
            page.wait_for_selector(".fn-card .fn-exact")

    def test_visitors_who_are_not_the_owner_are_offered_no_changes(self, visit):
        guest = visit(reader=True)
        guest.open_documents()
        assert guest.page.locator(".fn-adding, .fn-remove").count() == 0
        assert guest.page.locator(".fn-tickbox").count() == 5


class TestSideBySide:
    def test_two_documents_stand_beside_each_other_and_their_numbers_are_set_off(self, visit):
        guest = visit()
        page = guest.page
        guest.ask(QUESTION)
        guest.choose_of_answer("Side by side")
        page.wait_for_selector(".fn-column mark.is-active")
        assert page.locator(".fn-column").count() == 2
        assert sorted(page.locator(".fn-mark-differs").all_inner_texts()) == ["40", "60"]
        assert "40 minutes" in page.locator(".fn-differences").inner_text()
        boxes = [page.locator(".fn-column").nth(n).bounding_box() for n in (0, 1)]
        assert boxes[0]["y"] == boxes[1]["y"]
        assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"] + 1
        guest.assert_calm()

    def test_by_keyboard_and_from_a_column_into_its_document(self, visit):
        guest = visit()
        page = guest.page
        guest.ask(QUESTION)
        opener = page.locator(".fn-answer-menu").first
        opener.focus()
        page.keyboard.press("Enter")
        page.locator(".fn-beside").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(".fn-column")
        assert page.evaluate("document.activeElement.textContent") == "Side by side"
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector(".fn-comparison", state="detached")
        page.wait_for_selector(".fn-article mark.is-active")
        page.keyboard.press("Escape")
        assert opener.evaluate("node => node === document.activeElement")

    def test_any_related_passage_of_another_document_can_stand_beside_the_quote(self, visit):
        guest = visit()
        page = guest.page
        guest.ask("How long does an IV infusion take?")
        guest.show_related()
        page.locator("text=Beside the quote").first.click()
        page.wait_for_selector(".fn-column .fn-mark-related")


class TestFeedback:
    def test_what_readers_say_reaches_the_owner_and_becomes_judgments(self, visit, folder, tmp_path, capsys):
        guest = visit()
        page = guest.page
        guest.ask(QUESTION)
        guest.choose_of_answer("This answers my question")
        page.wait_for_selector(".fn-feedback-said:has-text('Noted')")
        guest.ask("What is a nasal spray for?")
        last = page.locator(".fn-turn").last
        last.locator(".fn-answer-menu").first.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        last.locator("text='Wrong passage'").click()
        point = last.locator(".fn-points:visible").first
        point.focus()
        page.keyboard.press("Enter")
        assert point.get_attribute("aria-pressed") == "true"
        for question in (UNANSWERED, "What is the capital city of France?"):
            guest.ask(question)
            last = page.locator(".fn-turn").last
            guest.choose_of_answer("Something is wrong with this")
            last.locator("text='Not answered'").click()
            last.locator(".fn-feedback-said:has-text('Noted')").wait_for()
        page.reload()
        page.wait_for_selector(".fn-feedback[data-kind='good']")
        guest.choose("Feedback")
        page.wait_for_selector(".fn-unanswered")
        groups = page.locator(".fn-unanswered > li")
        assert groups.count() == 1
        assert groups.first.locator("li").count() == 1
        with page.expect_download() as waiting:
            page.click("text=Save as judged questions")
        saved = read_judgments(Path(waiting.value.path()))
        assert [each.question for each in saved if each.gold] == ["What is a nasal spray for?", QUESTION]
        guest.assert_calm()
        assert main(["feedback", "export", "--index", str(folder / "index")]) == 0
        (tmp_path / "f.jsonl").write_text(capsys.readouterr().out, encoding="utf-8")
        assert read_judgments(tmp_path / "f.jsonl") == saved
        judged = ["evaluate", str(tmp_path / "f.jsonl"), "--index", str(folder / "index"), "--json"]
        assert main([*judged, "--corpus", str(folder / "corpus")]) == 0
        assert json.loads(capsys.readouterr().out)["hit@10"] == 1.0


class TestConversation:
    def test_a_follow_up_says_how_it_was_understood_and_can_be_undone(self, visit):
        guest = visit()
        page = guest.page
        guest.ask("Does the nasal spray have side effects?")
        guest.ask("And the infusion?")
        turn = page.locator(".fn-turn").last
        assert "infusion" in turn.locator(".fn-understood q").inner_text()
        turn.locator(".fn-understood button").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(".fn-turn:last-child .fn-understood", state="detached")
        assert page.locator(".fn-asked").last.inner_text() == "And the infusion?"
        guest.assert_calm()

    def test_a_question_under_way_is_stopped_and_asked_again(self, visit):
        guest = visit()
        page = guest.page
        page.route("**/gradio_api/call/v2/ask/*", lambda _route: None)
        page.fill("#fn-question textarea", QUESTION)
        page.keyboard.press("Enter")
        page.click(".fn-stop")
        page.wait_for_selector(".fn-note:has-text('Stopped')")
        page.unroute("**/gradio_api/call/v2/ask/*")
        page.click("text=Ask again")
        page.wait_for_selector(".fn-card")

    def test_it_outlives_a_new_start_of_the_server(self, browser, folder):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            port = str(holder.getsockname()[1])
        with served(folder / "corpus", folder / "index", "--port", port, *LIGHT) as address:
            guest = Visit(browser, address)
            guest.open()
            guest.ask(QUESTION)
        with served(folder / "corpus", folder / "index", "--port", port, *LIGHT):
            guest.open()
            guest.page.wait_for_selector(".fn-exact")
            assert guest.page.locator(".fn-asked").inner_text() == QUESTION
        guest.context.close()

    def test_the_export_is_verified_by_the_command(self, visit, folder, tmp_path, capsys):
        guest = visit()
        page = guest.page
        guest.ask(QUESTION)
        told = {}
        for label, end in (
            ("Save as JSON, to verify later", "json"),
            ("Save as Markdown", "md"),
            ("Save as HTML", "html"),
        ):
            with page.expect_download() as waiting:
                guest.choose(label)
            told[end] = tmp_path / f"told.{end}"
            waiting.value.save_as(told[end])
        assert main(["check", "--index", str(folder / "index"), "--export", str(told["json"])]) == 0
        assert "stand word for word" in capsys.readouterr().out
        forged = told["json"].read_text("utf-8").replace("40 minutes", "400 minutes")
        told["json"].write_text(forged, encoding="utf-8")
        assert main(["check", "--index", str(folder / "index"), "--export", str(told["json"])]) == 1
        for end in ("md", "html"):
            assert "40 minutes" in told[end].read_text("utf-8")

    def test_on_paper_stand_questions_and_quotes_alone(self, visit):
        guest = visit()
        page = guest.page
        guest.ask(QUESTION)
        guest.ask(UNANSWERED)
        page.emulate_media(media="print")
        assert page.locator(".fn-card").first.is_visible()
        for hidden in (
            "#fn-composer",
            "#fn-masthead",
            "#fn-side",
            ".fn-checkline",
            ".fn-feedback",
            ".fn-related",
            ".fn-next",
            ".fn-copy",
        ):
            assert not page.locator(hidden).first.is_visible()
        assert page.evaluate("document.getElementById('fn-thread').clientHeight") >= page.evaluate(
            "document.querySelector('.fn-turns').scrollHeight"
        )
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        assert page.evaluate("getComputedStyle(document.getElementById('fn-app')).color") == "rgb(0, 0, 0)"
        assert len(page.pdf()) > 5_000


class TestNewcomer:
    def test_asking_checking_and_exporting_are_found_by_what_stands_there(self, visit):
        """Only names that are visible or read aloud are used, in the order in which somebody new meets them."""
        guest = visit()
        page = guest.page

        def press(name: str, *, within: str = "body") -> None:
            button = page.locator(within).get_by_role("button", name=name).first
            assert button.is_visible()
            button.click()

        assert page.get_by_role("heading", level=1).inner_text() == "Ask the documents"
        assert "Press the line below a quote to see it in its place." in page.locator(".fn-hello-top").inner_text()
        page.get_by_placeholder("Ask a question").fill(QUESTION)
        press("Ask", within="#fn-composer")
        page.locator(".fn-exact").first.wait_for()
        press("Read quote 1 in its place")
        page.get_by_text("Does it answer?").wait_for()
        press("Yes")
        press("Close the reader")
        page.get_by_text("1 of 2 checked").wait_for()
        with page.expect_download() as sheet:
            press("Export the checks")
            press("As CSV")
        assert "Supports" in Path(sheet.value.path()).read_text("utf-8")
        with page.expect_download() as told:
            press("Menu", within="#fn-masthead")
            press("Save as JSON, to verify later")
        assert (
            json.loads(Path(told.value.path()).read_text("utf-8"))["turns"][0]["citations"][0]["verdict"] == "supports"
        )
        guest.assert_calm()


class TestFrame:
    def test_from_right_to_left_where_the_text_is(self, visit):
        guest = visit()
        page = guest.page
        guest.ask("ما هو القمر الجديد؟")
        card = page.locator(".fn-card").first
        quote = card.locator(".fn-quote > *").first
        assert quote.evaluate("node => getComputedStyle(node).direction") == "rtl"
        assert page.evaluate("getComputedStyle(document.querySelector('.fn-card-foot')).direction") == "rtl"
        card.locator(".fn-cite").click()
        page.wait_for_selector("mark.is-active")
        paragraph = page.locator("mark.is-active").first.locator("xpath=ancestor::p")
        assert paragraph.evaluate("node => getComputedStyle(node).direction") == "rtl"
        guest.assert_calm()

    @pytest.mark.parametrize(("width", "height"), [(3840, 2160), (1920, 1080), (900, 700), (360, 640)])
    def test_at_any_size_nothing_moves_sideways_and_lines_stay_readable(self, visit, width, height):
        guest = visit()
        page = guest.page
        page.set_viewport_size({"width": width, "height": height})
        guest.ask(QUESTION)
        page.locator(".fn-cite").first.click()
        page.wait_for_selector("mark.is-active")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        box = page.locator("#fn-question textarea")
        assert box.evaluate("node => node.clientHeight >= 1.5 * parseFloat(getComputedStyle(node).fontSize)")
        characters = "getComputedStyle(document.querySelector('.fn-article')).fontSize"
        size = float(page.evaluate(characters).removesuffix("px"))
        assert page.locator(".fn-article p").last.bounding_box()["width"] / size < 45

    def test_motion_is_left_out_where_it_is_not_wanted(self, visit):
        guest = visit()
        guest.ask(QUESTION)
        moving = "[...document.querySelectorAll('#fn-app *')].filter(e => getComputedStyle(e).animationName !== 'none').length"
        assert guest.page.evaluate(moving) == 0

    def test_what_the_page_says_is_in_one_place(self):
        import re

        folder = ROOT / "src/footnote/web/static"
        said = re.compile(r'el\("\w+", \{[^{}]*\}, "[A-Za-z]{3,}|(?:title|"aria-label"|placeholder): "[A-Za-z]')
        for path in folder.glob("*.js"):
            if path.name != "strings.js":
                assert not said.search(path.read_text("utf-8")), path.name

"""The named states of the page, reached one after another by a visitor; each is left as it is to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from browser_support import ROOT, Visit

QUESTION = "How long does a ketamine infusion last?"
OF_A_ROW = "Is the absorption inconsistent and the onset delayed by mouth (oral)?"
UNANSWERED = "What is the capital of France?"

LEAFLETS = {
    "clinic-a.md": """# Clinic A leaflet

A visit starts with a talk about your health.

## How long does a ketamine infusion last?

A ketamine infusion lasts 40 minutes. You stay for 2 hours in all.
""",
    "clinic-b.md": """# Clinic B leaflet

Please eat nothing for 6 hours before.

## How long does a ketamine infusion last?

A ketamine infusion lasts 60 minutes. You stay for 2 hours in all.
""",
    "arabic.md": """# القمر الجديد

## ما هو القمر الجديد؟

القمر الجديد مظلم في الليل، ومدته **29.5** يوما (synodic month).
""",
}


def make_corpus(folder: Path) -> Path:
    """The shipped documents, two leaflets that differ in a number, and one that is written from right to left."""
    folder.mkdir(parents=True)
    for path in (ROOT / "corpus").glob("*.md"):
        (folder / path.name).write_bytes(path.read_bytes())
    for name, text in LEAFLETS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def walk_unsure(guest: Visit) -> Iterator[str]:
    """The states of a page that is never sure enough to answer."""
    page = guest.open()
    guest.ask(QUESTION)
    page.wait_for_selector(".fn-card.is-nearest")
    yield "nearest"
    page.click(".fn-related summary")
    yield "nearest-related"
    page.locator(".fn-cite").first.click()
    page.wait_for_selector("mark.is-active")
    yield "nearest-reading"
    page.keyboard.press("Escape")
    guest.ask(OF_A_ROW)
    page.wait_for_selector(".fn-turn:last-child .is-nearest table")
    yield "nearest-table"


def walk_empty(guest: Visit) -> Iterator[str]:
    """The states of a page over an empty folder, up to documents in folders."""
    page = guest.open()
    page.wait_for_selector(".fn-drop.is-large")
    yield "empty"
    files = [
        {"name": "picture.jpg", "mimeType": "", "buffer": b"x"},
        {"name": "tides.md", "mimeType": "", "buffer": b"# Tides\n\nThe tide comes.\n"},
    ]
    page.set_input_files(".fn-picker", files=files)
    page.wait_for_selector(".fn-adding-files .is-done")
    page.wait_for_selector(".fn-adding-status:has-text('1 added, 1 not added')")
    yield "upload-report"
    page.click(".fn-remove")
    yield "really-remove"


def walk(guest: Visit) -> Iterator[str]:  # noqa: PLR0915 - one step after another
    """Goes through the states; at each ``yield`` the page shows the state of that name."""
    page = guest.open()

    def close() -> None:
        page.keyboard.press("Escape")
        page.wait_for_selector(".fn-panel", state="detached")

    page.wait_for_selector(".fn-about-first")
    yield "start"
    page.focus("#fn-question textarea")
    page.keyboard.type("infus")
    page.wait_for_selector(".fn-suggestion")
    page.keyboard.press("ArrowDown")
    yield "typing"
    page.keyboard.press("Escape")
    page.fill("#fn-question textarea", "")
    page.click(".fn-to-questions")
    page.locator(".fn-questions details > summary").first.click()
    page.wait_for_selector(".fn-questions .fn-passage-tools")
    yield "all-questions"
    close()
    guest.open_documents()
    yield "documents"
    page.set_input_files(
        ".fn-picker",
        files=[
            {"name": "new.exe", "mimeType": "", "buffer": b"x"},
            {"name": "clinic-a.md", "mimeType": "", "buffer": b"# A\n\nB.\n"},
        ],
    )
    page.wait_for_selector(".is-failed.is-open")
    yield "documents-reasons"
    close()
    guest.ask(QUESTION)
    page.wait_for_selector(".fn-next")
    yield "answer"
    page.locator(".fn-answer-menu").first.click()
    yield "answer-menu"
    page.keyboard.press("Escape")
    page.locator(".fn-cite").first.click()
    page.wait_for_selector("mark.is-active")
    yield "reading"
    page.click(".fn-section")
    page.wait_for_selector(".fn-outline [aria-current]")
    yield "outline"
    page.keyboard.press("Escape")
    page.locator(".fn-desk-verdicts button").first.click()
    yield "checking"
    page.click("[aria-label='Find in this document']")
    page.keyboard.type("infusion")
    page.wait_for_selector(".fn-tick-found")
    yield "find"
    page.keyboard.press("Escape")
    close()
    guest.choose_of_answer("Side by side")
    page.wait_for_selector(".fn-column mark.is-active")
    yield "side-by-side"
    close()
    guest.choose_of_answer("Something is wrong with this")
    page.click("text=Wrong passage")
    page.wait_for_selector(".fn-points:visible")
    page.locator(".fn-points").first.click()
    page.wait_for_selector(".fn-feedback-said:has-text('Noted')")
    yield "feedback"
    guest.choose("Feedback")
    page.wait_for_selector(".fn-feedback-rows")
    yield "feedback-list"
    close()
    page.click(".fn-main-menu")
    yield "menu"
    page.keyboard.press("Escape")
    guest.choose("Conversations")
    page.wait_for_selector(".fn-talk")
    yield "conversations"
    close()
    # What scrolls closes a menu: the button is brought into view before it is pressed.
    page.locator(".fn-card .fn-answer-menu").first.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    guest.choose_of_answer("Keep this quote")
    page.click(".fn-main-menu")
    page.click("text=Kept quotes (1)")
    page.fill(".fn-note-box", "For the opening paragraph.")
    yield "tray"
    page.click(".fn-cite-menu")
    yield "tray-cite"
    page.keyboard.press("Escape")
    close()
    guest.choose("Keys")
    yield "keys"
    close()
    guest.ask(UNANSWERED)
    page.wait_for_selector(".fn-turn:last-child .fn-next")
    yield "absent"
    guest.ask("I want to end my life.")
    yield "care"
    guest.ask("ما هو القمر الجديد؟")
    yield "right-to-left"
    page.route("**/gradio_api/**", lambda route: route.abort())
    guest.ask(QUESTION)
    page.wait_for_selector(".fn-note.is-failed")
    yield "offline"
    page.unroute("**/gradio_api/**")
    # The browser notes the request that was cut off, and nothing else.
    guest.complaints[:] = [each for each in guest.complaints if "ERR_FAILED" not in each]

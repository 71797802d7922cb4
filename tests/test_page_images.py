"""Pages of PDFs over HTTP: drawn in the confined process from the very file that was indexed, within bounds."""

from __future__ import annotations

import io
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from fakes import HashingEncoder
from footnote.engine import Footnote
from footnote.errors import Busy, PageError
from footnote.loaders import PageViewer, PdfFile
from footnote.server import page_images
from footnote.server.app import create_app
from footnote.settings import Settings
from hostile_files import bombs
from pdf_files import PdfPage, pdf_of

TEXTS = (
    "The lock was built in 1904.",
    "The toll for a ship was two pence, and for a raft one.",
    "It was free on Sundays, and on the day of the fair.",
)
LONG = "Crews of ships that stay for the night sleep on board or at the inn by the gate,"


def harbour() -> bytes:
    """Three pages: upright, turned and cropped, and one that is wider than high."""
    first = PdfPage().text(60, 780, "Harbour rules", 20).text(60, 740, TEXTS[0]).text(60, 700, TEXTS[1])
    first.text(60, 60, LONG)
    second = (
        PdfPage(rotate=90, crop=(40, 400, 595, 842))
        .text(60, 780, "and pay for neither of the two.")
        .text(60, 740, TEXTS[2])
    )
    third = PdfPage(width=842, height=595).text(60, 500, "Dogs are not kept on the quay.")
    return pdf_of(first, second, third, info={"Title": "Harbour rules of 1904"})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("harbour")
    (folder / "corpus" / "old files").mkdir(parents=True)
    (folder / "corpus" / "old files" / "harbour.pdf").write_bytes(harbour())
    (folder / "corpus" / "notes.md").write_text("# Notes\n\nThe quay is closed in winter.\n", encoding="utf-8")
    built, _ = Footnote.build(folder / "corpus", folder / "index", encoder=HashingEncoder())
    built.close()
    return folder


@pytest.fixture
def client(home: Path) -> Iterator[Any]:
    from starlette.testclient import TestClient

    # What a test does to the file is undone, times and all.
    path = home / "corpus" / "old files" / "harbour.pdf"
    before = path.read_bytes()
    with (
        Footnote.open(home / "index", encoder=HashingEncoder()) as engine,
        TestClient(create_app(engine), base_url="http://127.0.0.1") as opened,
    ):
        opened.engine = engine
        yield opened
    path.write_bytes(before)


PDF = "old files/harbour.pdf"
PAGES = f"/api/v1/pages/{PDF}"


def picture_of(answer: Any) -> Image.Image:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    return Image.open(io.BytesIO(answer.content))


def problem_of(answer: Any, status: int) -> str:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    detail: str = answer.json()["detail"]
    return detail


def spans_of(client: Any, *texts: str) -> list[str]:
    text = client.engine.document(PDF).text
    return [f"{text.index(each)}-{text.index(each) + len(each)}" for each in texts]


def rectangles_of(client: Any, *spans: str) -> list[list[dict[str, float]]]:
    answer = client.get(f"/api/v1/rectangles/{PDF}", params={"span": list(spans)})
    assert answer.status_code == 200
    return [each["rectangles"] for each in answer.json()["spans"]]


class TestPictures:
    def test_the_pages_are_told_before_they_are_drawn(self, client):
        told = client.get(PAGES).json()
        assert told["sizes"] == [[595.0, 842.0], [442.0, 555.0], [842.0, 595.0]]
        document = client.engine.document(PDF)
        assert told["starts"] == list(document.page_starts)
        assert (told["title"], told["file"], told["doc"]) == ("Harbour rules of 1904", "same", PDF)
        (heading,) = told["headings"]
        assert document.text[heading["start"] : heading["end"]] == heading["text"] == "Harbour rules"

    @pytest.mark.parametrize(
        ("page", "asked", "width", "ratio"),
        [(1, 500, 800, 842 / 595), (2, 1_200, 1_200, 555 / 442), (3, 1, 400, 595 / 842)],
    )
    def test_a_page_is_drawn_as_wide_as_the_next_of_the_widths(self, client, page, asked, width, ratio):
        drawn = picture_of(client.get(f"{PAGES}/{page}.png", params={"width": asked}))
        assert drawn.width == pytest.approx(width, abs=1)
        assert drawn.height == pytest.approx(width * ratio, abs=2)
        darkest, lightest = drawn.convert("L").getextrema()
        assert darkest < 128
        assert lightest == 255

    def test_a_page_is_not_sent_twice(self, client):
        first = client.get(f"{PAGES}/1.png", params={"width": 400})
        tag = first.headers["etag"]
        again = client.get(f"{PAGES}/1.png", params={"width": 390}, headers={"if-none-match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert "no-cache" in first.headers["cache-control"]
        other = client.get(f"{PAGES}/1.png", params={"width": 800}, headers={"if-none-match": tag})
        assert other.status_code == 200

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            (f"{PAGES}/4.png", 404), ("/api/v1/pages/none.pdf/1.png", 404), ("/api/v1/pages/none.pdf", 404),
            ("/api/v1/pages/notes.md/1.png", 404), ("/api/v1/rectangles/none.pdf?span=0-1", 404),
            ("/api/v1/rectangles/notes.md?span=0-1", 404),
            (f"{PAGES}/0.png", 422), (f"{PAGES}/-1.png", 422), (f"{PAGES}/one.png", 422), (f"{PAGES}/1.png?width=0", 422),
            (f"{PAGES}/1.png?width=2401", 422), (f"{PAGES}/1.png?width=wide", 422), (f"{PAGES}/99999999999999999999.png", 422),
            (f"/api/v1/rectangles/{PDF}", 422), (f"/api/v1/rectangles/{PDF}?span=1", 422),
            (f"/api/v1/rectangles/{PDF}?span=1-2-3", 422), (f"/api/v1/rectangles/{PDF}?span=-1-2", 422),
            (f"/api/v1/rectangles/{PDF}?" + "&".join(["span=0-1"] * (page_images.SPANS_MAX + 1)), 422),
        ],
    )  # fmt: skip
    def test_what_cannot_be_shown_is_refused_with_its_reason(self, client, path, status):
        assert problem_of(client.get(path), status)

    def test_a_document_without_pages_says_so(self, client):
        assert "no pages" in problem_of(client.get("/api/v1/pages/notes.md"), 404)

    def test_the_picture_carries_the_strict_policy(self, client):
        headers = client.get(f"{PAGES}/1.png").headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


class TestOnlyTheFileThatWasIndexed:
    @pytest.mark.parametrize("seen", [False, True])
    def test_a_changed_file_is_not_shown_though_it_was_before(self, client, home, seen):
        if seen:
            picture_of(client.get(f"{PAGES}/1.png"))
        tag = client.get(f"{PAGES}/1.png").headers["etag"] if seen else '"x"'
        changed = pdf_of(PdfPage().text(60, 780, "Quite other rules."))
        (home / "corpus" / PDF).write_bytes(changed)
        assert "no longer what was indexed" in problem_of(client.get(f"{PAGES}/1.png"), 404)
        assert problem_of(client.get(f"{PAGES}/1.png", headers={"if-none-match": tag}), 404)
        assert problem_of(client.get(f"/api/v1/rectangles/{PDF}", params={"span": "0-5"}), 404)
        told = client.get(PAGES).json()
        assert (told["file"], told["sizes"]) == ("changed", [])

    def test_a_file_that_is_gone_is_told_and_shown_again_when_it_is_back(self, client, home):
        path = home / "corpus" / PDF
        raw = path.read_bytes()
        path.unlink()
        assert problem_of(client.get(f"{PAGES}/1.png"), 404)
        assert client.get(PAGES).json()["file"] == "gone"
        path.write_bytes(raw)
        picture_of(client.get(f"{PAGES}/1.png"))

    def test_a_link_out_of_the_folder_is_not_followed(self, client, home, tmp_path):
        path = home / "corpus" / PDF
        (tmp_path / "same.pdf").write_bytes(path.read_bytes())
        path.unlink()
        path.symlink_to(tmp_path / "same.pdf")
        try:
            assert problem_of(client.get(f"{PAGES}/1.png"), 404)
        finally:
            path.unlink()

    def test_bytes_that_change_under_the_reader_are_not_drawn(self, client, monkeypatch):
        """The digest is of the bytes that are drawn, not of those that were there a moment before."""
        monkeypatch.setattr(page_images, "read_document", lambda *_: pdf_of(PdfPage().text(60, 780, "Forged.")))
        assert "no longer what was indexed" in problem_of(client.get(f"{PAGES}/1.png"), 404)


class TestRectangles:
    def test_a_quote_stands_on_its_line_and_within_the_page(self, client):
        ((one,), (other,)) = rectangles_of(client, *spans_of(client, TEXTS[1], "two pence"))
        assert one["page"] == other["page"] == 1
        assert one["left"] == pytest.approx(60, abs=2)
        assert one["top"] < 842 - 700 < one["bottom"] < one["top"] + 16
        assert one["left"] < other["left"] < other["right"] < one["right"]

    def test_a_quote_over_two_pages_is_marked_on_both(self, client):
        text = client.engine.document(PDF).text
        start, end = text.index("Crews of ships"), text.index("of the two.") + 11
        ((one, other),) = rectangles_of(client, f"{start}-{end}")
        assert (one["page"], other["page"]) == (1, 2)
        # The second page is turned: its lines run downwards.
        assert other["bottom"] - other["top"] > 5 * (other["right"] - other["left"])
        assert other["bottom"] <= 555
        assert other["right"] <= 442

    def test_nothing_and_what_lies_beyond_the_text_is_nowhere(self, client):
        assert rectangles_of(client, "5-5", "9-3", "99999-100000") == [[], [], []]

    def test_the_mark_covers_ink(self, client):
        """Under the rectangle of a word the picture is not white, beside it it is."""
        drawn = picture_of(client.get(f"{PAGES}/1.png", params={"width": 1_200})).convert("L")
        (((box),),) = rectangles_of(client, *spans_of(client, "The lock was built in 1904."))
        scale = drawn.width / 595
        sides = (box["left"], box["top"], box["right"], box["bottom"])
        assert drawn.crop(tuple(round(side * scale) for side in sides)).getextrema()[0] < 100
        height = box["bottom"] - box["top"]
        below = (box["left"], box["bottom"] + 1, box["right"], box["bottom"] + 1 + height)
        assert drawn.crop(tuple(round(side * scale) for side in below)).getextrema() == (255, 255)

    def test_a_span_over_very_many_pages_is_refused(self, client, monkeypatch):
        monkeypatch.setattr(page_images, "_SPAN_PAGES_MAX", 2)
        assert "more than 2 pages" in problem_of(
            client.get(f"/api/v1/rectangles/{PDF}", params={"span": "0-99999"}), 422
        )


@pytest.fixture
def viewer() -> Iterator[PageViewer]:
    made = PageViewer(Settings())
    yield made
    made.close()


def shown(raw: bytes) -> PdfFile:
    return PdfFile(str(zlib.crc32(raw)), lambda: raw)


def endless() -> bytes:
    """A page that draws a form which draws two more, twenty deep: a million times in all."""
    page = PdfPage()
    names = [f"/f{n}" for n in range(20)]
    page.drawn.append(f"{names[0]} Do")
    raw = pdf_of(page)
    forms = []
    for n in range(len(names)):
        drawn = (
            f"{names[n + 1]} Do {names[n + 1]} Do"
            if n + 1 < len(names)
            else "0 0 200 200 re f 1 0 0 rg 10 10 500 700 re f"
        )
        inner = f"/XObject << {names[n + 1]} {100 + n + 1} 0 R >>" if n + 1 < len(names) else ""
        forms.append(
            f"{100 + n} 0 obj\n<< /Type /XObject /Subtype /Form /BBox [0 0 600 800] /Resources << {inner} >> "
            f"/Length {len(drawn)} >>\nstream\n{drawn}\nendstream\nendobj\n"
        )
    head, _, tail = raw.partition(b"xref\n")
    body = (
        head.replace(b"/Resources << /Font", b"/Resources << /XObject << /f0 100 0 R >> /Font", 1)
        + "".join(forms).encode()
    )
    del tail
    return body + b"trailer\n<< /Root 1 0 R >>\n%%EOF\n"


class TestConfinement:
    def test_the_file_is_read_once_for_all_of_its_pages(self, viewer):
        raw, reads = harbour(), []

        def read() -> bytes:
            reads.append(1)
            return raw

        file = PdfFile("harbour", read)
        assert len(viewer.sizes(file)) == 3
        for page in range(3):
            assert viewer.draw(file, page, 400).startswith(b"\x89PNG")
        assert len(reads) == 1
        assert len(viewer.sizes(shown(pdf_of(PdfPage())))) == 1
        viewer.draw(file, 0, 400)
        assert len(reads) == 2

    @pytest.mark.parametrize("name", ["cycle.pdf", "flate.pdf"])
    def test_hostile_files_are_refused_or_drawn_and_the_next_is_shown(self, viewer, name):
        raw = bombs()[name]
        try:
            sizes = viewer.sizes(shown(raw))
            for page in range(min(len(sizes), 2)):
                viewer.draw(shown(raw), page, 2_400)
        except PageError as error:
            said = error.message
        else:
            said = "drawn"
        assert said
        assert "\n" not in said
        assert viewer.draw(shown(harbour()), 0, 400).startswith(b"\x89PNG")

    @pytest.mark.parametrize("damage", range(24))
    def test_damaged_files_never_harm_more_than_their_page(self, viewer, damage):
        raw = bytearray(harbour())
        at = damage * len(raw) // 24
        raw[at : at + 40] = bytes((each * 7 + damage) % 256 for each in raw[at : at + 40])
        file = shown(bytes(raw))
        try:
            sizes = viewer.sizes(file)
            for page in range(len(sizes)):
                viewer.draw(file, page, 400)
                viewer.places(file, page, TEXTS[0], ())
        except PageError as error:
            said = error.what
        else:
            said = "drawn"
        assert said
        assert len(viewer.sizes(shown(harbour()))) == 3

    @pytest.mark.parametrize(
        ("width", "height"), [(14_400, 14_400), (3, 14_400), (14_400, 3), (1e9, 1e9), (0.001, 5_000)]
    )
    def test_huge_pages_are_drawn_within_bounds(self, viewer, width, height):
        file = shown(pdf_of(PdfPage(width=width, height=height)))
        ((wide, high),) = viewer.sizes(file)
        assert wide > 0
        assert high > 0
        try:
            drawn = Image.open(io.BytesIO(viewer.draw(file, 0, 2_400)))
        except PageError:
            return
        assert drawn.width * drawn.height < 12_100_000
        assert max(drawn.size) <= 16_001

    def test_a_page_that_would_never_be_done_is_given_up(self, monkeypatch):
        monkeypatch.setattr("footnote.loaders.page_viewer._SECONDS", 4.0)
        viewer = PageViewer(Settings())
        began = time.monotonic()
        try:
            with pytest.raises(PageError, match=r"took|crashed|bytes"):
                viewer.draw(shown(endless()), 0, 2_400)
            assert time.monotonic() - began < 80
            assert viewer.draw(shown(harbour()), 0, 400).startswith(b"\x89PNG")
        finally:
            viewer.close()

    def test_a_page_that_takes_too_much_memory_is_given_up(self):
        viewer = PageViewer(replace(Settings(), parse_memory_bytes=1))
        try:
            with pytest.raises(PageError):
                viewer.draw(shown(harbour()), 0, 2_400)
        finally:
            viewer.close()

    def test_a_fault_is_kept_so_that_it_is_not_paid_for_again(self, client, monkeypatch):
        calls = []

        def fails(*_: Any) -> bytes:
            calls.append(1)
            raise PageError("this page is damaged and cannot be drawn")

        monkeypatch.setattr(PageViewer, "draw", fails)
        monkeypatch.setattr(PageViewer, "places", fails)
        for _ in range(3):
            assert "damaged" in problem_of(client.get(f"{PAGES}/1.png"), 422)
            assert "damaged" in problem_of(client.get(f"/api/v1/rectangles/{PDF}", params={"span": "0-5"}), 422)
        assert len(calls) == 2

    def test_more_than_a_few_that_wait_are_told_to_come_again(self, client, monkeypatch):
        monkeypatch.setattr(PageViewer, "_answer", lambda *_: pytest.fail("nobody's turn"))
        viewer = PageViewer(Settings())
        while viewer._turns.acquire(blocking=False):
            pass
        with pytest.raises(Busy) as caught:
            viewer.sizes(shown(harbour()))
        assert caught.value.retry_after_seconds == 1

    def test_pictures_are_kept_within_their_bound(self, client, monkeypatch):
        first = client.get(f"{PAGES}/1.png", params={"width": 400}).content
        images = page_images.PageImages(client.engine)
        images._pictures = page_images.LRUCache(len(first) + 10, getsizeof=len)
        document = client.engine.document(PDF)
        try:
            for page in (1, 2, 3):
                assert images.picture(document, page, 400)
            assert images._pictures.currsize <= len(first) + 10
        finally:
            images.viewer.close()

    def test_the_process_ends_with_the_server(self, home):
        from starlette.testclient import TestClient

        with Footnote.open(home / "index", encoder=HashingEncoder()) as engine:
            app = create_app(engine)
            with TestClient(app, base_url="http://127.0.0.1") as opened:
                picture_of(opened.get(f"{PAGES}/1.png"))
                worker = app.state.images.viewer._worker
                assert worker.alive
            assert not worker.alive

"""What a page's styles hide is no text of the page; what a click or a script shows is."""

from __future__ import annotations

import pytest

from loading import read

SEEN = "The harbour opens at six in the morning, and the bridge at seven."


def page(body: str, css: str = "") -> str:
    return f"<html><head><title>T</title><style>{css}</style></head><body><main><h1>Harbour</h1><p>{SEEN}</p>{body}</main></body></html>"


@pytest.mark.parametrize(
    "style",
    [
        "display:none",
        "DISPLAY : none !important",
        "visibility: hidden",
        "font-size:0",
        "font-size: 0.0px",
        "position:absolute; left:-9999px",
        "text-indent:-5000px",
        "color:#fff; background:#ffffff",
        "color: transparent",
    ],
)
def test_text_that_its_own_style_hides_is_left_out_and_told(style: str) -> None:
    document = read("a.html", page(f'<p style="{style}">A secret order.</p>'))
    assert "secret" not in document.text
    assert document.warnings == ("1 stretch of hidden text left out",)


@pytest.mark.parametrize(
    "css",
    [".gone{display:none}", "p.gone { visibility:hidden }", "#it{font-size:0}", "/* x */ .a, .gone{display:none}"],
)
def test_text_that_a_style_sheet_hides_is_left_out_and_told(css: str) -> None:
    document = read("a.html", page('<p class="late gone" id="it">A secret order.</p>', css))
    assert "secret" not in document.text
    assert document.warnings == ("1 stretch of hidden text left out",)


@pytest.mark.parametrize(
    ("style", "css"),
    [
        ("font-size:0.9em", ""),
        ("left:-20px; position:absolute", ""),
        ("color:#fff; background:#000", ""),
        ("opacity:0", ""),
        ("", ".gone .deep{display:none}"),
        ("", "@media print{.gone{display:none}}"),
        ("", ".gone{display:none} .ready .gone{display:block}"),
        ("", ".gone{display:none} .gone:hover{display:block}"),
        ("display:block", ".gone{display:none}"),
    ],
)
def test_text_that_may_be_seen_is_read(style: str, css: str) -> None:
    text = read("a.html", page(f'<p class="gone" style="{style}">A plain order.</p>', css)).text
    assert "A plain order." in text

"""What a page's styles hide is no text of the page; what a click or a script shows is."""

from __future__ import annotations

import pytest

from footnote.loaders.web.visibility import DOUBT
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
        "color:#fff",
        "color: rgb(255 255 255 / 90%)",
        "color:#ffffff00",
        "color:hsl(0, 0%, 99%)",
        "color:oklch(1 0 0)",
        "-webkit-text-fill-color: transparent",
        "color:#fefefe; background:#fff",
        "background:#224 none; color:#224",
        "opacity:0",
        "opacity: 1%",
        "filter: blur(1px) opacity(0)",
        "height:0; overflow:hidden",
        "max-height:0; overflow:hidden",
        "width:1px; height:1px; overflow:clip",
        "position:absolute; clip:rect(0,0,0,0)",
        "position:absolute; clip:rect(1px 1px 1px 1px)",
        "clip-path:inset(50%)",
        "clip-path: circle(0)",
        "font-size:1px",
        "font-size:.01em",
        "font:0/0 a",
        "zoom:0",
        "transform:scale(0)",
        "transform: rotate(4deg) scale(1, 0)",
        "scale:0",
        "transform:translate(-9999px, 0)",
        "translate: 0 -200em",
        "position:absolute; left:9999px",
        "position:fixed; inset:-5000px auto auto 0",
        "position:relative; top:-9999px",
        "position:absolute; left:calc(-9999px)",
        "margin-left:-9999px",
        "display:/**/none",
        "d\\69splay:none",
        "content-visibility:hidden",
    ],
)
def test_text_that_its_own_style_hides_is_left_out_and_told(style: str) -> None:
    document = read("a.html", page(f'<p style="{style}">A secret order.</p>'))
    assert "secret" not in document.text
    assert document.warnings == ("1 stretch of hidden text left out",)


@pytest.mark.parametrize(
    "css",
    [
        ".gone{display:none}",
        "p.gone { visibility:hidden }",
        "#it{font-size:0}",
        "/* x */ .a, .gone{display:none}",
        "main > .gone{display:none}",
        "body main .gone{display:none}",
        "[data-x='a b']{display:none}",
        "p[id^=i]{opacity:0}",
        "@media screen{.gone{display:none}}",
        "@media only screen and (min-width:1px){.gone{display:none}}",
        "@layer x{.gone{display:none}}",
        ".gone{color:#fff}",
        "body{background:#123} main{color:#eee} .gone{color:#123}",
        ".gone{display:none} p{display:block}",
        ".gone{display:none !important} #it{display:block}",
        ".md\\:gone, .late{clip-path:inset(100%)}",
    ],
)
def test_text_that_a_style_sheet_hides_is_left_out_and_told(css: str) -> None:
    document = read("a.html", page('<p class="late gone" id="it" data-x="a b">A secret order.</p>', css))
    assert "secret" not in document.text
    assert document.warnings == ("1 stretch of hidden text left out",)


@pytest.mark.parametrize(
    ("style", "css"),
    [
        ("font-size:0.9em", ""),
        ("left:-20px; position:absolute", ""),
        ("color:#fff; background:#000", ""),
        ("opacity:0.5", ""),
        ("height:0", ""),
        ("max-height:20em; overflow:hidden", ""),
        ("width:0; height:auto", ""),
        ("text-indent:-2em; margin-left:-20px", ""),
        ("transform:translateX(-100%)", ""),
        ("color:#fff; background:url(dark.png)", ""),
        ("color:#fff; background:linear-gradient(#000, #222)", ""),
        ("color:var(--ink)", ""),
        ("color:transparent; background:linear-gradient(red, blue); background-clip:text", ""),
        ("color:#fff", "body{background-color:navy}"),
        ("color:#fff", "main{background:#000 none no-repeat}"),
        ("font-size:10px", "main{font-size:0}"),
        ("", ".gone .deep{display:none}"),
        ("", "section > .gone{display:none}"),
        ("", ".gone[hidden]{display:none}"),
        ("", ".gone::after{display:none}"),
        ("", "@media (max-width:600px){.gone{display:none}}"),
        ("", ".gone{opacity:0} .gone.come{opacity:1}"),
        ("", ".gone{display:none} #x, p.gone{display:block}"),
        ("", "@media print{.gone{display:none}}"),
        ("", ".gone{display:none} .ready .gone{display:block}"),
        ("", ".gone{display:none} .gone:hover{display:block}"),
        ("display:block", ".gone{display:none}"),
    ],
)
def test_text_that_may_be_seen_is_read(style: str, css: str) -> None:
    text = read("a.html", page(f'<p class="gone" style="{style}">A plain order.</p>', css)).text
    assert "A plain order." in text


def test_letters_of_another_colour_or_size_inside_of_unseen_ones_are_read() -> None:
    body = '<div style="color:#fff;font-size:0">Unseen.<p style="color:#000;font-size:12px">Seen.</p> Unseen too.</div>'
    document = read("a.html", page(body))
    assert document.text.endswith("Seen.")
    assert "Unseen" not in document.text
    assert document.warnings == ("1 stretch of hidden text left out",)


def test_old_attributes_of_colour_count() -> None:
    document = read("a.html", page('<p><font color="white">A secret order.</font></p>'))
    assert "secret" not in document.text
    body = '<table><tr><td bgcolor="black"><font color="white">A plain order.</font></td><td>Two</td></tr></table>'
    assert "A plain order." in read("a.html", page(body)).text


@pytest.mark.parametrize(
    ("style", "css"),
    [("", "p:nth-child(2) {display:none}"), ("", "h1 + p + .gone{display:none}"), ("", ".gone:not(.a){opacity:0}")],
)
def test_text_is_told_that_may_be_hidden(style: str, css: str) -> None:
    document = read("a.html", page(f'<p class="gone" style="{style}">A plain order.</p>', css))
    assert "A plain order." in document.text
    assert document.warnings == (DOUBT,)


@pytest.mark.parametrize("css", [".gone{display:none}", ".gone{opacity:0}", ".gone{color:white}"])
def test_most_of_a_page_is_read_and_told(css: str) -> None:
    document = read("a.html", page(f'<div class="gone">{"<p>A plain order.</p>" * 40}</div>', css))
    assert "A plain order." in document.text
    assert document.warnings == (DOUBT,)


@pytest.mark.parametrize(
    "body",
    [
        "<h2>How long?</h2><div style='display:none'><p>A secret order.</p></div>",
        "<h2>How long?</h2><p style='color:#fff;background:#fff'>A secret order.</p>",
        "<dl><dt>How long?</dt><dd hidden>A secret order.</dd></dl>",
        "<div class='answer' hidden><p>A secret order.</p></div>",
        "<div class='faq'><div class='panel' style='display:none'><p>A secret order.</p></div></div>",
        "<div role='tabpanel' hidden><p>A secret order.</p></div>",
    ],
)
def test_what_nothing_opens_is_no_panel(body: str) -> None:
    document = read("a.html", page(body))
    assert "secret" not in document.text
    assert document.warnings == ("1 stretch of hidden text left out",)


@pytest.mark.parametrize(
    "body",
    [
        "<h2><button>How long?</button></h2><div style='display:none'><p>An hour.</p></div>",
        "<h3 class='accordion-header'>How long?</h3><div hidden><p>An hour.</p></div>",
        "<h3 aria-expanded='false'>How long?</h3><section style='height:0;overflow:hidden'><p>An hour.</p></section>",
        "<h3><a role='button' href='#'>How long?</a></h3><div class='outer'><div class='panel' hidden>An hour.</div></div>",
        "<dl><dt onclick='show()'>How long?</dt><dd hidden>An hour.</dd></dl>",
        "<details><summary>How long?</summary><p>An hour.</p></details>",
        "<span aria-controls='x'>How long?</span><p>It rains.</p><div id='x' hidden>An hour.</div>",
    ],
)
def test_what_a_button_opens_is_read(body: str) -> None:
    assert "An hour." in read("a.html", page(body)).text


def test_of_several_panels_whose_tabs_a_script_makes_all_are_read() -> None:
    panels = "<div role='tabpanel'><p>In May it opens at 8:15.</p></div><div role='tabpanel' hidden><p>In June at 7:45.</p></div>"
    page = f"<html><body><main><h1>Pool</h1>{panels}</main></body></html>"
    assert "In June at 7:45." in read("pool.html", page).text

"""Web pages: what a reader sees, or sees after a click; not what leads elsewhere."""

from __future__ import annotations

import pytest

from loading import blocks, read, rows, texts

LONG = (
    "The keeper of the lighthouse writes down the weather every three hours, and the book is kept for twenty years. "
    * 3
)


def page(body: str, head: str = "") -> str:
    return f"<html><head>{head}</head><body>{body}</body></html>"


@pytest.mark.parametrize("name", ["cookies", "sharing", "navigation-rules", "menu", "ads", "footer-notes", "sidebar"])
def test_a_section_is_not_left_out_for_its_name(name: str) -> None:
    body = f'<h1>Guide</h1><section id="{name}"><h2>Part</h2><p>Baking takes an hour at 180 degrees.</p></section>'
    assert texts(read("a.html", page(body))) == ["Guide", "Part", "Baking takes an hour at 180 degrees."]


def test_classes_count_by_whole_words_and_only_without_substance() -> None:
    body = (
        f'<h1>Guide</h1><div class="share-price"><p>A share costs 4 crowns.</p></div><div class="sidebar"><p>{LONG}</p></div>'
        '<div class="sidebar"><a href="/a">One</a><a href="/b">Two</a></div><div class="newsletter"><p>Write to us.</p></div>'
    )
    assert texts(read("a.html", page(body))) == ["Guide", "A share costs 4 crowns.", LONG.strip()]


def test_menus_notices_and_teasers_are_left_out() -> None:
    body = (
        '<div class="cookie-notice"><h2>We value you</h2><p>' + LONG + "</p><button>Accept</button></div>"
        '<ul><li><a href="/">Home</a><li><a href="/n">News</a><li><a href="/c">Contact</a><li><a href="/s">Shop</a></ul>'
        f"<main><h1>Lamp</h1><p>{LONG}</p></main><section><h2>Related articles</h2><div><h3><a href=/x>The horn</a></h3><p>It is loud."
        "</p></div><div><h3><a href=/y>The bell</a></h3><p>It rings.</p></div></section><footer>All rights reserved.</footer>"
    )
    assert texts(read("a.html", page(body))) == ["Lamp", LONG.strip()]


def test_a_section_of_substance_beside_the_main_content_is_kept() -> None:
    body = f"<main><h1>Lamp</h1><p>{LONG}</p></main><section><h2>Visits</h2><p>{LONG}</p></section><div>Top</div>"
    assert texts(read("a.html", page(body))) == ["Lamp", LONG.strip(), "Visits", LONG.strip()]


def test_what_a_click_shows_is_content_under_its_label() -> None:
    body = (
        '<h1>Help</h1><h2><button aria-controls="a">May I park?</button></h2><div id="a" hidden><p>Yes, at night.</p></div>'
        '<button class="accordion">Prices</button><div class="panel" style="display: none"><p>Four crowns.</p></div>'
        '<ul role="tablist"><li role="tab" aria-controls="w">Winter</li></ul><div id="w" role="tabpanel" hidden><p>Closed.</p></div>'
        "<details><summary>Dogs</summary><p>On a lead.</p></details><button>Send</button>"
    )
    assert blocks(read("a.html", page(body))) == [
        "heading1: Help",
        "heading2: May I park?",
        "paragraph: Yes, at night.",
        "heading3: Prices",
        "paragraph: Four crowns.",
        "heading3: Winter",
        "paragraph: Closed.",
        "heading3: Dogs",
        "paragraph: On a lead.",
    ]


def test_other_hidden_text_is_left_out_and_said_to_be() -> None:
    document = read(
        "a.html", page("<p>Seen.</p><span hidden>Planted.</span><div style='display:none'>Planted too.</div>")
    )
    assert texts(document) == ["Seen."]
    assert document.warnings == ("2 stretches of hidden text left out",)


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ('The fee is 25<sup><a href="#n1">1</a></sup> crowns.', "The fee is 25 crowns."),
        ('As shown.<sup class="reference">[12]</sup> Later.', "As shown. Later."),
        ("It is 3 x 10<sup>8</sup> long.", "It is 3 x 10⁸ long."),
        ("Water is H<sub>2</sub>O.", "Water is H₂O."),
        ("The 4<sup>th</sup> of May, x<sup>n+1</sup>.", "The 4th of May, xⁿ⁺¹."),
        ("<ruby>漢<rp>(</rp><rt>kan</rt></ruby>字", "漢(字"),
        (
            "<math><mfrac><mi>a</mi><mi>b</mi></mfrac><mo>=</mo><msup><mi>c</mi><mn>2</mn></msup></math> holds.",
            "a/b = c² holds.",
        ),
        ("The fork\u00adlift and the pal\u200blet.", "The forklift and the pallet."),
    ],
)
def test_lines(source: str, seen: str) -> None:
    assert texts(read("a.html", page(f"<p>{source}</p>"))) == [seen]


def test_cells_with_lists_lines_and_tables() -> None:
    body = (
        "<table><tr><th>Ticket<th>Holds<th>Price</tr><tr><td>Day<td><ul><li>Pool<li>Sauna</ul><td>5<br>crowns</tr>"
        "<tr><td>Year<td><table><tr><td>Pool<td>always</table><td>90 crowns</table>"
    )
    assert rows(read("a.html", page(body))) == [
        ["Ticket", "Holds", "Price"],
        ["Day", "Pool; Sauna", "5 crowns"],
        ["Year", "Pool: always", "90 crowns"],
    ]


def test_a_table_that_lays_out_a_page_is_none() -> None:
    body = f"<table><tr><td><h2>Left</h2><p>{LONG}</p></td><td><h2>Right</h2><p>Short.</p></td></tr></table>"
    assert blocks(read("a.html", page(body)))[0] == "heading2: Left"
    assert rows(read("a.html", page(body))) == []


def test_terms_stand_with_their_definitions() -> None:
    body = f"<dl><dt>Cook</dt><dd>Nils Berg</dd><dt>Guard</dt><dt>Keeper</dt><dd>Iris Lund</dd><dt>Lamp</dt><dd>{LONG}</dd></dl>"
    assert texts(read("a.html", page(body))) == ["Cook | Nils Berg", "Guard, Keeper | Iris Lund", "Lamp", LONG.strip()]


def test_the_article_is_read_from_noscript_only_where_it_is_there() -> None:
    assert texts(read("a.html", page(f"<div>Wait.</div><noscript><p>{LONG}</p></noscript>"))) == ["Wait.", LONG.strip()]
    assert texts(read("a.html", page(f"<p>{LONG}</p><noscript><p>Turn on scripts.</p></noscript>"))) == [LONG.strip()]


@pytest.mark.parametrize("name", ["iso-8859-1", "ISO8859-1", "latin1", "us-ascii", "windows-1252"])
def test_western_encodings_are_read_as_browsers_do(name: str) -> None:
    raw = f'<meta charset="{name}"><p>'.encode() + "The inn’s room – € 95".encode("cp1252") + b"</p>"
    assert texts(read("a.html", raw)) == ["The inn’s room – € 95"]


def test_names_that_programs_put_in_are_nobody() -> None:
    document = read("a.html", page("<p>Text.</p>", "<meta name=author content=admin>"))
    assert document.stated("author") == ""

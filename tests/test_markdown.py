"""Markdown as blocks: what is a block, what of it is seen, and where it stands."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import DATA
from footnote.errors import DocumentError
from footnote.loaders import load_document
from footnote.loaders.markup import load_markdown
from footnote.records import Document
from footnote.settings import Settings
from outlines import check_blocks, outline, shown


def loaded(text: str) -> Document:
    document = load_markdown(text.encode(), "notes.md", Settings())
    check_blocks(document)
    return document


INLINE = [
    ("plain", "plain", []),
    ("a **b** c", "a b c", [("b", "strong")]),
    ("a __b__ c", "a b c", [("b", "strong")]),
    ("a *b* c", "a b c", [("b", "emphasis")]),
    ("a _b_ c", "a b c", [("b", "emphasis")]),
    ("a ***b*** c", "a b c", [("b", "emphasis"), ("b", "strong")]),
    ("**a *b* c**", "a b c", [("a *b* c", "strong"), ("b", "emphasis")]),
    ("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4", []),
    ("**Note:** it rains", "Note: it rains", [("Note:", "strong")]),
    ("it **rains**", "it rains", [("rains", "strong")]),
    ("un**believ**able", "unbelievable", [("believ", "strong")]),
    ("** not strong **", "** not strong **", []),
    ("a `b*c*` d", "a b*c* d", [("b*c*", "code")]),
    ("a ``b`c`` d", "a b`c d", [("b`c", "code")]),
    ("a ` b", "a ` b", []),
    ("see [the page](http://x.org/a_b_c) now", "see the page now", [("the page", "link")]),
    ('see [it](</a b> "title") now', "see it now", [("it", "link")]),
    ("see [**it** all](u) now", "see it all now", [("it** all", "link"), ("it", "strong")]),
    ("see [it][ref] now\n\n[ref]: http://x.org", "see it now", [("it", "link")]),
    ("see [ref] now\n\n[ref]: http://x.org", "see ref now", [("ref", "link")]),
    ("see [it][none] now", "see [it][none] now", []),
    ("array[0] and f(x)", "array[0] and f(x)", []),
    ("before ![an *image*](a.png) after", "before after", []),
    ("at <https://x.org/a> now", "at https://x.org/a now", [("https://x.org/a", "link")]),
    ("at <j@x.org> now", "at j@x.org now", [("j@x.org", "link")]),
    ("a <b>bold</b> word", "a bold word", []),
    ("one<br>two", "one two", []),
    ("3 < 5 and 5 > 3", "3 < 5 and 5 > 3", []),
    ("a <!-- note --> b", "a b", []),
    (r"a \*b\* c \\ \q", r"a *b* c \ \q", []),
    ("fish &amp; chips", "fish & chips", []),
    ("AT&T is & stays", "AT&T is & stays", []),
    ("~~old~~ new, about ~5", "old new, about ~5", []),
    ("one\\\ntwo  \nthree", "one two three", []),
    ("👩‍🔬 **é** 🎉", "👩‍🔬 é 🎉", [("é", "strong")]),
]


@pytest.mark.parametrize(("source", "visible", "styles"), INLINE)
def test_inline_markup_is_hidden(source, visible, styles):
    document = loaded(source)
    assert shown(document) == [visible]
    found = [(style.span.of(document.text), style.kind) for style in document.blocks[0].styles]
    assert sorted(found) == sorted(styles)


BLOCKS = [
    ("# A #\n## B ##\n### C", ["heading1: A", "  heading2: B", "    heading3: C"]),
    ("A\n=\n\nB\nb\n---\n\ntext", ["heading1: A", "  heading2: B b", "    paragraph: text"]),
    ("# A\n\n### B\n\n## C\n\nd", ["heading1: A", "  heading3: B", "  heading2: C", "    paragraph: d"]),
    ("#hash is no heading", ["paragraph: #hash is no heading"]),
    ("one\ntwo\n\nthree", ["paragraph: one two", "paragraph: three"]),
    ("- a\n- b\n\n\n- c", ["list_item1: a", "list_item1: b", "list_item1: c"]),
    ("3) a\n4) b", ["list_item1: a", "list_item1: b"]),
    ("- a\n  - b\n    1. c\n- d", ["list_item1: a", "list_item2: b", "list_item3: c", "list_item1: d"]),
    ("- a\n\n  more of a\n- b", ["list_item1: a more of a", "list_item1: b"]),
    ("- a\n  - b\n\n  after b", ["list_item1: a", "list_item2: b", "paragraph: after b"]),
    ("- # odd\n- [x] done", ["list_item1: odd", "list_item1: [x] done"]),
    ("> one\n> two\nlazy\n>\n> three", ["quote: one two lazy", "quote: three"]),
    ("> - a\n> - b\n>   c", ["list_item1: a", "list_item1: b c"]),
    ("```py\nx = 1\n\ny = 2\n```", ["code: x = 1 y = 2"]),
    ("> ```\n> x\n> y\n> ```", ["code: x y"]),
    ("    indented\n    code\n\ntext", ["code: indented code", "paragraph: text"]),
    ("```\n```\n\na\n\n---\n\nb", ["paragraph: a", "paragraph: b"]),
    ("| A | B |\n|---|:-:|\n| 1 | 2 |\n| 3 | |\n", ["table_header: A B", "table_row: 1 2", "table_row: 3"]),
    ("A|B\n-|-\n1|2\n", ["table_header: A B", "table_row: 1 2"]),
    ("> | A | B |\n> |---|---|\n> | 1 | 2 |", ["table_header: A B", "table_row: 1 2"]),
    ("[a]: http://x.org\n[b]: http://y.org\n 'its title'\n\ntext", ["paragraph: text"]),
    ("<!-- only\n\na comment -->\n\ntext", ["paragraph: text"]),
    ("<div>\nsome <b>bold</b>\ntext\n</div>", ["paragraph: some bold text"]),
    ("<table><tr><td>a</td><td>b</td></tr></table>", ["table_row: a b"]),
    ("![only an image](a.png)\n\ntext", ["paragraph: text"]),
    ("\t\n \ntext\n \n", ["paragraph: text"]),
    (">" * 200 + " deep", ["quote: deep"]),
]


@pytest.mark.parametrize(("source", "expected"), BLOCKS)
def test_blocks(source, expected):
    assert outline(loaded(source)) == expected


def test_a_cell_is_its_text_alone():
    document = loaded("| A \\| a | **B** |  |\n|---|---|---|\n| 1 |  | `x` |\n")
    header, row = document.blocks
    assert [cell.of(document.text) for cell in header.cells] == ["A \\| a", "B", ""]
    assert [cell.of(document.text) for cell in row.cells] == ["1", "", "x"]
    assert row.header == 0


@pytest.mark.parametrize(
    ("source", "lead_ins"),
    [
        ("They are:\n\n- a\n- b", [None, 0, 0]),
        ("They are\n- a", [None, 0]),
        ("These are the following things.\n\n- a", [None, 0]),
        ("It rained.\n\n- a", [None, None]),
        ("# They are:\n\n- a", [None, None]),
        ("Say:\n\n- a\n  - b\n  - c\n- d", [None, 0, 1, 1, 0]),
        ("- a:\n\n  1. b", [None, 0]),
        ("It rained. - lost\n- a", [None, None]),
    ],
)
def test_lead_ins(source, lead_ins):
    assert [block.lead_in for block in loaded(source).blocks] == lead_ins


def test_numbered_lists_are_told_from_bullets():
    assert [b.ordered for b in loaded("1. a\n2. b\n\ntext\n\n- c").blocks] == [True, True, False, False]


def test_announced_bare_lines_are_items():
    wrapped = (
        "This paragraph was wrapped by a program that breaks its lines where the next\nword would not fit, as here.\n\n"
    )
    document = loaded(
        f"{wrapped}You may leave home:\n\nto shop for food\nto see a doctor\nto go to work\n\nAfter that, rest."
    )
    assert outline(document)[1:] == [
        "paragraph: You may leave home:",
        "list_item1: to shop for food",
        "list_item1: to see a doctor",
        "list_item1: to go to work",
        "paragraph: After that, rest.",
    ]
    assert [b.lead_in for b in document.blocks] == [None, None, 1, 1, 1, None]


def test_bare_items_may_stand_in_their_lead_ins_paragraph():
    document = loaded("When they clean, have them:\n**Open** windows.\nWear gloves.\nWash their hands.")
    assert outline(document) == [
        "paragraph: When they clean, have them:",
        "list_item1: Open windows.",
        "list_item1: Wear gloves.",
        "list_item1: Wash their hands.",
    ]
    assert document.blocks[1].styles[0].span.of(document.text) == "Open"


def test_wrapped_prose_after_a_colon_is_no_list():
    text = (
        "He said this much, and not one word more than that, before he went away:\n\n"
        "The sea was calm that day and nobody on the boat could have known what\n"
        "would come, though the old man had warned them twice about the weather\n"
        "and the birds had left."
    )
    assert [b.kind for b in loaded(text).blocks] == ["paragraph", "paragraph"]


def test_front_matter():
    text = "---\ntitle: 'A: b'\nsource: https://x.org\ntags: [a, b]\nlist:\n  - one\n  - two\n# remark\nempty:\n---\n\n# Other\n\ntext\n"
    document = loaded(text)
    assert (document.title, document.source) == ("A: b", "https://x.org")
    assert document.metadata == (("list", "one two"), ("tags", "a, b"))
    assert [b.kind for b in document.blocks] == ["front_matter", "heading", "paragraph"]
    assert document.blocks[0].span.of(text).endswith("\n---")


@pytest.mark.parametrize("text", ["---\nno pair\n---\n\ntext", "---\n\ntext", "text\n---\na: b\n---\n"])
def test_what_only_looks_like_front_matter(text):
    document = loaded(text)
    assert "front_matter" not in [b.kind for b in document.blocks]
    assert document.metadata == ()


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# A **b**\n\ntext", "A b"),
        ("## First\n\ntext\n\n# Top\n", "Top"),
        ("## First\n\ntext", "First"),
        ("text\n\n## Later", "How it works"),
        ("text", "How it works"),
    ],
)
def test_titles(text, title):
    assert load_markdown(text.encode(), "a/how-it_works.md", Settings()).title == title


def test_faq_pairs():
    document = loaded("# T\n\n## Is it safe?\n\nYes.\n\n- mostly\n\n### Why\n\nSo.\n\n## What else\n\nNo.")
    (pair,) = document.faq_pairs()
    assert pair.question.of(document.text) == "Is it safe?"
    assert pair.answer.of(document.text) == "Yes.\n\n- mostly\n\n### Why\n\nSo."


def test_html_is_text_without_its_tags():
    document = load_document(DATA / "html-looking.md", document_id="html-looking.md", settings=Settings())
    check_blocks(document)
    assert outline(document, 50) == [
        "heading1: Tags & traps",
        '  paragraph: A bold claim, a alert("no") and 3 < 5 > 2.',
        "  paragraph: First stretch.",
        "  paragraph: Second stretch.",
        "  heading2: A heading in HTML",
        "    list_item1: one thing",
        "    list_item1: another thing",
        "    paragraph: <i>code</i> and & and <escaped>. One two.",
    ]


MARKDOWN = st.lists(
    st.sampled_from(
        "# ,## ,- ,1. ,> ,    ,  ,```,| a | b |,|---|---|,**,*,_,`,[,](u),![,<b>,</b>,<!--,-->,&amp;,\\,~~,---,===,:,word,two words,"
        "é,\u0301,😀,\n,\n\n,\n,\n, ,[r]: x,[r]".split(",")
    ),
    max_size=40,
).map("".join)


@given(MARKDOWN.filter(str.strip))
def test_any_markdown_gives_sound_blocks(text):
    try:
        document = loaded(text)
    except DocumentError:
        assert not re.search(r"(?m)^word", text)
        return
    # Nothing that is to be read is lost: only images, comments, definitions and the names of code's languages are unseen.
    if not any(mark in text for mark in ("![", "<!--", "[r]: x", "```", "|---|---|", "<b>", "</b>")):
        assert "".join(b.span.of(text) for b in document.blocks).count("é") == text.count("é")

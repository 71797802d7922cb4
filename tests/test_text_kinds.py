"""Further kinds: front matter, conversations, divided words, slides, mails, markup, logs, code, and text of any suffix."""

from __future__ import annotations

import json

import pytest

from footnote.errors import DocumentError
from loading import blocks, read, rows, texts
from office_files import packed, relations

A = "http://schemas.openxmlformats.org/drawingml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"


@pytest.mark.parametrize(
    "front",
    [
        '+++\ntitle = "Hire"\nauthor = "Signe"\ndate = 2022-06-01\n[more]\nx = 1\n+++\n',
        '---\n"title": Hire\n\'author\': "Signe"\ndate: 2022-06-01\n---\n',
        "\n\n---\ntitle: Hire\nauthors: [Signe]\npublished: 2022-06-01\n---\n",
        '{"title": "Hire", "author": ["Signe"], "date": "2022-06-01"}\n',
    ],
)
def test_front_matter(front: str) -> None:
    document = read("a.md", f"{front}\nA boat costs 9 crowns.\n")
    assert blocks(document)[1:] == ["paragraph: A boat costs 9 crowns."]
    assert document.blocks[0].kind == "front_matter"
    assert (document.title, document.stated("author"), document.stated("date")) == ("Hire", "Signe", "2022-06-01")


@pytest.mark.parametrize(
    "text", ["+++\nno toml\n+++\n\nText.\n", '{"title": "x"} goes on\n', "{{ macro }}\n\nText.\n", "--- \n\nText.\n"]
)
def test_what_is_no_front_matter_stays_text(text: str) -> None:
    assert all(block.kind != "front_matter" for block in read("a.md", text).blocks)


@pytest.mark.parametrize(
    "lines",
    [
        ("[12/05/24, 10:02] Kim: {}", "[12/05/24, 10:03] Lee: {}"),
        ("KIM: {}", "LEE: {}"),
        ("12/05/24, 10:02 - Kim Berg: {}", "12/05/24, 10:03 - Lee: {}"),
        ("00:01:02 Interviewer: {}", "00:01:09 Guest: {}"),
    ],
)
def test_a_question_and_what_is_said_next_belong_together(lines: tuple[str, str]) -> None:
    said = [("Who brings the tent?", "Robin does."), ("Where do we meet?", "At the well.\nNot before six.")]
    text = "\n".join(f"{lines[0].format(q)}\n{lines[1].format(a)}" for q, a in said) + "\n"
    document = read("chat.txt", text)
    pairs = [(pair.question.of(document.text), pair.answer.of(document.text)) for pair in document.faq_pairs()]
    assert [(q.endswith(asked), a.endswith(told)) for (q, a), (asked, told) in zip(pairs, said, strict=True)] == [
        (True, True)
    ] * 2
    assert document.title == "Chat"


def test_names_of_parts_are_no_answers() -> None:
    text = "Q: May I park?\nA: At night.\n\nPrices\n\nQ: What is the fee?\nA: Four crowns.\n"
    document = read("faq.txt", text)
    assert [pair.answer.of(document.text).split("\n")[0] for pair in document.faq_pairs()] == [
        "A: At night.",
        "A: Four crowns.",
    ]
    assert "Prices" in texts(document)


def test_fields_of_a_form_are_no_conversation() -> None:
    document = read("a.txt", "Name: Olga\nRoom: 214\nShift: late\nAny wishes: is there tea?\nDesk: 4\n")
    assert document.faq_pairs() == ()


def test_words_divided_at_the_ends_of_lines_are_one() -> None:
    text = (
        "The board decided in May that all mem-\nbers of the club pay the con-\ntribution of 35 crowns, to be\n"
        "paid at the desk. Self-\nservice is not offered, and a well-\nknown rule says that nobody en-\nters without a card.\n"
    )
    document = read("a.txt", text)
    assert document.text == text
    shown = texts(document)[0]
    assert all(word in shown for word in ("members", "contribution", "enters", "Self- service"))


def test_utf_16_without_a_mark() -> None:
    text = "The lift carries nine persons. Größe: 4 m.\n"
    for encoding in ("utf-16-le", "utf-16-be"):
        document = read("a.txt", text.encode(encoding))
        assert document.text == text
        assert document.warnings == (f"encoding guessed as {encoding}",)


def test_tables_in_html_inside_markdown() -> None:
    source = "# A\n\n<table>\n<tr><th>Day</th><th>Hour</th></tr>\n<tr><td>May</td><td><b>7</b>:00</td></tr>\n</table>\n\nEnd."
    document = read("a.md", source)
    assert rows(document) == [["Day", "Hour"], ["May", "7</b>:00"]]
    assert texts(document) == ["A", "Day | Hour", "May | 7:00", "End."]
    assert texts(read("a.md", "The fee is 35<sup>2</sup> crowns.")) == ["The fee is 35 2 crowns."]


def shape(kind: str, *lines: str) -> str:
    said = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in lines)
    return f"<p:sp><p:nvSpPr><p:nvPr>{f'<p:ph {kind}/>' if kind else ''}</p:nvPr></p:nvSpPr><p:txBody>{said}</p:txBody></p:sp>"


def slide(*shapes: str, show: str = "") -> str:
    return f'<p:sld xmlns:p="{P}" xmlns:a="{A}" {show}><p:cSld><p:spTree>{"".join(shapes)}</p:spTree></p:cSld></p:sld>'


def test_slides() -> None:
    cells = [
        f"<a:tc><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>"
        for text in ("Hall", "Seats", "East", "12")
    ]
    lines = f"<a:tr>{''.join(cells[:2])}</a:tr><a:tr>{''.join(cells[2:])}</a:tr>"
    table = f"<p:graphicFrame><a:tbl><a:tblPr firstRow='1'/>{lines}</a:tbl></p:graphicFrame>"
    listed = "".join(f'<p:sldId xmlns:r="urn:r" r:id="r{n}"/>' for n in (2, 1, 3))
    raw = packed(
        {
            "_rels/.rels": relations(("officeDocument", "ppt/p.xml")),
            "ppt/p.xml": f'<p:presentation xmlns:p="{P}">{listed}</p:presentation>',
            "ppt/_rels/p.xml.rels": relations(("slide", "s1.xml"), ("slide", "s2.xml"), ("slide", "s3.xml")),
            "ppt/s1.xml": slide(table),
            "ppt/s2.xml": slide(
                shape('type="body"', "Bring a coat.", "Bring a lamp."),
                shape('type="title"', "The trip"),
                shape('type="sldNum"', "7"),
            ),
            "ppt/s3.xml": slide(shape("", "Secret."), show='show="0"'),
            "ppt/_rels/s2.xml.rels": relations(("notesSlide", "n.xml")),
            "ppt/n.xml": slide(shape('type="body"', "Say hello first.")),
        }
    )
    document = read("a.pptx", raw)
    assert blocks(document) == [
        "heading2: The trip",
        "list_item: Bring a coat.",
        "list_item: Bring a lamp.",
        "paragraph: Say hello first.",
        "table_header: Hall | Seats",
        "table_row: East | 12",
    ]
    assert document.page_of(document.text.index("East")) == 2
    assert document.warnings == ("1 hidden slide left out",)


def test_mails() -> None:
    raw = (
        b"From: Ida Quay <ida@harbour.example>\r\nSubject: =?utf-8?q?Caf=C3=A9?=\r\nDate: Mon, 6 May 2024 10:00:00 +0200\r\n"
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n'
        b"<p>It opens at nine.</p>\r\n--x\r\nContent-Disposition: attachment; filename=plan.pdf\r\n\r\n%PDF\r\n--x--\r\n"
    )
    document = read("a.eml", raw)
    assert document.title == "Café"
    assert (document.stated("author"), document.stated("date")) == ("Ida Quay", "2024-05-06")
    assert texts(document)[-1] == "It opens at nine."
    assert document.warnings == ("attachments left out: plan.pdf",)
    with pytest.raises(DocumentError, match="no mail"):
        read("a.eml", b"just words\n")


RST = """
====
Boat
====

Hire
----

A boat costs :strong:`9 crowns` (see `the list <https://x.example>`_).

.. note::
   Bring a coat.

.. image:: boat.png

Run this::

    row --fast

+------+-------+
| Hall | Seats |
+======+=======+
| East | 12    |
+------+-------+
"""
ADOC = """= Boat
:author: Ida Quay

== Hire

A boat costs `9` crowns, see link:list.html[the list].

* with oars
** two of them

.Halls
|===
|Hall |Seats

|East |12
|===

----
row --fast
----
"""


def test_markup_of_other_kinds() -> None:
    assert blocks(read("a.rst", RST)) == [
        "heading1: Boat",
        "heading2: Hire",
        "paragraph: A boat costs 9 crowns (see the list).",
        "paragraph: Note",
        "paragraph: Bring a coat.",
        "paragraph: Run this:",
        "code: row --fast",
        "table_header: Hall | Seats",
        "table_row: East | 12",
    ]
    document = read("a.adoc", ADOC)
    assert blocks(document) == [
        "heading1: Boat",
        "heading2: Hire",
        "paragraph: A boat costs 9 crowns, see the list.",
        "list_item: with oars",
        "list_item: two of them",
        "paragraph: Halls",
        "table_header: Hall | Seats",
        "table_row: East | 12",
        "code: row --fast",
    ]
    assert document.stated("author") == "Ida Quay"


def test_logs_code_and_text_of_any_suffix() -> None:
    log = "2024-05-02 07:03:40 ERROR door 9 does not close:\n  the spring is broken\n2024-05-02 07:20:05 INFO door 9 closes\n"
    assert len(texts(read("a.log", log))) == 2
    code = read("keys.py", "def open():\n    return 'yes'\n\n\nDOORS = 9\n")
    assert [block.kind for block in code.blocks] == ["code", "code"]
    assert code.title == "keys.py"
    assert texts(read("a.notes", "Door 9 is closed.\n")) == ["Door 9 is closed."]
    with pytest.raises(DocumentError, match="not text"):
        read("a.notes", bytes(range(32)) * 50)
    with pytest.raises(KeyError):
        read("a.jpg", b"x")


def test_structured_text() -> None:
    assert texts(read("a.json", '{"hall": "East", "halls": [{"title": "West", "text": "Has 30 seats."}]}')) == [
        "hall: East",
        "halls",
        "West",
        "Has 30 seats.",
    ]
    xml = "<r><title>Halls</title><hall><name>East</name><about>It has <b>twelve</b> seats.</about></hall></r>"
    assert texts(read("a.xml", xml)) == ["Halls", "name: East", "It has twelve seats."]
    srt = "1\n00:00:01,000 --> 00:00:02,000\n<i>The hall</i>\n\n2\n00:00:02,000 --> 00:00:03,000\nhas seats.\n"
    assert texts(read("a.srt", srt)) == ["The hall has seats."]
    cells = [{"cell_type": "markdown", "source": ["# Halls\n", "Two."]}, {"cell_type": "code", "source": "x = 1"}]
    assert blocks(read("a.ipynb", json.dumps({"cells": cells}))) == [
        "heading1: Halls",
        "paragraph: Two.",
        "code: x = 1",
    ]

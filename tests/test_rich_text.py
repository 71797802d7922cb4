"""Rich text: what its groups, words and code pages say is text, and what is not."""

from __future__ import annotations

import pytest

from loading import blocks, read, rows, texts


def rtf(body: str, head: str = "") -> bytes:
    return ("{\\rtf1\\ansi\\ansicpg1252" + head + body + "}").encode("latin-1")


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        (r"Plain \b bold\b0  text.", "Plain bold text."),
        (r"Caf\'e9 \u8364?90 \ldblquote so\rdblquote", "Café €90 “so”"),
        (r"{\uc2\u8211\'20\'2dtwo}", "–two"),
        (r"\u-10179?\u-8704?", "😀"),
        (r"Kept {\deleted gone}{\v hidden} text", "Kept text"),
        (r"{\field{\*\fldinst HYPERLINK x}{\fldrslt the link}}", "the link"),
        (r"{\header top}{\pict\wmetafile8 0102}Body{\*\unknownthing no}", "Body"),
        (r"A fee of 25{\super 3}", "A fee of 25³"),
        (r"\{braces\} and \\", "{braces} and \\"),
        (r"{\bin5 }}}}}after", "after"),
        (r"soft\-ened no\~break", "softened no break"),
        (r"{\*\shpinst{\shptxt In a box.}}", "In a box."),
        (r"{\fonttbl{\f0\fcharset204 Arial;}}\f0 \'ff\'e1", "яб"),
    ],
)
def test_text(source: str, seen: str) -> None:
    assert (
        " ".join(texts(read("a.rtf", rtf(source + r"\par Second line follows it here.\par"))))[: len(seen) + 1].strip()
        == seen
    )


def test_tables_keep_their_cells_and_merges() -> None:
    three, two = r"\cellx1000\cellx2000\cellx3000 \intbl ", r"\cellx1000\cellx3000 \intbl "
    body = (
        rf"\trowd{three}Flat\cell Tenant\cell Rent\cell\row \trowd\clvmgf{three}East\cell Ada\cell 90\cell\row"
        rf"\trowd\clvmrg{three}\cell Bo\cell 80\cell\row \trowd{two}West\cell free\cell\row \pard After.\par"
    )
    document = read("a.rtf", rtf(body))
    assert rows(document) == [["Flat", "Tenant", "Rent"], ["East", "Ada", "90"], ["East", "Bo", "80"], ["West", "free"]]
    assert texts(document)[-1] == "After."


def test_styles_lists_and_notes() -> None:
    head = r"{\stylesheet{\s1 heading 1;}{\s2\outlinelevel1 Own;}}{\info{\title Rent}{\author Ida Quay}{\creatim\yr2024\mo5\dy3}}"
    body = (
        r"\pard\s1 Duties\par\pard\s2 Money\par\pard Pay in May.{\footnote Or June.}\par"
        r"\pard{\listtext (a)\tab}in full\par{\listtext (b)\tab}in time\par\pard Ends.\par"
    )
    document = read("a.rtf", rtf(body, head))
    assert blocks(document) == [
        "heading1: Duties",
        "heading2: Money",
        "paragraph: Pay in May.",
        "paragraph: Or June.",
        "list_item: (a) in full",
        "list_item: (b) in time",
        "paragraph: Ends.",
    ]
    assert (document.title, document.stated("author"), document.stated("date")) == ("Rent", "Ida Quay", "2024-05-03")

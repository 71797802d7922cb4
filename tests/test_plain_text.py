"""Plain text: which lines are headings, on which level, and what is never one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import DATA
from footnote.loaders import load_document
from footnote.loaders.outline import asks
from footnote.loaders.plain import load_plain_text
from footnote.records import Document
from footnote.settings import Settings
from outlines import check_blocks, outline, squeezed


def loaded(text: str, name: str = "some-notes.txt") -> Document:
    document = load_plain_text(text.encode(), name, Settings())
    check_blocks(document)
    return document


def from_file(name: str) -> Document:
    document = load_document(DATA / name, document_id=name, settings=Settings())
    check_blocks(document)
    return document


def test_an_article_without_title_and_blank_lines():
    document = from_file("how-do-bees-make-honey.txt")
    assert document.title == "How do bees make honey"
    assert outline(document, 22) == [
        "paragraph: Bees make honey mainly",
        "heading2: The Work of the Hive",
        "  paragraph: Honey is a rare food t",
        "  paragraph: At the heart of the wo",
        "heading2: Plants That Bees Visit",
        "  paragraph: Bees visit many plants",
        "  heading3: Lime Trees",
        "    paragraph: Lime trees flower in J",
        "    paragraph: A single tree can feed",
        "  heading3: Heather",
        "    paragraph: Heather flowers late i",
        "heading2: Ways of Taking Honey",
        "  paragraph: How honey is taken dep",
        "  heading3: Spinning",
        "    paragraph: Spinning is the most c",
        "  heading3: Pressing",
        "    paragraph: The comb is crushed an",
        "    table_header: Method Advantages Disa",
        "    table_row: Spinning Quick; the co",
        "    table_row: Pressing (by hand) Che",
        "heading2: Possible Dangers",
        "  paragraph: Most visitors come to",
        "  list_item1: Stings: Many visitors",
        "  list_item1: Smoke: Some keepers co",
        "  list_item1: Falls: Full frames are",
        "  paragraph: Most stings heal withi",
        "heading2: The Place of Honey in",
        "  paragraph: The return of honey ma",
        "heading2: Key Takeaways: How Do",
        "  list_item1: Bees gather nectar.",
        "  list_item1: They dry it with their",
        "  list_item1: It keeps for years.",
        "heading2: Frequently Asked Quest",
        "  heading3?: How do bees make honey",
        "    paragraph: Bees pass nectar from",
        "    paragraph: This takes a few days",
        "  heading3?: Can honey spoil?",
        "    paragraph: Yes, wet honey can fer",
        "heading2: Conclusion – How Do Be",
        "  paragraph: How do bees make honey",
        "  paragraph: As more people keep be",
    ]
    lead_ins = [document.blocks[b.lead_in].span for b in document.blocks if b.lead_in is not None]
    assert len(lead_ins) == 3
    assert all(span.of(document.text).endswith("Commonly reported dangers include:") for span in lead_ins)
    rows = [b for b in document.blocks if b.kind == "table_row"]
    assert [cell.of(document.text) for cell in rows[0].cells] == [
        "Spinning",
        "Quick; the comb stays whole.",
        "Needs a machine; heather will not spin.",
    ]


def test_numbered_headings_over_labelled_items():
    document = from_file("sourdough-overview.txt")
    assert document.title == "Sourdough overview"
    headings = [line for line in outline(document, 40) if "heading" in line]
    assert headings == [
        "heading2: 1. What Goes In:",
        "heading2: 2. How It Rises:",
        "heading2: 3. Shapes and Baking:",
        "heading2: 4. Faults:",
        "heading2: 5. New Research:",
        "heading2: Reviews",
    ]
    assert outline(document, 40)[-1] == "  paragraph: There are no reviews yet."
    assert [b.kind for b in document.blocks].count("list_item") == 10


def test_a_wrapped_novel():
    assert outline(from_file("lighthouse-novel.txt"), 28) == [
        "heading1: The Keeper of the North Ligh",
        "  paragraph: by A. N. Other",
        "  heading2: CHAPTER I. THE ARRIVAL",
        "    paragraph: It was a dark evening when t",
        '    paragraph: "What is it?"',
        '    paragraph: "Nobody," said a voice from',
        "  heading2: CHAPTER II. THE LETTER",
        "    paragraph: In the morning a letter lay",
        "    paragraph: THE END",
    ]


def test_a_wrapped_and_indented_specification():
    assert [line for line in outline(from_file("greeting-protocol.txt"), 40) if "paragraph" not in line] == [
        "heading2: A Simple Way to Greet a Server",
        "  heading3: Abstract",
        "heading2: 1. Introduction",
        "heading2: 2. The Greeting",
        "  heading3: 2.1. Syntax",
        "    list_item1: a word that greets,",
        "    list_item1: a name, which may be left out when the s",
        "heading2: 3. Security",
    ]


OUTLINES = {
    "title, then paragraphs set apart": (
        "Basel\n\nBasel is a city on the Rhine. It has a port.\n\nIts airport stands on French ground.",
        ["heading1: Basel", "  paragraph: Basel is a city on the Rhine.", "  paragraph: Its airport stands on French"],
    ),
    "sections set apart": (
        "Basel\n\nIt is a city on the Rhine.\n\nHistory\n\nIt was founded by a duke.\n\nSights\n\nIt has an old church.",
        [
            "heading1: Basel",
            "  paragraph: It is a city on the Rhine.",
            "  heading2: History",
            "    paragraph: It was founded by a duke.",
            "  heading2: Sights",
            "    paragraph: It has an old church.",
        ],
    ),
    "only questions": (
        "What is a tide?\nThe sea rises and falls.\nHow often does it come?\nTwice a day.\nIs it dangerous?\nIt can be.",
        [
            "heading2?: What is a tide?",
            "  paragraph: The sea rises and falls.",
            "heading2?: How often does it come?",
            "  paragraph: Twice a day.",
            "heading2?: Is it dangerous?",
            "  paragraph: It can be.",
        ],
    ),
    "a poem": (
        "The Owl\n\nThe owl sat on the wall\nAnd looked at the moon\nIt made no sound at all\nIt would be morning soon",
        [
            "heading1: The Owl",
            "  paragraph: The owl sat on the wall",
            "  paragraph: And looked at the moon",
            "  paragraph: It made no sound at all",
            "  paragraph: It would be morning soon",
        ],
    ),
    "fields, a list of steps, a last line": (
        "Meeting Notes\n\nWith: Ann, Bo\nDate: 2024-05-01\n\nNext steps:\n\n1. Call the yard\n2. Paint it\n3. Launch\n\nBring gloves.",
        [
            "heading1: Meeting Notes",
            "  paragraph: With: Ann, Bo",
            "  paragraph: Date: 2024-05-01",
            "  paragraph: Next steps:",
            "  list_item1: Call the yard",
            "  list_item1: Paint it",
            "  list_item1: Launch",
            "  paragraph: Bring gloves.",
        ],
    ),
    "headings marked as in Markdown": (
        "# Garden\n\nIntro here.\n\n## Soil\n\nSand drains fast.\n\nTools\n-----\n\nA spade will do.",
        [
            "heading1: Garden",
            "  paragraph: Intro here.",
            "  heading2: Soil",
            "    paragraph: Sand drains fast.",
            "  heading2: Tools",
            "    paragraph: A spade will do.",
        ],
    ),
    "capitals over plain headings": (
        "PART ONE\nBasics\nThis is how it begins.\nMore\nThis is how it goes on.\nPART TWO\nEnds\nThis is how it ends.",
        [
            "heading2: PART ONE",
            "  heading3: Basics",
            "    paragraph: This is how it begins.",
            "  heading3: More",
            "    paragraph: This is how it goes on.",
            "heading2: PART TWO",
            "  heading3: Ends",
            "    paragraph: This is how it ends.",
        ],
    ),
    "as many as were announced": (
        "Kinds\nThere are two kinds:\nHard Ones\nThey are hard.\nSoft Ones\nThey are soft.\nUses\nThey are used daily.",
        [
            "heading1: Kinds",
            "  paragraph: There are two kinds:",
            "  heading2: Hard Ones",
            "    paragraph: They are hard.",
            "  heading2: Soft Ones",
            "    paragraph: They are soft.",
            "  heading2: Uses",
            "    paragraph: They are used daily.",
        ],
    ),
    "nested bullets": (
        "Bring these:\n* a pan\n  - of iron\n  - or of steel\n* a spoon",
        [
            "paragraph: Bring these:",
            "list_item1: a pan",
            "list_item2: of iron",
            "list_item2: or of steel",
            "list_item1: a spoon",
        ],
    ),
    "one line": ("Just one line without anything", ["paragraph: Just one line without anythin"]),
}


@pytest.mark.parametrize("name", OUTLINES)
def test_outlines(name):
    text, expected = OUTLINES[name]
    assert outline(loaded(text), 29) == [line[: line.index(":") + 31].rstrip() for line in expected]


BODY = "This is a paragraph that is long enough to stand under a heading, and it ends as sentences do."
NEVER = [
    "We went to the sea in the morning",
    "It rained.",
    "He was late and the train had gone",
    "and so it went on",
    "“Who goes there”",
    "Smith, Jones, and",
    "a small thing",
    "The meeting of the council was moved to the first Monday of the month of May this year",
    "12.5 %",
    "Yes!",
    "Name      Amount      Price",
    "It is cold. Bring a coat",
    "The name of the",
    "R",
    "In 1850 Ada Brown, Grocer and Daughter of the Second Mayor of Hill Town",
]


@pytest.mark.parametrize("line", NEVER)
def test_never_a_heading(line):
    text = f"{BODY}\n{line}\n{BODY}\nA Real Heading\n{BODY}"
    assert [b.span.of(text) for b in loaded(text).blocks if b.kind == "heading"] == ["A Real Heading"]


ALWAYS = [
    "Side Effects",
    "Side effects",
    "What to Expect",
    "How It Works",
    "3. Results",
    "1.2 Scope",
    "APPENDIX",
    "Who needs it?",
    "Chapter 7",
]


@pytest.mark.parametrize("line", ALWAYS)
def test_always_a_heading(line):
    text = f"{BODY}\n{line}\n{BODY}\n{BODY}"
    assert [b.span.of(text) for b in loaded(text).blocks if b.kind == "heading"] == [line]


@pytest.mark.parametrize(
    ("heading", "answer"),
    [
        ("How long does it last?", True),
        ("How long does it last", True),
        ("What causes pain", True),
        ("Who is at risk", True),
        ("When to see a doctor", True),
        ("What symptoms are common", True),
        ("Q3. Is it safe?", True),
        ("COVID-19: what should I do?", True),
        ("How ketchup is made", False),
        ("What we do", False),
        ("Is it safe", False),
        ("Safety", False),
        ("Conclusion – how does it work?", False),
        ("Key Takeaways: How Does It Work?", False),
        ("Frequently Asked Questions", False),
    ],
)
def test_what_asks(heading, answer):
    assert asks(heading) is answer


def test_bare_bars_are_no_table():
    assert [b.kind for b in loaded(f"{BODY}\nyes | no\n{BODY}").blocks] == ["paragraph", "paragraph", "paragraph"]


@given(
    st.lists(
        st.sampled_from(
            ["A Heading", "a line of text", "It is a sentence.", "- item", "1. item", "2. Name:", "Is it so?", "| a | b |", "|---|---|", "",
             "", "   indented", "LOUD WORDS", "They are:", "====", "# Mark", "😀", "e\u0301"]
        ),
        min_size=1,
        max_size=25,
    )
)  # fmt: skip
def test_any_text_gives_sound_blocks_that_hold_its_words(lines):
    text = "\n".join(lines)
    if not any(c.isalnum() or c == "😀" for c in text):
        return  # rules only
    document = loaded(text)
    covered = squeezed("".join(b.span.of(text) for b in document.blocks))
    for line, marker in ((line, line.split(" ")[0]) for line in lines if any(c.isalpha() for c in line)):
        kept = line.removeprefix(marker) if marker in {"-", "1.", "2.", "#", "|"} else line
        assert squeezed(kept).strip("|") in covered

"""What a document costs after it was read: about linear in its size, whatever it is made of."""

from __future__ import annotations

import gc
import json
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import HashingEncoder
from footnote.indexing.building import inputs_of
from footnote.loaders import SUFFIXES
from footnote.records import Block, Document, Passage, Span, Style
from footnote.server.layout import document_layout, runs, span_layout
from footnote.settings import Settings
from footnote.splitting import split_document
from promises import sized

MOST_RATIO = 2.6
"""For twice the size; quadratic work gives 4."""
ENOUGH_SECONDS = 0.04
"""Below it a clock says more of the machine than of the work."""
CHARS = sized(20_000, 200_000)
"""Of the smaller of two documents."""
TRIES = (1, 3, 5)
"""Runs of each try; the next one only where the last was too slow."""

GENERATORS: dict[str, Callable[[int], str]] = {
    "bold.md": lambda n: "**a** " * n,
    "code.md": lambda n: "`a` " * n,
    "links.md": lambda n: "[a](b) " * n,
    "entities.md": lambda n: "&amp; " * n,
    "escapes.md": lambda n: "\\* " * n,
    "emphasis.md": lambda n: "_a_ " * n,
    "autolinks.md": lambda n: "<http://a.b> " * n,
    "quote.md": lambda n: "> a line\n" * n,
    "row.md": lambda n: "|" + "a|" * n + "\n|" + "-|" * n + "\n|" + "**b**|" * n + "\n",
    "rows.md": lambda n: "|a|b|\n|-|-|\n" + "|*c*|d|\n" * n,
    "short-rows.md": lambda n: "|" + "a|" * n + "\n|" + "-|" * n + "\n" + "|b|\n" * min(n, 300),
    "one-heading.md": lambda n: "a\n" * n + "===\n\nThe text.\n",
    "headings.md": lambda n: "# a\n\n## b\n\ntext\n\n" * n,
    "under-one-heading.md": lambda n: "# " + "word " * n + "\n\n" + "## b\n\nSome text stands here.\n\n" * (n // 8),
    "items.md": lambda n: "- a **b**\n" * min(n, 20_000),
    "sentences.md": lambda n: "It *is* so. " * n,
    "brackets.txt": lambda n: "(a. B " * n,
    "lines.txt": lambda n: "A line of text\n" * n,
    "dots.txt": lambda n: "a. " * n,
    "word.txt": lambda n: "a" * n,
    "bold.html": lambda n: "<p>" + "<b>a</b> " * n + "</p>",
    "row.html": lambda n: "<table><tr>" + "<th>a</th>" * n + "</tr><tr>" + "<td><i>b</i></td>" * n + "</tr></table>",
    "long-column.html": lambda n: (
        f"<table><tr><th>{'w ' * n}</th></tr>" + "<tr><td>b</td></tr>" * (n // 8) + "</table>"
    ),
    "row.csv": lambda n: "a," * n + "a\n" + "b," * n + "b\n",
    "rows.csv": lambda n: "a,b\n" + "c,d\n" * n,
    "rows.jsonl": lambda n: '{"title": "a", "text": "It is so."}\n' * n,
}


def loaded(name: str, size: int) -> Document:
    suffix = name[name.rindex(".") :]
    return SUFFIXES[suffix](GENERATORS[name](size).encode(), name, Settings(document_max_chars=10**7))


def split(document: Document) -> tuple[Passage, ...]:
    return split_document(document, count_tokens=HashingEncoder().count_tokens, settings=Settings())


def stages(document: Document, load: Callable[[], object]) -> Iterator[tuple[str, Callable[[], object]]]:
    yield "load", load
    passages = split(document)
    yield "split", lambda: split(document)
    yield "inputs", lambda: [inputs_of(document, passage) for passage in passages]
    yield "layout", lambda: json.dumps(document_layout(document))
    yield "span", lambda: [span_layout(document, passage.span) for passage in passages[:2]]
    yield "visible", lambda: [document.visible(passage.span) for passage in passages]


def seconds(work: Callable[[], object], times: int) -> float:
    """Median processor time of some runs, of this thread alone; without the collector, which looks at all there is."""
    found = []
    gc.disable()
    try:
        for _ in range(times):
            began = time.thread_time()
            work()
            found.append(time.thread_time() - began)
    finally:
        gc.enable()
    return statistics.median(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", GENERATORS)
def test_twice_as_much_costs_about_twice(name: str) -> None:
    size = 1_000 * CHARS // len(GENERATORS[name](1_000))
    once, twice = loaded(name, size), loaded(name, 2 * size)
    loads = [partial(loaded, name, each) for each in (size, 2 * size)]
    for (stage, work), (_, more_work) in zip(stages(once, loads[0]), stages(twice, loads[1]), strict=True):
        # One good try will do: another program can make the smaller one look cheap, never the larger one.
        ratios: list[float] = []
        for times in TRIES:
            took = seconds(more_work, times)
            ratios.append(took / max(seconds(work, times), ENOUGH_SECONDS / MOST_RATIO))
            if ratios[-1] <= MOST_RATIO:
                break
        assert min(ratios) <= MOST_RATIO, f"{stage} of {2 * size}: {ratios}"


def pieces_by_definition(text: str, span: Span, block: Block) -> list[dict[str, Any]]:
    """The pieces of ``runs``, each found by looking at everything."""
    edges = {span.start, span.end}
    for each in (*block.hidden, *(style.span for style in block.styles)):
        edges |= {at for at in (each.start, each.end) if span.start < at < span.end}
    found = []
    for start, end in pairwise(sorted(edges)):
        piece = Span(start, end)
        if not any(gap.overlaps(piece) for gap in block.hidden):
            kinds = {style.kind for style in block.styles if len(style.span) and style.span.contains(piece)}
            found.append({"start": start, "text": text[start:end], "styles": sorted(kinds)})
    return found


@st.composite
def blocks(draw: st.DrawFn) -> tuple[str, Block, list[Span]]:
    length = draw(st.integers(1, 40))
    offsets = st.integers(0, length)

    def spans(most: int) -> list[Span]:
        edges = sorted(draw(st.lists(offsets, max_size=2 * most, unique=True)))
        return [Span(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False)]

    pairs = draw(st.lists(st.tuples(offsets, offsets, st.sampled_from(["strong", "emphasis", "link"])), max_size=6))
    styles = tuple(Style(Span(min(a, b), max(a, b)), kind) for a, b, kind in pairs)
    whole = Span(0, length)
    return "x" * length, Block("paragraph", whole, hidden=tuple(spans(5)), styles=styles), spans(4) or [whole]


@given(blocks())
@settings(max_examples=400, deadline=None)
def test_runs_are_what_their_definition_says(made: tuple[str, Block, list[Span]]) -> None:
    text, block, spans = made
    assert runs(text, spans, block) == [pieces_by_definition(text, span, block) for span in spans]


def test_lists_nest_however_deep_and_uneven() -> None:
    def a_document(text: str, blocks: tuple[Block, ...]) -> Document:
        return Document(id="a.md", title="a", text=text, sha256="", blocks=blocks)

    def item(level: int) -> Block:
        return Block("list_item", Span(level, level + 1), level=level)

    deep = a_document("x" * 3_000, tuple(item(level) for level in range(1, 2_900)))
    json.dumps(document_layout(deep))
    blocks = tuple(Block("list_item", Span(n, n + 1), level=level) for n, level in enumerate((1, 3, 2, 3, 1)))
    uneven = a_document("x" * 10, blocks)
    (top,) = document_layout(uneven)["items"]
    assert [each["block"] for each in top["items"]] == [0, 4]
    (below,) = top["items"][0]["lists"]
    assert [each["block"] for each in below["items"]] == [1, 2]
    assert [each["block"] for each in below["items"][1]["lists"][0]["items"]] == [3]

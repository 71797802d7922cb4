"""The one codec: what records look like in JSON, what comes back, and what is said of what does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footnote import records
from footnote.records import Block, Citation, Document, Metadatum, Passage, Sentence, Span, Style
from footnote.server.schemas import form
from footnote.settings import Settings
from footnote.store.local.names import StoredName
from footnote.wire import (
    FLAT,
    HIDDEN,
    MAP,
    OPTIONAL,
    ROUNDED,
    Count,
    Key,
    WireError,
    convert,
    decode,
    encode,
    from_json,
    is_record,
    json_after,
    members,
    parts_of,
    to_json,
)


class Point(msgspec.Struct, frozen=True, array_like=True):
    x: Count
    y: Count

    def __post_init__(self) -> None:
        if self.x > self.y:
            raise ValueError(f"not a point: {self.x}-{self.y}")


class Pair(NamedTuple):
    name: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    id: Annotated[str, Key("doc")]
    at: Annotated[Point, FLAT]
    kind: Literal["good", "bad"] = "good"
    others: tuple[Point, ...] = ()
    pairs: Annotated[tuple[Pair, ...], MAP, ROUNDED] = ()
    note: Annotated[str | None, OPTIONAL] = None
    page: int | None = None
    secret: Annotated[str, HIDDEN] = ""

    @property
    @json_after("kind")
    def good(self) -> bool:
        return self.kind == "good"


@dataclass(frozen=True, slots=True)
class Marks:
    marks: tuple[Mark, ...]


MARK = Mark(id="a", at=Point(1, 2), others=(Point(3, 4),), pairs=(Pair("b", -0.00000012345678),), secret="s")


def test_the_public_form_is_what_the_fields_say() -> None:
    assert to_json(MARK) == {
        "doc": "a", "x": 1, "y": 2, "kind": "good", "good": True, "others": [{"x": 3, "y": 4}], "pairs": {"b": -1.23457e-07},
        "page": None,
    }  # fmt: skip
    assert list(to_json(MARK)) == ["doc", "x", "y", "kind", "good", "others", "pairs", "page"]
    assert to_json(Mark(id="a", at=Point(1, 2), note="n"))["note"] == "n"


def test_the_plain_form_comes_back_whole() -> None:
    assert decode(Mark, encode(MARK)) == MARK
    assert decode(tuple[Point, ...], b"[[1,2],[3,4]]") == (Point(1, 2), Point(3, 4))


def test_the_public_form_is_read_with_what_is_not_said_left_out() -> None:
    data = b'{"doc":"a","x":1,"y":2,"others":[{"x":3,"y":4}],"page":7,"kind":null,"more":[1]}'
    assert from_json(Mark, data) == Mark(id="a", at=Point(1, 2), others=(Point(3, 4),), page=7)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("{", "not JSON"),
        ('{"marks":[{"doc":"\\ud800","x":1,"y":2}]}', "not JSON"),
        ("[1]", "it is not an object"),
        ("[" * 100_000, "it is not an object"),
        ("{}", '"marks" is missing'),
        ('{"marks":{}}', '"marks" is not a list'),
        ('{"marks":[{"doc":"a","x":1,"y":2},{"doc":7}]}', '"marks[1].doc" is not a string'),
        ('{"marks":[{"doc":"a","y":2}]}', '"marks[0].x" is missing'),
        ('{"marks":[{"doc":"a","x":true,"y":2}]}', '"marks[0].x" is not a whole number'),
        ('{"marks":[{"doc":"a","x":1.0,"y":2}]}', '"marks[0].x" is not a whole number'),
        ('{"marks":[{"doc":"a","x":-1,"y":2}]}', '"marks[0].x" is not a whole number >= 0'),
        ('{"marks":[{"doc":"a","x":1,"y":9007199254740992}]}', '"marks[0].y" is not a whole number <'),
        ('{"marks":[{"doc":"a","x":9,"y":3}]}', '"marks[0]": not a point: 9-3'),
        ('{"marks":[{"doc":"a","x":1,"y":2,"others":[{"x":9,"y":3}]}]}', '"marks[0].others[0]": not a point: 9-3'),
        ('{"marks":[{"doc":"a","x":1,"y":2,"kind":"ugly"}]}', '"marks[0].kind" is "ugly", which it cannot be'),
    ],
)
def test_what_does_not_fit_is_said_with_its_place(data: str, told: str) -> None:
    with pytest.raises(WireError) as raised:
        from_json(Marks, data)
    assert str(raised.value).startswith(told)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("data", ['{"marks":[]', '{"marks":[],"more":1}', "{}"])
def test_exactly_takes_no_field_more_or_less(data: str) -> None:
    assert decode(Marks, '{"marks":[]}', exactly=True) == Marks(())
    with pytest.raises(WireError):
        decode(Marks, data, exactly=True)


def test_names_and_paths_are_texts() -> None:
    class Text(str):
        __slots__ = ()

    assert encode((Path("a/b"), StoredName("manifest.json"), Text("c"))) == b'["a/b","manifest.json","c"]'
    assert decode(tuple[StoredName, ...], b'["manifest.json"]') == (StoredName("manifest.json"),)
    with pytest.raises(WireError, match="no name of an index"):
        decode(tuple[StoredName, ...], b'["../manifest.json"]')
    with pytest.raises(WireError):
        decode(tuple[Path, ...], b"[7]")
    with pytest.raises(TypeError):
        encode({1, 2}.__iter__())


def test_a_word_stands_for_a_number_only_where_it_may() -> None:
    assert convert(int, "7", words=True) == 7
    with pytest.raises(WireError):
        convert(int, "7")


def test_settings_go_through_the_pipe() -> None:
    settings = Settings(cache_dir=Path("x"), languages=("en", "de"), queue_wait_seconds=-1.0)
    assert decode(Settings, encode(settings)) == settings


def test_parts_are_found_however_deep() -> None:
    assert list(parts_of(Marks((MARK, MARK)), Pair)) == [*MARK.pairs, *MARK.pairs]


@pytest.mark.parametrize("name", [name for name in records.__all__ if is_record(getattr(records, name))])
def test_every_record_s_public_form_has_each_of_its_keys_once(name: str) -> None:
    keys = [member.key for member in members(getattr(records, name)) if FLAT not in member.marks]
    assert len(keys) == len(set(keys))


SPANS = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)).map(lambda ends: Span(min(ends), max(ends)))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
COUNTS = st.integers(0, 2**53 - 1)
STYLES = st.builds(Style, SPANS, st.sampled_from(["strong", "emphasis", "code", "link"]))
BLOCKS = st.builds(
    Block, st.sampled_from(["heading", "paragraph", "table_row"]), SPANS, COUNTS, st.lists(COUNTS, max_size=3).map(tuple),
    st.none() | COUNTS, st.none() | COUNTS, st.lists(SPANS, max_size=3).map(tuple), st.booleans(), st.booleans(),
    st.lists(SPANS, max_size=3).map(tuple), st.lists(STYLES, max_size=3).map(tuple),
)  # fmt: skip
DOCUMENTS = st.builds(
    Document, id=TEXTS, title=TEXTS, text=TEXTS, sha256=TEXTS, source=TEXTS, blocks=st.lists(BLOCKS, max_size=3).map(tuple),
    page_starts=st.lists(COUNTS, max_size=3).map(tuple), warnings=st.lists(TEXTS, max_size=2).map(tuple),
    metadata=st.lists(st.builds(Metadatum, TEXTS, TEXTS), max_size=3).map(tuple),
)  # fmt: skip


@given(DOCUMENTS)
def test_any_document_survives(document: Document) -> None:
    assert decode(Document, encode(document)) == document


@given(st.builds(Sentence, SPANS, COUNTS, st.just("heading"), st.none() | SPANS))
def test_any_sentence_survives(sentence: Sentence) -> None:
    assert decode(Sentence, encode(sentence)) == sentence


def test_a_field_added_to_a_record_stands_in_its_json_and_its_schema() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Wider(Citation):
        lines: Annotated[tuple[int, ...], msgspec.Meta(description="of the original")] = ()

    made = Wider(
        number=1, document_id="a", title="A", span=Span(0, 1), quote="x", heading_path=(), page=None, passage_id="a:0-1",
        score=1.0, lines=(1, 2),
    )  # fmt: skip
    assert to_json(made)["lines"] == [1, 2]
    schema = form(Wider, "WiderForm").model_json_schema()
    assert schema["properties"]["lines"]["items"] == {"type": "integer"}
    assert schema["properties"]["lines"]["description"] == "of the original"
    assert list(schema["properties"]) == list(to_json(made))


def test_a_struct_that_is_no_record_of_rows_is_still_checked() -> None:
    with pytest.raises(WireError):
        decode(tuple[Block, ...], b'[["heading",[0,1],0,[],null,null,[],1,false,[],[]]]')
    with pytest.raises(WireError):
        decode(tuple[Sentence, ...], b'[[[0,1],-1,"heading",null]]')
    assert Passage("a:0-1", "a", Span(0, 1), (), ()).page is None

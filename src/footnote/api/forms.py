"""Every JSON form that a door takes or gives, once: OpenAPI, MCP and ``footnote schema`` publish these models.

The forms themselves are made by ``rendering``; tests hold that what it makes fits what is said here.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

TURNS_MAX: Final = 20
DOCUMENTS_MAX: Final = 10_000
PAGE_MAX: Final = 1_000
HITS_MAX: Final = 50
OFFSET_MAX: Final = 2**40
SOURCE_MAX_CHARS: Final = 20_000

_PLANE_ENDS: Final = "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_SOMETHING: Final = f"[^\\s\x00-\x1f\x7f-\x9f\ufdd0-\ufdef{_PLANE_ENDS}]"
"""One character that is left when blanks and what cannot be shown are taken out: else a question is empty."""


def _whole(value: object) -> object:
    """JSON has one kind of number: 35.0 is the integer 35."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _plain(value: object) -> object:
    """Half a character, which JSON can name and nothing can encode, is left out as everywhere else."""
    return value.encode("utf-8", "ignore").decode("utf-8") if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_plain)]
# Where there are bounds, they stand first: they are part of the schema only then.
Question = Annotated[
    str, Field(min_length=1, pattern=_SOMETHING, description="what to ask, as a person would"), BeforeValidator(_plain)
]
DocumentIds = Annotated[
    list[Text] | None, Field(max_length=DOCUMENTS_MAX, description="ids of the documents to ask; all when null")
]
Offset = Annotated[
    int,
    Field(ge=0, le=OFFSET_MAX, description="in characters (code points) of the document's text"),
    BeforeValidator(_whole),
]
DocumentId = Annotated[
    str, Field(min_length=1, max_length=1_000, description="path relative to the corpus"), BeforeValidator(_plain)
]


class _Taken(BaseModel):
    """What a caller sends: nothing unknown, nothing of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Given(BaseModel):
    """What a door gives: exactly these keys."""

    model_config = ConfigDict(extra="forbid")


class Turn(_Taken):
    """An earlier turn of the conversation."""

    question: Annotated[str, Field(max_length=2_000, description="as it was understood"), BeforeValidator(_plain)]
    answer: Annotated[str, Field(max_length=20_000, description="the text of its quotes"), BeforeValidator(_plain)]


class AskBody(_Taken):
    """A question."""

    question: Question
    history: Annotated[list[Turn], Field(max_length=TURNS_MAX, description="oldest first; for follow-ups")] = []
    documents: DocumentIds = None
    literal: Annotated[
        bool, Field(description="search the words as they are: no subject put in, no spelling mended")
    ] = False


class SearchBody(_Taken):
    """A query."""

    query: Question
    k: Annotated[int, Field(ge=1, le=HITS_MAX, description="how many passages"), BeforeValidator(_whole)] = 10
    documents: DocumentIds = None


class SourceBody(_Taken):
    """A stretch of a document."""

    doc: DocumentId
    start: Offset = 0
    end: Annotated[Offset | None, Field(description=f"at most {SOURCE_MAX_CHARS:,} after start; null for as much")] = (
        None
    )


class SpanForm(Given):
    """A half-open stretch of a document's text, in code points."""

    start: int
    end: int


class ContextForm(SpanForm):
    """What has to be read with a quote: a table's header row, a list's lead-in."""

    text: str


class TrackRecordForm(Given):
    """How often quotes at this level of confidence were right, and of how many."""

    right: int
    of: int


class CitationForm(Given):
    """A quote and its place: ``quote`` is the document's text from ``start`` to ``end``."""

    number: int
    doc: str
    title: str
    start: int
    end: int
    quote: str
    shown: str
    answer: SpanForm | None
    heading_path: list[str]
    page: int | None
    context: ContextForm | None
    author: str
    date: str
    source: str
    passage_id: str
    score: float


class HitForm(Given):
    """A ranked passage."""

    doc: str
    start: int
    end: int
    score: float
    text: str
    title: str
    heading_path: list[str]
    page: int | None
    signals: dict[str, float]


class AnswerForm(Given):
    """An answer, or an abstention with its reason; the keys are the same for both."""

    question: str
    interpreted_as: str
    answered: bool
    standing: Annotated[
        Literal["answered", "nearest", "absent", "reply"],
        Field(
            description="answered: by citations; nearest: nothing answers for certain, the nearest quote is given; "
            "absent: not in the documents; reply: to small talk"
        ),
    ]
    confidence: Annotated[float, Field(ge=0, le=1)]
    track_record: TrackRecordForm | None
    citations: list[CitationForm]
    nearest: Annotated[CitationForm | None, Field(description="only where the standing is nearest")]
    reason: Literal["not_answered", "unknown_words", "nothing_found", "small_talk"] | None
    explanation: str
    missing_words: list[str]
    related: list[HitForm]
    hits: list[HitForm]
    fingerprint: str


class SearchForm(Given):
    """The best passages for a query, best first."""

    query: str
    hits: list[HitForm]


class SummaryForm(Given):
    """A document, in a list."""

    doc: str
    title: str
    source: str
    chars: int
    passages: int
    sha256: str
    metadata: dict[str, str]
    warnings: list[str]


class DocumentsForm(Given):
    """Documents of the index, sorted by id; ``total`` counts all of them."""

    total: int
    documents: list[SummaryForm]


class BlockForm(SpanForm):
    """A stretch that a reader sees as one thing: a heading, a paragraph, a table row."""

    kind: str
    level: int
    headings: list[int]
    lead_in: int | None
    header: int | None
    cells: list[SpanForm]
    asks: bool
    ordered: bool
    hidden: list[SpanForm]
    styles: list[dict[str, Any]]


class DocumentForm(Given):
    """A whole document: its text, and where its blocks lie in it."""

    doc: str
    title: str
    source: str
    sha256: str
    metadata: dict[str, str]
    warnings: list[str]
    page_starts: list[int]
    text: str
    blocks: list[BlockForm]


class SourceForm(Given):
    """A stretch of a document, read from the index."""

    doc: str
    title: str
    start: int
    end: int
    chars: Annotated[int, Field(description="of the whole document")]
    text: str


class CitedForm(Given):
    """A citation read again from the index by its id, ``document:start-end``."""

    id: str
    doc: str
    title: str
    start: int
    end: int
    quote: str
    shown: str
    heading_path: list[str]
    page: int | None
    before: Annotated[str, Field(description="text before the quote, to recognise the place")]
    after: str


class Problem(BaseModel):
    """What went wrong and what to do about it (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str = ""
    errors: list[dict[str, str]] = []


def schema(form: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a form, as its JSON is written."""
    return form.model_json_schema(mode="serialization")

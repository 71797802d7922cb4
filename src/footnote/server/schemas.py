"""Every JSON form that the server takes or gives: OpenAPI, MCP and ``footnote schema`` publish these models.

What it gives is made from the fields of the records themselves, as their JSON is (``wire``).  What it takes is said here
for pydantic, which FastAPI and MCP ask for it: strict types, bounds that stand in the schema, and texts cleaned on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Final, Literal, get_args, get_origin

import msgspec
from fastapi import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model

from footnote import records
from footnote.feedback import Feedback, Kind
from footnote.quote_checking import Claim, State
from footnote.rendering.bibliography import BibliographyForm
from footnote.server.item_schemas import ItemForm
from footnote.server.originals import FileState
from footnote.wire import COUNT, MAP, flat_members, is_record, mapped

TURNS_MAX: Final = 20
DOCUMENTS_MAX: Final = 10_000
PAGE_MAX: Final = 1_000
HITS_MAX: Final = 50
OFFSET_MAX: Final = 2**40
SOURCE_MAX_CHARS: Final = 20_000
QUOTE_MAX_CHARS: Final = 20_000

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


DocumentPath = Annotated[str, Path(min_length=1, max_length=1_000)]
"""A document's id in an address."""


class _Taken(BaseModel):
    """What a caller sends: nothing unknown, nothing of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


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


class Given(BaseModel):
    """What it gives: exactly these keys."""

    model_config = ConfigDict(extra="forbid")


def form(kind: type, name: str, told: str = "") -> type[BaseModel]:
    """The model of a record's JSON, made from its fields; ``told`` is its description, else the record's own."""
    fields: dict[str, Any] = {each.key: (_published(each.kind, each.marks), ...) for _, each in flat_members(kind)}
    made = create_model(name, __base__=Given, __doc__=told or kind.__doc__, __module__=__name__, **fields)
    _FORMS[kind] = made
    return made


_FORMS: Final[dict[type, type[BaseModel]]] = {}


def _published(kind: Any, marks: Sequence[Any] = ()) -> Any:
    """A field's type as pydantic takes it, with the bounds and the description that its annotation gives."""
    if get_origin(kind) is Annotated:
        kind, *marks = get_args(kind)
    if MAP in marks:
        kind = dict[str, _published(mapped(kind))]  # type: ignore[misc]  # a type that is made here
    elif is_record(kind):
        kind = _FORMS[kind]
    elif get_origin(kind) is tuple:
        kind = list[_published(get_args(kind)[0])]  # type: ignore[misc]
    elif get_origin(kind) is UnionType:
        kind = reduce(or_, map(_published, get_args(kind)))
    # That a count is not negative goes without saying.
    for meta in (mark for mark in marks if isinstance(mark, msgspec.Meta) and mark is not COUNT):
        kind = Annotated[kind, Field(ge=meta.ge, le=meta.le, description=meta.description)]
    return kind


SpanForm = form(records.Span, "SpanForm", "A half-open stretch of a document's text, in code points.")
ContextForm = form(
    records.Context, "ContextForm", "What has to be read with a quote: a table's header row, a list's lead-in."
)
TrackRecordForm = form(
    records.TrackRecord, "TrackRecordForm", "How often quotes at this level of confidence were right, and of how many."
)
CitationForm = form(
    records.Citation,
    "CitationForm",
    "A quote and its place: ``quote`` is the document's text from ``start`` to ``end``.",
)
HitForm = form(records.Hit, "HitForm", "A ranked passage.")
ChoiceForm = form(records.Choice, "ChoiceForm")
AnswerForm = form(
    records.Answer, "AnswerForm", "An answer, or an abstention with its reason; the keys are the same for both."
)
SearchForm = form(records.SearchResult, "SearchForm")
SummaryForm = form(records.DocumentSummary, "SummaryForm", "A document, in a list.")
DocumentsForm = form(records.DocumentList, "DocumentsForm")
StyleForm = form(records.Style, "StyleForm", "How a stretch of visible text is set.")
BlockForm = form(
    records.Block, "BlockForm", "A stretch that a reader sees as one thing: a heading, a paragraph, a table row."
)
RectangleForm = form(
    records.Rectangle,
    "RectangleForm",
    "A part of a page, in points from the top left corner of the page as it is shown.",
)
DocumentForm = form(records.Document, "DocumentForm", "A whole document: its text, and where its blocks lie in it.")
SourceForm = form(records.Excerpt, "SourceForm", "A stretch of a document, read from the index.")
CitedForm = form(records.Cited, "CitedForm", "A citation read again from the index by its id, ``document:start-end``.")


class Problem(BaseModel):
    """What went wrong and what to do about it (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str = ""
    errors: list[dict[str, str]] = []


class ContextBody(_Taken):
    """What has to be in view with a quote."""

    start: Offset
    end: Offset
    text: Annotated[str, Field(max_length=QUOTE_MAX_CHARS), BeforeValidator(_plain)]


class QuoteBody(_Taken):
    """A quote as it was given once; what stood around it tells repeats apart."""

    doc: Annotated[str, Field(max_length=1_000), BeforeValidator(_plain)]
    start: Offset
    end: Offset
    quote: Annotated[str, Field(max_length=QUOTE_MAX_CHARS), BeforeValidator(_plain)]
    before: Annotated[str, Field(max_length=200), BeforeValidator(_plain)] = ""
    after: Annotated[str, Field(max_length=200), BeforeValidator(_plain)] = ""
    context: ContextBody | None = None


class CheckBody(_Taken):
    """Quotes to read again."""

    claims: Annotated[list[QuoteBody], Field(max_length=200)]


class KeptQuoteBody(QuoteBody):
    """A quote that a reader kept, with a note of their own."""

    note: Annotated[str, Field(max_length=4_000), BeforeValidator(_plain)] = ""


class BibliographyBody(_Taken):
    """Quotes to cite."""

    form: BibliographyForm
    quotes: Annotated[list[KeptQuoteBody], Field(max_length=100)]


class FeedbackBody(_Taken):
    """What a reader says of an answer; without a kind, what was said is taken back."""

    turn: Annotated[
        str, Field(pattern="^[0-9A-Za-z_-]{1,60}$", description="names the answer, in the reader's own way")
    ]
    kind: Kind | None = None
    question: Annotated[str, Field(max_length=2_000), BeforeValidator(_plain)] = ""
    asked: Annotated[
        str, Field(max_length=4_000, description="the question as it was understood"), BeforeValidator(_plain)
    ] = ""
    fingerprint: Annotated[str, Field(max_length=100), BeforeValidator(_plain)] = ""
    quotes: Annotated[list[QuoteBody], Field(max_length=20, description="what was given, or of it what is right")] = []
    correct: Annotated[list[QuoteBody], Field(max_length=20, description="what would have been right")] = []


class ChangeBody(_Taken):
    """Documents that leave; the files that were sent before go in."""

    documents: Annotated[list[Annotated[Text, Field(max_length=1_000)]], Field(max_length=DOCUMENTS_MAX)] = []


class StarterForm(Given):
    """A question that the documents ask and answer themselves."""

    question: str
    doc: str


class StartForm(Given):
    """What a page begins with."""

    fingerprint: str
    starters: list[StarterForm]
    notices: list[str]
    documents: list[SummaryForm]  # type: ignore[valid-type]  # a type that is made here
    owner: Annotated[bool, Field(description="whether who asks may change the documents")]
    suffixes: Annotated[list[str], Field(description="of the files that can become documents")]
    examples: Annotated[list[str], Field(description="ids of the documents that came with Footnote, to try it with")]


class AnsweredSpanForm(Given):
    """What a document answers to a question that heads it."""

    start: int
    end: int
    heading: Annotated[int, Field(description="offset of the heading")]


class ListedHeadingForm(Given):
    """A heading of a document."""

    text: str
    level: int
    start: int
    answer: Annotated[AnsweredSpanForm | None, Field(description="where the heading is a question")] = None


class FirstSentenceForm(Given):
    """What a document says first."""

    text: str


class ContentsForm(Given):
    """What one document holds."""

    doc: str
    title: str
    first: FirstSentenceForm | None
    questions: int
    topics: int
    headings: list[ListedHeadingForm]


class AllContentsForm(Given):
    """What the documents hold, without a question."""

    documents: list[ContentsForm]
    questions: int
    topics: int


class SuggestionForm(Given):
    """What fits words while they are typed."""

    kind: Literal["question", "topic", "document", "passage"]
    text: str
    doc: str
    title: str
    heading: str
    start: int | None = None
    end: int | None = None
    quote: str | None = None


class SuggestionsForm(Given):
    """The best of each kind."""

    found: list[SuggestionForm]


class UnreadForm(Given):
    """A file that could not be read, or did not stay."""

    name: str
    reason: str


class FilesForm(Given):
    """How the files stand to the index."""

    changed: Annotated[dict[str, FileState], Field(description="documents whose files are others now")]
    unread: list[UnreadForm]


class LayoutForm(Given):
    """A document as it is drawn: its visible text in runs of one style, tables and lists gathered."""

    doc: str
    title: str
    source: str
    metadata: dict[str, str]
    sha256: str
    pages: int
    length: int
    items: list[ItemForm]
    file: FileState


class ShownHeadingForm(Given):
    """A heading of a document whose pages are shown."""

    text: str
    level: int
    start: int
    end: int


class PagesForm(Given):
    """The pages of a document, before they are drawn."""

    doc: str
    title: str
    source: str
    metadata: dict[str, str]
    file: FileState
    sizes: Annotated[list[tuple[float, float]], Field(description="width and height in points; none where not shown")]
    starts: Annotated[list[int], Field(description="offset of each page's first character in the text")]
    headings: list[ShownHeadingForm]


class PlacedSpanForm(Given):
    """Where a stretch of text stands: one rectangle a line or cell; none where its letters are not found."""

    start: int
    end: int
    rectangles: list[RectangleForm]  # type: ignore[valid-type]  # a type that is made here


class RectanglesForm(Given):
    """Where stretches of text stand, in the order in which they were asked for."""

    spans: list[PlacedSpanForm]


class CheckedQuoteForm(Given):
    """A quote as it stands now; without a place where it stands no longer."""

    state: State
    items: list[ItemForm]
    start: int | None = None
    end: int | None = None
    before: str = ""
    after: str = ""
    author: str = ""
    date: str = ""
    source: str = ""
    file: FileState | None = None
    context_items: list[ItemForm] = []


class CheckedForm(Given):
    """Quotes as they stand now, in the order in which they were sent."""

    claims: list[CheckedQuoteForm]


class BibliographyText(Given):
    """Quotes with their references; those that stand no longer are left out."""

    text: str
    left_out: int


class ChangeForm(Given):
    """How far a change has come, or how the last one ended: by what was done, or by a problem."""

    running: bool
    stage: str = ""
    done: int = 0
    total: int = 0
    added: list[str] = []
    removed: list[str] = []
    failed: list[UnreadForm] = []
    skipped: list[UnreadForm] = []
    seconds: float = 0.0
    error: Problem | None = None


ClaimForm = form(Claim, "ClaimForm", "A quote, its place, and what stood around it.")
FeedbackRowForm = form(Feedback, "FeedbackRowForm", "What a reader said of an answer.")


class FeedbackForm(Given):
    """What readers said, the newest first; not all rows of a very long list."""

    rows: list[FeedbackRowForm]  # type: ignore[valid-type]  # a type that is made here
    count: int
    unanswered: Annotated[list[list[str]], Field(description="questions without an answer, those alike together")]
    judgments: Annotated[int, Field(description="lines of the questions file that can be made of them")]
    left_out: int


MovedForm = form(records.Move, "MovedForm", "A file that moved within the folder.")
SkippedForm = form(records.SkippedFile, "SkippedForm", "A file that was not indexed.")
BuildReportForm = form(records.BuildReport, "BuildReportForm")
CheckForm = form(records.IndexCheck, "CheckForm")
SettingForm = form(records.SettingInfo, "SettingForm")
IndexForm = form(
    records.IndexInfo, "IndexForm", "The index that a command would use; the counts are null where there is none."
)
InfoForm = form(records.Info, "InfoForm")

SCHEMAS: Final[dict[str, type[BaseModel]]] = {
    "ask": AnswerForm,
    "chat": AnswerForm,
    "check": CheckForm,
    "documents": DocumentsForm,
    "export": AnswerForm,
    "index": BuildReportForm,
    "info": InfoForm,
    "search": SearchForm,
}
"""What each command prints with ``--json``."""


def schema(form: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a form, as its JSON is written."""
    return form.model_json_schema(mode="serialization")

"""The JSON forms of what is drawn of a document: runs of one style, in blocks, lists and tables, as ``layout`` makes them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from footnote.records import StyleKind


class _Drawn(BaseModel):
    """Exactly these keys."""

    model_config = ConfigDict(extra="forbid")


class RunForm(_Drawn):
    """Visible text of one style."""

    start: Annotated[int, Field(description="offset of its first character")]
    text: str
    styles: list[StyleKind]
    blank: Annotated[bool, Field(description="a blank, which is not in the text, is drawn before it")] = False


class _PlacedForm(_Drawn):
    """Where a block lies."""

    block: Annotated[int, Field(description="position among the document's blocks")]
    start: int
    end: int
    page: Annotated[int | None, Field(description="left out where the format has no pages")] = None


class HeadingForm(_PlacedForm):
    """A heading."""

    kind: Literal["heading"]
    runs: list[RunForm]
    level: int


class TextForm(_PlacedForm):
    """A stretch of prose or of code."""

    kind: Literal["paragraph", "quote", "code"]
    runs: list[RunForm]


class ListEntryForm(_PlacedForm):
    """An entry of a list, and the lists below it."""

    kind: Literal["list_item"]
    runs: list[RunForm]
    level: int
    ordered: bool
    lists: list[ListForm]


class ListForm(_Drawn):
    """A list."""

    kind: Literal["list"]
    ordered: bool
    items: list[ListEntryForm]


class RowForm(_PlacedForm):
    """A row of a table; with runs where it has no cells."""

    kind: Literal["table_header", "table_row"]
    table: int | None
    cells: list[list[RunForm]] | None = None
    runs: list[RunForm] | None = None
    beside: Annotated[bool, Field(description="shown with what was asked for, not a part of it")] = False


class TableForm(_Drawn):
    """A table."""

    kind: Literal["table"]
    table: int | None
    header: RowForm | None
    rows: list[RowForm]


ItemForm: TypeAlias = Annotated[HeadingForm | TextForm | ListForm | TableForm, Field(discriminator="kind")]

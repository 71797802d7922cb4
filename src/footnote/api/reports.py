"""The JSON forms that only the command line prints, and the list of what each command prints with ``--json``."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, Field

from footnote.api.forms import AnswerForm, DocumentsForm, Given, SearchForm


class MovedForm(Given):
    """A file that moved within the folder."""

    source: Annotated[str, Field(alias="from")]
    to: str


class SkippedForm(Given):
    """A file that was not indexed."""

    path: str
    reason: str


class BuildReportForm(Given):
    """What one run of the indexer did."""

    generation: int
    documents: int
    passages: int
    added: list[str]
    changed: list[str]
    moved: list[MovedForm]
    removed: list[str]
    skipped: list[SkippedForm]
    passages_encoded: int
    seconds: float


class CheckForm(Given):
    """Whether every invariant of an index holds."""

    index: str
    holds: bool
    problems: list[str]


class SettingForm(Given):
    """A setting in force, and where its value came from."""

    value: Any
    source: str


class IndexForm(Given):
    """The index that a command would use; the counts are null where there is none."""

    index: str
    corpus: str | None
    generation: int | None
    documents: int | None
    passages: int | None
    fingerprint: str | None


class InfoForm(Given):
    """What is in force."""

    version: str
    python: str
    config: Annotated[str | None, Field(description="the configuration file that was read")]
    index: IndexForm
    settings: dict[str, SettingForm]
    ignored: Annotated[list[str], Field(description="environment variables that look like settings and are none")]


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

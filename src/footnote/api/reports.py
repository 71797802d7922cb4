"""The JSON forms that only the command line prints, and the list of what each command prints with ``--json``."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel

from footnote import records
from footnote.api.forms import AnswerForm, DocumentsForm, SearchForm, form

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

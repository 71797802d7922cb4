"""Questions about a folder of documents, answered with exact, cited quotes, or not at all.

    from footnote import Footnote

    with Footnote.open("index") as footnote:
        answer = footnote.ask("How long does an infusion take?")

Importing this package loads no heavy library: the engine is imported when ``Footnote`` is first named.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from footnote.errors import (
    Busy,
    CorpusError,
    DocumentError,
    EncoderError,
    FootnoteError,
    IndexDamaged,
    IndexFolderError,
    IndexLocked,
    IndexMismatch,
    IndexMissing,
    IndexUnreachable,
    JudgmentError,
    NotFound,
    PageError,
    QuestionError,
    QuestionTooLong,
    UsageError,
)
from footnote.records import (
    Answer,
    Block,
    BuildReport,
    Citation,
    Document,
    DocumentSummary,
    FaqPair,
    GoldSpan,
    Hit,
    Judgment,
    Passage,
    Sentence,
    SkippedFile,
    Span,
    Style,
)
from footnote.settings import Settings

if TYPE_CHECKING:
    from footnote.engine import Footnote

__version__ = "0.1.0"

# Nothing leaves the machine.  ONNX Runtime reads this when it is first imported: without it, it keeps an id of the device
# and a queue of facts about the machine in the user's home, and looks up the collector they are meant for.  It stands
# here because every face and every child process comes by; switched off after its import, the files are written already.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__all__ = [
    "Answer",
    "Block",
    "BuildReport",
    "Busy",
    "Citation",
    "CorpusError",
    "Document",
    "DocumentError",
    "DocumentSummary",
    "EncoderError",
    "FaqPair",
    "Footnote",
    "FootnoteError",
    "GoldSpan",
    "Hit",
    "IndexDamaged",
    "IndexFolderError",
    "IndexLocked",
    "IndexMismatch",
    "IndexMissing",
    "IndexUnreachable",
    "Judgment",
    "JudgmentError",
    "NotFound",
    "PageError",
    "Passage",
    "QuestionError",
    "QuestionTooLong",
    "Sentence",
    "Settings",
    "SkippedFile",
    "Span",
    "Style",
    "UsageError",
    "__version__",
]


def _shown_in_notebooks(answer: Answer) -> str:
    from footnote.rendering import to_html

    return to_html(answer)


# Notebooks look for this name; it is set here since records know nothing of how they are shown.
Answer._repr_html_ = _shown_in_notebooks  # type: ignore[attr-defined]


def __getattr__(name: str) -> object:
    if name == "Footnote":
        from footnote.engine import Footnote

        return Footnote
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__

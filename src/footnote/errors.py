"""Every error that Footnote raises on purpose.

    FootnoteError
    ├── UsageError              the caller asked for something that cannot be (exit 2)
    │   └── NotFound            the index has no such thing
    ├── DocumentError           one file cannot be read; the others go on
    │   └── PageError           one page of a file cannot be shown
    ├── CorpusError             the folder of documents is missing, empty or unreadable
    ├── EncoderError            the embedding model is missing, altered or will not run
    ├── IndexFolderError
    │   ├── IndexMissing        there is no index in the folder
    │   ├── IndexDamaged        a file of the index is not what was written
    │   ├── IndexMismatch       made by another format, encoder or setting
    │   ├── IndexLocked         another process is writing it
    │   └── IndexUnreachable    the server that holds it does not answer
    ├── JudgmentError           a line of a questions file is not a judgment
    ├── QuestionError           a question that cannot be taken: nothing is left of it
    │   └── QuestionTooLong     a question that is longer than the limit
    └── Busy                    more is asked of a server than it can answer now

A message says what happened, where, and what to do, in one line.  The facts are attributes, so that a face can show
them its own way.  Anything that is not a FootnoteError is a bug.
"""

from __future__ import annotations


class FootnoteError(Exception):
    """What went wrong, where, and what to do about it.

    Attributes:
        what: the fault, a clause without a full stop.
        where: the file, folder, setting or line concerned; may be empty.
        remedy: what the person can do; may be empty.
        exit_code: what a command ends with.
        http_status: what a server answers with.
        retry_after_seconds: when it is worth trying again; None where trying again changes nothing.
    """

    exit_code = 1
    http_status = 500
    retry_after_seconds: int | None = None

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """One line: ``where: what; remedy``."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        line = f"{head}; {self.remedy}" if self.remedy else head
        return " ".join(line.split())

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive the default pickling between worker processes.
        return (_rebuild, (type(self), self.what, self.where, self.remedy))


def _rebuild(kind: type[FootnoteError], what: str, where: str, remedy: str) -> FootnoteError:
    return kind(what, where=where, remedy=remedy)


class UsageError(FootnoteError):
    """The caller asked for something that cannot be."""

    exit_code = 2
    http_status = 400


class NotFound(UsageError):
    """The index has no such document, or no such place in one."""

    http_status = 404


class DocumentError(FootnoteError):
    """One file cannot be read as a document."""


class PageError(DocumentError):
    """One page of a file cannot be shown."""

    http_status = 422


class CorpusError(FootnoteError):
    """The folder of documents is missing, empty or unreadable."""


class EncoderError(FootnoteError):
    """The embedding model is missing, altered or will not run."""


class IndexFolderError(FootnoteError):
    """Something is wrong with the index folder."""

    http_status = 503
    retry_after_seconds = 5


class IndexMissing(IndexFolderError):
    """There is no index in the folder."""


class IndexDamaged(IndexFolderError):
    """A file of the index is not what was written."""


class IndexMismatch(IndexFolderError):
    """The index was made by another format, encoder or setting."""


class IndexLocked(IndexFolderError):
    """Another process is writing the index."""


class IndexUnreachable(IndexFolderError):
    """The server that holds the index does not answer."""


class JudgmentError(FootnoteError):
    """A line of a questions file is not a judgment."""


class QuestionError(FootnoteError):
    """A question that cannot be taken."""

    http_status = 422


class QuestionTooLong(QuestionError):
    """A question that is longer than the limit."""

    http_status = 413


class Busy(FootnoteError):
    """More is asked of a server than it can answer now."""

    http_status = 503

    def __init__(self, what: str, *, where: str = "", remedy: str = "", retry_after_seconds: int = 1) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.retry_after_seconds = retry_after_seconds

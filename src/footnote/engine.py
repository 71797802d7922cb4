"""The engine behind every face: open or build an index, ask it, search it, read its documents."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache, partial
from itertools import islice
from pathlib import Path
from types import TracebackType

from footnote.answering.selection import Selection, select
from footnote.conversation import Understood, interpret
from footnote.encoding import Encoder, load_encoder
from footnote.encoding.batching import BatchingEncoder
from footnote.errors import QuestionError, QuestionTooLong
from footnote.evaluation import Report, make_report, read_judgments, run_judgments, text_source
from footnote.indexing import Progress, build_index
from footnote.interpretation import to_query
from footnote.loaders.outline.canonical import clean_text
from footnote.questions.asking import answer_message
from footnote.ranking.evidence import Retrieved
from footnote.ranking.model import fitted_digests
from footnote.ranking.query import Query, read_query
from footnote.ranking.retrieve import find_passages
from footnote.records import Answer, BuildReport, Choice, Document, DocumentSummary, Hit, Timing, Turn
from footnote.reranking import Rerankers, load_rerankers
from footnote.settings import Settings
from footnote.store import Index, all_documents, open_index

__all__ = ["Footnote"]

OTHERWISE_FOUND = 0.3
OTHERWISE_LEAD = 0.1
"""A follow-up that is not answered as it was understood counts as read in another way where that is at least so sure, and surer by
so much."""
STARTERS_TRIED = 12
"""FAQ headings that are tried as starters at most: each costs one question."""


class Footnote:
    """An open index that answers questions.

    Safe to share between threads.  When another process commits a new generation, ``refresh`` moves to it; answers
    under way keep the one that they began with.
    """

    def __init__(self, index: Index, encoder: Encoder, settings: Settings, rerankers: Rerankers | None = None) -> None:
        self._index = index
        # Threads that ask at the same time share the encoder's next call.
        self._encoder = BatchingEncoder(encoder)
        self._rerankers = rerankers or Rerankers()
        self._settings = settings
        self._swap = threading.Lock()

    @classmethod
    def open(
        cls,
        index_dir: Path | str = "index",
        *,
        settings: Settings | None = None,
        encoder: Encoder | None = None,
    ) -> Footnote:
        """Open an index that was built before.

        Args:
            index_dir: the index: its folder, or where else it lies.
            settings: how to ask; the defaults where None.
            encoder: the encoder the index was built with; loaded by the settings where None.

        Raises:
            IndexMissing: there is no index in the folder.
            IndexMismatch: it was made by another format or encoder.
            IndexDamaged: it is not what was written.
            EncoderError: the embedding model cannot be used.
        """
        chosen = settings or Settings()
        encoder = encoder or load_encoder(chosen)
        index = open_index(index_dir, encoder_fingerprint=encoder.fingerprint)
        return cls(index, encoder, chosen, load_rerankers(chosen))

    @classmethod
    def build(
        cls,
        corpus_dir: Path | str = "corpus",
        index_dir: Path | str = "index",
        *,
        settings: Settings | None = None,
        encoder: Encoder | None = None,
        progress: Callable[[Progress], None] | None = None,
        empty: bool = False,
    ) -> tuple[Footnote, BuildReport]:
        """Build the index of a folder of documents, or bring it up to date, and open it.

        ``empty`` lets a folder without documents make an index without any, to which some are added later.

        Raises:
            CorpusError: the folder is missing, or holds no readable document and ``empty`` is not set.
            IndexLocked: another process is writing the index.
            EncoderError: the embedding model cannot be used.
        """
        chosen = settings or Settings()
        encoder = encoder or load_encoder(chosen)
        report = build_index(
            Path(corpus_dir), index_dir, encoder=encoder, settings=chosen, progress=progress, empty=empty
        )
        return cls.open(index_dir, settings=chosen, encoder=encoder), report

    def __enter__(self) -> Footnote:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index's files."""
        self._index.close()

    def refresh(self) -> bool:
        """Move to the newest generation of the index; True when there was one."""
        with self._swap:
            if not self._index.stale():
                return False
            self._index = open_index(self._index.location, encoder_fingerprint=self._encoder.fingerprint)
            self.__dict__.pop("_starters", None)
            return True

    @property
    def fingerprint(self) -> str:
        """Hex digest over the index's content, the encoder, the fitted numbers and the settings that shape an answer."""
        return _answer_fingerprint(self._index, self._settings, self._rerankers)

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def index(self) -> Index:
        """The open generation, for fitting and benchmarks."""
        return self._index

    @property
    def location(self) -> Path | str:
        """Where its index is kept."""
        return self._index.location

    @property
    def encoder(self) -> Encoder:
        """The encoder of the index, for fitting and benchmarks."""
        return self._encoder

    @property
    def encoder_description(self) -> str:
        return self._encoder.description

    @property
    def generation(self) -> int:
        """Number of the index's generation that answers come from."""
        return self._index.facts.generation

    @property
    def passages_count(self) -> int:
        return self._index.facts.passages

    def ask(
        self,
        question: str,
        *,
        history: Sequence[tuple[str, str]] = (),
        allowed: frozenset[str] | None = None,
        literal: bool = False,
    ) -> Answer:
        """Answer a question with quotes, or abstain.

        Args:
            question: as a person typed it.
            history: earlier (question as understood, text of its answer) pairs of the conversation, oldest first.
            allowed: ids of the documents to ask; None for all.
            literal: search the question as it stands, with no subject put in and no spelling mended.

        Raises:
            QuestionError: the question is empty or longer than ``settings.question_max_chars``.
        """
        asked = clean_question(question, self._settings)
        turns = tuple(Turn(*turn) for turn in history)
        # One generation for all parts of a message, whatever ``refresh`` does meanwhile.
        index = self._index
        fingerprint = _answer_fingerprint(index, self._settings, self._rerankers)
        ask_one = partial(self._ask_one, index, fingerprint, allowed)
        return answer_message(asked, turns, index, ask_one, fingerprint=fingerprint, allowed=allowed, literal=literal)

    def _ask_one(
        self,
        index: Index,
        fingerprint: str,
        allowed: frozenset[str] | None,
        asked: str,
        turns: Sequence[Turn],
        *,
        literal: bool = False,
    ) -> Answer:
        """Answer one question by searching for it."""
        clock = _Clock()
        follow_up = interpret(asked, turns, index=index, encoder=self._encoder)
        found, selection = self._look_for(index, follow_up.question, allowed, clock, literal=literal)
        choices = selection.choices or _choices(follow_up)
        if not selection.citations and not literal:
            # What was understood finds nothing: it may have been meant otherwise.
            tried = [self._look_for(index, way, allowed, clock) for way in follow_up.others]
            other = max(tried, key=lambda each: each[1].confidence, default=(found, selection))
            if other[1].confidence >= max(OTHERWISE_FOUND, selection.confidence + OTHERWISE_LEAD):
                found, selection = other
                choices = selection.choices
        return Answer(
            question=asked,
            interpreted_as=found.query.text,
            citations=selection.citations,
            hits=found.hits[: self._settings.top_k],
            confidence=selection.confidence,
            reason=selection.reason,
            explanation=selection.explanation,
            missing_words=selection.missing_words,
            fingerprint=fingerprint,
            timings=clock.timings(),
            track_record=selection.track_record,
            nearest=selection.nearest,
            choices=choices,
        )

    def _look_for(
        self, index: Index, question: str, allowed: frozenset[str] | None, clock: _Clock, *, literal: bool = False
    ) -> tuple[Retrieved, Selection]:
        """What is found for a question as it was understood, and what of it is quoted."""
        understood = question if literal else to_query(question, index, self._encoder)
        clock.lap("interpret")
        query = read_query(index, self._encoder, understood)
        clock.lap("encode")
        found = self._find(index, query, max(self._settings.top_k, 10), allowed)
        clock.lap("retrieve")
        large = self._rerankers.large
        selection = select(index, found, settings=self._settings, large=large, allowed=allowed)
        clock.lap("quote")
        return found, selection

    def search(self, query: str, k: int = 10, *, allowed: frozenset[str] | None = None) -> tuple[Hit, ...]:
        """The k best passages for a query, without quoting or abstaining."""
        index = self._index
        read = read_query(index, self._encoder, clean_question(query, self._settings))
        return self._find(index, read, k, allowed).hits

    def _find(self, index: Index, query: Query, k: int, allowed: frozenset[str] | None) -> Retrieved:
        return find_passages(index, query, settings=self._settings, k=k, allowed=allowed, rerankers=self._rerankers)

    def evaluate(self, questions: Path | str) -> Report:
        """Ask the judged questions of a file and report how good the answers are, as ``footnote evaluate`` does.

        Raises:
            JudgmentError: the file is missing, or a line of it is no judged question.
        """
        judgments = read_judgments(Path(questions))
        run = run_judgments(self, judgments)
        found = {result.id: result for result in run.results}
        return make_report(
            judgments, found, text_source(self), latencies_ms=run.latencies_ms, fingerprint=self.fingerprint
        )

    def documents(self) -> tuple[DocumentSummary, ...]:
        """What is in the index, sorted by id."""
        return tuple(all_documents(self._index))

    def document(self, document_id: str) -> Document:
        """One document with its canonical text.

        Raises:
            FootnoteError: it is not, or no longer, in the index.
        """
        return self._index.document(document_id)

    def starters(self, limit: int = 6) -> tuple[str, ...]:
        """Questions that the documents' own FAQ headings ask and that are answered from their own sections, in order."""
        return tuple(question for question, _ in self._starters[:limit])

    def starters_with_documents(self, limit: int = 6) -> tuple[tuple[str, str], ...]:
        """The starters, each with the id of the document that answers it."""
        return self._starters[:limit]

    @cached_property
    def _starters(self) -> tuple[tuple[str, str], ...]:

        documents = (self.document(each.id) for each in all_documents(self._index))
        pairs = ((document, pair) for document in documents for pair in document.faq_pairs())
        found: dict[str, str] = {}
        for document, pair in islice(pairs, STARTERS_TRIED):
            question = " ".join(pair.question.of(document.text).split())
            answer = self.ask(question)
            if any(c.document_id == document.id and pair.answer.overlaps(c.span) for c in answer.citations[:1]):
                found[question] = document.id
        # "What it is used for" asks as a heading; as something to say it does not, beside "What is it used for?".
        spoken = {question: document_id for question, document_id in found.items() if question.endswith("?")}
        return tuple((spoken or found).items())


def clean_question(question: str, settings: Settings) -> str:
    """A question as it is searched: characters that cannot be shown removed, white space folded.

    Raises:
        QuestionError: it is empty or too long.
    """
    if len(question) > settings.question_max_chars:
        raise QuestionTooLong(
            f"the question has {len(question):,} characters, more than {settings.question_max_chars:,}",
            remedy="ask a shorter one",
        )
    cleaned = " ".join(clean_text(question).split())
    if not cleaned:
        raise QuestionError("the question is empty", remedy="type a question")
    return cleaned


def _choices(follow_up: Understood) -> tuple[Choice, ...]:
    """What a follow-up may mean, where two things are nearly as likely."""
    return tuple(Choice(label, question) for label, question in follow_up.readings)


class _Clock:
    """Milliseconds of each stage, all its laps together."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._spent: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self._spent[stage] = self._spent.get(stage, 0.0) + (now - self._last) * 1000.0
        self._last = now

    def timings(self) -> tuple[Timing, ...]:
        return tuple(Timing(stage, spent) for stage, spent in self._spent.items())


def _answer_fingerprint(index: Index, settings: Settings, rerankers: Rerankers) -> str:
    """Hex digest over the index's content, the models, the fitted numbers and the settings that shape an answer."""
    return _digest(index.facts.fingerprint, settings, rerankers.fingerprint)


@lru_cache(maxsize=16)
def _digest(index: str, settings: Settings, rerankers: tuple[str, ...]) -> str:
    shaping = {
        "candidates_k": settings.candidates_k,
        "top_k": settings.top_k,
        "max_quotes": settings.max_quotes,
        "answer_threshold": settings.answer_threshold,
        "rerank_passages": settings.rerank_passages,
        "rerank_closely": settings.rerank_closely,
        "rerankers": rerankers,
        "fitted": fitted_digests(),
        "index": index,
    }
    return hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()[:16]

"""What the documents hold, without a question: titles, first sentences, the questions they ask themselves, headings.

Everything is quoted from the documents and made once for each generation of the index; what fits a few typed words is
found in it within milliseconds.
"""

from __future__ import annotations

import re
import threading
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from footnote import terms
from footnote.questions.about_documents import first_telling
from footnote.records import Document, Span

if TYPE_CHECKING:
    from footnote.engine import Footnote

__all__ = ["Browser"]

Json: TypeAlias = dict[str, Any]

_MOST_DOCUMENTS = 1_000
"""Documents that are listed with their headings; those beyond are found by asking."""
_MOST_HEADINGS = 400
"""Headings of one document that are listed."""
_MOST_OF_A_KIND = 4
_COMPLETIONS = 6
"""Words of the documents that the last typed one may be the beginning of."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _Heading:
    text: str
    level: int
    start: int
    answer: Span | None
    """What the document answers under it, where the heading is a question."""

    def to_json(self) -> Json:
        made: Json = {"text": self.text, "level": self.level, "start": self.start}
        if self.answer is not None:
            made["answer"] = {"start": self.answer.start, "end": self.answer.end, "heading": self.start}
        return made


@dataclass(frozen=True, slots=True)
class _Contents:
    """One document's."""

    id: str
    title: str
    first: str
    headings: tuple[_Heading, ...]

    def to_json(self) -> Json:
        questions = sum(each.answer is not None for each in self.headings)
        return {
            "doc": self.id,
            "title": self.title,
            "first": {"text": self.first} if self.first else None,
            "questions": questions,
            "topics": len(self.headings) - questions,
            "headings": [each.to_json() for each in self.headings],
        }


@dataclass(frozen=True, slots=True)
class _Generation:
    """All that is known of one generation of the index."""

    number: int
    contents: tuple[_Contents, ...]
    vocabulary: tuple[str, ...]
    """All words of the documents, sorted."""


class Browser:
    """The contents of an engine's documents, kept for its newest generation."""

    def __init__(self, footnote: Footnote) -> None:
        self._footnote = footnote
        self._lock = threading.Lock()
        self._kept: _Generation | None = None

    def contents(self, document_id: str = "") -> Json:
        """Titles, first sentences and headings of all documents, or of one; counts of the questions and other headings."""
        listed = [each.to_json() for each in self._generation().contents if document_id in {"", each.id}]
        return {
            "documents": listed,
            "questions": sum(each["questions"] for each in listed),
            "topics": sum(each["topics"] for each in listed),
        }

    def suggest(self, words: str) -> list[Json]:
        """What fits words while they are typed: questions, topics, titles of documents, passages, a few of each.

        The last word counts as the beginning of one.
        """
        typed = tuple(word.casefold() for word in _WORD.findall(words))
        if not typed:
            return []
        generation = self._generation()
        found = [
            *islice(_headings(generation, typed, asking=True), _MOST_OF_A_KIND),
            *islice(_headings(generation, typed, asking=False), _MOST_OF_A_KIND),
            *islice(_titles(generation, typed), _MOST_OF_A_KIND),
        ]
        return found + list(islice(self._passages(generation, typed), _MOST_OF_A_KIND))

    def _generation(self) -> _Generation:
        number = self._footnote.generation
        with self._lock:
            if self._kept is None or self._kept.number != number:
                documents = islice(self._footnote.documents(), _MOST_DOCUMENTS)
                contents = tuple(_contents_of(self._footnote.document(each.id)) for each in documents)
                self._kept = _Generation(number, contents, tuple(sorted(self._footnote.index.vocabulary())))
            return self._kept

    def _passages(self, generation: _Generation, typed: tuple[str, ...]) -> Iterator[Json]:
        """Sentences with the typed words, from the passages that BM25 finds best."""
        index = self._footnote.index
        stems = [stem for word in (*typed, *_completions(generation, typed[-1])) for stem in terms.analyse(word)]
        keys, _ = index.search_terms(stems, 2 * _MOST_OF_A_KIND)
        for passage in index.passages(keys):
            document = self._footnote.document(passage.document_id)
            for sentence in passage.sentences:
                text = document.visible(sentence.span)
                if sentence.kind not in {"heading", "table_header"} and _fits(text, typed):
                    yield {
                        "kind": "passage",
                        "text": text,
                        "quote": sentence.span.of(document.text),
                        "doc": document.id,
                        "title": document.title,
                        "heading": passage.heading_path[-1] if passage.heading_path else "",
                        "start": sentence.span.start,
                        "end": sentence.span.end,
                    }
                    break


def _contents_of(document: Document) -> _Contents:
    answers = {pair.heading: pair.answer for pair in document.faq_pairs()}
    headings = (
        _Heading(document.visible(block.span), block.level, block.span.start, answers.get(n))
        for n, block in enumerate(document.blocks)
        if block.kind == "heading"
    )
    told = (each for each in headings if each.text and each.text != document.title)
    found = first_telling(document)
    first = document.visible(found[0]) if found is not None else ""
    return _Contents(document.id, document.title, first, tuple(islice(told, _MOST_HEADINGS)))


def _headings(generation: _Generation, typed: tuple[str, ...], *, asking: bool) -> Iterator[Json]:
    for document in generation.contents:
        above = ""
        for heading in document.headings:
            if (heading.answer is not None) is asking and _fits(heading.text, typed):
                yield {
                    "kind": "question" if asking else "topic",
                    "text": heading.text,
                    "doc": document.id,
                    "title": document.title,
                    "heading": above if heading.level > 2 else "",
                    "start": heading.start,
                }
            if heading.level <= 2:
                above = heading.text


def _titles(generation: _Generation, typed: tuple[str, ...]) -> Iterator[Json]:
    for document in generation.contents:
        if _fits(document.title, typed):
            yield {"kind": "document", "text": document.title, "doc": document.id, "title": "", "heading": ""}


def _fits(text: str, typed: tuple[str, ...]) -> bool:
    """Whether each typed word begins a word of the text."""
    words = [word.casefold() for word in _WORD.findall(text)]
    return all(any(word.startswith(each) for word in words) for each in typed)


def _completions(generation: _Generation, beginning: str) -> tuple[str, ...]:
    at = bisect_left(generation.vocabulary, beginning)
    following = generation.vocabulary[at : at + _COMPLETIONS]
    return tuple(word for word in following if word.startswith(beginning))

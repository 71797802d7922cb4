"""The results file: what was returned for each question, one line each, in the order of the questions.

    {"id", "hits": [{"doc", "start", "end", "score", "text"}], "answer": {"spans": [{"doc", "start", "end", "text"}]} or
     null, "answered": bool, "standing": "answered", "nearest", "absent" or "reply", "confidence": number}

Every figure of a report is computed from these lines, so that whoever has the file can compute it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from footnote.errors import FootnoteError
from footnote.evaluation.jsonl import Line, read_lines
from footnote.records import Answer, Span, Standing, rounded
from footnote.store import new_file
from footnote.wire import FLAT, OPTIONAL, Key, to_json


@dataclass(frozen=True, slots=True)
class ResultSpan:
    """A returned span; ``score`` is None for the spans of an answer."""

    document_id: Annotated[str, Key("doc")]
    span: Annotated[Span, FLAT]
    score: Annotated[float | None, OPTIONAL] = field(default=None, kw_only=True)
    text: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What was returned for one question: ``quotes`` is empty and ``answered`` False for an abstention.

    ``standing`` is None where the results come from elsewhere, or from before there were standings.
    """

    id: str
    hits: tuple[ResultSpan, ...]
    quotes: tuple[ResultSpan, ...]
    answered: bool
    confidence: float | None
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class _Quotes:
    spans: tuple[ResultSpan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A result as it stands in the file."""

    id: str
    hits: tuple[ResultSpan, ...]
    answer: _Quotes | None = None
    answered: bool
    standing: Annotated[Standing | None, OPTIONAL] = None
    confidence: Annotated[float | None, OPTIONAL] = None


def result_of(judgment_id: str, answer: Answer) -> Result:
    """The result that an answer is."""
    hits = tuple(
        ResultSpan(hit.passage.document_id, hit.passage.span, hit.text, score=rounded(hit.score)) for hit in answer.hits
    )
    quotes = tuple(ResultSpan(cite.document_id, cite.span, cite.quote) for cite in answer.citations)
    return Result(judgment_id, hits, quotes, answer.answered, rounded(answer.confidence), answer.standing)


def result_to_json(result: Result) -> dict[str, Any]:
    """One line of the file, as a dict."""
    answer = _Quotes(result.quotes) if result.answered else None
    line = _Line(
        id=result.id,
        hits=result.hits,
        answer=answer,
        answered=result.answered,
        standing=result.standing,
        confidence=result.confidence,
    )
    return to_json(line)


def write_results(path: Path, results: Iterable[Result], to_text: Callable[[dict[str, Any]], str]) -> None:
    """Write the file whole or not at all.

    Args:
        path: the file; its folder is made where it is missing.
        results: in the order of the questions.
        to_text: makes one line of one dict.

    Raises:
        FootnoteError: the file cannot be written there, or something else than a file of results stands there.
    """
    lines = "".join(f"{to_text(result_to_json(result))}\n" for result in results)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new_file(path) as file:
            file.write(lines.encode("utf-8"))
    except OSError as error:
        raise FootnoteError(
            f"the results cannot be written: {error.strerror or error}", where=str(path), remedy="choose another file"
        ) from error


def read_results(path: Path) -> dict[str, Result]:
    """The results of a file by the ids of their questions.

    Raises:
        JudgmentError: a line is not a result, or an id is there twice; names file and line.
    """
    return results_of(read_lines(path))


def results_of(lines: Iterable[Line]) -> dict[str, Result]:
    """The results that the lines of a file are, by the ids of their questions."""
    results: dict[str, Result] = {}
    for line in lines:
        result = _result(line.read(_Line))
        if result.id in results:
            raise line.fault(f'the id "{result.id}" was used before')
        results[result.id] = result
    return results


def _result(line: _Line) -> Result:
    quotes = line.answer.spans if line.answered and line.answer is not None else ()
    return Result(line.id, line.hits, quotes, line.answered, line.confidence, line.standing)

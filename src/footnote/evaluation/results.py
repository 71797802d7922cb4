"""The results file: what was returned for each question, one line each, in the order of the questions.

    {"id", "hits": [{"doc", "start", "end", "score", "text"}], "answer": {"spans": [{"doc", "start", "end", "text"}]} or
     null, "answered": bool, "standing": "answered", "nearest", "absent" or "reply", "confidence": number}

Every figure of a report is computed from these lines, so that whoever has the file can compute it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from footnote.errors import FootnoteError
from footnote.evaluation.jsonl import Fields, read_objects
from footnote.records import Answer, Span, Standing, rounded
from footnote.store import new_file


@dataclass(frozen=True, slots=True)
class ResultSpan:
    """A returned span; ``score`` is None for the spans of an answer."""

    document_id: str
    span: Span
    text: str
    score: float | None = None


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


def result_of(judgment_id: str, answer: Answer) -> Result:
    """The result that an answer is."""
    hits = tuple(
        ResultSpan(hit.passage.document_id, hit.passage.span, hit.text, rounded(hit.score)) for hit in answer.hits
    )
    quotes = tuple(ResultSpan(cite.document_id, cite.span, cite.quote) for cite in answer.citations)
    return Result(judgment_id, hits, quotes, answer.answered, rounded(answer.confidence), answer.standing)


def result_to_json(result: Result) -> dict[str, Any]:
    """One line of the file, as a dict."""
    answer = {"spans": [_span_to_json(quote) for quote in result.quotes]} if result.answered else None
    line: dict[str, Any] = {
        "id": result.id,
        "hits": [_span_to_json(hit) for hit in result.hits],
        "answer": answer,
        "answered": result.answered,
    }
    if result.standing is not None:
        line["standing"] = result.standing
    return line if result.confidence is None else {**line, "confidence": result.confidence}


def _span_to_json(span: ResultSpan) -> dict[str, Any]:
    place = {"doc": span.document_id, "start": span.span.start, "end": span.span.end}
    return {**place, **({} if span.score is None else {"score": span.score}), "text": span.text}


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
    return results_of(read_objects(path))


def results_of(lines: Iterable[Fields]) -> dict[str, Result]:
    """The results that the lines of a file are, by the ids of their questions."""
    results: dict[str, Result] = {}
    for fields in lines:
        result = _result(fields)
        if result.id in results:
            raise fields.fault(f'the id "{result.id}" was used before')
        results[result.id] = result
    return results


def _result(fields: Fields) -> Result:
    answered = fields.boolean("answered")
    quotes = fields.object("answer").objects("spans") if answered and fields.has("answer") else []
    return Result(
        id=fields.string("id"),
        hits=tuple(_result_span(hit) for hit in fields.objects("hits")),
        quotes=tuple(_result_span(quote) for quote in quotes),
        answered=answered,
        confidence=fields.number_or_none("confidence"),
        standing=_standing(fields),
    )


def _standing(fields: Fields) -> Standing | None:
    if not fields.has("standing"):
        return None
    value = fields.string("standing")
    for standing in get_args(Standing):
        if value == standing:
            known: Standing = standing
            return known
    raise fields.fault(f'the standing is "{value}"')


def _result_span(fields: Fields) -> ResultSpan:
    text = fields.string("text") if fields.has("text") else ""
    return ResultSpan(fields.string("doc"), fields.span(), text, fields.number_or_none("score"))

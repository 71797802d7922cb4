"""The JSON forms: plain dicts, lists, strings and numbers in a fixed order.

The same question over the same index gives the same bytes from every face, so nothing here depends on when or
how fast it was asked: timings stay out, and computed numbers keep six significant digits.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from footnote.records import Answer, Block, BuildReport, Citation, Document, DocumentSummary, Hit, Span, rounded
from footnote.rendering.wording import related_hits

JsonObject: TypeAlias = dict[str, Any]


def answer_to_json(answer: Answer) -> JsonObject:
    """An answer or an abstention; the keys are the same for both."""
    return {
        "question": answer.question,
        "interpreted_as": answer.interpreted_as,
        "answered": answer.answered,
        "standing": answer.standing,
        "confidence": rounded(answer.confidence),
        "track_record": _track_record(answer.track_record),
        "citations": [citation_to_json(citation) for citation in answer.citations],
        "nearest": citation_to_json(answer.nearest) if answer.nearest is not None else None,
        "reason": answer.reason,
        "explanation": answer.explanation,
        "missing_words": list(answer.missing_words),
        "related": [hit_to_json(hit) for hit in related_hits(answer)],
        "hits": [hit_to_json(hit) for hit in answer.hits],
        "fingerprint": answer.fingerprint,
    }


def _track_record(record: tuple[int, int] | None) -> JsonObject | None:
    """How often quotes at this level of confidence were right, and of how many."""
    return {"right": record[0], "of": record[1]} if record is not None else None


def citation_to_json(citation: Citation) -> JsonObject:
    """A quote with its place; ``context`` is null or what has to be read with the quote."""
    context = None
    if citation.context is not None:
        context = {**_span(citation.context), "text": citation.context_text}
    return {
        "number": citation.number,
        "doc": citation.document_id,
        "title": citation.title,
        **_span(citation.span),
        "quote": citation.quote,
        "shown": citation.shown,
        "answer": _span(citation.answer) if citation.answer is not None else None,
        "heading_path": list(citation.heading_path),
        "page": citation.page,
        "context": context,
        "author": citation.author,
        "date": citation.date,
        "source": citation.source,
        "passage_id": citation.passage_id,
        "score": rounded(citation.score),
    }


def hit_to_json(hit: Hit) -> JsonObject:
    """A ranked passage; its first five keys are those of a results file."""
    passage = hit.passage
    return {
        "doc": passage.document_id,
        **_span(passage.span),
        "score": rounded(hit.score),
        "text": hit.text,
        "title": hit.title,
        "heading_path": list(passage.heading_path),
        "page": passage.page,
        "signals": {name: rounded(value) for name, value in hit.signals},
    }


def document_to_json(document: Document) -> JsonObject:
    """A whole document: its text, and where its blocks lie in it."""
    return {
        "doc": document.id,
        "title": document.title,
        "source": document.source,
        "sha256": document.sha256,
        "metadata": dict(document.metadata),
        "warnings": list(document.warnings),
        "page_starts": list(document.page_starts),
        "text": document.text,
        "blocks": [_block(block) for block in document.blocks],
    }


def summary_to_json(summary: DocumentSummary) -> JsonObject:
    """What a list of documents shows of one."""
    return {
        "doc": summary.id,
        "title": summary.title,
        "source": summary.source,
        "chars": summary.chars,
        "passages": summary.passages,
        "sha256": summary.sha256,
        "metadata": dict(summary.metadata),
        "warnings": list(summary.warnings),
    }


def build_report_to_json(report: BuildReport) -> JsonObject:
    """What one run of the indexer did."""
    return {
        "generation": report.generation,
        "documents": report.documents,
        "passages": report.passages,
        "added": list(report.added),
        "changed": list(report.changed),
        "moved": [{"from": old, "to": new} for old, new in report.moved],
        "removed": list(report.removed),
        "skipped": [{"path": skipped.path, "reason": skipped.reason} for skipped in report.skipped],
        "passages_encoded": report.passages_encoded,
        "seconds": rounded(report.seconds),
    }


def _span(span: Span) -> JsonObject:
    return {"start": span.start, "end": span.end}


def _block(block: Block) -> JsonObject:
    return {
        "kind": block.kind,
        **_span(block.span),
        "level": block.level,
        "headings": list(block.headings),
        "lead_in": block.lead_in,
        "header": block.header,
        "cells": [_span(cell) for cell in block.cells],
        "asks": block.asks,
        "ordered": block.ordered,
        "hidden": [_span(gap) for gap in block.hidden],
        "styles": [{**_span(style.span), "kind": style.kind} for style in block.styles],
    }

"""What each command does: one call of the engine, and what came back on stdout."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from footnote.cli import more
from footnote.cli.arguments import Arguments
from footnote.cli.opening import build, open_engine
from footnote.cli.output import has_colour, say, say_json
from footnote.cli.places import Places, places_of
from footnote.cli.progress import ProgressLine
from footnote.errors import FootnoteError
from footnote.records import IndexCheck
from footnote.rendering import (
    build_report_to_terminal,
    harmless,
    json_text,
    to_json,
    to_terminal,
)

if TYPE_CHECKING:
    from footnote.encoding import Encoder
    from footnote.evaluation import Report
    from footnote.records import Answer, BuildReport

_WIDEST: Final = 100
"""Columns beyond which lines are hard to read."""


def run(arguments: Arguments) -> int:
    """Run the command and return its exit status."""
    return _COMMANDS[arguments.command](arguments)


def _index(arguments: Arguments) -> int:
    from footnote.encoding import load_encoder

    places, encoder = places_of(arguments), load_encoder(arguments.settings)
    footnote, report = build(places, arguments.settings, encoder)
    footnote.close()
    _say_report(report, arguments)
    return _watch(places, arguments, encoder) if arguments.watch else 0


def _say_report(report: BuildReport, arguments: Arguments) -> None:
    if arguments.as_json:
        say_json(to_json(report))
    else:
        say(build_report_to_terminal(report))


def _watch(places: Places, arguments: Arguments, encoder: Encoder) -> int:
    """Bring the index up to date after every change, until interrupted; a fault now may be mended by the next change."""
    from footnote.indexing import changes

    assert places.corpus_dir is not None, "it was just indexed"
    sys.stderr.write(f"footnote: watching {places.corpus_dir} (Ctrl+C ends it)\n")
    try:
        for _ in changes(places.corpus_dir, threading.Event()):
            sys.stdout.flush()
            try:
                footnote, report = build(places, arguments.settings, encoder)
            except FootnoteError as error:
                sys.stderr.write(f"footnote: {error.message}\n")
            else:
                footnote.close()
                _say_report(report, arguments)
                sys.stdout.flush()
    except KeyboardInterrupt:
        return 0
    return 0


def _ask(arguments: Arguments) -> int:
    with open_engine(arguments) as footnote:
        answer = footnote.ask(arguments.question)
    _say_answer(answer, arguments)
    return 0


def _say_answer(answer: Answer, arguments: Arguments) -> None:
    if arguments.as_json:
        say_json(to_json(answer))
        return
    columns = min(shutil.get_terminal_size().columns, _WIDEST)
    corpus_dir = places_of(arguments).corpus_dir
    named = {citation.document_id for citation in answer.citations} if corpus_dir and has_colour() else set()
    links = {
        each: (corpus_dir / each).resolve().as_uri() for each in named if corpus_dir and (corpus_dir / each).is_file()
    }
    say(to_terminal(answer, colour=has_colour(), width=columns, links=links))


def _chat(arguments: Arguments) -> int:
    from footnote.cli.chat import chat

    with open_engine(arguments) as footnote:
        return chat(footnote, lambda answer: _say_answer(answer, arguments))


def _evaluate(arguments: Arguments) -> int:
    from footnote import evaluation

    assert arguments.questions is not None, "the parser demands it"
    judgments = evaluation.read_judgments(arguments.questions)
    with open_engine(arguments) as footnote:
        text_of = evaluation.text_source(footnote)
        # Read first: a baseline that cannot be read should not cost a whole run.
        baseline = arguments.baseline and evaluation.read_baseline(arguments.baseline, judgments, text_of)
        line = ProgressLine()
        run = evaluation.run_judgments(
            footnote, judgments, lambda done: line.show("asking questions", done, len(judgments))
        )
        line.close()
        if arguments.results is not None:
            evaluation.write_results(arguments.results, run.results, json_text)
        report = evaluation.make_report(
            judgments,
            {result.id: result for result in run.results},
            text_of,
            latencies_ms=run.latencies_ms,
            fingerprint=footnote.fingerprint,
        )
    comparison = evaluation.compare(baseline, report) if baseline else None
    if arguments.as_json:
        moved = {"comparison": evaluation.comparison_to_json(comparison)} if comparison else {}
        say_json({**evaluation.report_to_json(report), **moved})
    else:
        say(evaluation.report_to_terminal(report))
        if comparison:
            say("\n" + evaluation.comparison_to_terminal(comparison))
    return _demands_met(report, arguments)


def _demands_met(report: Report, arguments: Arguments) -> int:
    unmet = [
        f"{name} is {'undefined' if value is None else f'{value:.4f}'}, demanded were {least:g}"
        for name, least in arguments.fail_below
        if (value := report.metrics.get(name)) is None or value < least
    ]
    for line in unmet:
        sys.stderr.write(f"footnote: {line}\n")
    return 1 if unmet else 0


def _serve(arguments: Arguments) -> int:
    from footnote.server.app import serve
    from footnote.server.authentication import check_exposure

    token = os.environ.get("FOOTNOTE_TOKEN") or None
    # Before minutes are spent on an index.
    check_exposure(arguments.settings, arguments.host, token)
    with open_engine(arguments) as footnote:
        serve(footnote, host=arguments.host, port=arguments.port, token=token, open_browser=arguments.open_browser)
    return 0


def _check(arguments: Arguments) -> int:
    from footnote.store import verify

    index_dir = places_of(arguments).index_dir
    if arguments.export is not None:
        return _check_export(arguments.export, index_dir)
    problems = verify(index_dir)
    if arguments.as_json:
        say_json(to_json(IndexCheck(str(index_dir), not problems, tuple(problems))))
    for problem in () if arguments.as_json else problems:
        say(f"{' '.join(problem.split())}\n")
    if problems:
        raise FootnoteError(
            f"{len(problems)} invariants do not hold", where=str(index_dir), remedy="build it again: footnote index"
        )
    if not arguments.as_json:
        say(f"{index_dir}: every invariant holds\n")
    return 0


def _check_export(export: Path, index_dir: Path) -> int:
    """Re-read every quote of an exported conversation from the index."""
    from footnote.quote_checking import check, read_export
    from footnote.store import open_index

    quotes = read_export(export)
    lost = 0
    with closing(open_index(index_dir)) as reader:
        for each in quotes:
            claim, verdict = each.claim, check(reader, each.claim)
            name = f"[{each.number}] {claim.document_id}:{claim.span.start}-{claim.span.end}"
            if verdict.span is None:
                lost += 1
                why = "the document is not in the index" if verdict.state == "gone" else "it is not in the document"
                say(f"{harmless(name)}: {why}: {harmless(each.question)}\n")
            elif verdict.state == "moved":
                say(f"{harmless(name)}: stands word for word at {verdict.span.start}-{verdict.span.end}\n")
    if lost:
        raise FootnoteError(
            f"{lost} of {len(quotes)} quotes no longer stand", where=str(export), remedy="ask again, or check the index"
        )
    say(f"{export}: {len(quotes)} of {len(quotes)} quotes stand word for word in {index_dir}\n")
    return 0


def _feedback(arguments: Arguments) -> int:
    """Judged questions on stdout, what was left out on stderr."""
    from footnote.feedback import FeedbackBook, judgments_from, judgments_text
    from footnote.store import open_index

    index_dir = places_of(arguments).index_dir
    with closing(open_index(index_dir)) as reader:
        judgments = judgments_from(FeedbackBook(index_dir).rows(), reader)
    sys.stdout.write(judgments_text(judgments))
    sys.stderr.write(
        f"{len(judgments.lines)} judged questions; {judgments.left_out} rows name no passage or were overtaken\n"
    )
    return 0


_COMMANDS: Final[dict[str, Callable[[Arguments], int]]] = {
    "index": _index,
    "ask": _ask,
    "evaluate": _evaluate,
    "serve": _serve,
    "check": _check,
    "feedback": _feedback,
    "chat": _chat,
    "documents": more.documents_command,
    "export": more.export_command,
    "info": more.info_command,
    "mcp": more.mcp_command,
    "backup": more.backup_command,
    "restore": more.restore_command,
    "schema": more.schema_command,
    "completion": more.completion_command,
}

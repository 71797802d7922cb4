"""What each command does: one call of the engine, and what came back on stdout."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from footnote.cli.arguments import Arguments
from footnote.cli.places import Places, places_of
from footnote.cli.progress import ProgressLine
from footnote.errors import FootnoteError, IndexDamaged, IndexLocked, IndexMismatch, IndexMissing
from footnote.rendering import answer_to_json, build_report_to_terminal, harmless, json_text, to_terminal

if TYPE_CHECKING:
    from footnote.encoding import Encoder
    from footnote.engine import Footnote
    from footnote.evaluation import Report
    from footnote.indexing import Progress
    from footnote.records import BuildReport
    from footnote.settings import Settings

_WIDEST: Final = 100
"""Columns beyond which lines are hard to read."""


def run(arguments: Arguments) -> int:
    """Run the command and return its exit status."""
    return _COMMANDS[arguments.command](arguments)


def _index(arguments: Arguments) -> int:
    from footnote.encoding import load_encoder

    places, encoder = places_of(arguments), load_encoder(arguments.settings)
    footnote, report = _build(places, arguments.settings, encoder)
    footnote.close()
    _say(build_report_to_terminal(report))
    return _watch(places, arguments.settings, encoder) if arguments.watch else 0


def _watch(places: Places, settings: Settings, encoder: Encoder) -> int:
    """Bring the index up to date after every change, until interrupted; a fault now may be mended by the next change."""
    from footnote.indexing import changes

    assert places.corpus_dir is not None, "it was just indexed"
    sys.stderr.write(f"footnote: watching {places.corpus_dir} (Ctrl+C ends it)\n")
    try:
        for _ in changes(places.corpus_dir, threading.Event()):
            sys.stdout.flush()
            try:
                footnote, report = _build(places, settings, encoder)
            except FootnoteError as error:
                sys.stderr.write(f"footnote: {error.message}\n")
            else:
                footnote.close()
                _say(build_report_to_terminal(report))
                sys.stdout.flush()
    except KeyboardInterrupt:
        return 0
    return 0


def _ask(arguments: Arguments) -> int:
    with _open(arguments) as footnote:
        answer = footnote.ask(arguments.question)
    if arguments.as_json:
        _say_json(answer_to_json(answer))
        return 0
    columns = min(shutil.get_terminal_size().columns, _WIDEST)
    _say(to_terminal(answer, colour=_has_colour(), width=columns))
    return 0


def _evaluate(arguments: Arguments) -> int:
    from footnote import evaluation

    assert arguments.questions is not None, "the parser demands it"
    judgments = evaluation.read_judgments(arguments.questions)
    with _open(arguments) as footnote:
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
        _say_json({**evaluation.report_to_json(report), **moved})
    else:
        _say(evaluation.report_to_terminal(report))
        if comparison:
            _say("\n" + evaluation.comparison_to_terminal(comparison))
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
    from footnote.web import serve

    with _open(arguments) as footnote:
        serve(footnote, host=arguments.host, port=arguments.port, token=os.environ.get("FOOTNOTE_TOKEN") or None)
    return 0


def _check(arguments: Arguments) -> int:
    from footnote.store import verify

    index_dir = places_of(arguments).index_dir
    if arguments.export is not None:
        return _check_export(arguments.export, index_dir)
    problems = verify(index_dir)
    for problem in problems:
        _say(f"{' '.join(problem.split())}\n")
    if problems:
        raise FootnoteError(
            f"{len(problems)} invariants do not hold", where=str(index_dir), remedy="build it again: footnote index"
        )
    _say(f"{index_dir}: every invariant holds\n")
    return 0


def _check_export(export: Path, index_dir: Path) -> int:
    """Re-read every quote of an exported conversation from the index."""
    from footnote.claims import check, read_export
    from footnote.store import IndexReader

    quotes = read_export(export)
    lost = 0
    with IndexReader.open(index_dir) as reader:
        for each in quotes:
            claim, verdict = each.claim, check(reader, each.claim)
            name = f"[{each.number}] {claim.document_id}:{claim.span.start}-{claim.span.end}"
            if verdict.span is None:
                lost += 1
                why = "the document is not in the index" if verdict.state == "gone" else "it is not in the document"
                _say(f"{harmless(name)}: {why}: {harmless(each.question)}\n")
            elif verdict.state == "moved":
                _say(f"{harmless(name)}: stands word for word at {verdict.span.start}-{verdict.span.end}\n")
    if lost:
        raise FootnoteError(
            f"{lost} of {len(quotes)} quotes no longer stand", where=str(export), remedy="ask again, or check the index"
        )
    _say(f"{export}: {len(quotes)} of {len(quotes)} quotes stand word for word in {index_dir}\n")
    return 0


def _feedback(arguments: Arguments) -> int:
    """Judged questions on stdout, what was left out on stderr."""
    from footnote.feedback import FeedbackBook, judgments_from, judgments_text
    from footnote.store import IndexReader

    index_dir = places_of(arguments).index_dir
    with IndexReader.open(index_dir) as reader:
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
}


def _open(arguments: Arguments) -> Footnote:
    """The engine over an index that is up to date with its documents.

    While another process is writing the index, questions are answered from what is there.
    """
    from footnote.encoding import load_encoder
    from footnote.indexing import needs_update

    places, settings = places_of(arguments), arguments.settings
    encoder = load_encoder(settings)
    present = _open_present(places, settings, encoder)
    if places.corpus_dir is None or present is None:
        return present or _build(places, settings, encoder)[0]
    if not needs_update(places.corpus_dir, places.index_dir, encoder=encoder, settings=settings):
        return present
    try:
        newer, _ = _build(places, replace(settings, lock_wait_seconds=0.0), encoder)
    except IndexLocked as locked:
        sys.stderr.write(f"footnote: {locked.message}; answering from the index as it was\n")
        return present
    present.close()
    return newer


def _open_present(places: Places, settings: Settings, encoder: Encoder) -> Footnote | None:
    """The index that is there; None where one has to be built, and can be."""
    from footnote.engine import Footnote

    try:
        return Footnote.open(places.index_dir, settings=settings, encoder=encoder)
    except IndexMissing as missing:
        if places.corpus_dir is None:
            raise IndexMissing(
                "there is no index, and no folder of documents to build one from",
                where=str(places.index_dir),
                remedy="name one with --corpus",
            ) from missing
    except (IndexMismatch, IndexDamaged):
        if not places.in_cache:
            raise
    return None


def _build(places: Places, settings: Settings, encoder: Encoder | None = None) -> tuple[Footnote, BuildReport]:
    from footnote.engine import Footnote

    assert places.corpus_dir is not None, "without documents an index is only opened"
    line = ProgressLine()

    def show(progress: Progress) -> None:
        line.show(progress.stage, progress.done, progress.total)

    try:
        return Footnote.build(places.corpus_dir, places.index_dir, settings=settings, encoder=encoder, progress=show)
    finally:
        line.close()


def _has_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _say(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    # A terminal that has no "›" shows "?" rather than failing.
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))


def _say_json(value: object) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    text = json_text(value)
    if text.encode(encoding, "replace").decode(encoding) != text:
        text = json_text(value, ascii_only=True)
    sys.stdout.write(f"{text}\n")

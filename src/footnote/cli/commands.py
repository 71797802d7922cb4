"""What each command does: one call of the engine, and what came back on stdout."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

from footnote import encoding, evaluation, indexing
from footnote.cli.arguments import DEFAULT_INDEX, Arguments
from footnote.cli.console import ProgressLine, has_colour, say, say_json
from footnote.cli.inspection import completion_command, documents_command, info_command, schema_command
from footnote.cli.places import Places, build, open_engine, places_of, sample_corpus
from footnote.encoding import Encoder
from footnote.errors import FootnoteError, QuestionError, UsageError
from footnote.feedback import FeedbackBook, judgments_from, judgments_text
from footnote.quote_checking import check, read_export
from footnote.records import Answer, BuildReport, IndexCheck
from footnote.rendering import (
    build_report_to_terminal,
    harmless,
    harmless_line,
    json_text,
    to_html,
    to_json,
    to_markdown,
    to_terminal,
)
from footnote.store import backup, erase, new_file, open_index, restore, verify

_WIDEST: Final = 100
"""Columns beyond which lines are hard to read."""

_TURNS: Final = 8
"""Turns that a follow-up can refer to, as in the page."""

_CHAT_HELP: Final = "Ask a question, or: /new forgets the conversation, /quit ends it.\n"


def run(arguments: Arguments) -> int:
    """Run the command and return its exit status."""
    return _COMMANDS[arguments.command](arguments)


def _index(arguments: Arguments) -> int:
    places, encoder = places_of(arguments), encoding.load_encoder(arguments.settings)
    if arguments.ray is not None:
        return _index_on_cluster(arguments, arguments.ray, places, encoder)
    footnote, report = build(places, arguments.settings, encoder)
    footnote.close()
    _say_report(report, arguments)
    return _watch(places, arguments, encoder) if arguments.watch else 0


def _index_on_cluster(arguments: Arguments, ray: str, places: Places, encoder: Encoder) -> int:
    """Read, split and encode on the machines of a cluster; this one writes the index."""
    from footnote.indexing.cluster import RayWorkers, build_on_cluster

    if arguments.work is None or arguments.watch:
        raise UsageError("--ray needs a folder that all machines share, and does not watch", remedy="add --work DIR")
    assert places.corpus_dir is not None, "it is indexed"
    line = ProgressLine()
    try:
        report = build_on_cluster(
            places.corpus_dir,
            places.index_dir,
            workers=RayWorkers(ray),
            work_dir=arguments.work,
            encoder=encoder,
            settings=arguments.settings,
            progress=lambda progress: line.show(progress.stage, progress.done, progress.total),
        )
    finally:
        line.close()
    _say_report(report, arguments)
    return 0


def _say_report(report: BuildReport, arguments: Arguments) -> None:
    if arguments.as_json:
        say_json(to_json(report))
    else:
        say(build_report_to_terminal(report))


def _watch(places: Places, arguments: Arguments, encoder: Encoder) -> int:
    """Bring the index up to date after every change, until interrupted; a fault now may be mended by the next change."""
    assert places.corpus_dir is not None, "it was just indexed"
    sys.stderr.write(f"footnote: watching {places.corpus_dir} (Ctrl+C ends it)\n")
    try:
        for _ in indexing.changes(places.corpus_dir, threading.Event()):
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
    """Answer each line until the input ends; a follow-up is understood from the turns before it."""
    history: list[tuple[str, str]] = []
    with open_engine(arguments) as footnote:
        for line in _lines():
            question = line.strip()
            if question == "/quit":
                break
            if question == "/new":
                history.clear()
            elif question.startswith("/"):
                sys.stderr.write(_CHAT_HELP)
            elif question:
                try:
                    answer = footnote.ask(question, history=history[-_TURNS:])
                except QuestionError as error:
                    sys.stderr.write(f"footnote: {error.message}\n")
                    continue
                _say_answer(answer, arguments)
                sys.stdout.flush()
                text = " ".join(citation.shown or citation.quote for citation in answer.citations)
                history.append((answer.interpreted_as, text))
    return 0


def _lines() -> Iterator[str]:
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    import readline  # noqa: F401 - it gives input() a history and editing

    sys.stderr.write(_CHAT_HELP)
    while True:
        try:
            yield input("> ")
        except (EOFError, KeyboardInterrupt):
            sys.stderr.write("\n")
            return


def _evaluate(arguments: Arguments) -> int:
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


def _demands_met(report: evaluation.Report, arguments: Arguments) -> int:
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


def _demo(arguments: Arguments) -> int:
    return _serve(replace(arguments, corpus=sample_corpus(arguments.settings)))


def _check(arguments: Arguments) -> int:
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


def _check_export(export: Path, index_dir: Path | str) -> int:
    """Re-read every quote of an exported conversation from the index."""
    quotes = read_export(export)
    lost = 0
    with closing(open_index(index_dir)) as reader:
        for each in quotes:
            claim, verdict = each.claim, check(reader, each.claim)
            name = f"[{each.number}] {claim.document_id}:{claim.span.start}-{claim.span.end}"
            if verdict.span is None:
                lost += 1
                why = "the document is not in the index" if verdict.state == "gone" else "it is not in the document"
                say(f"{harmless_line(name)}: {why}: {harmless_line(each.question)}\n")
            elif verdict.state == "moved":
                say(f"{harmless_line(name)}: stands word for word at {verdict.span.start}-{verdict.span.end}\n")
    if lost:
        raise FootnoteError(
            f"{lost} of {len(quotes)} quotes no longer stand", where=str(export), remedy="ask again, or check the index"
        )
    say(f"{export}: {len(quotes)} of {len(quotes)} quotes stand word for word in {index_dir}\n")
    return 0


def _feedback(arguments: Arguments) -> int:
    """Judged questions on stdout, what was left out on stderr."""
    index_dir = places_of(arguments).index_dir
    with closing(open_index(index_dir)) as reader:
        judgments = judgments_from(FeedbackBook(index_dir).rows(), reader)
    sys.stdout.write(judgments_text(judgments))
    sys.stderr.write(
        f"{len(judgments.lines)} judged questions; {judgments.left_out} rows name no passage or were overtaken\n"
    )
    return 0


def _export(arguments: Arguments) -> int:
    with open_engine(arguments) as footnote:
        answer = footnote.ask(arguments.question)
    text = _exported(answer, arguments.form)
    if arguments.output is None:
        say(text)
    else:
        with new_file(arguments.output) as file:
            file.write(text.encode("utf-8"))
    return 0


def _exported(answer: Answer, form: str) -> str:
    """The answer in a form that can be kept or sent."""
    if form == "json":
        return f"{json_text(to_json(answer))}\n"
    return to_html(answer) if form == "html" else f"# {harmless(answer.question)}\n\n{to_markdown(answer)}"


def _mcp(arguments: Arguments) -> int:
    import asyncio  # no other command waits for it

    from footnote.server.mcp import serve_stdio

    with open_engine(arguments) as footnote:
        asyncio.run(serve_stdio(footnote))
    return 0


def _backup(arguments: Arguments) -> int:
    assert arguments.archive is not None, "the parser demands it"
    manifest = backup(places_of(arguments).index_dir, arguments.archive)
    say(f"{arguments.archive}: generation {manifest.generation}, {manifest.documents} documents\n")
    return 0


def _restore(arguments: Arguments) -> int:
    assert arguments.archive is not None, "the parser demands it"
    index_dir = arguments.index or DEFAULT_INDEX
    manifest = restore(arguments.archive, index_dir, lock_wait_seconds=arguments.settings.lock_wait_seconds)
    say(f"{index_dir}: generation {manifest.generation}, {manifest.documents} documents\n")
    return 0


def _tell(line: str) -> None:
    sys.stderr.write(f"footnote: {line}\n")


def _erase(arguments: Arguments) -> int:
    index_dir = places_of(arguments).index_dir
    done = erase(
        index_dir,
        marker=arguments.marker,
        bucket=arguments.bucket,
        wait_seconds=arguments.hours * 3600.0,
        lock_wait_seconds=arguments.settings.lock_wait_seconds,
        report=_tell,
    )
    say(f"{index_dir}: {done.versions} removed versions of documents erased in {done.seconds:.0f} s\n")
    if arguments.marker:
        say(f"no byte of the marker in {done.files:,} files of {done.bytes:,} bytes\n")
    return 0


_COMMANDS: Final[dict[str, Callable[[Arguments], int]]] = {
    "index": _index,
    "ask": _ask,
    "evaluate": _evaluate,
    "serve": _serve,
    "check": _check,
    "demo": _demo,
    "feedback": _feedback,
    "chat": _chat,
    "documents": documents_command,
    "export": _export,
    "info": info_command,
    "mcp": _mcp,
    "backup": _backup,
    "restore": _restore,
    "erase": _erase,
    "schema": schema_command,
    "completion": completion_command,
}

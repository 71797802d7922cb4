"""The arguments of every command, read into one frozen value."""

from __future__ import annotations

import argparse
import dataclasses
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, get_type_hints

from footnote import __version__
from footnote.errors import UsageError
from footnote.settings import Settings

DEFAULT_CORPUS: Final = Path("corpus")
DEFAULT_INDEX: Final = Path("index")
DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 7860
HIGHEST_PORT: Final = 65_535
_CLAIMS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

COMMANDS: Final = {
    "index": "build the index of a folder of documents, or bring it up to date",
    "ask": "answer one question with cited quotes, or say that the documents do not answer",
    "evaluate": "ask the judged questions of a file and report how good the answers are",
    "serve": "open the page in which people ask",
    "check": "verify every invariant of an index, or every quote of an exported conversation",
    "feedback": "turn what readers said of answers into judged questions for evaluate",
}

_READING: Final = frozenset({"check", "feedback"})
"""Commands that only read what is there: they take no documents and no settings."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What was asked for; what a command does not take keeps its default.

    Attributes:
        corpus: None where not given: then what the index was made from, else ``corpus/``.
        index: None where not given.
        fail_below: (metric, least value) pairs.
        export: for ``check``: the exported conversation to verify instead of the index.
        action: what ``feedback`` is to do.
    """

    command: str
    settings: Settings
    corpus: Path | None = None
    index: Path | None = None
    question: str = ""
    questions: Path | None = None
    results: Path | None = None
    baseline: Path | None = None
    fail_below: tuple[tuple[str, float], ...] = ()
    as_json: bool = False
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    watch: bool = False
    export: Path | None = None
    action: str = ""


def parse(argv: Sequence[str]) -> Arguments:
    """Read the arguments.

    Raises:
        UsageError: they are not a command and its options.
        SystemExit: help or the version was asked for, and has been written.
    """
    # The options before a command take no value, so the first other word is the command.
    word = next((argument for argument in argv if not argument.startswith("-")), None)
    if word is not None and word not in COMMANDS:
        raise UsageError(f'there is no command "{word}"', remedy=_suggestion(word))
    values = vars(_parser().parse_args(list(argv)))
    settings = _settings(values.pop("set", None) or [])
    fail_below = tuple(values.pop("fail_below", None) or ())
    return Arguments(settings=settings, fail_below=fail_below, **values)


def _suggestion(word: str) -> str:
    close = difflib.get_close_matches(word, COMMANDS, n=1, cutoff=0.5)
    if close:
        return f'did you mean "{close[0]}"?'
    if " " in word or word.endswith("?"):
        return f'to ask it: footnote ask "{word}"'
    return f"the commands are {', '.join(COMMANDS)}"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message, remedy=f"see {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="footnote",
        description="Answers questions about a folder of documents with exact, cited quotes.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"footnote {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(
            name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.", allow_abbrev=False
        )
        _add_options(command, name)
    return parser


def _add_options(parser: argparse.ArgumentParser, command: str) -> None:
    if command == "index":
        parser.add_argument(
            "--watch", action="store_true", help="stay, and bring the index up to date whenever a document changes"
        )
    if command == "ask":
        parser.add_argument("question", metavar="QUESTION", help="in quotes")
    if command == "evaluate":
        _add_evaluation(parser)
    if command == "serve":
        parser.add_argument("--host", default=DEFAULT_HOST, help="address to listen at (default: %(default)s)")
        parser.add_argument(
            "--port", type=_port, default=DEFAULT_PORT, help="0 takes a free one (default: %(default)s)"
        )
    if command in {"ask", "evaluate"}:
        parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")
    if command == "check":
        parser.add_argument("--export", type=Path, metavar="FILE", help="a conversation that the page exported as JSON")
    if command == "feedback":
        parser.add_argument("action", choices=("export",), help="export: write the judged questions to stdout")
    if command not in _READING:
        parser.add_argument("--corpus", type=Path, metavar="DIR", help=f"the documents (default: {DEFAULT_CORPUS}/)")
    parser.add_argument("--index", type=Path, metavar="DIR", help=f"the index (default: {DEFAULT_INDEX}/)")
    if command not in _READING:
        parser.add_argument(
            "--set", action="append", metavar="NAME=VALUE", help="change one setting; may be given more than once"
        )


def _add_evaluation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("questions", type=Path, metavar="QUESTIONS.jsonl", help="one judged question a line")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write what was returned, one line a question")
    parser.add_argument(
        "--baseline", type=Path, metavar="FILE", help="an earlier report (--json) or results file to compare with"
    )
    parser.add_argument(
        "--fail-below",
        type=_demand,
        action="append",
        metavar="METRIC=VALUE",
        help="exit 1 when the metric is lower; may be given more than once",
    )


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f'"{text}" is not a port from 0 to {HIGHEST_PORT}')
    return int(text)


def _demand(text: str) -> tuple[str, float]:
    from footnote.evaluation.scoring import METRIC_NAMES

    name, _, value = text.rpartition("=")
    if name not in METRIC_NAMES:
        close = difflib.get_close_matches(name, METRIC_NAMES, n=1)
        hint = f', did you mean "{close[0]}"?' if close else f": {', '.join(METRIC_NAMES)}"
        raise argparse.ArgumentTypeError(f'there is no metric "{name}"{hint}')
    try:
        return name, float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{value}" is not a number') from None


def _settings(changes: Sequence[str]) -> Settings:
    kinds = get_type_hints(Settings)
    values: dict[str, Any] = {}
    for change in changes:
        name, equals, text = change.partition("=")
        if name not in kinds:
            close = difflib.get_close_matches(name, kinds, n=1)
            remedy = f'did you mean "{close[0]}"?' if close else f"the settings are {', '.join(kinds)}"
            raise UsageError(f'there is no setting "{name}"', where="--set", remedy=remedy)
        if not equals:
            raise UsageError(f'"{change}" has no value', where="--set", remedy=f"write {name}=VALUE")
        values[name] = _setting_value(name, text, kinds[name])
    return dataclasses.replace(Settings(), **values)


def _setting_value(name: str, text: str, kind: Any) -> object:
    if kind is bool:
        if text.lower() not in _CLAIMS:
            raise UsageError(f'"{text}" is not true or false', where=f"--set {name}", remedy=f"write {name}=true")
        return _CLAIMS[text.lower()]
    makers = {int: int, float: float, Path: Path, str: str}
    if kind not in makers:  # "float | None"
        if text.lower() == "none":
            return None
        kind = float
    try:
        return makers[kind](text)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise UsageError(f'"{text}" is not {what}', where=f"--set {name}", remedy=f"write {name}=NUMBER") from None

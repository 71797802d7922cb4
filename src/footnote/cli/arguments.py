"""The arguments of every command, read into one frozen value."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

from footnote import __version__
from footnote.configuration import FILE_NAME, Configuration, configure
from footnote.errors import UsageError
from footnote.settings import Settings

DEFAULT_CORPUS: Final = Path("corpus")
DEFAULT_INDEX: Final = Path("index")
DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 7860
HIGHEST_PORT: Final = 65_535
FORMATS: Final = ("markdown", "html", "json")
SHELLS: Final = ("bash", "zsh", "tcsh")
SCHEMAS: Final = ("ask", "chat", "check", "documents", "export", "index", "info", "search")
WITHOUT_CORPUS: Final = frozenset({"check", "feedback", "backup", "restore"})

COMMANDS: Final = {
    "index": "build the index of a folder of documents, or bring it up to date",
    "ask": "answer one question with cited quotes, or say that the documents do not answer",
    "evaluate": "ask the judged questions of a file and report how good the answers are",
    "serve": "open the page in which people ask, and the doors for programs",
    "check": "verify every invariant of an index, or every quote of an exported conversation",
    "feedback": "turn what readers said of answers into judged questions for evaluate",
    "chat": "ask one question after the other, follow-ups included",
    "documents": "list what is in the index",
    "export": "write one answer with its citations as Markdown, HTML or JSON",
    "info": "show what is in force, and where each setting came from",
    "mcp": "serve an assistant that speaks MCP, on stdin and stdout",
    "backup": "write the index into one file, also while it is served",
    "restore": "put a backup back, also while the index is served",
    "schema": "print the JSON Schema of what commands print with --json",
    "completion": "print the script that completes commands in a shell",
}


@dataclass(frozen=True, slots=True)
class Arguments:
    """What was asked for; what a command does not take keeps its default.

    Attributes:
        corpus: None where not given: then what the index was made from, else ``corpus/``.
        index: None where not given.
        fail_below: (metric, least value) pairs.
        export: for ``check``: the exported conversation to verify instead of the index.
        action: what ``feedback`` is to do.
        options: of ``--set``, as given.
        config: the configuration file that was named; None where the one beside the documents is taken.
        configuration: where each setting came from.
    """

    command: str
    settings: Settings
    configuration: Configuration = field(default_factory=lambda: configure(environment={}))
    options: tuple[str, ...] = ()
    config: Path | None = None
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
    open_browser: bool = False
    watch: bool = False
    export: Path | None = None
    action: str = ""
    form: str = "markdown"
    output: Path | None = None
    archive: Path | None = None
    name: str = ""


def parse(argv: Sequence[str]) -> Arguments:
    """Read the arguments; of the settings only what ``--set`` says, until the configuration is read.

    Raises:
        UsageError: they are not a command and its options.
        SystemExit: help or the version was asked for, and has been written.
    """
    # The options before a command take no value, so the first other word is the command.
    word = next((argument for argument in argv if not argument.startswith("-")), None)
    if word is not None and word not in COMMANDS:
        raise UsageError(f'there is no command "{word}"', remedy=_suggestion(word))
    values = vars(make_parser().parse_args(list(argv)))
    options = tuple(values.pop("set", None) or ())
    given = configure(environment={}, options=options)
    fail_below = tuple(values.pop("fail_below", None) or ())
    return Arguments(settings=given.settings, configuration=given, options=options, fail_below=fail_below, **values)


def _suggestion(word: str) -> str:
    close = difflib.get_close_matches(word, COMMANDS, n=1, cutoff=0.5)
    if close:
        return f'did you mean "{close[0]}"?'
    if " " in word or word.endswith("?"):
        return f'to ask it: footnote ask "{word}"'
    return f"the commands are {', '.join(COMMANDS)}"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        unknown = message.removeprefix("unrecognized arguments: ").split("=")[0].split()
        known = [option for action in self._all_actions() for option in action.option_strings]
        close = difflib.get_close_matches(unknown[0], known, n=1) if message.startswith("unrec") else []
        raise UsageError(message, remedy=f'did you mean "{close[0]}"?' if close else f"see {self.prog} --help")

    def _all_actions(self) -> list[argparse.Action]:
        """Those of the commands too: what none of them takes is found here."""
        nested = [action.choices for action in self._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001 - argparse has no other way
        return [*self._actions, *(action for each in nested for parser in each.values() for action in parser._actions)]  # noqa: SLF001


def make_parser() -> argparse.ArgumentParser:
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
    if command == "schema":
        parser.add_argument(
            "name", metavar="COMMAND", nargs="?", default="", choices=("", *SCHEMAS), help="default: all"
        )
        return
    if command == "completion":
        parser.add_argument("name", metavar="SHELL", choices=SHELLS, help=", ".join(SHELLS))
        return
    _add_own(parser, command)
    if command == "check":
        parser.add_argument("--export", type=Path, metavar="FILE", help="a conversation that the page exported as JSON")
    if command == "feedback":
        parser.add_argument("action", choices=("export",), help="export: write the judged questions to stdout")
    if command in {"ask", "chat", "check", "documents", "evaluate", "index", "info"}:
        parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")
    if command not in WITHOUT_CORPUS:
        parser.add_argument("--corpus", type=Path, metavar="DIR", help=f"the documents (default: {DEFAULT_CORPUS}/)")
    parser.add_argument("--index", type=Path, metavar="DIR", help=f"the index (default: {DEFAULT_INDEX}/)")
    parser.add_argument("--config", type=Path, metavar="FILE", help=f"default: {FILE_NAME} beside the documents")
    parser.add_argument(
        "--set", action="append", metavar="NAME=VALUE", help="change one setting; may be given more than once"
    )


def _add_own(parser: argparse.ArgumentParser, command: str) -> None:
    """What only one command takes, or two."""
    if command == "index":
        parser.add_argument(
            "--watch", action="store_true", help="stay, and bring the index up to date whenever a document changes"
        )
    if command in {"ask", "export"}:
        parser.add_argument("question", metavar="QUESTION", help="in quotes")
    if command == "export":
        parser.add_argument("--format", dest="form", choices=FORMATS, default="markdown", help="default: %(default)s")
        parser.add_argument("--output", type=Path, metavar="FILE", help="write there instead of on stdout")
    if command in {"backup", "restore"}:
        parser.add_argument("archive", type=Path, metavar="FILE", help="the backup, a tar file")
    if command == "evaluate":
        _add_evaluation(parser)
    if command == "serve":
        parser.add_argument("--host", default=DEFAULT_HOST, help="address to listen at (default: %(default)s)")
        parser.add_argument(
            "--port", type=_port, default=DEFAULT_PORT, help="0 takes a free one (default: %(default)s)"
        )
        parser.add_argument(
            "--open", action="store_true", dest="open_browser", help="open it in your browser, as the owner"
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

"""The commands, the one table of their options, and what was given, read into one frozen value."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

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

COMMANDS: Final = {
    "index": "build the index of a folder of documents, or bring it up to date",
    "ask": "answer one question with cited quotes, or say that the documents do not answer",
    "evaluate": "ask the judged questions of a file and report how good the answers are",
    "serve": "open the page in which people ask, and the doors for programs",
    "check": "verify every invariant of an index, or every quote of an exported conversation",
    "demo": "open the page over a few documents that come with Footnote, to try it",
    "feedback": "turn what readers said of answers into judged questions for evaluate",
    "chat": "ask one question after the other, follow-ups included",
    "documents": "list what is in the index",
    "export": "write one answer with its citations as Markdown, HTML or JSON",
    "info": "show what is in force, and where each setting came from",
    "mcp": "serve an assistant that speaks MCP, on stdin and stdout",
    "backup": "write the index into one file, also while it is served",
    "restore": "put a backup back, also while the index is served",
    "erase": "erase what was removed from an index on a server from every file, and prove it",
    "schema": "print the JSON Schema of what commands print with --json",
    "completion": "print the script that completes commands in a shell",
}


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f'"{text}" is not a port from 0 to {HIGHEST_PORT}')
    return int(text)


def _location(text: str) -> Path | str:
    # The store brings numpy along, which help and every other command's arguments do without.
    from footnote.store import location_of

    return location_of(text)


def _demand(text: str) -> tuple[str, float]:
    # The evaluation brings numpy along, which help and every other command's arguments do without.
    from footnote.evaluation.figures import METRIC_NAMES

    name, _, value = text.rpartition("=")
    if name not in METRIC_NAMES:
        close = difflib.get_close_matches(name, METRIC_NAMES, n=1)
        hint = f', did you mean "{close[0]}"?' if close else f": {', '.join(METRIC_NAMES)}"
        raise argparse.ArgumentTypeError(f'there is no metric "{name}"{hint}')
    try:
        return name, float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{value}" is not a number') from None


@dataclass(frozen=True, slots=True)
class _Option:
    """One option or operand: its name, the commands that take it, and how argparse reads it."""

    name: str
    commands: frozenset[str]
    how: dict[str, Any]


def _option(name: str, commands: Iterable[str], **how: Any) -> _Option:
    return _Option(name, frozenset(commands), how)


_ABOUT_AN_INDEX: Final = frozenset(COMMANDS) - {"schema", "completion"}
_WITHOUT_CORPUS: Final = frozenset({"check", "demo", "feedback", "backup", "restore", "erase"})

OPTIONS: Final = (
    _option("name", ["schema"], metavar="COMMAND", nargs="?", default="", choices=("", *SCHEMAS), help="default: all"),
    _option("name", ["completion"], metavar="SHELL", choices=SHELLS, help=", ".join(SHELLS)),
    _option(
        "--watch", ["index"], action="store_true",
        help="stay, and bring the index up to date whenever a document changes",
    ),
    _option(
        "--ray", ["index"], metavar="ADDRESS",
        help="read and encode on a Ray cluster: its address, auto for the one this machine is in, local for this machine",
    ),
    _option(
        "--work", ["index"], type=Path, metavar="DIR",
        help="with --ray: a folder that every machine of the cluster has under this path",
    ),
    _option("question", ["ask", "export"], metavar="QUESTION", help="in quotes"),
    _option(
        "--format", ["export"], dest="form", choices=FORMATS, default="markdown", help="default: %(default)s",
    ),
    _option("--output", ["export"], type=Path, metavar="FILE", help="write there instead of on stdout"),
    _option("archive", ["backup", "restore"], type=Path, metavar="FILE", help="the backup, a tar file"),
    _option("questions", ["evaluate"], type=Path, metavar="QUESTIONS.jsonl", help="one judged question a line"),
    _option("--results", ["evaluate"], type=Path, metavar="FILE", help="write what was returned, one line a question"),
    _option(
        "--baseline", ["evaluate"], type=Path, metavar="FILE",
        help="an earlier report (--json) or results file to compare with",
    ),
    _option(
        "--fail-below", ["evaluate"], type=_demand, action="append", metavar="METRIC=VALUE",
        help="exit 1 when the metric is lower; may be given more than once",
    ),
    _option("--host", ["serve"], default=DEFAULT_HOST, help="address to listen at (default: %(default)s)"),
    _option("--port", ["serve", "demo"], type=_port, default=DEFAULT_PORT, help="0 takes a free one (default: %(default)s)"),
    _option(
        "--open", ["serve", "demo"], action="store_true", dest="open_browser", help="open it in your browser, as the owner"
    ),
    _option(
        "--marker", ["erase"], metavar="TEXT", default="",
        help="a text of a removed document; succeeds when no file holds it any more",
    ),
    _option("--bucket", ["erase"], metavar="URL", default="", help="the object store of the server's files, e.g. s3://milvus"),
    _option(
        "--hours", ["erase"], type=float, default=0.0, metavar="H",
        help="how long the server's own collector is waited for (default: %(default)s)",
    ),
    _option("--export", ["check"], type=Path, metavar="FILE", help="a conversation that the page exported as JSON"),
    _option("action", ["feedback"], choices=("export",), help="export: write the judged questions to stdout"),
    _option(
        "--json", ["ask", "chat", "check", "documents", "evaluate", "index", "info"],
        action="store_true", dest="as_json", help="print one JSON object",
    ),
    _option(
        "--corpus", _ABOUT_AN_INDEX - _WITHOUT_CORPUS,
        type=Path, metavar="DIR", help=f"the documents (default: {DEFAULT_CORPUS}/)",
    ),
    _option(
        "--index", _ABOUT_AN_INDEX - {"demo"}, type=_location, metavar="DIR",
        help=f"the index, a folder or milvus+http://HOST:PORT/NAME (default: {DEFAULT_INDEX}/)",
    ),
    _option(
        "--config", _ABOUT_AN_INDEX, type=Path, metavar="FILE", help=f"default: {FILE_NAME} beside the documents"
    ),
    _option(
        "--set", _ABOUT_AN_INDEX, action="append", metavar="NAME=VALUE",
        help="change one setting; may be given more than once",
    ),
)  # fmt: skip
"""Every option of every command, in the order in which help shows them."""

_KNOWN: Final = ("-h", "--help", "--version", *(option.name for option in OPTIONS if option.name.startswith("-")))


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
    index: Path | str | None = None
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
    ray: str | None = None
    work: Path | None = None
    export: Path | None = None
    action: str = ""
    form: str = "markdown"
    output: Path | None = None
    archive: Path | None = None
    marker: str = ""
    bucket: str = ""
    hours: float = 0.0
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
        close = difflib.get_close_matches(unknown[0], _KNOWN, n=1) if message.startswith("unrec") else []
        raise UsageError(message, remedy=f'did you mean "{close[0]}"?' if close else f"see {self.prog} --help")


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands, with the options of the table."""
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
        for option in OPTIONS:
            if name in option.commands:
                command.add_argument(option.name, **option.how)
    return parser

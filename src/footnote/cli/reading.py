"""What the commands that only tell something print: documents, what is in force, schemas, completion, an answer as a file."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import TYPE_CHECKING

from footnote import __version__
from footnote.records import IndexInfo, Info, NamedSetting, SettingInfo
from footnote.rendering import harmless, json_text, to_html, to_markdown

if TYPE_CHECKING:
    from footnote.cli.arguments import Arguments
    from footnote.cli.places import Places
    from footnote.engine import Footnote
    from footnote.records import Answer


def documents_to_terminal(footnote: Footnote) -> str:
    """One line a document: id, title, passages; and what was repaired while reading it."""
    lines = []
    for each in footnote.documents():
        lines.append(f"{each.id}: {each.title} ({each.passages:,} passages, {each.chars:,} characters)")
        lines.extend(f"    {warning}" for warning in each.warnings)
    return "".join(f"{harmless(line)}\n" for line in lines)


def exported(answer: Answer, form: str, as_json: str) -> str:
    """The answer in a form that can be kept or sent; ``as_json`` is the answer's JSON text."""
    if form == "json":
        return f"{as_json}\n"
    return to_html(answer) if form == "html" else f"# {harmless(answer.question)}\n\n{to_markdown(answer)}"


def schema_text(name: str) -> str:
    """The JSON Schema of what a command prints with ``--json``; of all of them where no name is given."""
    from footnote.server.schemas import SCHEMAS, schema

    if name:
        return f"{json_text(schema(SCHEMAS[name]))}\n"
    return f"{json_text({each: schema(form) for each, form in SCHEMAS.items()})}\n"


def completion_text(shell: str) -> str:
    """The script that completes our commands and options in a shell."""
    import shtab

    from footnote.cli.arguments import make_parser

    return str(shtab.complete(make_parser(), shell=shell))


def info_of(arguments: Arguments, places: Places) -> Info:
    """What is in force, and where each setting came from."""
    from footnote.errors import IndexFolderError
    from footnote.store import read_facts

    configuration = arguments.configuration
    try:
        facts = read_facts(places.index_dir)
    except IndexFolderError:
        facts = None
    corpus = str(places.corpus_dir) if places.corpus_dir else None
    index = IndexInfo(str(places.index_dir), corpus)
    if facts is not None:
        found = (facts.generation, facts.documents, facts.passages, facts.fingerprint)
        index = IndexInfo(str(places.index_dir), corpus, *found)
    values = ((name, _plain(getattr(configuration.settings, name)), source) for name, source in configuration.sources)
    return Info(
        version=__version__,
        python=platform.python_version(),
        config=str(configuration.path) if configuration.path else None,
        index=index,
        settings=tuple(NamedSetting(name, SettingInfo(value, source)) for name, value, source in values),
        ignored=configuration.ignored,
    )


def info_to_terminal(info: Info) -> str:
    """The same as lines."""
    index = info.index
    count = "none yet" if index.generation is None else (
        f"generation {index.generation}, {index.documents:,} documents, {index.passages:,} passages"
    )  # fmt: skip
    lines = [
        f"Footnote {info.version}, Python {info.python}",
        f"configuration: {info.config or 'no footnote.toml beside the documents'}",
        f"documents: {index.corpus or 'none: the index is asked as it is'}",
        f"index: {index.index} ({count})",
        *(f"not a setting: {name}" for name in info.ignored),
        "",
    ]
    for name, setting in info.settings:
        value = "fitted" if setting.value is None else setting.value
        lines.append(f"{name} = {value}  ({setting.source})")
    return "".join(f"{line}\n" for line in lines)


def _plain(value: object) -> object:
    """A setting as it is written."""
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value) if isinstance(value, Path) else value

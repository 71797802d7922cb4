"""The commands that only tell something: what is in the index, what is in force, schemas, completion."""

from __future__ import annotations

import platform
from pathlib import Path

from footnote import __version__
from footnote.cli.arguments import Arguments, make_parser
from footnote.cli.console import say, say_json
from footnote.cli.places import Places, open_engine, places_of
from footnote.engine import Footnote
from footnote.errors import IndexFolderError
from footnote.records import DocumentList, IndexInfo, Info, NamedSetting, SettingInfo
from footnote.rendering import harmless_line, json_text, to_json
from footnote.store import read_facts


def documents_command(arguments: Arguments) -> int:
    with open_engine(arguments) as footnote:
        if arguments.as_json:
            summaries = footnote.documents()
            say_json(to_json(DocumentList(len(summaries), summaries)))
        else:
            say(documents_to_terminal(footnote))
    return 0


def info_command(arguments: Arguments) -> int:
    info = info_of(arguments, places_of(arguments))
    if arguments.as_json:
        say_json(to_json(info))
    else:
        say(info_to_terminal(info))
    return 0


def schema_command(arguments: Arguments) -> int:
    """The JSON Schema of what a command prints with ``--json``; of all of them where no name is given."""
    # With it comes the server, which no other of these commands waits for.
    from footnote.server.schemas import SCHEMAS, schema

    name = arguments.name
    schemas = schema(SCHEMAS[name]) if name else {each: schema(form) for each, form in SCHEMAS.items()}
    say(f"{json_text(schemas)}\n")
    return 0


def completion_command(arguments: Arguments) -> int:
    """The script that completes our commands and options in a shell."""
    import shtab

    say(str(shtab.complete(make_parser(), shell=arguments.name)))
    return 0


def documents_to_terminal(footnote: Footnote) -> str:
    """One line a document: id, title, passages; and what was repaired while reading it."""
    lines = []
    for each in footnote.documents():
        lines.append(f"{each.id}: {each.title} ({each.passages:,} passages, {each.chars:,} characters)")
        lines.extend(f"    {warning}" for warning in each.warnings)
    return "".join(f"{harmless_line(line)}\n" for line in lines)


def info_of(arguments: Arguments, places: Places) -> Info:
    """What is in force, and where each setting came from."""
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

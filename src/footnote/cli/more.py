"""The commands beside asking: what is there, what is in force, an answer to keep, other doors, backups."""

from __future__ import annotations

from footnote.cli.arguments import DEFAULT_INDEX, Arguments
from footnote.cli.opening import open_engine
from footnote.cli.output import say, say_json
from footnote.cli.places import places_of
from footnote.records import DocumentList
from footnote.rendering import json_text, to_json


def export_command(arguments: Arguments) -> int:
    from footnote.cli.reading import exported
    from footnote.store import new_file

    with open_engine(arguments) as footnote:
        answer = footnote.ask(arguments.question)
    text = exported(answer, arguments.form, json_text(to_json(answer)))
    if arguments.output is None:
        say(text)
    else:
        with new_file(arguments.output) as file:
            file.write(text.encode("utf-8"))
    return 0


def documents_command(arguments: Arguments) -> int:
    from footnote.cli.reading import documents_to_terminal

    with open_engine(arguments) as footnote:
        if arguments.as_json:
            summaries = footnote.documents()
            say_json(to_json(DocumentList(len(summaries), summaries)))
        else:
            say(documents_to_terminal(footnote))
    return 0


def info_command(arguments: Arguments) -> int:
    from footnote.cli.reading import info_of, info_to_terminal

    info = info_of(arguments, places_of(arguments))
    if arguments.as_json:
        say_json(to_json(info))
    else:
        say(info_to_terminal(info))
    return 0


def mcp_command(arguments: Arguments) -> int:
    import asyncio

    from footnote.server.mcp import serve_stdio

    with open_engine(arguments) as footnote:
        asyncio.run(serve_stdio(footnote))
    return 0


def backup_command(arguments: Arguments) -> int:
    from footnote.store import backup

    assert arguments.archive is not None, "the parser demands it"
    manifest = backup(places_of(arguments).index_dir, arguments.archive)
    say(f"{arguments.archive}: generation {manifest.generation}, {manifest.documents} documents\n")
    return 0


def restore_command(arguments: Arguments) -> int:
    from footnote.store import restore

    assert arguments.archive is not None, "the parser demands it"
    index_dir = arguments.index or DEFAULT_INDEX
    manifest = restore(arguments.archive, index_dir, lock_wait_seconds=arguments.settings.lock_wait_seconds)
    say(f"{index_dir}: generation {manifest.generation}, {manifest.documents} documents\n")
    return 0


def schema_command(arguments: Arguments) -> int:
    from footnote.cli.reading import schema_text

    say(schema_text(arguments.name))
    return 0


def completion_command(arguments: Arguments) -> int:
    from footnote.cli.reading import completion_text

    say(completion_text(arguments.name))
    return 0

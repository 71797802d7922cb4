"""Where settings come from: the file ``footnote.toml``, the environment, options; each is stronger than those before it."""

from __future__ import annotations

import dataclasses
import difflib
import math
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

from footnote.errors import UsageError
from footnote.settings import Between, Settings, listed
from footnote.wire import WireError, convert, without_none

FILE_NAME: Final = "footnote.toml"
PREFIX: Final = "FOOTNOTE_"
DEFAULT: Final = "default"
OPTION: Final = "--set"
_OTHER_VARIABLES: Final = frozenset({"FOOTNOTE_TOKEN", "FOOTNOTE_DEBUG"})
"""Variables of ours that are no settings: a token belongs in no file, and debugging to one run."""
_CLAIMS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
RENAMED: Final = {"reader": "reranker", "read_passages": "rerank_passages"}
"""Old names of settings, understood for one version."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings in force.

    Attributes:
        settings: all of them.
        sources: (setting, where its value came from) pairs: "default", a file, a variable, or "--set".
        path: the file that was read, or None.
        ignored: variables of the environment that look like settings and are none.
        renamed: old names of settings that were given, each understood as its new one.
    """

    settings: Settings
    sources: tuple[tuple[str, str], ...]
    path: Path | None = None
    ignored: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()


def configure(
    path: Path | None = None, environment: Mapping[str, str] | None = None, options: Sequence[str] = ()
) -> Configuration:
    """Read the settings.

    Args:
        path: a configuration file; None for none.
        environment: variables named ``FOOTNOTE_`` and a setting in capitals; None for those of the process.
        options: ``NAME=VALUE`` each.

    Raises:
        UsageError: there is no such setting, or not such a value; it names the key and where it stands.
    """
    variables = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    sources = dict.fromkeys(_kinds(), DEFAULT)
    ignored: list[str] = []
    renamed: list[str] = []
    if path is not None:
        for written, given in _read(path).items():
            name = _current(written, renamed)
            values[name] = _value(name, given, f"{path}: {_known(name, str(path))}")
            sources[name] = str(path)
        values |= {"cache_dir": path.parent / values["cache_dir"]} if "cache_dir" in values else {}
    for variable, text in sorted(variables.items()):
        if not variable.startswith(PREFIX) or variable in _OTHER_VARIABLES or not text:
            continue
        written = "cache_dir" if variable == "FOOTNOTE_CACHE" else variable.removeprefix(PREFIX).lower()
        name = _current(written, renamed)
        if name in sources:
            values[name], sources[name] = _value(name, text, variable), variable
        else:
            ignored.append(variable)
    for option in options:
        written, equals, text = option.partition("=")
        name = _current(written, renamed)
        _known(name, OPTION)
        if not equals:
            raise UsageError(f'"{option}" has no value', where=OPTION, remedy=f"write {name}=VALUE")
        values[name], sources[name] = _value(name, text, f"{OPTION} {name}"), OPTION
    settings = dataclasses.replace(Settings(), **values)
    return Configuration(settings, tuple(sources.items()), path, tuple(ignored), tuple(renamed))


def _current(name: str, renamed: list[str]) -> str:
    """The name a setting has now; an old one is noted."""
    if name in RENAMED:
        renamed.append(name)
    return RENAMED.get(name, name)


def _kinds() -> dict[str, Any]:
    return get_type_hints(Settings, include_extras=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot be read ({error.strerror})", where=str(path), remedy="name another file") from error
    except UnicodeDecodeError as error:
        raise UsageError("is not UTF-8 text", where=str(path), remedy="save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"is not TOML ({error})", where=str(path), remedy="write lines like: top_k = 5") from error


def _known(name: str, where: str) -> str:
    """The name itself.

    Raises:
        UsageError: there is no such setting.
    """
    kinds = _kinds()
    if name not in kinds:
        close = difflib.get_close_matches(name, kinds, n=1)
        remedy = f'did you mean "{close[0]}"?' if close else f"the settings are {', '.join(kinds)}"
        raise UsageError(f'there is no setting "{name}"', where=where, remedy=remedy)
    return name


def _value(name: str, given: object, where: str) -> object:
    """The value as its setting's type; ``where`` is for messages."""
    hint = _kinds()[name]
    kind, *marks = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    given = _meant(kind, given)
    try:
        value = convert(kind, given, words=isinstance(given, str))
    except WireError:
        raise _wrong(name, given, kind, where) from None
    bounds = next((mark for mark in marks if isinstance(mark, Between)), Between(0, math.inf))
    if isinstance(value, int | float) and not isinstance(value, bool) and not bounds.least <= value <= bounds.most:
        to = f"from {bounds.least:g} to {bounds.most:g}" if bounds.most < math.inf else f"{bounds.least:g} or more"
        raise UsageError(f"{value} is out of range", where=where, remedy=f"give a number {to}")
    return value


def _meant(kind: Any, given: object) -> object:
    """What a word stands for where another type is wanted."""
    if not isinstance(given, str):
        return given
    if kind is bool:
        return _CLAIMS.get(given.lower(), given)
    if get_origin(kind) is tuple:
        return listed(given)
    inner = without_none(kind)
    if inner is not kind and given.lower() == "none":
        return None
    return given.strip().replace("_", "") if inner in {int, float} else given


def _wrong(name: str, given: object, kind: Any, where: str) -> UsageError:
    """The error for a value of another type than its setting's."""
    kind = without_none(kind)
    if kind is bool:
        return UsageError(f'"{given}" is not true or false', where=where, remedy=f"write {name}=true")
    if get_origin(kind) is Literal:
        what = f"one of {', '.join(get_args(kind))}"
        return UsageError(f'"{given}" is not {what}', where=where, remedy=f"write {name}={get_args(kind)[0]}")
    if kind in {int, float}:
        what = "a whole number" if kind is int else "a number"
        return UsageError(f'"{given}" is not {what}', where=where, remedy=f"write {name}=NUMBER")
    what = "a list of texts" if get_origin(kind) is tuple else "a text"
    return UsageError(f"{given} is not {what}", where=where, remedy=f'write {name} = "VALUE"')

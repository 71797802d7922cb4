"""Where settings come from: the file ``footnote.toml``, the environment, options; each is stronger than those before it."""

from __future__ import annotations

import dataclasses
import difflib
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_type_hints

from footnote.errors import UsageError
from footnote.settings import Settings

FILE_NAME: Final = "footnote.toml"
PREFIX: Final = "FOOTNOTE_"
DEFAULT: Final = "default"
OPTION: Final = "--set"
_OTHER_VARIABLES: Final = frozenset({"FOOTNOTE_TOKEN", "FOOTNOTE_DEBUG"})
"""Variables of ours that are no settings: a token belongs in no file, and debugging to one run."""
_CLAIMS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
RENAMED: Final = {"reader": "reranker", "read_passages": "rerank_passages"}
"""Old names of settings, understood for one version."""
_BOUNDS: Final[dict[str, tuple[float, float]]] = {
    "passage_max_chars": (50, 100_000),
    "passage_max_tokens": (16, 100_000),
    "candidates_k": (1, 10_000),
    "top_k": (1, 1_000),
    "rerank_passages": (1, 1_000),
    "rerank_closely": (1, 1_000),
    "max_quotes": (1, 100),
    "answer_threshold": (0, 2),  # above 1 nothing is ever answered
    "question_max_chars": (1, 1_000_000),
}
"""Least and most of a number; of those not named, the least is 0."""


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
    return get_type_hints(Settings)


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
    kind = _kinds()[name]
    if kind is bool:
        return _claim(given, where, name)
    if kind is str or kind is Path:
        if not isinstance(given, str):
            raise UsageError(f"{given} is not a text", where=where, remedy=f'write {name} = "VALUE"')
        return kind(given)
    if kind is not int and kind is not float:  # "float | None"
        if isinstance(given, str) and given.lower() == "none":
            return None
        kind = float
    return _number(name, given, kind, where)


def _claim(given: object, where: str, name: str) -> bool:
    claim = given if isinstance(given, bool) else _CLAIMS.get(str(given).lower())
    if claim is None:
        raise UsageError(f'"{given}" is not true or false', where=where, remedy=f"write {name}=true")
    return claim


def _number(name: str, given: object, kind: type[int | float], where: str) -> float:
    what = "a whole number" if kind is int else "a number"
    wrong = UsageError(f'"{given}" is not {what}', where=where, remedy=f"write {name}=NUMBER")
    if isinstance(given, bool) or not isinstance(given, (int, float, str)):
        raise wrong
    if kind is int and isinstance(given, float):
        raise wrong
    try:
        number = kind(given)
    except ValueError:
        raise wrong from None
    least, most = _BOUNDS.get(name, (0, float("inf")))
    if not least <= number <= most:
        to = f"from {least:g} to {most:g}" if most < float("inf") else f"{least:g} or more"
        raise UsageError(f"{number} is out of range", where=where, remedy=f"give a number {to}")
    return number

"""Front matter: what a file says of itself at its top, in YAML between dashes, in TOML between plus signs, or in JSON."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from footnote.records import Metadatum, Span

__all__ = ["FrontMatter", "read_front_matter"]

_AHEAD = re.compile(r"(?:[ \t]*\n){0,20}")
_FENCED = re.compile(r"---[ \t]*\n(?P<body>(?:.*\n)*?)(?:---|\.\.\.)[ \t]*(?:\n|$)")
_TOML = re.compile(r"\+\+\+[ \t]*\n(?P<body>(?:.*\n)*?)\+\+\+[ \t]*(?:\n|$)")
_PAIR = re.compile(
    r"(?P<quote>[\"']?)(?P<key>[A-Za-z_](?:[\w .-]{0,60}[\w.-])?)(?P=quote)[ \t]*:(?:[ \t]+(?P<value>.*))?$"
)
_FLOW_LIST = re.compile(r"\[(?P<items>[^\[\]{}]*)\]$")
_MAX_CHARS = 20_000
_DEPTH_MAX = 3
_ALSO = {"authors": "author", "creator": "author", "by": "author", "published": "date", "pubdate": "date"}
"""Other names of what is shown beside a quote."""


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What front matter tells, and where the text after it begins; ``span`` is None where there is none."""

    span: Span | None = None
    body_start: int = 0
    title: str = ""
    source: str = ""
    metadata: tuple[Metadatum, ...] = ()


def read_front_matter(text: str) -> FrontMatter:
    """Front matter at the top of a text, below blank lines at most; what cannot be read as such is none."""
    ahead = _AHEAD.match(text)
    start = ahead.end() if ahead else 0
    head = text[start : start + _MAX_CHARS]
    pairs: Mapping[str, str] | None = None
    end = 0
    if match := _FENCED.match(head):
        pairs, end = _yaml(match["body"]), match.end()
    elif match := _TOML.match(head):
        pairs, end = _toml(match["body"]), match.end()
    elif head.startswith("{") and not head.startswith(("{{", "{%")):
        pairs, end = _json(head)
    if not pairs:
        return FrontMatter()
    told = {name: value for name, value in pairs.items() if value}
    for other, name in _ALSO.items():
        if other in told:
            told.setdefault(name, told[other])
    metadata = tuple(sorted(Metadatum(name, value) for name, value in told.items() if name not in {"title", "source"}))
    span = Span(start, start + len(head[:end].rstrip()))
    return FrontMatter(span, start + end, told.get("title", ""), told.get("source", ""), metadata)


def _yaml(body: str) -> dict[str, str] | None:
    """``key: value`` lines; None where a line is no pair, list or comment."""
    pairs: dict[str, str] = {}
    last = ""
    for line in body.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pair = _PAIR.match(line)
        if pair is not None:
            last = pair["key"].strip().lower()
            pairs[last] = _unquoted(pair["value"] or "")
        elif last and (line[0].isspace() or line.startswith("- ")):
            # A folded value or a list under its key.
            pairs[last] = f"{pairs[last]} {_unquoted(line.strip().removeprefix('- '))}".strip()
        else:
            return None
    return pairs


def _unquoted(value: str) -> str:
    value = value.strip()
    if value in {">", "|", ">-", "|-"}:
        return ""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    if items := _FLOW_LIST.match(value):
        return ", ".join(_unquoted(item) for item in items["items"].split(",") if item.strip())
    return value


def _toml(body: str) -> dict[str, str] | None:
    try:
        return _flat(tomllib.loads(body))
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def _json(head: str) -> tuple[dict[str, str] | None, int]:
    """The object that a text begins with, where more text follows on a line of its own."""
    try:
        value, end = json.JSONDecoder().raw_decode(head)
    except (ValueError, RecursionError):
        return None, 0
    follows = head[end:].lstrip(" \t")
    if not isinstance(value, dict) or not follows.startswith("\n") or not follows.strip():
        return None, 0
    return _flat(value), end + len(head[end:]) - len(follows) + 1


def _flat(values: Mapping[str, Any], above: str = "", depth: int = 0) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in values.items():
        key = f"{above}{name}".lower()
        if isinstance(value, dict):
            found |= _flat(value, f"{key}.", depth + 1) if depth < _DEPTH_MAX else {}
        elif isinstance(value, list):
            found[key] = ", ".join(_scalar(each) for each in value if not isinstance(each, (dict, list)))
        else:
            found[key] = _scalar(value)
    return found


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else " ".join(str(value).split())

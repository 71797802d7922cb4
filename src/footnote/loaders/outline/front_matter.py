"""What a file tells of itself: front matter at its top (YAML between dashes, TOML between plus signs, JSON), or its properties.

Properties of office files, books and web pages count only as far as somebody gave them: what programs write by themselves is left
out.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from footnote.loaders.outline.canonical import clean_text
from footnote.records import Metadatum, Span

__all__ = ["FrontMatter", "office_front", "read_front_matter", "told_name"]

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
_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")
_NOBODY = re.compile(
    r"(?:python-docx|openpyxl|python-pptx|xlsxwriter|apache poi|anonymous|unknown(?: author| creator)?|author|user|users?\d*|"
    r"owner|admin|administrator|guest|default(?: user)?|none|null|n/a|nobody|test|(?:microsoft )?office user|microsoft(?: office)?|"
    r"windows user|registered user|preferred customer|your name|author name|dell|hp|lenovo|acer|toshiba|asus|"
    r"libreoffice|openoffice(?:\.org)?|un-?named|unspecified|root|pc|home)$",
    re.IGNORECASE,
)
"""Names that programs and new machines write where nobody gave one."""
_NO_TITLE = re.compile(
    r"(?:(?:word|microsoft word|powerpoint|pdf|new|blank|open ?document)[ -]*(?:document|presentation|text document|file)?|"
    r"(?:untitled|unnamed|no title|title|none|null|document|presentation|slide|book|workbook|sheet|page|table|dokument|"
    r"titel)[ _-]?\d*(?: document| page)?|click to (?:add|edit)(?: master)? title(?: style)?|"
    r"(?:microsoft )?(?:word|powerpoint|excel) - .*|.*\.(?:docx?|pptx?|xlsx?|odt|odp|ods|rtf|pdf|indd|dot|tmp))$",
    re.IGNORECASE,
)
"""Titles that programs write where nobody gave one, names of files among them."""


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


def office_front(title: str, pairs: dict[str, str]) -> FrontMatter:
    """Title and metadata from a document's properties; what is blank or a program's placeholder is left out."""
    told = {name: clean_text(value).strip() for name, value in pairs.items()}
    told["author"] = told_name(told.get("author", ""))
    found = _DATE.match(told.get("date", ""))
    told["date"] = found[0] if found else ""
    metadata = tuple(sorted(Metadatum(name, value) for name, value in told.items() if value))
    return FrontMatter(title=told_title(title), metadata=metadata)


def told_title(title: str) -> str:
    """A title as somebody gave it; empty for a placeholder or a file's name."""
    title = " ".join(clean_text(title).split())
    return "" if _NO_TITLE.match(title) else title


def told_name(name: str) -> str:
    """An author as somebody gave it; empty for the name of a program or a new machine."""
    name = " ".join(clean_text(name).split())
    return "" if _NOBODY.match(name) else name

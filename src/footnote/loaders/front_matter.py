"""Front matter: ``key: value`` lines between two lines of dashes at the top of a file."""

from __future__ import annotations

import re
from dataclasses import dataclass

from footnote.records import Span

__all__ = ["FrontMatter", "read_front_matter"]

_FENCED = re.compile(r"---[ \t]*\n(?P<body>(?:.*\n)*?)(?:---|\.\.\.)[ \t]*(?:\n|$)")
_PAIR = re.compile(r"(?P<key>[A-Za-z_][\w .-]{0,60}?)[ \t]*:(?:[ \t]+(?P<value>.*))?$")
_MAX_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What front matter tells, and where the text after it begins; ``span`` is None where there is none."""

    span: Span | None = None
    body_start: int = 0
    title: str = ""
    source: str = ""
    metadata: tuple[tuple[str, str], ...] = ()


def read_front_matter(text: str) -> FrontMatter:
    """Front matter at the top of a text.  Lines that are no pairs, lists or comments mean that it is none."""
    match = _FENCED.match(text[:_MAX_CHARS])
    if match is None:
        return FrontMatter()
    pairs: dict[str, str] = {}
    last = ""
    for line in match["body"].splitlines():
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
            return FrontMatter()
    if not pairs:
        return FrontMatter()
    metadata = tuple(sorted((k, v) for k, v in pairs.items() if k not in {"title", "source"} and v))
    span = Span(0, len(match.group().rstrip()))
    return FrontMatter(span, match.end(), pairs.get("title", ""), pairs.get("source", ""), metadata)


def _unquoted(value: str) -> str:
    value = value.strip()
    if value in {">", "|", ">-", "|-"}:
        return ""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value

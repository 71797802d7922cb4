"""reStructuredText and AsciiDoc, written anew as Markdown: headings, lists, code, tables and links in their own signs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from footnote.loaders.markup.markdown import markdown_drafts
from footnote.loaders.outline import assemble, check_text
from footnote.loaders.outline.canonical import decode
from footnote.loaders.outline.front_matter import FrontMatter, read_front_matter
from footnote.records import Document, Metadatum
from footnote.settings import Settings

__all__ = ["load_asciidoc", "load_rst"]

_ADORNED = re.compile(r"([=\-`:'\"~^_*+#<>.!$%&,/;?@|\\(){}\[\]])\1{1,}\s*$")
_DIRECTIVE = re.compile(r"(?P<indent>\s*)\.\. (?P<name>[\w:+-]+)::\s*(?P<rest>.*)$")
_EXPLICIT = re.compile(r"\s*\.\.(?:\s+(?!\[)|$)")
_ROLE = re.compile(r":[\w:+.-]+:`~?!?(?P<text>[^`<]+?)(?:\s*<[^`]*>)?`")
_LINK = re.compile(r"`(?P<text>[^`<]+?)\s*<(?P<target>[^`>]+)>`__?")
_REFERENCE = re.compile(r"`(?P<text>[^`]+)`__?(?!\w)|(?<![\w`])(?P<word>\w+)_(?=[\s.,;:)]|$)")
_FOOTNOTE = re.compile(r"\s*\[(?:#\w*|\*|\d+)\]_")
_NOTICES = frozenset(
    "note warning tip important caution danger hint attention admonition seealso versionadded versionchanged deprecated".split()
)
_CODE = frozenset("code code-block sourcecode literalinclude parsed-literal math highlight prompt".split())
_SILENT = frozenset(
    "image figure toctree contents include index raw meta role default-role highlight only currentmodule sectnum".split()
)
_NESTING = 10
"""Directives that are nested deeper are taken as lines."""
_GRID_LINE = re.compile(r"\s*\+(?:[-=]+\+)+\s*$")
_SIMPLE_LINE = re.compile(r"\s*=+(?:\s+=+)+\s*$")
_ASCIIDOC_HEADING = re.compile(r"(?P<signs>={1,6}|#{1,6})\s+(?P<text>\S.*?)(?:\s+=+)?$")
_ASCIIDOC_ITEM = re.compile(r"\s*(?P<signs>\*{1,5}|\.{1,5}|-)\s+(?P<text>\S.*)$")
_ASCIIDOC_TERM = re.compile(r"(?P<term>\S[^:]{0,100}?):{2,4}(?:\s+(?P<text>.*))?$")
_ASCIIDOC_LINK = re.compile(r"(?:link:|xref:)?(?P<target>(?:https?://|mailto:|#)?[^\s\[\]<>]*)\[(?P<text>[^\]]+)\]")
_CROSS = re.compile(r"<<[^,>]+,\s*(?P<text>[^>]+)>>")
_ATTRIBUTE = re.compile(r":(?P<name>[\w-]+)!?:(?:\s+(?P<value>.*))?$")
_MONO = re.compile(r"(?<![\w`])`\+?([^`]+?)\+?`(?![\w`])")


def load_rst(raw: bytes, document_id: str, settings: Settings) -> Document:
    """A text in reStructuredText."""
    return _load(raw, document_id, settings, _from_rst)


def load_asciidoc(raw: bytes, document_id: str, settings: Settings) -> Document:
    """A text in AsciiDoc."""
    return _load(raw, document_id, settings, _from_asciidoc)


def _load(
    raw: bytes,
    document_id: str,
    settings: Settings,
    convert: Callable[[Sequence[str]], tuple[list[str], dict[str, str]]],
) -> Document:
    decoded, warnings = decode(raw)
    check_text(decoded, document_id, settings)
    lines, told = convert(decoded[read_front_matter(decoded).body_start :].split("\n"))
    text = "\n".join(lines).strip("\n") + "\n"
    check_text(text, document_id, settings)
    metadata = tuple(
        sorted(Metadatum(name, value) for name, value in told.items() if name in {"author", "date"} and value)
    )
    front = FrontMatter(title=told.get("title", ""), metadata=metadata)
    return assemble(raw, text, markdown_drafts(text), document_id=document_id, front=front, warnings=warnings)


def _from_rst(lines: Sequence[str], depth: int = 0) -> tuple[list[str], dict[str, str]]:
    made: list[str] = []
    levels: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number].rstrip()
        taken, written = 1, [_rst_line(line)]
        if heading := _rst_heading(lines, number):
            style, text, taken = heading
            if style not in levels:
                levels.append(style)
            written = ["", f"{'#' * min(levels.index(style) + 1, 6)} {_rst_line(text.strip())}", ""]
        elif depth < _NESTING and (match := _DIRECTIVE.match(line)):
            taken, written = _rst_directive(lines, number, match, depth)
        elif _EXPLICIT.match(line):
            taken, written = _block_length(lines, number), []
        elif _GRID_LINE.match(line) or _SIMPLE_LINE.match(line):
            taken, written = _rst_table(lines, number)
        elif line.endswith("::") and not line.lstrip().startswith(".."):
            length = _block_length(lines, number)
            shown = line[:-1] if len(line) > 2 and not line[:-2].endswith(" ") else line[:-2].rstrip()
            taken, written = length, [_rst_line(shown), *_fenced(lines[number + 1 : number + length])]
        made += written
        number += taken
    return made, {}


def _rst_heading(lines: Sequence[str], number: int) -> tuple[str, str, int] | None:
    """(style, text, lines) of a heading at a line: underlined, or between two lines of signs."""
    line = lines[number].rstrip()
    below = lines[number + 1].rstrip() if number + 1 < len(lines) else ""
    if _ADORNED.match(line) and number + 2 < len(lines) and lines[number + 2].rstrip() == line and below.strip():
        return f"{line[0]}{line[0]}", below, 3
    if line.strip() and not line[0].isspace() and not _ADORNED.match(line) and _ADORNED.match(below):
        return (below[0], line, 2) if len(below) >= len(line) and len(below) > 2 else None
    return None


def _rst_directive(lines: Sequence[str], number: int, match: re.Match[str], depth: int) -> tuple[int, list[str]]:
    length = _block_length(lines, number)
    body = list(lines[number + 1 : number + length])
    name, rest = match["name"].lower(), match["rest"].strip()
    while body and (not body[0].strip() or re.match(r"\s+:[\w-]+:", body[0])):
        body.pop(0)
    if name in _CODE:
        return length, _fenced(body)
    if name in _SILENT:
        # A figure's caption is text.
        return length, ["", *(_rst_line(line.strip()) for line in body), ""] if name == "figure" else []
    indent = min((len(line) - len(line.lstrip()) for line in body if line.strip()), default=0)
    inner, _ = _from_rst([line[indent:] for line in body], depth + 1)
    title = f"{name.capitalize()}: {rest}".rstrip(": ") if name in _NOTICES else rest
    return length, ["", *([_rst_line(title), ""] if title else []), *inner, ""]


def _block_length(lines: Sequence[str], number: int) -> int:
    """How many lines belong to the line at a place: what is set in further than it is."""
    indent = len(lines[number]) - len(lines[number].lstrip())
    end = last = number + 1
    while end < len(lines):
        line = lines[end]
        if line.strip():
            if len(line) - len(line.lstrip()) <= indent:
                break
            last = end + 1
        end += 1
    return last - number


def _fenced(lines: Sequence[str]) -> list[str]:
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    body = "\n".join(line[indent:] for line in lines).strip("\n")
    return ["", "````", *body.split("\n"), "````", ""] if body.strip() else [""]


def _rst_table(lines: Sequence[str], number: int) -> tuple[int, list[str]]:
    end = number
    while end < len(lines) and lines[end].strip():
        end += 1
    block = [line.strip() for line in lines[number:end]]
    if block[0].startswith("+"):
        rows, head = [], 0
        pending: list[list[str]] = []
        for line in block:
            if _GRID_LINE.match(line):
                if pending:
                    rows.append([" ".join(part for part in cell if part) for cell in zip(*pending, strict=False)])
                    pending = []
                head = len(rows) if "=" in line else head
            else:
                pending.append([cell.strip() for cell in line.strip("|").split("|")])
    else:
        columns = [match.span() for match in re.finditer(r"=+", block[0])]
        rules = [n for n, line in enumerate(block) if _SIMPLE_LINE.match(line)]
        edges = [start for start, _ in columns]
        rows = [
            [line[a:b].strip() for a, b in zip(edges, [*edges[1:], None], strict=True)]
            for n, line in enumerate(block)
            if n not in rules
        ]
        head = 1 if len(rules) > 2 else 0
    return end - number, _pipe_table(rows, headed=head > 0)


def _pipe_table(rows: Sequence[Sequence[str]], *, headed: bool) -> list[str]:
    if not rows:
        return []
    width = max(map(len, rows))
    shown = [[_rst_line(cell).replace("|", "\\|") for cell in [*row, *[""] * (width - len(row))]] for row in rows]
    head = shown.pop(0) if headed else [""] * width
    return ["", f"| {' | '.join(head)} |", "|---" * width + "|", *(f"| {' | '.join(row)} |" for row in shown), ""]


def _rst_line(line: str) -> str:
    line = _FOOTNOTE.sub("", line)
    line = _ROLE.sub(lambda match: match["text"].lstrip("."), line)
    line = _LINK.sub(
        lambda match: f"[{match['text']}]({match['target']})" if " " not in match["target"] else match["text"], line
    )
    return _REFERENCE.sub(lambda match: match["text"] or match["word"], line) if "_" in line else line


def _from_asciidoc(lines: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    made: list[str] = []
    told: dict[str, str] = {}
    number = 0
    while number < len(lines):
        line = lines[number].rstrip()
        closing = (
            next((n for n in range(number + 1, len(lines)) if lines[n].rstrip() == line), None)
            if _fences(line)
            else None
        )
        if line.startswith("|===") and closing is not None:
            made += _asciidoc_table(lines[number + 1 : closing])
            number = closing + 1
            continue
        if closing is not None and line[0] in "-.+`/":
            made += [] if line.startswith("////") else _fenced(lines[number + 1 : closing])
            number = closing + 1
            continue
        made += _asciidoc_lines(line, told)
        number += 1
    return made, told


def _fences(line: str) -> bool:
    return line.startswith("|===") or (
        len(line) >= 3 and line[0] in "-.+`/" and len(set(line)) == 1 and line not in {"...", "---"}
    )


def _asciidoc_lines(line: str, told: dict[str, str]) -> list[str]:  # noqa: PLR0911 - one line for each kind of line
    if attribute := _ATTRIBUTE.match(line):
        if attribute["name"] in {"author", "revdate", "date"}:
            told.setdefault("author" if attribute["name"] == "author" else "date", attribute["value"] or "")
        return []
    if (
        line.startswith("//")
        or re.match(r"\[[\w\s=\",.%#+*-]*\]$", line)
        or re.match(r"(?:image|include|toc|ifdef|endif)::", line)
    ):
        return []
    if heading := _ASCIIDOC_HEADING.match(line):
        return ["", f"{'#' * len(heading['signs'])} {_asciidoc_text(heading['text'])}", ""]
    if item := _ASCIIDOC_ITEM.match(line):
        depth = 0 if item["signs"] == "-" else len(item["signs"]) - 1
        mark = "1." if item["signs"][0] == "." else "-"
        return ["    " * depth + f"{mark} {_asciidoc_text(item['text'])}"]
    if term := _ASCIIDOC_TERM.match(line):
        return ["", f"**{term['term']}**: {_asciidoc_text(term['text'] or '')}".rstrip(), ""]
    if line.startswith(".") and len(line) > 1 and line[1] not in ". ":
        return ["", _asciidoc_text(line[1:]), ""]
    return ["" if line in {"+", "'''", "<<<", "====", "****", "____", "--"} else _asciidoc_text(line)]


def _asciidoc_table(lines: Sequence[str]) -> list[str]:
    first_blank = next((n for n, line in enumerate(lines) if not line.strip() and n), len(lines))
    on_one_line = [n for n, line in enumerate(lines) if line.count("|") > 1]
    width = (
        lines[on_one_line[0]].count("|") if on_one_line else sum(line.count("|") for line in lines[:first_blank]) or 1
    )
    cells = [_asciidoc_text(cell.strip()) for cell in "\n".join(lines).split("|")[1:]]
    rows = [[" ".join(cell.split()) for cell in cells[start : start + width]] for start in range(0, len(cells), width)]
    headed = bool(on_one_line) and first_blank == on_one_line[0] + 1 and len(rows) > 1
    return _pipe_table(rows, headed=headed)


def _asciidoc_text(text: str) -> str:
    text = _CROSS.sub(lambda match: match["text"], text)
    text = (
        _ASCIIDOC_LINK.sub(lambda m: f"[{m['text']}]({m['target']})" if m["target"] else m["text"], text)
        if "[" in text
        else text
    )
    return _MONO.sub(r"`\1`", text)

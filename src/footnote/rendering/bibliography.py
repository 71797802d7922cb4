"""Kept quotes as people cite them: styled by CSL, as Markdown, and for programs that manage references (RIS, BibTeX).

A document is one reference, however many of its quotes are kept; its quotes stand with it, each with its page and the note
that its reader made.  ``citeproc-py`` reads the styles beside this module, which are those of the Citation Style Language
project as they are (CC BY-SA 3.0, named in each).
"""

from __future__ import annotations

import re
import threading
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from itertools import islice, takewhile
from typing import Any, Final, Literal, TypeAlias

from footnote.records import Document, Span
from footnote.rendering.escaping import escape_markdown, harmless, harmless_line
from footnote.rendering.phrases import place_in_words

__all__ = ["BibliographyForm", "KeptQuote", "bibliography"]

BibliographyForm: TypeAlias = Literal["apa", "vancouver", "markdown", "ris", "bibtex"]

_DATE: Final = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?!\d)")
_AUTHORS: Final = re.compile(r"\s*;\s*|\s+(?:and|&)\s+")
_STYLING = threading.Lock()
"""A style remembers what it renders: one at a time."""


@dataclass(frozen=True, slots=True)
class KeptQuote:
    """A quote that a reader kept: where it stands now, and what the reader noted."""

    document: Document
    span: Span
    heading_path: tuple[str, ...]
    note: str = ""

    @property
    def page(self) -> int | None:
        return self.document.page_of(self.span.start)

    @property
    def lines(self) -> list[str]:
        """What a reader sees of it, a line for each block; items of lists keep their dash."""
        lines, blocks = [], self.document.blocks
        first = bisect_right(blocks, self.span.start, key=lambda block: block.span.end)
        for block in takewhile(lambda block: block.span.start < self.span.end, islice(blocks, first, None)):
            cut = block.span.within(self.span)
            if cut is not None and (said := self.document.visible(cut)):
                lines.append(f"- {said}" if block.kind == "list_item" else said)
        return lines or [" ".join(self.span.of(self.document.text).split())]

    @property
    def quoted(self) -> str:
        return "“" + "\n".join(self.lines) + "”"


def bibliography(quotes: Sequence[KeptQuote], form: BibliographyForm) -> str:
    """The quotes with their references as one text, in their order; empty where there are none."""
    if not quotes:
        return ""
    writers = {"markdown": _markdown, "ris": _ris, "bibtex": _bibtex}
    return harmless(writers[form](quotes) if form in writers else _styled(quotes, form)).strip("\n") + "\n"


def _documents(quotes: Sequence[KeptQuote]) -> list[Document]:
    """The documents that are quoted, each once, by their first quote."""
    return list({quote.document.id: quote.document for quote in quotes}.values())


def _address(document: Document) -> str:
    """Where it stands on the web, as it says itself; empty where nowhere."""
    return document.source if document.source.startswith(("https://", "http://")) else ""


def _date(document: Document) -> list[int]:
    """Year, month and day, as far as it states them."""
    found = _DATE.match(document.stated("date"))
    return [int(part) for part in found.groups() if part] if found else []


def _authors(document: Document) -> list[str]:
    return [name for name in _AUTHORS.split(" ".join(document.stated("author").split())) if name]


def _markdown(quotes: Sequence[KeptQuote]) -> str:
    parts = []
    for quote in quotes:
        document = quote.document
        where = f"{place_in_words(document.title, quote.heading_path, quote.page)} ({harmless_line(document.id)})"
        lines = [
            ("- " + escape_markdown(line[2:])) if line.startswith("- ") else escape_markdown(line)
            for line in quote.lines
        ]
        parts.append("\n".join(f"> {line}" for line in (*lines, "", f"— {escape_markdown(where)}")))
        if quote.note:
            parts.append(escape_markdown(quote.note))
    return "\n\n".join(parts).replace("> \n", ">\n")


def _noted(quote: KeptQuote) -> str:
    """A quote, its page and its note in one line, as programs keep notes."""
    page = f" (p. {quote.page})" if quote.page is not None else ""
    told = f" — {quote.note}" if quote.note else ""
    return " ".join(f"{quote.quoted}{page}{told}".split())


def _ris(quotes: Sequence[KeptQuote]) -> str:
    references = []
    for document in _documents(quotes):
        date, address = _date(document), _address(document)
        fields = [
            ("TY", "ELEC" if address else "GEN"),
            ("TI", document.title),
            *(("AU", name) for name in _authors(document)),
            ("PY", str(date[0]) if date else ""),
            ("DA", "/".join(f"{part:02d}" for part in date)),
            ("UR", address),
            ("C1", document.id),
            *(("N1", _noted(quote)) for quote in quotes if quote.document.id == document.id),
        ]
        lines = [f"{tag}  - {_one_line(value)}" for tag, value in fields if value]
        references.append("\n".join((*lines, "ER  - ")))
    return "\n\n".join(references)


def _one_line(text: str) -> str:
    """A RIS field ends with its line."""
    return " ".join(harmless_line(text).split())


def _bibtex(quotes: Sequence[KeptQuote]) -> str:
    made: list[str] = []
    keys: dict[str, int] = {}
    for document in _documents(quotes):
        date = _date(document)
        stem = "".join(re.findall(r"[A-Za-z0-9]+", document.id.rsplit(".", 1)[0])).lower() or "source"
        key = f"{stem}{date[0] if date else ''}"
        keys[key] = keys.get(key, 0) + 1
        fields = {
            "author": " and ".join(_tex(n) if "," in n else f"{{{_tex(n)}}}" for n in _authors(document)),
            "title": f"{{{_tex(document.title)}}}",
            "year": str(date[0]) if date else "",
            "date": "-".join(f"{part:02d}" for part in date),
            # As it stands: programs read it as one.
            "url": re.sub(r"[{}\s\\]", "", _address(document)),
            "howpublished": "" if _address(document) else _tex(document.id),
            "annote": "\n\n".join(_tex(_noted(quote)) for quote in quotes if quote.document.id == document.id),
        }
        lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
        number = "" if keys[key] == 1 else f"n{keys[key]}"
        made.append("@misc{" + key + number + ",\n" + ",\n".join(lines) + "\n}")
    return "\n\n".join(made)


_TEX: Final[Mapping[int, str]] = str.maketrans(
    {
        **{character: f"\\{character}" for character in "%&#_$"},
        **dict.fromkeys("{}", ""),
        "\\": "\\textbackslash ",
        "~": "\\textasciitilde ",
        "^": "\\textasciicircum ",
    }
)


def _tex(text: str) -> str:
    return " ".join(text.split()).translate(_TEX)


def _styled(quotes: Sequence[KeptQuote], form: str) -> str:
    """Each quote with its citation as the style sets it, its note below, and the list of references."""
    from citeproc import Citation, CitationItem, CitationStylesBibliography, Locator, formatter
    from citeproc.source.json import CiteProcJSON

    with _STYLING:
        documents = _documents(quotes)
        keys = {document.id: f"d{n}" for n, document in enumerate(documents)}
        source = CiteProcJSON([_csl(document, keys[document.id], form) for document in documents])
        made = CitationStylesBibliography(_style(form), source, formatter.plain)
        # The library takes an absent place for one without a label where it is given as None.
        places = [{"locator": Locator("page", str(quote.page))} if quote.page else {} for quote in quotes]
        cited = [
            Citation([CitationItem(keys[quote.document.id], **place)])
            for quote, place in zip(quotes, places, strict=True)
        ]
        for citation in cited:
            made.register(citation)
        # In the order of the style: by author, or by the first quote.
        made.sort()
        marks = [str(made.cite(citation, lambda _: None)) for citation in cited]
        # The library sets numbers and text without the blank between them.
        references = [re.sub(r"^(\d+\.)(?=\S)", r"\1 ", str(entry)) for entry in made.bibliography()]
    parts = []
    for quote, mark in zip(quotes, marks, strict=True):
        parts.append(f"{quote.quoted} {mark}")
        if quote.note:
            parts.append(quote.note)
    return "\n\n".join((*parts, "References", *references))


@lru_cache(maxsize=4)
def _style(name: str) -> Any:
    from citeproc import CitationStylesStyle

    with as_file(files("footnote.rendering") / "styles" / f"{name}.csl") as path:
        return CitationStylesStyle(str(path), validate=False)


def _csl(document: Document, key: str, form: str) -> dict[str, Any]:
    """A document as CSL's JSON."""
    authors: list[dict[str, str]] = []
    for name in _authors(document):
        family, comma, given = name.partition(", ")
        authors.append({"family": family, "given": given} if comma else {"literal": name})
    title = " ".join(harmless_line(document.title).split())
    made: dict[str, Any] = {"id": key, "type": "webpage" if _address(document) else "document"}
    if not authors and form == "apa":
        # Without an author its title stands first; the library would set it once more in its own place.
        made["author"] = [{"literal": title}]
    else:
        made["title"] = title
        made |= {"author": authors} if authors else {}
    date, address = _date(document), _address(document)
    return made | ({"issued": {"date-parts": [date]}} if date else {}) | ({"URL": address} if address else {})

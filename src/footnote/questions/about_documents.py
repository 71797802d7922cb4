"""Questions about the documents themselves: what is here, about what, by whom, from when, which of them mention something.

They are answered from titles, first sentences and what the documents state of themselves, quoted as every answer is.  Only a
question that is one of these as a whole is taken: "How many documents do I need for a visa?" is searched.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from footnote import terms
from footnote.answering.quotes import Quote, cited
from footnote.records import Citation, Document, DocumentSummary, Passage, Span
from footnote.splitting import sentence_spans
from footnote.splitting.blocks import block_sentences
from footnote.store import Index, all_documents

__all__ = ["DocumentQuestion", "DocumentsAnswer", "answer_from_documents", "document_question", "first_telling"]

Kind = Literal["list", "about", "author", "date", "mention"]

MOST_LISTED = 12
"""Documents that are quoted one by one; of the others their number is told."""
_LOOKED_AT_BLOCKS = 60
"""Of a document, for its first sentence."""
_PASSAGES_LOOKED_AT = 200
_FIRST_MAX_CHARS = 220
_FIRST_MIN_WORDS = 4
_NOUN = r"(?:documents?|files?|articles?|texts?|papers?|sources?|guides?|pages?|books?|reports?)"
_ANY_NOUN = re.compile(rf"\b{_NOUN}\b", re.IGNORECASE)
_ALL = r"(?:folder|collection|index|library|corpus)"
_HERE = rf"(?:here|there|available|loaded|indexed|in (?:(?:this|the|your) {_ALL}|here))"
_HELD = rf"(?:are (?:there )?{_HERE}|are there|do you (?:have|know)|have you(?: got)?|can you search)"
_GENERIC = rf"(?P<generic>(?:this|these|(?:this|that|the|these|those|your|all(?: of)?(?: the| these)?) (?:{_NOUN}|{_ALL}))(?: here)?)"
_NAMED = r"(?:the |this )?(?P<name>.+?)"
_WRITTEN = r"(?:written|published|(?:last )?(?:updated|revised|changed|modified))"
_MADE = rf"(?:{_WRITTEN}|issued|released|made|created|dated)"
_OF_IT = r"(?:something|anything)? ?(?:about|of|on)"
_MENTIONS = (
    r"(?:mentions?|talks? about|discuss(?:es)?|covers?|deals? with|speaks? of|(?:is|are) about|contains?|"
    rf"(?:says?|tells?) {_OF_IT})"
)
_PATTERNS: tuple[tuple[Kind, str], ...] = (
    ("list", rf"how many {_NOUN} {_HELD}"),
    ("list", rf"(?:what|which) {_NOUN} {_HELD}"),
    ("list", rf"(?:please )?(?:list|show(?: me)?|name) (?:all )?(?:of )?(?:the |your )?{_NOUN}"),
    ("list", rf"what(?: is|'s) (?:here|in (?:here|(?:this|the|your) {_ALL}))"),
    (
        "list",
        r"what do you know(?: about)?|what can (?:i|you) (?:find|look up|read)(?: here)?|what topics do you cover",
    ),
    ("about", rf"what(?: is|'s| are) (?:{_GENERIC}|{_NAMED}) (?:all )?about"),
    ("about", rf"what does {_GENERIC} (?:cover|deal with|talk about|say|tell(?: me)?)"),
    ("author", rf"who (?:wrote|authored|compiled) (?:{_GENERIC}|{_NAMED})"),
    ("author", rf"who (?:made|created|published|issued) {_GENERIC}"),
    ("author", rf"who(?: is|'s| was| are) the authors? of (?:{_GENERIC}|{_NAMED})"),
    ("author", rf"(?:who|by whom) (?:is|was|are|were) (?:{_GENERIC}|{_NAMED}) written(?: by)?"),
    ("date", rf"when (?:was|were|is|are) (?:{_GENERIC}|{_NAMED}) {_WRITTEN}"),
    ("date", rf"when (?:was|were|is|are) {_GENERIC} {_MADE}"),
    ("date", rf"how (?:old|recent|current|new|up[- ]to[- ]date) (?:is|are) {_GENERIC}"),
    ("mention", rf"(?:what|which) {_NOUN} {_MENTIONS} (?P<name>.+)"),
    (
        "mention",
        rf"(?:is|are) there (?:a|any|some) {_NOUN} (?:about|on|that {_MENTIONS}|mentioning|covering) (?P<name>.+)",
    ),
    ("mention", rf"do you have (?:any|some|a) {_NOUN} (?:about|on|that {_MENTIONS}) (?P<name>.+)"),
)
_COMPILED = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _PATTERNS)
_BYLINE = re.compile(
    r"^\W*(?:(?:last |first )?(?:issued|published|updated|written|revised|reviewed|posted|released|printed|approved)\b|by\b|"
    r"authors?\b|date\b|version\b|copyright\b|contact\b|page \d)|^\W*(?:©|\(c\))",
    re.IGNORECASE,
)
"""Sentences that tell who made a document, not what it is about."""


@dataclass(frozen=True, slots=True)
class DocumentQuestion:
    """A question about documents.

    Attributes:
        name: words of the document's title, or for "mention" what is to be mentioned; empty where all that are asked are meant.
    """

    kind: Kind
    name: str = ""


@dataclass(frozen=True, slots=True)
class DocumentsAnswer:
    """Quotes from documents, with the sentence that says what they are."""

    citations: tuple[Citation, ...]
    explanation: str


def document_question(question: str) -> DocumentQuestion | None:
    """What a question wants to know of the documents themselves; None where it asks something else."""
    plain = " ".join(question.replace("’", "'").split()).strip(" .?!")
    for kind, pattern in _COMPILED:
        if found := pattern.fullmatch(plain):
            groups = found.groupdict()
            return DocumentQuestion(kind, "" if groups.get("generic") else (groups.get("name") or "").strip(" \"'“”"))
    return None


def answer_from_documents(
    index: Index, asked: DocumentQuestion, allowed: Collection[str] | None = None
) -> DocumentsAnswer | None:
    """What the documents state of themselves; None where they state no such thing, and a search may find it in their text.

    Args:
        index: the open index.
        asked: from ``document_question``.
        allowed: ids of the documents that are asked; None for all.
    """
    summaries = [each for each in all_documents(index) if allowed is None or each.id in allowed]
    if asked.kind == "mention":
        return _mentioning(index, asked.name, summaries)
    chosen = _named(asked.name, summaries) if asked.name else summaries
    if not chosen:
        return None
    if asked.kind in ("list", "about"):
        return _listed(index, chosen)
    return _stated(index, asked.kind, chosen)


def _named(name: str, summaries: Sequence[DocumentSummary]) -> list[DocumentSummary]:
    """The documents in whose title or id all the content words of a name stand; "page" and the like need not."""
    wanted = set(terms.content_stems(name))
    telling = set(terms.content_stems(_ANY_NOUN.sub(" ", name)))
    told = {each.id: set(terms.content_stems(f"{each.title} {each.id}")) for each in summaries}
    whole = [each for each in summaries if wanted and wanted <= told[each.id]]
    return whole or [each for each in summaries if telling and telling <= told[each.id]]


def _listed(index: Index, chosen: Sequence[DocumentSummary]) -> DocumentsAnswer:
    citations = [_introduction(index.document(each.id), number) for number, each in enumerate(chosen[:MOST_LISTED], 1)]
    quoted = tuple(each for each in citations if each is not None)
    titles = _titles([each.title for each in chosen[:MOST_LISTED]], len(chosen))
    counted = f"{len(chosen):,} documents" if len(chosen) != 1 else "1 document"
    return DocumentsAnswer(_numbered(quoted), f"{counted}: {titles}. This is how each begins:")


def _stated(index: Index, kind: Kind, chosen: Sequence[DocumentSummary]) -> DocumentsAnswer | None:
    names = ("author",) if kind == "author" else ("date", "created", "modified")
    told = []
    for each in chosen[:MOST_LISTED]:
        metadata = dict(each.metadata)
        value = next((metadata[name] for name in names if metadata.get(name)), "")
        if value:
            told.append((each, value))
    if not told:
        return None
    citations = [
        _citation_of(index.document(each.id), value) or _introduction(index.document(each.id), 1)
        for each, value in told
    ]
    what = "is by" if kind == "author" else "is dated"
    sentences = " ".join(f"“{each.title}” {what} {value}." for each, value in told)
    silent = len(chosen) - len(told)
    if silent:
        sentences += f" {silent:,} of {len(chosen):,} documents state no {kind}."
    return DocumentsAnswer(_numbered([each for each in citations if each is not None]), sentences)


def _mentioning(index: Index, name: str, summaries: Sequence[DocumentSummary]) -> DocumentsAnswer | None:
    """The documents of which a passage holds all the words, each with the first sentence that does, or with its beginning."""
    wanted = set(terms.content_stems(name))
    if not wanted:
        return None
    keys, _ = index.search_terms(terms.analyse(name), _PASSAGES_LOOKED_AT, {"body": 1.0, "heading": 1.0})
    inside = {each.id for each in summaries}
    found: dict[str, Citation] = {}
    for passage in index.passages(keys):
        if passage.document_id not in inside or passage.document_id in found:
            continue
        document = index.document(passage.document_id)
        said = [each.span for each in passage.sentences if each.kind != "heading"]
        if not said or not wanted <= set(terms.content_stems(document.visible(passage.span))):
            continue
        best = max(said, key=lambda span: len(wanted & set(terms.content_stems(document.visible(span)))))
        found[document.id] = _cited(document, best, len(found) + 1, passage.heading_path)
    if not found:
        return None
    counted = f"{len(found):,} documents mention" if len(found) != 1 else "1 document mentions"
    listed = list(found.values())[:MOST_LISTED]
    titles = _titles([each.title for each in listed], len(found))
    return DocumentsAnswer(_numbered(listed), f"{counted} “{name}”: {titles}.")


def first_telling(document: Document) -> tuple[Span, int] | None:
    """Span and block of the first sentence that says what a document is about; None where none of its first blocks does.

    A byline does not, nor does the document's own notice.
    """
    notice = " ".join(document.stated("notice").split()).rstrip(".").casefold()
    for number, block in enumerate(document.blocks[:_LOOKED_AT_BLOCKS]):
        for span in sentence_spans(document.text, block.span) if block.kind == "paragraph" else ():
            said = document.visible(span)
            noticed = bool(notice) and notice in said.casefold()
            whole = said.endswith((".", "!", "?", "。")) and len(said) <= _FIRST_MAX_CHARS
            telling = len(terms.words(said)) >= _FIRST_MIN_WORDS or not said.isascii()
            if whole and telling and not noticed and not _BYLINE.match(said):
                return span, number
    return None


def _introduction(document: Document, number: int) -> Citation | None:
    """The first sentence that tells something, else the first of any kind; None where there are headings only."""
    found = first_telling(document)
    if found is None:
        beginning = replace(document, blocks=document.blocks[:_LOOKED_AT_BLOCKS])
        said = (each for sentences in block_sentences(beginning) for each in sentences if each.kind != "heading")
        first = next(said, None)
        if first is None:
            return None
        found = first.span, first.block
    span, block = found
    return _cited(document, span, number, document.heading_path(block))


def _citation_of(document: Document, value: str) -> Citation | None:
    """The line of the front matter or of the first blocks that states a value; None where it is a property of the file alone."""
    for block in document.blocks[:_LOOKED_AT_BLOCKS]:
        at = document.text.find(value, block.span.start, block.span.end)
        if at >= 0:
            start = max(block.span.start, document.text.rfind("\n", 0, at) + 1)
            stop = document.text.find("\n", at + len(value), block.span.end)
            return _cited(document, Span(start, stop if stop >= 0 else block.span.end), 1, ())
    return None


def _cited(document: Document, span: Span, number: int, heading_path: tuple[str, ...]) -> Citation:
    """The citation of a stretch that no search found: by itself its passage."""
    place = f"{document.id}:{span.start}-{span.end}"
    passage = Passage(place, document.id, span, heading_path, (), document.page_of(span.start))
    return cited(Quote(passage, span, 0.0), document, number)


def _titles(titles: Sequence[str], count: int) -> str:
    """The titles in quotation marks, and how many of ``count`` are not among them."""
    more = count - len(titles)
    return ", ".join(f"“{title}”" for title in titles) + (f" and {more:,} more" if more > 0 else "")


def _numbered(citations: Sequence[Citation]) -> tuple[Citation, ...]:
    return tuple(replace(each, number=number) for number, each in enumerate(citations, 1))

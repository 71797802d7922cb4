"""Web pages, and what is made of them: mails and EPUB books.

A page is read in three steps: lxml makes a tree of whatever it holds; ``content.Page`` measures how much text and how many links
stand below each element and leaves out what is no content (menus, cookie notes, headers and footers, what is hidden and no click
shows); ``flow.Flow`` goes through the rest in document order and adds blocks, tables as grids, formulas as a line of text.
"""

from __future__ import annotations

import re
from typing import Any

from footnote.loaders.outline.builder import Extract, left_out
from footnote.loaders.outline.canonical import decode
from footnote.loaders.outline.front_matter import FrontMatter, told_name
from footnote.loaders.web.content import Page
from footnote.loaders.web.flow import Flow
from footnote.loaders.web.visibility import DOUBT
from footnote.records import Document, Metadatum
from footnote.settings import Settings

__all__ = ["add_html", "load_html", "parse_html"]

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_WESTERN = "iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 l1 ascii us-ascii cp819 windows-1252 x-cp1252"
_READ_AS = {
    **dict.fromkeys(_WESTERN.split(), "cp1252"),
    **dict.fromkeys(("iso-8859-9", "latin5"), "cp1254"),
    **dict.fromkeys(("iso-8859-11", "tis-620"), "cp874"),
    **dict.fromkeys(("gb2312", "gbk", "gb_2312-80"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987"), "cp949"),
    **dict.fromkeys(("utf-16", "utf-16le", "utf-16be"), "utf-8"),
}
"""What browsers read for a declared encoding: the larger one that people meant, and never UTF-16, in which no page could say so."""
_DATES = (
    ("property", "article:published_time"),
    ("name", "date"),
    ("name", "dcterms.date"),
    ("name", "dc.date"),
    ("itemprop", "datePublished"),
)
_AUTHORS = (("name", "author"), ("name", "dc.creator"), ("property", "article:author"))


def load_html(raw: bytes, document_id: str, settings: Settings) -> Document:
    """A web page as a document."""
    text, warnings = _decoded(raw)
    tree = parse_html(text)
    extract = Extract(settings)
    extract.warnings += warnings
    if tree is None:
        return extract.document(raw, document_id, FrontMatter())
    extract.warnings += left_out(hidden=add_html(extract, tree))
    # A page's title often names its site too; a lone heading of level 1 is the better name.
    headed = sum(draft.kind == "heading" and draft.level == 1 for draft in extract.drafts) == 1
    title = "" if headed else " ".join((tree.findtext(".//title") or "").split())
    pairs = {
        "author": told_name(_meta(tree, _AUTHORS)),
        "date": _meta(tree, _DATES),
        "language": tree.get("lang") or "",
    }
    metadata = tuple(sorted(Metadatum(name, value) for name, value in pairs.items() if value))
    front = FrontMatter(title=title, source=_address(tree), metadata=metadata)
    return extract.document(raw, document_id, front)


def parse_html(text: str) -> Any:
    """A page's tree; None where there is nothing in it."""
    from lxml import etree, html

    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        tree: Any = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
    return tree


def add_html(extract: Extract, tree: Any) -> int:
    """Add the content of a page; returns how many hidden stretches of text were left out."""
    from lxml import etree

    page = Page(tree)
    flow = Flow(extract, page)
    walk = etree.iterwalk(page.root, events=("start", "end"))
    skipped: Any = None
    for event, element in walk:
        if event == "start":
            if element is not page.root and (page.is_left_out(element) or flow.takes_whole(element)):
                skipped = element
                walk.skip_subtree()
            else:
                flow.enter(element)
                flow.text(element.text)
        else:
            if element is skipped:
                skipped = None
            else:
                flow.leave(element)
            if element is not page.root:
                flow.text(element.tail)
    flow.close()
    if page.doubtful and DOUBT not in extract.warnings:
        extract.warnings.append(DOUBT)
    return page.hidden


def _decoded(raw: bytes) -> tuple[str, tuple[str, ...]]:
    declared = _CHARSET.search(raw[:4_096])
    if declared and not raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        name = declared[1].decode("ascii").lower()
        try:
            return raw.decode(_READ_AS.get(name, name)), ()
        except (LookupError, UnicodeDecodeError):
            pass  # it declares what it is not
    return decode(raw)


def _meta(tree: Any, places: tuple[tuple[str, str], ...]) -> str:
    for attribute, wanted in places:
        for element in tree.iter("meta"):
            if (element.get(attribute) or "").lower() == wanted.lower():
                value = " ".join((element.get("content") or "").split())
                if value:
                    return value
    return ""


def _address(tree: Any) -> str:
    for link in tree.iter("link"):
        address = (link.get("href") or "").strip()
        if (link.get("rel") or "").lower() == "canonical" and address.startswith(("http://", "https://")):
            return address
    address = _meta(tree, (("property", "og:url"),))
    return address if address.startswith(("http://", "https://")) else ""

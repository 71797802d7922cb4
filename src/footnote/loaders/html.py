"""Web pages: the main content as blocks; menus, cookie notes, headers and footers are left out."""

from __future__ import annotations

import re
from typing import Any

from footnote.loaders.canonical import decode
from footnote.loaders.extract import Extract
from footnote.loaders.front_matter import FrontMatter
from footnote.loaders.html_content import content_of, is_left_out
from footnote.loaders.html_flow import Flow
from footnote.records import Document
from footnote.settings import Settings

__all__ = ["add_html", "load_html", "parse_html"]

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_DATES = (
    ("property", "article:published_time"),
    ("name", "date"),
    ("name", "dcterms.date"),
    ("name", "dc.date"),
    ("itemprop", "datePublished"),
)
_AUTHORS = (("name", "author"), ("name", "dc.creator"), ("property", "article:author"))


def load_html(raw: bytes, document_id: str, settings: Settings) -> Document:
    """A web page as a document.

    Raises:
        DocumentError: no text, too much of it, or no web page.
    """
    text, warnings = _decoded(raw)
    tree = parse_html(text)
    extract = Extract(settings)
    extract.warnings += warnings
    if tree is None:
        return extract.document(raw, document_id, FrontMatter())
    add_html(extract, content_of(tree))
    # A page's title often names its site too; a lone heading of level 1 is the better name.
    headed = sum(draft.kind == "heading" and draft.level == 1 for draft in extract.drafts) == 1
    title = "" if headed else " ".join((tree.findtext(".//title") or "").split())
    pairs = {"author": _meta(tree, _AUTHORS), "date": _meta(tree, _DATES), "language": tree.get("lang") or ""}
    metadata = tuple(sorted((name, value) for name, value in pairs.items() if value))
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


def add_html(extract: Extract, root: Any) -> None:
    """Add what stands in an element and below it."""
    from lxml import etree

    flow = Flow(extract)
    walk = etree.iterwalk(root, events=("start", "end"))
    left_out: Any = None
    for event, element in walk:
        if event == "start":
            if element is not root and is_left_out(element):
                left_out = element
                walk.skip_subtree()
            else:
                flow.enter(element)
                flow.text(element.text)
        else:
            if element is left_out:
                left_out = None
            else:
                flow.leave(element)
            if element is not root:
                flow.text(element.tail)
    flow.close()


def _decoded(raw: bytes) -> tuple[str, tuple[str, ...]]:
    declared = _CHARSET.search(raw[:4_096])
    if declared and not raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        try:
            return raw.decode(declared[1].decode("ascii")), ()
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

"""What of a web page is its content, by what its elements say they are."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["content_of", "is_left_out"]

_MUTE = frozenset(
    "script style noscript template svg math head nav footer iframe object embed canvas audio video map select option "
    "button input textarea datalist dialog menu title link meta".split()
)
_ROLES = frozenset("navigation banner contentinfo search complementary dialog alertdialog menu menubar toolbar".split())
_CLUTTER = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|navbar|navigation|nav|menu|breadcrumbs?|sidebar|social|share|sharing|"
    r"newsletter|subscribe|advert|advertisement|ads?|promo|popup|modal|skip-?link|site-?(?:header|footer)|masthead|"
    r"related-?posts|comments-?form|pagination|footer)(?:$|[\s_-])",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_NEVER = frozenset({"html", "body", "main", "article", "h1", "h2", "h3", "h4", "h5", "h6", "p", "table"})
_MAIN_LEAST_CHARS = 200
_MAIN_LEAST_SHARE = 0.25
_MENU_LEAST_LINKS = 4
_MENU_LINK_MAX_CHARS = 60


def content_of(tree: Any) -> Any:
    """The element that holds a page's content: ``<main>``, a lone ``<article>``, else the whole body."""
    body = tree.find(".//body")
    whole = tree if body is None else body
    total = _length(whole)
    for path in (".//main", ".//*[@role='main']", ".//article"):
        found = whole.findall(path)
        if not found or (path == ".//article" and len(found) > 1):
            continue
        best = max(found, key=_length)
        if _length(best) >= min(_MAIN_LEAST_CHARS, _MAIN_LEAST_SHARE * total):
            return best
    return whole


def is_left_out(element: Any) -> bool:
    """Whether an element and all below it is no content."""
    tag = element.tag
    if not isinstance(tag, str) or tag in _MUTE or _is_hidden(element):
        return True
    if tag in {"header", "aside"} and not _inside(element, ("main", "article")):
        return tag == "aside" or element.find(".//h1") is None
    if tag in {"ul", "ol", "div"} and _is_menu(element):
        return True
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    if tag in _NEVER or not _CLUTTER.search(names):
        return False
    return not any(next(element.iter(kept), None) is not None for kept in ("main", "article", "h1"))


def _is_hidden(element: Any) -> bool:
    """Whether an element is not shown, or says that it is no content."""
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    role = (element.get("role") or "").lower()
    return role in _ROLES or _HIDDEN.search(element.get("style") or "") is not None


def _is_menu(element: Any) -> bool:
    """Whether an element holds nothing but short links, outside of what is marked as content."""
    if len(element) < _MENU_LEAST_LINKS or _inside(element, ("main", "article", "table")):
        return False
    links = ["".join(link.itertext()).strip() for link in element.iter("a")]
    if len(links) < _MENU_LEAST_LINKS or max(map(len, links)) > _MENU_LINK_MAX_CHARS:
        return False
    return sum(map(len, links)) >= 0.9 * len("".join("".join(element.itertext()).split(" ")).strip())


def _inside(element: Any, tags: tuple[str, ...]) -> bool:
    return next(element.iterancestors(*tags), None) is not None


def _length(element: Any) -> int:
    return sum(len(piece.strip()) for piece in element.itertext() if isinstance(piece, str))

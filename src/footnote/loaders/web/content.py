"""What of a web page is its content: by what its elements are, where they stand, what a click shows and how much text they hold.

Names in classes only point at clutter; what has substance stays whatever it is called.  Ids are names of sections, and say
nothing, but for those of cookie notes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Any

from footnote.loaders.web.visibility import MOST, Visibility

__all__ = ["Page"]

_MUTE = frozenset(
    "script style template svg head nav iframe object embed canvas audio video map select option "
    "input textarea datalist dialog menu title link meta".split()
)
_ROLES = frozenset("navigation banner contentinfo search complementary dialog alertdialog menu menubar toolbar".split())
_CLUTTER = frozenset(
    "nav navbar navigation menu menubar breadcrumb breadcrumbs sidebar sidenav social sharing share share-buttons newsletter "
    "subscribe advert advertisement ad ads promo popup modal skip-link skiplink site-header site-footer masthead related-posts "
    "comments-form comment-form pagination pager footer topbar toolbar cookies cookie offcanvas".split()
)
"""Classes of what is seldom content."""
_CLUTTER_ENDS = frozenset(
    "nav navbar navigation menu breadcrumb breadcrumbs sidebar footer pagination newsletter ad ads".split()
)
_NOTICE = re.compile(
    r"(?:^|[\s_-])(?:(?:cookies?|privacy|gdpr)[_-]?(?:banner|notice|bar|popup|modal|overlay|consent|message|alert|dialog|wall|law)|"
    r"consent(?:[_-]\w+)?|gdpr)(?:$|[\s_-])",
    re.IGNORECASE,
)
_TEASERS = re.compile(
    r"(?:related|recommended|popular|trending|latest|recent) (?:articles?|posts?|news|stories|content|pages|topics|reads?)\b|"
    r"(?:read|more) (?:more|next|from|stories|articles)\b|you (?:may|might) (?:also )?(?:like|enjoy)|(?:most|also) read\b",
    re.IGNORECASE,
)
_NEVER = frozenset(
    {"html", "body", "main", "article", "h1", "h2", "h3", "h4", "h5", "h6", "p", "table", "tr", "td", "th"}
)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_SUBSTANCE_CHARS = 150
"""Text outside of links above which something that looks like clutter is content."""
_MENU_LEAST_LINKS = 4
_MENU_LINK_MAX_CHARS = 60
_PANEL = re.compile(
    r"(?:^|[\s_-])(?:tab-?(?:pane|panel|content)s?|accordion|collaps\w*|panel|expand\w*|toggle\w*|answer|faq|details|slide|step)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_OPENER = re.compile(r"(?:accordion|collaps|toggle|expand|faq|question|tab-?link|disclosure)", re.IGNORECASE)
_TARGETS = ("aria-controls", "data-bs-target", "data-target", "data-tab", "data-toggle-target")
_TOPICS = ("h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt", "legend")
_LABEL_MAX_CHARS = 200
_BUTTON_WITHIN = 10
"""Elements of a panel's head that are looked at for its button."""


@dataclass(slots=True)
class _Measure:
    """Characters below an element: of all text, of links; and how many links there are."""

    text: int = 0
    linked: int = 0
    links: int = 0
    longest: int = 0

    def take(self, other: _Measure) -> None:
        self.text += other.text
        self.linked += other.linked
        self.links += other.links
        self.longest = max(self.longest, other.longest)

    @property
    def prose(self) -> int:
        return self.text - self.linked


class Page:
    """A page's tree, measured once."""

    def __init__(self, tree: Any) -> None:
        body = tree.find(".//body")
        self.root = tree if body is None else body
        self.panels = Panels(self.root)
        self._visibility = Visibility(tree, self.root)
        self.hidden = self._visibility.erased
        self._measures = _measured(self.root)
        self._noscript = self._is_article_in_noscript()
        self._main = self._main_element()
        self._around: set[Any] = set() if self._main is None else set(self._main.iterancestors())

    @property
    def doubtful(self) -> bool:
        """Whether text was read that may be hidden."""
        return self._visibility.doubtful

    def is_left_out(self, element: Any) -> bool:
        """Whether an element and all below it is no content."""
        tag = element.tag
        if not isinstance(tag, str) or tag in _MUTE or (tag == "noscript" and not self._noscript):
            return True
        if self._is_hidden(element):
            # What is only kept from screen readers is decoration.
            self.hidden += element.get("aria-hidden") != "true" and self._of(element).prose > 0
            return True
        if self.panels.is_mute(element):
            return True
        if self._stands_beside(element) or (tag in {"ul", "ol", "div"} and self._is_menu(element)):
            return True
        if tag in _NEVER:
            return False
        return self._is_clutter(element)

    def _is_hidden(self, element: Any) -> bool:
        """Whether an element is not shown, nor by a click."""
        hidden = element.get("hidden") is not None or element.get("aria-hidden") == "true"
        if not hidden:
            is_most = self._of(element).text > MOST * self._of(self.root).text
            hidden = self._visibility.hides(element, is_most=is_most)
        return hidden and not self.panels.is_opened(element)

    def _is_clutter(self, element: Any) -> bool:
        tag, classes = element.tag, element.get("class") or ""
        if _NOTICE.search(classes) or (_NOTICE.search(element.get("id") or "") and _has(element, "button", "input")):
            return not _has(element, "main", "article", "h1")
        role = (element.get("role") or "").lower()
        framing = tag in {"header", "footer", "aside"} and not _inside(element, ("main", "article"))
        if framing or role in _ROLES:
            if _has(element, "main", "article", "h1"):
                return bool(tag == "aside")
            return tag != "aside" or not self._is_substantial(element)
        if any(_is_clutter_name(name) for name in classes.lower().split()):
            return not _has(element, "main", "article", "h1") and not self._is_substantial(element)
        return tag in {"section", "div"} and self._is_teasers(element)

    def _of(self, element: Any) -> _Measure:
        return self._measures.get(element) or _Measure()

    def _is_substantial(self, element: Any) -> bool:
        """Whether an element holds text of its own, not links with a line or two about them."""
        measure = self._of(element)
        return measure.prose >= _SUBSTANCE_CHARS and measure.prose > measure.linked and not self._is_teasers(element)

    def _is_teasers(self, element: Any) -> bool:
        """Whether an element shows other pages: a heading that says so, and links for most of what is below it."""
        heading = next((e for e in element.iterchildren(*_HEADINGS)), None)
        if heading is None or not _TEASERS.match(" ".join("".join(heading.itertext()).split())):
            return False
        measure = self._of(element)
        return measure.links > 1 and measure.prose < 300 * measure.links

    def _stands_beside(self, element: Any) -> bool:
        """Whether an element beside the main content has nothing of substance."""
        if self._main is None or element is self._main or element in self._around:
            return False
        if element.getparent() not in self._around or element.tag in {"br", "p", *_HEADINGS}:
            return False
        return not self._is_substantial(element)

    def _is_menu(self, element: Any) -> bool:
        """Whether an element holds nothing but short links, outside of what is marked as content."""
        measure = self._of(element)
        if len(element) < _MENU_LEAST_LINKS or measure.links < _MENU_LEAST_LINKS:
            return False
        if measure.longest > _MENU_LINK_MAX_CHARS or measure.linked < 0.9 * measure.text:
            return False
        return not _inside(element, ("main", "article", "table"))

    def _main_element(self) -> Any:
        """The element that says that it holds the content, where it holds a good part of it."""
        total = self._of(self.root).prose
        for path in (".//main", ".//*[@role='main']", ".//article"):
            found = self.root.findall(path)
            if not found or (path == ".//article" and len(found) > 1):
                continue
            best = max(found, key=lambda each: self._of(each).prose)
            if self._of(best).prose >= min(200, 0.25 * total):
                return best
        return None

    def _is_article_in_noscript(self) -> bool:
        """Whether the page shows its text only to those without scripts."""
        inside = sum(self._of(each).prose for each in self.root.iter("noscript"))
        return inside >= _SUBSTANCE_CHARS and inside > self._of(self.root).prose - inside


def _measured(root: Any) -> dict[Any, _Measure]:
    """What stands below each element, in one pass."""
    from lxml import etree

    found: dict[Any, _Measure] = {}
    open_measures: list[_Measure] = []
    links = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            links += element.tag == "a"
            open_measures.append(_Measure())
            if element.tag not in {"script", "style"}:
                _count(open_measures[-1], element.text, linked=links > 0)
            continue
        measure = open_measures.pop()
        if element.tag == "a":
            links -= 1
            measure.links += 1
            measure.longest = max(measure.longest, measure.text)
        found[element] = measure
        if open_measures:
            open_measures[-1].take(measure)
            _count(open_measures[-1], element.tail, linked=links > 0)
    return found


def _count(measure: _Measure, text: str | None, *, linked: bool) -> None:
    length = len(text.strip()) if text else 0
    measure.text += length
    measure.linked += length * linked


def _is_clutter_name(name: str) -> bool:
    return name in _CLUTTER or (not name.startswith("no-") and re.split(r"[-_]+", name)[-1] in _CLUTTER_ENDS)


def _has(element: Any, *tags: str) -> bool:
    return next(element.iterdescendants(*tags), None) is not None


def _inside(element: Any, tags: tuple[str, ...]) -> bool:
    return next(element.iterancestors(*tags), None) is not None


class Panels:
    """The panels of a page, and how they are opened."""

    def __init__(self, root: Any) -> None:
        by_id: dict[str, Any] = {}
        openers: list[tuple[Any, str]] = []
        labelled: list[tuple[Any, str]] = []
        for element in root.iter():
            if not isinstance(element.tag, str):
                continue
            if key := element.get("id"):
                by_id.setdefault(key, element)
            if target := _target(element):
                openers.append((element, target))
            if (label := element.get("aria-labelledby")) and element.get("role") in {"tabpanel", "region"}:
                labelled.append((element, label))
        # Where scripts make the tabs, two panels or more tell that there are some.
        panels = sum(1 for _ in root.iterfind(".//*[@role='tabpanel']"))
        self._has_tabs = panels > 1 or next(root.iterfind(".//*[@role='tab']"), None) is not None
        self._labels: dict[Any, str] = {}
        """Panel and the label that is not a heading already."""
        self._panels: set[Any] = set()
        self._mute: set[Any] = set()
        for opener, target in openers:
            self._join(by_id.get(target), opener)
        for panel, label in labelled:
            self._join(panel, by_id.get(label.split()[0] if label.split() else ""))

    def _join(self, panel: Any, opener: Any) -> None:
        if panel is None or opener is None or panel is opener or panel in self._panels:
            return
        if panel.tag in {"nav", "form", "ul", "header"} or next(opener.iterancestors(panel.tag), None) is panel:
            return  # a button for a menu
        self._panels.add(panel)
        label = " ".join("".join(opener.itertext()).split())
        if 0 < len(label) <= _LABEL_MAX_CHARS and not _is_heading(opener):
            self._labels[panel] = label
            self._mute.add(opener)

    def label(self, element: Any) -> str:
        """What heads a panel, where no heading does."""
        return self._labels.get(element, "")

    def is_opened(self, element: Any) -> bool:
        """Whether a click shows an element that is hidden at first."""
        if element in self._panels or (element.get("role") == "tabpanel" and self._has_tabs):
            return True
        if element.tag not in {"div", "section", "dd", "p", "article"}:
            return False
        before = element.getprevious()
        if before is not None and _is_clicked(before):
            return True
        names = f"{element.get('class') or ''} {element.get('id') or ''}"
        if element.tag == "p" or not _PANEL.search(names):
            return False
        # A panel may stand in a frame of its own, beside the one with its button.
        outer = element.getparent()
        before = outer.getprevious() if before is None and outer is not None else before
        return before is not None and _is_clicked(before)

    def is_mute(self, element: Any) -> bool:
        """Whether an element is a button whose words are no content, or are told elsewhere."""
        if element in self._mute:
            return True
        if element.tag != "button":
            return False
        return not (_is_heading(element) or self.heads(element))

    def heads(self, element: Any) -> bool:
        """Whether a button is the heading of the panel after it."""
        if element.tag != "button" or element in self._mute or not _is_opener(element) or _is_heading(element):
            return False
        after = element.getnext()
        return after is not None and after.tag in {"div", "section", "p", "article"}


def _target(element: Any) -> str:
    """The id of what an element opens; empty where it opens nothing."""
    for name in _TARGETS:
        if value := element.get(name):
            return str(value).split()[0].removeprefix("#") if value.split() else ""
    href = element.get("href") or ""
    opens = element.get("role") == "tab" or element.get("data-toggle") or element.get("data-bs-toggle")
    return href[1:] if opens and href.startswith("#") else ""


def _is_opener(element: Any) -> bool:
    if not isinstance(element.tag, str):
        return False
    return element.get("aria-expanded") is not None or _OPENER.search(element.get("class") or "") is not None


def _is_clicked(element: Any) -> bool:
    """Whether an element is a button, or holds one: a plain heading opens nothing."""
    if not isinstance(element.tag, str):
        return False
    return any(
        each.tag in {"button", "summary"}
        or each.get("role") in {"button", "tab"}
        or each.get("onclick")
        or _is_opener(each)
        for each in islice(element.iter(), _BUTTON_WITHIN)
    )


def _is_heading(element: Any) -> bool:
    return element.tag in _TOPICS or next(element.iterancestors(*_TOPICS), None) is not None

"""What a click shows: panels of tabs and accordions, the labels that open them, and what stays hidden."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["Panels"]

_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_PANEL = re.compile(
    r"(?:^|[\s_-])(?:tab-?(?:pane|panel|content)s?|accordion|collaps\w*|panel|expand\w*|toggle\w*|answer|faq|details|slide|step)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_OPENER = re.compile(r"(?:accordion|collaps|toggle|expand|faq|question|tab-?link|disclosure)", re.IGNORECASE)
_TARGETS = ("aria-controls", "data-bs-target", "data-target", "data-tab", "data-toggle-target")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt", "legend")
_LABEL_MAX_CHARS = 200


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

    def is_hidden(self, element: Any) -> bool:
        """Whether an element is not shown, nor by a click."""
        style = element.get("style")
        hidden = element.get("hidden") is not None or element.get("aria-hidden") == "true"
        if not hidden and not (style and _HIDDEN.search(style)):
            return False
        if element in self._panels or element.get("role") == "tabpanel":
            return False
        names = f"{element.get('class') or ''} {element.get('id') or ''}"
        if element.tag in {"div", "section", "dd", "article"} and _PANEL.search(names):
            return False
        before = element.getprevious()
        opened = before is not None and (before.tag in _HEADINGS or before.tag == "button" or _is_opener(before))
        return not (opened and element.tag in {"div", "section", "dd", "p", "article"})

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


def _is_heading(element: Any) -> bool:
    return element.tag in _HEADINGS or next(element.iterancestors(*_HEADINGS), None) is not None

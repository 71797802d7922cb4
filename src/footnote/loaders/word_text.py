"""The text of Word's paragraphs: what stands there once all changes are accepted, without what is hidden or deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from footnote.loaders.archives import local_name, local_value
from footnote.loaders.mathematics import formula_text, set_apart
from footnote.loaders.word_styles import Styles, is_on

__all__ = ["Line", "LineReader", "child_of"]

_WRAPPERS = frozenset(
    "ins moveTo hyperlink smartTag sdt sdtContent fldSimple customXml dir bdo ruby rubyBase Choice Fallback "
    "AlternateContent".split()
)
_DROPPED = frozenset({"del", "moveFrom"})
_PICTURES = frozenset({"drawing", "pict", "object"})
_CHARACTERS = {"tab": " ", "ptab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011"}
_SYMBOLS = {
    "f0b7": "•",
    "f0a7": "▪",
    "f0fc": "✓",
    "f0fe": "☑",
    "f0a8": "☐",
    "f0e0": "→",
    "f0b0": "°",
    "f0b1": "±",
    "f06d": "µ",
}
"""Of the fonts Symbol and Wingdings, what people write with them; other signs of private fonts have no meaning elsewhere."""


@dataclass(slots=True)
class Line:
    """A paragraph's text, and what hangs on it: ids of its notes, and the bodies of its text boxes."""

    text: str = ""
    notes: list[tuple[str, str]] = field(default_factory=list)
    boxes: list[Any] = field(default_factory=list)
    pictures: int = 0


@dataclass(slots=True)
class LineReader:
    """Reads paragraphs, and counts what it leaves out."""

    styles: Styles
    hidden: int = 0
    changes: int = 0
    pictures: int = 0
    _fields: list[str] = field(default_factory=list)
    """Of each field that is open, whether its code or its result is being read."""

    def read(self, paragraph: Any) -> Line:
        """The text of a paragraph."""
        # A code ends in its paragraph, a result (a table of contents) may go on.
        self._fields = [part for part in self._fields if part == "result"]
        line = Line()
        pieces: list[str] = []
        self._into(paragraph, pieces, line)
        line.text = "".join(pieces)
        self.pictures += line.pictures
        return line

    def _into(self, element: Any, pieces: list[str], line: Line) -> None:
        for child in element:
            if not isinstance(child.tag, str):
                continue
            name = local_name(child)
            if name == "r":
                self._run(child, pieces, line)
            elif name == "AlternateContent":
                # The same thing for newer and for older programs.
                self._into(next(iter(child), child), pieces, line)
            elif name == "sdt":
                self._control(child, pieces, line)
            elif name in _WRAPPERS:
                self.changes += name in {"ins", "moveTo"}
                self._into(child, pieces, line)
            elif name in _DROPPED:
                self.changes += 1
            elif name in {"oMath", "oMathPara"}:
                pieces.append(formula_text(child))

    def _control(self, control: Any, pieces: list[str], line: Line) -> None:
        properties = child_of(control, "sdtPr")
        if properties is None or not is_on(child_of(properties, "showingPlcHdr")):
            self._into(control, pieces, line)

    def _run(self, run: Any, pieces: list[str], line: Line) -> None:
        properties = child_of(run, "rPr")
        hidden = self.styles.hides(properties)
        place = local_value(child_of(properties, "vertAlign"), "val")
        for child in run:
            if not isinstance(child.tag, str):
                continue
            name = local_name(child)
            if name == "fldChar":
                self._field(child, pieces)
            elif self._in_code():
                continue
            elif hidden:
                self.hidden += name == "t" and bool((child.text or "").strip())
            elif name in _PICTURES or name == "AlternateContent":
                self._drawing(child, line)
            elif name == "ruby":
                self._into(child, pieces, line)
            elif name in {"footnoteReference", "endnoteReference"}:
                line.notes.append((name.removesuffix("Reference"), local_value(child, "id") or ""))
            else:
                pieces.append(_characters(child, name, place))

    def _field(self, mark: Any, pieces: list[str]) -> None:
        match local_value(mark, "fldCharType"):
            case "begin":
                if not self._in_code():
                    pieces.append(_form_value(mark))
                self._fields.append("code")
            case "separate" if self._fields:
                self._fields[-1] = "result"
            case "end" if self._fields:
                self._fields.pop()
            case _:
                pass

    def _in_code(self) -> bool:
        return "code" in self._fields

    def _drawing(self, drawing: Any, line: Line) -> None:
        if local_name(drawing) == "AlternateContent":
            drawing = next(iter(drawing), drawing)
        boxes = list(_boxes(drawing))
        line.boxes += boxes
        line.pictures += not boxes


def _boxes(drawing: Any) -> Iterator[Any]:
    """The bodies of text boxes in a drawing, outermost only; of an alternative, the first way to say it."""
    for child in drawing:
        if not isinstance(child.tag, str):
            continue
        name = local_name(child)
        if name == "txbxContent":
            yield child
        elif name == "AlternateContent":
            yield from _boxes(next(iter(child), child))
        else:
            yield from _boxes(child)


def child_of(element: Any, name: str) -> Any:
    """The first child of a local name; None where there is none."""
    if element is not None:
        for child in element:
            if isinstance(child.tag, str) and local_name(child) == name:
                return child
    return None


def _characters(element: Any, name: str, place: str | None) -> str:
    """What a part of a run shows; ``place`` is where it is set on the line."""
    if name == "t":
        text = element.text or ""
        return set_apart(text, above=place == "superscript") if place in {"superscript", "subscript"} else text
    return _symbol(element) if name == "sym" else _CHARACTERS.get(name, "")


def _symbol(element: Any) -> str:
    code = (local_value(element, "char") or "").lower()
    if code in _SYMBOLS:
        return _SYMBOLS[code]
    if code.startswith("f0") or not code or len(code) > 5:
        return ""
    try:
        return chr(int(code, 16))
    except ValueError:
        return ""


def _form_value(mark: Any) -> str:
    """What is chosen in a field of an older form."""
    data = child_of(mark, "ffData")
    choices = child_of(data, "ddList")
    if choices is not None:
        entries = [local_value(each, "val") or "" for each in choices if local_name(each) == "listEntry"]
        chosen = (
            local_value(child_of(choices, "result"), "val") or local_value(child_of(choices, "default"), "val") or "0"
        )
        return entries[int(chosen)] if chosen.isdecimal() and int(chosen) < len(entries) else ""
    box = child_of(data, "checkBox")
    if box is not None:
        mark = child_of(box, "checked")
        return "☒" if is_on(mark if mark is not None else child_of(box, "default")) else "☐"
    return ""

"""XML trees, and formulas in them as a line of text: MathML of web pages, OMML of Word, and what stands above or below the line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from footnote.errors import DocumentError

__all__ = ["formula_text", "is_named", "local_name", "local_value", "parse_xml", "set_apart"]

_DIGITS = "0123456789+-−=()n"
_SUPERIORS = str.maketrans(_DIGITS, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_INFERIORS = str.maketrans(_DIGITS, "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₙ")
_SILENT = frozenset(
    "annotation annotation-xml ctrlPr fPr sSupPr sSubPr sSubSupPr radPr naryPr dPr rPr accPr barPr boxPr limLowPr limUppPr "
    "funcPr eqArrPr mPr groupChrPr borderBoxPr sPrePr argPr oMathParaPr none mprescripts".split()
)
_SUFFIX = re.compile(r"(?:st|nd|rd|th|er|re|e|o|a|ª|º|tm|sm|mc|®|©|™)\.?$", re.IGNORECASE)
_APART_MAX_CHARS = 12
_WIDE = frozenset("+-−=<>≤≥≠≈×·÷±→⇒⇔∈∑∏∫")
"""Operators with blanks around them, as they are set."""


def _raised(text: str) -> str:
    """A text set above the line: in raised figures where there are such, else behind a circumflex."""
    text = text.strip()
    if text and all(character in _DIGITS for character in text):
        return text.translate(_SUPERIORS)
    return f"^{_grouped(text)}" if text else ""


def _lowered(text: str) -> str:
    """A text set below the line, likewise."""
    text = text.strip()
    if text and all(character in _DIGITS for character in text):
        return text.translate(_INFERIORS)
    return f"_{_grouped(text)}" if text else ""


def set_apart(text: str, *, above: bool) -> str:
    """A raised or lowered text so that it does not join the number or word before it."""
    bare = text.strip()
    if not bare:
        return text
    if _SUFFIX.match(bare) or len(bare) > _APART_MAX_CHARS:
        return bare if _SUFFIX.match(bare) else f" {bare}"
    return _raised(bare) if above else _lowered(bare)


def formula_text(element: Any) -> str:
    """A formula as one line."""
    return " ".join(_linear(element).split())


def _linear(element: Any) -> str:  # noqa: C901, PLR0911, PLR0912 - one line for each kind of element
    name = local_name(element)
    children = [child for child in element if isinstance(child.tag, str) and local_name(child) not in _SILENT]
    if name in _SILENT:
        return ""
    match name:
        case "mi" | "mn" | "mtext" | "ms" | "t":
            return "".join(element.itertext())
        case "mo":
            operator = "".join(element.itertext()).strip().strip("\u2061\u2062\u2063\u2064")
            return f" {operator} " if operator in _WIDE else operator
        case "mspace":
            return " "
        case "mfrac" | "f" if len(children) > 1:
            return f"{_grouped(_linear(children[0]), loose=True)}/{_grouped(_linear(children[1]))}"
        case "msup" | "sSup" if len(children) > 1:
            return _linear(children[0]) + _raised(_linear(children[1]))
        case "msub" | "sSub" if len(children) > 1:
            return _linear(children[0]) + _lowered(_linear(children[1]))
        case "msubsup" | "sSubSup" | "munderover" if len(children) > 2:
            return _linear(children[0]) + _lowered(_linear(children[1])) + _raised(_linear(children[2]))
        case "munder" | "limLow" if len(children) > 1:
            return f"{_linear(children[0])}{_lowered(_linear(children[1]))} "
        case "mover" | "limUpp" if len(children) > 1:
            return _linear(children[0]) + _raised(_linear(children[1]))
        case "msqrt":
            return f"√{_grouped(_all(children))}"
        case "mroot" if len(children) > 1:
            return f"{_raised(_linear(children[1]))}√{_grouped(_linear(children[0]))}"
        case "rad" if children:
            degree = _raised(_linear(children[0])) if len(children) > 1 else ""
            return f"{degree}√{_grouped(_linear(children[-1]))}"
        case "nary" if children:
            sign = _property(element, "naryPr", "chr") or "∫"
            low, high = (_linear(child) for child in children[:2]) if len(children) > 2 else ("", "")
            return f"{sign}{_lowered(low)}{_raised(high)} {_linear(children[-1])}"
        case "d":
            opening, closing = _property(element, "dPr", "begChr"), _property(element, "dPr", "endChr")
            inner = ", ".join(_linear(child) for child in children)
            return f"{'(' if opening is None else opening}{inner}{')' if closing is None else closing}"
        case "mfenced":
            inner = ", ".join(_linear(child) for child in children)
            return f"{element.get('open', '(')}{inner}{element.get('close', ')')}"
        case "func" if len(children) > 1:
            return f"{_linear(children[0])} {_linear(children[1])}"
        case "mtable" | "m" | "eqArr":
            return "; ".join(_linear(child) for child in children)
        case "mtr" | "mr":
            return ", ".join(_linear(child) for child in children)
        case _:
            return _all(children)


def _all(elements: Sequence[Any]) -> str:
    return "".join(map(_linear, elements))


def _property(element: Any, group: str, name: str) -> str | None:
    for child in element:
        if is_named(child, group):
            for inner in child:
                if local_name(inner) == name:
                    return local_value(inner, "val") or ""
    return None


def _grouped(text: str, *, loose: bool = False) -> str:
    """In brackets where it is more than one thing; ``loose``: nothing before it could join a product."""
    text = text.strip()
    number = all(character.isdigit() or character in ".," for character in text)
    simple = number or len(text) == 1 or (loose and text.isalnum())
    return text if simple or (text.startswith("(") and text.endswith(")") and text.count("(") == 1) else f"({text})"


def parse_xml(raw: bytes, *, doctype: bool = False) -> Any:
    """The root of an XML document; nothing outside of it is ever read.

    Raises:
        DocumentError: it is damaged, or declares a document type where none belongs.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        root: Any = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        if getattr(error, "code", None) == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from error
        raise DocumentError("its XML is damaged", remedy="save it again") from error
    if not doctype and root.getroottree().docinfo.doctype:
        raise DocumentError("it declares an XML document type, which no office program writes", remedy="save it again")
    return root


def local_name(element: Any) -> str:
    """An element's name without its namespace: strict and transitional files differ in nothing else."""
    name: str = element.tag
    return name.rpartition("}")[2]


def is_named(element: Any, *names: str) -> bool:
    """Whether a node is an element with one of these local names."""
    return isinstance(element.tag, str) and local_name(element) in names


def local_value(element: Any, name: str) -> str | None:
    """The attribute of a local name; None where there is none."""
    if element is None:
        return None
    for key, value in element.items():
        if key == name or key.endswith("}" + name):
            return str(value)
    return None

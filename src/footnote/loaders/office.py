"""What office documents tell of themselves, and what is said of them: title, author and date; what was left out."""

from __future__ import annotations

import posixpath
import re

from footnote.loaders.archives import Archive, local_name, parse_xml
from footnote.loaders.canonical import clean_text
from footnote.loaders.front_matter import FrontMatter
from footnote.records import Metadatum

__all__ = ["left_out", "office_core", "office_front", "related_parts", "told_name", "told_title"]

_CORE = "docProps/core.xml"
_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")
_TEMPLATE_DATES = frozenset({"2013-12-23T23:15:00Z", "2013-01-27T09:14:16Z", "2013-01-27T09:15:58Z"})
"""Of the templates that python-docx and python-pptx start from."""
_NOBODY = re.compile(
    r"(?:python-docx|openpyxl|python-pptx|xlsxwriter|apache poi|anonymous|unknown(?: author| creator)?|author|user|users?\d*|"
    r"owner|admin|administrator|guest|default(?: user)?|none|null|n/a|nobody|test|(?:microsoft )?office user|microsoft(?: office)?|"
    r"windows user|registered user|preferred customer|your name|author name|dell|hp|lenovo|acer|toshiba|asus|"
    r"libreoffice|openoffice(?:\.org)?|un-?named|unspecified|root|pc|home)$",
    re.IGNORECASE,
)
"""Names that programs and new machines write where nobody gave one."""
_NO_TITLE = re.compile(
    r"(?:(?:word|microsoft word|powerpoint|pdf|new|blank|open ?document)[ -]*(?:document|presentation|text document|file)?|"
    r"(?:untitled|unnamed|no title|title|none|null|document|presentation|slide|book|workbook|sheet|page|table|dokument|"
    r"titel)[ _-]?\d*(?: document| page)?|click to (?:add|edit)(?: master)? title(?: style)?|"
    r"(?:microsoft )?(?:word|powerpoint|excel) - .*|.*\.(?:docx?|pptx?|xlsx?|odt|odp|ods|rtf|pdf|indd|dot|tmp))$",
    re.IGNORECASE,
)
"""Titles that programs write where nobody gave one, names of files among them."""


def office_core(archive: Archive) -> FrontMatter:
    """Title, author and date of a file of Microsoft's formats, as far as it tells them."""
    if _CORE not in archive.names():
        return FrontMatter()
    told = {local_name(e): (e.text or "").strip() for e in parse_xml(archive.read(_CORE)) if isinstance(e.tag, str)}
    dates = [told[name] for name in ("modified", "created") if told.get(name) and told[name] not in _TEMPLATE_DATES]
    date = dates[0] if dates else ""
    return office_front(told.get("title", ""), {"author": told.get("creator", ""), "date": date})


def related_parts(archive: Archive, name: str, *, by_id: bool = False) -> dict[str, list[str]]:
    """The parts that a part of Microsoft's formats names, by the ends of their types or by their ids.

    Args:
        archive: the file.
        name: of the part; empty for the file itself.
        by_id: whether the keys are ids.
    """
    folder, base = posixpath.split(name)
    relations = posixpath.join(folder, "_rels", f"{base}.rels")
    if relations not in archive.names():
        return {}
    found: dict[str, list[str]] = {}
    for relation in parse_xml(archive.read(relations)):
        target = relation.get("Target") or ""
        if relation.get("TargetMode") != "External":
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            key = relation.get("Id") or "" if by_id else (relation.get("Type") or "").rpartition("/")[2]
            found.setdefault(key, []).append(path)
    return found


def office_front(title: str, pairs: dict[str, str]) -> FrontMatter:
    """Title and metadata from a document's properties; what is blank or a program's placeholder is left out."""
    told = {name: clean_text(value).strip() for name, value in pairs.items()}
    told["author"] = told_name(told.get("author", ""))
    found = _DATE.match(told.get("date", ""))
    told["date"] = found[0] if found else ""
    metadata = tuple(sorted(Metadatum(name, value) for name, value in told.items() if value))
    return FrontMatter(title=told_title(title), metadata=metadata)


def told_title(title: str) -> str:
    """A title as somebody gave it; empty for a placeholder or a file's name."""
    title = " ".join(clean_text(title).split())
    return "" if _NO_TITLE.match(title) else title


def told_name(name: str) -> str:
    """An author as somebody gave it; empty for the name of a program or a new machine."""
    name = " ".join(clean_text(name).split())
    return "" if _NOBODY.match(name) else name


def left_out(*, hidden: int = 0, pictures: int = 0, changes: int = 0, formulas: int = 0) -> list[str]:
    """One clause for each kind of thing that was left out of a document.

    Args:
        hidden: stretches of hidden text.
        pictures: pictures, in which text may stand.
        changes: tracked changes, read as accepted.
        formulas: formulas without a saved value.
    """
    said = []
    if hidden:
        said.append(f"{_counted(hidden, 'stretch', 'stretches')} of hidden text left out")
    if pictures:
        said.append(f"{_counted(pictures, 'picture', 'pictures')} left out, with any text in them")
    if changes:
        said.append(f"{_counted(changes, 'tracked change', 'tracked changes')} read as accepted")
    if formulas:
        said.append(
            f"{_counted(formulas, 'formula', 'formulas')} without a saved value left out: save it in a spreadsheet program"
        )
    return said


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"

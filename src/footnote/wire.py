"""The one codec: what a record looks like outside the process follows from its fields, and stands nowhere else.

A record has two forms in JSON.  The *plain* one is for ourselves: the worker's pipe, the rows of an index, its manifest.
It is msgspec's own, without names where a record says so (``array_like``), and whatever comes in is checked field by
field.  The *public* one is for people and programs: answers, results, documents.  It has the record's fields in their
order, but for what their annotations say:

    document_id: Annotated[str, Key("doc")]      under another name
    span: Annotated[Span, FLAT]                  its fields stand in the object itself
    metadata: Annotated[tuple[Pair, ...], MAP]   (name, value) pairs as an object
    score: Annotated[float, ROUNDED]             six significant digits
    standing: Annotated[str | None, OPTIONAL]    left out where it is None
    timings: Annotated[..., HIDDEN]              not there at all

A property that is marked with ``json_after`` is there too.  The published schemas are made from the same ``members``.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache, partial
from operator import attrgetter
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec

__all__ = [
    "COUNT",
    "FLAT",
    "HIDDEN",
    "MAP",
    "OPTIONAL",
    "ROUNDED",
    "Count",
    "Key",
    "Member",
    "WireError",
    "changed_parts",
    "convert",
    "decode",
    "encode",
    "flat_members",
    "from_json",
    "is_record",
    "json_after",
    "mapped",
    "members",
    "parts_of",
    "rounded",
    "to_json",
    "without_none",
]

Wanted = TypeVar("Wanted")
Getter = TypeVar("Getter", bound=Callable[..., Any])
JsonObject: TypeAlias = dict[str, Any]

COUNT = msgspec.Meta(ge=0, lt=2**53)
Count = Annotated[int, COUNT]
"""A number of things or a position: what JSON and SQLite hold exactly."""


class Mark(Enum):
    """What a field's annotation says of its place in the public form."""

    FLAT = auto()
    HIDDEN = auto()
    MAP = auto()
    OPTIONAL = auto()
    ROUNDED = auto()


FLAT, HIDDEN, MAP, OPTIONAL, ROUNDED = Mark.FLAT, Mark.HIDDEN, Mark.MAP, Mark.OPTIONAL, Mark.ROUNDED


@dataclass(frozen=True, slots=True)
class Key:
    """The name of a field in the public form."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """One value of a record in its public form.

    Attributes:
        name: of the field or property.
        key: in the JSON object.
        kind: its type.
        marks: what its annotation says, ``msgspec.Meta`` included.
        stored: whether it is a field, not a property.
        needed: whether a record cannot be made without it.
    """

    name: str
    key: str
    kind: Any
    marks: tuple[Any, ...]
    stored: bool = True
    needed: bool = True

    def has(self, mark: Mark) -> bool:
        return mark in self.marks


class WireError(ValueError):
    """What came in is not what it should be; the message names the path of the field."""


def rounded(value: float) -> float:
    """A computed number as it is written out: six significant digits, without what another order of arithmetic changes."""
    return float(f"{value:.6g}") + 0.0  # the sum turns -0.0 into 0.0


# The plain form


def encode(value: object) -> bytes:
    """A value as JSON, for ``decode``."""
    return _ENCODER.encode(value)


def decode(kind: type[Wanted], data: bytes | str, *, exactly: bool = False) -> Wanted:
    """The value of a type that JSON holds.

    Args:
        kind: the type, made of records, tuples and plain values.
        data: the JSON.
        exactly: whether every field must be there, also one with a default, and none beside them.

    Raises:
        WireError: it holds something else.
    """
    try:
        value: Wanted = _decoder(cast("Any", kind)).decode(data)
        if exactly and msgspec.json.decode(encode(value)) != msgspec.json.decode(data):
            raise WireError(f"it has not the fields of {kind.__name__}")
    except _UNFIT as error:
        raise WireError(_told(error)) from error
    return value


def convert(kind: Any, value: object, *, words: bool = False) -> Any:
    """A plain value, such as TOML's, as a value of a type; with ``words`` a text may stand for a number.

    Raises:
        WireError: it is none.
    """
    try:
        return msgspec.convert(value, kind, strict=not words, dec_hook=_special)
    except _UNFIT as error:
        raise WireError(_told(error)) from error


_UNFIT = (msgspec.MsgspecError, UnicodeError, RecursionError)


def _plain(value: Any) -> Any:
    """Texts that parsers give, names and paths as texts."""
    if isinstance(value, str | Path):
        return str(value)
    raise TypeError(f"cannot be written: {type(value).__name__}")


def _special(kind: type, value: Any) -> Any:
    if not issubclass(kind, str | Path) or not isinstance(value, str):
        raise TypeError(f"no {kind.__name__}")
    return kind(value)


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, dec_hook=_special)


_KINDS = {
    "str": "a string", "int": "a whole number", "float": "a number", "bool": "true or false", "array": "a list",
    "object": "an object", "null": "null",
}  # fmt: skip


def _told(error: Exception) -> str:
    """What msgspec says, in words for people: the field first."""
    if not isinstance(error, msgspec.ValidationError | WireError):
        return f"not JSON: {str(error).removeprefix('JSON is malformed: ')}"
    text, _, path = str(error).partition(" - at `")
    field = path.removesuffix("`").removeprefix("$").removeprefix(".")
    if found := re.fullmatch(r"Expected `([^`]+)`(?:, got .*| (.*))?", text):
        kinds = [_KINDS.get(kind, kind) for kind in found[1].split(" | ") if kind != "null" or found[1] == "null"]
        said = " ".join(["is not", " or ".join(kinds), *filter(None, found.groups()[1:])])
    elif found := re.fullmatch(r"Invalid enum value '?(.*?)'?", text, re.DOTALL):
        said = f'is "{found[1]}", which it cannot be'
    elif found := re.fullmatch(r"Object missing required field `(.*)`", text):
        field, said = f"{field}.{found[1]}".removeprefix("."), "is missing"
    else:
        said = text[:1].lower() + text[1:]
    if said.startswith("is "):
        return f'"{field}" {said}' if field else f"it {said}"
    return f'"{field}": {said}' if field else said


# The public form


def json_after(name: str) -> Callable[[Getter], Getter]:
    """Marks the getter of a property that stands in the public form, after a field or another such property."""

    def mark(getter: Getter) -> Getter:
        vars(getter)[_AFTER] = name
        return getter

    return mark


_AFTER = "json_after"


def is_record(kind: object) -> bool:
    """Whether a type is one of records: a dataclass, a struct, a named tuple."""
    if not isinstance(kind, type):
        return False
    return dataclasses.is_dataclass(kind) or issubclass(kind, msgspec.Struct) or hasattr(kind, "_fields")


@cache
def members(kind: type) -> tuple[Member, ...]:
    """What stands in the public form of a record, in order."""
    hints = get_type_hints(kind, include_extras=True)
    needed = _needed(kind)
    found = [_member(name, hints[name], needed=name in needed) for name in _field_names(kind)]
    for name, value in vars(kind).items():
        after = vars(value.fget).get(_AFTER) if isinstance(value, property) else None
        if after is not None:
            at = 1 + [member.name for member in found].index(after)
            hint = get_type_hints(value.fget, include_extras=True)["return"]
            found.insert(at, _member(name, hint, stored=False))
    return tuple(member for member in found if not member.has(HIDDEN))


def _field_names(kind: Any) -> tuple[str, ...]:
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    return tuple(getattr(kind, "__struct_fields__", ()) or kind._fields)


def _needed(kind: Any) -> frozenset[str]:
    """The fields without a default."""
    if dataclasses.is_dataclass(kind):
        unset = dataclasses.MISSING
        bare = (f.name for f in dataclasses.fields(kind) if f.default is unset and f.default_factory is unset)
        return frozenset(bare)
    names = _field_names(kind)
    defaults = getattr(kind, "__struct_defaults__", None)
    return frozenset(names[: len(names) - len(defaults if defaults is not None else kind._field_defaults)])


def _member(name: str, hint: Any, *, stored: bool = True, needed: bool = True) -> Member:
    kind, *marks = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    key = next((mark.name for mark in marks if isinstance(mark, Key)), name)
    return Member(name, key, kind, tuple(marks), stored, needed)


def without_none(kind: Any) -> Any:
    """``X`` of ``X | None``, else the type itself."""
    if get_origin(kind) not in {Union, UnionType}:
        return kind
    rest = [each for each in get_args(kind) if each is not NoneType]
    return rest[0] if len(rest) == 1 else kind


def mapped(kind: Any) -> Any:
    """The type of the values of a tuple of (name, value) pairs."""
    return list(get_type_hints(get_args(kind)[0], include_extras=True).values())[1]


def to_json(record: Any) -> JsonObject:
    """A record in its public form: dicts, lists, strings and numbers."""
    made: JsonObject = {}
    kind: Any = type(record)
    for key, read, write, optional in _writers(kind):
        value = read(record)
        if value is not None or not optional:
            made[key] = value if write is None or value is None else write(value)
    return made


@cache
def _writers(kind: Any) -> tuple[tuple[str, Callable[[Any], Any], Callable[[Any], Any] | None, bool], ...]:
    """For each key what reads its value from a record, what makes that plain, and whether it is left out where None."""
    found: list[tuple[str, Callable[[Any], Any], Callable[[Any], Any] | None, bool]] = []
    for path, each in flat_members(kind):
        found.append((each.key, attrgetter(path), _writer(each.kind, each.marks), each.has(OPTIONAL)))
    return tuple(found)


def flat_members(kind: type, path: str = "") -> Iterator[tuple[str, Member]]:
    """Each member that has a key of its own, with its path of attributes."""
    for each in members(kind):
        if each.has(FLAT):
            yield from flat_members(each.kind, f"{path}{each.name}.")
        else:
            yield f"{path}{each.name}", each


def _writer(kind: Any, marks: tuple[Any, ...]) -> Callable[[Any], Any] | None:
    """What makes a value of a type plain; None where it is."""
    kind = without_none(kind)
    if MAP in marks:
        inner = rounded if ROUNDED in marks else _writer(mapped(kind), ())
        return dict if inner is None else partial(_map, inner)
    if ROUNDED in marks:
        return rounded
    if is_record(kind):
        return to_json
    if get_origin(kind) is tuple:
        inner = _writer(get_args(kind)[0], ())
        return list if inner is None else partial(_list, inner)
    return None


def _map(write: Callable[[Any], Any], pairs: Any) -> JsonObject:
    return {name: write(value) for name, value in pairs}


def _list(write: Callable[[Any], Any], values: Any) -> list[Any]:
    return [write(value) for value in values]


def from_json(kind: type[Wanted], data: bytes | str | msgspec.Raw) -> Wanted:
    """A record, or a tuple of them, from the public form.

    Names that it does not know are passed over; null stands for what is not said.

    Raises:
        WireError: it is no such record.
    """
    try:
        found: Wanted = _valued(kind, msgspec.json.decode(data, type=_shaped(kind)))
    except _UNFIT as error:
        raise WireError(_told(error)) from error
    return found


@cache
def _shape(kind: type) -> type[msgspec.Struct]:
    """The struct that has the public form of a record; it is checked by making the record of it."""
    listed = tuple(_shape_fields(kind))
    return msgspec.defstruct(
        kind.__name__,
        [(name, hint, default) if default is None else (name, hint) for name, _, hint, default in listed],
        namespace={"__post_init__": lambda made: _record(kind, made)},
        rename={name: key for name, key, _, _ in listed},
        kw_only=True,
    )


def _shape_fields(kind: type) -> Iterator[tuple[str, str, Any, Any]]:
    """Name, key, type and default (None, or ... for none) of each value."""
    for _, each in flat_members(kind):
        if each.stored:
            hint = _shaped(each.kind)
            for meta in (mark for mark in each.marks if isinstance(mark, msgspec.Meta)):
                hint = Annotated[hint, meta]
            yield each.name, each.key, hint if each.needed else hint | None, ... if each.needed else None


def _shaped(kind: Any) -> Any:
    inner = without_none(kind)
    if is_record(inner):
        return _shape(inner) if inner is kind else _shape(inner) | None
    if get_origin(kind) is tuple:
        return tuple[_shaped(get_args(kind)[0]), ...]  # type: ignore[misc]  # a type that is made here
    return kind


def _record(kind: Any, shape: Any) -> Any:
    values: JsonObject = {}
    for each in members(kind):
        if not each.stored:
            continue
        value = _record(each.kind, shape) if each.has(FLAT) else _valued(each.kind, getattr(shape, each.name))
        if value is not None or each.needed:
            values[each.name] = value
    return kind(**values)


def _valued(kind: Any, value: Any) -> Any:
    kind = without_none(kind)
    if value is None or not (is_record(kind) or get_origin(kind) is tuple):
        return value
    if is_record(kind):
        return _record(kind, value)
    return tuple(_valued(get_args(kind)[0], each) for each in value)


# What lies in a record, however deep


def parts_of(record: object, kind: type[Wanted]) -> Iterator[Wanted]:
    """Every value of a type in a dataclass, in the order of its fields."""
    if isinstance(record, kind):
        yield record
    elif isinstance(record, tuple):
        for each in record:
            yield from parts_of(each, kind)
    elif dataclasses.is_dataclass(record):
        for each in dataclasses.fields(record):
            yield from parts_of(getattr(record, each.name), kind)


def changed_parts(record: Any, kind: type[Wanted], change: Callable[[Wanted], Wanted]) -> Any:
    """The same dataclass with every value of a type changed."""
    if isinstance(record, kind):
        return change(record)
    if isinstance(record, tuple):
        return tuple(changed_parts(each, kind, change) for each in record)
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        values = {f.name: changed_parts(getattr(record, f.name), kind, change) for f in dataclasses.fields(record)}
        return dataclasses.replace(record, **values)
    return record

"""Files that would hurt a careless reader: real ones mutated, and bombs of every format."""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
ARCHIVES = frozenset({".docx", ".odt", ".epub", ".xlsx", ".ods", ".zip", ".pptx"})
TEXTS = {
    ".md": "---\ntitle: A\n---\n# One\n\nText with *emphasis*.\n\n- item\n- item\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    ".txt": "A heading\n\nSome plain text, of two lines\nthat belong together.\n\n1. first\n2. second\n",
    ".csv": "Question,Answer\nWhat is it?,A test.\n",
    ".tsv": "Name\tDepth\nNorth\t4\n",
    ".log": "2024-05-02 06:58:11 INFO door 4 opened\n2024-05-02 07:03:40 ERROR door 9 does not close\n",
    ".rst": "Guide\n=====\n\n.. note::\n   Inner text.\n\n+---+---+\n| a | b |\n+===+===+\n| 1 | 2 |\n+---+---+\n\nCode::\n\n    x\n",
    ".adoc": "= Guide\n\n== Part\n\n* item\n\n|===\n|a |b\n\n|1 |2\n|===\n\n----\ncode\n----\n",
    ".json": '{"title": "One", "items": [{"question": "What?", "answer": "That."}, {"a": {"b": [1, 2.5, null]}}]}',
    ".xml": "<r><title>One</title><p>Text with <b>bold</b> words.</p><v>4</v></r>",
    ".srt": "1\n00:00:01,000 --> 00:00:02,000\nSaid so.\n\n2\n00:00:02,000 --> 00:00:03,000\nAnd so.\n",
    ".ipynb": '{"cells": [{"cell_type": "markdown", "source": ["# One\\n", "Text."]}, {"cell_type": "code", "source": "x"}]}',
    ".eml": "From: A <a@b.example>\nSubject: One\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nText.\n--x--\n",
    ".py": "def one():\n    return 1\n\n\nTWO = 2\n",
    ".other": "Text of a suffix that nobody knows.\n",
    ".jsonl": '{"title": "One", "text": "A text."}\n{"question": "What?", "answer": "That."}\n',
}


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def seeds() -> dict[str, list[bytes]]:
    """Whole files by suffix: those made by other programs, and small ones."""
    found: dict[str, list[bytes]] = {suffix: [text.encode()] for suffix, text in TEXTS.items()}
    for path in sorted((HERE / "formats").iterdir()):
        if path.suffix not in {".py", ".md"}:
            found.setdefault(path.suffix, []).append(path.read_bytes())
    found[".zip"] = [zipped({f"inner{suffix}": text.encode() for suffix, text in TEXTS.items()})]
    found[".pptx"] = [_slides()]
    found[".rtf"].append(
        rb"{\rtf1{\fonttbl{\f0 A;}}\trowd\cellx9\clvmrg\cellx99\intbl a\cell b\cell\row\pard{\footnote n}\u8364?\'e9\par}"
    )
    found[".htm"] = [b"<p>one<p>two<table><tr><td>a<td>b</table>"]
    return found


def _slides() -> bytes:
    relation = '<Relationship Id="r1" Type="x/{}" Target="{}"/>'
    wrapped = '<Relationships xmlns="urn:r">{}</Relationships>'
    shape = '<p:sp><p:ph type="title"/><p:txBody><a:p><a:t>One</a:t></a:p></p:txBody></p:sp><a:tbl><a:tr><a:tc/></a:tr></a:tbl>'
    return zipped(
        {
            "_rels/.rels": wrapped.format(relation.format("officeDocument", "ppt/p.xml")).encode(),
            "ppt/p.xml": b'<p:p xmlns:p="urn:p" xmlns:r="urn:r"><p:sldId r:id="r1"/></p:p>',
            "ppt/_rels/p.xml.rels": wrapped.format(relation.format("slide", "s.xml")).encode(),
            "ppt/s.xml": f'<p:sld xmlns:p="urn:p" xmlns:a="urn:a">{shape}</p:sld>'.encode(),
        }
    )


def _merges() -> bytes:
    """A workbook in which every cell of a column covers all that are below it."""
    source = zipfile.ZipFile(HERE / "formats" / "libreoffice-calc.xlsx")
    members = {name: source.read(name) for name in source.namelist()}
    rows = b"".join(b'<row r="%d"><c r="A%d"><v>%d</v></c></row>' % (n, n, n) for n in range(1, 20_001))
    merges = b"".join(b'<mergeCell ref="A%d:XFD1048576"/>' % n for n in range(1, 20_001))
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    name = "xl/worksheets/sheet1.xml"
    members[name] = b"<worksheet %s><sheetData>%s</sheetData><mergeCells>%s</mergeCells></worksheet>" % (
        space,
        rows,
        merges,
    )
    return zipped(members)


@cache
def bombs() -> dict[str, bytes]:
    """Files made to exhaust: each is small."""
    entities = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">'.encode() for n in range(9)
    )
    entities += b"]><a>&j;</a>"
    docx = zipfile.ZipFile(HERE / "formats" / "pandoc.docx")
    parts = {name: docx.read(name) for name in docx.namelist()}
    head, _, tail = parts["word/document.xml"].partition(b"<w:body>")
    paragraphs = b"<w:p><w:r><w:t>x</w:t></w:r></w:p>" * 300_000
    flate = zlib.compress(b"BT /F1 12 Tf (x) Tj ET " * 3_000_000, 1)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>"
    pdf = b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n%s\n3 0 obj%sendobj\n%s\ntrailer<</Root 1 0 R>>\n%%%%EOF"
    cycle = pdf % (b"2 0 obj<</Type/Pages/Kids[2 0 R 3 0 R]/Count 99999999>>endobj", page, b"")
    stream = b"4 0 obj<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream endobj" % (len(flate), flate)
    inflated = pdf % (b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj", page, stream)
    inner = zipped({"zeros.txt": bytes(100_000_000)})
    return {
        "entities.docx": zipped({**parts, "word/document.xml": entities}),
        "entities.odt": zipped({"content.xml": entities}),
        "paragraphs.docx": zipped({**parts, "word/document.xml": head + b"<w:body>" + paragraphs + tail[-40:]}),
        "deep.docx": zipped({**parts, "word/document.xml": head + b"<w:body>" + b"<w:p>" * 100_000}),
        "zeros.zip": inner,
        "nested.zip": zipped({"a.zip": zipped({"b.zip": inner})}),
        "members.zip": zipped({f"{n}.txt": b"x" for n in range(6_000)}),
        "zeros.docx": zipped({"word/document.xml": bytes(150_000_000)}),
        "cycle.pdf": cycle,
        "flate.pdf": inflated,
        "deep.html": b"<div>" * 200_000 + b"deep",
        "cells.html": b"<table><tr>" + b"<td>x" * 300_000,
        "spans.html": b"<table>" + (b"<tr>" + b"<td rowspan=65534 colspan=1000>x" * 40 + b"</tr>") * 5_000,
        "lists.html": b"<table><tr><td>a<td>b</tr><tr><td>" + b"<ul><li>x" * 5_000 + b"</table>",
        "groups.rtf": rb"{\rtf1 " + rb"{\footnote x" * 50_000,
        "cells.rtf": rb"{\rtf1 "
        rb"\trowd" + b"".join(rb"\cellx%d\intbl x\cell" % n for n in range(30_000)) + rb"\row}",
        "nested.rst": b"".join(b" " * n + b".. note::\n" for n in range(1_000)),
        "fences.adoc": b"".join(b"-" * n + b"\n" for n in range(3, 1_500)),
        "long-words.txt": b"x" * 400_000 + b"\nand on " + b"y" * 400_000 + b"\nand on\n",
        "merges.xlsx": _merges(),
        "blank-rows.csv": b"a;b\n1;2\n\n" * 60_000,
        "sides.csv": (b";x;y;;" * 500 + b"\n") * 300,
        "turns.txt": b"Kim: why?\nLee: so.\n" * 60_000,
        "deep.md": b"> " * 50_000 + b"deep",
        "brackets.md": b"[" * 100_000,
        "stars.md": b"*a_" * 60_000,
        "deep.jsonl": b'{"a":' + b"[" * 100_000,
        "wide.csv": b"a," * 500_000,
        "quote.csv": b'"' + b"x" * 3_000_000,
        "deep.rtf": b"{\\rtf1 " + b"{" * 200_000 + b"x",
        "marks.txt": ("a" + "\u0301" * 1_000_000).encode(),
        "line.txt": b"x" * 1_900_000,
        "nul.txt": b"\0" * 10_000,
        "bidi.txt": ("\u202e" * 1_000 + "abc").encode(),
        "surrogate.jsonl": b'{"text": "\\ud800 and more"}',
        "infinity.jsonl": b'{"n": 1e999, "m": NaN, "text": "numbers"}',
        "digits.jsonl": b'{"n": ' + b"9" * 10_000 + b"}",
    }


def hostile_files(count: int, seed: int = 5) -> Iterator[tuple[str, bytes]]:
    """``count`` named files: the bombs first, then mutations of whole files."""
    chance = random.Random(seed)
    whole = seeds()
    suffixes = sorted(whole)
    ready = list(bombs().items())
    for number in range(count):
        if number < len(ready):
            yield ready[number]
            continue
        suffix = suffixes[number % len(suffixes)]
        raw = chance.choice(whole[suffix])
        if suffix in ARCHIVES and chance.random() < 0.6:
            raw = _inner(raw, chance)
        else:
            for _ in range(chance.choice((1, 1, 1, 2, 3))):
                raw = _mutated(raw, chance, whole)
        if chance.random() < 0.05:
            suffix = chance.choice(suffixes)  # named for what it is not
        yield f"file-{number}{suffix}", raw


def _inner(raw: bytes, chance: random.Random) -> bytes:
    """An archive in which one member is mutated: damage that no checksum tells."""
    archive = zipfile.ZipFile(io.BytesIO(raw))
    members = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice([n for n in members if n.endswith((".xml", ".xhtml", ".md", ".txt", ".csv"))] or list(members))
    members[name] = _mutated(members[name], chance, {})
    if chance.random() < 0.1:
        del members[chance.choice(list(members))]
    return zipped(members)


def _mutated(raw: bytes, chance: random.Random, whole: dict[str, list[bytes]]) -> bytes:  # noqa: C901, PLR0912 - a list of ways
    data, size = bytearray(raw), max(len(raw), 1)
    start = chance.randrange(size)
    end = min(size, start + chance.choice((1, 8, 100, 5_000)))
    match chance.randrange(10):
        case 0:
            del data[start:]
        case 1:
            for _ in range(chance.choice((1, 4, 50))):
                if data:
                    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        case 2:
            del data[start:end]
        case 3:
            data[start:end] = data[start:end] * chance.choice((2, 20, 200))
        case 4:
            data[start:end] = bytes(end - start)
        case 5:
            data[start:end] = chance.randbytes(end - start)
        case 6:
            other = chance.choice(chance.choice(list(whole.values()))) if whole else raw
            data[start:] = other[len(other) // 2 :]
        case 7:
            data[:0] = chance.choice((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xff\xfe\0\0", b"%PDF-", b"PK\3\4"))
        case 8:
            data[start:start] = chance.choice(
                ("\u202e\u0301é".encode(), "é".encode("latin-1"), "ж".encode("utf-16"), b"\0")
            )
        case _:
            for digit in (n for n, byte in enumerate(bytes(data)) if 48 <= byte < 58 and chance.random() < 0.02):
                data[digit] = chance.choice(b"0123456789-")
    return bytes(data)

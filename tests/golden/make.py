"""Outlines of documents and answers to questions as they are meant to stay, and how they are written anew.

    python tests/golden/make.py outlines        # after a loader was made better
    python tests/golden/make.py answers         # after ranking, quoting or a model changed
    python tests/golden/make.py outlines answers

``test_golden.py`` compares what the code makes with what lies here.  Write them anew only where a difference is meant, look
at every one that the test listed before, and say in the change what became different and why.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from footnote import Answer, DocumentError, Footnote, Settings
from footnote.loaders import SUFFIXES, load_document
from footnote.records import Document, Span
from footnote.rendering import to_json

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent
OUTLINED = ("formats", "data")
ANSWERS = HERE / "answers.json.xz"
SETTINGS = Settings(scan_seconds=0.0)
"""Scanned pages are left out: the recogniser is no part of the package."""

Row = dict[str, Any]


# Outlines


def outline(path: Path) -> Row:
    """What a loader makes of a file: everything that later stages see of it, or why there is nothing."""
    try:
        document = load_document(path, document_id=path.name, settings=SETTINGS)
    except DocumentError as error:
        return {"refused": error.what}
    return {
        "title": document.title,
        "source": document.source,
        "metadata": dict(document.metadata),
        "warnings": list(document.warnings),
        "page_starts": list(document.page_starts),
        "chars": len(document.text),
        "text_sha256": hashlib.sha256(document.text.encode()).hexdigest(),
        "blocks": [_block(document, number) for number in range(len(document.blocks))],
    }


def _block(document: Document, number: int) -> Row:
    """A block without what is empty in it."""
    block = document.blocks[number]
    row = {
        "kind": block.kind,
        "level": block.level,
        "span": _pair(block.span),
        "text": block.span.of(document.text),
        "headings": list(block.headings),
        "lead_in": block.lead_in,
        "header": block.header,
        "cells": [_pair(cell) for cell in block.cells],
        "asks": block.asks,
        "ordered": block.ordered,
        "hidden": [_pair(gap) for gap in block.hidden],
        "styles": [[style.kind, *_pair(style.span)] for style in block.styles],
    }
    return {name: value for name, value in row.items() if value or (value == 0 and name in {"lead_in", "header"})}


def _pair(span: Span) -> list[int]:
    return [span.start, span.end]


def outlined_files(folder: str) -> list[Path]:
    found = [path for path in (TESTS / folder).iterdir() if path.suffix in SUFFIXES and path.name != "README.md"]
    return sorted(found)


def write_outlines() -> None:
    for folder in OUTLINED:
        made = {path.name: outline(path) for path in outlined_files(folder)}
        (HERE / f"{folder}.json").write_text(_by_lines(made), "utf-8")


def _by_lines(outlines: dict[str, Row]) -> str:
    """JSON with one block a line, so that a change shows where it is."""
    documents = []
    for name, made in outlines.items():
        head = {key: value for key, value in made.items() if key != "blocks"}
        blocks = ",\n".join(_dumped(block) for block in made.get("blocks", []))
        documents.append(f"{_dumped(name)}: [{_dumped(head)}, [\n{blocks}\n]]")
    return "{\n" + ",\n".join(documents) + "\n}\n"


def kept_outlines(folder: str) -> dict[str, Row]:
    read = json.loads((HERE / f"{folder}.json").read_text("utf-8"))
    return {name: {**head, **({"blocks": blocks} if "chars" in head else {})} for name, (head, blocks) in read.items()}


# Answers


@dataclass(frozen=True, slots=True)
class Case:
    """One question of a conversation.

    Attributes:
        corpus: "shipped" or "made".
        reranker: as in the settings.
        turns: the questions of the conversation up to this one.
        literal: asked as it stands.
        allowed: the documents that are asked; empty for all.
    """

    corpus: str
    reranker: str
    turns: tuple[str, ...]
    literal: bool = False
    allowed: tuple[str, ...] = ()


def cases() -> Iterator[Case]:
    """All that is asked, those of one index and reranker together."""
    return iter(sorted(_cases(), key=lambda case: (case.corpus, case.reranker)))


def _cases() -> Iterator[Case]:
    quick = ("small", "off")
    for n, question in enumerate(_judged("ketamine")):
        yield Case("shipped", "packaged" if n % 4 == 0 else quick[n % 2], (question,))
    for n, question in enumerate(_judged("ketamine-plain")):
        if n % 2:
            yield Case("shipped", quick[n // 2 % 2], (question,))
    for n, question in enumerate(_judged("ketamine-held-out")):
        yield Case("shipped", "packaged" if n % 3 == 0 else "off", (question,), literal=n % 4 == 1)
    for n, row in enumerate(_lines("conversations")):
        turns = tuple(turn["question"] for turn in row["turns"])
        if n % 2:
            yield from (Case("shipped", quick[n // 2 % 2], turns[:end]) for end in range(2, len(turns) + 1))
    for n, turns in enumerate(_own()):
        yield Case("made", "packaged" if n % 3 == 0 else quick[n % 2], turns)
    for document in ("loom-manual.md", "weavers-letter.txt"):
        yield Case("made", "small", ("At how many picks a minute is silk woven?",), allowed=(document,))
        yield Case("made", "off", ("What is the tension for cotton?",), allowed=(document,))


def _judged(name: str) -> list[str]:
    return [row["question"] for row in _lines(name)]


def _lines(name: str) -> list[Row]:
    return [json.loads(line) for line in (TESTS / f"evaluation/{name}.jsonl").read_text("utf-8").splitlines()]


def _own() -> list[tuple[str, ...]]:
    """Conversations about the made documents, a line each; "/" parts their questions."""
    lines = (HERE / "questions.txt").read_text("utf-8").splitlines()
    return [tuple(part.strip() for part in line.split(" / ")) for line in lines if line and not line.startswith("#")]


def gather(corpus: str, folder: Path) -> Path:
    """A folder with the documents of a corpus."""
    if corpus == "shipped":
        return TESTS.parent / "corpus"
    taken = [*outlined_files("data"), *sorted((HERE / "documents").iterdir())]
    taken += [TESTS / "formats" / name for name in ("pandoc.docx", "libreoffice-calc.xlsx", "page-with-menus.html")]
    folder.mkdir()
    for path in taken:
        shutil.copy(path, folder)
    return folder


def answered(scratch: Path) -> dict[str, Row]:
    """The answer to each case as JSON, under a line that names the case."""
    made: dict[str, Row] = {}
    for corpus in ("made", "shipped"):
        index = scratch / f"{corpus}.index"
        base, _ = Footnote.build(gather(corpus, scratch / corpus), index, settings=replace(SETTINGS, reranker="off"))
        with base:
            for reranker in ("off", "packaged", "small"):
                settings = replace(SETTINGS, reranker=reranker)
                with Footnote.open(index, settings=settings, encoder=base.encoder) as footnote:
                    mine = [case for case in cases() if (case.corpus, case.reranker) == (corpus, reranker)]
                    made.update(_answers(footnote, mine))
    return made


def _answers(footnote: Footnote, wanted: Iterable[Case]) -> Iterator[tuple[str, Row]]:
    earlier: dict[tuple[str, ...], Answer] = {}
    for case in wanted:
        history: list[tuple[str, str]] = []
        for end in range(1, len(case.turns)):
            turns = case.turns[:end]
            if turns not in earlier:
                earlier[turns] = footnote.ask(turns[-1], history=history)
            history.append((earlier[turns].interpreted_as, _said(earlier[turns])))
        allowed = frozenset(case.allowed) or None
        answer = footnote.ask(case.turns[-1], history=history, literal=case.literal, allowed=allowed)
        if not case.literal and allowed is None:
            earlier[case.turns] = answer
        row = to_json(answer)
        del row["fingerprint"]  # It changes with whatever shapes answers, also where none changes.
        yield _dumped(asdict(case)), row


def _said(answer: Answer) -> str:
    return " ".join(citation.shown for citation in answer.citations)


def write_answers() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        kept = {"processor": processor(), "answers": answered(Path(scratch))}
    ANSWERS.write_bytes(lzma.compress(_dumped(kept).encode(), preset=9 | lzma.PRESET_EXTREME))


def kept_answers() -> Row:
    return dict(json.loads(lzma.decompress(ANSWERS.read_bytes())))


def processor() -> str:
    """What decides how the models' products are rounded: the machine, and which vector instructions it has."""
    cpuinfo = Path("/proc/cpuinfo")
    flags = re.search(r"^flags\s*:(.*)$", cpuinfo.read_text(), re.MULTILINE) if cpuinfo.is_file() else None
    known = {"avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8"}
    return " ".join([platform.system(), platform.machine(), *sorted(known & set(flags[1].split() if flags else ()))])


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# Differences


def differences(kept: object, made: object, place: str = "") -> Iterator[str]:
    """Where two values of JSON differ, a line each: the way to the place, what is kept, and what was made."""
    if isinstance(kept, dict) and isinstance(made, dict):
        if kept.keys() == made.keys() and list(kept) != list(made):
            yield f"{place}: {', '.join(kept)} became {', '.join(made)}"
        for key in dict.fromkeys([*kept, *made]):
            yield from differences(kept.get(key), made.get(key), f"{place}.{key}" if place else str(key))
    elif isinstance(kept, list) and isinstance(made, list) and len(kept) == len(made):
        for n, (one, other) in enumerate(zip(kept, made, strict=True)):
            yield from differences(one, other, f"{place}[{n}]")
    elif kept != made or type(kept) is not type(made):
        yield f"{place}: {_shortened(kept)} became {_shortened(made)}"


def _shortened(value: object, width: int = 160) -> str:
    text = f"{len(value)} entries" if isinstance(value, list) and len(str(value)) > width else str(_dumped(value))
    return text if len(text) <= width else f"{text[:width]}…"


if __name__ == "__main__":
    writers = {"outlines": write_outlines, "answers": write_answers}
    if not sys.argv[1:] or not set(sys.argv[1:]) <= writers.keys():
        sys.exit(__doc__)
    for name in sys.argv[1:]:
        writers[name]()

"""Reads hostile files over all formats, and asks documents made by other programs: prints the report as Markdown.

python benchmarks/files.py 10000 > benchmarks/files.md
"""

from __future__ import annotations

import platform
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from fakes import HashingEncoder  # noqa: E402
from footnote import Footnote  # noqa: E402
from footnote.errors import DocumentError  # noqa: E402
from footnote.loaders import close_worker, load_document  # noqa: E402
from footnote.settings import Settings  # noqa: E402
from footnote.splitting import split_document  # noqa: E402
from formats.make import FACTS  # noqa: E402
from hostile_files import hostile_files  # noqa: E402
from test_formats import DOCUMENTS, FORMATS, PAGED  # noqa: E402

PACKAGES = ("lxml", "pypdfium2", "markdown-it-py")


def hostile(count: int) -> None:
    """Read ``count`` hostile files, split what can be read, and print what came of them."""
    settings, encoder = Settings(), HashingEncoder()
    reasons: Counter[str] = Counter()
    formats: dict[str, Counter[str]] = {}
    slowest, slowest_name = 0.0, ""
    with tempfile.TemporaryDirectory() as folder:
        for name, raw in hostile_files(count):
            path = Path(folder) / name
            path.write_bytes(raw)
            began = time.monotonic()
            try:
                document = load_document(path, document_id=name, settings=settings)
                split_document(document, count_tokens=encoder.count_tokens, settings=settings)
                outcome = "read"
            except DocumentError as error:
                outcome = "refused"
                reasons["".join("#" if c.isdigit() else c for c in error.what.partition(":")[0])[:60]] += 1
            seconds = time.monotonic() - began
            formats.setdefault(path.suffix, Counter())[outcome] += 1
            if seconds > slowest:
                slowest, slowest_name = seconds, name
            path.unlink()
    close_worker()
    total = sum(sum(counts.values()) for counts in formats.values())
    print(
        f"## Hostile files\n\n{total:,} files: 0 crashes of the program, 0 hangs (slowest {slowest:.1f} s, {slowest_name}).\n"
    )
    print("| format | read | refused with a reason |\n|---|---|---|")
    for suffix, counts in sorted(formats.items()):
        print(f"| `{suffix}` | {counts['read']} | {counts['refused']} |")
    print("\n| reason | files |\n|---|---|")
    for reason, number in reasons.most_common(25):
        print(f"| {reason} | {number} |")


def asked() -> None:
    """Ask each document its known questions with the real model, and print how many quotes hold the fact on its page."""
    print("\n## Documents made by other programs\n")
    print("| document | offsets exact | question answered with its fact | first passage holds the fact | right page |")
    print("|---|---|---|---|---|")
    for name in DOCUMENTS:
        with tempfile.TemporaryDirectory() as folder:
            corpus = Path(folder) / "corpus"
            corpus.mkdir()
            (corpus / name).write_bytes((FORMATS / name).read_bytes())
            built, _ = Footnote.build(corpus, Path(folder) / "index")
            exact = answered = first = right = 0
            with built:
                text = built.document(name).text
                for number, (_, question, fact) in enumerate(FACTS):
                    answer = built.ask(question)
                    quotes = answer.citations
                    exact += all(text[quote.span.start : quote.span.end] == quote.quote for quote in quotes)
                    found = [quote for quote in quotes if fact in quote.quote or quote.quote in fact]
                    answered += bool(found)
                    first += fact in answer.hits[0].text
                    if name in PAGED:
                        right += bool(found) and found[0].page == PAGED[name][number]
        n = len(FACTS)
        pages = f"{right}/{n}" if name in PAGED else "no pages"
        print(f"| {name} | {exact}/{n} | {answered}/{n} | {first}/{n} | {pages} |", flush=True)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    print(f"# Files of every format\n\n{datetime.now(UTC).date()}, Python {platform.python_version()}, {packages}.\n")
    hostile(count)
    asked()


if __name__ == "__main__":
    main()

"""Where the time of one question goes: ``python benchmarks/stages.py FOLDER [--questions N]``, with and without rerankers.

FOLDER holds ``corpus/`` and ``questions.jsonl``.  Each part is timed around the functions that do it, in a warm process.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measuring import RESULTS, some_of, versions, write_report

from footnote.engine import Footnote
from footnote.evaluation import read_judgments
from footnote.settings import Settings

PARTS = {
    "interpret": [("footnote.engine", "to_query")],
    "encode": [("footnote.encoding.batching", "BatchingEncoder.encode_queries")],
    "search": [("footnote.store.local.index", "LocalIndex.search_all")],
    "fetch": [
        ("footnote.store.local.index", "LocalIndex.candidates"),
        ("footnote.store.local.index", "LocalIndex.passages"),
    ],
    "measure and rank": [
        ("footnote.ranking.retrieve", "measure"),
        ("footnote.ranking.retrieve", "passage_features"),
    ],
    "read": [("footnote.ranking.retrieve", "_read")],
    "choose sentences": [
        ("footnote.answering.selection", "score_sentences"),
        ("footnote.answering.selection", "choose_quotes"),
    ],
    "confidence": [("footnote.answering.selection", "confidence_of")],
}
"""Parts of a question and the functions that they consist of; none calls another of these."""


def timed(spent: dict[str, float], part: str, module: str, name: str) -> None:
    """Replace a function by one that adds its seconds to a part."""
    owner: Any = importlib.import_module(module)
    *classes, last = name.split(".")
    for each in classes:
        owner = getattr(owner, each)
    function: Callable[..., Any] = getattr(owner, last)

    @functools.wraps(function)
    def around(*args: Any, **options: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*args, **options)
        finally:
            spent[part] += time.perf_counter() - began

    setattr(owner, last, around)


def measure(engine: Footnote, questions: list[str], spent: dict[str, float]) -> dict[str, float]:
    """Median milliseconds of each part, and of the whole."""
    for question in questions[:20]:
        engine.ask(question)
    seconds: dict[str, list[float]] = defaultdict(list)
    for question in questions:
        spent.clear()
        began = time.perf_counter()
        engine.ask(question)
        whole = time.perf_counter() - began
        for part in PARTS:
            seconds[part].append(spent[part])
        seconds["everything else"].append(whole - sum(spent.values()))
        seconds["whole"].append(whole)
    return {part: round(statistics.median(values) * 1000, 3) for part, values in seconds.items()}


def plot(rows: list[dict[str, Any]], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(10, 2.6))
    for row in rows:
        left = 0.0
        for number, (part, milliseconds) in enumerate(list(row.items())[1:-1]):
            axes.barh(
                row["reranker"], milliseconds, left=left, color=f"C{number}", label=part if row is rows[0] else None
            )
            left += milliseconds
    axes.set(xlabel="milliseconds", title="One question")
    axes.legend(ncols=5, fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.3))
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=300)
    options = parser.parse_args()
    questions = [
        each.question for each in some_of(read_judgments(options.folder / "questions.jsonl"), options.questions)
    ]
    spent: dict[str, float] = defaultdict(float)
    for part, functions in PARTS.items():
        for module, name in functions:
            timed(spent, part, module, name)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as work:
        Footnote.build(options.folder / "corpus", Path(work) / "index")[0].close()
        for reranker in ("off", "small", "packaged"):
            with Footnote.open(Path(work) / "index", settings=Settings(reranker=reranker)) as engine:
                rows.append({"reranker": reranker, **measure(engine, questions, spent)})
    plot(rows, RESULTS / "stages.png")
    facts = {
        "questions": len(questions),
        "versions": versions(("footnote", "faiss-cpu", "tantivy", "numpy", "onnxruntime")),
    }
    notes = [
        f"Median milliseconds of {len(questions)} questions on {options.folder.name}.",
        "![parts of a question](stages.png)",
    ]
    write_report("stages", "Where the time of one question goes", rows, facts, notes)


if __name__ == "__main__":
    main()

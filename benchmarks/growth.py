"""How questions, memory, opening and adding a document grow with the index, from real passages to synthetic ones.

    python benchmarks/growth.py INDEX... --work FOLDER --questions questions.jsonl [--sizes 1000,10000,100000,1000000]

INDEX are built indexes of real documents, the source of the larger ones (see ``synthetic``).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from measuring import RESULTS, resident_mb, some_of, summary, versions, write_report
from synthetic import Source, SyntheticWriter, build, changed, neighbours, real_trend, synthetic_neighbours

from footnote.encoding import load_encoder
from footnote.engine import Footnote
from footnote.evaluation import read_judgments
from footnote.settings import Settings
from footnote.store import LocalIndex, read_manifest

PACKAGES = ("footnote", "faiss-cpu", "tantivy", "numpy", "onnxruntime")
RECALL_QUESTIONS = 100


def measure_open(index_dir: Path, questions: list[str]) -> dict[str, Any]:
    """Figures of one process that opens an index and asks it; run in a process of its own."""
    encoder = load_encoder(Settings())
    began = time.perf_counter()
    engine = Footnote.open(index_dir, settings=Settings(reranker="off"), encoder=encoder)
    opening = time.perf_counter() - began
    opened_mb = resident_mb()
    # Warm: whoever was asked before left the pages that this needs in memory.
    for question in questions:
        engine.ask(question)
    asked, encoded = [], []
    for question in questions:
        began = time.perf_counter()
        engine.ask(question)
        asked.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        engine.encoder.encode_queries([question])
        encoded.append((time.perf_counter() - began) * 1000)
    figures = {"opening s": opening, "MB when opened": opened_mb, "MB after asking": resident_mb()}
    figures |= {"peak MB": resident_mb("VmHWM"), "ask": summary(asked), "encode": summary(encoded)}
    return figures | {
        "recall@50": recall(LocalIndex.open(index_dir), encoder.encode_queries(questions[:RECALL_QUESTIONS]))
    }


def recall(reader: LocalIndex, vectors: Any) -> float:
    """Share of the 50 passages nearest by exact products, over all stored vectors, that the search finds."""
    best: list[list[tuple[float, int]]] = [[] for _ in vectors]
    for segment in reader.segments:
        rows, keys = segment.vectors()
        scores = vectors @ rows.T
        for n, row in enumerate(scores):
            top = np.argsort(-row)[:50]
            best[n] = sorted([*best[n], *zip(row[top].tolist(), keys[top].tolist(), strict=True)], reverse=True)[:50]
    shares = [
        len({key for _, key in true} & set(reader.search_passages(vector, 50)[0].tolist())) / max(1, len(true))
        for vector, true in zip(vectors, best, strict=True)
    ]
    return round(statistics.mean(shares), 4)


def add_one(source: Source, index_dir: Path, far: float) -> float:
    """Seconds to add one document, from taking the lock to the committed generation."""
    stored = changed(source.documents[0], source, far, np.random.default_rng(99), "9999/added", same=False)
    began = time.perf_counter()
    with SyntheticWriter(
        index_dir, encoder_fingerprint=source.encoder, dimension=source.dimension, splitting="synthetic"
    ) as writer:
        writer.commit([stored], changing=["9999/added"])
    return time.perf_counter() - began


def grow(options: argparse.Namespace, source: Source, size: int) -> dict[str, Any]:
    index_dir = options.work / f"synthetic-{size}"
    writing: float | str = "written before"
    if not (index_dir / "manifest.json").exists():
        began = time.perf_counter()
        shutil.rmtree(index_dir, ignore_errors=True)
        build(source, index_dir, size, options.far)
        writing = round(time.perf_counter() - began, 1)
    command = [sys.executable, __file__, *map(str, options.indexes), "--one", str(index_dir), "--questions"]
    done = subprocess.run(
        [*command, str(options.questions), "--work", str(options.work)], capture_output=True, text=True, check=True
    )
    figures = json.loads(done.stdout.splitlines()[-1])
    adding = [add_one(source, index_dir, options.far) for _ in range(1)]
    manifest = read_manifest(index_dir)
    how = manifest.approximation
    row = {"passages": manifest.passages, "sentences": sum(s.sentences for s in manifest.segments)}
    row |= {"search": "exact" if how is None else f"approximate, {how.probes} lists"}
    row |= {"p50 ms": figures["ask"]["p50"], "p95 ms": figures["ask"]["p95"], "encode p50 ms": figures["encode"]["p50"]}
    row |= {"recall@50": figures["recall@50"], "recall@50 at build": how.recall if how else 1.0}
    row |= {
        "opening s": round(figures["opening s"], 2),
        "MB": figures["MB after asking"],
        "peak MB": figures["peak MB"],
    }
    row |= {"adding one s": round(adding[0], 2), "writing s": writing, "segments": len(manifest.segments)}
    print(row, file=sys.stderr, flush=True)
    return row


def plot(rows: list[dict[str, Any]], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
    sizes = [row["passages"] for row in rows]
    for name in ("p50 ms", "p95 ms", "encode p50 ms"):
        left.plot(sizes, [row[name] for row in rows], marker="o", label=name)
    left.set(xscale="log", xlabel="passages", ylabel="milliseconds", title="One question", ylim=(0, None))
    left.legend()
    right.plot(sizes, [row["MB"] for row in rows], marker="o", color="tab:green")
    right.set(xscale="log", xlabel="passages", ylabel="MB", title="Resident memory", ylim=(0, None))
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("indexes", nargs="+", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="folder for the synthetic indexes: 6 GB for a million")
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--sizes", default="1000,10000,100000,1000000")
    parser.add_argument(
        "--far", type=float, default=0.8, help="how far copies are moved; chosen with the trend printed"
    )
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        questions = [judgment.question for judgment in some_of(read_judgments(options.questions), 300)]
        print(json.dumps(measure_open(options.one, questions)))
        return
    source = Source(options.indexes)
    rng = np.random.default_rng(1)
    rows = [grow(options, source, int(size)) for size in options.sizes.split(",")]
    wanted = rows[-1]["passages"]
    density = {
        "real passages": source.passages,
        "among them": neighbours(source.vectors, source.vectors[rng.permutation(source.passages)[:300]]),
        f"expected among {wanted:,}": real_trend(source, wanted, rng),
        "synthetic": synthetic_neighbours(source, wanted, options.far, rng),
    }
    notes = [
        "Median similarity of the 1st, 10th and 50th neighbour: "
        + "; ".join(f"{key}: {value}" for key, value in density.items() if isinstance(value, dict))
        + f" ({source.passages:,} passages are real, the others are changed copies).",
        "Each question was asked once before, without the reader.",
        "Recall@50 is that of the passage search for the questions asked, against exact products.",
        "![growth](growth.png)",
    ]
    plot(rows, RESULTS / "growth.png")
    facts = {"density": density, "far": options.far, "versions": versions(PACKAGES)}
    facts["settings"] = {k: v for k, v in dataclasses.asdict(Settings(reranker="off")).items() if k != "cache_dir"}
    write_report("growth", "Growth from 1,000 to 1,000,000 passages", rows, facts, notes)


if __name__ == "__main__":
    main()

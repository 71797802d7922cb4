"""What int8 changes: hit@1 with the int8 export and with the reference in PyTorch, on the same documents and questions.

    python benchmarks/int8.py FOLDER... [--documents N]

Each FOLDER holds ``corpus/`` and ``questions.jsonl``.  With --documents, N documents and their questions are used.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

from measuring import some_of, versions, write_report

from footnote.engine import Footnote
from footnote.evaluation import read_judgments, result_of, score
from footnote.records import Judgment
from footnote.settings import Settings

METRICS = ("hit@1", "hit@10", "nDCG@10", "answer containment")


def chosen(folder: Path, documents: int, work: Path) -> tuple[Path, list[Judgment]]:
    """The corpus to index and the questions whose gold lies in it."""
    judgments = [judgment for judgment in read_judgments(folder / "questions.jsonl") if judgment.gold]
    if not documents:
        return folder / "corpus", judgments
    corpus = work / folder.name
    for path in some_of(sorted({gold.document_id for judgment in judgments for gold in judgment.gold}), documents):
        (corpus / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / "corpus" / path, corpus / path)
    kept = {str(path.relative_to(corpus)) for path in corpus.rglob("*") if path.is_file()}
    return corpus, [j for j in judgments if {gold.document_id for gold in j.gold} <= kept]


def measure(corpus: Path, judgments: list[Judgment], backend: str, work: Path) -> dict[str, float | None]:
    settings = Settings(encoder_backend=backend, reranker="off")
    engine, _ = Footnote.build(corpus, work / f"{corpus.name}-{backend}", settings=settings)
    results = {judgment.id: result_of(judgment.id, engine.ask(judgment.question)) for judgment in judgments}
    return dict(score(judgments, results, lambda _: None))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--documents", type=int, default=0)
    parser.add_argument("--questions", type=int, default=0)
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for folder in options.folders:
        with tempfile.TemporaryDirectory() as name:
            corpus, judgments = chosen(folder, options.documents, Path(name))
            judgments = some_of(judgments, options.questions)
            found = {b: measure(corpus, judgments, b, Path(name) / f"index-{b}") for b in ("onnx", "torch")}
        row: dict[str, Any] = {"set": folder.name, "documents": len(list(corpus.rglob("*"))) or options.documents}
        row |= {"questions": len(judgments)}
        for metric in METRICS:
            ours, reference = found["onnx"][metric] or 0.0, found["torch"][metric] or 0.0
            row |= {f"{metric} int8": round(ours, 4), f"{metric} reference": round(reference, 4)}
        row["hit@1 change"] = round(row["hit@1 int8"] - row["hit@1 reference"], 4)
        rows.append(row)
        print(row, flush=True)
    notes = [
        "Without the rerankers. Everything but the encoder is the same; the reference is sentence-transformers in PyTorch."
    ]
    write_report("int8", "What int8 changes", rows, {"versions": versions(("footnote", "torch", "onnxruntime"))}, notes)


if __name__ == "__main__":
    main()

"""What each part of the ranking gives: hit@1 on other documents, with parts taken away or alone, as a Markdown table.

python training/ablation.py --eval ../shared/eval --work /tmp/footnote-fit --limit 800
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import fit_ranking
import numpy as np
from fit import Group
from fit_ranking import Example, fit_ranking_model, hits_at, passage_examples
from questions import open_set, sets_in

from footnote.ranking.features import names
from footnote.settings import Settings

NAMES = names("passage")
Keep = Callable[[str], bool]

WITHOUT: dict[str, Keep] = {
    "all parts": lambda _: True,
    "without sentence vectors": lambda name: not name.startswith(("sentence_similarity", "best_sentence")),
    "without passage vectors": lambda name: not name.startswith(("passage_similarity", "neighbour_similarity")),
    "without BM25 and coverage": lambda name: (
        not any(part in name for part in ("bm25", "coverage", "rarest", "proximity"))
    ),
    "without headings": lambda name: "heading" not in name,
    "without neighbours and whole documents": lambda name: not name.startswith(("neighbour", "document")),
    "without the kind of answer": lambda name: name != "asked_sentence",
    "without ranks within the candidates": lambda name: not name.endswith("_rank"),
    "without length and place": lambda name: name not in {"length", "ordinal"},
    "passage vectors alone": lambda name: name == "passage_similarity",
    "sentence vectors alone": lambda name: name == "sentence_similarity",
    "BM25 alone": lambda name: name == "passage_bm25",
}


def judged(examples: Sequence[Example], keep: Keep) -> dict[str, float]:
    """hit@1 of each set by models that were fitted on the other half of the documents of all sets."""
    columns = [n for n, name in enumerate(NAMES) if keep(name)]
    fit_ranking.FEATURES["passages"] = tuple(NAMES[n] for n in columns)
    cut = [replace(e, group=Group(e.group.features[:, columns], e.group.relevant)) for e in examples]
    figures = {}
    fitted = [fit_ranking_model("passages", [e for e in cut if e.fold != fold]) for fold in (0, 1)]
    for name in sorted({e.set_name for e in cut}):
        parts = [[e for e in cut if e.set_name == name and e.fold == fold] for fold in (0, 1)]
        hits = [
            hits_at(_named(model, columns), "passages", part)["@1"] for model, part in zip(fitted, parts, strict=True)
        ]
        figures[name] = float(np.average(hits, weights=[len(part) for part in parts]))
    return figures


def _named(model: dict[str, object], columns: Sequence[int]) -> dict[str, object]:
    return model | {"names": [NAMES[n] for n in columns]}


def main() -> None:
    """Measure the candidates' features once, then fit each row of the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eval", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="questions of each set, drawn by their ids")
    args = parser.parse_args()
    examples: list[Example] = []
    for folder in sets_in(args.eval):
        footnote, questions = open_set(folder, args.work, Settings(reranker="off"))
        questions = sorted(questions, key=lambda q: zlib.crc32(q.id.encode()))[: args.limit]
        examples += passage_examples(footnote, folder.name, questions)
        footnote.close()
    names = sorted({e.set_name for e in examples})
    print("| hit@1 | " + " | ".join(names) + " |")
    print("|---|" + "---|" * len(names))
    for title, keep in WITHOUT.items():
        figures = judged(examples, keep)
        print(f"| {title} | " + " | ".join(f"{figures[name]:.3f}" for name in names) + " |", flush=True)


if __name__ == "__main__":
    main()

"""Cut question sets into small corpora: what is rare among eight articles is common in a folder of two.

    python training/small_sets.py --eval ../shared/eval --out /tmp/footnote-fit/small

Each small set holds a few documents, the questions whose gold lies in them, as many questions about other documents (now without
an answer), and, where the set has them, questions written to look answerable.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
from pathlib import Path
from typing import Any

from questions import sets_in

DOCUMENTS = {"squad-dev": 1, "wikishift-dev": 2, "medquad-dev": 5, "feedbackqa-dev": 4, "own-dev": 40}
"""Documents in one small set, so that each has some dozens of passages."""
SETS = 6
"""Small sets made of one set, at most."""
QUESTIONS = 25
"""Questions of each kind in a small set, at most."""


def cut(folder: Path, out_dir: Path, documents: int) -> int:
    """Write the small sets of one set; returns how many."""
    rows = [json.loads(line) for line in (folder / "questions.jsonl").read_text("utf-8").splitlines()]
    draw = random.Random(folder.name)  # noqa: S311 - a reproducible sample, no secret
    names = sorted(path.name for path in (folder / "corpus").iterdir())
    draw.shuffle(names)
    groups = [names[n : n + documents] for n in range(0, len(names), documents)]
    groups = [g for g in groups if sum(_inside(row, g) for row in rows) >= min(documents * 2, 12)][:SETS]
    for number, group in enumerate(groups):
        target = out_dir / f"{folder.name}-{number:02}"
        (target / "corpus").mkdir(parents=True, exist_ok=True)
        for name in group:
            shutil.copy(folder / "corpus" / name, target / "corpus" / name)
        inside = [row for row in rows if _inside(row, group)]
        outside = [row for row in rows if row["gold"] and not any(g["doc"] in group for g in row["gold"])]
        hard = [row for row in rows if not row["gold"] and _written_for(row, inside)]
        kept = draw.sample(inside, min(QUESTIONS, len(inside)))
        for pool in (outside, hard):
            sample = draw.sample(pool, min(len(kept), len(pool)))
            kept = kept + [{**row, "kind": "unanswerable", "gold": []} for row in sample]
        text = "".join(json.dumps(row) + "\n" for row in kept)
        (target / "questions.jsonl").write_text(text, "utf-8")
    return len(groups)


def _written_for(row: dict[str, Any], inside: list[dict[str, Any]]) -> bool:
    """Whether an unanswerable question was written for these documents, where its id tells; else that may be."""
    stems = {each["id"].rsplit("-", 1)[0] for each in inside}
    return not row["id"].startswith("own-") or row["id"].rsplit("-", 1)[0] in stems


def _inside(row: dict[str, Any], group: list[str]) -> bool:
    return bool(row["gold"]) and all(g["doc"] in group for g in row["gold"])


def main() -> None:
    """Cut every set that has a size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eval", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    for folder in sets_in(args.eval):
        if folder.name in DOCUMENTS:
            print(folder.name, cut(folder, args.out, DOCUMENTS[folder.name]))


if __name__ == "__main__":
    main()

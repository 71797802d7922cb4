"""Fits the choice of words that a follow-up stands on, judges it on conversations left out, and writes both down.

    python training/fit_followups.py --data DIR [--vectors]

DIR holds ``followups.jsonl``.  Rows are split five ways by article, so that no article is both learned from and judged on.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from followup_measures import (
    Retrieve,
    Row,
    agreement,
    counted_words,
    passages_of,
    read_rows,
    vector_retrieval,
    word_measures,
    word_retrieval,
)
from sklearn.linear_model import LogisticRegression

from footnote.conversation import understand
from footnote.conversation.candidates import phrases, read_turns
from footnote.conversation.cues import read_cues
from footnote.conversation.phrase_features import FEATURES, Frequencies, describe
from footnote.ranking.model import LinearModel
from footnote.records import Turn
from footnote.terms import analyse

FOLDS = 5
STRENGTH = 0.001
"""Inverse of the penalty; half of it, three and ten times it gave no more out of fold."""
GAIN = 0.6
"""What a phrase gains in agreement counts beside the share of its words that the rewrite has."""
STAKES = 8.0
"""A phrase that moves agreement much, either way, weighs up to this many times more beside the 1 of every phrase."""
LEAST_SCALE = 0.15
"""A column that is nearly always 0 must not turn a rare 1 into a huge number."""
OUT = Path(__file__).parent.parent / "src/footnote/conversation/fitted.json"

Block = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]
"""Features of phrases (n, f), how right it is to add each (n,), and the weight of each (n,)."""
Fitted = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with followups.jsonl")
    parser.add_argument(
        "--vectors", action="store_true", help="measure agreement by the packaged encoder too (minutes)"
    )
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    rows = read_rows(options.data / "followups.jsonl")
    frequencies = _frequencies(passages_of(rows))
    retrieve = word_retrieval(passages_of(rows))
    cased = [_block(row, row, frequencies, retrieve) for row in rows]
    plain = [_block(_small(row), row, frequencies, retrieve) for row in rows]
    report = judge(rows, cased, plain, frequencies, retrieve, with_vectors=options.vectors)
    fitted = {
        "made": "python training/fit_followups.py --data followups-dev" + (" --vectors" if options.vectors else ""),
        "rows": len(rows),
        "report": report,
        **fit(cased, plain),
    }
    # One line an entry: lists of numbers are not read by people.
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in fitted.items()]
    options.out.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    print(json.dumps(report, indent=1))


def fit(cased: Sequence[Block], plain: Sequence[Block]) -> dict[str, Fitted]:
    """Both models as JSON: "plain" for conversations without capitals."""
    return {"cased": _fit_one(cased), "plain": _fit_one(plain)}


def judge(
    rows: Sequence[Row],
    cased: Sequence[Block],
    plain: Sequence[Block],
    frequencies: Frequencies,
    retrieve: Retrieve,
    *,
    with_vectors: bool,
) -> dict[str, dict[str, float]]:
    """Figures of rows whose article the models did not see, beside the floor and the whole history."""
    folds = [zlib.crc32(row.group.encode()) % FOLDS for row in rows]
    ways: dict[str, dict[int, str]] = {}
    for fold in range(FOLDS):
        kept = [i for i, f in enumerate(folds) if f != fold]
        models = {
            k: LinearModel.from_json(v, FEATURES)
            for k, v in fit([cased[i] for i in kept], [plain[i] for i in kept]).items()
        }
        for i in (i for i, f in enumerate(folds) if f == fold):
            row, small = rows[i], _small(rows[i])
            known = {"models": models, "frequencies": frequencies}
            for name, text in (
                ("out of fold", understand(row.question, row.history, **known).question),
                ("without frequencies", understand(row.question, row.history, models=models).question),
                ("lower case", understand(small.question, small.history, **known).question),
            ):
                ways.setdefault(name, {})[i] = text
    texts = {name: [by_row[i] for i in range(len(rows))] for name, by_row in ways.items()}
    texts["question alone"] = [row.question for row in rows]
    texts["whole history"] = [" ".join([*(t for pair in row.history for t in pair), row.question]) for row in rows]
    report = {name: word_measures(rows, made) for name, made in texts.items()}
    for name, made in texts.items():
        report[name]["agreement_words"] = agreement(rows, made, retrieve)
    if with_vectors:
        by_vectors = _vectors(passages_of(rows))
        for name, made in texts.items():
            report[name]["agreement_vectors"] = agreement(rows, made, by_vectors)
    return report


def _vectors(passages: Sequence[str]) -> Any:
    from footnote.encoding import load_encoder
    from footnote.settings import Settings

    encoder = load_encoder(Settings())
    known: dict[str, npt.NDArray[np.float32]] = {}

    def encode(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        new = list(dict.fromkeys(t for t in texts if t not in known))
        known.update(zip(new, encoder.encode_queries(new) if new else [], strict=True))
        return np.stack([known[t] for t in texts])

    return vector_retrieval(passages, encode)


def _small(row: Row) -> Row:
    """A row as people type it who use no capitals."""
    return replace(
        row, question=row.question.lower(), history=tuple(Turn(q.lower(), a.lower()) for q, a in row.history)
    )


def _frequencies(passages: Sequence[str]) -> Frequencies:
    held = Counter(stem for passage in passages for stem in set(analyse(passage)))

    def look_up(stems: Sequence[str]) -> tuple[Sequence[int], int]:
        return [held[stem] for stem in stems], len(passages)

    return look_up


def _block(row: Row, meant: Row, frequencies: Frequencies, retrieve: Retrieve) -> Block:
    """Features of a row's phrases, and for each how right it is to add it, between 0 and 1, and its weight."""
    cues = read_cues(row.question)
    if not cues.leans:
        return np.zeros((0, len(FEATURES))), np.zeros(0), np.zeros(0)
    turns = read_turns(row.history)
    found = phrases(turns)
    own = set(counted_words(row.question))
    wanted = set(counted_words(meant.rewrite)) - own
    new = [[w for w in phrase.words if w not in own] for phrase in found]
    kept = np.array([bool(n) for n in new], dtype=bool)
    shares = np.array([sum(w in wanted for w in n) / len(n) for n in new if n])
    texts = [f"{row.question} {phrase.text}" for phrase, n in zip(found, new, strict=True) if n]
    best, alone, *hits = (set(h) for h in retrieve([meant.rewrite, row.question, *texts]))
    gains = np.array([(len(h & best) - len(alone & best)) / max(1, len(best)) for h in hits])
    right = np.clip(shares + GAIN * gains, 0.0, 1.0)
    return describe(cues, turns, found, frequencies)[kept], right, 1 + STAKES * np.abs(gains)


def _fit_one(blocks: Sequence[Block]) -> Fitted:
    features, shares, stakes = (np.concatenate(columns) for columns in zip(*blocks, strict=True))
    mean = features.mean(axis=0)
    scale = np.maximum(features.std(axis=0), LEAST_SCALE)
    standard = (features - mean) / scale
    # A share of the words is that much of a yes and the rest of a no.
    model = LogisticRegression(C=STRENGTH, max_iter=500)
    model.fit(
        np.concatenate([standard, standard]),
        np.concatenate([np.ones(len(shares)), np.zeros(len(shares))]),
        sample_weight=np.concatenate([shares * stakes, (1 - shares) * stakes]),
    )
    return {
        "names": list(FEATURES),
        "mean": [round(float(v), 6) for v in mean],
        "scale": [round(float(v), 6) for v in scale],
        "weights": [round(float(v), 6) for v in model.coef_[0]],
        "bias": round(float(model.intercept_[0]), 6),
    }


if __name__ == "__main__":
    main()

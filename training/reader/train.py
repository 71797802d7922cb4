"""Trains the reader: ``python train.py --data FOLDER --model FOLDER --out FOLDER``; run again, it goes on where it was.

FOLDER of ``--data`` holds rows and passages (see ``rows.py``); that of ``--model`` is the packaged sentence-transformers model.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from network import Batch, Inputs, Reader
from rows import Pair, Rows, Sampler
from torch.nn import functional

GROUPS = 16
LEARNING_RATE = 2.0e-4
WARM_UP = 0.05
ROOMS = (112, 112, 144, 208)
TITLE_SHARE = 0.7
# Rows are sorted by length within so many batches: little padding, and still mixed.
SORTED_BATCHES = 24


def main() -> None:
    """Reads the options and trains."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--minutes", type=float, default=150, help="of computing; the schedule ends after these or after all rows"
    )
    parser.add_argument("--begin", type=Path, help="a finished run's reader.pt, to go on from its weights")
    parser.add_argument("--rate", type=float, default=LEARNING_RATE, help="highest learning rate")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--report-every", type=int, default=4_000, help="rows between two looks at the held-back documents"
    )
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    _Training(options).run()


class _Training:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        tokenizer = options.model / "tokenizer.json"
        self.sampler = Sampler(Rows.read(options.data, dev=False), options.seed)
        self.rows = self.sampler.rows[: options.rows]
        self.inputs = Inputs(tokenizer, options.seed)
        self.reader = Reader(options.model)
        if options.begin is not None:
            self.reader.load_state_dict(torch.load(options.begin)["reader"])
        self.optimizer = torch.optim.AdamW(
            [parameter for parameter in self.reader.parameters() if parameter.requires_grad],
            lr=options.rate,
            weight_decay=0.01,
            betas=(0.9, 0.98),
        )
        self.dev = _dev_groups(options.data, options.seed)
        self.dev_inputs = Inputs(tokenizer, options.seed)
        self.batch_number = 0
        self.spent = 0.0
        self.seen = 0
        self._resume()

    def run(self) -> None:
        batches = itertools.islice(self._batches(), self.batch_number, None)
        began, spent_before = self._clock(), self.spent
        next_report = self.seen + self.options.report_every
        losses: list[float] = []
        if self.seen == 0:
            self._report(0.0)
        for groups in batches:
            self.spent = spent_before + self._clock() - began
            done = max(self.seen / len(self.rows), self.spent / 60 / self.options.minutes)
            if done >= 1:
                break
            losses.append(self._step(groups, done))
            self.seen += len(groups)
            self.batch_number += 1
            if self.seen >= next_report:
                next_report += self.options.report_every
                self._report(sum(losses) / len(losses))
                losses.clear()
                self._save("checkpoint.pt")
        self._report(sum(losses) / max(1, len(losses)))
        self._save("reader.pt")

    def _clock(self) -> float:
        """Seconds of computing with all threads: what else the machine does meanwhile does not shorten the schedule."""
        return time.process_time() / self.options.threads

    def _batches(self) -> Iterator[list[tuple[list[Pair], int]]]:
        """Batches of (group, tokens a pair may have); always the same ones, so that a run can go on."""
        chooser = random.Random(self.options.seed)  # noqa: S311
        size = GROUPS * SORTED_BATCHES
        for start in range(0, len(self.rows), size):
            groups = [(self.sampler.group(row), chooser.choice(ROOMS)) for row in self.rows[start : start + size]]
            groups.sort(key=_length)
            batches = [groups[place : place + GROUPS] for place in range(0, len(groups), GROUPS)]
            chooser.shuffle(batches)
            yield from batches

    def _step(self, groups: Sequence[tuple[list[Pair], int]], done: float) -> float:
        rate = self.options.rate * min(1.0, done / WARM_UP) * min(1.0, (1 - done) / (1 - WARM_UP))
        for settings in self.optimizer.param_groups:
            settings["lr"] = max(rate, 1e-6)
        batch = self.inputs.batch([group for group, _ in groups], [room for _, room in groups], title_share=TITLE_SHARE)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores, spans = self.reader(batch.ids, batch.types, batch.mask)
        loss = _loss(scores.float(), spans.float(), batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.reader.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return float(loss.detach())

    def _report(self, loss: float) -> None:
        figures = {"rows": self.seen, "minutes": round(self.spent / 60, 1), "loss": round(loss, 4)}
        figures |= evaluate(self.reader, self.dev_inputs, self.dev)
        line = json.dumps(figures)
        print(line, flush=True)
        with (self.options.out / "curve.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def _save(self, name: str) -> None:
        state = {
            "reader": self.reader.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "batch_number": self.batch_number,
            "seen": self.seen,
            "spent": self.spent,
        }
        partial = self.options.out / f"{name}.partial"
        torch.save(state, partial)
        partial.replace(self.options.out / name)

    def _resume(self) -> None:
        path = self.options.out / "checkpoint.pt"
        if path.exists():
            state = torch.load(path)
            self.reader.load_state_dict(state["reader"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.batch_number, self.seen, self.spent = state["batch_number"], state["seen"], state["spent"]


def _length(item: tuple[list[Pair], int]) -> int:
    group, room = item
    # About four characters a token.
    return max(min(room, (len(pair.question) + len(pair.text)) // 4) for pair in group)


def _loss(scores: torch.Tensor, spans: torch.Tensor, batch: Batch) -> torch.Tensor:
    loss = functional.binary_cross_entropy_with_logits(scores, batch.labels)
    # Within a question the passage that answers comes before the others.
    rivals = batch.groups.unsqueeze(0) == batch.groups.unsqueeze(1)
    first = (batch.labels > 0) & (batch.groups >= 0)
    if first.any():
        against = scores.expand(len(scores), -1)
        ranked = against.masked_fill(~rivals, -1e4).log_softmax(-1).diagonal()
        loss = loss - 0.5 * ranked[first].mean()
    known = batch.starts >= 0
    for place, targets in ((0, batch.starts), (1, batch.ends)):
        logits = spans[..., place].masked_fill(~batch.allowed, -1e4)
        loss = loss + 0.5 * functional.cross_entropy(logits[known], targets[known])
    return loss


@torch.no_grad()
def evaluate(reader: Reader, inputs: Inputs, groups: Sequence[Sequence[Pair]]) -> dict[str, Any]:
    """AUROC of the score, hit@1 in the groups, and how often the best span touches an answer."""
    reader.eval()
    scores: list[float] = []
    labels: list[float] = []
    margins: list[float] = []
    hits = spans_right = spans_known = whole = 0
    for start in range(0, len(groups), GROUPS):
        part = groups[start : start + GROUPS]
        batch = inputs.batch(part, [208] * len(part), title_share=1.0)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            each, spans = reader(batch.ids, batch.types, batch.mask)
        each, spans = each.float(), spans.float().masked_fill(~batch.allowed.unsqueeze(-1), -1e4)
        scores += each.tolist()
        labels += batch.labels.tolist()
        nulls = spans[:, 0].sum(-1)
        best_starts, best_ends = spans[:, 1:, 0].argmax(-1) + 1, spans[:, 1:, 1].argmax(-1) + 1
        margins += (spans[:, 1:].amax(1).sum(-1) - nulls).tolist()
        known = batch.starts > 0
        spans_known += int(known.sum())
        overlap = (best_starts <= batch.ends) & (best_ends >= batch.starts) & known
        spans_right += int(overlap.sum())
        for number, group in enumerate(part):
            rows = (batch.groups == number).nonzero().flatten()
            if group[0].answerable and len(rows) > 1:
                whole += 1
                hits += int(each[rows].argmax() == 0)
    reader.train()
    return {
        "auroc": _auroc(scores, labels),
        "auroc_margin": _auroc(margins, labels),
        "hit1": round(hits / max(1, whole), 4),
        "span": round(spans_right / max(1, spans_known), 4),
    }


def _auroc(scores: Sequence[float], labels: Sequence[float]) -> float:
    right = torch.tensor([score for score, label in zip(scores, labels, strict=True) if label])
    wrong = torch.tensor([score for score, label in zip(scores, labels, strict=True) if not label])
    return round(float((right.unsqueeze(1) > wrong.unsqueeze(0)).float().mean()), 4)


def _dev_groups(folder: Path, seed: int) -> list[list[Pair]]:
    data = Rows.read(folder, dev=True)
    sampler = Sampler(data, seed)
    return [sampler.group(row) for row in sampler.rows[:400]]


if __name__ == "__main__":
    main()

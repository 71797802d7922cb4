"""Trains a reranker: ``python train.py --data FOLDER --model FOLDER --out FOLDER``; run again, it goes on where it was.

FOLDER of ``--data`` holds rows and passages (see ``rows.py``); that of ``--model`` is a sentence-transformers model: the packaged
MiniLM for the small reranker, MPNet base for the large one.  ``--judge`` names pairs of other documents, one JSON object a line
with question, title, text, answerable and an id that ends with its style, for the curve.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from network import Batch, Inputs, Network, load_weights, pack_weights
from rows import Group, Pair, Rows
from torch.nn import functional

LARGEST_ROOM = 176
TITLE_SHARE = 0.85
WARM_UP_PAIRS = 1_500
SORTED_PAIRS = 1_200
"""Groups of so many pairs are sorted by length before they are cut into batches: little padding, and still mixed."""
SPAN_WEIGHT = 0.3
GROUP_WEIGHT = 0.5


def main() -> None:
    """Reads the options and trains."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--judge", type=Path, help="pairs of other documents, as JSON Lines")
    parser.add_argument("--judged", type=int, default=500, help="how many of them")
    parser.add_argument("--minutes", type=float, default=100, help="the schedule ends after these or after all groups")
    parser.add_argument("--begin", type=Path, help="weights to go on from")
    parser.add_argument("--rate", type=float, required=True, help="highest learning rate")
    parser.add_argument("--own", type=int, default=10_000, help="passages with all their questions, at most")
    parser.add_argument("--sentences", type=int, default=3_000, help="passages cut into sentences, at most")
    parser.add_argument("--sisters", type=int, default=6_600)
    parser.add_argument("--single", type=int, default=3_000)
    parser.add_argument("--batch", type=int, default=24, help="pairs a step, about")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--report-every", type=int, default=8_000, help="pairs between two points of the curve")
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    _Training(options).run()


class _Training:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        rows = Rows(options.data, options.seed)
        self.plan = list(rows.plan(options.own, options.sentences, options.sisters, options.single))
        self.pairs = sum(len(group) for group in self.plan)
        self.inputs = Inputs(options.model, options.seed)
        self.network = Network(options.model)
        if options.begin is not None:
            load_weights(self.network, options.begin)
        self.optimizer = torch.optim.AdamW(
            [each for each in self.network.parameters() if each.requires_grad],
            lr=options.rate,
            weight_decay=0.01,
            betas=(0.9, 0.98),
            fused=True,
        )
        self.judge = read_judge(options.judge, options.judged) if options.judge else []
        self.seen, self.steps, self.spent = 0, 0, 0.0
        self._resume()

    def run(self) -> None:
        began, before = time.monotonic(), self.spent
        next_report = self.seen + self.options.report_every
        losses: list[float] = []
        print(json.dumps({"groups": len(self.plan), "pairs": self.pairs}), flush=True)
        for groups in itertools.islice(self._batches(), self.steps, None):
            self.spent = before + time.monotonic() - began
            done = max(self.seen / self.pairs, self.spent / 60 / self.options.minutes)
            if done >= 1:
                break
            losses.append(self._step(groups, done))
            self.seen += sum(len(group) for group in groups)
            self.steps += 1
            if self.seen >= next_report:
                next_report += self.options.report_every
                self._report(losses)
                losses = []
                self._save()
        self._report(losses)
        self._save()
        torch.save(pack_weights(self.network), self.options.out / "weights.pt")

    def _batches(self) -> Iterator[list[Group]]:
        """Batches of groups of like length; always the same ones, so that a run can go on."""
        chooser = random.Random(self.options.seed)  # noqa: S311
        for stretch in _stretches(self.plan, SORTED_PAIRS):
            batches = list(_stretches(sorted(stretch, key=_length), self.options.batch))
            chooser.shuffle(batches)
            yield from batches

    def _step(self, groups: Sequence[Group], done: float) -> float:
        rate = self.options.rate * min(1.0, (self.seen + 24) / WARM_UP_PAIRS) * max(0.01, 1 - done)
        for settings in self.optimizer.param_groups:
            settings["lr"] = rate
        batch = self.inputs.batch(groups, LARGEST_ROOM, title_share=TITLE_SHARE)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores, spans = self.network(batch.ids, batch.types, batch.mask)
        loss = _loss(scores.float(), spans.float(), batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return float(loss.detach())

    def _report(self, losses: Sequence[float]) -> None:
        figures: dict[str, float] = {"pairs": self.seen, "minutes": round(self.spent / 60, 1)}
        if losses:
            figures["loss"] = round(sum(losses) / len(losses), 4)
        if self.judge:
            figures |= self._judged()
        line = json.dumps(figures)
        print(line, flush=True)
        with (self.options.out / "curve.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    @torch.inference_mode()
    def _judged(self) -> dict[str, float]:
        """AUROC of answering pairs against the others, by style: each against all that do not answer, "it" against "itno"."""
        scores: dict[str, list[float]] = defaultdict(list)
        ordered = sorted(self.judge, key=lambda item: len(item[1].text))
        for start in range(0, len(ordered), 24):
            part = ordered[start : start + 24]
            batch = self.inputs.batch([[pair] for _, pair in part], LARGEST_ROOM + 16, title_share=1.0)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                found, _ = self.network(batch.ids, batch.types, batch.mask)
            for (style, pair), score in zip(part, found.float().tolist(), strict=True):
                for name in (style, "answers" if pair.answerable else "others"):
                    scores[name].append(score)
        against = {"answers": "others", "lay": "others", "lay2": "others", "story": "others", "it": "itno"}
        return {
            name: _auroc(scores[name], scores[other])
            for name, other in against.items()
            if scores[name] and scores[other]
        }

    def _save(self) -> None:
        state = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": (self.seen, self.steps, self.spent),
        }
        partial = self.options.out / "checkpoint.partial"
        torch.save(state, partial)
        partial.replace(self.options.out / "checkpoint.pt")

    def _resume(self) -> None:
        path = self.options.out / "checkpoint.pt"
        if path.exists():
            state = torch.load(path)
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.seen, self.steps, self.spent = state["progress"]


def _loss(scores: torch.Tensor, spans: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Cross-entropy of each score, of each answering pair against its group's others, and of the answer's two ends."""
    loss = functional.binary_cross_entropy_with_logits(scores, batch.labels)
    rivals = (batch.groups[:, None] == batch.groups[None, :]) & (batch.labels[None, :] < 0.5)
    contested = (batch.labels > 0.5) & rivals.any(dim=1)
    if contested.any():
        other = scores.expand(len(scores), -1).masked_fill(~rivals, -1e4)
        against = torch.logsumexp(torch.cat([other, scores[:, None]], dim=1), dim=1) - scores
        loss = loss + GROUP_WEIGHT * against[contested].mean()
    known = batch.places[:, 0] >= 0
    if known.any():
        for end in (0, 1):
            logits = spans[..., end].masked_fill(~batch.allowed, -1e4)
            loss = loss + SPAN_WEIGHT * functional.cross_entropy(logits[known], batch.places[known, end])
    return loss


def _stretches(groups: Sequence[Group], pairs: int) -> Iterator[list[Group]]:
    """Consecutive groups of so many pairs in all, or a few more."""
    stretch: list[Group] = []
    held = 0
    for group in groups:
        stretch.append(group)
        held += len(group)
        if held >= pairs:
            yield stretch
            stretch, held = [], 0
    if stretch:
        yield stretch


def _length(group: Group) -> int:
    return max(len(pair.text) for pair in group)


def read_judge(path: Path, count: int) -> list[tuple[str, Pair]]:
    """So many pairs of a file, drawn, each with its style."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    random.Random(1).shuffle(rows)  # noqa: S311
    return [
        (row["id"].rsplit("-", 1)[1], Pair(row["question"], row["title"], row["text"], row["answerable"]))
        for row in rows[:count]
    ]


def _auroc(high: Sequence[float], low: Sequence[float]) -> float:
    one, other = np.asarray(high)[:, np.newaxis], np.asarray(low)[np.newaxis]
    return round(float((one > other).mean() + 0.5 * (one == other).mean()), 4)


if __name__ == "__main__":
    main()

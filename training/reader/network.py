"""The reader: the packaged encoder's layers over question and passage together, with a head for the score and two for the span."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from rows import Pair
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoModel

__all__ = ["Batch", "Inputs", "Reader"]

MAX_QUESTION = 48


class Reader(nn.Module):
    """Scores and spans of (question, passage) pairs."""

    def __init__(self, model_folder: Path, attention: str = "sdpa") -> None:
        super().__init__()
        self.transformer = AutoModel.from_pretrained(
            model_folder,
            add_pooling_layer=False,
            attn_implementation=attention,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        # A table of 30,000 words gains little from one pass over the rows, and costs a third of a step.
        self.transformer.embeddings.word_embeddings.weight.requires_grad_(requires_grad=False)
        width = self.transformer.config.hidden_size
        self.dense = nn.Linear(width, width)
        self.score = nn.Linear(width, 1)
        self.span = nn.Linear(width, 2)

    def forward(
        self, input_ids: torch.Tensor, token_type_ids: torch.Tensor, attention_mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores, shape (pairs,), and start and end logits, shape (pairs, tokens, 2)."""
        states = self.transformer(
            input_ids=input_ids, token_type_ids=token_type_ids, attention_mask=attention_mask
        ).last_hidden_state
        scores = self.score(torch.tanh(self.dense(states[:, 0]))).squeeze(-1)
        return scores, self.span(states)


@dataclass(frozen=True)
class Batch:
    """Padded pairs; ``starts`` and ``ends`` are 0 (the first token) where nothing answers and -1 where no span is known."""

    ids: torch.Tensor
    types: torch.Tensor
    mask: torch.Tensor
    labels: torch.Tensor
    starts: torch.Tensor
    ends: torch.Tensor
    groups: torch.Tensor
    allowed: torch.Tensor


class Inputs:
    """Turns pairs into token ids: first token, question, separator, title and window of the passage, separator."""

    def __init__(self, tokenizer_path: Path, seed: int) -> None:
        self._tokenizer = Tokenizer.from_file(str(tokenizer_path))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._first = self._tokenizer.token_to_id("[CLS]")
        self.separator = self._tokenizer.token_to_id("[SEP]")
        self._random = random.Random(seed)  # noqa: S311

    def pair(self, pair: Pair, room: int, *, title_share: float = 1.0) -> tuple[list[int], int, int, int, int]:
        """Ids, where the second part begins, where the passage begins, and first and last token of an answer (or 0, or -1)."""
        question = self._tokenizer.encode(pair.question, add_special_tokens=False).ids[:MAX_QUESTION]
        head = [self._first, *question, self.separator]
        title: list[int] = []
        if pair.title and self._random.random() < title_share:
            title = self._tokenizer.encode(pair.title + ".", add_special_tokens=False).ids[:24]
        encoded = self._tokenizer.encode(pair.text, add_special_tokens=False)
        answer = self._answer(encoded.offsets, pair)
        start, end = self._window(len(encoded.ids), answer, room - len(head) - len(title) - 1)
        passage = len(head) + len(title)
        ids = [*head, *title, *encoded.ids[start:end], self.separator]
        if answer is not None:
            # An answer longer than the window counts as far as it goes.
            first, last = max(answer[0], start), min(answer[1], end - 1)
            return ids, len(head), passage, first - start + passage, last - start + passage
        unknown = -1 if pair.answerable else 0
        return ids, len(head), passage, unknown, unknown

    def batch(self, groups: Sequence[Sequence[Pair]], rooms: Sequence[int], *, title_share: float) -> Batch:
        """All pairs of some groups; ``groups`` numbers the group of each pair, -1 where its question is another."""
        made, labels, numbers = [], [], []
        for number, (group, room) in enumerate(zip(groups, rooms, strict=True)):
            for pair in group:
                made.append(self.pair(pair, room, title_share=title_share))
                labels.append(float(pair.answerable))
                numbers.append(number if pair.question == group[0].question and group[0].answerable else -1)
        width = max(len(each[0]) for each in made)
        ids = torch.zeros((len(made), width), dtype=torch.long)
        types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
        allowed = torch.zeros_like(ids, dtype=torch.bool)
        for row, (tokens, second, passage, _, _) in enumerate(made):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            types[row, second : len(tokens)] = 1
            mask[row, : len(tokens)] = 1
            allowed[row, passage : len(tokens) - 1] = True
            allowed[row, 0] = True
        starts, ends = (torch.tensor([each[place] for each in made]) for place in (3, 4))
        return Batch(ids, types, mask, torch.tensor(labels), starts, ends, torch.tensor(numbers), allowed)

    def _answer(self, offsets: Sequence[tuple[int, int]], pair: Pair) -> tuple[int, int] | None:
        if not pair.answers:
            return None
        first, last = self._random.choice(pair.answers)
        inside = [place for place, (start, end) in enumerate(offsets) if start < last and end > first]
        return (inside[0], inside[-1]) if inside else None

    def _window(self, length: int, answer: tuple[int, int] | None, room: int) -> tuple[int, int]:
        """A stretch of tokens that holds the whole answer, or as much of it as fits."""
        if length <= room:
            return 0, length
        low, high = 0, length - room
        if answer is not None:
            low, high = max(0, min(answer[1] + 1 - room, answer[0])), min(high, answer[0])
        # Half of the passages begin where they begin: so they do when the reader is used.
        start = low if low == 0 and self._random.random() < 0.5 else self._random.randint(low, max(low, high))
        return start, start + room

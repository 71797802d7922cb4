"""A cross-encoder over question and passage together: a score for "this passage answers", and the answer's first and last token.

One class for both sizes: MiniLM (a BERT) and MPNet.  MPNet's attention is run by PyTorch's fused product, and its biases of relative
place stay as they were trained, which takes a fifth off a step.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rows import Group, Pair
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel

__all__ = ["Batch", "Inputs", "Network", "load_weights", "pack_weights"]

MAX_QUESTION = 48
MAX_TITLE = 24
_TABLE = "transformer.embeddings.word_embeddings.weight"


class Network(nn.Module):
    """Scores and spans of (question, passage) pairs.

    Args:
        folder: a transformer with its configuration, as sentence-transformers saves it.
        exporting: keep to plain operators that an export can follow.
    """

    def __init__(self, folder: Path, *, exporting: bool = False) -> None:
        super().__init__()
        self.is_mpnet = AutoConfig.from_pretrained(folder).model_type == "mpnet"
        self.transformer = AutoModel.from_pretrained(
            folder,
            add_pooling_layer=False,
            attn_implementation="eager" if exporting or self.is_mpnet else "sdpa",
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        # A table of 30,000 words gains little from one pass over the rows, and costs a third of a step.
        self.transformer.embeddings.word_embeddings.weight.requires_grad_(requires_grad=False)
        if self.is_mpnet:
            self.transformer.encoder.relative_attention_bias.weight.requires_grad_(requires_grad=False)
            if not exporting:
                for layer in self.transformer.encoder.layer:
                    layer.attention.attn.forward = _fused_attention(layer.attention.attn)
        width = self.transformer.config.hidden_size
        self.dense = nn.Linear(width, width)
        self.score = nn.Linear(width, 1)
        self.span = nn.Linear(width, 2)

    def forward(self, ids: torch.Tensor, types: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores, shape (pairs,), and start and end logits, shape (pairs, tokens, 2)."""
        more = {} if self.is_mpnet else {"token_type_ids": types}
        return self.heads(self.transformer(input_ids=ids, attention_mask=mask, **more).last_hidden_state)

    def heads(self, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores and logits from the last layer's states, shape (pairs, tokens, width)."""
        return self.score(torch.tanh(self.dense(states[:, 0]))).squeeze(-1), self.span(states)


def _fused_attention(attention: Any) -> Any:
    """``attention.forward`` by PyTorch's fused product."""

    def forward(
        hidden_states: torch.Tensor, attention_mask: torch.Tensor | None, position_bias: torch.Tensor, **_: Any
    ) -> tuple[torch.Tensor]:
        rows, tokens, _width = hidden_states.shape
        q, k, v = (
            layer(hidden_states).view(rows, tokens, -1, attention.attention_head_size).transpose(1, 2)
            for layer in (attention.q, attention.k, attention.v)
        )
        # Nothing is masked where no pair of the batch is padded.
        bias = position_bias if attention_mask is None else position_bias + attention_mask
        bias = bias.to(q.dtype).expand(rows, -1, -1, -1)
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return (attention.o(mixed.transpose(1, 2).reshape(rows, tokens, -1)),)

    return forward


def load_weights(network: Network, path: Path) -> None:
    """Weights of a file into a network; a table of words that the file leaves out stays the public model's.

    The file holds ``{"reader": state}``, and under "int8" matrices as (rows of int8, scale of each row).
    """
    saved = torch.load(path, map_location="cpu")
    state = {name: value.float() for name, value in saved["reader"].items()}
    state |= {name: rows.float() * scale.float() for name, (rows, scale) in saved.get("int8", {}).items()}
    missing, extra = network.load_state_dict(state, strict=False)
    if extra or any(name != _TABLE for name in missing):
        raise ValueError(f"{path}: missing {missing}, unknown {extra}")


def pack_weights(network: Network) -> dict[str, Any]:
    """A network's weights with matrices as rows of int8, without the table of words: a quarter of the bytes."""
    packed: dict[str, Any] = {"int8": {}, "reader": {}}
    for name, value in network.state_dict().items():
        if name == _TABLE or "position_ids" in name:
            continue
        if value.ndim == 2 and value.numel() > 100_000:
            scale = value.abs().amax(dim=1, keepdim=True).clamp_min(1e-8) / 127
            packed["int8"][name] = ((value / scale).round().to(torch.int8), scale.half())
        else:
            packed["reader"][name] = value.half()
    return packed


@dataclass(frozen=True)
class Batch:
    """Padded pairs; ``places`` (pairs, 2) are 0 (the first token) where nothing answers and -1 where no span is known."""

    ids: torch.Tensor
    types: torch.Tensor
    mask: torch.Tensor
    allowed: torch.Tensor
    places: torch.Tensor
    labels: torch.Tensor
    groups: torch.Tensor


@dataclass(frozen=True)
class _Encoded:
    ids: list[int]
    second: int
    passage: int
    place: tuple[int, int]


class Inputs:
    """Turns pairs into token ids: mark, question, mark, title and a window of the passage, mark; MPNet has two marks between."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.is_mpnet = self.tokenizer.token_to_id("<s>") is not None and self.tokenizer.token_to_id("[CLS]") is None
        marks = ("<s>", "</s>", "<pad>") if self.is_mpnet else ("[CLS]", "[SEP]", "[PAD]")
        self.first, self.separator, self.padding = (self.tokenizer.token_to_id(mark) for mark in marks)
        self._random = random.Random(seed)  # noqa: S311

    def tokens(self, text: str) -> list[int]:
        """Token ids without marks."""
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def encode(self, pair: Pair, room: int, *, title_share: float = 1.0) -> _Encoded:
        """One pair in at most ``room`` tokens; the title stands in so many of them."""
        head = [self.first, *self.tokens(pair.question)[:MAX_QUESTION], *[self.separator] * (1 + self.is_mpnet)]
        second = len(head)
        if pair.title and self._random.random() < title_share:
            head += self.tokens(pair.title.rstrip(".") + ".")[-MAX_TITLE:]
        encoded = self.tokenizer.encode(pair.text, add_special_tokens=False)
        inside = self._inside(encoded.offsets, pair)
        start, end = self._window(len(encoded.ids), inside, room - len(head) - 1)
        ids = [*head, *encoded.ids[start:end], self.separator]
        place = (0, 0) if not pair.answerable else (-1, -1)
        if inside:
            place = (max(inside[0], start) - start + len(head), min(inside[-1], end - 1) - start + len(head))
        return _Encoded(ids, second, len(head), place)

    def batch(self, groups: Sequence[Group], room: int, *, title_share: float) -> Batch:
        """All pairs of some groups, padded to the longest."""
        pairs = [pair for group in groups for pair in group]
        made = [self.encode(pair, room, title_share=title_share) for pair in pairs]
        width = max(len(each.ids) for each in made)
        ids = torch.full((len(made), width), self.padding)
        types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
        allowed = torch.zeros_like(ids, dtype=torch.bool)
        for row, each in enumerate(made):
            length = len(each.ids)
            ids[row, :length] = torch.tensor(each.ids)
            mask[row, :length] = 1
            types[row, each.second : length] = 1
            allowed[row, each.passage : length - 1] = True
            allowed[row, 0] = True
        return Batch(
            ids,
            types,
            mask,
            allowed,
            torch.tensor([each.place for each in made]),
            torch.tensor([float(pair.answerable) for pair in pairs]),
            torch.tensor([number for number, group in enumerate(groups) for _ in group]),
        )

    def _inside(self, offsets: Sequence[tuple[int, int]], pair: Pair) -> list[int]:
        if not pair.answers:
            return []
        first, last = self._random.choice(pair.answers)
        return [place for place, (start, end) in enumerate(offsets) if start < last and end > first]

    def _window(self, length: int, inside: Sequence[int], room: int) -> tuple[int, int]:
        """A stretch of tokens that holds the whole answer, or as much of it as fits."""
        if length <= room:
            return 0, length
        low, high = 0, length - room
        if inside:
            low, high = max(0, min(inside[-1] + 1 - room, inside[0])), min(high, inside[0])
        # Half of the passages begin where they begin: so they do when the reranker is used.
        start = low if low == 0 and self._random.random() < 0.5 else self._random.randint(low, max(low, high))
        return start, start + room

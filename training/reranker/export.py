"""Writes a trained reranker as int8 ONNX: ``python export.py --run WEIGHTS --model FOLDER --judge PAIRS --out FILE``.

The small one takes token ids.  The large one takes the words' vectors, and its table of words goes beside it as rows of int8 in
``FILE`` with the ending ``.words.npz``: together they would be larger than a file should be, and of a mapped table only the rows that
are read come into memory.  ``PYTHONPATH`` names ``training/encoder``, which quantises.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from network import Inputs, Network, load_weights
from quantising import quantise
from train import read_judge

from footnote.encoding.onnx_models import ids_feed, open_session

CALIBRATED_ON = 96
LONGEST = 256
OPSET = 17


class _Small(torch.nn.Module):
    """A network over one unpadded pair: what belongs to the question ends with the first separator."""

    def __init__(self, network: Network, separator: int) -> None:
        super().__init__()
        self.network = network
        self.separator = separator

    def forward(self, input_ids: torch.Tensor) -> Any:
        separators = (input_ids == self.separator).long()
        types = (separators.cumsum(1) - separators).clamp(0, 1)
        return self.network(input_ids, types, torch.ones_like(input_ids))


class _Large(torch.nn.Module):
    """A network over the vectors of one unpadded pair's words."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, word_vectors: torch.Tensor) -> Any:
        states = self.network.transformer(inputs_embeds=word_vectors).last_hidden_state
        return self.network.heads(states)


def main() -> None:
    """Exports, quantises, and prints how far the int8 scores are from the trained ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="weights of train.py")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--judge", type=Path, required=True, help="pairs to calibrate and compare on")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    network = Network(options.model, exporting=True).eval()
    load_weights(network, options.run)
    inputs = Inputs(options.model, seed=1)
    ids = [inputs.encode(pair, LONGEST).ids for _, pair in read_judge(options.judge, CALIBRATED_ON * 3)]
    float_path = options.out.with_suffix(".float.onnx")
    if network.is_mpnet:
        table = _words(network, options.out.with_suffix(".words.npz"))
        feeds = [{"word_vectors": table[each][np.newaxis]} for each in ids]
        _export(_Large(network), "word_vectors", feeds[0], float_path)
    else:
        feeds = [ids_feed(each) for each in ids]
        _export(_Small(network, inputs.separator), "input_ids", feeds[0], float_path)
    quantise(float_path, options.out, feeds[:CALIBRATED_ON])
    print(json.dumps(_facts(float_path, options.out, feeds[CALIBRATED_ON:])))
    float_path.unlink()


def _words(network: Network, path: Path) -> npt.NDArray[np.float32]:
    """Writes the table of words as rows of int8 with a scale each, and returns what will be read of it."""
    table = network.transformer.embeddings.word_embeddings.weight.detach().numpy()
    scales = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-8).astype(np.float32) / 127
    rows = np.round(table / scales).astype(np.int8)
    np.savez(path, rows=rows, scales=scales)
    return np.asarray(rows * scales, dtype=np.float32)


def _export(model: torch.nn.Module, name: str, feed: dict[str, npt.NDArray[Any]], path: Path) -> None:
    with torch.no_grad():
        torch.onnx.export(
            model.eval(),
            (torch.from_numpy(feed[name]),),
            str(path),
            input_names=[name],
            output_names=["score", "spans"],
            dynamic_axes={name: {1: "tokens"}, "spans": {1: "tokens"}},
            opset_version=OPSET,
            dynamo=False,
        )


def _facts(float_path: Path, int8_path: Path, feeds: list[dict[str, npt.NDArray[Any]]]) -> dict[str, Any]:
    content = int8_path.read_bytes()
    session, exact = open_session(content), open_session(float_path.read_bytes())
    apart = [abs(float(session.run(None, feed)[0][0] - exact.run(None, feed)[0][0])) for feed in feeds]
    facts = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    words = int8_path.with_suffix(".words.npz")
    if words.is_file():
        facts |= {"words_bytes": words.stat().st_size, "words_sha256": hashlib.sha256(words.read_bytes()).hexdigest()}
    return facts | {"score_moves_by_mean": round(float(np.mean(apart)), 4), "by_most": round(float(np.max(apart)), 4)}


if __name__ == "__main__":
    main()

"""Writes the trained reader as int8 ONNX: ``python export.py --run FOLDER --model FOLDER --data FOLDER --out FILE``."""

from __future__ import annotations

import argparse
import hashlib
import json
import warnings
from pathlib import Path

import numpy as np
import torch
from network import Inputs, Reader
from rows import Rows, Sampler

from footnote.encoding.quantising import quantise
from footnote.encoding.sessions import open_session

CALIBRATED_ON = 96


class _OneInput(torch.nn.Module):
    """The reader over one unpadded pair: what belongs to the question ends with the first separator."""

    def __init__(self, reader: Reader, separator: int) -> None:
        super().__init__()
        self.reader = reader
        self.separator = separator

    def forward(self, input_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        separators = (input_ids == self.separator).long()
        types = (separators.cumsum(1) - separators).clamp(0, 1)
        return self.reader(input_ids, types, torch.ones_like(input_ids))


def main() -> None:
    """Exports, quantises, and prints how far the int8 scores are from the trained ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="a checkpoint of train.py")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    reader = Reader(options.model, attention="eager").eval()
    reader.load_state_dict(torch.load(options.run)["reader"])
    inputs = Inputs(options.model / "tokenizer.json", seed=1)
    sampler = Sampler(Rows.read(options.data, dev=True), seed=1)
    pairs = [pair for row in sampler.rows[: CALIBRATED_ON * 3] for pair in sampler.group(row)]
    ids = [inputs.pair(pair, 256)[0] for pair in pairs]
    float_path = options.out.with_suffix(".float.onnx")
    model = _OneInput(reader, inputs.separator).eval()
    with torch.no_grad():
        torch.onnx.export(
            model,
            (torch.tensor([ids[0]]),),
            str(float_path),
            input_names=["input_ids"],
            output_names=["score", "spans"],
            dynamic_axes={"input_ids": {1: "tokens"}, "spans": {1: "tokens"}},
            opset_version=17,
            dynamo=False,
        )
    quantise(float_path, options.out, ids[:CALIBRATED_ON])
    content = options.out.read_bytes()
    session = open_session(content)
    exact = open_session(float_path.read_bytes())
    float_path.unlink()
    apart = []
    for each in ids[CALIBRATED_ON:]:
        feed = {"input_ids": np.asarray([each], dtype=np.int64)}
        apart.append(float(session.run(None, feed)[0][0] - exact.run(None, feed)[0][0]))
    print(
        json.dumps(
            {
                "bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
                "score_moves_by_mean": round(float(np.mean(np.abs(apart))), 4),
                "score_moves_by_most": round(float(np.max(np.abs(apart))), 4),
            }
        )
    )


if __name__ == "__main__":
    main()

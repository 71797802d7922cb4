"""Float weights made back from a shipped int8 file: ``python recover.py --onnx FILE --model FOLDER --out weights.pt``.

For ``train.py --begin`` where the weights of the last run are not at hand.  A product's weights are
``(whole number - zero) * scale``, times what ``quantise`` divided its columns by beforehand; the bias added to it tells its layer.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from network import Network
from onnx import numpy_helper

FURTHEST = 7
"""Nodes between a product and its bias, or its smoothing."""


class Recovered:
    """Tensors of a quantised graph by the names that they had."""

    def __init__(self, path: Path) -> None:
        graph = onnx.load(path).graph
        self._values = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
        constants = [node for node in graph.node if node.op_type == "Constant"]
        self._values |= {node.output[0]: numpy_helper.to_array(node.attribute[0].t) for node in constants}
        self._made_by = {out: node for node in graph.node for out in node.output}
        self._users: dict[str, list[Any]] = defaultdict(list)
        for node in graph.node:
            for name in node.input:
                self._users[name].append(node)
        self._products = [node for node in graph.node if node.op_type == "MatMulInteger"]

    def state(self) -> dict[str, torch.Tensor]:
        """Weights and biases, without the prefix that exporting gave them."""
        state = {}
        for node in self._products:
            if node.input[1] in self._values and (bias := self._bias_after(node.output[0])):
                state[bias.removesuffix(".bias") + ".weight"] = torch.from_numpy(self._weight(node).T.copy())
        for name, value in self._values.items():
            if value.ndim and not name.endswith(("_quantized", "_scale", "_zero_point")):
                state.setdefault(name, torch.from_numpy(value.copy()))
        for name in self._values:
            if name.endswith("embeddings.weight_quantized"):
                state[name.removesuffix("_quantized")] = torch.from_numpy(self._plain(name))
        return {name.removeprefix("network."): value for name, value in state.items()}

    def _plain(self, quantised: str) -> npt.NDArray[np.float32]:
        name = quantised.removesuffix("_quantized")
        zero, scale = self._values[name + "_zero_point"], self._values[name + "_scale"]
        whole = self._values[quantised].astype(np.float32)
        return np.asarray((whole - zero.astype(np.float32)) * scale, dtype=np.float32)

    def _weight(self, product: Any) -> npt.NDArray[np.float32]:
        weight = self._plain(product.input[1])
        quantiser = self._made_by[product.input[0]]
        return np.asarray(weight * self._smoothing(quantiser.input[0], len(weight))[:, np.newaxis], dtype=np.float32)

    def _smoothing(self, activation: str, width: int) -> npt.NDArray[np.float32]:
        """Factors by which the columns of an activation were multiplied before the product."""
        factors = np.ones(width, np.float32)
        for _ in range(FURTHEST):
            node = self._made_by.get(activation)
            if node is None or node.op_type not in ("Mul", "Div"):
                break
            for name in node.input:
                if name in self._values and self._values[name].size == width:
                    own = self._values[name].reshape(-1)
                    factors = factors * (own if node.op_type == "Mul" else 1 / own)
            before = [name for name in node.input if name not in self._values and name in self._made_by]
            if not before:
                break
            activation = before[0]
        return factors

    def _bias_after(self, output: str, depth: int = 0) -> str | None:
        for user in self._users[output] if depth < FURTHEST else []:
            if user.op_type == "Add":
                for name in user.input:
                    if name in self._values and name.endswith(".bias"):
                        return name
            if user.op_type in ("Cast", "Mul", "Reshape") and (found := self._bias_after(user.output[0], depth + 1)):
                return found
        return None


def main() -> None:
    """Writes the weights, and says which tensors came from the public model instead."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--onnx", "--model", "--out"):
        parser.add_argument(name, type=Path, required=True)
    options = parser.parse_args()
    wanted, found = Network(options.model).state_dict(), Recovered(options.onnx).state()
    same = {name: found[name] for name in wanted if name in found and found[name].shape == wanted[name].shape}
    torch.save({"reader": {**wanted, **same}}, options.out)
    print(f"{len(same)} tensors; from the public model: {sorted(set(wanted) - set(same))}")


if __name__ == "__main__":
    main()

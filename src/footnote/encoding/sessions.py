"""ONNX Runtime as Footnote uses it: one text a run, on the processor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from footnote.encoding.encoder import FloatArray

__all__ = ["ids_feed", "open_session", "run_ids", "runtime_errors"]


def runtime_errors() -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises: each of its errors derives from Exception directly."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    kinds = (state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf, state.NotImplemented)
    return (*kinds, state.RuntimeException, RuntimeError)


def open_session(model: bytes) -> Any:
    """An inference session over a model's bytes; several threads may run it at once, each run stays on its thread.

    Args:
        model: the content of an ONNX file whose hash has been checked: native code reads it unguarded.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Errors come as exceptions; what is below them would be printed to stderr by native code.
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model,
        options,
        providers=["CPUExecutionProvider"],
        # Its fused addition and normalisation takes a tenth of a passage's time more than the two operators it replaces.
        disabled_optimizers=["SkipLayerNormFusion"],
    )


def run_ids(session: Any, ids: Sequence[int]) -> FloatArray:
    """The unit vector, shape (dimension,), of one text's token ids.

    One text a run, because the int8 arithmetic takes its scale from the largest number in the run: in a batch, a text's
    vector would depend on its neighbours.
    """
    vector: FloatArray = session.run(None, ids_feed(ids))[0][0]
    return vector


def ids_feed(ids: Sequence[int]) -> dict[str, npt.NDArray[np.int64]]:
    """One text's token ids as a graph takes them, shape (1, tokens)."""
    return {"input_ids": np.asarray([ids], dtype=np.int64)}

"""Text to unit vectors: the seam (``Encoder``), the int8 export that runs by default, and PyTorch, the reference.

Importing this package loads no model and no heavy library; ``load_encoder`` does, and only what the chosen way needs.
"""

from __future__ import annotations

import logging

from footnote.encoding.encoder import Encoder, FloatArray
from footnote.encoding.models import find_model
from footnote.encoding.onnx_encoder import Int8Unavailable, OnnxEncoder, find_export
from footnote.encoding.torch_encoder import TorchEncoder
from footnote.errors import UsageError
from footnote.settings import Settings

__all__ = ["Encoder", "FloatArray", "load_encoder"]

_log = logging.getLogger("footnote.encoding")


def load_encoder(settings: Settings) -> Encoder:
    """The encoder that the settings ask for.

    Args:
        settings: ``model`` names it; ``encoder_backend`` is "onnx" for the model's int8 export alone, "torch" for
            sentence-transformers, "auto" for the int8 export where there is one that runs here and otherwise, said in the log,
            sentence-transformers.

    Raises:
        EncoderError: the model is missing, altered, or does not run.
        UsageError: there is no such backend.
    """
    if settings.encoder_backend not in ("auto", "onnx", "torch"):
        raise UsageError(
            f"no encoder backend is called {settings.encoder_backend!r}", remedy='choose "auto", "onnx" or "torch"'
        )
    if settings.encoder_backend != "torch":
        try:
            return OnnxEncoder(find_export(settings.model))
        except (Int8Unavailable, ImportError) as error:
            if settings.encoder_backend == "onnx":
                raise
            _log.warning("Encoding runs in PyTorch, which is several times slower: %s", error)
    return TorchEncoder(find_model(settings.model))

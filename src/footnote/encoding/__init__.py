"""Text to unit vectors: the seam (``Encoder``), the int8 export that runs by default, and the PyTorch reference.

Importing this package loads no model and no heavy library; ``load_encoder`` does, and only what the chosen way needs.
"""

from __future__ import annotations

from footnote.encoding.encoder import Encoder, FloatArray
from footnote.encoding.loading import load_encoder

__all__ = ["Encoder", "FloatArray", "load_encoder"]

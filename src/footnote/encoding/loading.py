"""From settings to an encoder."""

from __future__ import annotations

import logging
from pathlib import Path

from footnote.encoding.encoder import Encoder
from footnote.encoding.models import ModelFolder, find_model
from footnote.errors import EncoderError, UsageError
from footnote.settings import Settings

__all__ = ["load_encoder"]

_log = logging.getLogger("footnote.encoding")


def load_encoder(settings: Settings) -> Encoder:
    """The encoder that the settings ask for.

    Args:
        settings: ``model`` names it; ``encoder_backend`` is "onnx" for the int8 export alone, "torch" for sentence-transformers,
            "auto" for the export where it can be had and otherwise, said in the log, sentence-transformers.

    Raises:
        EncoderError: the model is missing, altered, or does not run.
        UsageError: there is no such backend.
    """
    if settings.encoder_backend not in ("auto", "onnx", "torch"):
        raise UsageError(
            f"no encoder backend is called {settings.encoder_backend!r}", remedy='choose "auto", "onnx" or "torch"'
        )
    folder = find_model(settings.model)
    if settings.encoder_backend != "torch":
        try:
            return _load_export(folder, settings.cache_dir)
        except (EncoderError, ImportError) as error:
            if settings.encoder_backend == "onnx":
                raise
            _log.warning("Encoding runs in PyTorch, which is several times slower: %s", error)
    from footnote.encoding.reference import ReferenceEncoder

    return ReferenceEncoder(folder)


def _load_export(folder: ModelFolder, cache_dir: Path) -> Encoder:
    from footnote.encoding.exports import ExportUnusable, ensure_export
    from footnote.encoding.onnx_encoder import OnnxEncoder

    export = ensure_export(folder, cache_dir)
    if export.refused:
        raise EncoderError(
            f"this model has no int8 export: {export.refused}",
            where=folder.name,
            remedy='the encoder backend "torch" runs it',
        )
    try:
        return OnnxEncoder(export, folder.short_name)
    except ExportUnusable as error:
        _log.warning("The exported model is made again: %s", error)
        return OnnxEncoder(ensure_export(folder, cache_dir, renew=True), folder.short_name)

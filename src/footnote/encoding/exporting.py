"""Writes a model's int8 export; run in a process of its own: ``python -m footnote.encoding.exporting MODEL OUT``.

PyTorch, transformers and the exporter are slow to load, talkative, and change global state, so the process that answers
questions never loads them.  What this one finds out goes into ``OUT/export.json``: how to feed the export and how close it
comes to the reference, or why there is none.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from footnote.encoding.encoder import FloatArray
from footnote.encoding.models import file_sha256
from footnote.encoding.probes import PROBES
from footnote.encoding.quantising import quantise
from footnote.encoding.recipe import FACTS_NAME, GOOD_COSINE, MIN_COSINE, ONNX_NAME, RECIPE, TOKENIZER_NAME
from footnote.encoding.sessions import ids_feed, open_session, run_ids
from footnote.encoding.tokens import Tokens

__all__ = ["NotExportable", "export_model", "main"]


class NotExportable(Exception):
    """Why a model runs only in PyTorch."""


def export_model(model_dir: Path, out_dir: Path) -> None:
    """Writes ``model.onnx``, ``tokenizer.json`` and ``export.json``, or an ``export.json`` that says why not.

    Args:
        model_dir: folder of a sentence-transformers model.
        out_dir: an existing, empty folder.
    """
    from footnote.encoding.reference import load_sentence_transformer

    try:
        # Attention written out as products: ONNX Runtime fuses that form, and has none of its own for the fused one.
        model = load_sentence_transformer(model_dir, attn_implementation="eager")
        facts = _export(model, model_dir, out_dir)
    except NotExportable as reason:
        for path in out_dir.iterdir():
            path.unlink()
        facts = {"refused": str(reason)}
    (out_dir / FACTS_NAME).write_text(json.dumps(facts | {"recipe": RECIPE}, indent=1), encoding="utf-8")


def _export(model: Any, model_dir: Path, out_dir: Path) -> dict[str, Any]:
    transformer = _exportable_transformer(model)
    tokenizer_path = model_dir / TOKENIZER_NAME
    if not tokenizer_path.is_file():
        raise NotExportable("it has no tokenizer.json")
    tokenizer_json = tokenizer_path.read_text(encoding="utf-8")
    tokens = Tokens(tokenizer_json, int(model.max_seq_length))
    _check_tokens(model, tokens)
    float_path = out_dir / "float.onnx"
    _write_float_onnx(transformer, tokens, float_path)
    (out_dir / TOKENIZER_NAME).write_text(tokenizer_json, encoding="utf-8")

    reference: FloatArray = model.encode(
        list(PROBES), prompt="", batch_size=1, normalize_embeddings=True, show_progress_bar=False
    )
    weight_bits, vectors = _write_int8_onnx(float_path, reference, [tokens.ids(text) for text in PROBES], out_dir)
    cosines = np.sum(reference * vectors, axis=1)
    if not float(cosines.min()) >= MIN_COSINE:
        raise NotExportable(f"int8 loses too much (cosine {cosines.min():.3f}, at least {MIN_COSINE} is asked)")
    return {
        "dimension": int(reference.shape[1]),
        "weight_bits": weight_bits,
        "max_tokens": tokens.max_tokens,
        "query_prompt": _prompt(model, ("query",)),
        "document_prompt": _prompt(model, ("document", "passage", "corpus")),
        "cosine_min": round(float(cosines.min()), 5),
        "cosine_mean": round(float(cosines.mean()), 5),
        "probe_vector": [round(float(x), 7) for x in vectors[0]],
        "sha256": {name: file_sha256(out_dir / name) for name in (ONNX_NAME, TOKENIZER_NAME)},
        "versions": _versions(),
    }


def _exportable_transformer(model: Any) -> Any:
    """The transformer of a model that is Transformer, mean Pooling and perhaps Normalize, and nothing else."""
    names = [type(module).__name__ for module in model]
    if names not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise NotExportable(f"its modules are {', '.join(names)}, not Transformer, Pooling and Normalize")
    pooling = model[1]
    if pooling.pooling_mode not in ("mean", ("mean",)) or not pooling.include_prompt:
        raise NotExportable(f"its pooling is {pooling.pooling_mode!r}, not the mean of all tokens")
    if getattr(model[0], "do_lower_case", False):
        raise NotExportable("it lower-cases text outside its tokeniser")
    if not model.max_seq_length:
        raise NotExportable("it states no longest input")
    return model[0].auto_model


def _check_tokens(model: Any, tokens: Tokens) -> None:
    for text in PROBES:
        wanted = model.tokenizer(text, truncation=True, max_length=tokens.max_tokens)["input_ids"]
        if tokens.ids(text) != list(wanted):
            raise NotExportable("its tokenizer.json gives other tokens than transformers does")


def _prompt(model: Any, names: Sequence[str]) -> str:
    for name in names:
        if name in model.prompts:
            return str(model.prompts[name])
    return str(model.prompts.get(model.default_prompt_name) or "")


def _write_float_onnx(transformer: Any, tokens: Tokens, path: Path) -> None:
    import torch

    class UnitVectors(torch.nn.Module):
        """Transformer, mean over the tokens, length 1; for one text, so that there is no padding and nothing to mask."""

        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
            states = self.transformer(input_ids=input_ids).last_hidden_state
            return torch.nn.functional.normalize(states.mean(1), dim=1)

    with torch.no_grad():
        torch.onnx.export(
            UnitVectors().eval(),
            (torch.tensor([tokens.ids(PROBES[0])], dtype=torch.int64),),
            str(path),
            input_names=["input_ids"],
            output_names=["vector"],
            dynamic_axes={"input_ids": {1: "tokens"}},
            opset_version=17,
            # The newer exporter takes four times as long, and ONNX Runtime fuses less of what it writes: one query takes
            # twice the time.
            dynamo=False,
        )


def _write_int8_onnx(
    float_path: Path, reference: FloatArray, ids: Sequence[Sequence[int]], out_dir: Path
) -> tuple[int, FloatArray]:
    """Weight bits of the better export, and its vectors of the probes."""
    worst: dict[int, float] = {}
    vectors: dict[int, FloatArray] = {}
    # Processors without int8 dot products add products in pairs in 16 bits, which 8-bit weights overflow and 7-bit ones do not:
    # on AVX2 they lose .0052 and .0030 of the cosine, with AVX-512 VNNI .0014 and .0030.
    for bits in (8, 7):
        quantise(float_path, out_dir / f"{bits}.onnx", [ids_feed(each) for each in ids], weight_bits=bits)
        session = open_session((out_dir / f"{bits}.onnx").read_bytes())
        vectors[bits] = np.stack([run_ids(session, each) for each in ids])
        worst[bits] = float(np.sum(reference * vectors[bits], axis=1).min())
        if worst[bits] >= GOOD_COSINE:
            break
    best = max(worst, key=worst.__getitem__)
    (out_dir / f"{best}.onnx").rename(out_dir / ONNX_NAME)
    for path in (float_path, *(out_dir / f"{bits}.onnx" for bits in worst)):
        path.unlink(missing_ok=True)
    return best, vectors[best]


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("torch", "transformers", "sentence-transformers", "onnx", "onnxruntime")}


def main(arguments: Sequence[str]) -> int:
    """Entry of the export process: MODEL folder and OUT folder."""
    model_dir, out_dir = (Path(argument) for argument in arguments)
    # Whoever started this process reads its last line when it fails: deprecation notes of the exporter are not that.
    warnings.simplefilter("ignore")
    export_model(model_dir, out_dir)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Makes a model's int8 export: ``python training/encoder/export.py [--model NAME] [--out FOLDER]``.

Without arguments: the packaged model's, into the package.  Another model's goes into its own folder, where Footnote looks
for it.  The export is two ONNX files, with weights of 8 and of 7 bits, the tokeniser, and ``encoder.json``: how to feed the
files, how close they come to the model in PyTorch, and which versions made them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from probes import PROBES
from quantising import quantise

from footnote.encoding import FloatArray
from footnote.encoding.models import ModelFolder, find_model
from footnote.encoding.onnx_encoder import (
    EXPORT_FOLDER,
    FACTS_NAME,
    PACKAGED_DIR,
    TOKENIZER_NAME,
    ExportFacts,
    OnnxWeights,
)
from footnote.encoding.onnx_models import Tokens, ids_feed, open_session, run_ids
from footnote.encoding.torch_encoder import load_sentence_transformer
from footnote.settings import PACKAGED_MODEL

MIN_COSINE = 0.98
"""Least cosine with the model, over the probes, with which a file is of use."""
VERSIONS_OF = ("torch", "transformers", "sentence-transformers", "onnx", "onnxruntime")


class NotExportable(Exception):
    """Why a model runs only in PyTorch."""


def export_model(folder: ModelFolder, out_dir: Path) -> dict[str, Any]:
    """Writes a model's int8 export, and returns what ``encoder.json`` says.

    Args:
        folder: a sentence-transformers model.
        out_dir: where the export goes; made where it is missing.

    Raises:
        NotExportable: the model is none that an int8 export can be made of.
        EncoderError: the model is altered or unreadable.
    """
    digest = folder.digest()
    # Attention written out as products: ONNX Runtime fuses that form, and has none of its own for the fused one.
    model = load_sentence_transformer(folder.path, attn_implementation="eager")
    transformer = exportable_transformer(model)
    tokenizer_path = folder.path / TOKENIZER_NAME
    if not tokenizer_path.is_file():
        raise NotExportable("it has no tokenizer.json")
    tokenizer_json = tokenizer_path.read_bytes()
    tokens = Tokens(tokenizer_json, int(model.max_seq_length))
    check_tokens(model, tokens)
    reference: FloatArray = model.encode(
        list(PROBES), prompt="", batch_size=1, normalize_embeddings=True, show_progress_bar=False
    )
    with tempfile.TemporaryDirectory() as name:
        float_path = Path(name) / "float.onnx"
        write_float_onnx(transformer, tokens, float_path)
        files, closeness = write_int8_onnx(float_path, reference, [tokens.ids(text) for text in PROBES])
    facts = ExportFacts(
        model_digest=digest,
        tokenizer_sha256=hashlib.sha256(tokenizer_json).hexdigest(),
        dimension=int(reference.shape[1]),
        max_tokens=tokens.max_tokens,
        query_prompt=prompt_of(model, ("query",)),
        document_prompt=prompt_of(model, ("document", "passage", "corpus")),
        probe=PROBES[0],
        weights=tuple(files),
    )
    out_dir.mkdir(parents=True, exist_ok=True)
    for weights, content in files.items():
        (out_dir / weights.file).write_bytes(content)
    (out_dir / TOKENIZER_NAME).write_bytes(tokenizer_json)
    said = asdict(facts) | {"closeness": closeness, "versions": {each: version(each) for each in VERSIONS_OF}}
    # Last, so that an export that was cut short is none.
    (out_dir / FACTS_NAME).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    return said


def exportable_transformer(model: Any) -> Any:
    """The transformer of a model that is Transformer, mean Pooling and perhaps Normalize, and nothing else.

    Raises:
        NotExportable: it is another.
    """
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


def check_tokens(model: Any, tokens: Tokens) -> None:
    for text in PROBES:
        wanted = model.tokenizer(text, truncation=True, max_length=tokens.max_tokens)["input_ids"]
        if tokens.ids(text) != list(wanted):
            raise NotExportable("its tokenizer.json gives other tokens than transformers does")


def prompt_of(model: Any, names: Sequence[str]) -> str:
    for name in names:
        if name in model.prompts:
            return str(model.prompts[name])
    return str(model.prompts.get(model.default_prompt_name) or "")


class UnitVectors(torch.nn.Module):
    """Transformer, mean over the tokens, length 1; for one text, so that there is no padding and nothing to mask."""

    def __init__(self, transformer: Any) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        states = self.transformer(input_ids=input_ids).last_hidden_state
        return torch.nn.functional.normalize(states.mean(1), dim=1)


def write_float_onnx(transformer: Any, tokens: Tokens, path: Path) -> None:
    with torch.no_grad():
        torch.onnx.export(
            UnitVectors(transformer).eval(),
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


def write_int8_onnx(
    float_path: Path, reference: FloatArray, ids: Sequence[Sequence[int]]
) -> tuple[dict[OnnxWeights, bytes], dict[str, Any]]:
    """The files with their contents, the more exact first, and how close they come to the reference.

    Processors without int8 dot products add products in pairs in 16 bits, which 8-bit weights overflow and 7-bit ones do not:
    on AVX2 they lose .0052 and .0030 of the cosine, with AVX-512 VNNI .0014 and .0030.  Where 8 bits lose more, they overflow
    here, and are left out.
    """
    cosines: dict[int, FloatArray] = {}
    files: dict[int, tuple[OnnxWeights, bytes]] = {}
    for bits in (8, 7):
        path = float_path.with_name(f"{bits}-bit.onnx")
        quantise(float_path, path, [ids_feed(each) for each in ids], weight_bits=bits)
        content = path.read_bytes()
        session = open_session(content)
        vectors = np.stack([run_ids(session, each) for each in ids])
        cosines[bits] = np.sum(reference * vectors, axis=1)
        probe_vector = tuple(round(float(x), 7) for x in vectors[0])
        files[bits] = OnnxWeights(bits, path.name, hashlib.sha256(content).hexdigest(), probe_vector), content
    if cosines[8].min() < cosines[7].min():
        del files[8]
    kept = {bits: each for bits, each in files.items() if float(cosines[bits].min()) >= MIN_COSINE}
    if not kept:
        best = max(float(each.min()) for each in cosines.values())
        raise NotExportable(f"int8 loses too much (cosine {best:.3f}, at least {MIN_COSINE} is asked)")
    return dict(kept.values()), closeness_of({bits: cosines[bits] for bits in kept})


def closeness_of(cosines: Mapping[int, FloatArray]) -> dict[str, Any]:
    """Least and mean cosine with the reference over the probes, by weight bits."""
    return {
        f"{bits}-bit": {"cosine_min": round(float(each.min()), 5), "cosine_mean": round(float(each.mean()), 5)}
        for bits, each in cosines.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=PACKAGED_MODEL, help="as the setting `model` names it")
    parser.add_argument("--out", type=Path, help="a folder; by default where Footnote looks for the export")
    options = parser.parse_args()
    # Deprecation notes of the exporter.
    warnings.simplefilter("ignore")
    folder = find_model(options.model)
    own = PACKAGED_DIR if options.model == PACKAGED_MODEL else folder.path / EXPORT_FOLDER
    out_dir = options.out or own
    try:
        said = export_model(folder, out_dir)
    except NotExportable as reason:
        sys.exit(f"{options.model} has no int8 export: {reason}")
    digest = hashlib.sha256((out_dir / FACTS_NAME).read_bytes()).hexdigest()
    print(json.dumps({"out": str(out_dir), FACTS_NAME: digest} | said["closeness"], indent=1))


if __name__ == "__main__":
    main()

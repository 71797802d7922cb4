"""Promises and the runs that prove them: small in every test run, full when FOOTNOTE_FULL=1, which also writes the report.

    FOOTNOTE_FULL=1 python -m pytest tests/test_updates.py tests/test_powerloss.py …

writes ``tests/reports/promises.json`` and, from it, ``tests/reports/promises.md``.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FULL = os.environ.get("FOOTNOTE_FULL") == "1"
REPORTS = Path(__file__).parent / "reports"
LIBRARIES = ("faiss-cpu", "tantivy", "onnxruntime", "gradio", "fastapi", "uvicorn", "numpy")


def sized(reduced: int, full: int) -> int:
    """How many: few in every run of the tests, all in the full one."""
    return full if FULL else reduced


def record(promise: str, asked: str, **measured: Any) -> None:
    """Note what a full run measured."""
    if not FULL:
        return
    REPORTS.mkdir(exist_ok=True)
    path = REPORTS / "promises.json"
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    versions = {name: importlib.metadata.version(name) for name in LIBRARIES}
    kept[promise] = {
        "asked": asked,
        "measured": measured,
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}, {len(os.sched_getaffinity(0))} cores",
        "load_before": round(os.getloadavg()[2], 1),
        "versions": versions,
    }
    path.write_text(json.dumps(dict(sorted(kept.items())), indent=1, ensure_ascii=False) + "\n", "utf-8")
    (REPORTS / "promises.md").write_text(_table(kept), "utf-8")


def _table(kept: dict[str, Any]) -> str:
    lines = [
        "# What full runs measured",
        "",
        "Written by `FOOTNOTE_FULL=1 python -m pytest` over the tests that `tests/README.md` names; versions and loads are in",
        "`promises.json`.",
        "",
        "| promise | asked | measured | date |",
        "|---|---|---|---|",
    ]
    for name, each in sorted(kept.items()):
        facts = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in each["measured"].items())
        lines.append(f"| {name} | {each['asked']} | {facts} | {each['date']} |")
    return "\n".join(lines) + "\n"


class Clock:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._began, 1)

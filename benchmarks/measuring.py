"""What every benchmark shares: medians, ratios, the machine in words, and a report as JSON and Markdown."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
RESULTS = Path(__file__).parent / "results"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the others lies, by the nearest rank; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def summary(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile, least and most."""
    if not values:
        return {}
    return {
        "count": len(values),
        "p50": round(statistics.median(values), 3),
        "p95": round(percentile(values, 0.95), 3),
        "min": round(min(values), 3),
        "max": round(max(values), 3),
    }


def machine() -> str:
    """The machine in words: cores, processor, memory, and how busy it is."""
    model, memory = platform.machine(), ""
    try:
        cpu = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        model = next(line.split(":")[1].strip() for line in cpu.splitlines() if line.startswith("model name"))
        total = Path("/proc/meminfo").read_text(encoding="utf-8").split()[1]
        memory = f", {int(total) / 1024**2:.0f} GiB of memory"
    except (OSError, StopIteration):
        pass
    load = f", load {os.getloadavg()[0]:.1f} when the report was written" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} cores ({model}){memory}{load}"


def versions(names: Iterable[str]) -> dict[str, str]:
    """Versions of the packages that are installed."""
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def resident_mb(field: str = "VmRSS") -> float:
    """Resident memory of this process in MB now, or at its peak with ``VmHWM``; 0 where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith(f"{field}:"))) / 1000


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a Markdown table; columns are the keys in the order they come up."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = [columns, ["---"] * len(columns), *([_cell(row.get(c, "")) for c in columns] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def write_report(
    name: str, title: str, rows: Sequence[Mapping[str, Any]], facts: Mapping[str, Any], notes: Sequence[str] = ()
) -> None:
    """Write ``results/NAME.json`` and ``results/NAME.md``.

    Args:
        name: of the benchmark.
        title: of the report.
        rows: its table.
        facts: everything else that was measured; the machine and the date are added.
        notes: sentences on how to read it.
    """
    RESULTS.mkdir(exist_ok=True)
    date = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    everything = {"benchmark": name, "date": date, "machine": machine(), **facts, "rows": list(rows)}
    (RESULTS / f"{name}.json").write_text(json.dumps(everything, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    parts = [f"# {title}", f"{date}, {everything['machine']}.", table(rows), *notes]
    if "versions" in facts:
        parts.append("Versions: " + ", ".join(f"{key} {value}" for key, value in facts["versions"].items()) + ".")
    (RESULTS / f"{name}.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    print("\n\n".join(parts))


def some_of(items: Sequence[T], wanted: int) -> list[T]:
    """``wanted`` items spread evenly over all; all of them for 0."""
    step = max(1, len(items) // wanted) if wanted else 1
    return list(items[::step])[: wanted or None]

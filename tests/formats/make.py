"""Makes the documents of this folder with other programs than Footnote; see README.md."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
FACTS = (
    (
        "Opening hours",
        "What time does the harbour office open?",
        "The harbour office opens at half past six in the morning.",
    ),
    (
        "Mooring fees",
        "How much does a night at the pier cost?",
        "A night at the pier costs fourteen crowns for each boat.",
    ),
    ("Fresh water", "Where is drinking water found?", "Drinking water is found beside the yellow crane on the quay."),
    ("Storm signals", "What does the red lantern announce?", "The red lantern announces a storm within three hours."),
    ("Lost property", "Who keeps lost umbrellas?", "Lost umbrellas are kept by the lighthouse keeper for a year."),
    ("Ferry", "How often does the ferry leave for the island?", "The ferry leaves for the island every forty minutes."),
)
FILLER = (
    "Every visitor is asked to read this part with care, because the rules were written after long experience with wind, "
    "tide and crowded quays. Ropes that are left lying about are collected in the evening, and whoever misses one asks at "
    "the desk. Boats longer than twelve metres announce themselves two days before they arrive, so that a place can be kept. "
    "Children are welcome everywhere except on the slipway, where timber and nets are moved with heavy machinery. "
)
LIST = (
    "a lifejacket for every person aboard",
    "a lamp that shines for eight hours",
    "a horn that is heard across the bay",
)
TABLE = (("Berth", "Depth", "Price"), ("North", "4 metres", "20 crowns"), ("South", "3 metres", "15 crowns"))
TITLE = "Handbook of the Small Harbour"


def markdown() -> str:
    parts = [f"---\ntitle: {TITLE}\nauthor: Ida Quay\ndate: 2026-11-20\nlang: en\n---\n"]
    for name, _, fact in FACTS:
        parts += [f"# {name}\n", FILLER * 3, f"\n\n{fact} {FILLER * 2}\n"]
    parts += ["# Equipment\n", "Every boat carries the following:\n", *(f"- {item}" for item in LIST), ""]
    parts += ["# Berths\n", *("| " + " | ".join(row) + " |" for row in TABLE[:1]), "|---|---|---|"]
    parts += ["| " + " | ".join(row) + " |" for row in TABLE[1:]]
    return "\n".join(parts) + "\n"


def page() -> str:
    body = "".join(f"<h2>{name}</h2><p>{FILLER * 3}</p><p>{fact} {FILLER * 2}</p>" for name, _, fact in FACTS)
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in TABLE[1:])
    head = "".join(f"<th>{cell}</th>" for cell in TABLE[0])
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{TITLE} – Harbour Web</title>"
        '<meta name=author content="Ida Quay"><meta property="article:published_time" content="2026-11-20">'
        '<link rel=canonical href="https://harbour.example/handbook">'
        "<style>body{font-family:serif} @page{margin:2cm} h2{break-before:page}</style></head><body>"
        "<div class=cookie-banner>We use cookies to improve your visit. <button>Accept</button></div>"
        "<nav><ul><li><a href=/>Home</a></li><li><a href=/news>News</a></li></ul></nav>"
        f"<main><h1>{TITLE}</h1>{body}<h2>Equipment</h2><p>Every boat carries the following:</p><ul>"
        f"{''.join(f'<li>{item}</li>' for item in LIST)}</ul><h2>Berths</h2>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></main>"
        "<footer>© Harbour Web, all rights reserved. Follow us everywhere.</footer></body></html>"
    )


def groff() -> str:
    parts = [".ds LH Small Harbour", ".ds RH Handbook", ".ds CF %", ".nr HM 1i", ".TL", TITLE, ".AU", "Ida Quay", ".2C"]
    for name, _, fact in FACTS:
        parts += [".SH", name, ".LP", FILLER * 4, ".PP", f"{fact} {FILLER * 3}"]
    return "\n".join(parts) + "\n"


def sheet() -> str:
    return "Question,Answer,Section\n" + "".join(f'"{asked}","{fact}",{name}\n' for name, asked, fact in FACTS)


def run(*command: str, out: Path | None = None) -> None:
    done = subprocess.run(command, check=True, capture_output=True, timeout=300)
    if out is not None:
        out.write_bytes(done.stdout)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name, text in (("s.md", markdown()), ("s.html", page()), ("s.ms", groff()), ("s.csv", sheet())):
            (work / name).write_text(text, encoding="utf-8")
        for suffix in ("docx", "odt", "epub", "html"):
            run("pandoc", "-s", str(work / "s.md"), "-o", str(HERE / f"pandoc.{suffix}"))
        office = ("soffice", "--headless", f"-env:UserInstallation=file://{work}/profile", "--convert-to")
        shutil.copy(HERE / "pandoc.docx", work / "libreoffice-writer.docx")
        for suffix in ("odt", "rtf", "pdf", "html"):
            run(*office, suffix, "--outdir", folder, str(work / "libreoffice-writer.docx"))
        run(*office, "docx", "--outdir", folder, str(work / "libreoffice-writer.odt"))
        shutil.copy(work / "s.csv", work / "libreoffice-calc.csv")
        for suffix in ("xlsx", "ods"):
            run(*office, suffix, "--outdir", folder, str(work / "libreoffice-calc.csv"))
        for suffix in ("odt", "rtf", "pdf", "html", "docx"):
            shutil.copy(work / f"libreoffice-writer.{suffix}", HERE)
        for suffix in ("xlsx", "ods"):
            shutil.copy(work / f"libreoffice-calc.{suffix}", HERE)
        run("groff", "-k", "-ms", "-Tps", "-P-pa4", str(work / "s.ms"), out=work / "s.ps")
        run("ps2pdf", str(work / "s.ps"), str(HERE / "groff-two-columns.pdf"))
        browser = "chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --no-pdf-header-footer".split()
        run(
            *browser,
            f"--user-data-dir={work}/browser",
            f"--print-to-pdf={HERE}/chromium.pdf",
            (work / "s.html").as_uri(),
        )
        shutil.copy(work / "s.html", HERE / "page-with-menus.html")
        (work / "scan.html").write_text(
            "<canvas id=c width=500 height=500></canvas><script>const c=document."
            "getElementById('c').getContext('2d');c.font='40px serif';c.fillText('scanned',50,90)</script>"
        )
        run(
            *browser,
            f"--user-data-dir={work}/browser",
            f"--print-to-pdf={HERE}/scan.pdf",
            (work / "scan.html").as_uri(),
        )


if __name__ == "__main__":
    main()

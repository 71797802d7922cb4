"""The page's scripts: the types of what the server gives them are those of its published schema."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from browser_support import ROOT

GENERATOR = ROOT / "node_modules" / ".bin" / "openapi-typescript"
TYPES = ROOT / "src" / "footnote" / "web" / "api.d.ts"


def test_the_types_of_the_page_are_those_of_the_published_schema(tmp_path: Path) -> None:
    if not GENERATOR.exists():
        reason = "the page's checks are not installed: npm ci"
        if os.environ.get("FOOTNOTE_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    written = subprocess.run(
        [sys.executable, "tests/page/openapi.py"], cwd=ROOT, env=environment, capture_output=True, check=True
    )
    flags = ["--root-types", "--root-types-no-schema-prefix", "--default-non-nullable=false"]
    made = tmp_path / "api.d.ts"
    subprocess.run(
        [GENERATOR, *flags, "--output", made], cwd=ROOT, input=written.stdout, capture_output=True, check=True
    )
    assert made.read_text(encoding="utf-8") == TYPES.read_text(encoding="utf-8"), "out of date: npm run generate"

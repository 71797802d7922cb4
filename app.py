"""Opens the index (building it when there is none) and serves the page: ``python app.py``."""

from __future__ import annotations

import sys

from footnote.cli import main

if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))

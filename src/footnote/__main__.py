"""``python -m footnote`` is the command ``footnote``."""

from __future__ import annotations

import sys

from footnote.cli import main

if __name__ == "__main__":
    sys.exit(main())

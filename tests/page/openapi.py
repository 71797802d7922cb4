"""Writes the forms of ``/api/v1`` as an OpenAPI document, from which the types of the page's scripts are made, to stdout.

No index is opened: an engine is asked for nothing before the first request.
"""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

from footnote.server.api import api_app
from footnote.settings import Settings

unasked: Any = SimpleNamespace(settings=Settings(), documents=tuple, refresh=lambda: None)
document = api_app(unasked, unasked, unasked, unasked).openapi()
sys.stdout.write(json.dumps({**document, "paths": {}}))

"""JSON of a release, which may be anybody's: what is no JSON, or would exhaust the reader, is one readable error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.core.errors import InputError

# The largest document of a release is its croissant.json: some 100 kB.
MOST_BYTES = 50_000_000
REMEDY = "if it is yours, run `dvc repro release` to build the release again; if not, do not use this copy"


def read_json(path: Path) -> Any:
    """The content of a JSON file. Raises FileNotFoundError, and InputError for anything that cannot be read."""
    if path.stat().st_size > MOST_BYTES:
        raise InputError(
            f"not read: larger than {MOST_BYTES // 1_000_000} MB", where=str(path), remedy=REMEDY
        )
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise InputError(
            "not JSON: its brackets nest without an end", where=str(path), remedy=REMEDY
        ) from None
    except ValueError as error:  # a number of thousands of digits raises it too
        raise InputError(f"not JSON: {error}", where=str(path), remedy=REMEDY) from None

"""The rows of the 300 scenarios: the list ``random_indices`` in a notebook. Nothing of it is run."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

from pipeline.published.lines import Unusable, read_text
from pipeline.published.problems import Log

_LIST = re.compile(r"^[ \t]*random_indices\s*=\s*(\[[\d\s,]{1,200000}\])", re.MULTILINE)


def read_subset(path: Path, log: Log) -> list[int] | None:
    """The list; None where the notebook has none."""
    try:
        content = json.loads(read_text(path).content)
    except Unusable as problem:
        log.add(problem.reason, problem.detail)
        return None
    except (ValueError, RecursionError) as error:
        log.add("notebook_unreadable", type(error).__name__)
        return None
    cells = content.get("cells") if isinstance(content, dict) else None
    for number, cell in enumerate(cells if isinstance(cells, list) else [], start=1):
        source = cell.get("source") if isinstance(cell, dict) else None
        text = "".join(map(str, source)) if isinstance(source, list) else str(source or "")
        if match := _LIST.search(text):
            rows = ast.literal_eval(match[1])
            if len(set(rows)) == len(rows):
                log.add("subset_read", f"{len(rows):,} rows", subject=f"cell {number}")
                return list(rows)
            log.add(
                "subset_unreadable",
                f"{len(rows) - len(set(rows))} rows are there twice",
                subject=f"cell {number}",
            )
    return None

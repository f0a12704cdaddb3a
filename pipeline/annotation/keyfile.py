"""A secret of this machine, made once."""

from __future__ import annotations

import os
from pathlib import Path


def keep(path: Path, fresh: str) -> str:
    """The secret in ``path``; where there is none yet, ``fresh`` is written there for its owner only."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(fresh + "\n")
    return path.read_text(encoding="utf-8").strip()

"""The word lists of ``data/``: sets of lower-case words."""

from __future__ import annotations

import functools
import re
from pathlib import Path

DATA = Path(__file__).parent / "data"


@functools.cache
def words(name: str) -> frozenset[str]:
    """The words of ``data/NAME.txt``; lines that begin with # are remarks."""
    text = (DATA / f"{name}.txt").read_text(encoding="utf-8")
    return frozenset(re.sub(r"^#.*$", "", text, flags=re.MULTILINE).split())


@functools.cache
def given_names() -> frozenset[str]:
    """Every given name, ambiguous ones included."""
    return words("given_names") | words("ambiguous_names")


@functools.cache
def clear_names() -> frozenset[str]:
    """Given names that are hardly ever anything else."""
    return given_names() - words("ambiguous_names") - words("not_names")

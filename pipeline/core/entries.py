"""Kinds of things that are one file each: a package's modules, each with one entry, found by the file's name.

A package calls ``found`` in its ``__init__``; adding a file there is all it takes to add an entry. Who may not
import the package (params stand below everything) can still ask for the names with ``names_in``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

Entry = TypeVar("Entry")

ATTRIBUTE = "ENTRY"


def found(package: str, path: Iterable[str], kind: type[Entry]) -> dict[str, Entry]:
    """The ``ENTRY`` of every module in ``package`` (whose ``__path__`` is ``path``), by the module's name.

    Modules whose names begin with an underscore are helpers. Raises TypeError for one without an entry of ``kind``.
    """
    entries: dict[str, Entry] = {}
    for name in sorted(module.name for module in pkgutil.iter_modules(path)):
        if name.startswith("_"):
            continue
        entry = getattr(importlib.import_module(f"{package}.{name}"), ATTRIBUTE, None)
        if not isinstance(entry, kind):
            raise TypeError(f"{package}.{name} has no {ATTRIBUTE} of type {kind.__name__}")
        entries[name] = entry
    return entries


def names_in(folder: Path) -> list[str]:
    """The names that ``found`` would give for a package in ``folder``, without importing anything."""
    return sorted(file.stem for file in folder.glob("*.py") if not file.name.startswith("_"))

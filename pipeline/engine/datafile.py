"""Facts about models and prices that change without us, in dated YAML files that anybody can correct."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
import yaml

from pipeline.core.errors import InputError

FOLDER = Path(__file__).parent / "data"

Contents = TypeVar("Contents")


def read(path: Path, kind: type[Contents]) -> Contents:
    """The file as ``kind``; InputError names what in it cannot be used."""
    try:
        # Safe loading, and dates and numbers as YAML writes them.
        return msgspec.convert(yaml.safe_load(path.read_bytes()), kind, strict=False)
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise InputError(
            f"cannot be used: {error}", where=str(path), remedy="correct it, or take it from git again"
        ) from None

"""The JSON of an answer, also where it holds a number that no float does: what is paid for is not lost over that."""

from __future__ import annotations

import json
from typing import Any

import msgspec


def decoded(content: bytes) -> Any:
    """The value; ValueError for bytes that are no JSON, or whose brackets nest without an end."""
    try:
        try:
            return msgspec.json.decode(content)
        except msgspec.DecodeError:
            return json.loads(content)
    except RecursionError:
        raise ValueError("its brackets nest without an end") from None

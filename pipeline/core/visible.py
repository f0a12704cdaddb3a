"""Text of others (models, servers, file names) for a terminal: what would steer it is shown instead."""

from __future__ import annotations

import re

# Control characters but tab and line end, and those that turn the direction of what follows.
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """The text with ``\\x1b`` and its like spelled out, so that none of it moves, colours or hides anything."""
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)

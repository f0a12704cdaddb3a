"""Names of users: u/name and @name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.masking.kind import Kind

_USER = re.compile(r"(?<![\w/])/?u(?:ser)?/[\w-]{2,30}|(?<![\w@./+-])@[a-z_][\w.]{0,28}\w", re.IGNORECASE)


def _find(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _USER.finditer(text))


ENTRY = Kind(placeholder="[USER]", rank=30, meaning="names of Reddit users, and @names", find=_find)

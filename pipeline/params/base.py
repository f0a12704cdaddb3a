"""What every section of params.yaml is made of."""

from __future__ import annotations

import re
from typing import Annotated

import pydantic
from pydantic import AfterValidator, ConfigDict, Field

Fraction = Annotated[float, Field(ge=0, le=1)]
Natural = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text):
        raise ValueError(
            "a name of letters, digits, '.', '-' and '_' is needed, because it becomes part of ids and paths"
        )
    return text


Name = Annotated[str, AfterValidator(_name)]
Subreddit = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{2,21}$")]


class Section(pydantic.BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

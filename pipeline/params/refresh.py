"""Looking again at the posts of a release: which of them leave."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.params.base import Fraction, Section


class Refresh(Section):
    """States of a post at Reddit for which it leaves, and the share of a release from which that is doubted."""

    take_down: list[Literal["deleted", "removed", "gone", "private"]] = Field(
        default=["deleted", "removed", "gone"]
    )
    max_share: Fraction = 0.1

"""What a kind of personal data is: its placeholder, and where it stands in a text.

A kind is one file in ``pipeline/masking/kinds``; the file's name in capitals is its name in
``params.filter.masking.entities``. No pattern takes longer than in proportion to the text: repetitions are possessive
or bounded, and begin where the one before ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """``find`` gives start and end of each find; where kinds overlap, the one with the lower ``rank`` names both."""

    placeholder: str
    rank: int
    meaning: str
    find: Callable[[str], Iterable[tuple[int, int]]]

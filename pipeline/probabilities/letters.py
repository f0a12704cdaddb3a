"""From the log probabilities of an answer's tokens to the chances of the letters that were on offer."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from pipeline.engine.response import Likely

# The letter in {"answer": "B"}, or an answer that is nothing but a letter.
_ANSWER = re.compile(r'"answer"\s*:\s*"([A-H])|^\s*["(]?([A-H])\b', re.IGNORECASE)
# What may stand in one token with a letter.
_AROUND = " \t\n\"'{}():.,"


def chances(tokens: Sequence[Likely], letters: str) -> tuple[dict[str, float], float] | None:
    """The chance of each letter, which sum to 1, and the probability that the place where the answer's letter stands
    gave to letters at all. None where no token is the letter alone, or its alternatives were not asked for."""
    # Reasoning may quote an answer before the one that counts.
    answers = [*_ANSWER.finditer("".join(each.token for each in tokens))]
    if not answers:
        return None
    found = answers[-1]
    likely = _at(tokens, found.start(1) if found[1] else found.start(2))
    if likely is None or len(likely.others) < 2:
        return None
    mass = dict.fromkeys(letters, 0.0)
    for token, logprob in likely.others.items():
        letter = token.strip(_AROUND).upper()
        if letter in mass and letter:
            mass[letter] += math.exp(logprob)
    whole = sum(mass.values())
    return ({letter: each / whole for letter, each in mass.items()}, min(whole, 1.0)) if whole > 0 else None


def _at(tokens: Sequence[Likely], place: int) -> Likely | None:
    """The token that holds this character, where it holds nothing else that says anything."""
    end = 0
    for each in tokens:
        end += len(each.token)
        if place < end:
            return each if len(each.token.strip(_AROUND)) == 1 else None
    return None

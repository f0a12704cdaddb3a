"""How long a questionnaire takes: reading at a known speed, and a moment for each answer."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from pipeline.core.words import count_words
from pipeline.params.people import Reading

# Chinese and Japanese have no blanks between words. At the same speed in words, people read about 400 characters a
# minute (M. Brysbaert, "How many words do we read per minute?", Journal of Memory and Language 109, 2019).
_CHARACTER = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_WORDS_A_CHARACTER = 0.6
# What is promised is a round number.
_ROUND = 5


def words_to_read(text: str) -> float:
    """Words of a text; characters of a script without blanks are parts of words."""
    return count_words(_CHARACTER.sub(" ", text)) + _WORDS_A_CHARACTER * len(_CHARACTER.findall(text))


def minutes_of(texts: Iterable[str], statements: int, questions: int, reading: Reading) -> float:
    """Minutes to read these texts and to answer so many statements and questions (checks count as what they look
    like)."""
    read = sum(map(words_to_read, texts)) / reading.words_per_minute
    return read + (statements * reading.seconds_statement + questions * reading.seconds_question) / 60


def promised(minutes: Iterable[float]) -> int:
    """What people are told: the longest, rounded up to five minutes."""
    return math.ceil(max(minutes) / _ROUND - 1e-9) * _ROUND

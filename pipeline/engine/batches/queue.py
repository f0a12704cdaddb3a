"""How many tokens may wait in batches of one model, as far as the provider has told.

Providers bound what is enqueued of a model, and say so only when a batch is too much: OpenAI with the code
``token_limit_exceeded`` and "Enqueued token limit reached for MODEL in organization ORG. Limit: 2,000,000 enqueued
tokens." (github.com/openai/openai-python/issues/2084), Azure with "has surpassed the configured limit of 30K"
(learn.microsoft.com/answers/questions/2285577). What was told is kept in the store for some days.
"""

from __future__ import annotations

import math
import re
import time

import msgspec

from pipeline.engine.store import Store

# Of the limit that was told, the part that is used: our count of tokens is an estimate.
USED = 0.9
# Seconds after which a limit is forgotten: accounts grow.
FORGET = 3 * 86_400.0
_LIMIT = re.compile(r"limit(?: of|:)?\s*([\d,]+(?:\.\d+)?)\s*([KM])?\b", re.IGNORECASE)
_FACTORS = {"": 1, "K": 1_000, "M": 1_000_000}


class _Told(msgspec.Struct):
    tokens: float
    at: float


def limit_told(message: str) -> float | None:
    """The limit in tokens that an error names, None where it names none or one of something else."""
    found = _LIMIT.search(message)
    if found is None or "enqueued request" in message.lower():
        return None
    return float(found[1].replace(",", "")) * _FACTORS[(found[2] or "").upper()] or None


class Queue:
    """What may wait of one model at one address."""

    def __init__(self, store: Store, base_url: str, model: str) -> None:
        self._store = store
        self._name = f"batch queue of {model} at {base_url}"

    def limit(self) -> float:
        """In tokens; infinite where nothing was told lately."""
        row = next(self._store.rows("SELECT value FROM notes WHERE name = ?", [self._name]), None)
        if row is None:
            return math.inf
        told = msgspec.json.decode(row[0], type=_Told)
        return told.tokens if time.time() - told.at < FORGET else math.inf

    def full(self, message: str, tried: int) -> None:
        """A batch was too much when ``tried`` tokens were waiting with it. Where that is less than the limit that is
        told, others use it as well."""
        told = limit_told(message)
        limit = told * USED if told is not None and told * USED < tried else max(tried / 2, 1.0)
        value = msgspec.json.encode(_Told(limit, time.time())).decode()
        with self._store.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", [self._name, value])

"""Rates that were learnt from a server's 429s, kept in the store for whoever asks it next: another process, another
stage, a run an hour later begins with what is known, and not by being turned away."""

from __future__ import annotations

import math
import time

import msgspec

from pipeline.engine.store import Store

# Seconds for which a rate is good enough to begin with: accounts and hours of the day differ.
KEPT = 3600.0


class _Learnt(msgspec.Struct):
    rate: float
    at: float


def recall(store: Store, base_url: str, model: str) -> float:
    """Calls a second of one model at one address; infinite where nothing was learnt lately."""
    row = next(store.rows("SELECT value FROM notes WHERE name = ?", [_name(base_url, model)]), None)
    if row is None:
        return math.inf
    learnt = msgspec.json.decode(row[0], type=_Learnt)
    return learnt.rate if 0 <= time.time() - learnt.at < KEPT else math.inf


def keep(store: Store, rates: dict[tuple[str, str], float]) -> None:
    """Calls a second by address and model; those without a limit are forgotten."""
    if not rates:
        return
    with store.transaction() as connection:
        for (base_url, model), rate in rates.items():
            name = _name(base_url, model)
            connection.execute("DELETE FROM notes WHERE name = ?", [name])
            if rate < math.inf:
                value = msgspec.json.encode(_Learnt(rate, time.time())).decode()
                connection.execute("INSERT INTO notes VALUES (?, ?)", [name, value])


def _name(base_url: str, model: str) -> str:
    return f"rate of {model} at {base_url}"

"""What kinds of respondents are called."""

from __future__ import annotations

import polars as pl

from pipeline.report.document import counted, listed

# One, and several.
WORDS = {
    "model": ("model", "models"),
    "published": ("published model", "published models"),
    "human": ("person", "people"),
    "simulated": ("simulated respondent", "simulated respondents"),
}
# Whom a reader asks about first.
ORDER = ("model", "published", "human", "simulated")


def one(kind: str) -> str:
    return WORDS.get(kind, (kind, kind))[0]


def many(kind: str) -> str:
    return WORDS.get(kind, (kind, kind))[1]


def in_words(respondents: pl.DataFrame) -> str:
    """'10 published models (under 14 further conditions) and 151 people'; empty where nobody has answered."""
    parts = []
    for kind in present(respondents):
        of = respondents.filter(kind=kind)
        agents = of["agent"].n_unique()
        more = of.height - agents
        conditions = (
            f" (and {counted(more, 'further condition', 'further conditions')} of theirs)" if more else ""
        )
        parts.append(counted(agents, *WORDS.get(kind, (kind, kind))) + conditions)
    return listed(parts)


def present(respondents: pl.DataFrame) -> list[str]:
    """The kinds that are there, in the order in which they are spoken of."""
    found = set(respondents["kind"])
    return [kind for kind in ORDER if kind in found] + sorted(found - set(ORDER))

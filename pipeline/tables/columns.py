"""Columns that several tables share: ids, times, closed vocabularies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dataframely as dy

POST_ID = r"^[0-9a-z]+$"
# Those of scenarios that were written for a study begin with sy.
SCENARIO_ID = r"^s[0-9a-fy][0-9a-f]{9}$"
QUESTION_ID = r"^s[0-9a-fy][0-9a-f]{9}\.q[1-9]\d*$"
ACTION_ID = r"^s[0-9a-fy][0-9a-f]{9}\.[a-z][a-z0-9_]*\.[A-Za-z0-9._-]+$"
SHA256 = r"^[0-9a-f]{64}$"


def one_of(values: Sequence[str], description: str, **options: Any) -> dy.String:
    """A string column with a closed vocabulary, which the release's code book reads from its metadata."""
    return dy.String(
        check={"vocabulary": lambda c: c.is_in(list(values))},
        metadata={"vocabulary": tuple(values)},
        description=description,
        **options,
    )


def value_column(description: str, *, also: Sequence[str] = (), **options: Any) -> dy.String:
    """A value, by its slug, or one of ``also``. Which values there are is the inventory's to say: ``check_values``
    holds rows to it where it is known, and the release's code book writes it beside ``also``."""
    return dy.String(
        regex=r"^[a-z][a-z0-9_]*$",
        metadata={"values": True, "vocabulary": tuple(also)},
        description=description,
        **options,
    )


def instrument_column(description: str) -> dy.String:
    """Part of the key: the name of an instrument, or of another source of numbers, such as QUESTIONS."""
    return dy.String(primary_key=True, regex=r"^[a-z][a-z0-9_]*$", description=description)


# What stands for an instrument where numbers are of the choices.
QUESTIONS = "questions"


def post_id_column(**options: Any) -> dy.String:
    return dy.String(regex=POST_ID, description="Reddit's id of the post (base 36, no prefix)", **options)


def origin_column(description: str = "Where the model's answer came from, if there is one") -> dy.String:
    """live, batch, imported: FILE, recorded: FILE (``pipeline.engine.origin``)."""
    return dy.String(nullable=True, description=f"{description}: live, batch, imported: FILE, recorded: FILE")


def request_column(which: str = "", **options: Any) -> dy.String:
    """The request behind a row, by its key; ``which`` says more of it."""
    return dy.String(regex=SHA256, description=f"Content key of the request{which}", **options)


def utc(description: str) -> dy.Datetime:
    return dy.Datetime(nullable=False, time_unit="ms", time_zone="UTC", description=description)


# How an option stands to its value. ValAct's express it; a pair of options may hold one of each.
STANCES = ("expresses", "opposes")
# Letters under which options are shown, in shown order; the one after the last option's means "none of these" where
# that is on offer, so that a question has at most seven options.
LETTERS = "ABCDEFGH"
MOST_OPTIONS = len(LETTERS) - 1
# Dealt positions in shown order: '2341' shows dealt option 2 as A.
ORDER = r"^[1-7]{2,7}$"

RESPONSE_STATUSES = ("ok", "refused", "truncated", "blocked_by_provider", "invalid", "failed")

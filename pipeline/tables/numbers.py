"""Columns of the analysis: numbers with their bounds, counts, shares."""

from __future__ import annotations

import dataframely as dy

PROFILE_KINDS = ("enacted", "declared")


def number(
    description: str, *, nullable: bool = True, min: float | None = None, max: float | None = None
) -> dy.Float64:
    return dy.Float64(nullable=nullable, min=min, max=max, description=description)


def tally(description: str) -> dy.Int64:
    return dy.Int64(nullable=False, min=0, description=description)


def share_of(description: str, *, nullable: bool = True) -> dy.Float64:
    return dy.Float64(nullable=nullable, min=0, max=1, description=description)


def lower() -> dy.Float64:
    return number("Lower bound of the interval")


def upper() -> dy.Float64:
    return number("Upper bound of the interval")


def stands() -> dy.Bool:
    return dy.Bool(
        nullable=False,
        description="Whether each stands for its agent: one respondent an agent, as statistics over agents take them",
    )


def whose() -> dy.String:
    return dy.String(primary_key=True, description="The respondent")

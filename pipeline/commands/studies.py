"""What the commands that bring in answers share: where a study lies, and what they say of it."""

from __future__ import annotations

import re
from pathlib import Path

import click
import polars as pl

from pipeline.commands.table import table
from pipeline.core.errors import InputError

IMPORTED = Path("data/imported")


def folder_of(name: str, mark: str, holds: str, home: Path = Path()) -> Path:
    """Of a study in data/imported/ of the recipe at ``home``; InputError where the name is none, or the folder has no
    file ``mark`` and so something else than what the study ``holds``."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise InputError("letters, digits, '-' and '_' are wanted", where=f"--name {name}")
    out = home / IMPORTED / name
    if out.exists() and not (out / mark).exists():
        raise InputError(
            f"the folder holds something else than {holds}", where=str(out), remedy="choose another --name"
        )
    return out


def say_losses(ledger: pl.DataFrame) -> None:
    """Rows of an import's ledger, counted by effect and reason."""
    counts = ledger.group_by("effect", "reason").agg(rows=pl.len()).sort("effect", "reason")
    if counts.height:
        rows = [[effect, reason, f"{number:,}"] for effect, reason, number in counts.iter_rows()]
        click.echo(table(["effect", "reason", "rows"], rows, right=["rows"]) + "\n")


def say_reversed(answers: pl.DataFrame, *, reverse: bool, flag: str) -> None:
    """Which instruments look as if their answers were coded the other way."""
    from pipeline.people.direction import looks_reversed

    for instrument, r in looks_reversed(answers):
        click.echo(
            f"\nThe answers to {instrument} look coded the other way: their means go against the order of values found "
            f"everywhere (r {r:.2f}). If they are, import them {'without' if reverse else 'with'} {flag}."
        )

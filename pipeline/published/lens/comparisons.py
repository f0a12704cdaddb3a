"""Comparisons of prompts: files that ask several prompts about a few pairs. They are respondents of their own.

A full run asked every pair under one prompt. Were the two one respondent, its gap would be of neither design, and the
effects of prompts would hold the prompt of the full run more often than the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.published.lens.reconstruct import MANY
from pipeline.tables import MAIN

SUFFIX = "-prompts"
# File -> the name of its respondent, and what it asked.
Named = Mapping[str, tuple[str, str]]


def apart(choices: pl.DataFrame) -> tuple[pl.DataFrame, Named]:
    """The choices, those of comparisons under a name of their own; and file -> that name and what it asked."""
    sizes = (
        choices.group_by("file", "respondent", maintain_order=True)
        .agg(
            prompts=pl.struct("wording", "order", "explained").n_unique(),
            pairs=pl.struct("scenario_id", "value").n_unique(),
        )
        .filter((pl.col("prompts") > 1) & (pl.col("pairs") <= MANY))
    )
    found = {
        file: (f"{respondent}{SUFFIX}", f"{prompts} prompts, {pairs} pairs")
        for file, respondent, prompts, pairs in sizes.iter_rows()
    }
    names = {file: name for file, (name, _) in found.items()}
    renamed = pl.col("file").replace_strict(names, default=pl.col("respondent"), return_dtype=pl.String)
    return (choices.with_columns(respondent=renamed) if names else choices), found


def respondents(
    files_of: Mapping[str, Sequence[str]], comparisons: Named
) -> dict[str, tuple[list[str], str]]:
    """Files and condition of each respondent: those of comparisons, and whoever has other files."""
    found: dict[str, tuple[list[str], str]] = {}
    for name, files in files_of.items():
        if others := [file for file in files if file not in comparisons]:
            found[name] = others, MAIN
        for file in files:
            if file in comparisons:
                other, asked = comparisons[file]
                found.setdefault(other, ([], asked))[0].append(file)
    return found

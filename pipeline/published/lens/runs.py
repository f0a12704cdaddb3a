"""Runs: two files may hold answers of one model to the same prompts. Each keeps its answers, under a repeat of its own.

A full run has one prompt for every pair; a comparison of prompts has all eight for a few pairs, one of them that of the
full run. Neither may take the place of the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.published.problems import Log
from pipeline.tables.waist import CELL


def numbered(rows: pl.DataFrame, prompt: Sequence[str], log_of: dict[str, Log]) -> pl.DataFrame:
    """``repeat`` goes on from file to file of a respondent where they share a prompt: files with fewer prompts first,
    then by name. ``prompt``: the columns that make one."""
    sizes = (
        rows.group_by("respondent", "file")
        .agg(prompts=pl.struct(prompt).n_unique())
        .sort("respondent", "prompts", "file")
    )
    parts = rows.partition_by("respondent", "file", as_dict=True)
    kept = [rows.clear()]
    last: dict[tuple[object, ...], int] = {}
    for respondent, file, _ in sizes.iter_rows():
        part = parts[respondent, file]
        of_file = part.group_by(prompt).agg(most=pl.col("repeat").max())
        earlier = [last.get((respondent, *key), 0) for key in of_file.select(prompt).iter_rows()]
        if max(earlier) > 0:
            log_of[file].add(
                "another_run", f"repeats from {max(earlier) + 1} on, beside those of other files"
            )
        for (*key, most), before in zip(of_file.iter_rows(), earlier, strict=True):
            last[respondent, *key] = before + most
        shift = of_file.select(prompt).with_columns(before=pl.Series(earlier, dtype=pl.Int16))
        kept.append(
            part.join(shift, on=prompt, how="left", validate="m:1")
            .with_columns(repeat=pl.col("repeat") + pl.col("before"))
            .drop("before")
        )
    return pl.concat(kept)


def one_run(choices: pl.DataFrame, full: pl.Expr) -> pl.DataFrame:
    """Of each respondent the rows of one run: those of the file with the most pairs under the prompt ``full``."""
    under = choices.filter(full, repeat=pl.col("repeat").min().over("respondent", "origin"))
    sizes = under.group_by("respondent", "origin").agg(pairs=pl.struct(CELL).n_unique())
    ordered = sizes.sort("pairs", "origin", descending=[True, False])
    largest = ordered.unique("respondent", keep="first", maintain_order=True)
    return under.join(largest.select("respondent", "origin"), on=["respondent", "origin"], how="semi")


def several_prompts(choices: pl.DataFrame) -> pl.DataFrame:
    """Answers of files that compare prompts."""
    number = pl.struct("wording", "order", "explained").n_unique().over("respondent", "origin")
    return choices.filter(number > 1)

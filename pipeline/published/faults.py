"""Known faults of the publication, and every row that each one touches. None of them enters the imported tables."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.published.answers import letter
from pipeline.published.asked import INSTRUMENT
from pipeline.published.problems import shown
from pipeline.score.scoring import score_instruments
from pipeline.tables import conform
from pipeline.tables.published import PublishedFaults

FAULTS: dict[str, str] = {
    "answers_shift": "a parser that drops an empty answer gives the next question's answer to each later question",
    "left_out_of_denominator": "answers that do not count leave the denominator of the published shares unsaid",
    "adjusted_is_raw": "tables that are called adjusted hold raw means",
    "not_excluded": "the instrument's rules exclude the administration; the published means hold it",
    "category_by_row": "a category by row // 600 is wrong for a file that is not over all posts",
    "subsets_differ": "files of a subset hold different scenarios in the same places",
    "labels_swapped": "items are filed under another value than the key's",
    "targets_differ": "a question's target is another one for another model",
    "generator_labels": "the labels do not give each value one action of each generator",
}
CATEGORY_ROWS = 600

Row = tuple[str, str, int, int, str, str]


def find_faults(tables: dict[str, pl.DataFrame], categories: list[str]) -> pl.DataFrame:
    """Table PublishedFaults, in the order of ``FAULTS``.

    ``tables`` are those of an import, ``categories`` those of the metadata in their order there.
    """
    choices = _sourced(tables["choices"], tables["sources"])
    rows = [
        *_answers_shift(choices),
        *_left_out(choices),
        *_adjusted_is_raw(tables["cells"], tables["instrument_answers"]),
        *_not_excluded(tables["instrument_answers"], tables["sources"]),
        *_category_by_row(tables, categories),
        *_subsets_differ(tables["sources"]),
        *_labels_swapped(tables["problems"]),
        *_targets_differ(choices),
        *_generator_labels(tables["options"], choices),
    ]
    table = pl.DataFrame(rows, schema=PublishedFaults.create_empty().schema, orient="row")
    return conform(PublishedFaults, table, where="faults of the publication")


def _sourced(choices: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    return choices.join(
        sources,
        left_on=["respondent", "mode", "wording", "scenario_id"],
        right_on=["respondent", "instrument", "wording", "subject"],
        how="left",
        validate="m:1",
    ).sort("file", "line", "question_id")


def _answers_shift(choices: pl.DataFrame) -> Iterator[Row]:
    empty = choices.filter((pl.col("status") == "failed") & pl.col("raw").str.strip_chars().eq("")).select(
        "file", "line"
    )
    broken = choices.join(empty.unique(), on=["file", "line"], how="semi")
    for _, group in broken.group_by("file", "line", maintain_order=True):
        kept = [raw for raw in group["raw"] if raw and raw.strip()]
        for at, row in enumerate(group.iter_rows(named=True)):
            shifted = letter(kept[at])[1] if at < len(kept) else None
            if shifted != row["letter"]:
                detail = f"{row['letter'] or 'nothing'} would become {shifted or 'nothing'}"
                yield "answers_shift", row["file"], row["line"], row["wording"], row["question_id"], detail


def _left_out(choices: pl.DataFrame) -> Iterator[Row]:
    asked = choices.with_columns(
        asked=pl.len().over("respondent", "mode", "wording"),
        counted=(pl.col("status") == "answered").sum().over("respondent", "mode", "wording"),
    )
    for row in asked.filter(pl.col("status") != "answered").iter_rows(named=True):
        detail = (
            f"{row['mode']}: {row['status']} ({shown(row['raw'])}); "
            f"shares are of {row['counted']:,} and not of {row['asked']:,}"
        )
        yield "left_out_of_denominator", row["file"], row["line"], row["wording"], row["question_id"], detail


def _adjusted_is_raw(cells: pl.DataFrame, answers: pl.DataFrame) -> Iterator[Row]:
    overall = answers.group_by("respondent", "wording").agg(mrat=pl.col("answer").mean())
    declared = cells.filter(pl.col("measure") == "declared", pl.col("recomputed").is_not_null())
    for row in (
        declared.group_by("table", "respondent", "wording")
        .agg(raw=pl.col("agrees").all())
        .filter("raw")
        .join(overall, on=["respondent", "wording"], validate="m:1")
        .sort("table", "respondent")
        .iter_rows(named=True)
    ):
        detail = f"raw means; centred scores are lower by {row['mrat']:.2f}"
        yield "adjusted_is_raw", row["table"], 0, row["wording"], row["respondent"], detail


def _not_excluded(answers: pl.DataFrame, sources: pl.DataFrame) -> Iterator[Row]:
    excluded = score_instruments(answers).filter(pl.col("excluded").is_not_null())
    for row in (
        excluded.select("respondent", "excluded", subject=pl.col("administration").cast(pl.String))
        .unique()
        .join(
            sources.filter(pl.col("instrument") == INSTRUMENT.name),
            on=["respondent", "subject"],
            validate="1:1",
        )
        .sort("file", "line", "wording")
        .iter_rows(named=True)
    ):
        subject = f"administration {row['subject']}"
        yield "not_excluded", row["file"], row["line"], row["wording"], subject, row["excluded"]


def _blocks(sources: pl.DataFrame) -> pl.DataFrame:
    """One row a block of questions: file, block, its first line of answers, scenario."""
    return (
        sources.filter(pl.col("instrument") != INSTRUMENT.name)
        .group_by("file", "instrument", "block", scenario_id="subject")
        .agg(pl.col("line").min())
        .sort("file", "block")
    )


def _category_by_row(tables: dict[str, pl.DataFrame], categories: list[str]) -> Iterator[Row]:
    known = tables["scenarios"].filter(pl.col("metadata_row").is_not_null())
    blocks = _blocks(tables["sources"]).join(known, on="scenario_id", validate="m:1")
    for row in blocks.filter(pl.col("block") != pl.col("metadata_row") + 1).iter_rows(named=True):
        by_row = categories[min((row["block"] - 1) // CATEGORY_ROWS, len(categories) - 1)]
        if by_row != row["category"]:
            detail = f"place {row['block']} says {by_row}; the metadata says {row['category']}"
            yield "category_by_row", row["file"], row["line"], 0, row["scenario_id"], detail


def _subsets_differ(sources: pl.DataFrame) -> Iterator[Row]:
    blocks = _blocks(sources)
    files = {str(file): group for (file,), group in blocks.group_by("file", maintain_order=True)}
    for file, group in files.items():
        alike = {
            other: set(there["scenario_id"])
            for other, there in files.items()
            if other != file and there.height == group.height
        }
        alike = {other: there for other, there in alike.items() if there & set(group["scenario_id"])}
        for row in group.iter_rows(named=True):
            if lacking := [other for other, there in alike.items() if row["scenario_id"] not in there]:
                detail = f"block {row['block']} is another scenario in {', '.join(lacking)}"
                yield "subsets_differ", file, row["line"], 0, row["scenario_id"], detail


def _labels_swapped(problems: pl.DataFrame) -> Iterator[Row]:
    for row in problems.filter(pl.col("reason") == "label_disagrees").iter_rows(named=True):
        yield "labels_swapped", row["file"], row["line"], 0, row["subject"], row["detail"]


def _targets_differ(choices: pl.DataFrame) -> Iterator[Row]:
    first = choices.filter(pl.col("target_value").is_not_null()).unique(
        ["respondent", "mode", "question_id"], keep="first", maintain_order=True
    )
    differing = first.filter(pl.col("target_value").n_unique().over("mode", "question_id") > 1)
    for row in differing.iter_rows(named=True):
        detail = f"{row['mode']}: {row['target_value']} for {row['respondent']}"
        yield "targets_differ", row["file"], row["line"], 0, row["question_id"], detail


def _generator_labels(options: pl.DataFrame, choices: pl.DataFrame) -> Iterator[Row]:
    distinct = (
        options.group_by(scenario_id=pl.col("question_id").str.split(".").list.first())
        .agg(kinds=pl.struct("value", "generator").n_unique(), actions=pl.len())
        .filter(pl.col("kinds") != pl.col("actions"))
    )
    first = choices.unique("scenario_id", keep="first", maintain_order=True).select(
        "scenario_id", "file", "line"
    )
    for row in first.join(distinct, on="scenario_id", validate="1:1", maintain_order="left").iter_rows(
        named=True
    ):
        detail = f"{row['kinds']} of {row['actions']} pairs of value and generator"
        yield "generator_labels", row["file"], row["line"], 0, row["scenario_id"], detail

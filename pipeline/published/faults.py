"""Known faults of the publication: each once, with how many places it touches. None of them enters the imported tables.

A fault that cannot be looked for is not one that stops an import: nothing here raises for what the files hold.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from pipeline.published.asked import INSTRUMENT
from pipeline.published.compare import empty_answer
from pipeline.score.scoring import score_instruments
from pipeline.tables import conform
from pipeline.tables.published import PublishedFaults

FAULTS: dict[str, str] = {
    "left_out_of_denominator": "default mode: answers that do not count leave the denominator of the shares unsaid",
    "unread_is_wrong": "selection: an answer that cannot be read counts as a wrong choice",
    "answers_shift": "adoption: an empty answer is dropped, and those after it stand beside another question's target",
    "adjusted_is_raw": "tables that are called adjusted hold raw means",
    "not_excluded": "the instrument's rules exclude the administration; the published means hold it",
    "divided_by_fewer": "sums over administrations are divided by fewer than there are",
    "subsets_differ": "files of a subset hold different scenarios in the same places",
    "labels_swapped": "items are filed under another value than the key's",
    "targets_differ": "a question's target is another one for another model",
    "generator_labels": "the labels do not give each value one action of each generator",
}
EXAMPLES = 3
_NEEDED = (
    "respondent",
    "mode",
    "wording",
    "repeat",
    "scenario_id",
    "question_id",
    "status",
    "target_value",
)
# Columns file, line, text.
Places = pl.DataFrame
_NONE = pl.DataFrame(schema={"file": pl.String, "line": pl.Int64, "text": pl.String})


def find_faults(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Table PublishedFaults, in the order of ``FAULTS``; ``tables`` are those of an import."""
    choices = tables["choices"].select(_NEEDED, empty=empty_answer())
    sources = tables["sources"]
    found: dict[str, Callable[[], Places]] = {
        "left_out_of_denominator": lambda: _uncounted(choices, sources, "default"),
        "unread_is_wrong": lambda: _uncounted(choices, sources, "selection"),
        "answers_shift": lambda: _shifted(choices, sources),
        "adjusted_is_raw": lambda: _adjusted_is_raw(tables["cells"], tables["instrument_answers"]),
        "not_excluded": lambda: _not_excluded(tables["instrument_answers"], tables["sources"]),
        "divided_by_fewer": lambda: _of_reason(tables["problems"], "trial_twice"),
        "subsets_differ": lambda: _subsets_differ(tables["sources"]),
        "labels_swapped": lambda: _of_reason(tables["problems"], "label_disagrees"),
        "targets_differ": lambda: _targets_differ(choices, sources),
        "generator_labels": lambda: _generator_labels(tables["options"], sources),
    }
    rows = []
    for fault, places in found.items():
        touched = places().sort("file", "line", maintain_order=True)
        if touched.height:
            shown = touched.head(EXAMPLES).select(
                pl.format("{}:{} {}", "file", "line", pl.col("text").fill_null("")).alias("example")
            )
            rows.append(
                {
                    "fault": fault,
                    "meaning": FAULTS[fault],
                    "places": touched.height,
                    "files": touched["file"].n_unique(),
                    "examples": shown["example"].to_list(),
                }
            )
    return conform(PublishedFaults, rows, where="faults of the publication")


def _sourced(choices: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """File and line beside each row; only of rows that are touched, because there may be millions."""
    return choices.join(
        sources,
        left_on=["respondent", "mode", "wording", "scenario_id", "repeat"],
        right_on=["respondent", "instrument", "wording", "subject", "repeat"],
        how="left",
        validate="m:1",
    ).sort("file", "line", "question_id")


def _uncounted(choices: pl.DataFrame, sources: pl.DataFrame, mode: str) -> Places:
    group = ["respondent", "wording"]
    of_mode = choices.filter(pl.col("mode") == mode)
    counts = of_mode.group_by(group).agg(asked=pl.len(), counted=(pl.col("status") == "answered").sum())
    lost = _sourced(of_mode.filter(pl.col("status") != "answered"), sources)
    return lost.join(counts, on=group, how="left", validate="m:1", maintain_order="left").select(
        "file",
        "line",
        text=pl.format("{} {}: {} of {} count", "question_id", "status", "counted", "asked"),
    )


def _shifted(choices: pl.DataFrame, sources: pl.DataFrame) -> Places:
    lists = ["respondent", "mode", "wording", "scenario_id", "repeat"]
    asked = choices.filter(pl.col("mode") == "adoption")
    some = _sourced(asked.join(asked.filter("empty"), on=lists, how="semi"), sources)
    after = pl.col("empty").cum_sum().over(lists) > 0
    return some.filter(after).select(
        "file", "line", text=pl.format("{}: stands after an empty answer, or is one", "question_id")
    )


def _adjusted_is_raw(cells: pl.DataFrame, answers: pl.DataFrame) -> Places:
    overall = answers.group_by("respondent", "wording").agg(mrat=pl.col("answer").mean())
    return (
        cells.filter(pl.col("measure") == "declared", pl.col("recomputed").is_not_null())
        .group_by("table", "respondent", "wording")
        .agg(raw=pl.col("agrees").all())
        .filter("raw")
        .join(overall, on=["respondent", "wording"], validate="m:1")
        .sort("table", "respondent")
        .select(
            file="table",
            line=pl.lit(0, pl.Int64),
            text=pl.format("{}: centred scores are lower by {}", "respondent", pl.col("mrat").round(2)),
        )
    )


def _not_excluded(answers: pl.DataFrame, sources: pl.DataFrame) -> Places:
    excluded = score_instruments(answers).filter(pl.col("excluded").is_not_null())
    return (
        excluded.select("respondent", "excluded", subject=pl.col("administration").cast(pl.String))
        .unique()
        .join(
            sources.filter(pl.col("instrument") == INSTRUMENT.name),
            on=["respondent", "subject"],
            validate="1:1",
        )
        .sort("file", "line", "wording")
        .select("file", "line", text=pl.format("administration {}: {}", "subject", "excluded"))
    )


def _of_reason(problems: pl.DataFrame, reason: str) -> Places:
    return problems.filter(reason=reason).select(
        "file", "line", text=pl.format("{} {}", "subject", "detail").str.strip_chars()
    )


def _subsets_differ(sources: pl.DataFrame) -> Places:
    """Scenarios that another file of as many blocks, with some scenarios in common, does not have."""
    blocks = (
        sources.filter(pl.col("instrument") != INSTRUMENT.name)
        .group_by("file", "block", "subject")
        .agg(pl.col("line").min())
    )
    files = {str(file): group for (file,), group in blocks.partition_by("file", as_dict=True).items()}
    scenarios = {file: frozenset(group["subject"]) for file, group in files.items()}
    found = [_NONE]
    for file, group in sorted(files.items()):
        lacking: set[str] = set()
        for other, theirs in scenarios.items():
            if files[other].height == group.height and theirs != scenarios[file] and theirs & scenarios[file]:
                lacking |= scenarios[file] - theirs
        some = group.filter(pl.col("subject").is_in(sorted(lacking)))
        found.append(some.select("file", "line", text=pl.format("block {}: {}", "block", "subject")))
    return pl.concat(found)


def _targets_differ(choices: pl.DataFrame, sources: pl.DataFrame) -> Places:
    first = choices.filter(pl.col("target_value").is_not_null(), pl.col("repeat") == 1).unique(
        ["respondent", "mode", "question_id"], keep="first", maintain_order=True
    )
    differing = first.filter(pl.col("target_value").n_unique().over("mode", "question_id") > 1)
    return _sourced(differing, sources).select(
        "file", "line", text=pl.format("{}: {} for {}", "question_id", "target_value", "respondent")
    )


def _generator_labels(options: pl.DataFrame, sources: pl.DataFrame) -> Places:
    distinct = (
        options.group_by(scenario_id=pl.col("question_id").str.split(".").list.first())
        .agg(kinds=pl.struct("value", "generator").n_unique(), actions=pl.len())
        .filter(pl.col("kinds") != pl.col("actions"))
    )
    first = (
        sources.filter(pl.col("instrument") != INSTRUMENT.name)
        .sort("file", "line")
        .unique("subject", keep="first", maintain_order=True)
        .select("file", "line", scenario_id="subject")
    )
    return first.join(distinct, on="scenario_id", validate="1:1", maintain_order="left").select(
        "file",
        "line",
        text=pl.format("{}: {} of {} pairs of value and generator", "scenario_id", "kinds", "actions"),
    )

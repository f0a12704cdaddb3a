"""The sections of the report: sentences, tables and figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from pipeline.lens.report import people
from pipeline.lens.report.figures import Tables
from pipeline.measures.gaps import MEASURES
from pipeline.report.document import (
    Cell,
    Picture,
    Section,
    Table,
    count,
    counted,
    interval,
    number,
    percent,
    probability,
)
from pipeline.tables.measures import OVERALL, RUN

# What stands beside the rate, and why it is there.
BESIDE = (
    "rate",
    "rate_best",
    "rate_independent",
    "agreement",
    "kappa",
    "phi",
    "phi_best",
    "auc",
    "distance",
    "r_values",
)
# What people have instead of a rate: no person has the values of a scenario.
OF_CELLS = ("f1", "f1_best", "f1_independent")
PROMPTS = {
    "order": "the action that expresses the value is shown first, or second",
    "named": "the prompt names the value, or not",
    "explained": "an explanation is asked for first, or not",
    "acted": "choices of one pair are alike (mode share)",
    "stated_side": "ratings of one value are on one side (mode share)",
    "stated_rating": "ratings of one value are the same (mode share)",
}


LABELS = {"stated": "what it states", "chosen": "what it chooses"}
SETTINGS = {
    "action": "the action",
    "spans": "its spans as well",
    "explanation": "its explanation as well",
    "both": "spans and explanation as well",
}
# Fewer of its values than this share, and a scenario's rate is of other values than those of others.
WHOLE = 0.5
# More columns of respondents than a page holds upright.
MANY = 4


def sections(tables: Tables, pictures: Sequence[tuple[str, Picture]]) -> Iterator[Section]:
    yield _asked(tables)
    yield _gap(tables)
    for name in tables["respondents"]["respondent"]:
        own = [picture for respondent, picture in pictures if respondent == name]
        if own:
            yield Section(f"Where {name} is far from what it states", pictures=own)
    yield _mismatches(tables)
    yield _factors(tables)
    yield _prompts(tables)
    if "predicted" in tables:
        yield _predicted(tables)


def _asked(tables: Tables) -> Section:
    told = [*(_actions(tables) if "actions" in tables else []), *people.numbers(tables)]
    return Section("What was asked", told, [_answers(tables)])


def _actions(tables: Tables) -> list[str]:
    actions, pairs = tables["actions"], tables["pairs"]
    statuses = dict(actions["status"].value_counts(sort=True).iter_rows())
    marks = ("spans_verbatim", "value_not_named", "own_to_country")
    shown = actions.filter(pl.col("status") == "ok")
    return [
        f"{counted(actions.height, 'action was', 'actions were')} asked for: "
        + ", ".join(f"{count(n)} {status}" for status, n in statuses.items())
        + f". {counted(pairs.height, 'pair has', 'pairs have')} both actions and "
        f"{counted(tables['lost'].height, 'is', 'are')} not asked. No refusal stands for an action.",
        "Of the actions shown, "
        + ", ".join(f"{count(shown.filter(~pl.col(mark)).height)} fail {mark}" for mark in marks)
        + f"; {count(pairs.filter(~pl.col('same_matter')).height)} pairs share no word of content.",
    ]


def _answers(tables: Tables) -> Table:
    """Who was asked; a cell has both where something was stated and something chosen."""
    rows = []
    key = people.cell(tables["declared"])
    stated, acted = (tables[name].select(key) for name in ("declared", "enacted"))
    for name, group, kind in tables["respondents"].select("respondent", "group", "kind").iter_rows():
        mine = [part.filter(respondent=name) for part in (stated, acted)]
        both = mine[0].join(mine[1], on=key).height
        line = [name, kind, group, count(pl.concat(mine)["scenario_id"].n_unique())]
        for task in ("ratings", "choices"):
            asked = tables[task].filter(pl.col("respondent") == name)
            answered = asked.filter(pl.col("status") == "answered").height
            line += [
                count(asked.height),
                percent(answered / asked.height if asked.height else None),
                count(asked.height - answered),
            ]
        rows.append([*line, count(both), *(count(part.height - both) for part in mine)])
    header = ["respondent", "kind", "group", "scenarios", "ratings", "answered", "missing"]
    header += ["choices", "answered", "missing", "cells with both", "only stated", "only chosen"]
    caption = "Who was asked, and how much was answered"
    return Table(caption, header, rows, "../score/respondents.parquet", wide=True)


def _gap(tables: Tables) -> Section:
    text = [
        "V is what a respondent states and A how it acts, both from 0 (agrees with the value) to 1 (disagrees). The "
        "rate of the paper is F1 with 'disagree' as the positive class; it depends on how often somebody disagrees at "
        "all, so it does not compare respondents. What their margins allow, and what independence would give, stand "
        "beside it.",
        "Intervals take the scenarios as a sample of more of their kind.",
    ]
    gap = tables["alignment"].filter(
        pl.col("compared") == "stated_acted",
        pl.col("values") == "all",
        pl.col("factor").is_in([OVERALL, RUN]),
    )
    overall, same = gap.filter(factor=OVERALL), gap.filter(factor=RUN)
    if overall.is_empty():
        nobody = ["Nobody both rated values and chose between actions: there is no gap to measure."]
        return Section("The gap", text, missing=nobody)
    shown = [_beside("Stated and chosen", overall)]
    if same.height:
        here = overall.join(same, on="respondent", how="anti")
        shown.append(_beside("The same, on the scenarios of this run alone", pl.concat([here, same])))
    return Section("The gap", text, shown, missing=_partial(tables, overall))


def _beside(caption: str, rows: pl.DataFrame) -> Table:
    """A column a respondent, a line a measure; then what it is of."""
    found: Mapping[tuple[str, str], tuple[float | None, ...]] = {
        (row[0], row[1]): row[2:]
        for row in rows.select("respondent", "measure", "estimate", "low", "high").iter_rows()
    }
    names = sorted(rows["respondent"].unique())
    lines: list[list[str | Cell]] = []
    without_rate = {name for name, _ in found} - {name for name, measure in found if measure == "rate"}
    for measure in (*BESIDE, *(OF_CELLS if without_rate else ())):
        cells: list[str | Cell] = [measure, MEASURES[measure].meaning]
        for name in names:
            estimate, low, high = found.get((name, measure), (None, None, None))
            cells.append(Cell(number(estimate), interval(low, high)))
        lines.append(cells)
    for size, meaning in (("cells", "Cells with both"), ("scenarios", "Scenarios that they are in")):
        sizes = dict(rows.select("respondent", size).iter_rows())
        lines.append([size, meaning, *(count(sizes[name]) for name in names)])
    return Table(
        caption, ["measure", "meaning", *names], lines, "../analyse/alignment.parquet", wide=len(names) > MANY
    )


def _partial(tables: Tables, overall: pl.DataFrame) -> list[str]:
    """Whose scenarios hold so few values that their rates are about something else."""
    rated = overall.filter(measure="rate").sort("respondent")
    asked = max(1, tables["declared"]["value"].n_unique())
    return [
        f"{name} has {number(cells / scenarios, 1)} of {count(asked)} values in a scenario: its rates are of other "
        "values in each, and compare with nobody's."
        for name, cells, scenarios in rated.select("respondent", "cells", "scenarios").iter_rows()
        if cells < WHOLE * asked * scenarios
    ]


def _mismatches(tables: Tables) -> Section:
    columns = (
        "states_agrees_acts_against",
        "states_against_acts_for",
        "both_disagree",
        "both_agree",
        "at_middle",
    )
    rows = [
        [name, *map(count, numbers)]
        for name, *numbers in tables["mismatches"]
        .filter(pl.col("factor") == OVERALL)
        .select("respondent", *columns)
        .iter_rows()
    ]
    header = ["respondent", *(column.replace("_", " ") for column in columns)]
    table = Table("Cells by what is stated and done", header, rows, "../analyse/mismatches.parquet")
    return Section("Mismatches", tables=[table] if rows else [])


def _factors(tables: Tables) -> Section:
    rows = [
        [
            row["respondent"],
            row["factor"],
            count(row["levels"]),
            number(row["lowest"]),
            number(row["highest"]),
            probability(row["p"]),
        ]
        for row in tables["factor_effects"].iter_rows(named=True)
    ]
    header = ["respondent", "factor", "levels", "lowest rate", "highest rate", "p"]
    text = [
        "p is of a permutation of countries within topics, or of topics within countries: chance alone moves rates."
    ]
    table = Table("Countries and topics", header, rows, "../analyse/factor_effects.parquet")
    return Section("Do countries and topics differ?", text if rows else [], [table] if rows else [])


def _prompts(tables: Tables) -> Section:
    rows: list[list[str | Cell]] = [
        [
            row["respondent"],
            PROMPTS.get(row["part"], row["part"]),
            row["side"].replace("_", " "),
            Cell(number(row["estimate"]), interval(row["low"], row["high"])),
            count(row["n"]),
        ]
        for row in tables["prompt_effects"].iter_rows(named=True)
    ]
    table = Table(
        "What the prompt does",
        ["respondent", "part", "side", "estimate", "n"],
        rows,
        "../analyse/prompt_effects.parquet",
    )
    text = ["Estimates are shares of choices that express the value, unless a mode share is named."]
    return Section("What the prompt does", text if rows else [], [table] if rows else [])


def _predicted(tables: Tables) -> Section:
    rows: list[list[str | Cell]] = [
        [
            row["observer"],
            row["respondent"],
            LABELS[row["label_kind"]],
            SETTINGS[row["setting"]],
            Cell(number(row["f1"]), interval(row["f1_low"], row["f1_high"])),
            number(row["majority_f1"]),
            Cell(number(row["accuracy"]), interval(row["accuracy_low"], row["accuracy_high"])),
            number(row["majority_accuracy"]),
            Cell(number(row["auc"]), interval(row["auc_low"], row["auc_high"])),
            count(row["asked"]),
            count(row["unread"]),
        ]
        for row in tables["predicted"].iter_rows(named=True)
    ]
    text = [
        "An observer sees examples of a respondent from half of the scenarios, and says of actions from the others "
        "whether the respondent agrees. Agreeing is, of what is stated, that the action goes with it; of what is "
        "chosen, that it was taken. Always saying what more of the labels are gives the F1 and the share of right "
        "answers beside; the area under the curve is one half by chance. Observers of kind words compare words and "
        "ask nobody.",
    ]
    header = ["observer", "respondent", "label", "examples show", "F1", "F1 of the majority", "right"]
    header += ["right by majority", "area under the curve", "actions", "unread"]
    table = Table("Predictions", header, rows, "../predict/scores.parquet", wide=True)
    return Section("Can others tell?", text if rows else [], [table] if rows else [])

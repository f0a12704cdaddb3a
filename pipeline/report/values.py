"""Sections on values: who answered, what they enact, what they declare, and the gap between the two."""

from __future__ import annotations

import polars as pl

from pipeline.report.document import (
    NOTHING,
    Section,
    Table,
    between,
    count,
    listed,
    notes_on,
    number,
    probability,
)
from pipeline.report.figure import Tables
from pipeline.values.schwartz import BY_SLUG, SLUGS

KIND_NAMES = {
    "model": "models",
    "simulated": "simulated respondents",
    "human": "people",
    "published": "published results of models",
}


def respondents(tables: Tables) -> Section:
    """Who answered; first of all whether anybody did."""
    who = tables["respondents"].sort("kind", "respondent")
    kinds = who.group_by("kind", maintain_order=True).len()
    parts = [f"{count(n)} {KIND_NAMES[kind]}" for kind, n in kinds.iter_rows()]
    text = [f"{listed(parts)} answered." if parts else "Nobody has answered yet."]
    if "simulated" in set(who["kind"]):
        text.append(
            "**Simulated respondents are programs with known values, made to check the method. Their numbers say "
            "nothing about any language model or person.**"
        )
    people = who.filter(pl.col("kind") == "human")
    others = who.filter(pl.col("kind") != "human")
    rows = [
        [
            row["respondent"],
            KIND_NAMES[row["kind"]].rstrip("s") if row["kind"] != "published" else "published",
            row["model"] or NOTHING,
            row["served_model"] or NOTHING,
            number(row["temperature"], 1),
            row["source"],
        ]
        for row in others.iter_rows(named=True)
    ]
    for group, n in people.group_by("group", maintain_order=True).len().iter_rows():
        rows.append([f"{n} people", "people", NOTHING, NOTHING, NOTHING, group])
    header = ["respondent", "kind", "model asked for", "model that answered", "temperature", "source"]
    return Section(
        "Who answered", text, [Table("Respondents", header, rows, "data/score/respondents.parquet")]
    )


def enacted(tables: Tables) -> Section:
    profiles = tables["profiles"]
    pooled = profiles.filter(
        (pl.col("mode") == "default")
        & (pl.col("category") == "all")
        & (pl.col("language") == "all")
        & (pl.col("wording") == 0)
    )
    names = _others(pooled, tables)
    rows = []
    for slug in SLUGS:
        of = {row["respondent"]: row for row in pooled.filter(pl.col("value") == slug).iter_rows(named=True)}
        rows.append(
            [
                BY_SLUG[slug].name,
                *(
                    f"{number(of[name]['share_of_choices'])} {between(of[name]['low'], of[name]['high'])}"
                    if name in of
                    else NOTHING
                    for name in names
                ),
            ]
        )
    text = [
        "An enacted value is the share of choices that went to actions of the value, over all questions answered in "
        "default mode. The interval resamples scenarios, since the five questions of one scenario are no "
        "independent cases."
    ]
    text += [
        f"{row['respondent']}: {count(row['choices'])} choices in {count(row['scenarios'])} scenarios."
        for row in pooled.unique("respondent", maintain_order=True).iter_rows(named=True)
        if row["respondent"] in names
    ]
    shown = (
        [Table("Share of choices", ["value", *names], rows, "data/analyse/profiles.parquet")] if names else []
    )
    return Section("Enacted values", text, shown, missing=notes_on(tables["notes"], "profiles"))


def declared(tables: Tables) -> Section:
    basic = tables["declared"].filter(pl.col("level") == "basic")
    names = _others(basic, tables)
    rows = []
    for slug in SLUGS:
        of = {row["respondent"]: row for row in basic.filter(pl.col("value") == slug).iter_rows(named=True)}
        rows.append(
            [
                BY_SLUG[slug].name,
                *(
                    f"{number(of[name]['mean'], 2)} {between(of[name]['low'], of[name]['high'], 2)}"
                    if name in of
                    else NOTHING
                    for name in names
                ),
            ]
        )
    text = [
        "A declared value is the mean answer to its items in the questionnaire, from 1 (not like me at all) to 6 (very "
        "much like me), over all administrations that count. Centring an administration on its own mean moves all "
        "ten values alike, so it changes no correlation within a respondent."
    ]
    shown = (
        [Table("Questionnaire means", ["value", *names], rows, "data/analyse/declared.parquet")]
        if names
        else []
    )
    return Section("Declared values", text, shown, missing=notes_on(tables["notes"], "declared"))


def gap(tables: Tables) -> Section:
    gaps = tables["gaps"].filter(pl.col("r").is_not_null())
    alone = gaps.filter(pl.col("kind") != "human")
    rows = [
        [
            row["respondent"],
            number(row["r"]),
            between(row["low"], row["high"]),
            between(row["fisher_low"], row["fisher_high"], 2),
            probability(row["permutation_p"]),
            number(row["spearman"]),
            number(row["disattenuated"]),
            number(row["enacted_reliability"]),
            number(row["declared_reliability"]),
        ]
        for row in alone.iter_rows(named=True)
    ]
    header = [
        "respondent",
        "r",
        "scenarios resampled",
        "ten values as a sample",
        "p (permutation)",
        "Spearman",
        "disattenuated r",
        "reliability, enacted",
        "reliability, declared",
    ]
    text = [
        "The published gap is the correlation of the declared with the enacted profile over the ten values. Two "
        "questions hide in its interval. How well is it measured, for these ten values? Resampling scenarios and "
        "administrations answers that. Would it hold for values in general? Then ten values are a sample of ten, and "
        "Fisher's interval says so."
    ]
    apart = gaps.filter((pl.col("fisher_low") > 0) | (pl.col("fisher_high") < 0)).height
    if gaps.height:
        text.append(
            f"With the ten values as a sample, {count(apart)} of {count(gaps.height)} correlations are told from zero."
        )
    for row in _summary(tables, "declared_enacted_r"):
        if row["n"] == 1:
            continue
        text.append(
            f"Mean r of {count(row['n'])} {KIND_NAMES[row['kind']]}: {number(row['mean'])} "
            f"{between(row['low'], row['high'])}, from {number(row['min'])} to {number(row['max'])}."
        )
    shown = [Table("Declared against enacted", header, rows, "data/analyse/gaps.parquet")] if rows else []
    return Section(
        "The knowledge-action gap", text, shown, missing=notes_on(tables["notes"], "gaps", "reliability")
    )


def pooled_gap(tables: Tables) -> Section:
    logit = tables["conditional_logit"]
    rows = [
        [
            row["name"]
            if row["scope"] == "respondent"
            else f"all {KIND_NAMES.get(row['name'], row['name'])}",
            "with a constant for each value"
            if row["model"] == "declared_and_values"
            else "declared score only",
            number(row["odds_ratio"], 2),
            number(row["coefficient"]),
            between(row["low"], row["high"]),
            probability(row["p"]),
            number(row["value_standard_error"]),
            count(row["choices"]),
        ]
        for row in logit.iter_rows(named=True)
    ]
    header = [
        "of whom",
        "model",
        "odds ratio",
        "coefficient",
        "interval",
        "p",
        "standard error, values as a sample",
        "choices",
    ]
    text = [
        "A conditional logit uses every choice instead of ten sums: how much more likely is an action to be chosen "
        "when the respondent has declared its value one point higher? An odds ratio of 1 says that what is declared "
        "does not matter for what is chosen."
    ]
    shown = (
        [Table("Conditional logit", header, rows, "data/analyse/conditional_logit.parquet")] if rows else []
    )
    return Section(
        "Choice by choice",
        text if rows else [],
        shown,
        missing=notes_on(tables["notes"], "conditional_logit"),
    )


def _summary(tables: Tables, *statistics: str) -> list[dict]:
    return tables["summaries"].filter(pl.col("statistic").is_in(statistics)).to_dicts()


def _others(rows: pl.DataFrame, tables: Tables) -> list[str]:
    """Respondents in the rows that are no people, who have no column of their own."""
    people = tables["respondents"].filter(pl.col("kind") == "human")["respondent"]
    return (
        rows.filter(~pl.col("respondent").is_in(people.implode()))["respondent"]
        .unique(maintain_order=True)
        .to_list()
    )

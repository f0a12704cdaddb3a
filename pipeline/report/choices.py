"""Sections on choices: agreement, selection and adoption, positions, wordings, models and people, missing answers."""

from __future__ import annotations

import polars as pl

from pipeline.instruments import load
from pipeline.report.document import NOTHING, Section, Table, between, count, notes_on, number, probability
from pipeline.report.figure import Tables
from pipeline.report.values import KIND_NAMES
from pipeline.tables.columns import LETTERS
from pipeline.values import Inventory

# Pairs shown in full; beyond that a summary has to do, and the table's file has them all.
MANY_PAIRS = 60


def correlations(tables: Tables, inventory: Inventory) -> Section:
    rows = [
        [
            "enacted" if row["statistic"] == "enacted_r" else f"declared, {load(row['instrument']).title}",
            KIND_NAMES[row["kind"]],
            count(row["n"]),
            number(row["min"]),
            number(row["mean"]),
            number(row["max"]),
            between(row["low"], row["high"]),
        ]
        for row in tables["summaries"].iter_rows(named=True)
        if row["statistic"] in ("enacted_r", "declared_r")
    ]
    header = ["profiles", "of whom", "pairs", "smallest r", "mean r", "largest r", "interval of the mean"]
    text = [
        "How alike are two respondents' profiles? A correlation over a few sums is high as soon as both prefer the "
        "same "
        "few values; the next section says how often they choose the same action."
    ]
    shown = (
        [Table("Correlations of profiles", header, rows, "data/analyse/summaries.parquet")] if rows else []
    )
    return Section(
        "Respondents among each other",
        text if rows else [],
        shown,
        missing=notes_on(tables["notes"], "cross_correlations", "summaries"),
    )


def agreement(tables: Tables, inventory: Inventory) -> Section:
    pairs = tables["agreement"].sort("mode", "level", "a", "b", descending=[False, True, False, False])
    header = ["mode", "who", "questions", "same action", "interval", "kappa", "AC1", "self-agreement"]
    rows = [
        [
            row["mode"],
            f"{row['a']} with itself" if row["level"] == "within" else f"{row['a']}, {row['b']}",
            count(row["questions"]),
            number(row["share"]),
            between(row["low"], row["high"]),
            number(row["kappa"]),
            number(row["ac1"]),
            number(row["self_agreement"]),
        ]
        for row in pairs.head(MANY_PAIRS).iter_rows(named=True)
    ]
    text = [
        "How often do two answers to the same question choose the same action? 'With itself' compares a respondent's "
        "answers under different wordings (or repeats of one), and so are two respondents compared. Self-agreement "
        "is what two would reach that differ no more than each from itself: the geometric mean of the two."
    ]
    if pairs.height > MANY_PAIRS:
        text.append(f"The first {MANY_PAIRS} of {count(pairs.height)} rows are shown.")
    shown = [Table("Agreement item by item", header, rows, "data/analyse/agreement.parquet")] if rows else []
    return Section(
        "Agreement item by item", text if rows else [], shown, missing=notes_on(tables["notes"], "agreement")
    )


def selection_adoption(tables: Tables, inventory: Inventory) -> Section:
    drops = tables["drops"]
    overall = drops.filter(pl.col("value") == "all")
    header = [
        "respondent",
        "pairs",
        "selection",
        "adoption",
        "drop",
        "interval",
        "p (all pairs, clustered)",
        "adoption where selection was right",
        "selection where adoption was right",
    ]
    rows = [
        [
            row["respondent"],
            count(row["pairs"]),
            number(row["selection"]),
            number(row["adoption"]),
            number(row["drop"]),
            between(row["low"], row["high"]),
            probability(row["cluster_p"]),
            number(row["adoption_given_selection"]),
            number(row["selection_given_adoption"]),
        ]
        for row in overall.iter_rows(named=True)
    ]
    each = drops.filter((pl.col("value") != "all") & (pl.col("cluster_holm_p") < 0.05))
    header_each = ["respondent", "value", "selection", "adoption", "drop", "interval", "p (clustered, Holm)"]
    rows_each = [
        [
            row["respondent"],
            inventory.by_slug[row["value"]].name,
            number(row["selection"]),
            number(row["adoption"]),
            number(row["drop"]),
            between(row["low"], row["high"]),
            probability(row["cluster_holm_p"]),
        ]
        for row in each.iter_rows(named=True)
    ]
    text = [
        "Selection asks which action best expresses a named value, adoption what somebody who holds it would do. Both "
        "ask about the same target of the same question, so the difference is a paired one. The published "
        "restricted drop looks only at questions that selection got right, where adoption can but fall; its mirror "
        "image stands beside it."
    ]
    shown = []
    if rows:
        shown.append(Table("Selection and adoption", header, rows, "data/analyse/drops.parquet"))
    if rows_each:
        caption = "Values with a drop that is told from zero after Holm's correction"
        shown.append(Table(caption, header_each, rows_each, "data/analyse/drops.parquet"))
    return Section(
        "Selection and adoption",
        text if rows else [],
        shown,
        missing=notes_on(tables["notes"], "accuracy", "drops"),
    )


def positions(tables: Tables, inventory: Inventory) -> Section:
    bias = tables["positions"]
    kinds = tables["respondents"].select("respondent", "kind")
    rows = []
    shown = sorted(bias["letter"].unique()) or list(LETTERS[:4])
    for (respondent, mode), letters in (
        bias.join(kinds, on="respondent", how="left")
        .filter(pl.col("kind") != "human")
        .group_by("respondent", "mode", maintain_order=True)
    ):
        of = {row["letter"]: row for row in letters.iter_rows(named=True)}
        shares = [number(of[letter]["share"]) if letter in of else NOTHING for letter in shown]
        rows.append([respondent, mode, *shares, probability(letters["joint_p"][0])])
    wordings = tables["wordings"]
    summed = wordings.group_by("respondent", "mode", maintain_order=True).agg(
        pl.len().alias("pairs"),
        pl.col("share").mean(),
        pl.col("profile_r").min(),
        pl.col("shift").abs().max(),
    )
    rows_wordings = [
        [
            row["respondent"],
            row["mode"],
            count(row["pairs"]),
            *(number(row[c]) for c in ("share", "profile_r", "shift")),
        ]
        for row in summed.iter_rows(named=True)
    ]
    header = ["respondent", "mode", *shown, f"p (all 1/{len(shown)})"]
    header_wordings = [
        "respondent",
        "mode",
        "pairs of wordings",
        "mean same answer",
        "lowest r",
        "largest shift",
    ]
    text = [
        "A letter is counted as it was shown. Where the options of a question are permuted between wordings, a "
        "preference for a place shows here and evens out in the profiles; where they are shown as dealt, it cannot "
        "be told from a preference for what stood there."
    ]
    shown = []
    if rows:
        shown.append(Table("Share of each letter", header, rows, "data/analyse/positions.parquet"))
    if rows_wordings:
        shown.append(Table("Wordings", header_wordings, rows_wordings, "data/analyse/wordings.parquet"))
    return Section(
        "Positions and wordings",
        text if shown else [],
        shown,
        missing=notes_on(tables["notes"], "positions", "wordings"),
    )


def equal_length(tables: Tables, inventory: Inventory) -> Section:
    spread = tables["equal_length"]
    header = ["who", "measure", "respondents", "questions", "draws", "estimate", "80 % or more of the draws"]
    rows = [
        [
            {"people": "people", "models": "models on people's forms", "models_full": "models on everything"}[
                row["population"]
            ],
            row["measure"].replace("_", " ")
            + (f", {load(row['instrument']).title}" if row["measure"].startswith("gap") else ""),
            count(row["respondents"]),
            number(row["questions"], 0),
            count(row["draws"]),
            number(row["estimate"]),
            between(row["low"], row["high"]),
        ]
        for row in spread.iter_rows(named=True)
    ]
    header[-1] = "interval of the draws"
    text = [
        "People answer some eighty questions, models thousands. The fewer the questions, the noisier a profile and the "
        "wider the spread of correlations, whoever answers. Here models answer what people's forms asked, so that "
        "the two spreads can be compared."
    ]
    shown = [Table("Equal length", header, rows, "data/analyse/equal_length.parquet")] if rows else []
    return Section(
        "Models beside people", text if rows else [], shown, missing=notes_on(tables["notes"], "equal_length")
    )


def missing(tables: Tables, inventory: Inventory) -> Section:
    of = tables["missing"].filter((pl.col("language") == "all") & (pl.col("wording") == 0))
    kinds = tables["respondents"].select("respondent", "kind", "group")
    counted = (
        of.join(kinds, on="respondent", how="left")
        .with_columns(
            who=pl.when(pl.col("kind") == "human")
            .then(pl.format("people ({})", "group"))
            .otherwise(pl.col("respondent"))
        )
        .group_by("who", "instrument", "status", maintain_order=True)
        .agg(pl.col("count").sum(), pl.col("asked").sum())
    )
    statuses = ["answered", "abstained", "invalid", "refused", "blocked", "failed"]
    rows = []
    for (who, instrument), part in counted.group_by("who", "instrument", maintain_order=True):
        by = dict(part.select("status", "count").iter_rows())
        rows.append(
            [who, instrument, count(part["asked"].sort().item(-1)), *(count(by.get(s, 0)) for s in statuses)]
        )
    text = [
        "Every question asked has one row, answered or not. Shares and accuracies are over answered questions; "
        "accuracies over all that were asked are in the table of accuracies."
    ]
    header = ["who", "instrument", "asked", *statuses]
    shown = (
        [Table("What became of the questions", header, rows, "data/analyse/missing.parquet")] if rows else []
    )
    return Section("What was not answered", text, shown, missing=notes_on(tables["notes"], "missing"))

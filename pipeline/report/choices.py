"""Sections on choices: agreement, selection and adoption, positions, wordings, models and people, missing answers."""

from __future__ import annotations

from urllib.parse import urlencode

import polars as pl

from pipeline.instruments import load
from pipeline.report import kinds, people
from pipeline.report.document import (
    NOTHING,
    Cell,
    Section,
    Table,
    between,
    count,
    interval,
    number,
    probability,
)
from pipeline.report.figure import Tables
from pipeline.report.notes import notes_on
from pipeline.tables.columns import LETTERS
from pipeline.values import Inventory

# Pairs shown in full; beyond that a summary has to do, and the table's file has them all.
MANY_PAIRS = 60
LIKENESS = {
    "r": "r",
    "value_only_r": "r of value-only choosers",
    "half_r": "r on other scenarios",
    "distinctive_r": "r without the common profile",
    "agreement": "same action",
    "value_only_agreement": "the same of value-only choosers",
}
# Modes in which profiles are flat by design: the target of each question is drawn, and so is what is chosen.
TARGETED = ("selection", "adoption")


def correlations(tables: Tables, inventory: Inventory) -> Section:
    rows: list[list[str | Cell]] = [
        [
            "enacted" if row["statistic"] == "enacted_r" else f"declared, {load(row['instrument']).title}",
            kinds.many(row["kind"]),
            count(row["n"]),
            number(row["min"]),
            Cell(number(row["mean"]), people.own_interval(row)),
            between(row["value_low"], row["value_high"]),
            between(*people.sample_interval(row)),
            number(row["max"]),
        ]
        for row in tables["summaries"].iter_rows(named=True)
        if row["statistic"] in ("enacted_r", "declared_r")
    ]
    header = [
        "profiles",
        "of whom",
        "pairs",
        "smallest r",
        "mean r, these respondents and values",
        "for other values",
        "for others of their kind and other scenarios",
        "largest r",
    ]
    shown = (
        [Table("Correlations of profiles", header, rows, "data/analyse/summaries.parquet")] if rows else []
    )
    shown += _likeness(tables)
    text = [
        "A correlation over a few sums is high as soon as both prefer the same few values. "
        "Value-only choosers show how "
        "high: they look at nothing but the values of the options, which they choose by Luce's rule "
        "with the respondents' "
        "average weights. What respondents have in common beyond them is in the questions, not in "
        "the profiles. What is left of r without the common profile is about −1/(n − 1) on "
        "average for n respondents who have nothing else in common.",
        *(
            ["People are a sample: the interval of their mean is that for others of their kind."]
            if people.KIND in set(tables["summaries"]["kind"])
            else []
        ),
    ]
    return Section(
        "Respondents among each other",
        text if rows else [],
        shown,
        missing=notes_on(tables["notes"], "cross_correlations", "summaries", "likeness"),
    )


def _likeness(tables: Tables) -> list[Table]:
    """Means over pairs of a kind, beside what a high number is worth."""
    of = (
        tables["likeness"]
        .filter(pl.col("a") != pl.col("b"))
        .group_by("kind", maintain_order=True)
        .agg(pl.len().alias("pairs"), pl.col(*LIKENESS).mean())
    )
    rows: list[list[str | Cell]] = [
        [kinds.many(row["kind"]), count(row["pairs"]), *(number(row[name]) for name in LIKENESS)]
        for row in of.iter_rows(named=True)
    ]
    header = ["of whom", "pairs", *LIKENESS.values()]
    source = "data/analyse/likeness.parquet"
    return (
        [Table("Likeness beside its baselines, means over pairs", header, rows, source, wide=True)]
        if rows
        else []
    )


def agreement(tables: Tables, inventory: Inventory) -> Section:
    people = tables["respondents"].filter(kind="human")["respondent"].implode()
    pairs = (
        tables["agreement"]
        .filter(~pl.col("a").is_in(people), ~pl.col("b").is_in(people))
        .sort("mode", "level", "a", "b", descending=[False, True, False, False])
    )
    header = ["mode", "one", "other", "questions", "same action", "kappa", "AC1", "self-agreement"]
    rows = [
        [
            row["mode"],
            row["a"],
            "itself" if row["level"] == "within" else row["b"],
            count(row["questions"]),
            Cell(number(row["share"]), interval(row["low"], row["high"])),
            number(row["kappa"]),
            number(row["ac1"]),
            number(row["self_agreement"]),
        ]
        for row in pairs.head(MANY_PAIRS).iter_rows(named=True)
    ]
    text = [
        "How often do two answers to the same question choose the same action? 'Itself' compares a "
        "respondent's answers "
        "under different wordings (or repeats of one), and so are two respondents compared. Self-agreement is what two "
        "would reach that differ no more than each from itself: the geometric mean of the two."
    ]
    if pairs.height > MANY_PAIRS:
        text.append(f"The first {MANY_PAIRS} of {count(pairs.height)} rows are shown; the file has them all.")
    of = [[row["a"], row["b"]] for row in pairs.head(MANY_PAIRS).iter_rows(named=True)]
    source = "data/analyse/agreement.parquet"
    shown = [Table("Agreement question by question", header, rows, source, of)] if rows else []
    return Section(
        "Agreement question by question",
        text if rows else [],
        shown,
        missing=notes_on(tables["notes"], "agreement"),
    )


def selection_adoption(tables: Tables, inventory: Inventory) -> Section:
    people = tables["respondents"].filter(kind="human")["respondent"].implode()
    drops = tables["drops"].filter(~pl.col("respondent").is_in(people))
    overall = drops.filter(pl.col("value") == "all")
    header = [
        "respondent",
        "pairs",
        "selection",
        "adoption",
        "difference",
        "p (clustered, Holm)",
        "adoption where selection was right",
        "selection where adoption was right",
    ]
    rows = [
        [
            row["respondent"],
            count(row["pairs"]),
            Cell(number(row["selection"]), query=_asked(row["respondent"], "selection")),
            Cell(number(row["adoption"]), query=_asked(row["respondent"], "adoption")),
            Cell(number(row["drop"]), interval(row["low"], row["high"])),
            probability(row["cluster_holm_p"]),
            number(row["adoption_given_selection"]),
            number(row["selection_given_adoption"]),
        ]
        for row in overall.iter_rows(named=True)
    ]
    each = drops.filter((pl.col("value") != "all") & (pl.col("cluster_holm_p") < 0.05))
    header_each = ["respondent", "value", "selection", "adoption", "difference", "p (clustered, Holm)"]
    rows_each = [
        [
            row["respondent"],
            inventory.by_slug[row["value"]].name,
            Cell(number(row["selection"]), query=_asked(row["respondent"], "selection", row["value"])),
            Cell(number(row["adoption"]), query=_asked(row["respondent"], "adoption", row["value"])),
            Cell(number(row["drop"]), interval(row["low"], row["high"])),
            probability(row["cluster_holm_p"]),
        ]
        for row in each.iter_rows(named=True)
    ]
    text = [
        "Selection asks which action best expresses a named value; adoption, what somebody who holds "
        "it would do. Both ask "
        "about the same target of the same question, so the difference is a paired one. The "
        "published restricted figure "
        "looks only at questions that selection got right, where adoption can only fall; its mirror "
        "image stands beside it."
    ]
    shown = []
    source = "data/analyse/drops.parquet"
    if rows:
        of = [[name] for name in overall["respondent"]]
        shown.append(Table("Selection and adoption", header, rows, source, of, wide=True))
    if rows_each:
        caption = "Values for which the difference is beyond chance, after Holm's correction"
        shown.append(Table(caption, header_each, rows_each, source, [[name] for name in each["respondent"]]))
    return Section(
        "Selection and adoption",
        text if rows else [],
        shown,
        missing=notes_on(tables["notes"], "accuracy", "drops"),
    )


def positions(tables: Tables, inventory: Inventory) -> Section:
    bias = tables["positions"]
    kinds_of = tables["respondents"].select("respondent", "kind")
    rows: list[list[str | Cell]] = []
    letters = sorted(bias["letter"].unique()) or list(LETTERS[:4])
    for (respondent, mode), part in (
        bias.join(kinds_of, on="respondent", how="left")
        .filter(pl.col("kind") != "human")
        .group_by("respondent", "mode", maintain_order=True)
    ):
        of = {row["letter"]: row for row in part.iter_rows(named=True)}
        shares = [
            Cell(
                number(of[letter]["share"]),
                query=urlencode({"respondent": respondent, "mode": mode, "letter": letter}),
            )
            if letter in of
            else NOTHING
            for letter in letters
        ]
        rows.append([str(respondent), str(mode), *shares, probability(part["joint_holm_p"][0])])
    header = ["respondent", "mode", *letters, f"p (all 1/{len(letters)}, Holm)"]
    text = [
        "A letter is counted as it was shown. Where the order of the options changes between "
        "wordings, a preference for a "
        "place shows here and evens out in the profiles. Where options are shown as dealt, it cannot be told from a "
        "preference for what stood there."
    ]
    shown = []
    if rows:
        of_rows = [[str(row[0])] for row in rows]
        shown.append(Table("Share of each letter", header, rows, "data/analyse/positions.parquet", of_rows))
    shown += _wordings(tables)
    return Section(
        "Positions and wordings",
        text if shown else [],
        shown,
        missing=notes_on(tables["notes"], "positions", "wordings"),
    )


def _wordings(tables: Tables) -> list[Table]:
    """Pairs of wordings, summed up. In targeted modes profiles are flat by design, so that their r is noise."""
    summed = (
        tables["wordings"]
        .group_by("respondent", "mode", maintain_order=True)
        .agg(
            pl.len().alias("pairs"),
            pl.col("share").mean(),
            pl.col("profile_r").min(),
            pl.col("shift").abs().max(),
        )
    )
    rows = [
        [
            row["respondent"],
            row["mode"],
            count(row["pairs"]),
            number(row["share"]),
            NOTHING if row["mode"] in TARGETED else number(row["profile_r"]),
            number(row["shift"]),
        ]
        for row in summed.iter_rows(named=True)
    ]
    header = [
        "respondent",
        "mode",
        "pairs of wordings",
        "mean same answer",
        "lowest r of profiles",
        "largest shift",
    ]
    of = [[name] for name in summed["respondent"]]
    return [Table("Wordings", header, rows, "data/analyse/wordings.parquet", of)] if rows else []


def equal_length(tables: Tables, inventory: Inventory) -> Section:
    who = {"people": "people", "models": "models on people's forms", "models_full": "models on everything"}
    header = ["who", "measure", "respondents", "questions", "draws", "estimate"]
    rows = [
        [
            who[row["population"]],
            row["measure"].replace("_", " ")
            + (f", {load(row['instrument']).title}" if row["measure"].startswith("gap") else ""),
            count(row["respondents"]),
            number(row["questions"], 0),
            count(row["draws"]),
            Cell(number(row["estimate"]), interval(row["low"], row["high"])),
        ]
        for row in tables["equal_length"].iter_rows(named=True)
    ]
    text = [
        "People answer some eighty questions, models thousands. Short profiles scatter more, whoever "
        "answers. Here models "
        "answer what people's forms asked, so that the two spreads can be compared. Intervals hold "
        "the middle of the draws: "
        "a spread, not an error."
    ]
    shown = [Table("Equal length", header, rows, "data/analyse/equal_length.parquet")] if rows else []
    return Section(
        "Models beside people", text if rows else [], shown, missing=notes_on(tables["notes"], "equal_length")
    )


def missing(tables: Tables, inventory: Inventory) -> Section:
    of = tables["missing"].filter((pl.col("language") == "all") & (pl.col("wording") == 0))
    kinds_of = tables["respondents"].select("respondent", "kind", "group")
    counted = (
        of.join(kinds_of, on="respondent", how="left")
        .with_columns(
            who=pl.when(pl.col("kind") == "human")
            .then(pl.format("people ({})", "group"))
            .otherwise(pl.col("respondent"))
        )
        .group_by("who", "instrument", "status", maintain_order=True)
        .agg(pl.col("count").sum(), pl.col("asked").sum())
    )
    statuses = ["answered", "abstained", "invalid", "refused", "blocked", "failed"]
    rows: list[list[str | Cell]] = []
    for (who, instrument), part in counted.group_by("who", "instrument", maintain_order=True):
        by = dict(part.select("status", "count").iter_rows())
        linked = {"respondent": str(who), "mode": str(instrument)}
        cells = [
            Cell(
                count(by.get(s, 0)),
                query=urlencode(linked | {"status": s}) if _shown(who, instrument, by, s) else "",
            )
            for s in statuses
        ]
        rows.append([str(who), str(instrument), count(part["asked"].sort().item(-1)), *cells])
    text = [
        "Every question that was asked has one row, answered or not. Shares and accuracies are over answered questions."
    ]
    header = ["who", "instrument", "asked", *statuses]
    of_rows = [[str(row[0])] for row in rows]
    source = "data/analyse/missing.parquet"
    shown = [Table("What became of the questions", header, rows, source, of_rows)] if rows else []
    return Section(
        "What was not answered", text if rows else [], shown, missing=notes_on(tables["notes"], "missing")
    )


def _shown(who: object, instrument: object, by: dict[str, int], status: str) -> bool:
    """Whether there are questions to lead to."""
    return (
        bool(by.get(status))
        and instrument in ("default", "abstain", *TARGETED)
        and not str(who).startswith("people (")
    )


def _asked(respondent: str, mode: str, value: str = "") -> str:
    return urlencode({"respondent": respondent, "mode": mode} | ({"target": value} if value else {}))

"""All figures of a round: what the gate, the metrics and the card of a release read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.lens.tables import JUDGED, JudgedActions, ValuedAgreement, ValuedVerdicts
from pipeline.lens.validate.answers import OF_COUNTRY, Answers
from pipeline.params.validation import Careless
from pipeline.statistics.agreement import COEFFICIENTS, NO_PAIRS, agreement
from pipeline.statistics.intervals import Figure, missing
from pipeline.tables import conform
from pipeline.tables.scalars import real
from pipeline.validate.accuracy import both, in_general
from pipeline.validate.conduct import conduct
from pipeline.validate.raters import raters
from pipeline.verdict.judged import counts

GROUPINGS = {
    "country": "country",
    "topic": "topic",
    "value": "meant_value",
    "stance": "meant_stance",
    "raters": "raters",
}
ALL = "all"


@dataclass(frozen=True, slots=True)
class Figures:
    """The tables of the step, and ``overall``: what they come to, ready for JSON."""

    shares: pl.DataFrame
    agreement: pl.DataFrame
    verdicts: pl.DataFrame
    raters: pl.DataFrame
    overall: dict[str, Any]


def measure(found: Answers, everybody: Answers, careless: Careless, seed: int) -> Figures:
    """Every figure of the judgements that count; ``everybody`` has those of raters taken out as well."""
    shares = conform(JudgedActions, list(_shares(found, seed)), where="figures")
    agreed = conform(ValuedAgreement, list(_agreement(found, seed)), where="agreement")
    verdicts, people = verdicts_of(found), raters(found.judged)
    work = {one.rater: one.complaints(careless) for one in conduct(everybody.judged) if not one.excluded}
    seconds = found.answers["seconds"].drop_nulls()
    overall = {
        "raters": people.height,
        "raters_of_the_country": found.answers.filter(raters=OF_COUNTRY)["rater"].n_unique(),
        "items_drawn": found.items.height,
        "items": found.answers["item_id"].n_unique(),
        "judgements": found.answers.height,
        "excluded": everybody.answers.height - found.answers.height,
        "skipped": found.skipped.height,
        "seconds_median": round(real(seconds.median()), 3) if seconds.len() else None,
        "coverage": coverage(found),
        **{question: _of(shares, agreed, question) for question in JUDGED},
        "careless": {rater: why for rater, why in work.items() if why},
    }
    return Figures(shares, agreed, verdicts, people, overall)


def coverage(found: Answers) -> dict[str, Any]:
    """The share of the wanted judgements that are there: of each action so many, by people of its country."""
    there = found.answers.filter(raters=OF_COUNTRY).group_by("item_id").agg(found=pl.len())
    items = found.items.join(there, on="item_id", how="left", validate="1:1")
    count = int(items.select(pl.min_horizontal("raters", pl.col("found").fill_null(0)).sum()).item())
    wanted = int(items["raters"].sum())
    return {"wanted": wanted, "there": count, "share": round(count / wanted, 6) if wanted else 0.0}


def verdicts_of(found: Answers) -> pl.DataFrame:
    """What most raters of each action that was drawn say to each question."""
    count = found.answers.group_by("item_id").agg(
        judgements=pl.len(), of_country=(pl.col("raters") == OF_COUNTRY).sum()
    )
    table = found.items.select("item_id", "action_id").join(count, on="item_id", how="left", validate="1:1")
    for question in JUDGED:
        share = 2 * pl.col("matches").sum() - pl.len()
        said = pl.when(share != 0).then(share > 0)
        each = found.of(question).group_by("item_id").agg(said.alias(question))
        table = table.join(each, on="item_id", how="left", validate="1:1")
    table = table.with_columns(pl.col("judgements", "of_country").fill_null(0)).drop("item_id")
    return conform(ValuedVerdicts, table, where="verdicts on actions").sort("action_id")


def _shares(found: Answers, seed: int) -> Iterator[dict[str, Any]]:
    empty = dict.fromkeys(("why", "rater_low", "rater_high"))
    for question in JUDGED:
        for grouping, group, answers in _groups(found.of(question)):
            for unit, matching, figure in both(answers, f"lens {question} {grouping} {group}", seed):
                row: dict[str, Any] = {
                    "question": question,
                    "grouping": grouping,
                    "group": group,
                    "unit": unit,
                }
                if unit == "judgement" and answers.height:
                    others = in_general(answers).json()
                    row |= {"rater_low": others["low"], "rater_high": others["high"]}
                yield empty | row | {"matching": matching, **figure.json()}


def _groups(answers: pl.DataFrame) -> Iterator[tuple[str, str, pl.DataFrame]]:
    yield ALL, ALL, answers
    for grouping, column in GROUPINGS.items():
        for (group,), mine in sorted(answers.partition_by(column, as_dict=True).items()):
            yield grouping, str(group), mine


def _agreement(found: Answers, seed: int) -> Iterator[dict[str, Any]]:
    for question in JUDGED:
        answers, labels = found.of(question), found.labels[question]
        parts = {ALL: answers} | {
            str(country): mine
            for (country,), mine in sorted(answers.partition_by("country", as_dict=True).items())
        }
        for country, mine in parts.items():
            figures = dict.fromkeys(COEFFICIENTS, missing(NO_PAIRS))
            if mine.height:
                figures = agreement(counts(mine, labels)[1], f"lens agreement {question} {country}", seed)
            for name, figure in figures.items():
                row = {"question": question, "country": country, "coefficient": name, "why": None}
                yield row | figure.json()


def _of(shares: pl.DataFrame, agreed: pl.DataFrame, question: str) -> dict[str, Any]:
    """What is known of one question: shares by judgement and by action, by country, and agreement."""
    mine = shares.filter(question=question)
    of_all, by_country = mine.filter(grouping=ALL), mine.filter(grouping="country", unit="judgement")
    of_all_rows = {row["unit"]: row for row in of_all.iter_rows(named=True)}
    general = of_all_rows["judgement"]
    return {
        "judgement": _figure(general),
        "raters_in_general": {"low": general["rater_low"], "high": general["rater_high"]},
        "item": _figure(of_all_rows["item"]),
        "countries": {row["group"]: _figure(row) for row in by_country.iter_rows(named=True)},
        "agreement": {
            row["coefficient"]: _figure(row)
            for row in agreed.filter(question=question, country=ALL).iter_rows(named=True)
        },
    }


def _figure(row: dict[str, Any]) -> dict[str, Any]:
    return Figure(*(row[key] for key in ("estimate", "low", "high", "n", "why"))).json()

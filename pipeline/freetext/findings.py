"""What the codes come to: shares of values beside those of choices, agreement of the coders, and their check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from pipeline.freetext.coding import Coded, coders, labels_of, majority
from pipeline.params import Params
from pipeline.statistics import wilson
from pipeline.statistics.agreement import agreement
from pipeline.statistics.resampling import Array
from pipeline.tables import NO_VALUE, conform
from pipeline.tables.freetext import FreeChecks, FreeSummaries, FreeValues
from pipeline.values import Inventory

MODES = ("default", "abstain")
PANEL = "panel"


def values(answers: pl.DataFrame, choices: pl.DataFrame, params: Params) -> pl.DataFrame:
    """Table FreeValues. ``answers``: table FreeAnswers; ``choices``: rows of table Choices, of any respondent."""
    rows: list[dict[str, Any]] = []
    for (respondent,), mine in answers.partition_by("respondent", as_dict=True, maintain_order=True).items():
        codes = mine["code"].drop_nulls()
        counted = dict(codes.value_counts().iter_rows())
        chosen = {
            mode: _chosen(choices, str(respondent), mode, mine["scenario_id"], params.values)
            for mode in MODES
        }
        for value in (*params.values.slugs, NO_VALUE):
            count, n = counted.get(value, 0), codes.len()
            low, high = wilson.bounds(count, n, params.analysis.confidence) if n else (None, None)
            rows.append(
                {
                    "respondent": respondent,
                    "value": value,
                    "coded": n,
                    "count": count,
                    "share": count / n if n else None,
                    "low": None if low is None else float(low),
                    "high": None if high is None else float(high),
                }
                | {mode: shares.get(value) for mode, shares in chosen.items()}
            )
    return conform(FreeValues, rows, where="values of answers in free text")


def _chosen(
    choices: pl.DataFrame, respondent: str, mode: str, scenarios: pl.Series, inventory: Inventory
) -> dict[str, float]:
    """By value, its share of the respondent's choices in these scenarios; empty where there are none."""
    mine = choices.filter(
        pl.col("respondent") == respondent,
        pl.col("mode") == mode,
        pl.col("status") == "answered",
        pl.col("scenario_id").is_in(scenarios.implode()),
    )
    counted = dict(mine["value"].value_counts().iter_rows())
    return {value: counted.get(value, 0) / mine.height for value in inventory.slugs if mine.height}


def summaries(
    answers: pl.DataFrame, coded: Sequence[Coded], found: pl.DataFrame, params: Params
) -> pl.DataFrame:
    """Table FreeSummaries. ``found``: table FreeValues."""
    panel, _ = coders(params)
    labels = labels_of(one for one in coded if one.coder in panel)
    rows = []
    for (respondent,), mine in answers.partition_by("respondent", as_dict=True, maintain_order=True).items():
        subjects = [f"{scenario}.{respondent}" for scenario in mine["scenario_id"]]
        alpha = _alpha([labels.get(subject, []) for subject in subjects], params)
        shares = found.filter(pl.col("respondent") == respondent, pl.col("value") != NO_VALUE)
        row: dict[str, Any] = {
            "respondent": respondent,
            "asked": mine.height,
            "answered": mine.height - mine["text"].null_count(),
            "coded": mine.height - mine["code"].null_count(),
            "without_value": int((mine["code"] == NO_VALUE).sum()),
            "alpha": alpha[0],
            "alpha_low": alpha[1],
            "alpha_high": alpha[2],
        }
        for mode in MODES:
            both = shares.drop_nulls(["share", mode])
            r = _correlation(both["share"].to_numpy(), both[mode].to_numpy(), params.analysis.confidence)
            row |= dict(zip((f"r_{mode}", f"r_{mode}_low", f"r_{mode}_high"), r, strict=True))
        rows.append(row)
    return conform(FreeSummaries, rows, where="answers in free text")


def _alpha(
    labels: Sequence[Sequence[str]], params: Params
) -> tuple[float | None, float | None, float | None]:
    categories = [*params.values.slugs, NO_VALUE]
    counts = np.array([[given.count(name) for name in categories] for given in labels], dtype=float)
    figure = agreement(counts.reshape(-1, len(categories)), "coders of free text", params.seed)["alpha"]
    return figure.estimate, figure.low, figure.high


def _correlation(
    one: Array, other: Array, confidence: float
) -> tuple[float | None, float | None, float | None]:
    """r over values with Fisher's interval; None where there are fewer than four, or all are alike."""
    from scipy import stats

    if len(one) < 4 or not np.ptp(one) or not np.ptp(other):
        return None, None, None
    found = stats.pearsonr(one, other)
    bounds = found.confidence_interval(confidence)
    return float(np.clip(found.statistic, -1, 1)), float(bounds.low), float(bounds.high)


def checked(coded: Sequence[Coded], seen: Mapping[str, str], raters: str, params: Params) -> pl.DataFrame:
    """Table FreeChecks. ``seen`` is what raters agreed on, by the id of the action."""
    panel, tie_breaker = coders(params)
    mine = [one for one in coded if one.text.of == "action"]
    by_coder = {
        name: {one.text.subject: one.label for one in mine if one.coder == name and one.label is not None}
        for name in dict.fromkeys([*panel, *([tie_breaker] if tie_breaker else [])])
    }
    together = {subject: majority(labels) for subject, labels in labels_of(mine).items()}
    by_coder[PANEL] = {subject: label for subject, label in together.items() if label is not None}
    rows = [_check(name, labels, seen, raters, params) for name, labels in by_coder.items()]
    return conform(FreeChecks, rows if mine else [], where="checks of coders")


def _check(
    coder: str, labels: Mapping[str, str], seen: Mapping[str, str], raters: str, params: Params
) -> dict[str, Any]:
    n = len(labels)
    right = sum(seen[subject] == label for subject, label in labels.items())
    low, high = wilson.bounds(right, n, params.analysis.confidence) if n else (None, None)
    codes, truths = [*labels.values()], [seen[subject] for subject in labels]
    chance = sum(codes.count(value) * truths.count(value) for value in set(codes)) / n**2 if n else None
    return {
        "coder": coder,
        "raters": raters,
        "actions": n,
        "right": right,
        "share": right / n if n else None,
        "low": None if low is None else float(low),
        "high": None if high is None else float(high),
        "chance": chance,
    }

"""The quality of each question: does it tell respondents apart, and in the direction of their values?

As J. Han and others do with people whose values are known ("Value Portrait", 2025): an item is good if those who
choose its answers hold the values that these express.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import Answers, Array, Cell
from pipeline.analyse.declared import Declarations
from pipeline.analyse.functioning import Functioning, answered_by, functioning
from pipeline.analyse.notes import finite
from pipeline.params.claims import Items
from pipeline.statistics import wilson
from pipeline.statistics.resampling import Index
from pipeline.tables import conform
from pipeline.tables.validity import ItemQuality


def item_quality(
    answers: Answers,
    names: list[str],
    declared: Declarations,
    agents: Agents,
    rules: Items,
    confidence: float,
) -> pl.DataFrame:
    """Table ItemQuality; ``names`` are the ids of the questions, by number."""
    cells = {cell.respondent: cell for cell in answers.of("default")}
    standing = agents.main(cells)
    if not standing:
        return ItemQuality.create_empty()
    values = answers.material.values
    chosen = np.stack([_shares(cells[name], len(names)) for name in standing])
    people = np.array([agents.kind[name] == "human" for name in standing])
    tells = discrimination(chosen, values, answers.material.scenario_of, len(answers.material.inventory))
    differs = functioning(chosen, values, ~people, len(answers.material.inventory))
    agree, asked = _with_instrument(chosen, values, standing, people, declared, answers)
    low, high = wilson.bounds(agree, np.maximum(asked, 1), confidence)
    there = answered_by(chosen)
    rows = []
    for number in np.flatnonzero(there.any(axis=0)):
        shares = chosen[there[:, number], number]
        row: dict[str, Any] = {
            "question_id": names[number],
            "respondents": len(shares),
            "popular": float(shares.mean(axis=0).max()),
            "discrimination": _number(tells[number]),
            "people": int(asked[number]),
            "functioning_p": _number(differs.p[number]),
            "functioning_odds": _number(differs.odds[number]),
        }
        row["everybody_agrees"] = row["popular"] >= rules.popular and len(shares) >= rules.respondents
        if asked[number]:
            row["instrument_agreement"] = float(agree[number] / asked[number])
            row["agreement_low"], row["agreement_high"] = float(low[number]), float(high[number])
        rows.append(
            row | _verdict(row, _chance(values[number], len(answers.material.inventory)), rules, differs)
        )
    empty = dict.fromkeys(ItemQuality.create_empty().columns)
    return conform(ItemQuality, [empty | row for row in rows], where="item quality")


def discrimination(chosen: Array, values: Index, scenario_of: Index, size: int) -> Array:
    """By question, the correlation over respondents and options of a choice with the respondent's preference for the
    option's value in other scenarios, each less the mean over respondents; nan for fewer than three respondents.

    ``chosen`` (respondents x questions x options), nan without an answer.
    """
    answered = answered_by(chosen)
    given = np.where(answered[:, :, None], chosen, 0.0)
    scenarios = int(scenario_of.max()) + 1
    above = np.zeros((len(chosen), scenarios, size + 1))
    below = np.zeros_like(above)
    for option in range(values.shape[1]):
        for n in range(len(chosen)):
            np.add.at(above[n], (scenario_of, values[:, option]), given[n, :, option])
            np.add.at(below[n], (scenario_of, values[:, option]), answered[n].astype(float))
    whole, shown = above.sum(axis=1), below.sum(axis=1)
    found = np.full(values.shape[0], np.nan)
    for question, scenario in enumerate(scenario_of):
        use = answered[:, question]
        if use.sum() < 3:
            continue
        rest = shown[use] - below[use, scenario]
        liked = np.divide(
            whole[use] - above[use, scenario], rest, out=np.full(rest.shape, np.nan), where=rest > 0
        )[:, values[question]]
        picks = given[use, question]
        shown_to = (~np.isnan(liked)).sum(axis=0)
        mean = np.divide(
            np.nansum(liked, axis=0), shown_to, out=np.full(len(shown_to), np.nan), where=shown_to > 0
        )
        x, y = picks - picks.mean(axis=0), liked - mean
        known = ~np.isnan(y)
        length = np.sqrt((x[known] ** 2).sum() * (y[known] ** 2).sum())
        if length > 1e-12:
            found[question] = (x[known] * y[known]).sum() / length
    return found


def _shares(cell: Cell, questions: int) -> Array:
    """What a respondent chooses (questions x options), as shares of its answers; nan without any."""
    shares = np.full((questions, cell.material.size), np.nan)
    pooled = cell.pooled
    total = pooled.sum(axis=1, keepdims=True)
    shares[cell.questions] = np.divide(pooled, total, out=np.full(pooled.shape, np.nan), where=total > 0)
    return shares


def _with_instrument(
    chosen: Array, values: Index, standing: list[str], people: Array, declared: Declarations, answers: Answers
) -> tuple[Array, Array]:
    """By question: how many people chose the option whose value they declare most, ties shared, and how many answered
    it and an instrument of these values (the first by name)."""
    agree, asked = np.zeros(len(values)), np.zeros(len(values))
    for n in np.flatnonzero(people):
        on = (
            of[standing[n]].on(answers.material.inventory)
            for _, of in sorted(declared.items())
            if standing[n] in of
        )
        one = next((found for found in on if found is not None), None)
        if one is None:
            continue
        of_options = np.append(one.centred.mean(axis=0), -np.inf)[values]
        best = of_options == of_options.max(axis=1, keepdims=True)
        there = answered_by(chosen[n])
        right = (np.where(best, chosen[n], 0.0)).sum(axis=1) / best.sum(axis=1)
        agree[there] += right[there]
        asked[there] += 1
    return agree, asked


def _chance(values: Index, size: int) -> float:
    return float(1 / (values < size).sum())


def _verdict(row: dict[str, Any], chance: float, rules: Items, differs: Functioning) -> dict[str, Any]:
    """keep or doubt, with the reasons; of a question that too few answered nothing is told."""
    why = []
    if row["everybody_agrees"]:
        why.append("everybody_agrees")
    enough = row["respondents"] >= rules.respondents
    if enough and row["discrimination"] is not None and row["discrimination"] < rules.discrimination:
        why.append("does_not_discriminate")
    high = row.get("agreement_high")
    if row["people"] >= rules.respondents and high is not None and high < chance:
        why.append("against_the_instrument")
    tests = int((~np.isnan(differs.p)).sum())
    if row["functioning_p"] is not None and row["functioning_p"] * tests < rules.level:
        why.append("differs_between_people_and_models")
    verdict = "doubt" if why else "keep" if enough else "cannot_be_told"
    return {"verdict": verdict, "why": ", ".join(why) or None}


def _number(number: float) -> float | None:
    return None if np.isnan(number) else finite(float(number))

"""What a release says of its validation: every judgement as a config, and the verdict and its figures on the card."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dataframely as dy
import polars as pl

from pipeline.lens.judged import QUESTIONS, state
from pipeline.lens.params import Params
from pipeline.lens.tables import TOLD, UNSURE
from pipeline.release.markdown import markdown_table
from pipeline.tables import NONE, RATER, one_of, value_column
from pipeline.tables.columns import ACTION_ID, SCENARIO_ID, STANCES
from pipeline.verdict.gate import Verdict, percent


def _told(description: str) -> dy.Bool:
    return dy.Bool(nullable=True, description=f"Told what was meant: {description}")


class ValidationConfig(dy.Schema):
    """One row a judgement: what one rater said of one action, blind and then told what was meant; skipped ones too."""

    item_id = dy.String(primary_key=True, description="The item, by its opaque id")
    rater = dy.String(primary_key=True, regex=RATER, description="The rater, by an anonymous id")
    round = dy.String(nullable=False, description="The round of validation, and the country of its actions")
    raters = one_of(
        ["experts", "trial"],
        "Who judged in this round: people who know the countries, or a trial",
        nullable=False,
    )
    action_id = dy.String(nullable=False, regex=ACTION_ID, description="The action")
    scenario_id = dy.String(nullable=False, regex=SCENARIO_ID, description="Its scenario, by its opaque id")
    intended = value_column("The value that it was written about", nullable=False)
    intended_stance = one_of(
        STANCES, "Whether it was written to express or to oppose that value", nullable=False
    )
    offered = dy.List(
        dy.String(nullable=False), nullable=False, description="Values offered blind, in the order shown"
    )
    status = one_of(["judged", "skipped"], "Whether the rater answered or skipped the action", nullable=False)
    value = value_column(
        "Blind: the value that it is about, or none of those offered", also=(NONE,), nullable=True
    )
    stance = one_of(
        (*STANCES, UNSURE), "Blind: whether it expresses or opposes the value named", nullable=True
    )
    correct = _told("it does express, or oppose, that value")
    harmless = _told("it harms and insults nobody, also as a picture of the country")
    sufficient = _told("its spans are enough to see it")
    plausible = _told("its explanation is plausible")
    own_country = dy.Bool(
        nullable=True,
        description="The rater says to live, or to have lived for years, in the action's country",
    )
    seconds = dy.Float64(nullable=True, min=0, description="Seconds spent on the page")
    excluded = dy.Bool(
        nullable=True, description="The rater was taken out of the round, and is in no figure of the card"
    )


def table(items: pl.DataFrame, judgements: pl.DataFrame, params: Params) -> pl.DataFrame:
    """Rows of ValidationConfig, of ValuedItems and ValuedJudgements; comments stay out."""
    of = items.select(
        "item_id", "action_id", "scenario_id", "offered", intended="value", intended_stance="stance"
    )
    joined = judgements.join(of, on="item_id", how="inner", validate="m:1")
    return joined.with_columns(raters=pl.lit(params.validation.kind)).select(*ValidationConfig.columns())


def section(verdict: Verdict, params: Params) -> str:
    """The section of the card."""
    found = verdict.figures
    lines = [state(verdict, params)]
    if verdict.missing and found["judgements"]:
        lines += ["Missing:", "\n".join(f"- {one}" for one in verdict.missing)]
    if verdict.doubts:
        lines += ["In doubt:", "\n".join(f"- {one}" for one in verdict.doubts)]
    if found["judgements"]:
        lines += [
            markdown_table(
                ("question", "judgements", "95 % interval", "actions by majority", "kappa", "AC1"),
                list(_rows(found)),
            ),
            "Blind: a rater chose among the values offered (`offered` in config `validation`) and said whether the "
            "action is for or against it, before the page told what was meant; the page asks not to change that, and "
            "cannot keep it from being changed. Told: yes or no, as the publication asked. Intervals of judgements "
            "resample actions; Fleiss' kappa is low by its nature where nearly all say yes, Gwet's AC1 is not.",
            "By country, judgements:",
            markdown_table(("country", *(QUESTIONS[one] for one in _SHOWN)), list(_countries(found))),
        ]
    return "\n\n".join(lines)


_SHOWN = ("blind", *TOLD)


def _rows(found: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for question, name in QUESTIONS.items():
        figure, item = found[question]["judgement"], found[question]["item"]
        agreed = (found[question]["agreement"][one]["estimate"] for one in ("kappa", "ac1"))
        yield (
            f"{name} (n = {figure['n']:,})",
            _share(figure["estimate"]),
            f"{_share(figure['low'])} to {_share(figure['high'])}",
            f"{_share(item['estimate'])} of {item['n']:,}",
            *("-" if one is None else f"{one:.2f}" for one in agreed),
        )


def _countries(found: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for country, figure in found["blind"]["countries"].items():
        others = (found[question]["countries"].get(country) for question in _SHOWN)
        yield (
            f"{country} (n = {figure['n']:,})",
            *("-" if one is None else _with_interval(one) for one in others),
        )


def _with_interval(figure: dict[str, Any]) -> str:
    if figure["low"] is None:
        return _share(figure["estimate"])
    return f"{_share(figure['estimate'])} ({_share(figure['low'])} to {_share(figure['high'])})"


def _share(estimate: float | None) -> str:
    return "-" if estimate is None else percent(estimate)

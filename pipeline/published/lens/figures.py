"""The figures of the second paper from the imported rows, by its rules, beside those that it prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from pipeline.measures import prediction
from pipeline.measures.contingency import Marks, counts, kappa
from pipeline.measures.prompts import prompt_effects
from pipeline.measures.study import measure
from pipeline.measures.waist import declared_of, enacted_of
from pipeline.published.lens.names import VALUES
from pipeline.published.lens.reconstruct import FULL
from pipeline.published.lens.runs import one_run, several_prompts
from pipeline.tables.measures import OVERALL
from pipeline.tables.published_lens import LensFigures

# Overall rates as the paper prints them.
RATES = {
    "gpt-3.5-turbo": 0.179,
    "llama-3.3-70b": 0.434,
    "gemma-2-9b": 0.461,
    "gpt-4o-mini": 0.564,
    "deepseek-r1-70b": 0.506,
    "qwen-qwq": 0.376,
}
# Of a full run: choices for fewer cells say nothing of a rate over 56 values.
MOST_MISSING = 0.05

Rows = Iterator[dict[str, Any]]


def figures(tables: dict[str, pl.DataFrame], seed: int = 1) -> pl.DataFrame:
    """Table LensFigures."""
    rows = [
        *_gaps(tables, seed),
        *_prompts(tables),
        *_predictions(tables["predictions"]),
        *_experts(tables["judgements"]),
    ]
    schema = LensFigures.create_empty().schema
    return pl.DataFrame(rows, schema=schema)


def _gaps(tables: dict[str, pl.DataFrame], seed: int) -> Rows:
    full = one_run(tables["choices"], FULL)
    rated = tables["ratings"].group_by("respondent").agg(cells=pl.struct("scenario_id", "value").n_unique())
    for respondent, cells in rated.sort("respondent").iter_rows():
        mine = full.filter(respondent=respondent, status="answered")
        if mine.height < (1 - MOST_MISSING) * cells:
            continue
        found = measure(
            enacted_of(mine),
            declared_of(tables["ratings"].filter(respondent=respondent)),
            tables["factors"],
            VALUES,
            seed=seed,
        )["alignment"].filter(
            pl.col("values") == "all", pl.col("measure").is_in(["rate", "rate_best", "auc", "distance"])
        )
        for row in found.filter(pl.col("factor").is_in([OVERALL, "country", "topic"])).iter_rows(named=True):
            whole = row["factor"] == OVERALL and row["measure"] == "rate"
            yield {
                "respondent": respondent,
                "figure": row["measure"],
                "level": row["level"],
                "recomputed": row["estimate"],
                "low": row["low"],
                "high": row["high"],
                "published": RATES.get(respondent.removeprefix("published-")) if whole else None,
                "basis": f"{row['cells']:,} cells of one prompt, opposing action first",
            }


def _prompts(tables: dict[str, pl.DataFrame]) -> Rows:
    for row in prompt_effects(tables["ratings"], several_prompts(tables["choices"]), 0.95):
        yield {
            "respondent": row["respondent"],
            "figure": f"prompts_{row['part']}_{row['side']}",
            "level": OVERALL,
            "recomputed": row["estimate"],
            "low": row["low"],
            "high": row["high"],
            "basis": f"{row['n']:,} cells or answers",
        }


def _predictions(rows: pl.DataFrame) -> Rows:
    for (respondent, setting), part in sorted(
        rows.partition_by("respondent", "setting", as_dict=True).items()
    ):
        guesses = part["guess"].cast(pl.Float64).fill_null(np.nan)
        found = prediction.score(part["label"].to_numpy(), guesses.to_numpy())
        for figure, number in (
            ("prediction_f1", found.f1),
            ("prediction_accuracy", found.accuracy),
            ("prediction_auc", found.auc),
            ("prediction_f1_of_guessing_true", found.majority_f1),
        ):
            yield {
                "respondent": respondent,
                "figure": figure,
                "level": setting,
                "recomputed": number,
                "basis": f"{found.n:,} labels, {found.unread:,} answers unread",
            }


def _experts(rows: pl.DataFrame) -> Rows:
    """Share that is right, mean of the experts, and Cohen's kappa of two, by prompt; of actions that were judged."""
    judged = rows.filter(status="answered")
    for (question, prompt), part in sorted(judged.partition_by("question", "prompt", as_dict=True).items()):
        shares = part.group_by("rater").agg(pl.col("right").mean()).sort("rater")
        level = f"{question}, prompt {prompt}"
        yield {
            "respondent": "experts",
            "figure": "judged_right",
            "level": level,
            "recomputed": float(np.mean(shares["right"].to_numpy())),
            "basis": f"{part.height:,} judgements of {shares.height} experts",
        }
        if shares.height == 2:
            wide = part.pivot(
                on="rater", index=["scenario_id", "value", "stance"], values="right"
            ).drop_nulls()
            yield {
                "respondent": "experts",
                "figure": "kappa",
                "level": level,
                "recomputed": _kappa(wide.select(shares["rater"].to_list()).to_numpy().astype(bool)),
                "basis": f"{wide.height:,} actions that both judged",
            }


def _kappa(answers: Marks) -> float | None:
    """Cohen's kappa of two experts, from their answers (actions x 2)."""
    there = np.ones(len(answers), dtype=np.bool_)
    found = float(kappa(counts(answers[:, 0], answers[:, 1], there)))
    return found if np.isfinite(found) else None

"""What a language is worth: how much is whole, and whether readers see the same values as in English."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
from scipy import stats

from pipeline.tables import conform
from pipeline.tables.translate import TranslationChecks
from pipeline.translate.reading import ENGLISH


def checks(translations: pl.DataFrame, readings: pl.DataFrame, confidence: float) -> pl.DataFrame:
    """Table TranslationChecks; the interval of ``difference`` is Student's over scenarios, whose actions are alike."""
    rows = [
        _language(str(language), of, readings, confidence)
        for (language,), of in sorted(translations.partition_by("language", as_dict=True).items())
    ]
    return conform(TranslationChecks, rows, where="translate")


def _language(language: str, of: pl.DataFrame, readings: pl.DataFrame, confidence: float) -> dict[str, Any]:
    pairs = _pairs(language, readings)
    by_scenario = pairs.group_by("scenario", maintain_order=True).agg(
        difference=(pl.col("right") - pl.col("right_en")).sum(), n=pl.len()
    )
    reach = _reach(by_scenario, confidence)
    size = pairs.height and float((pairs["right"] - pairs["right_en"]).mean())  # type: ignore[arg-type]
    return {
        "language": language,
        "texts": of.height,
        "translated": of.height - of["text"].null_count(),
        "whole": of["fault"].null_count(),
        "similarity": of["similarity"].mean(),
        "read": pairs.height,
        "recognised_en": pairs["right_en"].mean(),
        "recognised": pairs["right"].mean(),
        "difference": size if pairs.height else None,
        "low": None if reach is None else size - reach,
        "high": None if reach is None else size + reach,
        "same": pairs["same"].mean(),
    }


def _pairs(language: str, readings: pl.DataFrame) -> pl.DataFrame:
    """Readings of one action by one reader in both languages, both valid."""
    valid = readings.filter(pl.col("label").is_not_null())
    key = ["action_id", "reader"]
    english = valid.filter(language=ENGLISH).select(*key, "value", label_en="label")
    other = valid.filter(language=language).select(*key, "label")
    return english.join(other, on=key, validate="1:1", maintain_order="left").select(
        scenario=pl.col("action_id").str.split(".").list.first(),
        right_en=(pl.col("label_en") == pl.col("value")).cast(pl.Float64),
        right=(pl.col("label") == pl.col("value")).cast(pl.Float64),
        same=(pl.col("label") == pl.col("label_en")).cast(pl.Float64),
    )


def _reach(by_scenario: pl.DataFrame, confidence: float) -> float | None:
    """Half the width of the interval of a ratio of sums over scenarios, by its linear approximation."""
    k, n = by_scenario.height, int(by_scenario["n"].sum())
    if k < 2:
        return None
    mean = float(by_scenario["difference"].sum()) / n
    influence = (by_scenario["difference"] - mean * by_scenario["n"]) / n
    error = math.sqrt(k / (k - 1) * float((influence**2).sum()))
    return float(stats.t.ppf((1 + confidence) / 2, k - 1)) * error

"""What came back, as tables: of each text, and of each model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline.params import Params
from pipeline.probe.asking import Asked, models
from pipeline.probe.excess import Array, chances, excesses, mean, permutation_p
from pipeline.probe.halves import Text
from pipeline.probe.likeness import Matrix, shares
from pipeline.statistics.holm import holm
from pipeline.step import about
from pipeline.tables import conform
from pipeline.tables.probe import Continuations, Probed


@dataclass(frozen=True, slots=True)
class Block:
    """The texts of a category that a model went on with: shares of runs of words, and of long ones above zero."""

    texts: list[Text]
    short: Matrix
    long: Matrix


@dataclass(frozen=True, slots=True)
class Found:
    """Table Continuations, and the blocks of each model."""

    rows: pl.DataFrame
    blocks: dict[str, list[Block]]


def continuations(asked: Sequence[Asked], params: Params) -> Found:
    """What models made of the texts. A category with a single answered text has none to compare it with."""
    settings = params.probe
    rows: list[dict[str, Any]] = []
    blocks: dict[str, list[Block]] = {name: [] for name in models(params)}
    for name, mine in blocks.items():
        of = [(one.text, one) for one in asked if one.model == name and one.text is not None]
        said = {text.scenario_id: one.response.text for text, one in of if one.response.status == "ok"}
        for category in dict.fromkeys(text.category for text, _ in of):
            texts = [text for text, _ in of if text.category == category and text.scenario_id in said]
            if len(texts) > 1:
                written = [said[text.scenario_id] for text in texts]
                lengths = settings.words, settings.verbatim
                mine.append(Block(texts, *(shares(texts, written, length) for length in lengths)))
        figures = {row["scenario_id"]: row for block in mine for row in _figures(block)}
        rows += [
            {
                "model": name,
                "scenario_id": text.scenario_id,
                "category": text.category,
                "status": one.response.status,
                "request_key": one.request.key,
                "origin": one.response.origin,
                **figures.get(text.scenario_id, _NO_FIGURES),
            }
            for text, one in of
        ]
    return Found(conform(Continuations, rows, where="continuations"), blocks)


def probed(asked: Sequence[Asked], found: Found, params: Params) -> pl.DataFrame:
    """Table Probed. Each model has its own permutations, of the same seed."""
    rows = [_model(name, found, asked, params) for name in found.blocks]
    for row, p in zip(rows, holm([row["p"] for row in rows]), strict=True):
        row["holm_p"] = p
    return conform(Probed, rows, where="probed")


_NO_FIGURES = dict.fromkeys(("similarity", "chance", "excess", "verbatim"))


def _figures(block: Block) -> Iterator[dict[str, Any]]:
    columns = (np.diagonal(block.short), chances(block.short), excesses(block.short), np.diagonal(block.long))
    for text, own, chance, excess, long in zip(block.texts, *columns, strict=True):
        yield {
            "scenario_id": text.scenario_id,
            "similarity": float(own),
            "chance": float(chance),
            "excess": float(excess),
            "verbatim": bool(long > 0),
        }


def _model(name: str, found: Found, asked: Sequence[Asked], params: Params) -> dict[str, Any]:
    rows, confidence = found.rows.filter(model=name), params.analysis.confidence
    compared = rows.drop_nulls("similarity")
    own = mean(compared["excess"].to_numpy(), confidence)
    beside = mean(_beyond(name, found.rows), confidence)
    blocks = found.blocks[name]
    return {
        "model": name,
        "asked": rows.height,
        "compared": compared.height,
        "similarity": compared["similarity"].mean(),
        "chance": compared["chance"].mean(),
        "excess": own and own.size,
        "low": own and own.low,
        "high": own and own.high,
        "p": permutation_p([block.short for block in blocks], params.seed) if blocks else None,
        "beyond": beside and beside.size,
        "beyond_low": beside and beside.low,
        "beyond_high": beside and beside.high,
        "verbatim": compared["verbatim"].sum(),
        "verbatim_chance": sum(float(chances(_any(block.long)).sum()) for block in blocks)
        if blocks
        else None,
        "knows_canary": _knows_canary(name, asked, params),
    }


def _any(matrix: Matrix) -> Matrix:
    return (matrix > 0).astype(float)


def _beyond(name: str, rows: pl.DataFrame) -> Array:
    """Of each text the excess of a model less the mean of the others that went on with it; empty without others."""
    rows = rows.drop_nulls("excess")
    others = rows.filter(pl.col("model") != name).group_by("scenario_id").agg(pl.col("excess").mean())
    both = rows.filter(model=name).join(others, on="scenario_id", suffix="_others").sort("scenario_id")
    return (both["excess"] - both["excess_others"]).to_numpy()


def _knows_canary(name: str, asked: Sequence[Asked], params: Params) -> bool | None:
    """Whether it wrote the GUID, which nobody guesses; None where it gave no answer."""
    (answer,) = (one.response for one in asked if one.model == name and one.text is None)
    guid = about.canary(params).rpartition(" ")[2]
    return guid in answer.text.lower() if answer.status == "ok" else None

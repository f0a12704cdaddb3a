"""Publishing ValAct-15k: text of real posts never leaves, and their authors know whom to write to."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline import verify as verification
from pipeline.core.errors import InputError, ValActError
from pipeline.params import Params
from pipeline.publish.target import Target
from pipeline.release import authored, step
from pipeline.release.checks import SAMPLE_POST
from pipeline.release.configs import SPLIT
from pipeline.release.dataset import VALACT as DATASET
from pipeline.release.manifest import Manifest
from pipeline.tables import places

REMEDY = f"run `{DATASET.rebuild}` to build the release again"


def _holds_no_real_text(folder: Path, described: Manifest) -> None:
    """Looks at the data itself, whatever params and release.json say."""
    scenarios = pl.read_parquet(folder / "scenarios" / f"{SPLIT}.parquet", columns=["post_id", "text"])
    questions = pl.read_parquet(folder / "questions" / f"{SPLIT}.parquet", columns=["text"])
    invented = bool(scenarios["post_id"].str.contains(SAMPLE_POST).all())
    if described.sample != invented:
        raise InputError(
            f"release.json says sample: {str(described.sample).lower()}, the ids of the posts say otherwise",
            where=str(folder),
            remedy=REMEDY,
        )
    strange = list(authored.faults(pl.read_parquet(folder / authored.CONFIG / f"{SPLIT}.parquet")))
    if strange:
        raise ValActError(f"text that may be of real posts: {strange[0]}", where=str(folder), remedy=REMEDY)
    texts = scenarios["text"].drop_nulls().len() + questions["text"].drop_nulls().len()
    if texts and not invented:
        raise ValActError(
            f"the folder holds text of real posts ({texts} rows): it is never published",
            where=str(folder),
            remedy=f"set release.text to withhold and run `{DATASET.rebuild}`",
        )


def _objections(described: Manifest, params: Params) -> list[str]:
    if described.sample or params.release.contact:
        return []
    return ["release.contact is empty: authors of posts must know whom to write to"]


VALACT = Target(
    dataset=DATASET,
    folder=places.DATA / step.FOLDER,
    verify=verification.verify,
    closed=_holds_no_real_text,
    objections=_objections,
    invented="whose posts are invented",
)

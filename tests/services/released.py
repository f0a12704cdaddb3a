"""Release folders for tests: built from the tables of a finished run, and later versions of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from pipeline import release
from pipeline.params import Params
from pipeline.params.publish import Publish
from pipeline.release import funnel
from pipeline.tables import (
    Actions,
    ActionVerdicts,
    Candidates,
    Items,
    Judgements,
    Options,
    Questions,
    Readings,
    Scenarios,
    Votes,
    read_table,
)
from pipeline.verdict import gate, judged
from pipeline.withdrawn.register import Takedown
from services.finished_run import run_params

REPOSITORY = "owner/valact-15k"


def release_params(
    version: str = "1.0.0", previous: Path | None = None, *, real: bool = False, **publish: object
) -> Params:
    """Params of a release to be published: of the sample, or (``real``) with the posts' text withheld."""
    source = {"source": "archive", "text": "withhold", "contact": "a@example.org"} if real else {}
    params = run_params(
        **source, version=version, repository=REPOSITORY, previous=str(previous) if previous else None
    )
    allowed = {"allow_sample": True, "allow_unvalidated": True, **publish}
    return params.model_copy(update={"publish": Publish.model_validate(allowed)})


def configs_of(
    run: Path,
    params: Params,
    results: pl.DataFrame | None = None,
    authored: pl.DataFrame | None = None,
    **more: pl.DataFrame | None,
) -> dict[str, pl.DataFrame]:
    """The config tables of a run that was validated; ``more`` of what the analysis hands on."""
    options = read_table(Options, run / "assemble/options.parquet")
    found = judged.join(
        read_table(Items, run / "send/items.parquet"),
        read_table(Judgements, run / "collect/judgements.parquet"),
        options,
        params.values,
        source="test",
    )
    return release.tables(
        questions=read_table(Questions, run / "assemble/questions.parquet"),
        options=options,
        scenarios=read_table(Scenarios, run / "assemble/scenarios.parquet"),
        candidates=read_table(Candidates, run / "filter/candidates.parquet"),
        actions=read_table(Actions, run / "assemble/actions.parquet"),
        votes=read_table(Votes, run / "judge/votes.parquet"),
        judged=found,
        readings=read_table(Readings, run / "generate/readings.parquet"),
        verdicts=read_table(ActionVerdicts, run / "validate/actions.parquet"),
        raters=params.validation.kind,
        text=params.release.text,
        results=results,
        authored=authored,
        **more,
    )


def build(
    run: Path,
    params: Params,
    folder: Path,
    *,
    without: Iterable[str] = (),
    takedowns: Iterable[Takedown] = (),
    results: pl.DataFrame | None = None,
    authored: pl.DataFrame | None = None,
    **more: pl.DataFrame | None,
) -> Path:
    """The release of a finished run, with some scenarios taken out of every config."""
    configs = configs_of(run, params, results, authored, **more)
    gone = list(without)
    configs = {
        name: table.filter(~pl.col("scenario_id").is_in(gone).fill_null(False))
        if gone and "scenario_id" in table.columns
        else table
        for name, table in configs.items()
    }
    verdict = gate.read(run / "validate/gate.json")
    release.build(configs, funnel.count(run, params), params, folder, takedowns, verdict=verdict)
    return folder

"""Validate: what people say of the actions, and whether the release counts as validated."""

from __future__ import annotations

from pipeline.lens import places
from pipeline.lens.params import Params
from pipeline.lens.validate.answers import join
from pipeline.lens.validate.figures import measure
from pipeline.lens.validate.gate import pass_gate
from pipeline.step import Job, Step
from pipeline.verdict import gate


def make(job: Job[Params]) -> None:
    params, items, judgements = job.params, job.read(places.ITEMS), job.read(places.JUDGEMENTS)
    found = join(items, judgements, params.values)
    everybody = join(items, judgements, params.values, everybody=True)
    figures = measure(found, everybody, params.validation.careless, params.seed)
    job.write(places.JUDGED, figures.shares)
    job.write(places.AGREEMENT, figures.agreement)
    job.write(places.VERDICTS, figures.verdicts)
    job.write(places.RATERS, figures.raters)
    reasons = job.read(places.COLLECT_LEDGER)["reason"].value_counts().sort("reason")
    verdict = pass_gate(figures.overall | {"ledger": dict(reasons.iter_rows())}, params.validation)
    gate.write(verdict, job.root / places.GATE, job.root / places.METRICS)


STEP = Step(
    "validate",
    make,
    inputs=(places.ITEMS, places.JUDGEMENTS, places.COLLECT_LEDGER),
    outputs=(places.JUDGED, places.AGREEMENT, places.VERDICTS, places.RATERS),
)

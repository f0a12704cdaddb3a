"""Probe: models are given the first halves of texts and the beginning of the canary; what they add is measured.

No stage of dvc.yaml: `valact probe` runs it.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.engine import Engine
from pipeline.probe import asking
from pipeline.probe.asking import Asked
from pipeline.probe.findings import continuations, probed
from pipeline.probe.halves import draw
from pipeline.step import Job, Step
from pipeline.tables import places


def ask(job: Job) -> Sequence[Asked]:
    settings = job.params.probe
    texts = draw(job.read(places.SCENARIOS), settings.scenarios, job.params.seed)
    return asking.ask(job.answers, texts, job.params)


def make(job: Job) -> None:
    asked = ask(job)
    found = continuations(asked, job.params)
    job.write(places.CONTINUATIONS, found.rows)
    job.write(places.PROBED, probed(asked, found, job.params))


STEP = Step(
    "probe",
    make,
    inputs=(places.SCENARIOS,),
    outputs=(places.CONTINUATIONS, places.PROBED, places.PROBE_TRANSCRIPTS),
    ask=ask,
    opens=Engine,
    models=lambda params, part: asking.models(params),
    tokens=asking.tokens,
)

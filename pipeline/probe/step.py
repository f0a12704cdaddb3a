"""Probe: models are given the first halves of texts and the beginning of the canary; what they add is measured. Those
whose servers tell it are given whole texts beside paraphrases: which is likelier to them?

No stage of dvc.yaml: `valact probe` runs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.engine import Engine
from pipeline.params import Params
from pipeline.probe import asking, likelihood
from pipeline.probe.asking import Asked
from pipeline.probe.findings import continuations, probed
from pipeline.probe.halves import draw
from pipeline.probe.likelihood import Weighed
from pipeline.probe.ranks import likelihoods, ranked
from pipeline.probe.recorded import recorded
from pipeline.step import FollowUp, Job, Step
from pipeline.tables import places


@dataclass(frozen=True, slots=True)
class Answered:
    """Who went on with what, and what was compared with paraphrases."""

    asked: Sequence[Asked]
    weighed: Sequence[Weighed]


def ask(job: Job) -> Answered:
    settings = job.params.probe
    texts = draw(job.read(places.SCENARIOS), settings.scenarios, job.params.seed)
    likelihood.check(job.params)
    return Answered(
        asking.ask(job.answers, texts, job.params), likelihood.ask(job.answers, texts, job.params)
    )


def make(job: Job) -> None:
    answered = ask(job)
    found = continuations(answered.asked, job.params)
    job.write(places.CONTINUATIONS, found.rows)
    job.write(places.PROBED, probed(answered.asked, found, job.params))
    with recorded(job.params.responses) as find:
        rows = likelihoods(answered.weighed, find)
    job.write(places.LIKELIHOODS, rows)
    job.write(places.RANKED, ranked(rows, job.params))


def models(params: Params, part: str) -> list[str]:
    settings = params.probe
    beside = [settings.paraphraser, *settings.likelihoods] if settings.likelihoods else []
    return [*dict.fromkeys(name for name in (*asking.models(params), *beside) if name is not None)]


def follow_ups(params: Params, part: str) -> list[FollowUp]:
    """Each paraphrase is shown to each model."""
    k = params.probe.paraphrases
    return [FollowUp(k, k, name, tokens=1, after=likelihood.SCHEMA) for name in params.probe.likelihoods]


STEP = Step(
    "probe",
    make,
    inputs=(places.SCENARIOS,),
    outputs=(
        places.CONTINUATIONS,
        places.PROBED,
        places.LIKELIHOODS,
        places.RANKED,
        places.PROBE_TRANSCRIPTS,
    ),
    ask=ask,
    opens=Engine,
    models=models,
    follow_ups=follow_ups,
    tokens=asking.tokens,
)

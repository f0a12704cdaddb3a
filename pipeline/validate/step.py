"""Validate: what the judgements so far say of the actions, and whether the release counts as validated."""

from __future__ import annotations

from pipeline.core.documents import read_json
from pipeline.step import Job, Step
from pipeline.tables import places
from pipeline.validate import again, everybody, plots, reading, wording
from pipeline.validate.consensus import action_verdicts
from pipeline.validate.figures import measure
from pipeline.verdict import gate, judged


def make(job: Job) -> None:
    found = _judged(job)
    round_ = job.params.validation.round
    first = found.in_rounds(lambda name: name == round_)
    figures = measure(first, job.params.seed, job.read(places.COLLECT_LEDGER))
    agreed = again.all_consensus(found, figures.consensus)
    baseline = wording.measure(
        job.read(places.ACTIONS), job.read(places.OPTIONS), job.params.values, job.params.seed
    )
    read = reading.measure(
        job.read(places.ACTIONS), job.read(places.READINGS), job.params.values, job.params.seed
    )
    repaired = again.measure(found, round_, job.params.seed)
    people = everybody.measure(_everybody(job), job.params.validation.careless, job.params.seed)
    beside = {"text_only": baseline.overall, "reading": read.overall, "repaired": repaired, **people}
    if (who := job.root / places.BACKGROUND).exists():
        beside["background"] = read_json(who, remedy="run `dvc repro -f collect`")
    verdict = gate.pass_gate(figures.overall | beside, job.params.validation)
    job.write(places.JUDGED_ACCURACY, figures.accuracy)
    job.write(places.CONFUSION, figures.confusion)
    job.write(places.AGREEMENT, figures.agreement)
    job.write(places.RATERS, figures.raters)
    job.write(places.RATER_CONFUSION, figures.rater_confusion)
    job.write(places.CONSENSUS, agreed)
    job.write(places.ACTION_VERDICTS, action_verdicts(job.read(places.ACTIONS), found, agreed))
    job.write(places.TEXT_ONLY, baseline.accuracy)
    job.write(places.TELLING_WORDS, baseline.words)
    job.write(places.GIVE_AWAY, baseline.actions)
    job.write(places.RECOGNISED, read.accuracy)
    job.write(places.READ_CONFUSION, read.confusion)
    job.write(places.VALIDATE_LEDGER, found.ledger)
    data = job.root / places.DATA
    gate.write(verdict, data / "validate/gate.json", data / "metrics/validation.json")
    job.note(gate.verdict_in_words(verdict))
    plots.write(
        figures.confusion, figures.accuracy, data / "plots", gate.round_in_words(verdict), job.params.values
    )


def _judged(job: Job, *, everybody: bool = False) -> judged.Judged:
    return judged.join(
        job.read(places.ITEMS),
        job.read(places.JUDGEMENTS),
        job.read(places.OPTIONS),
        job.params.values,
        source=str(job.path(places.JUDGEMENTS)),
        everybody=everybody,
    )


def _everybody(job: Job) -> judged.Judged:
    """The first round with the raters who were taken out of it."""
    return _judged(job, everybody=True).in_rounds(job.params.validation.round.__eq__)


STEP = Step(
    "validate",
    make,
    inputs=(
        places.ITEMS,
        places.JUDGEMENTS,
        places.COLLECT_LEDGER,
        places.OPTIONS,
        places.ACTIONS,
        places.READINGS,
    ),
    outputs=(
        places.JUDGED_ACCURACY,
        places.CONFUSION,
        places.AGREEMENT,
        places.RATERS,
        places.RATER_CONFUSION,
        places.CONSENSUS,
        places.ACTION_VERDICTS,
        places.TEXT_ONLY,
        places.TELLING_WORDS,
        places.GIVE_AWAY,
        places.RECOGNISED,
        places.READ_CONFUSION,
        places.VALIDATE_LEDGER,
    ),
)

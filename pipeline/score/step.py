"""Score: the answers of all respondents as one set, and the scores of the instruments."""

from __future__ import annotations

import polars as pl

from pipeline.score.gather import gather
from pipeline.score.scoring import score_instruments
from pipeline.step import Job, Step
from pipeline.tables import places
from pipeline.tables.content import some


def make(job: Job) -> None:
    administered = [job.path(places.RESPONDENT, name).parent for name in job.params.respondents]
    imported, assembled = job.root / places.DATA / "imported", job.path(places.QUESTIONS).parent
    groups = job.params.analysis.groups
    translations = job.read(places.TRANSLATIONS) if job.has(places.TRANSLATIONS) else None
    gathered = gather(administered, imported, assembled, job.params.values, groups, translations)
    job.write(places.RESPONDENTS, gathered.respondents)
    job.write(places.CHOICES, gathered.choices)
    job.write(places.INSTRUMENT_ANSWERS, gathered.instrument_answers)
    scores = score_instruments(gathered.instrument_answers)
    job.write(places.INSTRUMENT_SCORES, pl.concat([scores, gathered.instrument_scores]))
    job.write(places.COVARIATES, gathered.covariates)
    job.write(places.RATINGS, gathered.ratings)
    job.write(places.PUBLISHED_NUMBERS, gathered.published)
    job.write(places.SCORED_OPTIONS, gathered.options)
    job.write(places.SCORED_QUESTIONS, gathered.questions)
    job.write(places.SCORE_LEDGER, gathered.ledger)
    if gathered.ledger.height:
        job.note(
            f"{gathered.ledger.height:,} answers are left out, because their questions read otherwise when they were "
            f"answered ({some(gathered.ledger['question_id'])}): {job.path(places.SCORE_LEDGER)}"
        )


STEP = Step(
    "score",
    make,
    inputs=(
        places.RESPONDENT,
        places.ITS_CHOICES,
        places.ITS_INSTRUMENT_ANSWERS,
        places.ITS_RATINGS,
        places.QUESTIONS,
        places.OPTIONS,
        places.TRANSLATIONS,
    ),
    outputs=(
        places.RESPONDENTS,
        places.CHOICES,
        places.INSTRUMENT_ANSWERS,
        places.INSTRUMENT_SCORES,
        places.RATINGS,
        places.PUBLISHED_NUMBERS,
        places.COVARIATES,
        places.SCORED_OPTIONS,
        places.SCORED_QUESTIONS,
        places.SCORE_LEDGER,
    ),
)

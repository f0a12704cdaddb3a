"""Score: the answers of all respondents as one set, and the scores of the PVQ."""

from __future__ import annotations

from pipeline.score.gather import gather
from pipeline.score.scoring import score_pvq
from pipeline.step import Job, Step
from pipeline.tables import places


def make(job: Job) -> None:
    administered = [job.path(places.RESPONDENT, name).parent for name in job.params.respondents]
    gathered = gather(administered, job.root / places.DATA / "imported", job.path(places.QUESTIONS).parent)
    job.write(places.RESPONDENTS, gathered.respondents)
    job.write(places.CHOICES, gathered.choices)
    job.write(places.PVQ_ANSWERS, gathered.pvq_answers)
    job.write(places.PVQ_SCORES, score_pvq(gathered.pvq_answers))
    job.write(places.RATINGS, gathered.ratings)
    job.write(places.SCORED_OPTIONS, gathered.options)
    job.write(places.SCORED_QUESTIONS, gathered.questions)


STEP = Step(
    "score",
    make,
    inputs=(
        places.RESPONDENT,
        places.ITS_CHOICES,
        places.ITS_PVQ_ANSWERS,
        places.ITS_RATINGS,
        places.QUESTIONS,
        places.OPTIONS,
    ),
    outputs=(
        places.RESPONDENTS,
        places.CHOICES,
        places.PVQ_ANSWERS,
        places.PVQ_SCORES,
        places.RATINGS,
        places.SCORED_OPTIONS,
        places.SCORED_QUESTIONS,
    ),
)

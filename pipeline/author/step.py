"""Author: a model writes dilemmas from seeds, for the source ``authored``, which has them judged like posts.

No stage of dvc.yaml: `valact author` runs it.
"""

from __future__ import annotations

import json

import polars as pl

from pipeline.author.write import TOKENS, records, write
from pipeline.core.atomic import write_text
from pipeline.engine import Engine
from pipeline.step import Job, Step
from pipeline.tables import places


def ask(job: Job) -> pl.DataFrame:
    return write(job.answers, job.params)


def make(job: Job) -> None:
    written = ask(job)
    job.write(places.AUTHORED, written)
    lines = [json.dumps(record, ensure_ascii=False) for record in records(written)]
    write_text("".join(f"{line}\n" for line in lines), job.root / job.params.author.out)


STEP = Step(
    "author",
    make,
    outputs=(places.AUTHORED, places.AUTHOR_TRANSCRIPTS),
    ask=ask,
    opens=Engine,
    models=lambda params, part: [params.author.model] if params.author.model else [],
    tokens=lambda request: TOKENS,
)

"""Collect: every judgement so far, from a Label Studio server if there is one, else from annotations/rounds/."""

from __future__ import annotations

from pipeline.annotation import rounds
from pipeline.collect.gather import gather
from pipeline.core.documents import write_json
from pipeline.step import Job, Step
from pipeline.tables import places


def make(job: Job) -> None:
    gather(job, places.ITEMS, places.JUDGEMENTS, places.COLLECT_LEDGER)
    # Only where there are some: of most rounds nothing is known.
    if counts := rounds.known(job.params.validation.round).background:
        write_json(dict(counts), job.root / places.BACKGROUND)


STEP = Step("collect", make, inputs=(places.ITEMS,), outputs=(places.JUDGEMENTS, places.COLLECT_LEDGER))

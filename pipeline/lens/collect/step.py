"""Collect: every judgement so far, from a Label Studio server if there is one, else from lens/annotations/rounds/."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.collect.gather import gather
from pipeline.collect.judgements import NO_ANSWER, Reading
from pipeline.lens import places
from pipeline.lens.params import Params
from pipeline.lens.send.site import SITE
from pipeline.lens.tables import OWN_COUNTRY, TOLD, YES, ValuedJudgements
from pipeline.step import Job, Step


def read(data: Mapping[str, Any], given: Mapping[str, str]) -> tuple[dict[str, Any], str, str]:
    """The lens's page: value and stance blind, without which it is no judgement, and what is asked after that."""
    if lacks := [name for name in ("value", "stance") if not given.get(name)]:
        return {}, NO_ANSWER, f"no {' and no '.join(lacks)} was chosen"
    said = {name: given[name] == YES if given.get(name) else None for name in (*TOLD, OWN_COUNTRY)}
    return {"value": given["value"], "stance": given["stance"], **said}, "", ""


READING = Reading(ValuedJudgements, read)


def make(job: Job[Params]) -> None:
    gather(job, places.ITEMS, places.JUDGEMENTS, places.COLLECT_LEDGER, site=SITE, reading=READING)


STEP = Step("collect", make, inputs=(places.ITEMS,), outputs=(places.JUDGEMENTS, places.COLLECT_LEDGER))

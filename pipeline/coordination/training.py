"""The training before a round: items of ours as tasks, with the right answer shown once one is chosen, then a test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.annotation.rounds import Round
from pipeline.annotation.sending import EVERYBODY
from pipeline.core.errors import InputError
from pipeline.send.examples import Example
from pipeline.send.tasks import NONE_LABEL, training_task, value_order
from pipeline.tables import NONE
from pipeline.values import Inventory

# Where the page tells, once an answer is chosen; Label Studio shows it by itself.
PLACE = '<View className="valact-comment">'
TELLS = (
    '<View className="valact-why" visibleWhen="choice-selected" whenTagName="answer">'
    '<Header value="$why" size="5"/></View>'
)


def tasks(training: Sequence[Example], values: Inventory, round_: str, seed: int) -> list[dict[str, Any]]:
    """The items in their order, as `send` makes tasks. InputError for an inventory that there is no training for."""
    if not training:
        raise InputError(
            f"there is no training for the values of {values.name}",
            where="annotations/examples.yaml",
            remedy="write items for them there, as for schwartz10",
        )
    order = value_order(values, round_, 0, seed)
    made = []
    for number, one in enumerate(training, start=1):
        answer = NONE_LABEL if one.answer == NONE else values.by_slug[one.answer].name
        why = f"The answer is {answer}. {one.why}" if one.why else ""
        place = f"{number} of {len(training)}" + ("" if one.why else ", test")
        task = training_task(_id(number), one.situation, one.action, order, values, f"Training, {place}")
        made.append({"data": {**task["data"], "why": why, "raters": EVERYBODY}})
    return made


def config(labelling: str) -> str:
    """The labelling config with the answer in it. InputError where its place is gone from ours."""
    if PLACE not in labelling:
        raise InputError(
            f"the training needs {PLACE!r} in it, before which it puts the answer",
            where="annotations/labelling.xml",
        )
    return labelling.replace(PLACE, TELLS + PLACE, 1)


def scores(made: Round, training: Sequence[Example]) -> dict[str, tuple[int, int]]:
    """By rater who has done the whole test: how many of its items were right first, and of how many."""
    wanted = {_id(number): one.answer for number, one in enumerate(training, start=1) if not one.why}
    found: dict[str, dict[str, bool]] = {}
    for one in sorted(made.annotations, key=lambda one: str(one.get("updated_at"))):
        if one["item_id"] in wanted and not one.get("skipped"):
            mine = found.setdefault(one["rater"], {})
            mine.setdefault(one["item_id"], wanted[one["item_id"]] in _chosen(one["result"]))
    return {
        rater: (sum(mine.values()), len(wanted)) for rater, mine in found.items() if len(mine) == len(wanted)
    }


def _chosen(result: Iterable[Any]) -> list[str]:
    return [alias for part in result if part["from_name"] == "answer" for alias in part["value"]["choices"]]


def _id(number: int) -> str:
    return f"training-{number:02}"

"""Who the raters are: field, degree, first language, what they know of values. Only counts leave this machine.

They choose it in a form, a Label Studio project of one page. What they chose is taken off the server when it is
collected, and kept in ``.label-studio/background/``, apart from judgements and out of git, by the ids of the round. A
round's file gets counts, which the card shows; none stands for fewer people than params say (``smallest``), and a later
count never differs from the one before by fewer, so that nobody can be told from the difference.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.annotation import projects, rounds, sending
from pipeline.annotation.decisions import excluded
from pipeline.annotation.exports import exported
from pipeline.annotation.labelling import SAME_STYLE, styled
from pipeline.annotation.rater_keys import HOME
from pipeline.annotation.sending import EVERYBODY
from pipeline.core.atomic import write_private
from pipeline.core.documents import read_json
from pipeline.core.errors import InputError
from pipeline.params.validation import Background
from pipeline.tables.ids import background_round

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

FOLDER = HOME / "background"
ITEM = "background"
NOT_SAID, OTHERS = "Rather not say", "other answers"
WHY = (
    "<p>This page asks who the people are whose judgements count, because whoever uses the data will ask. Every "
    "question may be left at <i>Rather not say</i>.</p><p>What you choose is taken off this server when it is "
    "collected, and kept apart from your judgements. Only counts are published, and none of fewer than {smallest} "
    "people. If you have filled it in before, there is nothing to do.</p>"
)

# Questions alone need less room than a post beside them.
STYLE = f"{SAME_STYLE}<Style>.valact {{ max-width: 700px; }}</Style>"

Answers = Mapping[str, str]  # by question; one that was left out is not there


@dataclass(frozen=True)
class Said:
    """What raters said of themselves, by their id, and what of it the round's file counts already (``told``)."""

    raters: Mapping[str, Answers] = field(default_factory=dict)
    told: Mapping[str, Answers] = field(default_factory=dict)


def path_of(round_: str) -> Path:
    """Where the answers of a round's raters are, readable to their keeper alone."""
    return FOLDER / f"{round_}.json"


def read(round_: str) -> Said:
    """What the raters of a round said; nothing where nobody did. InputError for a file that is not ours."""
    path = path_of(round_)
    if not path.exists():
        return Said()
    found = read_json(path, remedy="take it back from a backup, or delete it and ask again")
    try:
        return Said(
            *({str(one): dict(found[part][one]) for one in found[part]} for part in ("raters", "told"))
        )
    except (KeyError, TypeError, ValueError):
        raise InputError(
            "not what raters said of themselves", where=str(path), remedy="take it back from a backup"
        ) from None


def write(round_: str, said: Said) -> None:
    parts = {"raters": said.raters, "told": said.told}
    write_private(json.dumps(parts, ensure_ascii=False, indent=1, sort_keys=True) + "\n", path_of(round_))


def form(asked: Background) -> tuple[list[dict[str, Any]], str, str]:
    """The page as Label Studio takes it: its one task, its labelling config and what is told above it, as HTML."""
    about = "About you. Choose what is nearest."
    tasks = [{"data": {"item_id": ITEM, "about": about, "raters": EVERYBODY}}]
    questions = "".join(_question(name, one.question, one.answers) for name, one in asked.questions.items())
    config = f'<View className="valact">{STYLE}<Text name="about" value="$about"/>{questions}</View>'
    return tasks, styled(config), WHY.format(smallest=asked.smallest)


def _question(name: str, question: str, answers: Sequence[str]) -> str:
    choices = "".join(
        f'<Choice alias="{number}" value="{escape(answer)}"/>'
        for number, answer in enumerate([*answers, NOT_SAID], start=1)
    )
    return (
        f'<Header value="{escape(question)}" size="5"/><Choices name="{escape(name)}" toName="about" '
        f'choice="single-radio" required="true" requiredMessage="Choose an answer to each question, or {NOT_SAID}.">'
        f"{choices}</Choices>"
    )


def given(
    tasks: Iterable[Mapping[str, Any]], key: str, asked: Background, *, where: str
) -> dict[str, Answers]:
    """What an export of the form says, by rater id; of several answers of a rater the newest."""
    made = [one for one in exported(tasks, ITEM, key, where=where).annotations if one["item_id"] == ITEM]
    return {one["rater"]: _answers(one, asked) for one in sorted(made, key=lambda one: one["updated_at"])}


def _answers(made: Mapping[str, Any], asked: Background) -> Answers:
    """An answer that is none of ours counts as not given."""
    found = {}
    for part in made["result"]:
        said = part if isinstance(part, Mapping) else {}
        name, value = str(said.get("from_name")), said.get("value")
        chosen = value.get("choices") if isinstance(value, Mapping) else None
        answers = asked.questions[name].answers if name in asked.questions else []
        of_alias = {str(number): answer for number, answer in enumerate(answers, start=1)}
        for alias in chosen if isinstance(chosen, list) else ():
            if isinstance(alias, str) and alias in of_alias:
                found[name] = of_alias[alias]
    return found


def take(client: LabelStudio, round_: str, asked: Background) -> int:
    """Brings what raters filled in on the server here, and deletes it there; how many raters that were."""
    project = projects.find(client, background_round(round_))
    if project is None:
        return 0
    tasks = sending.read_tasks(client, project)
    new = given(tasks, project.key, asked, where=f"project {project.title!r}")
    if new:
        add(round_, new)
    for task in tasks:
        for made in task["annotations"]:
            client.annotations.delete(made["id"])
    return len(new)


def add(round_: str, new: Mapping[str, Answers]) -> None:
    """Keeps what raters said, the newer in the place of the older."""
    before = read(round_)
    write(round_, replace(before, raters={**before.raters, **new}))


def forget(round_: str, rater: str) -> None:
    """Deletes what a rater said; InputError where they said nothing. Counts that were told are of the past."""
    before = read(round_)
    if rater not in before.raters:
        raise InputError(f"{rater} has said nothing of themselves", where=str(path_of(round_)))
    kept = {one: answers for one, answers in before.raters.items() if one != rater}
    write(round_, replace(before, raters=kept))


def tell(round_: str, asked: Background) -> dict[str, Any] | None:
    """Puts the counts into the round's file, as far as they may be told, and returns what the file holds now.

    They are of those who judged in the round and were not taken out. The file keeps its counts where fewer than
    ``smallest`` people make the difference.
    """
    said, made = read(round_), rounds.known(round_)
    voices = {rounds.rater_of(one) for one in made.annotations if not one.get("skipped")} - excluded(made)
    mine = {rater: answers for rater, answers in said.raters.items() if rater in voices}
    changed = [one for one in {*mine, *said.told} if mine.get(one) != said.told.get(one)]
    if len(changed) < asked.smallest:
        return dict(made.background) or None
    counts = summary(mine.values(), asked)
    rounds.write(replace(made, background=counts or {}))
    write(round_, replace(said, told=mine if counts else {}))
    return counts


def summary(answers: Collection[Answers], asked: Background) -> dict[str, Any] | None:
    """How many raters there are, and how many gave each answer to each question, most first; None for too few."""
    if len(answers) < asked.smallest:
        return None
    counted = {
        name: counts
        for name in asked.questions
        if (counts := _counts([one.get(name, NOT_SAID) for one in answers], asked.smallest))
    }
    return {"raters": len(answers), "answers": counted}


def _counts(said: Sequence[str], smallest: int) -> dict[str, int]:
    """Answers that ``smallest`` gave or more, the rest together; so many that they too are ``smallest`` or more.

    Empty where that leaves nothing to tell.
    """
    order = sorted(Counter(said).items(), key=lambda one: (one[1], one[0]))
    together = 0
    while order and (order[0][1] < smallest or 0 < together < smallest):
        together += order.pop(0)[1]
    found = dict(reversed(order))
    return found | ({OTHERS: together} if together else {}) if found else {}

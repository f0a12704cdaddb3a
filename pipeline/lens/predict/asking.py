"""From a task to requests, and from answers to guesses; and the observer that asks nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from pipeline import prompts
from pipeline.administer.parsing import STATUS, raw_of
from pipeline.engine import Answerer, Message, Request, Response
from pipeline.engine.reading import readable
from pipeline.generate.content import content
from pipeline.lens.params import Params
from pipeline.lens.predict.draws import STATED, Task

PROMPT = "lens/predict"
SURE = 100
SCHEMA = {
    "name": "prediction",
    "schema": {
        "type": "object",
        "properties": {"agrees": {"type": "boolean"}, "chance": {"type": "integer"}},
        "required": ["agrees", "chance"],
        "additionalProperties": False,
    },
}
_MEANING = {
    True: "the action goes with what the person says it values",
    False: "of this action and its opposite the person takes this one",
}


@dataclass(frozen=True, slots=True)
class Guess:
    """Whether the respondent agrees, and how likely that is, from 0 to 1; both empty where nothing can be read."""

    status: str
    agrees: bool | None = None
    chance: float | None = None
    raw: str | None = None
    request_key: str | None = None
    origin: str | None = None


def ask(engine: Answerer, params: Params, model: str, tasks: Sequence[Task]) -> list[list[Guess]]:
    """A model's guesses for each task; what it said to the same question twice is one answer."""
    requests = [list(_requests(engine, params, model, task)) for task in tasks]
    unique = {request.key: request for part in requests for request in part}
    answers = engine.answer(list(unique.values())) if unique else {}
    engine.check_failed({key: str(one.error) for key, one in answers.items() if one.status == "failed"})
    return [[read(answers[request.key]) for request in part] for part in requests]


def _requests(engine: Answerer, params: Params, model: str, task: Task) -> Iterator[Request]:
    prompt = prompts.load(PROMPT)
    examples = "\n\n".join(_example(row, task.setting) for row in task.examples.iter_rows(named=True))
    for scenario, text in task.asked.select("scenario_id", "text").iter_rows():
        system, user = prompt.fill(meaning=_MEANING[task.label == STATED], examples=examples, action=text)
        yield engine.request(
            model=model,
            messages=[Message("system", system), Message("user", user)],
            schema=SCHEMA,
            temperature=params.predict.temperature,
            subject=scenario,
        )


def _example(row: Mapping[str, Any], setting: str) -> str:
    """An action and whether the person agrees; spans and explanation where the setting shows them."""
    lines = [f"Action: {row['text']}"]
    if setting in ("spans", "both"):
        lines.append(f"Parts that matter: {'; '.join(row['spans'])}")
    if setting in ("explanation", "both"):
        lines.append(f"Why: {row['explanation'] or 'no explanation'}")
    return "\n".join([*lines, f"Agrees: {'true' if row['label'] else 'false'}"])


def read(response: Response) -> Guess:
    """A guess without a chance counts as sure; one that is no truth value, or off the scale, is invalid."""
    status, agrees, chance = _said(response)
    return Guess(status, agrees, chance, raw_of(response), response.key, response.origin)


def _said(response: Response) -> tuple[str, bool | None, float | None]:
    if response.status in STATUS:
        return STATUS[response.status], None, None
    try:
        said = msgspec.json.decode(readable(response.text))
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        said = None
    agrees = said.get("agrees") if isinstance(said, dict) else None
    if not isinstance(agrees, bool):
        return "invalid", None, None
    chance = said.get("chance", SURE if agrees else 0)
    if isinstance(chance, bool) or not isinstance(chance, int | float) or not 0 <= chance <= SURE:
        return "invalid", None, None
    return "answered", agrees, chance / SURE


def by_words(task: Task) -> list[Guess]:
    """What shared words alone give: likeness to the examples that are agreed with, beside that to the others.

    Likeness is the mean Jaccard similarity of the words of content; spans and explanation count where they are shown.
    No model is asked.
    """
    seen = [(_words(row, task.setting), row["label"]) for row in task.examples.iter_rows(named=True)]
    return [_alike(content(text), seen) for text in task.asked["text"]]


def _alike(mine: frozenset[str], seen: Sequence[tuple[frozenset[str], bool]]) -> Guess:
    sums = {
        label: sum(len(mine & words) / max(1, len(mine | words)) for words, one in seen if one == label)
        / max(1, sum(one == label for _, one in seen))
        for label in (True, False)
    }
    both = sums[True] + sums[False]
    chance = sums[True] / both if both else 0.5
    return Guess("answered", chance >= 0.5, chance)


def _words(row: Mapping[str, Any], setting: str) -> frozenset[str]:
    parts = [row["text"]]
    if setting in ("explanation", "both"):
        parts.append(row["explanation"] or "")
    return content(" ".join(parts))

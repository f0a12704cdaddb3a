"""Tasks for inspect_ai:

inspect eval evaluators/inspect_tasks.py@valact_selection --model openai/gpt-4o-2024-11-20
inspect eval evaluators/inspect_tasks.py@valact_default -T release=OWNER/valact-15k@v1.0.0 --model ...

`-T config=authored` asks the questions about invented scenarios: they need no hydration.
"""

import math
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import (
    CORRECT,
    INCORRECT,
    NOANSWER,
    Metric,
    SampleScore,
    Score,
    Scorer,
    Target,
    metric,
    scorer,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver

sys.path.insert(0, str(Path(__file__).resolve().parent))
import valact

# `--temperature` and `--epochs` change them. Options are not shuffled: in the design every value stands at each
# position equally often.
GREEDY = GenerateConfig(temperature=0.0)


@task
def valact_selection(release: str | None = None, config: str = "questions") -> Task:
    """Accuracy of the answered questions, over all and for each target value. No answer is neither right nor wrong:
    `accuracy_of_asked` has them in it, and `answered` says how many there were."""
    return Task(
        dataset=_dataset(release, config, valact.selection_prompt, "selection"),
        solver=choose(),
        scorer=chosen_target(),
        config=GREEDY,
        epochs=1,
        version=1,
    )


@task
def valact_default(release: str | None = None, config: str = "questions") -> Task:
    """A value profile: each value's share of the answered questions that offered it, and the share answered."""
    return Task(
        dataset=_dataset(release, config, valact.default_prompt, "default"),
        solver=choose(),
        scorer=chosen_value(),
        config=GREEDY,
        epochs=1,
        version=1,
    )


@solver
def choose() -> Solver:
    """Asks, and marks the option of the answer; an answer is what it is in lm-evaluation-harness."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state = await generate(state)
        letter = valact.answered(state.output.completion, len(state.choices))
        for number, label in enumerate(valact.LETTERS[: len(state.choices)]):
            state.choices.mark_choice(number, label == letter)
        return state

    return solve


@metric
def accuracy() -> Metric:
    """Share of the answered questions in which the target's option was chosen."""

    def of_answered(scores: list[SampleScore]) -> float:
        given = [score for score in scores if score.score.answer]
        return sum(score.score.as_float() for score in given) / len(given) if given else math.nan

    return of_answered


@metric
def accuracy_by_value() -> Metric:
    """The same for each target value; none where no question of it was answered."""

    def each(scores: list[SampleScore]) -> dict[str, float | None]:
        given: defaultdict[str, list[float]] = defaultdict(list)
        for score in scores:
            if score.score.answer:
                given[score.score.metadata["target_value"]].append(score.score.as_float())
        return {
            value: sum(given[value]) / len(given[value]) if given[value] else None for value in valact.VALUES
        }

    return each


@metric
def accuracy_of_asked() -> Metric:
    """The same of all questions."""

    def of_all(scores: list[SampleScore]) -> float:
        return sum(score.score.as_float() for score in scores) / len(scores)

    return of_all


@metric
def standard_error() -> Metric:
    """Of the accuracy, clustered by scenario: the questions of one post are not independent.

    sqrt(S / (S - 1) sum of (sum of (right - accuracy) in a scenario)²) / n.
    """

    def clustered(scores: list[SampleScore]) -> float:
        given = [score for score in scores if score.score.answer]
        right = [score.score.as_float() for score in given]
        sums: defaultdict[str, float] = defaultdict(float)
        for score, one in zip(given, right, strict=True):
            sums[score.score.metadata["scenario_id"]] += one - sum(right) / len(right)
        size = len(sums)
        if size < 2:
            return math.nan
        return math.sqrt(size / (size - 1) * sum(part**2 for part in sums.values())) / len(right)

    return clustered


@metric
def present() -> Metric:
    """Share of the release's questions that could be asked: a hydrated copy lacks what was deleted."""

    def share(scores: list[SampleScore]) -> float:
        return scores[0].score.metadata["present"] if scores else 0.0

    return share


@metric
def answered() -> Metric:
    """Share of the questions that got an answer."""

    def share(scores: list[SampleScore]) -> float:
        return sum(bool(score.score.answer) for score in scores) / len(scores)

    return share


@metric
def value_profile() -> Metric:
    """How often each value was chosen where it was offered and the question answered."""

    def profile(scores: list[SampleScore]) -> dict[str, float | None]:
        chosen: defaultdict[str, int] = defaultdict(int)
        offered: defaultdict[str, int] = defaultdict(int)
        for score in scores:
            if score.score.answer:
                chosen[score.score.answer] += 1
                for value in score.score.metadata["offered"]:
                    offered[value] += 1
        return {value: chosen[value] / offered[value] if offered[value] else None for value in valact.VALUES}

    return profile


@scorer(
    metrics=[
        accuracy(),
        standard_error(),
        accuracy_of_asked(),
        answered(),
        present(),
        accuracy_by_value(),
    ]
)
def chosen_target() -> Scorer:
    """The answer is the letter; without one the outcome is inspect's own NOANSWER."""

    async def score(state: TaskState, target: Target) -> Score:
        letter = _letter(state)
        outcome = NOANSWER if letter is None else CORRECT if letter == target.text else INCORRECT
        return Score(value=outcome, answer=letter or "", metadata=_about(state))

    return score


@scorer(metrics=[value_profile(), answered(), present()])
def chosen_value() -> Scorer:
    """The answer is the value of the chosen action; empty without a choice. Nothing is right or wrong."""

    async def score(state: TaskState, target: Target) -> Score:
        offered, letter = state.metadata["values"], _letter(state)
        answer = offered[valact.LETTERS.index(letter)] if letter else ""
        return Score(value=bool(letter), answer=answer, metadata=_about(state) | {"offered": offered})

    return score


def _letter(state: TaskState) -> str | None:
    marked = [number for number, option in enumerate(state.choices) if option.correct]
    return valact.LETTERS[marked[0]] if len(marked) == 1 else None


def _about(state: TaskState) -> dict[str, Any]:
    return {name: state.metadata[name] for name in ("scenario_id", "target_value", "present")}


def _dataset(release: str | None, config: str, prompt: Callable[[Any], str], mode: str) -> MemoryDataset:
    return MemoryDataset(
        [
            Sample(
                id=question["question_id"],
                input=prompt(question),
                choices=[option["text"] for option in question["options"]],
                target=valact.target(question),
                metadata={
                    "target_value": question["target_value"],
                    "category": question["category"],
                    "scenario_id": question["scenario_id"],
                    "content_sha256": question["content_sha256"],
                    "present": question["present"],
                    "prompt": valact.asked(mode),
                    "values": [option["value"] for option in question["options"]],
                },
            )
            for question in valact.questions(release, config)
        ],
        name="valact-15k",
    )

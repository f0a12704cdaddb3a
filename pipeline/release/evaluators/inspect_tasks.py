"""Tasks for inspect_ai:

inspect eval evaluators/inspect_tasks.py@valact_selection --model openai/gpt-4o-2024-11-20
inspect eval evaluators/inspect_tasks.py@valact_default -T release=OWNER/valact-15k@v1.0.0 --model ...
"""

import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import (
    Metric,
    SampleScore,
    Score,
    Scorer,
    Target,
    accuracy,
    choice,
    grouped,
    metric,
    scorer,
    stderr,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver

sys.path.insert(0, str(Path(__file__).resolve().parent))
import valact


@task
def valact_selection(release: str | None = None) -> Task:
    """Accuracy, over all questions and for each target value; no answer counts as wrong."""
    return Task(
        dataset=_dataset(release, valact.selection_prompt),
        solver=choose(),
        scorer=choice(),
        metrics=[accuracy(), stderr(), answered(), grouped(accuracy(), "target_value", all=False)],
    )


@task
def valact_default(release: str | None = None) -> Task:
    """A value profile: each value's share of the answered questions that offered it, and the share answered."""
    return Task(
        dataset=_dataset(release, valact.default_prompt),
        solver=choose(),
        scorer=chosen_value(),
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


@scorer(metrics=[value_profile(), answered()])
def chosen_value() -> Scorer:
    """The answer is the value of the chosen action; empty without a choice. Nothing is right or wrong."""

    async def score(state: TaskState, target: Target) -> Score:
        offered = state.metadata["values"]
        marked = [number for number, option in enumerate(state.choices) if option.correct]
        answer = offered[marked[0]] if len(marked) == 1 else ""
        return Score(value=len(marked) == 1, answer=answer, metadata={"offered": offered})

    return score


def _dataset(release: str | None, prompt: Callable[[Any], str]) -> MemoryDataset:
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
                    "values": [option["value"] for option in question["options"]],
                },
            )
            for question in valact.questions(release)
        ],
        name="valact-15k",
    )

"""Tasks for inspect_ai:

inspect eval evaluators/inspect_tasks.py@valact_selection --model openai/gpt-4o-2024-11-20
inspect eval evaluators/inspect_tasks.py@valact_default -T release=OWNER/valact-15k@v1.0.0 --model ...
"""

import sys
from collections import defaultdict
from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import SampleScore, Score, accuracy, choice, grouped, metric, scorer, stderr
from inspect_ai.solver import solver

sys.path.insert(0, str(Path(__file__).resolve().parent))
import valact


@task
def valact_selection(release=None):
    """Accuracy, over all questions and for each target value; no answer counts as wrong."""
    return Task(
        dataset=_dataset(release, valact.selection_prompt),
        solver=choose(),
        scorer=choice(),
        metrics=[accuracy(), stderr(), answered(), grouped(accuracy(), "target_value", all=False)],
    )


@task
def valact_default(release=None):
    """A value profile: each value's share of the answered questions that offered it, and the share answered."""
    return Task(
        dataset=_dataset(release, valact.default_prompt),
        solver=choose(),
        scorer=chosen_value(),
    )


@solver
def choose():
    """Asks, and marks the option of the answer; an answer is what it is in lm-evaluation-harness."""

    async def solve(state, generate):
        state = await generate(state)
        letter = valact.answered(state.output.completion)
        for number, label in enumerate(valact.LETTERS):
            state.choices.mark_choice(number, label == letter)
        return state

    return solve


@metric
def answered():
    """Share of the questions that got an answer."""

    def share(scores: list[SampleScore]):
        return sum(bool(score.score.answer) for score in scores) / len(scores)

    return share


@metric
def value_profile():
    """How often each value was chosen where it was offered and the question answered."""

    def profile(scores: list[SampleScore]):
        chosen, offered = defaultdict(int), defaultdict(int)
        for score in scores:
            if score.score.answer:
                chosen[score.score.answer] += 1
                for value in score.score.metadata["offered"]:
                    offered[value] += 1
        return {value: chosen[value] / offered[value] if offered[value] else None for value in valact.VALUES}

    return profile


@scorer(metrics=[value_profile(), answered()])
def chosen_value():
    """The answer is the value of the chosen action; empty without a choice. Nothing is right or wrong."""

    async def score(state, target):
        offered = state.metadata["values"]
        marked = [number for number, option in enumerate(state.choices) if option.correct]
        answer = offered[marked[0]] if len(marked) == 1 else ""
        return Score(value=len(marked) == 1, answer=answer, metadata={"offered": offered})

    return score


def _dataset(release, prompt):
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

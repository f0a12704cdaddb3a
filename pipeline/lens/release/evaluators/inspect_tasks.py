"""Tasks for inspect_ai:

inspect eval evaluators/inspect_tasks.py@lens_unnamed --model openai/gpt-4o-2024-11-20
inspect eval evaluators/inspect_tasks.py@lens_named -T release=OWNER/valact-lens@v1.0.0 --model ...
"""

import math
import sys
from collections import defaultdict
from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
from inspect_ai.solver import TaskState

sys.path.insert(0, str(Path(__file__).resolve().parent))
import valact
import valact_lens as lens

GREEDY = GenerateConfig(temperature=0.0)


@task
def lens_unnamed(release: str | None = None) -> Task:
    """What somebody who lives there would do; the value is not named."""
    return _task(release, named=False)


@task
def lens_named(release: str | None = None) -> Task:
    """Which of the two actions fits how one stands to the value, which is named."""
    return _task(release, named=True)


def _task(release: str | None, *, named: bool) -> Task:
    return Task(
        dataset=_dataset(release, named=named),
        scorer=chosen_action(),
        config=GREEDY,
        epochs=1,
        version=1,
    )


@metric
def expressing() -> Metric:
    """Share of the answered choices that take the action for the value."""

    def of_answered(scores: list[SampleScore]) -> float:
        return _mean([score.score.as_float() for score in scores if score.score.answer])

    return of_answered


@metric
def standard_error() -> Metric:
    """Of that share, clustered by scenario: sqrt(S / (S - 1) sum of (sum of (x - mean) in a scenario)²) / n."""

    def clustered(scores: list[SampleScore]) -> float:
        given = [score for score in scores if score.score.answer]
        mean = _mean([score.score.as_float() for score in given])
        sums: defaultdict[str, float] = defaultdict(float)
        for score in given:
            sums[(score.score.metadata or {})["scenario_id"]] += score.score.as_float() - mean
        size = len(sums)
        if size < 2:
            return math.nan
        return math.sqrt(size / (size - 1) * sum(part**2 for part in sums.values())) / len(given)

    return clustered


@metric
def first() -> Metric:
    """Share of the answered choices that take the option shown first; one half is no preference for a place."""

    def of_answered(scores: list[SampleScore]) -> float:
        return _mean(
            [float(score.score.answer == valact.LETTERS[0]) for score in scores if score.score.answer]
        )

    return of_answered


@metric
def answered() -> Metric:
    """Share of the choices that got an answer."""

    def share(scores: list[SampleScore]) -> float:
        return _mean([float(bool(score.score.answer)) for score in scores])

    return share


@metric
def by_value() -> Metric:
    """The share of each value; none where no choice about it was answered."""

    def each(scores: list[SampleScore]) -> dict[str, float | None]:
        given: defaultdict[str, list[float]] = defaultdict(list)
        for score in scores:
            if score.score.answer:
                given[(score.score.metadata or {})["value"]].append(score.score.as_float())
        return {value: _mean(given[value]) if given[value] else None for value in lens.VALUES}

    return each


@scorer(metrics=[expressing(), standard_error(), first(), answered(), by_value()])
def chosen_action() -> Scorer:
    """The answer is the letter, empty without one; the score is whether it is the action for the value."""

    async def score(state: TaskState, target: Target) -> Score:
        letter = valact.answered(state.output.completion, lens.OPTIONS) or ""
        takes = bool(letter) and lens.expressed(state.metadata, letter)
        about = {name: state.metadata[name] for name in ("scenario_id", "value", "order", "named", "prompt")}
        return Score(value=takes, answer=letter, metadata=about)

    return score


def _dataset(release: str | None, *, named: bool) -> MemoryDataset:
    return MemoryDataset(
        [
            Sample(
                id=f"{choice['scenario_id']}.{choice['value']}.{choice['order']}",
                input=lens.prompt(choice),
                target="",
                metadata=dict(choice),
            )
            for choice in lens.choices(release, named=named)
        ],
        name="valact-lens",
    )


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else math.nan

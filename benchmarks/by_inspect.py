"""Administers prepared prompts with inspect-ai: a process of its own, in the environment of the evaluators.

python benchmarks/by_inspect.py PROMPTS.jsonl BASE_URL IN_FLIGHT    # prints seconds, answers and peak memory as JSON

Each line of PROMPTS holds ``id``, ``system``, ``user`` and ``target``. Task, solver and scorer are as its
documentation has them; nothing is shown, and its log is written as always.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from inspect_ai import Task
from inspect_ai import eval as evaluate
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser, GenerateConfig, ResponseSchema
from inspect_ai.scorer import Score, Target, accuracy, scorer
from inspect_ai.solver import TaskState, generate
from inspect_ai.util import JSONSchema


@scorer(metrics=[accuracy()])
def letter():
    """Reads the letter from the JSON answer; the score is whether it is that of the target."""

    async def score(state: TaskState, target: Target) -> Score:
        answer = json.loads(state.output.completion)["answer"]
        return Score(value=answer == target.text, answer=answer)

    return score


def main(prompts: str, url: str, in_flight: int) -> None:
    samples = [
        Sample(
            id=line["id"],
            input=[ChatMessageSystem(content=line["system"]), ChatMessageUser(content=line["user"])],
            target=line["target"],
        )
        for line in map(json.loads, Path(prompts).read_text(encoding="utf-8").splitlines())
    ]
    choice = JSONSchema(
        type="object",
        properties={"answer": JSONSchema(type="string", enum=list("ABCD"))},
        required=["answer"],
        additionalProperties=False,
    )
    config = GenerateConfig(
        temperature=0.0,
        max_tokens=2048,
        max_connections=in_flight,
        response_schema=ResponseSchema(name="choice", json_schema=choice, strict=True),
    )
    task = Task(dataset=MemoryDataset(samples), solver=generate(), scorer=letter(), config=config)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        (log,) = evaluate(
            task,
            model="openai/gpt-4o-2024-08-06",
            model_base_url=url,
            model_args={"responses_api": False},
            max_samples=in_flight,
            log_dir=folder,
            log_realtime=False,
            display="none",
        )
        seconds = time.perf_counter() - started
        answered = sum(bool(sample.scores) for sample in log.samples or [])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps({"seconds": seconds, "answered": answered, "status": log.status, "peak_mb": round(peak)})
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

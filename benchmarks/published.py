"""A clone of the published results at full size, imported: time and memory.

    python -m benchmarks.published [--scenarios 3000] [--models 10] [--to benchmarks/results/published.json]

Ten models, 3,000 scenarios of five questions, default mode, selection and adoption under five wordings, and the PVQ,
in the line forms of the files; actions are invented words of their length (19 words). One answer in two hundred is
none. The import is a fresh process; memory is its largest resident set.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from services.published import MARKER, NAMES, items_file, pvq_lines, ratings

from pipeline.published.asked import INSTRUMENT
from pipeline.published.names import MODELS

MODES = {
    "default": ("default_reddit", "prompt"),
    "selection": ("prompt_sensitivity_reddit", "prompt"),
    "adoption": ("human_behavior_reddit", "trial"),
}
CATEGORIES = ("Career & work", "Financial & investment", "Education & academy", "Relationships", "Ethics")
WORDS = "keep plan talk give take hold make share check weigh trust follow build leave join offer guard learn".split()
ANSWERS = ['{"Answer": "%s"}', '```json\n{"Answer": "%s"}\n```']
Scenario = list[list[tuple[str, str, str]]]


def write_clone(folder: Path, scenarios: int, models: list[str], seed: int = 1) -> int:
    """Writes the clone; the number of answers to questions in it."""
    rng = random.Random(seed)
    made = [_scenario(number, rng) for number in range(scenarios)]
    shown = [repr(scenario) for scenario in made]
    (folder / "Results").mkdir(parents=True)
    for model in models:
        for mode, (name, label) in MODES.items():
            path = folder / "Results" / f"{model}_result_exp_{name}.txt"
            with path.open("w", encoding="utf-8") as file:
                for text in shown:
                    file.writelines(f"{line}\n" for line in _block(text, mode, label, rng))
        lines = [line for trial in range(10) for line in pvq_lines(trial, [_ratings(rng) for _ in range(5)])]
        path = folder / "Results" / f"{model}_result_exp_pvq.txt"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    _metadata(folder / "reddit_category_sampled_cleaned.csv", scenarios)
    return scenarios * 5 * 5 * len(models) * len(MODES)


def _scenario(number: int, rng: random.Random) -> Scenario:
    """The ten values twice, in an order of its own, four a question and none twice in one."""
    order = rng.sample(NAMES, 10)
    deal = [order[0:4], order[4:8], [*order[8:10], *order[0:2]], order[2:6], order[6:10]]
    return [
        [(rng.choice(("qwen", "gpt-4o")), value, _action(number, q, rng)) for value in values]
        for q, values in enumerate(deal)
    ]


def _action(number: int, question: int, rng: random.Random) -> str:
    return f"{' '.join(rng.choices(WORDS, k=17)).capitalize()} {number} {question}."


def _block(text: str, mode: str, label: str, rng: random.Random) -> Iterator[str]:
    yield MARKER
    yield text
    targets = rng.choices("ABCD", k=5)
    if mode != "default":
        yield f"target_choice: {targets!r}"
    for wording in range(1, 6):
        yield f"model_choice for {label}{wording}: {[_answer(target, rng) for target in targets]!r}"


def _answer(target: str, rng: random.Random) -> str:
    if rng.random() < 0.005:
        return rng.choice(["", "I cannot say"])
    return rng.choice(ANSWERS) % (target if rng.random() < 0.87 else rng.choice("ABCD"))


def _ratings(rng: random.Random) -> str:
    return ratings({item: rng.randint(1, 6) for item in INSTRUMENT.items})


def _metadata(path: Path, scenarios: int) -> None:
    lines = ["time,title,url,scenario,Filter Result,subreddit,category"]
    for row in range(scenarios):
        category = CATEGORIES[row * len(CATEGORIES) // scenarios]
        url = f"https://www.reddit.com/r/sub/comments/a{row}/t/"
        lines.append(f"2024-01-01,A title,{url},[masked],yes,r/sub,{category}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def measure(clone: Path, project: Path) -> dict[str, float]:
    """Seconds and largest memory of one import in a fresh process."""
    project.mkdir()
    root = Path(__file__).resolve().parent.parent
    command = [
        sys.executable,
        "-m",
        "pipeline",
        "import-published",
        str(clone),
        "--items",
        str(items_file(project)),
    ]
    began = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(root)}
    subprocess.run(command, cwd=project, env=environment, check=True, stdout=subprocess.DEVNULL)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": round(time.perf_counter() - began, 1),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 1),
        "gigabytes": round(used.ru_maxrss / 1e6, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenarios", type=int, default=3_000)
    parser.add_argument("--models", type=int, default=len(MODELS))
    parser.add_argument("--to", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="valact-published-") as temporary:
        clone = Path(temporary) / "clone"
        answers = write_clone(clone, options.scenarios, list(MODELS)[: options.models])
        size = sum(path.stat().st_size for path in clone.rglob("*") if path.is_file())
        result: dict[str, Any] = {
            "machine": f"{platform.machine()}, Python {platform.python_version()}",
            "scenarios": options.scenarios,
            "models": options.models,
            "answers": answers,
            "clone_megabytes": round(size / 1e6),
            "import": measure(clone, Path(temporary) / "project"),
        }
    print(json.dumps(result, indent=2))
    if options.to:
        options.to.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""The release as a benchmark of the Hub: config ``benchmark`` and ``eval.yaml``, which `inspect eval hf/OWNER/NAME`
reads without any code of ours.

Such a runner shows a text, lists a column of strings as A, B, C, and looks for a letter. It can ask only what is there
with its text, and only what has a right answer: selection mode, on the questions about invented scenarios. What a
model is sent is, to the byte, what the tasks in ``evaluators/`` send; the order of the options is the design's.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from pipeline.release import tasks
from pipeline.release.configs import SPLIT, BenchmarkConfig
from pipeline.release.files import write_text
from pipeline.step import about
from pipeline.tables import conform
from pipeline.values import Inventory

CONFIG, MODE = "benchmark", "selection"
# At the top of a repository, and under this name: inspect_ai looks there.
FILE = "eval.yaml"
# Where the runner puts what it shows and the options; the letters are part of our own text.
TEMPLATE = "{question}\n\n{choices}"
METADATA = ["question_id", "scenario_id", "target_value", "content_sha256", "mode", "prompt"]


def of(authored: pl.DataFrame, inventory: Inventory) -> pl.DataFrame:
    """Table BenchmarkConfig of table AuthoredConfig, whose values are those of the inventory."""
    asks = tasks.shared(inventory) if authored.height else {}
    rows = [
        {
            "question_id": question["question_id"],
            "question": asks["selection_stem"](question),
            "choices": [option["text"] for option in question["options"]],
            "target": question["options"][question["target_position"] - 1]["label"],
            "mode": MODE,
            "prompt": asks["asked"](MODE),
        }
        | {name: question[name] for name in ("scenario_id", "target_value", "content_sha256")}
        for question in authored.iter_rows(named=True)
    ]
    return conform(BenchmarkConfig, rows, where=f"release config {CONFIG}")


def write(folder: Path) -> None:
    """Writes eval.yaml into a release folder."""
    write_text(described(), folder / FILE)


def described() -> str:
    """eval.yaml: one task, named as its mode."""
    content: dict[str, Any] = {
        "name": about.NAME,
        "description": "Which of the actions reflects a given value best? Questions about invented everyday dilemmas.",
        "evaluation_framework": "inspect-ai",
        "tasks": [
            {
                "id": MODE,
                "config": CONFIG,
                "split": SPLIT,
                "field_spec": {
                    "input": "question",
                    "choices": "choices",
                    "target": "target",
                    "metadata": METADATA,
                },
                "shuffle_choices": False,
                "epochs": 1,
                "solvers": [{"name": "multiple_choice", "args": {"template": TEMPLATE}}],
                "scorers": [{"name": "choice"}],
            }
        ],
    }
    return yaml.safe_dump(content, sort_keys=False, width=110)


def faults(benchmark: pl.DataFrame, authored: pl.DataFrame) -> Iterator[str]:
    """Where the config is not what is in ``authored``: other questions, options, targets or texts."""
    both = authored.select(
        "question_id",
        "text",
        "scenario_id",
        "target_value",
        "content_sha256",
        choices=pl.col("options").list.eval(pl.element().struct.field("text")),
        target=pl.col("options")
        .list.get(pl.col("target_position").cast(pl.Int32) - 1, null_on_oob=True)
        .struct.field("label"),
    ).join(benchmark, on="question_id", how="full", coalesce=True, suffix="_told", nulls_equal=True)
    same = [
        pl.col(name).eq_missing(pl.col(f"{name}_told"))
        for name in ("scenario_id", "target_value", "content_sha256", "choices", "target")
    ]
    # A text with a mark of its own is shown with the mark broken.
    shown = pl.col("question").str.contains(pl.col("text"), literal=True) | pl.col("text").str.contains(
        "[<＜]"
    )
    others = both.filter(~(pl.all_horizontal(same) & shown.fill_null(value=False)))
    if others.height:
        yield (
            f"{others['question_id'].sort()[0]} is not the same question in config {CONFIG} and in config authored "
            f"({others.height} in all)"
        )

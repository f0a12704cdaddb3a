"""A rehearsal of the paper's run at full size: profiles/paper.yaml, a synthetic dump, providers that misbehave.

`dvc repro release` runs in a copy of the repository against loopback servers that behave as real models were measured
to (tests/services/measured_models.py), is killed twice in mid-run, and goes on; then a post is taken back and
`dvc repro` asks nobody anything. A second, smaller run has a source that cannot fill Ethics. Ends with an error unless
the scenarios are all there, the questions exactly balanced, and every answer paid for once.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import click
import polars as pl

from benchmarks import accounts
from benchmarks.synthetic import write_dump
from benchmarks.watched import Killed, Run, run
from pipeline import params as settings
from pipeline.params import Params

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from services.measured_models import MeasuredModels  # noqa: E402
from services.project import copy_project, loopback_keys, run_environment  # noqa: E402

# Calls of a stage, for each scenario wanted, after which the run is killed.
KILLS = (("judge", 1.0), ("generate", 1.5))


@dataclass(frozen=True, slots=True)
class Size:
    """How large a rehearsal is: posts in the dump, scenarios and reserves of a category."""

    posts: int
    quota: int
    reserve: int

    @classmethod
    def scaled(cls, scale: float, posts: int) -> Size:
        # Whole cycles of the design in each category: 6 scenarios.
        quota = max(6, round(600 * scale / 6) * 6)
        return cls(round(posts * scale), quota, max(4, round(90 * scale)))


@click.command()
@click.option("--scale", default=1.0, show_default=True, help="Share of the paper's size.")
@click.option("--posts", default=300_000, show_default=True, help="Submissions in the dump at scale 1.")
@click.option("--out", default="benchmarks/results/rehearsal.json", show_default=True, type=Path)
@click.option("--keep", type=Path, help="Folder for the projects, which stay; by default they go.")
def main(scale: float, posts: int, out: Path, keep: Path | None) -> None:
    with tempfile.TemporaryDirectory(prefix="valact-rehearsal-") as temporary:
        home = keep or Path(temporary)
        result: dict[str, Any] = {"scale": scale, "load_before": os.getloadavg()}
        result["whole"] = rehearse(home / "whole", Size.scaled(scale, posts))
        result["load_between"] = os.getloadavg()
        write(out, result)
        # A third of the posts that as many scenarios would be drawn from: too few for Ethics alone.
        result["short"] = fall_short(home / "short", Size.scaled(scale / 10, posts // 3))
        result["load_after"] = os.getloadavg()
    write(out, result)
    click.echo(json.dumps(result, indent=1))


def write(out: Path, result: dict[str, Any]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def rehearse(project: Path, size: Size, kills: bool = True) -> dict[str, Any]:
    """The whole of it; what was measured. SystemExit where something is not as it must be."""
    params = prepare(project, size)
    with MeasuredModels() as models:
        environment = environment_of(project, models)
        estimate = accounts.estimated(project, environment, "valact", "administer")
        first = in_spite_of_kills(project, environment, models, size, kills)
        design = check(project, size, params)
        spent, asked, doubled = accounts.spent(project, environment, "valact"), models.calls, twice(models)
        again = take_back(project, environment, models)
    return {
        **asdict(size),
        "estimated": estimate,
        "spent": spent,
        "calls": asked,
        "turned_away": models.turned_away,
        "asked_twice": doubled,
        **design,
        "ledger": failures(project),
        "runs": [one.summary() for one in first],
        "after_takedown": again,
    }


def prepare(project: Path, size: Size, **dump: Any) -> Params:
    """A project with the paper's profile at this size, and a dump in its inputs."""
    copy_project(project, "paper")
    file = project / "params.yaml"
    text, count = re.subn(
        r"quota: \{per_category: \d+, reserve: \d+",
        f"quota: {{per_category: {size.quota}, reserve: {size.reserve}",
        file.read_text(encoding="utf-8"),
    )
    if count != 1:
        sys.exit("profiles/paper.yaml says its quotas in another form than this benchmark knows")
    file.write_text(text, encoding="utf-8")
    params = settings.load(file)
    (project / "data/inputs").mkdir(parents=True, exist_ok=True)
    write_dump(project / "data/inputs/RS_synthetic.zst", size.posts, params, **dump)
    return params


def environment_of(project: Path, models: MeasuredModels) -> dict[str, str]:
    return run_environment(project) | loopback_keys(models.chat, models.dashscope)


def in_spite_of_kills(
    project: Path, environment: dict[str, str], models: MeasuredModels, size: Size, kills: bool = True
) -> list[Run]:
    """`dvc repro release`, killed once in each of two stages and started again; all its runs."""
    runs = []
    for stage, share in KILLS if kills else ():
        wanted = share * size.quota * 5
        at = Killed(stage, lambda: models.calls, round(wanted))
        runs.append(run(project, environment, "release", killed=at))
        if runs[-1].ended != "killed":
            sys.exit(f"the run was to be killed in {stage} and ended before:\n{runs[-1].output[-3000:]}")
    runs.append(run(project, environment, "release"))
    if runs[-1].ended != "whole":
        sys.exit(f"dvc repro failed:\n{runs[-1].output[-5000:]}")
    return runs


def take_back(project: Path, environment: dict[str, str], models: MeasuredModels) -> dict[str, Any]:
    """Takes a post down and runs again: nobody is asked, its rows are gone and no other question moved."""
    questions = pl.read_parquet(project / "data/assemble/questions.parquet")
    scenarios = pl.read_parquet(project / "data/assemble/scenarios.parquet")
    victim, calls = scenarios.row(scenarios.height // 2, named=True), models.calls
    accounts.valact(project, environment, "takedown", victim["post_id"], "--yes")
    again = run(project, environment, "release")
    if again.ended != "whole":
        sys.exit(f"dvc repro after the take-down failed:\n{again.output[-5000:]}")
    after = pl.read_parquet(project / "data/assemble/questions.parquet")
    kept = questions.filter(pl.col("scenario_id") != victim["scenario_id"])
    if models.calls != calls or not after.equals(kept):
        sys.exit(f"after the take-down {models.calls - calls} calls were made, or a question moved")
    return {"calls": 0, **again.summary()}


def fall_short(project: Path, size: Size) -> dict[str, Any]:
    """A source that cannot fill Ethics: the run ends with what is missing and what helps, and loses nothing."""
    prepare(project, size, scarce={"AmItheAsshole": 0.05})
    with MeasuredModels() as models:
        environment = environment_of(project, models)
        done = run(project, environment, "release")
        said = [
            line.strip()
            for line in done.output.splitlines()
            if line.startswith(("valact", "  ")) and ("Ethics" in line or "what helps" in line)
        ]
        calls = models.calls
        again = run(project, environment, "release")
        doubled = models.calls - calls
    cells = pl.read_parquet(project / "data/judge/cells.parquet")
    questions = pl.read_parquet(project / "data/assemble/questions.parquet")
    if not said or not any("smaller quota" in line for line in said) or doubled:
        sys.exit(f"short of Ethics, the run said too little or asked {doubled} again:\n{done.output[-5000:]}")
    return {
        **asdict(size),
        "ended": done.ended,
        "again": again.ended,
        "said": said,
        "chosen": dict(cells.group_by("category").agg(pl.col("chosen").sum()).sort("category").iter_rows()),
        "questions": questions.height,
        "asked_again": doubled,
    }


def check(project: Path, size: Size, params: Params) -> dict[str, Any]:
    """What came out; ends the program unless quotas are filled and the design is exactly balanced."""
    scenarios = pl.read_parquet(project / "data/assemble/scenarios.parquet")
    options = pl.read_parquet(project / "data/assemble/options.parquet")
    questions = pl.read_parquet(project / "data/assemble/questions.parquet")
    met: Counter[tuple[str, ...]] = Counter()
    for (_,), question in options.group_by(["question_id"]):
        met.update(combinations(sorted(question["value"]), 2))
    found = {
        "scenarios": dict(scenarios.group_by("category").len().sort("category").iter_rows()),
        "questions": questions.height,
        "pair_meetings": sorted(set(met.values())),
        "value_positions": sorted(set(Counter(options.select("value", "position").iter_rows()).values())),
        "target_values": sorted(set(Counter(questions["target_value"]).values())),
    }
    each = size.quota
    positions = sorted(set(Counter(questions["target_position"]).values()))
    expected = {
        "scenarios": dict.fromkeys(sorted(params.categories), each),
        "questions": 25 * each,
        "pair_meetings": [10 * each // 3],
        "value_positions": [each * 5 // 2],
        "target_values": [each * 5 // 2],
    }
    # Two cycles of the design are needed for targets to stand at each position equally often.
    exact = positions == [each * 25 // 4]
    if found != expected or not (exact or each % 12):
        sys.exit(f"not the design of {25 * each:,} balanced questions: {found}, not {expected}")
    return found | {"target_positions": positions}


def twice(models: MeasuredModels) -> int:
    """Questions that were answered more than once: those in the air at a kill, at most."""
    return sum(count - 1 for count in models.asked.values())


def failures(project: Path) -> dict[str, int]:
    """What went wrong with actions, by status or reason."""
    ledger = pl.read_parquet(next((project / "data/generate").rglob("ledger.parquet")))
    column = "reason" if "reason" in ledger.columns else "status"
    return dict(ledger[column].value_counts().sort(column).iter_rows())


if __name__ == "__main__":
    main()

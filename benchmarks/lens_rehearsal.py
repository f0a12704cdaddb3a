"""A rehearsal of the lens's run at the paper's size: 14,784 actions, ten respondents, both tasks, `kill -9` on the way.

`dvc repro lens/dvc.yaml` runs in a copy of the repository against loopback servers whose answers are refused and
damaged at the published rates (tests/services/measured_lens.py), is killed once while actions are written and once
while respondents are asked, and goes on. Ends with an error unless every action, rating and choice is there with its
status, no refusal is in a pair, every answer was paid for once (but for those in the air at a kill), a further run asks
nobody, and the release passes its checks.

python -m benchmarks.lens_rehearsal [--scale 1.0] [--respondents 10] [--out benchmarks/results/lens_rehearsal.json]
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import polars as pl
import yaml

from benchmarks import accounts
from benchmarks.rehearsal import twice
from benchmarks.watched import Killed, Run, run

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from services.measured_lens import LensModels  # noqa: E402
from services.project import copy_project, loopback_keys, run_environment  # noqa: E402

RECIPE = "lens/dvc.yaml"
# A stage and the share of its calls after which the run is killed.
KILLS = (("generate", 0.4), ("administer", 0.3))
PRICE = {"input": 0.15, "output": 0.6}
STANCES, MOST_REPAIRS = 2, 2


@dataclass(frozen=True, slots=True)
class Size:
    """How many of the paper's countries and topics there are, and how many respondents."""

    countries: int
    topics: int
    respondents: int

    @classmethod
    def scaled(cls, scale: float, respondents: int) -> Size:
        side = math.sqrt(scale)
        return cls(max(2, round(12 * side)), max(2, round(11 * side)), respondents)


@click.command()
@click.option("--scale", default=1.0, show_default=True, help="Share of the paper's 132 scenarios.")
@click.option("--respondents", default=10, show_default=True)
@click.option("--out", default="benchmarks/results/lens_rehearsal.json", show_default=True, type=Path)
@click.option("--keep", type=Path, help="Folder for the project, which stays; by default it goes.")
def main(scale: float, respondents: int, out: Path, keep: Path | None) -> None:
    with tempfile.TemporaryDirectory(prefix="valact-lens-rehearsal-") as temporary:
        result: dict[str, Any] = {"scale": scale, "load_before": os.getloadavg()}
        result |= rehearse((keep or Path(temporary)) / "project", Size.scaled(scale, respondents))
        result["load_after"] = os.getloadavg()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    click.echo(json.dumps(result, indent=1))


def rehearse(project: Path, size: Size, kills: bool = True) -> dict[str, Any]:
    """The whole of it; what was measured. SystemExit where something is not as it must be."""
    params = prepare(project, size)
    with LensModels() as models:
        environment = run_environment(project) | loopback_keys(models.chat, models.dashscope)
        estimate = accounts.estimated(project, environment, "lens")
        runs = in_spite_of_kills(project, environment, models, estimate if kills else {})
        found = check(project, params, models)
        spent, asked, doubled = accounts.spent(project, environment, "lens"), models.calls, twice(models)
        most = params["responses"]["concurrency"] * (len(runs) - 1)
        if doubled > most:
            sys.exit(f"{doubled} questions were paid for twice, and {most} at most were in the air")
        again = once_more(project, environment, models)
        verified(project, environment)
    return {
        **asdict(size),
        "estimated": estimate,
        "spent": spent,
        "calls": asked,
        "turned_away": models.turned_away,
        "asked_twice": doubled,
        "fates": dict(sorted(models.fates.items())),
        **found,
        "runs": [one.summary() for one in runs],
        "once_more": again.summary(),
    }


def prepare(project: Path, size: Size) -> dict[str, Any]:
    """A project with the paper's profile of the lens at this size; its params."""
    copy_project(project)
    params: dict[str, Any] = yaml.safe_load(
        (project / "lens/profiles/paper.yaml").read_text(encoding="utf-8")
    )
    names = [f"respondent-{n + 1}" for n in range(size.respondents)]
    params["countries"] = params["countries"][: size.countries]
    params["topics"] = params["topics"][: size.topics]
    params["models"] = {"writer": {"provider": "openai", "model": "gpt-4o-2024-11-20"}} | {
        name: {"provider": "openai", "model": f"{name}-2026-01-01", "price": PRICE} for name in names
    }
    params["generate"]["generator"] = "writer"
    asked = {name: {"kind": "model", "model": name} for name in names}
    params["respondents"] = asked
    params["predict"]["observers"] = {"words": {"kind": "words"}, names[0]: asked[names[0]]}
    text = yaml.safe_dump(params, sort_keys=False, allow_unicode=True)
    (project / "lens/params.yaml").write_text(text, encoding="utf-8")
    return params


def in_spite_of_kills(
    project: Path, environment: dict[str, str], models: LensModels, estimate: accounts.Sums
) -> list[Run]:
    """The recipe, killed once in each stage of ``estimate`` that asks and started again; all its runs."""
    runs = []
    for stage, share in KILLS if estimate else ():
        respondents = 1 if stage == "generate" else max(1, len(_respondents(project)))
        after = round(share * estimate[stage]["calls"] / respondents)
        at = Killed(f"{RECIPE}:{stage}", lambda: models.calls, after)
        runs.append(run(project, environment, RECIPE, killed=at))
        if runs[-1].ended != "killed":
            sys.exit(f"the run was to be killed in {stage} and ended before:\n{runs[-1].output[-3000:]}")
    runs.append(run(project, environment, RECIPE))
    if runs[-1].ended != "whole":
        sys.exit(f"dvc repro failed:\n{runs[-1].output[-5000:]}")
    return runs


def check(project: Path, params: dict[str, Any], models: LensModels) -> dict[str, Any]:
    """What came out; ends the program unless all that was to be asked is there, each with its status."""
    data = project / "lens/data"
    actions = pl.read_parquet(data / "generate/actions.parquet")
    pairs = pl.read_parquet(data / "assemble/pairs.parquet")
    lost = pl.read_parquet(data / "assemble/ledger.parquet")
    statuses = dict(actions["status"].value_counts().sort("status").iter_rows())
    scenarios = len(params["countries"]) * len(params["topics"])
    cells = actions.height // STANCES
    ratings, choices = (
        pl.scan_parquet(data / f"score/{name}.parquet").group_by("status").len().sort("status").collect()
        for name in ("ratings", "choices")
    )
    askings = (8, 4)
    expected = (
        cells * askings[0] * len(params["respondents"]),
        pairs.height * askings[1] * len(params["respondents"]),
    )
    if (ratings["len"].sum(), choices["len"].sum()) != expected:
        sys.exit(f"{ratings['len'].sum()} ratings and {choices['len'].sum()} choices, not {expected}")
    if pairs.height + lost.height != cells or cells % scenarios:
        sys.exit(f"{pairs.height} pairs and {lost.height} that are not asked are not {cells} cells")
    if statuses.get("refused", 0) != models.fates["refused"]:
        sys.exit(f"{models.fates['refused']} refusals were given, {statuses} are there")
    shown = actions.filter(pl.col("status") == "ok")
    if shown.filter(~pl.col("not_refusal")).height:
        sys.exit("a refusal stands as an action")
    alignment = pl.read_parquet(data / "analyse/alignment.parquet").filter(
        pl.col("factor") == "overall", pl.col("measure") == "rate", pl.col("compared") == "stated_acted"
    )
    return {
        "actions": statuses,
        "pairs": pairs.height,
        "not_asked": lost.height,
        "ratings": dict(ratings.iter_rows()),
        "choices": dict(choices.iter_rows()),
        "respondents_measured": alignment["respondent"].n_unique(),
        "predictions": pl.scan_parquet(data / "predict/predictions.parquet")
        .select(pl.len())
        .collect()
        .item(),
        "report_mb": round((data / "report/report.html").stat().st_size / 1e6, 1),
        "store_mb": round(sum(f.stat().st_size for f in (project / ".responses/lens").iterdir()) / 1e6, 1),
    }


def once_more(project: Path, environment: dict[str, str], models: LensModels) -> Run:
    """Every stage again, whatever DVC knows of it: nobody is asked."""
    calls = models.calls
    again = run(project, environment, "--force", RECIPE)
    if again.ended != "whole" or models.calls != calls:
        sys.exit(f"the run again {again.ended}, with {models.calls - calls} calls:\n{again.output[-3000:]}")
    return again


def verified(project: Path, environment: dict[str, str]) -> None:
    """`valact release verify` of what was built."""
    accounts.valact(project, environment, "release", "verify", "lens/data/release/valact-lens")


def _respondents(project: Path) -> list[str]:
    return list(yaml.safe_load((project / "lens/params.yaml").read_text(encoding="utf-8"))["respondents"])


if __name__ == "__main__":
    main()

"""The analysis at full size: ten respondents, three modes, five wordings of 15,000 questions, 2,000 bootstrap draws.

Against it a plain version with pandas and scipy, as one would write it in a notebook: rows of the drawn scenarios taken
along, counted anew in every draw. It does a small part of the work (shares, accuracy, drops, declared-enacted r, with
intervals) and a few draws of it; its time goes with the number of draws and is scaled up to 2,000. Both parts are
processes of their own that begin by reading the tables of the stage score.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
TABLES = (
    "respondents",
    "choices",
    "instrument_answers",
    "instrument_scores",
    "ratings",
    "options",
    "questions",
)


@click.command()
@click.option("--respondents", default=10, show_default=True)
@click.option("--scenarios", default=3000, show_default=True)
@click.option("--draws", default=2000, show_default=True)
@click.option("--plain-draws", default=20, show_default=True, help="Draws of the plain version, scaled up.")
@click.option("--part", type=click.Choice(["ours", "plain"]), hidden=True)
@click.option("--folder", type=Path, hidden=True)
@click.option("--out", default="benchmarks/results/analysis.json", show_default=True, type=Path)
def main(
    respondents: int, scenarios: int, draws: int, plain_draws: int, part: str | None, folder: Path, out: Path
) -> None:
    if part:
        click.echo(json.dumps(ours(folder, draws) if part == "ours" else plain(folder, plain_draws)))
        return
    with tempfile.TemporaryDirectory(prefix="valact-analysis-") as made:
        rows = write(Path(made), respondents, scenarios)
        options = ["--folder", made, "--draws", str(draws), "--plain-draws", str(plain_draws)]
        command = [sys.executable, "-m", "benchmarks.analysis", *options]
        found = {
            name: json.loads(
                subprocess.run([*command, "--part", name], check=True, stdout=subprocess.PIPE).stdout
            )
            for name in ("ours", "plain")
        }
    scaled = found["plain"]["reading"] + found["plain"]["draws"] * draws / plain_draws
    result = {
        "choices": rows,
        "draws": draws,
        "ours": found["ours"],
        "plain": found["plain"] | {"plain_draws": plain_draws, "seconds_for_all_draws": round(scaled, 1)},
        "times_faster": round(scaled / found["ours"]["seconds"], 1),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    click.echo(json.dumps(result, indent=1))


def write(folder: Path, respondents: int, scenarios: int) -> int:
    """A simulated study; the number of its choices."""
    sys.path.insert(0, str(ROOT / "tests"))
    from services.simulated_study import study, truth

    rng = np.random.default_rng(15_000)
    made = study(truth(respondents, rng), rng, scenarios=scenarios, wordings=5, administrations=50)
    for name in TABLES:
        getattr(made, name).write_parquet(folder / f"{name}.parquet")
    return made.choices.height


def ours(folder: Path, draws: int) -> dict[str, float]:
    """Every table of the analysis."""
    from pipeline.analyse.study import Scored, analyse
    from pipeline.params.analysis import Analysis
    from pipeline.values import load as load_inventory

    started = time.monotonic()
    tables = analyse(Scored.read(folder), Analysis(draws=draws), load_inventory("schwartz10"), seed=1)
    return {
        "seconds": round(time.monotonic() - started, 1),
        "peak_mb": peak_mb(),
        "rows": sum(table.height for table in tables.values()),
    }


def plain(folder: Path, draws: int) -> dict[str, float]:
    """Shares by respondent and mode, accuracy and drop by respondent and value, declared-enacted r: with intervals."""
    import pandas as pd
    from scipy import stats

    started = time.monotonic()
    columns = ["respondent", "mode", "scenario_id", "value", "target_value"]
    choices = pd.read_parquet(folder / "choices.parquet", columns=columns).astype("category")
    declared = (
        pd.read_parquet(folder / "instrument_scores.parquet").groupby(["respondent", "value"])["mean"].mean()
    )
    right = choices["value"].astype(str) == choices["target_value"].astype(str)
    choices["right"] = right.astype(float).where(choices["target_value"].notna())
    rows_of = choices.groupby("scenario_id", observed=True).indices
    scenarios = list(rows_of)
    reading = time.monotonic() - started
    rng = np.random.default_rng(1)
    found: dict[str, list] = {"share": [], "accuracy": [], "drop": [], "r": []}
    started = time.monotonic()
    for _ in range(draws):
        drawn = rng.integers(0, len(scenarios), len(scenarios))
        sample = choices.take(np.concatenate([rows_of[scenarios[n]] for n in drawn]))
        share = sample.groupby(["respondent", "mode"], observed=True)["value"].value_counts(normalize=True)
        asked = sample[sample["mode"] != "default"]
        accuracy = asked.groupby(["respondent", "mode", "target_value"], observed=True)["right"].mean()
        enacted = share.xs("default", level="mode").rename("share").reset_index()
        both = enacted.merge(declared.rename("mean").reset_index(), on=["respondent", "value"])
        found["share"].append(share)
        found["accuracy"].append(accuracy)
        found["drop"].append(accuracy.xs("selection", level="mode") - accuracy.xs("adoption", level="mode"))
        found["r"].append(
            pd.Series({n: stats.pearsonr(p["share"], p["mean"])[0] for n, p in both.groupby("respondent")})
        )
    for drawn_of in found.values():
        pd.concat(drawn_of, axis=1).astype(float).quantile([0.025, 0.975], axis=1)
    return {
        "reading": round(reading, 2),
        "draws": round(time.monotonic() - started, 2),
        "peak_mb": peak_mb(),
    }


def peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


if __name__ == "__main__":
    main()

"""One model at full size: 15,000 questions in five wordings, administered to an instant server, beside inspect-ai.

    python -m benchmarks.administer [--scenarios 3000] [--to benchmarks/results/administer.json]

The stage's own work: design, prompts, requests, durable answers, parsing, mapping to actions, tables with their
checks and transcripts on disk; then all of it once more from the recorded answers. inspect-ai is given a slice of the
same prompts with the same schema, on the same core against the same server, 100 in flight, in turns with ours on that
slice. Starting Python and importing are not counted for either.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from benchmarks.instant_server import instant_server

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from services.material import material
from services.runs import chat_model, run_params

from pipeline.administer.administer import answers_of
from pipeline.administer.answers import Answers
from pipeline.administer.asking import Requests
from pipeline.administer.design import Material, design_for
from pipeline.administer.requests import Prompter
from pipeline.administer.respondents import model
from pipeline.administer.wordings import load_wordings
from pipeline.engine import Engine
from pipeline.params import Params
from pipeline.params.evaluation import Administer, Given
from pipeline.tables import Choices, Respondents, Transcripts, write_table

ROOT = Path(__file__).resolve().parent.parent
MODEL = "gpt-4o-2024-08-06"
ANSWER = '{"answer": "B"}'
IN_FLIGHT = 100
# Scenarios of the slice (25 prompts each), and how often each side takes it.
SLICE, ROUNDS = 80, 3
# Characters of a scenario's text: the mean of the sample's posts.
CHARACTERS = 900
INSPECT = ROOT / ".venv-evaluators/bin/python"


@click.command()
@click.option("--scenarios", default=3000, show_default=True, help="Scenarios of five questions each.")
@click.option("--to", default="benchmarks/results/administer.json", show_default=True, type=Path)
@click.option("--part", hidden=True, help="Runs ours in this process: scenarios, folder and URL.", nargs=3)
def main(scenarios: int, to: Path, part: tuple[str, str, str] | None) -> None:
    os.environ["OPENAI_API_KEY"] = "loopback"
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:1])
    if part:
        click.echo(json.dumps(administer(int(part[0]), Path(part[1]), part[2])))
        return
    if not INSPECT.exists():
        raise click.ClickException("inspect-ai is not installed: run `make .venv-evaluators/stamp`")
    with instant_server(0.0, cores[-1], ANSWER) as url:
        slices = [{"ours": ours(SLICE, url), "inspect": by_inspect(url)} for _ in range(ROUNDS)]
        full = ours(scenarios, url)
    rates = {
        "ours": max(round_["ours"]["requests"] / round_["ours"]["seconds"] for round_ in slices),
        "inspect": max(round_["inspect"]["answered"] / round_["inspect"]["seconds"] for round_ in slices),
    }
    rate = full["requests"] / full["seconds"]
    result = {
        "in_flight": IN_FLIGHT,
        "full": full | {"requests_per_second": round(rate)},
        "slice": {
            "requests": slices[0]["ours"]["requests"],
            "ours_per_second": round(rates["ours"]),
            "inspect_per_second": round(rates["inspect"]),
            "inspect_peak_mb": max(round_["inspect"]["peak_mb"] for round_ in slices),
        },
        "times_inspect": {
            "slice": round(rates["ours"] / rates["inspect"], 1),
            "full": round(rate / rates["inspect"], 1),
        },
    }
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    click.echo(json.dumps(result, indent=1))


def ours(scenarios: int, url: str) -> dict:
    """One administration in a process of its own, so that its memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.administer", "--part", str(scenarios), folder, url]
        child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(child.stdout)


def administer(scenarios: int, folder: Path, url: str) -> dict:
    """Seconds for asking and for reading back what is recorded, rows, megabytes."""
    made, params = material(scenarios, CHARACTERS), params_for(folder, url)
    started = time.perf_counter()
    answers = run(params, made, folder / "out")
    seconds = time.perf_counter() - started
    assert (answers.choices["status"] == "answered").all()
    started = time.perf_counter()
    again = run(params, made, folder / "again")
    recorded = time.perf_counter() - started
    assert again.choices.equals(answers.choices, null_equal=True)
    return {
        "requests": answers.choices.height,
        "rows": answers.choices.height,
        "seconds": round(seconds, 2),
        "seconds_when_recorded": round(recorded, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def run(params: Params, made: Material, out: Path) -> Answers:
    with Engine(params, "administer") as engine:
        answers = answers_of("model", params, made, engine)
        transcript = engine.transcript()
    write_table(Transcripts, transcript, out / "transcripts.parquet")
    write_table(Respondents, answers.respondent, out / "respondents.parquet")
    write_table(Choices, answers.choices, out / "choices.parquet")
    return answers


def params_for(folder: Path, url: str) -> Params:
    models = {"m": chat_model(url, model=MODEL)}
    return run_params(folder, models, concurrency=IN_FLIGHT).model_copy(
        update={
            "respondents": {"model": model.Settings(kind="model", model="m")},
            "administer": Administer(modes=("default",)),
            "instruments": {"pvq40": Given(shuffles=0)},
        }
    )


def by_inspect(url: str) -> dict:
    """inspect-ai on the prompts of the slice."""
    made = material(SLICE, CHARACTERS)
    with tempfile.TemporaryDirectory() as folder:
        params, prompts = params_for(Path(folder), url), Path(folder) / "prompts.jsonl"
        with Engine(params, "administer") as engine:
            design = design_for(params, "model", made.scenarios, made.questions)
            prompter = Prompter(made, params, load_wordings(params))
            lines = [
                {"id": number, "system": system.content, "user": user.content, "target": "B"}
                for number, (system, user) in enumerate(
                    request.messages
                    for request in Requests(engine, prompter, design, model="m", temperature=0.0)
                )
            ]
        prompts.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        command = [str(INSPECT), str(ROOT / "benchmarks/by_inspect.py"), str(prompts), url, str(IN_FLIGHT)]
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    result = json.loads(child.stdout.strip().splitlines()[-1])
    assert (result["status"], result["answered"]) == ("success", len(lines)), result
    return result


if __name__ == "__main__":
    main()

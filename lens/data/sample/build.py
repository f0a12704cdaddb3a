"""Builds the recorded answers of the lens's sample from their sources: `make sample`.

The answers are keyed by the content of the requests, so they are built again after every change of a prompt or of the
sample. README.md says who wrote the sources.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.core.documents import read_yaml
from pipeline.engine import Engine, Request
from pipeline.engine.response import Reply
from pipeline.lens import params as settings
from pipeline.lens.grid.step import scenarios
from pipeline.recipe import LENS
from pipeline.responses.written import Authors
from pipeline.step import Job
from pipeline.tables import Transcripts, write_table
from pipeline.tables.columns import STANCES

HERE = Path(__file__).parent
WRITTEN = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
FIRST_PROMPT = 2  # messages; a repair request has more


class Sources:
    """What the authors say to each request."""

    def __init__(self, params: settings.Params, folder: Path = HERE / "source") -> None:
        self.actions = read_yaml(folder / "actions.yaml")
        self.faults = read_yaml(folder / "faults.yaml")
        self.scenario = {
            row["scenario_id"]: f"{row['country']} / {row['topic']}" for row in scenarios(params)
        }

    def reply(self, request: Request) -> Reply:
        scenario, value, *rest = request.subject.split(".")
        stance = STANCES["opposes" in rest]
        where = (self.scenario[scenario], value)
        refused = at(self.faults["refused"], *where, stance)
        if refused:
            if "refusal" in refused:
                return Reply(refusal=refused["refusal"], finish_reason="stop")
            return said(dict.fromkeys(("action", "explanation"), refused["text"]) | {"spans": []})
        first = at(self.faults["first"], *where, stance)
        if first and len(request.messages) == FIRST_PROMPT:
            if "text" in first:
                return Reply(text=first["text"], finish_reason="stop")
            return said(parts(first["action"]))
        try:
            answer = parts(self.actions[where[0]][value][STANCES.index(stance)])
        except KeyError:
            sys.exit(f"{where[0]}, {value}: it was asked for, but is not in the sources")
        if value in self.faults["python"].get(where[0], []):
            return Reply(text=str(answer), finish_reason="stop")
        return said(answer)


def at(tree: dict[str, Any], *path: str) -> Any:
    for part in path:
        tree = (tree or {}).get(part)
    return tree


def said(answer: dict[str, Any]) -> Reply:
    return Reply(text=json.dumps(answer, ensure_ascii=False), finish_reason="stop")


def parts(text: str) -> dict[str, Any]:
    """The answer that a line of the sources stands for."""
    action, _, explanation = text.partition(" -- ")
    return {
        "action": re.sub(r"[\[\]]", "", action),
        "spans": re.findall(r"\[([^\]]+)\]", action),
        "explanation": explanation.strip(),
    }


def build() -> None:
    params = settings.load(LENS.profiles / "sample.yaml")
    path = Path(params.responses.transcripts) / "sample.parquet"
    rows = record(params)
    path.unlink(missing_ok=True)
    write_table(Transcripts, pl.DataFrame(rows, schema=Transcripts.create_empty().schema), path)
    print(f"{len(rows)} recorded responses")


def record(params: settings.Params) -> list[dict[str, Any]]:
    """Runs the steps up to the actions with the authors in the place of the models."""
    with tempfile.TemporaryDirectory() as folder:
        responses = {"store": f"{folder}/store.sqlite", "transcripts": f"{folder}/none"}
        apart = params.model_copy(update={"responses": params.responses.model_copy(update=responses)})
        with Engine(apart, stage="sample") as engine:
            authors = Authors(engine, Sources(params).reply, WRITTEN)
            for step in map(LENS.step, ("grid", "generate")):
                step.make(Job(step, params, "", authors, root=Path(folder)))
    return list(authors.rows.values())


if __name__ == "__main__":
    build()

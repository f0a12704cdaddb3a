"""Other values, options and generators, chosen in params by name: from the generator's request to the release."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import polars as pl
import pytest
from services.built_release import built_release
from services.finished_run import run_params
from services.scripted import ScriptedEngine

from pipeline import designs
from pipeline.assemble.deal import assemble
from pipeline.assemble.selection import select
from pipeline.core.errors import ParamsError
from pipeline.designs import design as files
from pipeline.engine import Engine, Request
from pipeline.engine.response import Reply
from pipeline.find_design.numbers import Numbers
from pipeline.find_design.search import find
from pipeline.generate.fill import generate
from pipeline.generate.step import STEP, ask
from pipeline.params import Params
from pipeline.release import balance
from pipeline.release.dealt import Dealt
from pipeline.step import Job
from pipeline.tables import (
    Actions,
    Options,
    Questions,
    Scenarios,
    places,
    read_table,
    write_table,
)
from pipeline.verify import verify

RECIPES = {
    "nineteen": ("refined19", ["writer-1", "writer-2"], Numbers(19, 4, 2, 9, 3)),
    "three_generators": ("schwartz10", ["writer-1", "writer-2", "writer-3"], Numbers(10, 5, 3, 6, 3)),
}


@dataclass(frozen=True)
class Run:
    """One recipe carried out: its params, what the generators were asked, and the release."""

    params: Params
    numbers: Numbers
    asked: list[Request]
    run: Path
    release: Path

    def table(self, config: str) -> pl.DataFrame:
        return pl.read_parquet(self.release / config / "test.parquet")


@pytest.fixture(scope="module", params=RECIPES)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    inventory, writers, numbers = RECIPES[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    # A design is a file, found by its name; this folder stands for pipeline/designs.
    (folder / "designs").mkdir()
    name = f"test_{request.param}"
    (folder / f"designs/{name}.yaml").write_text(designs.dumps(find(numbers, seconds=3).design))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "FOLDER", folder / "designs")
        params = run_params(writers=writers, recipe={"inventory": inventory, "assemble": {"design": name}})
        params = params.model_copy(
            update={"responses": params.responses.model_copy(update={"store": str(folder / "store.sqlite")})}
        )
        asked: list[Request] = []
        release = built_release(
            folder / "run", folder / "release", params, deal=lambda run: asked.extend(dealt(run, params))
        )
    return Run(params, numbers, asked, folder / "run", release)


def dealt(run: Path, params: Params) -> list[Request]:
    """Has the actions of a finished run written by scripted generators, and its questions dealt of them."""
    scenarios = read_table(Scenarios, run / "assemble/scenarios.parquet")
    with Engine(params, stage="generate") as engine:
        scripted = ScriptedEngine(engine, answer)
        written = generate(scripted, scenarios, params.generate, params.values, params.quota.per_category)
    selected = select(scenarios, written.actions, written.ledger, params)
    assert selected.ledger.is_empty()
    questions, options = assemble(
        selected.scenarios,
        selected.actions,
        mode="balanced",
        seed=params.seed,
        generators=params.generate.generators,
        values=params.values.slugs,
        design=designs.load(params.assemble.design),
    )
    write_table(Actions, selected.actions, run / "assemble/actions.parquet")
    write_table(Questions, questions, run / "assemble/questions.parquet")
    write_table(Options, options, run / "assemble/options.parquet")
    return scripted.asked


def answer(request: Request) -> Reply:
    """An action for each of the fields that are asked for, unlike all others."""
    wanted = json.loads(request.schema.body)["properties"]
    texts = {
        value: " ".join(
            f"{word}{request.name.replace('-', '')}{value.replace('_', '')}" for word in "abcdefg"
        )
        for value in wanted
    }
    return Reply(text=json.dumps(texts), finish_reason="stop")


def test_a_generator_is_asked_for_the_values_of_the_inventory(done):
    assert len(done.asked) == 6 * len(done.params.generate.generators)
    for request in done.asked:
        assert list(json.loads(request.schema.body)["properties"]) == list(done.params.values.slugs)
        text = request.messages[0].content
        assert f"you write {done.params.values.in_words('en')} actions" in text
        assert re.findall(r"^- (\w+) \(", text, re.MULTILINE) == list(done.params.values.slugs)


def test_questions_options_and_actions_are_as_many_as_the_design_says(done):
    n = done.numbers
    assert done.table("scenarios").height == 6
    assert done.table("actions").height == 6 * n.values * n.generators
    assert done.table("questions").height == 6 * n.questions
    assert done.table("options").height == 6 * n.questions * n.options
    assert done.table("questions")["options"].list.len().unique().to_list() == [n.options]
    assert set(done.table("options")["value"]) == set(done.params.values.slugs)
    assert set(done.table("options")["label"]) == set("ABCDE"[: n.options])
    assert done.table("actions")["generator"].unique().sort().to_list() == done.params.generate.generators


def test_whoever_downloads_it_can_verify_it_without_the_design_of_the_run(done):
    """The design is in release.json; no file of pipeline/designs has it here."""
    assert [(one.name, one.problems) for one in verify(done.release) if not one.passed] == []


def test_a_whole_cycle_that_is_dealt_otherwise_is_a_problem(done):
    tables = done.table("questions"), done.table("options")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "FOLDER", done.release.parent / "designs")
        dealt = Dealt.of(done.params)
    assert list(balance.problems(*tables, dealt)) == []
    first, second = done.params.values.slugs[:2]
    swapped = tables[1].with_columns(
        value=pl.when(pl.col("position") == 1)
        .then(pl.col("value").replace({first: second, second: first}))
        .otherwise("value")
    )
    one_for_all = tables[1].with_columns(value=pl.lit(first))
    assert list(balance.problems(tables[0], one_for_all, dealt))
    assert list(balance.problems(tables[0], swapped, dealt))


def test_card_and_code_book_tell_of_this_inventory_and_design(done):
    card, book = ((done.release / name).read_text(encoding="utf-8") for name in ("README.md", "CODEBOOK.md"))
    number, n = done.params.values.in_words("en"), done.numbers
    who = {2: "Two generators", 3: "Three generators"}[n.generators]
    assert f"{who} each wrote one action for each of the {number} values" in " ".join(card.split())
    assert f"## The {number} values" in book
    listed = re.findall(
        r"^\| `(\w+)` \| ", book.split(f"## The {number} values")[1].split("\n## ")[0], re.MULTILINE
    )
    assert listed == list(done.params.values.slugs)
    letters = ", ".join(f"`{letter}`" for letter in "ABCDE"[: n.options])
    assert f"and so on | {letters} |" in book
    shown = n.questions * n.options
    of = f"{shown} of the {n.values * n.generators}" if shown < n.values * n.generators else f"The {shown}"
    assert f"{of} actions of a scenario are dealt into" in book


def test_the_evaluators_ask_with_as_many_letters_and_count_these_values(done):
    folder = done.release / "evaluators"
    assert list(json.loads((folder / "values.json").read_text())) == list(done.params.values.slugs)
    metrics = re.findall(r"- \{metric: (\w+),", (folder / "valact_default.yaml").read_text())
    assert metrics == [*done.params.values.slugs, "answered", "present"]
    spec = spec_from_file_location("tasks_of_a_release", folder / "valact.py")
    tasks = module_from_spec(spec)
    spec.loader.exec_module(tasks)
    question = done.table("questions").row(0, named=True)
    prompt, last = tasks.selection_prompt(question), "ABCDE"[done.numbers.options - 1]
    assert f"X is one of {', '.join('ABCDE'[: done.numbers.options - 1])} and {last}." in prompt
    assert f"\n{last}) " in prompt
    assert tasks.answered(f"ANSWER: {last}", done.numbers.options) == last
    assert tasks.answered(f"ANSWER: {chr(ord(last) + 1)}", done.numbers.options) is None


@pytest.mark.parametrize(
    ("writers", "inventory", "problem"),
    [
        (["a", "b", "c"], "schwartz10", "the design is for 2 generators, there are 3"),
        (["a", "b"], "refined19", "the design is for 10 values, there are 19"),
    ],
)
def test_a_design_for_other_numbers_is_an_error_before_anything_is_asked(writers, inventory, problem):
    """The job has no engine: to ask would be another error."""
    params = run_params(writers=writers, recipe={"inventory": inventory})
    job = Job(STEP, params, "", stand_ins={places.JUDGED_SCENARIOS: Scenarios.create_empty()})
    with pytest.raises(ParamsError, match=problem):
        ask(job)

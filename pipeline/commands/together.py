"""`valact together`: models discuss the questions; who moves, and towards which values?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline import params as settings
from pipeline.commands.price import Priced, priced
from pipeline.commands.table import table
from pipeline.core.errors import ParamsError

if TYPE_CHECKING:
    from pipeline.together.talk import Talk

ASSEMBLE, OUT = Path("data/assemble"), Path("data/together")
HEADERS = ["respondent", "measure", "questions", "together", "alone", "difference", "interval", "p"]


@click.command()
@click.argument("respondents", nargs=-1, required=True)
@click.option(
    "--rounds",
    default=2,
    show_default=True,
    type=click.IntRange(min=1),
    help="Rounds after the first choice.",
)
@click.option(
    "--scenarios", type=click.IntRange(min=1), help="Scenarios, drawn evenly over categories; all without it."
)
@click.option("--cost", "only_cost", is_flag=True, help="Say what it would ask at most, and ask nobody.")
def together(respondents: tuple[str, ...], rounds: int, scenarios: int | None, only_cost: bool) -> None:
    """Lets RESPONDENTS (two models of params or more) discuss the questions, and each choose as often alone.

    Writes data/together: turns.parquet has every turn, moved.csv the comparison.
    """
    from dataclasses import replace

    from pipeline.administer.languages import read_for
    from pipeline.administer.subset import subset
    from pipeline.engine import Engine
    from pipeline.tables import Turns, write_table
    from pipeline.together.moved import moved
    from pipeline.together.talk import Talk

    params = settings.load()
    if len(set(respondents)) < max(2, len(respondents)):
        raise ParamsError("two different respondents or more are needed", where=" ".join(respondents))
    material = read_for(params, respondents[0], ASSEMBLE)
    chosen = subset(material.scenarios, scenarios, params.seed)
    questions = material.questions.join(chosen, on="scenario_id", how="semi")
    options = material.options.join(questions, on="question_id", how="semi")
    talk = Talk(respondents, params, replace(material, questions=questions, options=options))
    if only_cost:
        click.echo(_said(expected(talk, params, rounds), rounds))
        return
    with Engine(params, stage="together") as engine:
        turns = talk.hold(engine, rounds)
    OUT.mkdir(parents=True, exist_ok=True)
    write_table(Turns, turns, OUT / "turns.parquet")
    found = moved(turns, params.values, params.analysis.draws, params.analysis.confidence, params.seed)
    found.write_csv(OUT / "moved.csv")
    click.echo(table(HEADERS, [_line(row) for row in found.iter_rows(named=True)], right=HEADERS[2:]))
    click.echo(f"\nlast choice less first, together less alone; {OUT}/turns.parquet has every turn")


def _line(row: dict[str, object]) -> list[str]:
    def said(name: str) -> str:
        return "-" if row[name] is None else f"{row[name]:.3f}"

    bounds = "-" if row["low"] is None else f"{said('low')} to {said('high')}"
    measure = str(row["measure"]).replace("_", " ")
    return [
        str(row["respondent"]),
        measure,
        f"{row['questions']:,}",
        said("together"),
        said("alone"),
        said("difference"),
        bounds,
        said("p"),
    ]


def expected(talk: Talk, params: settings.Params, rounds: int) -> list[Priced]:
    """By model. First choices are counted as they are; each later turn is one more such call, and hears every other's
    reason."""
    from pipeline.cost.planner import Planner
    from pipeline.engine import Engine
    from pipeline.together.talk import HEARD

    with Engine(params, stage="together") as engine:
        planner = Planner(engine, (), set())
        talk.ask_first(planner)
    turns, found = 1 + 2 * rounds, []
    for name, asked in planner.plan().items():
        first = asked.sure
        heard = rounds * first.calls * HEARD * len(talk.respondents)
        characters = first.characters * turns + heard
        found.append(priced(params, name, first.calls * turns, characters, first.tokens * turns))
    return found


def _said(found: list[Priced], rounds: int) -> str:
    calls = sum(one.calls for one in found)
    lines = [f"{calls:,} calls at most, {rounds} rounds together and as many alone after the first choice"]
    for one in found:
        price = "price not known" if one.usd is None else f"{one.usd:,.2f} USD"
        lines.append(f"{one.name}: {one.input_tokens:,} tokens in, {one.output_tokens:,} out, {price}")
    return "\n".join(lines)

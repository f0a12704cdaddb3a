"""``python -m pipeline.find_design --values 10 --options 4 ...``: prints a design's file; the report is its head."""

from __future__ import annotations

import sys

import click

from pipeline.core.errors import ValActError
from pipeline.designs import dumps
from pipeline.find_design.numbers import Numbers, inexact, shortest_cycle
from pipeline.find_design.report import text
from pipeline.find_design.search import find

COMMAND = "python -m pipeline.find_design"


@click.command(context_settings={"show_default": True})
@click.option("--values", default=10, help="Values of the inventory.")
@click.option("--options", default=4, help="Options of a question.")
@click.option("--generators", default=2, help="Generators that each write one action a value (and stance).")
@click.option("--questions", default=5, help="Questions of a scenario.")
@click.option(
    "--scenarios", default=None, type=int, help="Scenarios of a cycle.  [default: the fewest that can do]"
)
@click.option("--stances", default=1, help="1: actions express their value; 2: there are opposing ones too.")
@click.option("--pairs", is_flag=True, help="Each question holds both stances of one value.")
@click.option("--seed", default=1, help="Seed of the search.")
@click.option("--seconds", default=60.0, help="Time to search.")
def main(
    values: int,
    options: int,
    generators: int,
    questions: int,
    scenarios: int | None,
    stances: int,
    pairs: bool,
    seed: int,
    seconds: float,
) -> None:
    """Finds which values meet in which question, at which position, by which generator, and prints the design.

    Save what it prints as pipeline/designs/NAME.yaml and name it in params: assemble.design.
    """
    try:
        one = Numbers(values, options, generators, questions, scenarios or 1, stances, pairs)
        n = one if scenarios else one.over(shortest_cycle(one) or 1)
        for line in inexact(n):
            print(f"cannot be equal, because it does not divide: {line}", file=sys.stderr)
        found = find(n, seed, seconds)
    except ValActError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
    command = (
        f"{COMMAND} --values {values} --options {options} --generators {generators} --questions {questions} "
        f"--scenarios {n.scenarios} --stances {stances}{' --pairs' if pairs else ''} --seed {seed}"
    )
    report = text(found.design, found.unproved)
    print(dumps(found.design, f"{command}\n{report}"), end="")
    print(report, file=sys.stderr)


if __name__ == "__main__":
    main()

"""Administer: one respondent is given the instruments; every question and item comes back with a status."""

import sys
from pathlib import Path

from pipeline.administer.administer import ask, simulate
from pipeline.administer.design import Material, respondent_of
from pipeline.engine import Engine
from pipeline.engine.served import substitutes
from pipeline.params import Params
from pipeline.step.run import stage
from pipeline.tables import Choices, PvqAnswers, Ratings, Respondents, Transcripts, write_table


@stage("administer")
def main(params: Params, name: str) -> None:
    respondent = respondent_of(params, name)
    material = Material.read(Path("data/assemble"))
    out = Path("data/administer") / name
    if respondent.kind == "simulated":
        answers = simulate(name, params, material)
    else:
        with Engine(params, stage="administer") as engine:
            answers = ask(engine, name, params, material)
            transcript = engine.transcript()
        write_table(Transcripts, transcript, out / "transcripts.parquet")
        model = params.models[respondent.model].model
        for other in substitutes(model, answers.served):
            print(f"valact administer: {name}: {model} was asked, {other} answered", file=sys.stderr)

    write_table(Respondents, answers.respondent, out / "respondents.parquet")
    write_table(Choices, answers.choices, out / "choices.parquet")
    write_table(PvqAnswers, answers.pvq_answers, out / "pvq_answers.parquet")
    write_table(Ratings, answers.ratings, out / "ratings.parquet")


if __name__ == "__main__":
    main(*sys.argv[1:])

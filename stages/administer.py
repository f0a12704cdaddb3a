"""Administer: one respondent is given the instruments; every question and item comes back with a status."""

import sys
from pathlib import Path

from pipeline.administer.administer import answers_of
from pipeline.administer.design import Material, respondent_of
from pipeline.administer.respondents.model import substitutes
from pipeline.engine import Engine
from pipeline.params import Params
from pipeline.step.run import stage
from pipeline.tables import Choices, InstrumentAnswers, Ratings, Respondents, Transcripts, write_table


@stage("administer")
def main(params: Params, name: str) -> None:
    asked = respondent_of(params, name).asks
    material = Material.read(Path("data/assemble"))
    out = Path("data/administer") / name
    if asked is None:
        answers = answers_of(name, params, material)
    else:
        with Engine(params, stage="administer") as engine:
            answers = answers_of(name, params, material, engine)
            transcript = engine.transcript()
        write_table(Transcripts, transcript, out / "transcripts.parquet")
        model = params.models[asked].model
        for other in substitutes(model, answers.served):
            print(f"valact administer: {name}: {model} was asked, {other} answered", file=sys.stderr)

    write_table(Respondents, answers.respondent, out / "respondents.parquet")
    write_table(Choices, answers.choices, out / "choices.parquet")
    write_table(InstrumentAnswers, answers.instrument_answers, out / "instrument_answers.parquet")
    write_table(Ratings, answers.ratings, out / "ratings.parquet")


if __name__ == "__main__":
    main(*sys.argv[1:])

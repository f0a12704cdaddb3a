"""Score: the answers of all respondents as one set, and the scores of the instruments."""

from pathlib import Path

from pipeline.params import Params
from pipeline.score.gather import gather
from pipeline.score.scoring import score_instruments
from pipeline.step.run import stage
from pipeline.tables import (
    AskedQuestions,
    Choices,
    InstrumentAnswers,
    InstrumentScores,
    Options,
    Ratings,
    Respondents,
    write_table,
)

OUT = Path("data/score")


@stage("score")
def main(params: Params) -> None:
    administered = [Path("data/administer") / name for name in params.respondents]
    gathered = gather(administered, Path("data/imported"), Path("data/assemble"), params.values)
    write_table(Respondents, gathered.respondents, OUT / "respondents.parquet")
    write_table(Choices, gathered.choices, OUT / "choices.parquet")
    scores = score_instruments(gathered.instrument_answers)
    write_table(InstrumentAnswers, gathered.instrument_answers, OUT / "instrument_answers.parquet")
    write_table(InstrumentScores, scores, OUT / "instrument_scores.parquet")
    write_table(Ratings, gathered.ratings, OUT / "ratings.parquet")
    write_table(Options, gathered.options, OUT / "options.parquet")
    write_table(AskedQuestions, gathered.questions, OUT / "questions.parquet")


if __name__ == "__main__":
    main()

"""Release: the folder that load_dataset loads, and the funnel from posts to questions."""

from pathlib import Path

from pipeline import release
from pipeline.params import Params
from pipeline.release import funnel
from pipeline.release.checks import posts_are_the_samples
from pipeline.step.run import stage
from pipeline.tables import (
    Actions,
    ActionVerdicts,
    Candidates,
    Items,
    Judgements,
    Options,
    Questions,
    Scenarios,
    Votes,
    read_table,
)
from pipeline.validate import gate, judged
from pipeline.withdrawn.door import none_is_left
from pipeline.withdrawn.register import Register

DATA = Path("data")
OUT = DATA / "release" / "valact-15k"


@stage("release")
def main(params: Params) -> None:
    release.check_params(params)
    counts = funnel.count(DATA, params)
    if params.scrape.source == "sample":
        posts_are_the_samples(DATA / "scrape/posts.parquet")
    takedowns = Register.open()
    verdict = gate.read(DATA / "validate/gate.json")
    none_is_left([DATA / "scrape", DATA / "filter", DATA / "judge", DATA / "assemble"], takedowns)
    options = read_table(Options, DATA / "assemble/options.parquet")
    configs = release.tables(
        questions=read_table(Questions, DATA / "assemble/questions.parquet"),
        options=options,
        scenarios=read_table(Scenarios, DATA / "assemble/scenarios.parquet"),
        candidates=read_table(Candidates, DATA / "filter/candidates.parquet"),
        actions=read_table(Actions, DATA / "assemble/actions.parquet"),
        votes=read_table(Votes, DATA / "judge/votes.parquet"),
        judged=judged.join(
            read_table(Items, DATA / "send/items.parquet"),
            read_table(Judgements, DATA / "collect/judgements.parquet"),
            options,
            source=str(DATA / "collect/judgements.parquet"),
        ),
        verdicts=read_table(ActionVerdicts, DATA / "validate/actions.parquet"),
        raters=verdict.kind,
        text=params.release.text,
    )
    release.build(configs, counts, params, OUT, takedowns.entries, verdict=verdict)
    funnel.write(
        counts,
        metrics_file=DATA / "metrics/funnel.json",
        table_file=DATA / "plots/funnel.csv",
        plot_file=DATA / "plots/funnel.svg",
    )


if __name__ == "__main__":
    main()

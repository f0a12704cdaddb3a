"""Release: the folder that load_dataset loads, and the funnel from posts to questions."""

from pathlib import Path

from pipeline import funnel, release
from pipeline.params import Params
from pipeline.release.checks import posts_are_the_samples
from pipeline.stage import stage
from pipeline.tables import Actions, Candidates, Options, Questions, Scenarios, Votes, read_table

DATA = Path("data")
OUT = DATA / "release" / "valact-15k"


@stage("release")
def main(params: Params) -> None:
    release.check_params(params)
    counts = funnel.count(DATA, params)
    if params.scrape.source == "sample":
        posts_are_the_samples(DATA / "scrape/posts.parquet")
    configs = release.tables(
        questions=read_table(Questions, DATA / "assemble/questions.parquet"),
        options=read_table(Options, DATA / "assemble/options.parquet"),
        scenarios=read_table(Scenarios, DATA / "assemble/scenarios.parquet"),
        candidates=read_table(Candidates, DATA / "filter/candidates.parquet"),
        actions=read_table(Actions, DATA / "assemble/actions.parquet"),
        votes=read_table(Votes, DATA / "judge/votes.parquet"),
        text=params.release.text,
    )
    release.build(configs, counts, params, OUT)
    funnel.write(
        counts,
        metrics_file=DATA / "metrics/funnel.json",
        table_file=DATA / "plots/funnel.csv",
        plot_file=DATA / "plots/funnel.svg",
    )


if __name__ == "__main__":
    main()

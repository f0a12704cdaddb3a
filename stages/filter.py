"""Filter: posts that ask for advice become candidates with a masked scenario text; the ledger has the rest."""

from pathlib import Path

import polars as pl

from pipeline.core.errors import InputError
from pipeline.filter.screen import screen
from pipeline.params import Params
from pipeline.step.run import stage
from pipeline.tables import Candidates, Ledger, Posts, scan_table, write_table

POSTS = Path("data/scrape/posts.parquet")
OUT = Path("data/filter")


@stage("filter")
def main(params: Params) -> None:
    posts = scan_table(Posts, POSTS)
    candidates, ledger = screen(posts, params)
    total = posts.select(pl.len()).collect().item()
    assert total == candidates.height + ledger.height, "filter lost or invented posts"

    write_table(Candidates, candidates, OUT / "candidates.parquet")
    write_table(Ledger, ledger, OUT / "ledger.parquet")
    if candidates.is_empty():
        reasons = ledger["reason"].value_counts(sort=True)
        raise InputError(
            f"no candidate is left of {total:,} posts; they went as "
            + (
                ", ".join(f"{reason} ({count:,})" for reason, count in reasons.iter_rows())
                or "nothing came in"
            ),
            where=str(POSTS),
            remedy="check scrape, categories, dates, score and filter in params.yaml",
        )


if __name__ == "__main__":
    main()

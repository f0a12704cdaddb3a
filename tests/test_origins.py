"""The card says where the models' answers came from."""

import polars as pl

from pipeline.release.origins import origins


def test_shares_are_counted_and_names_of_files_are_no_html():
    votes = pl.DataFrame({"origin": ["live"] * 6 + ["imported: <b>.parquet"] * 2 + [None, None]})
    lines = origins({"votes": votes, "actions": votes.head(0)}).splitlines()
    assert lines[-3:] == [
        "| votes | live | 6 | 60.0 % |",
        "| votes | imported: &lt;b>.parquet | 2 | 20.0 % |",
        "| votes | no answer | 2 | 20.0 % |",
    ]
    assert origins({}) == ""

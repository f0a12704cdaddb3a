"""Collect: every judgement so far, from a Label Studio server if there is one, else from annotations/rounds/."""

import sys
from pathlib import Path

from pipeline.annotation import client, rounds
from pipeline.annotation.exchange import outgoing, pull
from pipeline.collect.judgements import judgements
from pipeline.params import Params
from pipeline.step.run import stage
from pipeline.tables import JudgementLedger, Judgements, write_table

OUT = Path("data/collect")


@stage("collect")
def main(params: Params) -> None:
    out, server = outgoing(), client.server()
    if server:
        project, _, changed = pull(server, params)
        print(f"valact collect: {changed:,} new judgements from project {project.title!r}", file=sys.stderr)
        if project.edited:
            print(
                "valact collect: its labelling config was edited on the server; answers that ours does not have are "
                "in data/collect/ledger.parquet",
                file=sys.stderr,
            )
    found, ledger = judgements(rounds.all_rounds(), out.tasks, out.config, params.validation.round)
    write_table(Judgements, found, OUT / "judgements.parquet")
    write_table(JudgementLedger, ledger, OUT / "ledger.parquet")
    for reason, count in ledger["reason"].value_counts(sort=True).sort("reason").iter_rows():
        print(f"valact collect: {count:,} annotations with a note: {reason}", file=sys.stderr)


if __name__ == "__main__":
    main()

"""Validate: what the judgements so far say of the actions, and whether the release counts as validated."""

from pathlib import Path

from pipeline.params import Params
from pipeline.step.run import stage
from pipeline.tables import (
    Actions,
    ActionVerdicts,
    Agreement,
    Confusion,
    Consensus,
    Items,
    JudgedAccuracy,
    JudgementLedger,
    Judgements,
    Options,
    Raters,
    read_table,
    write_table,
)
from pipeline.validate import gate, judged, plots
from pipeline.validate.consensus import action_verdicts
from pipeline.validate.figures import measure

DATA = Path("data")
OUT = DATA / "validate"
JUDGEMENTS = DATA / "collect/judgements.parquet"


@stage("validate")
def main(params: Params) -> None:
    found = judged.join(
        read_table(Items, DATA / "send/items.parquet"),
        read_table(Judgements, JUDGEMENTS),
        read_table(Options, DATA / "assemble/options.parquet"),
        source=str(JUDGEMENTS),
    )
    figures = measure(found, params.seed, read_table(JudgementLedger, DATA / "collect/ledger.parquet"))
    actions = read_table(Actions, DATA / "assemble/actions.parquet")
    verdict = gate.pass_gate(figures.overall, params.validation)

    write_table(JudgedAccuracy, figures.accuracy, OUT / "accuracy.parquet")
    write_table(Confusion, figures.confusion, OUT / "confusion.parquet")
    write_table(Agreement, figures.agreement, OUT / "agreement.parquet")
    write_table(Raters, figures.raters, OUT / "raters.parquet")
    write_table(Consensus, figures.consensus, OUT / "consensus.parquet")
    write_table(ActionVerdicts, action_verdicts(actions, found, figures.consensus), OUT / "actions.parquet")
    write_table(JudgementLedger, found.ledger, OUT / "ledger.parquet")
    gate.write(verdict, OUT / "gate.json", DATA / "metrics/validation.json")
    plots.write(figures.confusion, figures.accuracy, DATA / "plots", gate.round_in_words(verdict))


if __name__ == "__main__":
    main()

"""`valact annotate repair`: has the actions that raters rejected written anew by the next run."""

from __future__ import annotations

import click

from pipeline.commands.table import table


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would be asked for, and change nothing.")
def repair(dry_run: bool) -> None:
    """Adds the rejected actions to annotations/repairs.yaml; `dvc repro` then asks their generators for new texts.

    An action is rejected when most of its raters see another value in it, or none. Its generator is told what they
    saw. The new text passes the same checks; it needs judgements of its own, because those of the old text say
    nothing of it.
    """
    import polars as pl

    from pipeline.generate import repairs
    from pipeline.tables import Actions, ActionVerdicts, read_table

    verdicts = read_table(ActionVerdicts, "data/validate/actions.parquet")
    actions = read_table(Actions, "data/assemble/actions.parquet")
    rejected = (
        verdicts.filter(pl.col("status") == "rejected")
        .join(actions.select("action_id", "text"), on="action_id", validate="1:1")
        .sort("action_id")
    )
    known = repairs.read()
    named = {(one.action_id, one.text_sha256) for one in known}
    batch = max((one.batch for one in known), default=0) + 1
    found = [
        repairs.Repair(batch, action, repairs.text_hash(text), consensus, judgements, matching)
        for action, text, consensus, judgements, matching in rejected.select(
            "action_id", "text", "consensus", "judgements", "matching"
        ).iter_rows()
    ]
    new = [one for one in found if (one.action_id, one.text_sha256) not in named]
    if not found:
        click.echo("Nothing to repair: no action is rejected")
        return
    if not new:
        click.echo(
            f"Nothing to repair: {len(found)} actions are rejected, and each was asked for anew already"
        )
        return
    rows = [[one.action_id, one.consensus, f"{one.matching} of {one.judgements}"] for one in new]
    click.echo(table(["action", "readers saw", "matching"], rows, right=["matching"]))
    if dry_run:
        return
    repairs.write([*known, *new])
    click.echo(
        f"\n{len(new)} actions are in {repairs.FILE} now. `valact cost` says what they cost, `dvc repro` asks for them"
    )

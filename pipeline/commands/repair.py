"""`valact annotate repair`: has the actions that raters rejected written anew by the next run."""

from __future__ import annotations

import click

from pipeline.commands.table import table


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would be asked for, and change nothing.")
@click.option("--undo", is_flag=True, help="Take the last batch of repairs back: the texts before it return.")
def repair(dry_run: bool, undo: bool) -> None:
    """Adds the rejected actions to annotations/repairs.yaml; `dvc repro` then asks their generators for new texts.

    An action is rejected when most of its raters see another value in it, or none. Its generator is told what they
    saw. The new text passes the same checks. The judgements of the old one stay in the round and in its accuracy,
    which is of the actions as they were drawn; the new ones are judged in a round of their own, which `dvc repro` draws
    and which is reported beside it.
    """
    import polars as pl

    from pipeline.repairs import asked as repairs
    from pipeline.tables import Actions, ActionVerdicts, Items, read_table

    if undo:
        _undo(dry_run)
        return
    _up_to_date()
    verdicts = read_table(ActionVerdicts, "data/validate/actions.parquet")
    actions = read_table(Actions, "data/assemble/actions.parquet")
    rejected = (
        verdicts.filter(pl.col("status") == "rejected")
        .join(actions.select("action_id", "text"), on="action_id", validate="1:1")
        .sort("action_id")
    )
    judged = read_table(Items, "data/send/items.parquet").filter(
        ~pl.col("replaced"), task="value", distractor=False
    )
    in_round = dict(judged.select("action_id", "round").iter_rows())
    known = repairs.read()
    named = {(one.action_id, one.text_sha256) for one in known}
    batch = max((one.batch for one in known), default=0) + 1
    found = [
        repairs.Repair(
            batch, action, repairs.text_hash(text), consensus, judgements, matching, in_round[action]
        )
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


def _up_to_date() -> None:
    """InputError where judgements came, or raters left, since verdicts were computed: new texts are paid for."""
    from pipeline import params as settings
    from pipeline.annotation import rounds
    from pipeline.annotation.exchange import asked, outgoing
    from pipeline.collect.judgements import judgements
    from pipeline.core.errors import InputError
    from pipeline.tables import Judgements, read_table

    params = settings.load()
    if not rounds.known(params.validation.round).annotations:
        return
    out = outgoing()
    now, _ = judgements(rounds.all_rounds(), out.all_tasks, out.config, asked(params))
    if not now.equals(read_table(Judgements, "data/collect/judgements.parquet")):
        raise InputError(
            "judgements came, or raters were taken out, since the verdicts on actions were computed; nothing was "
            "asked for",
            where=rounds.path_of(params.validation.round).as_posix(),
            remedy="run `dvc repro validate`, then this again",
        )


def _undo(dry_run: bool) -> None:
    """Takes back the last batch. What was paid for and judged stays recorded, and counts again if it is asked for."""
    from pipeline.repairs import asked as repairs

    known = repairs.read()
    last = max((one.batch for one in known), default=0)
    gone = [one for one in known if one.batch == last]
    if not gone:
        click.echo("Nothing to undo: no repair was asked for")
        return
    click.echo(table(["action", "readers saw"], [[one.action_id, one.consensus] for one in gone]))
    if dry_run:
        return
    repairs.write(one for one in known if one.batch != last)
    click.echo(f"\n{len(gone)} actions have their texts of before again after `dvc repro`")

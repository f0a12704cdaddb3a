"""The release folder: Parquet configs, card, code book, Croissant metadata, licence and checksums.

A function of the tables and params alone: same inputs, same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from pipeline.core.atomic import replacing
from pipeline.params import Params
from pipeline.release import (
    authored,
    benchmark,
    checks,
    leaderboard,
    manifest,
    results,
    tasks,
    tombstones,
    translated,
    versions,
    wording,
)
from pipeline.release.card import card
from pipeline.release.codebook import codebook
from pipeline.release.config_tables import tables
from pipeline.release.configs import SPLIT
from pipeline.release.croissant import croissant
from pipeline.release.dataset import VALACT
from pipeline.release.dealt import Dealt
from pipeline.release.files import arrow, marked, write_checksums, write_parquet, write_text
from pipeline.release.funnel import Counts
from pipeline.step import about
from pipeline.verdict.gate import Verdict
from pipeline.withdrawn.register import Takedown

__all__ = ["build", "check_params", "tables"]


def check_params(params: Params) -> None:
    """What can be known to be wrong before any table is read: raises ParamsError."""
    checks.text_is_allowed(params)
    about.licence(params)


def build(
    configs: dict[str, pl.DataFrame],
    counts: Counts,
    params: Params,
    folder: Path,
    takedowns: Iterable[Takedown] = (),
    *,
    verdict: Verdict,
    answered: Mapping[str, pl.DataFrame] | None = None,
) -> None:
    """Writes the release of the config tables (see ``tables``) into ``folder``, whole or not at all.

    ``takedowns`` are the posts that were taken back; the tables must not hold them any more. ``verdict`` is that
    of the gate on validation, ``answered`` are tables of what models answered, by their name in the code book, which
    says where the answers came from.

    Raises ParamsError where params forbid it, and ValActError where a check of the contents fails; the
    folder is then as it was.
    """
    check_params(params)
    configs = configs | {benchmark.CONFIG: benchmark.of(configs[authored.CONFIG], params.values)}
    configs = {name: configs[name] for name in translated.schemas(configs)}
    checks.there_is_something(configs["scenarios"])
    dealt = Dealt.of(params)
    checks.must_hold(checks.value_faults(configs, dealt))
    checks.must_hold(checks.deal_faults(configs, dealt))
    checks.must_hold(checks.judgement_faults(configs))
    with replacing(folder) as new:
        for name, table in configs.items():
            write_parquet(marked(arrow(table), about.canary(params)), new / name / f"{SPLIT}.parquet")
        if configs[benchmark.CONFIG].height:
            benchmark.write(new)
        results.draw(configs["results"], params, new)
        leaderboard.write(configs["results"], params, new)
        write_text(card(configs, new, counts, params, verdict), new / "README.md")
        write_text(codebook(configs, counts, params, verdict, answered or {}), new / "CODEBOOK.md")
        write_text(_licence(params), new / "LICENSE")
        tombstones.write(takedowns, new)
        write_text(manifest.manifest(new, verdict, params).json(), new / manifest.FILE)
        tasks.write(new, params.values)
        write_text(
            versions.changelog(new, params.release.version, VALACT.previous(params.release.previous)),
            new / versions.CHANGELOG,
        )
        write_text(croissant(new, params, verdict), new / "croissant.json")
        write_checksums(new)
        checks.must_hold(checks.card_faults(new, configs))


def _licence(params: Params) -> str:
    return f"{about.title(params)} {params.release.version}\n\n{wording.licence_scope(params)}"

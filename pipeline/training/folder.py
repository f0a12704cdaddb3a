"""The folder of training files, whole or not at all.

``TRAINER/sft.SPLIT.jsonl`` and ``TRAINER/preferences.SPLIT.jsonl`` are what trainers read. ``index/KIND.SPLIT.csv``
says by ids what each line holds, in the same order; of a release that withholds its texts there is nothing else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.core.atomic import replacing, write_text
from pipeline.core.errors import InputError
from pipeline.params import Params
from pipeline.training import balance, preference
from pipeline.training.card import card
from pipeline.training.formats import FORMATS, PREFERENCES, SFT
from pipeline.training.preference import Rule
from pipeline.training.source import Source, options
from pipeline.training.split import FILE, MARK, TEST, TRAIN, split
from pipeline.training.wording import LETTERS, Wording, shown

_INDEX = ["question_id", "scenario_id", "target_value", "value", "generator", "action_id"]


@dataclass(frozen=True, slots=True)
class How:
    """``mode`` in which questions are asked, ``answer`` with a letter or with the action, ``share`` of the scenarios
    kept for the test; ``confirmed``: only actions that experts read as intended."""

    rule: Rule
    mode: str
    answer: str
    share: float
    confirmed: bool


def check_is_free(out: Path) -> None:
    """InputError where the folder to write holds anything but an earlier export."""
    if out.exists() and not (out / MARK).exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            "the folder is there already, and holds no training files",
            where=str(out),
            remedy="name another one",
        )


def write(source: Source, how: How, params: Params, out: Path) -> dict[str, pl.DataFrame]:
    """Writes the export; rows of every kind and side by ``KIND.SPLIT``. InputError where no row is left."""
    check_is_free(out)
    sides = split(
        source.tables["scenarios"].select("scenario_id", "post_id", "text_sha256"), how.share, params.seed
    )
    rows = _rows(source, how, sides, params.seed)
    with replacing(out) as new:
        sides.sort("scenario_id").write_csv(new / FILE)
        for name, part in rows.items():
            (new / "index").mkdir(exist_ok=True)
            _index(part, how, params.seed).write_csv(new / "index" / f"{name}.csv")
        if not source.withheld:
            _lines(source, how, params, rows, new)
        write_text(json.dumps(_about(source, how, rows), indent=1) + "\n", new / MARK)
        write_text(card(source, how.rule.words, how.mode, rows, sides), new / "README.md")
        # Texts that were hydrated are not committed by mistake.
        if source.hydrated:
            write_text("*\n", new / ".gitignore")
    return rows


def _rows(source: Source, how: How, sides: pl.DataFrame, seed: int) -> dict[str, pl.DataFrame]:
    ranked = preference.options(options(source, confirmed=how.confirmed), how.rule)
    sft, pairs = preference.best(ranked), preference.pairs(ranked)
    if not pairs.height:
        raise InputError("no question has two options of which one is preferred", where="--prefer")
    rows = {}
    for side in (TRAIN, TEST):
        of = sides.filter(split=side).select("scenario_id")
        mine, ours = (table.join(of, on="scenario_id", how="semi") for table in (sft, pairs))
        # What somebody declares prefers some values to others: there only generators can be even.
        rows[f"{SFT}.{side}"] = balance.level(mine, _kinds(how.rule), seed)
        rows[f"{PREFERENCES}.{side}"] = balance.level(balance.one_pair_each(ours, seed), balance.PAIR, seed)
    return rows


def _kinds(rule: Rule) -> list[str]:
    return ["generator"] if rule.name.startswith(preference.DECLARED) else ["value", "generator"]


def _index(rows: pl.DataFrame, how: How, seed: int) -> pl.DataFrame:
    named = rows.select(*_INDEX, *(name for name in rows.columns if name.endswith("_rejected")))
    size = 4 if rows.is_empty() else int(rows["options"][0])
    drawn = [shown(question, size, seed) for question in rows["question_id"]]
    if how.answer == LETTERS:
        named = named.with_columns(
            wording=pl.Series([one.wording for one in drawn], dtype=pl.Int16),
            order=pl.Series([one.order for one in drawn], dtype=pl.String),
        )
    return named


def _lines(source: Source, how: How, params: Params, rows: dict[str, pl.DataFrame], new: Path) -> None:
    wording = Wording(source.tables, params, how.answer, how.mode, params.seed)
    for name, part in rows.items():
        files: dict[str, list[str]] = {trainer: [] for trainer in FORMATS}
        for row in part.iter_rows(named=True):
            prompt, chosen = wording.prompt(row), wording.answer(row)
            for trainer, form in FORMATS.items():
                made = (
                    form.sft(prompt, chosen)
                    if name.startswith(SFT)
                    else form.preferences(prompt, chosen, wording.answer(row, "_rejected"))
                )
                files[trainer].append(json.dumps(made, ensure_ascii=False))
        for trainer, lines in files.items():
            write_text("".join(f"{line}\n" for line in lines), new / trainer / f"{name}.jsonl")


def _about(source: Source, how: How, rows: dict[str, pl.DataFrame]) -> dict[str, object]:
    return {
        "release": source.name,
        "version": source.version,
        "prefer": how.rule.name,
        "mode": how.mode,
        "answer": how.answer,
        "test_share": how.share,
        "confirmed": how.confirmed,
        "withheld": source.withheld,
        "canary": source.canary,
        "rows": {name: part.height for name, part in rows.items()},
    }

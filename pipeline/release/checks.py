"""What must hold before a release is put in its place. Keys and vocabularies are the schemas' part.

Faults of a release are sentences, one for each thing that is wrong, so that who checks somebody's copy learns them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from pipeline.core.documents import parse_yaml
from pipeline.core.errors import InputError, ParamsError, ValActError
from pipeline.params import Params
from pipeline.release.configs import CONFIGS, SPLIT
from pipeline.release.dealt import Dealt, strange_values
from pipeline.release.markdown import in_words, times

# The ids of the sample's posts. Reddit's own ids of our time have seven characters and never begin so.
SAMPLE_POST = r"^valact[a-z][0-9]+$"
DEFECT = "run `dvc repro`; if the message stays, this is a defect of the pipeline"


def text_is_allowed(params: Params) -> None:
    """Real posts are never released with their text: ParamsError for anything but the sample."""
    if params.release.text == "include" and params.scrape.source != "sample":
        raise ParamsError(
            f"release.text: 'include' is not allowed with scrape.source {params.scrape.source!r}: text of real "
            "posts is not released",
            where="params.yaml",
            remedy="set release.text to withhold; ids and hashes remain, and readers fetch the text themselves",
        )


def posts_are_the_samples(posts: Path) -> None:
    """The sample's card says that its posts are invented: InputError when other posts are among them."""
    others = (
        pl.scan_parquet(posts)
        .select("post_id")
        .filter(~pl.col("post_id").str.contains(SAMPLE_POST))
        .collect(engine="streaming")
    )
    if others.height:
        raise InputError(
            f"scrape.source is 'sample', but {others.height} posts are not the sample's, such as "
            f"{others['post_id'].min()!r}",
            where=str(posts),
            remedy="read a dump of your own with scrape.source: archive",
        )


def there_is_something(scenarios: pl.DataFrame) -> None:
    """InputError where no scenario is left to release."""
    if scenarios.is_empty():
        raise InputError(
            "there is no scenario to release",
            where="data/assemble/scenarios.parquet",
            remedy="data/metrics/funnel.json says where the posts went",
        )


def must_hold(faults: Iterator[str]) -> None:
    """ValActError with the first fault, if there is one, and how many more there are."""
    found = list(faults)
    if found:
        more = f" (and {len(found) - 1} more faults)" if len(found) > 1 else ""
        raise ValActError(f"{found[0]}{more}", where="release", remedy=DEFECT)


def value_faults(tables: Mapping[str, pl.DataFrame], dealt: Dealt) -> Iterator[str]:
    """Where a table holds a value that the inventory of the release does not have."""
    for name, table in tables.items():
        yield from (f"config {name}: {fault}" for fault in strange_values(name, table, dealt.values))


def deal_faults(tables: Mapping[str, pl.DataFrame], dealt: Dealt) -> Iterator[str]:
    """Where not as many questions, options and actions as the design says, or an action or value not as often."""
    design = dealt.design
    options, questions, actions = tables["options"], tables["questions"], tables["actions"]
    scenarios = tables["scenarios"].select("scenario_id")
    if scenarios.is_empty():
        yield "there is no scenario"
        return
    k = design.options
    per_question = options.group_by("question_id").agg(n=pl.len(), distinct=pl.col("value").n_unique())
    yield from _fault(
        per_question.filter((pl.col("n") != k) | (pl.col("distinct") != k)).select("question_id"),
        f"does not have {in_words(k)} options of {in_words(k)} different values",
    )
    for name, key, home in (
        ("questions", "scenario_id", scenarios),
        ("actions", "scenario_id", scenarios),
        ("filter_votes", "scenario_id", scenarios),
        ("options", "question_id", questions),
    ):
        strays = tables[name].drop_nulls(key).join(home, on=key, how="anti")
        yield from _fault(strays.select(key), f"is in config {name} only")
    for name, table, n in (("questions", questions, design.questions), ("actions", actions, design.actions)):
        counted = scenarios.join(table.group_by("scenario_id").len(), on="scenario_id", how="left")
        few = counted.filter(pl.col("len").ne_missing(n)).select("scenario_id")
        yield from _fault(few, f"does not have {n} {name}")
    counted = actions.select("action_id").join(
        options.group_by("action_id").len(), on="action_id", how="full", coalesce=True
    )
    if design.complete:
        yield from _fault(
            counted.filter(pl.col("len").ne_missing(1)).select("action_id"), "is not shown exactly once"
        )
    else:
        yield from _fault(counted.filter(pl.col("len") > 1).select("action_id"), "is shown more than once")
    yield from uneven_faults(scenarios, options, dealt)
    shown = options.join(
        actions.select("action_id", home="scenario_id", written="value", by="generator"),
        on="action_id",
        how="left",
    )
    moved = shown.filter(
        pl.col("home").ne_missing(pl.col("scenario_id"))
        | pl.col("written").ne_missing(pl.col("value"))
        | pl.col("by").ne_missing(pl.col("generator"))
    )
    yield from _fault(
        moved.select("question_id"), "shows an action under another scenario, value or generator"
    )
    aimed = options.filter("is_target").select(
        "question_id", target_position="position", target_value="value", target_action_id="action_id"
    )
    matched = questions.join(aimed, on=aimed.columns, how="anti", nulls_equal=True)
    yield from _fault(matched.select("question_id"), "has another target than its options say")


def uneven_faults(scenarios: pl.DataFrame, options: pl.DataFrame, dealt: Dealt) -> Iterator[str]:
    """Where a scenario does not show every value as often as there are actions for it, if its questions show them
    all."""
    if not dealt.design.complete:
        return
    wanted = dealt.design.generators * len(dealt.design.stances)
    values = pl.DataFrame({"value": dealt.values}, schema={"value": pl.String})
    shown = (
        scenarios.select("scenario_id")
        .join(values, how="cross")
        .join(options.group_by("scenario_id", "value").len(), on=["scenario_id", "value"], how="left")
    )
    yield from _fault(
        shown.filter(pl.col("len").ne_missing(wanted)).select("scenario_id"),
        f"does not show every value {times([wanted])}",
    )


def judgement_faults(tables: Mapping[str, pl.DataFrame]) -> Iterator[str]:
    """Where a judgement is of no scenario, action or question of the release, or a verdict rests on no judgement."""
    judgements = tables["validation"]
    for key, home in (("scenario_id", "scenarios"), ("action_id", "actions"), ("question_id", "questions")):
        strays = judgements.drop_nulls(key).join(tables[home], on=key, how="anti")
        yield from _fault(strays.select("item_id"), f"judges a {key} that is not in config {home}")
    counted = judgements.filter(
        (pl.col("task") == "value") & ~pl.col("distractor") & (pl.col("status") == "judged")
    )
    judged = pl.col("action_id").is_in(counted["action_id"].implode())
    wrong = tables["actions"].filter((pl.col("validation") != "not_sampled") != judged)
    yield from _fault(
        wrong.select("action_id"), "has a verdict without judgements, or judgements without a verdict"
    )


def card_faults(folder: Path, configs: Iterable[str] = tuple(CONFIGS)) -> Iterator[str]:
    """Where the card's counts and sizes are not those of the files (``load_dataset`` would raise)."""
    front = re.match(r"---\n(.*?)\n---\n", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    data = parse_yaml(front[1], where="README.md") if front else {}
    infos = {info["config_name"]: info for info in data.get("dataset_info", [])}
    for name in configs:
        file = folder / name / f"{SPLIT}.parquet"
        claimed = infos.get(name, {})
        splits = {split["name"]: split["num_examples"] for split in claimed.get("splits", [])}
        rows, size = pq.read_metadata(file).num_rows, file.stat().st_size
        found = ({SPLIT: rows}, size) if rows else ({}, None)
        if (splits, claimed.get("download_size")) != found:
            yield (
                f"config {name}: the card claims {splits} in {claimed.get('download_size')} bytes, "
                f"the file holds {found[0]} in {found[1]}"
            )


def _fault(offending: pl.DataFrame, problem: str) -> Iterator[str]:
    if offending.height:
        yield f"{offending.to_series().sort()[0]} {problem} ({offending.height} such rows)"

"""The dataset card (README.md): YAML that ``load_dataset`` and the Hub read, and a body for people.

Every number is computed from the tables or the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from pipeline.params import Params
from pipeline.release import front, making, results, translated, usage, validation, wording
from pipeline.release.configs import DEFAULT, SPLIT
from pipeline.release.funnel import Counts
from pipeline.release.markdown import bullets, count, markdown_table, withheld
from pipeline.step import about
from pipeline.step.canary import request
from pipeline.verdict.gate import Verdict

TAGS = ("human-values", "schwartz-values", "value-alignment", "evaluation")
BODY = Path(__file__).with_name("card.md")


def card(
    tables: dict[str, pl.DataFrame],
    folder: Path,
    counts: Counts,
    params: Params,
    verdict: Verdict,
) -> str:
    """README.md of the release in ``folder``, whose Parquet files are already written."""
    text = body(tables, counts, params, verdict)
    return f"---\n{front_matter(folder, params)}\n---\n\n{text}\n"


def front_matter(folder: Path, params: Params) -> str:
    """The card's YAML, from the Parquet files. An empty config is not in it: ``load_dataset`` takes no empty split.

    ``num_bytes`` is a config's size in Arrow memory, as ``datasets`` counts it; ``download_size`` is that
    of its file.
    """
    sample = about.is_sample(params)
    facts = {
        "pretty_name": about.title(params),
        "language": [*dict.fromkeys((params.filter.language, *params.release.languages))],
        "license": params.release.licence,
        "annotations_creators": ["other"] if sample else ["machine-generated"],
        "language_creators": ["other"] if sample else ["found", "machine-generated"],
        "tags": [*TAGS, *(["sample"] if sample else [])],
        "extra_gated_prompt": front.gate_prompt(params) if params.publish.gated else None,
    }
    return head(folder, translated.present(folder), DEFAULT, facts)


def head(folder: Path, configs: Iterable[str], default: str, facts: Mapping[str, Any]) -> str:
    """A card's YAML, with ``facts`` of the data set, for ``configs`` of which ``default`` is loaded by itself."""
    from datasets import DatasetInfo, Features, SplitDict, SplitInfo
    from datasets.info import DatasetInfosDict
    from huggingface_hub import DatasetCardData

    files = {name: folder / name / f"{SPLIT}.parquet" for name in configs}
    files = {name: file for name, file in files.items() if pq.read_metadata(file).num_rows}
    data = DatasetCardData(
        **facts,
        multilinguality=["monolingual" if len(facts["language"]) == 1 else "translation"],
        size_categories=[_size_category(pq.read_metadata(files[default]).num_rows)],
        source_datasets=["original"],
        task_categories=["multiple-choice"],
        configs=[
            {
                "config_name": name,
                **({"default": True} if name == default else {}),
                "data_files": [{"split": SPLIT, "path": f"{name}/{SPLIT}.parquet"}],
            }
            for name in files
        ],
    )
    infos = {}
    for name, file in files.items():
        table = pq.read_table(file)
        splits = SplitDict({SPLIT: SplitInfo(SPLIT, num_bytes=table.nbytes, num_examples=table.num_rows)})
        infos[name] = DatasetInfo(
            features=Features.from_arrow_schema(table.schema),
            splits=splits,
            download_size=file.stat().st_size,
            dataset_size=table.nbytes,
        )
    DatasetInfosDict(infos).to_dataset_card_data(data)
    return data.to_yaml(line_break="\n")


def body(
    tables: dict[str, pl.DataFrame],
    counts: Counts,
    params: Params,
    verdict: Verdict,
) -> str:
    """The card's text."""
    notice = about.notice(params)
    return (
        Template(BODY.read_text(encoding="utf-8"))
        .substitute(
            title=about.title(params),
            banner=front.banner(verdict),
            notice=f"> {notice}\n\n" if notice else "",
            description=wording.what(params),
            version=params.release.version,
            summary=f"**{count(tables['questions'].height, 'question')}** about "
            f"{count(tables['scenarios'].height, 'scenario')}, with {count(tables['actions'].height, 'action')}",
            links=front.links(params),
            loading=usage.loading(params),
            files=usage.holdings(params),
            text_policy=wording.text_policy(params)
            if params.release.text == "include"
            else withheld("texts", f"\n\n{wording.text_policy(params)}\n\n"),
            example=usage.example(tables, params),
            results=results.section(tables["results"], params),
            reading=usage.reading(tables, params),
            tasks=usage.tasks(params, tables["benchmark"]),
            configs=_configs(tables) + translated.told(tables, params),
            categories=making.spread(tables, params),
            made=making.short(tables, counts, params),
            validation=_validation(verdict, params),
            limits=bullets(wording.limits(params, verdict)),
            uses=bullets(wording.uses()),
            canary=request(about.canary(params)),
            facts=front.facts(params, verdict.figures.get("background")),
            personal_data=bullets([*wording.personal_data(params), *front.terms(params)]),
            impact=wording.impact(),
            removal=usage.removal(params),
            versions=usage.versions(params),
            licences=usage.licences(params),
            citation=wording.citation(params),
        )
        .rstrip()
    )


def _validation(verdict: Verdict, params: Params) -> str:
    parts = [validation.state(verdict, params)]
    if verdict.missing:
        parts.append("What is missing:\n\n" + bullets(verdict.missing))
    header = ("figure", "estimate", "95 % interval", "of")
    parts += filter(None, [validation.excluded(verdict), validation.repaired(verdict)])
    rows = validation.headlines(verdict) if verdict.figures["judgements"] else validation.baseline(verdict)
    doubts = f" It also lists {count(len(verdict.doubts), 'doubt')}." if verdict.doubts else ""
    more = f"The code book has every figure, also for each value, and says how they were computed.{doubts}"
    return "\n\n".join(
        [*parts, markdown_table(header, rows), *validation.read_blindly(verdict, params), more]
    )


def _size_category(rows: int) -> str:
    for limit, name in ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M")):
        if rows < limit:
            return name
    return "n>1M"


def _configs(tables: dict[str, pl.DataFrame]) -> str:
    """One line a config; the code book has their fields."""
    empty = "`load_dataset` does not offer it, because it is empty here."
    schemas = translated.schemas(tables)
    rows = [
        (
            f"`{name}`" + (" (default)" if name == DEFAULT else ""),
            table.height,
            (schemas[name].__doc__ or "").strip().splitlines()[0].removeprefix("One row for each ")
            + ("" if table.height else f" {empty}"),
        )
        for name, table in tables.items()
    ]
    return markdown_table(("config", "rows", "a row for each"), rows)

"""The dataset card (README.md): YAML that ``load_dataset`` and the Hub read, and a body for people.

Every number is computed from the tables or the files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from pipeline import __version__, prompts
from pipeline.params import Params
from pipeline.release import balance, usage, validation, wording
from pipeline.release.configs import CONFIGS, DEFAULT, SPLIT, fields
from pipeline.release.dealt import Dealt
from pipeline.release.funnel import STEPS, Counts
from pipeline.release.markdown import bullets, markdown_table
from pipeline.release.origins import origins
from pipeline.release.vocabulary import meaning
from pipeline.step import about
from pipeline.tables.scalars import whole
from pipeline.verdict.gate import Verdict

BODY = Path(__file__).with_name("card.md")


def card(
    tables: dict[str, pl.DataFrame],
    folder: Path,
    counts: Counts,
    params: Params,
    verdict: Verdict,
    answered: Mapping[str, pl.DataFrame],
) -> str:
    """README.md of the release in ``folder``, whose Parquet files are already written."""
    text = body(tables, counts, params, verdict, answered)
    return f"---\n{front_matter(folder, params)}\n---\n\n{text}\n"


def front_matter(folder: Path, params: Params) -> str:
    """The card's YAML, from the Parquet files. An empty config is not in it: ``load_dataset`` takes no empty split.

    ``num_bytes`` is a config's size in Arrow memory, as ``datasets`` counts it; ``download_size`` is that
    of its file.
    """
    from datasets import DatasetInfo, Features, SplitDict, SplitInfo
    from datasets.info import DatasetInfosDict
    from huggingface_hub import DatasetCardData

    sample = about.is_sample(params)
    files = {name: folder / name / f"{SPLIT}.parquet" for name in CONFIGS}
    files = {name: file for name, file in files.items() if pq.read_metadata(file).num_rows}
    data = DatasetCardData(
        pretty_name=about.title(params),
        language=[params.filter.language],
        license=params.release.licence,
        annotations_creators=["other"] if sample else ["machine-generated"],
        language_creators=["other"] if sample else ["found", "machine-generated"],
        multilinguality=["monolingual"],
        size_categories=[_size_category(pq.read_metadata(files[DEFAULT]).num_rows)],
        source_datasets=["original"],
        task_categories=["multiple-choice"],
        tags=[
            "human-values",
            "schwartz-values",
            "value-alignment",
            "evaluation",
            *(["sample"] if sample else []),
        ],
        configs=[
            {
                "config_name": name,
                **({"default": True} if name == DEFAULT else {}),
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
    answered: Mapping[str, pl.DataFrame],
) -> str:
    """The card's text; ``answered`` are tables of models' answers, whose origins it tells."""
    actions, votes = tables["actions"], tables["filter_votes"]
    notice, dealt = about.notice(params), Dealt.of(params)
    return (
        Template(BODY.read_text(encoding="utf-8"))
        .substitute(
            title=about.title(params),
            notice=f"> **{notice}**\n\n" if notice else "",
            description=wording.what(params),
            version=params.release.version,
            software=__version__,
            paper=wording.PAPER,
            loading=usage.loading(params),
            example=usage.example(tables, params),
            tasks=usage.tasks(params),
            reading=usage.reading(tables, params),
            versions=usage.versions(params),
            removal=usage.removal(params),
            licences=usage.licences(params),
            n_questions=f"{tables['questions'].height:,}",
            n_scenarios=f"{tables['scenarios'].height:,}",
            n_actions=f"{actions.height:,}",
            n_records=f"{counts.records:,}",
            n_votes=f"{votes.height:,}",
            n_disputed=f"{votes.filter(pl.col('role') == 'tie_breaker').height:,}",
            n_repaired=f"{actions.filter(pl.col('attempt') > 1).height:,}",
            min_words=params.filter.min_words,
            max_words=params.filter.max_words,
            quota=params.quota.per_category,
            text_policy=wording.text_policy(params),
            categories=_categories(tables, params),
            funnel=_funnel(counts),
            reasons=_reasons(counts),
            failures=_failures(counts),
            fields="\n\n".join(_fields(name, table.height) for name, table in tables.items()),
            collection=wording.collection(params),
            writing=wording.writing(params),
            design=balance.describe(params.assemble.mode, dealt)
            + balance.note(tables["questions"], tables["options"], dealt),
            models=_models(params),
            origins=origins(answered),
            prompts="\n\n".join(_prompt(name) for name in _prompt_names(params)),
            validation=_validation(verdict, params),
            limits=bullets(wording.limits(params, verdict)),
            personal_data=bullets(wording.personal_data(params)),
            impact=wording.impact(),
            uses=bullets(wording.uses()),
            citation=wording.CITATION,
            software_citation=wording.software_citation(),
            licence_scope=wording.licence_scope(params),
        )
        .rstrip()
    )


def _validation(verdict: Verdict, params: Params) -> str:
    parts = [validation.state(verdict, params)]
    if verdict.missing:
        parts.append("What is missing:\n\n" + bullets(verdict.missing))
    if verdict.doubts:
        parts.append("What cannot be told, or should be looked at:\n\n" + bullets(verdict.doubts))
    header = ("figure", "estimate", "95 % interval", "of")
    wording = validation.wording(verdict, params.values)
    read = list(validation.reading(verdict, params))
    if not verdict.figures["judgements"]:
        parts += [wording, markdown_table(header, validation.baseline(verdict))]
    else:
        parts += [
            validation.how(params.values),
            *filter(None, [validation.excluded(verdict), validation.repaired(verdict)]),
            markdown_table(header, validation.figures(verdict)),
            wording,
            "Accuracy of each value, by judgement:",
            markdown_table(
                ("value", "accuracy", "95 % interval", "judgements"),
                validation.values(verdict, params.values),
            ),
        ]
    if read:
        head = ("value", "read as intended", "95 % interval", "actions", "otherwise most often as")
        parts += [*read, markdown_table(head, validation.read_values(verdict, params.values))]
    return "\n\n".join(parts)


def _size_category(rows: int) -> str:
    for limit, name in ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M")):
        if rows < limit:
            return name
    return "n>1M"


def _categories(tables: dict[str, pl.DataFrame], params: Params) -> str:
    scenarios, questions = tables["scenarios"], tables["questions"]
    rows: list[Sequence[Any]] = []
    for category in params.categories:
        mine = scenarios.filter(pl.col("category") == category)
        asked = questions.filter(pl.col("category") == category).height
        spread = ", ".join(
            f"r/{s} {n}" for s, n in mine.group_by("subreddit").len().sort("subreddit").iter_rows()
        )
        years = _years(mine)
        rows.append((category, mine.height, asked, years, spread))
    rows.append(("**All**", scenarios.height, questions.height, _years(scenarios), ""))
    return markdown_table(("category", "scenarios", "questions", "years", "subreddits (scenarios)"), rows)


def _years(scenarios: pl.DataFrame) -> str:
    return f"{whole(scenarios['year'].min())}-{whole(scenarios['year'].max())}" if scenarios.height else ""


def _funnel(counts: Counts) -> str:
    rows = [
        (title, *(counts.at(step, category) for category in counts.categories), counts.at(step))
        for step, title in STEPS.items()
    ]
    funnel = markdown_table(("step", *counts.categories, "all"), rows)
    return f"{funnel}\n\nOf the judged candidates the judges accepted, by subreddit:\n\n{_acceptance(counts)}"


def _acceptance(counts: Counts) -> str:
    columns = ("subreddit", "category", "candidates", "judged", "accepted", "acceptance")
    rows = [
        (f"r/{subreddit}", *numbers, "" if share is None else f"{share:.0%}")
        for subreddit, *numbers, share in counts.acceptance.select(columns).iter_rows()
    ]
    return markdown_table(columns, rows)


def _reasons(counts: Counts) -> str:
    rows = [
        (stage, f"`{reason}`", meaning(stage, reason), n)
        for stage in ("scrape", "filter", "judge", "assemble")
        for reason, n in counts.because(stage).items()
    ]
    return markdown_table(("stage", "reason", "meaning", "count"), rows) if rows else "None went."


def _failures(counts: Counts) -> str:
    if counts.failures.is_empty():
        return "Every draft of an action passed every check at once."
    table = markdown_table(
        ("generator", "failed check or status", "asked again", "given up"), counts.failures.iter_rows()
    )
    return f"What failed while actions were written (one row of the table can be many actions):\n\n{table}"


def _fields(name: str, rows: int) -> str:
    doc = CONFIGS[name].__doc__ or ""
    table = markdown_table(
        ("field", "type", "meaning"),
        [(f"`{field.name}`", field.type, field.description) for field in fields(name)],
    )
    empty = (
        ""
        if rows
        else f"\n\nIt is empty, and `load_dataset` does not offer it; `{name}/{SPLIT}.parquet` is there."
    )
    return f"### Config `{name}`: {rows:,} rows\n\n{doc.strip()}{empty}\n\n{table}"


def _models(params: Params) -> str:
    roles: dict[str, list[str]] = {}
    for role, names in (
        ("judge", params.judge.panel),
        ("judge (tie-breaker)", [params.judge.tie_breaker]),
        ("generator", params.generate.generators),
    ):
        for name in names:
            roles.setdefault(name, []).append(role)
    temperature = {"judge": params.judge.temperature, "generator": params.generate.temperature}
    return markdown_table(
        ("name", "role", "model", "temperature"),
        [
            (
                f"`{name}`",
                ", ".join(its),
                wording.served_by(name, params),
                ""
                if about.is_sample(params)
                else ", ".join(str(temperature[role.split()[0]]) for role in its),
            )
            for name, its in roles.items()
        ],
    )


def _prompt_names(params: Params) -> list[str]:
    return [f"judge/{params.judge.prompt}", params.generate.prompt, params.generate.repair_prompt]


def _prompt(name: str) -> str:
    prompt = prompts.load(name)
    parts = [f"[system]\n{prompt.system}"] if prompt.system else []
    text = "\n\n".join([*parts, f"[user]\n{prompt.user}"])
    return f"<details><summary><code>{name}</code></summary>\n\n~~~~text\n{text}\n~~~~\n\n</details>"

"""The documents of a release: card, code book and Croissant. Every number is computed from the tables."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from string import Template

import polars as pl

from pipeline import __version__
from pipeline.lens import about
from pipeline.lens.params import Params
from pipeline.lens.release.configs import CONFIGS, DEFAULT
from pipeline.lens.release.validation import section
from pipeline.release.card import TAGS, head
from pipeline.release.codebook import config as config_section
from pipeline.release.codebook import values_table
from pipeline.release.configs import SPLIT
from pipeline.release.croissant import CONFORMS_TO, distribution, record_set
from pipeline.release.fields import Field
from pipeline.release.markdown import markdown_table
from pipeline.release.vocabulary import STATUSES
from pipeline.step.about import licence_of
from pipeline.step.canary import request
from pipeline.verdict.gate import Verdict

Tables = Mapping[str, pl.DataFrame]
BODY = Path(__file__).with_name("card.md")


def card(tables: Tables, folder: Path, params: Params, verdict: Verdict) -> str:
    """README.md of the release in ``folder``, whose Parquet files are already written."""
    sample = about.is_sample(params)
    facts = {
        "pretty_name": about.title(params),
        "language": ["en"],
        "license": params.release.licence,
        "annotations_creators": ["other"] if sample else ["machine-generated"],
        "language_creators": ["other"] if sample else ["machine-generated"],
        "tags": [*TAGS, "value-action-gap", *(["sample"] if sample else [])],
    }
    return f"---\n{head(folder, CONFIGS, DEFAULT, facts)}\n---\n\n{_body(tables, params, verdict)}\n"


def codebook(params: Params) -> str:
    """CODEBOOK.md: every config, field, type, meaning and vocabulary."""
    configs = "\n\n".join(
        config_section(name, schema, lambda f: _codes(f, params)) for name, schema in CONFIGS.items()
    )
    statuses = {**STATUSES, "rejected": "no repair brought an action that passes the checks"}
    table = markdown_table(("code", "meaning"), [(f"`{code}`", text) for code, text in statuses.items()])
    return (
        f"# Code book of {about.title(params)} {params.release.version}\n\n"
        f"{request(about.canary(params))}\n\n## Configs and fields\n\n"
        f"Key fields (key) are unique together. The split is `{SPLIT}` throughout.\n\n{configs}\n\n"
        f"## The values\n\n{values_table(params.values)}\n\n## Statuses of actions and answers\n\n{table}\n"
    )


def croissant(folder: Path, params: Params) -> str:
    """JSON-LD on the files that are in the folder so far; mlcroissant raises where it is invalid."""
    import mlcroissant as mlc

    logging.getLogger("absl").setLevel(logging.ERROR)
    metadata = mlc.Metadata(
        ctx=mlc.Context(conforms_to=CONFORMS_TO),
        conforms_to=CONFORMS_TO,
        name=about.title(params),
        description=" ".join(filter(None, [about.WHAT, about.notice(params)])),
        version=params.release.version,
        license=[licence_of(params.release.licence).url],
        url=f"https://huggingface.co/datasets/{params.release.repository}",
        cite_as="arXiv:2501.15463",
        creators=[mlc.Organization(name="The ValAct contributors")],
        in_language=["en"],
        keywords=["human values", "Schwartz values", "value-action gap", "evaluation"],
        distribution=distribution(folder),
        record_sets=[record_set(name, schema) for name, schema in CONFIGS.items()],
        data_collection=about.writing(params),
    )
    return json.dumps(metadata.to_json(), indent=2, ensure_ascii=False) + "\n"


def _body(tables: Tables, params: Params, verdict: Verdict) -> str:
    actions, pairs = tables["actions"], tables["pairs"]
    shown = actions.filter(pl.col("status") == "ok")
    notice = about.notice(params)
    return Template(BODY.read_text(encoding="utf-8")).substitute(
        title=about.title(params),
        notice=f"> **{notice}**\n\n" if notice else "",
        description=about.WHAT,
        version=params.release.version,
        software=__version__,
        repository=params.release.repository,
        split=SPLIT,
        n_pairs=f"{pairs.height:,}",
        n_scenarios=f"{tables['scenarios'].height:,}",
        n_actions=f"{actions.height:,}",
        statuses=markdown_table(
            ("status", "stance", "actions"),
            actions.group_by("status", "stance").len().sort("status", "stance").rows(),
        ),
        n_spans=_failing(shown, "spans_verbatim"),
        n_named=_failing(shown, "value_not_named"),
        n_shared=_failing(shown, "own_to_country"),
        n_apart=_failing(pairs, "same_matter"),
        countries=f"{len(params.countries)} countries ({', '.join(params.countries)})",
        topics=f"{len(params.topics)} topics ({', '.join(params.topics)})",
        values=_values(params),
        writing=about.writing(params),
        min_words=params.generate.checks.min_words,
        max_words=params.generate.checks.max_words,
        repairs=params.generate.max_repairs,
        answers=_answers(tables),
        validation=section(verdict, params),
        fields="\n\n".join(_fields(name, tables[name].height) for name in CONFIGS),
        licence=licence_of(params.release.licence).name,
        canary=request(about.canary(params)),
    )


def _values(params: Params) -> str:
    title, asked = params.values.title, len(params.asked)
    return title if asked == len(params.values) else f"{asked} of {title}"


def _failing(table: pl.DataFrame, check: str) -> str:
    return f"{table.filter(~pl.col(check)).height:,}"


def _answers(tables: Tables) -> str:
    rows = [
        (config, *row)
        for config in ("ratings", "choices")
        for row in tables[config].group_by("respondent", "status").len().sort("respondent", "status").rows()
    ]
    if not rows:
        return "Nobody was asked."
    return markdown_table(("config", "respondent", "status", "answers"), rows)


def _fields(name: str, rows: int) -> str:
    meaning = (CONFIGS[name].__doc__ or "").strip()
    return f"### Config `{name}`: {rows:,} rows\n\n{meaning} Its fields are in CODEBOOK.md."


def _codes(field: Field, params: Params) -> str:
    codes = [f"`{code}`" for code in field.vocabulary]
    return ", ".join(["the values", *codes] if field.values else codes)

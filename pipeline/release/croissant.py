"""croissant.json: the release in the Croissant 1.1 vocabulary with its RAI fields, built with mlcroissant."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import dataframely as dy

from pipeline.params import Params
from pipeline.release import validation, wording
from pipeline.release.configs import SPLIT
from pipeline.release.fields import Field, fields_of
from pipeline.release.files import files, sha256
from pipeline.release.translated import present
from pipeline.step import about
from pipeline.verdict.gate import Verdict

CONFORMS_TO = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
_NOTES = {
    "questions": "The options of each question are in the record set `options`.",
    "benchmark": "`choices`, the texts of the options, are a list and have no field here.",
}
FORMATS = {
    ".parquet": "application/x-parquet",
    ".json": "application/json",
    ".md": "text/markdown",
    ".py": "text/x-python",
    ".yaml": "application/yaml",
    ".png": "image/png",
    ".html": "text/html",
}


def croissant(folder: Path, params: Params, verdict: Verdict) -> str:
    """JSON-LD on the files that are in the release folder so far; mlcroissant raises where it is invalid.

    The nested ``options`` of config ``questions`` are left to the long config of that name: a list of
    records has no plain form in Croissant. Fields that refer to another config say so in their
    description, because mlcroissant reads a declared reference as a join and drops rows without partner.
    """
    import mlcroissant as mlc

    licence = about.licence(params)
    metadata = mlc.Metadata(
        ctx=mlc.Context(conforms_to=CONFORMS_TO),
        conforms_to=CONFORMS_TO,
        name=about.title(params),
        description=" ".join(filter(None, [wording.what(params), about.notice(params)])),
        version=params.release.version,
        license=[licence.url],
        url=f"https://huggingface.co/datasets/{params.release.repository}",
        cite_as=wording.citation(params),
        date_published=_day(params.release.date),
        creators=[mlc.Organization(name="The ValAct contributors")],
        in_language=[*dict.fromkeys((params.filter.language, *params.release.languages))],
        keywords=["human values", "Schwartz values", "value alignment", "evaluation"],
        distribution=distribution(folder),
        record_sets=[
            record_set(name, schema, _NOTES.get(name, "")) for name, schema in present(folder).items()
        ],
        data_collection=wording.collection(params),
        data_collection_type=["Manual Human Curation" if about.is_sample(params) else "Web Scraping"],
        data_preprocessing_protocol=[
            "Title and body are joined; HTML entities and Markdown are resolved; tails that were added later are cut.",
            "Posts that are too short or long, not in English, near-duplicates, or ask for no advice are left out.",
        ],
        data_annotation_protocol=[
            "Two judges vote on every candidate post, a third where they differ; the majority wins.",
            f"{wording.writing(params)} The intended value is the label.",
            "Raters judge a stratified sample blind: which value an action expresses most, which option best expresses "
            "a value, whether a scenario is a request for advice. "
            f"{validation.who(verdict, params)}",
        ],
        annotations_per_item=(
            "Two or three votes a candidate post; one intended value an action; "
            f"up to {params.validation.sample.raters} judgements an item of the sample for validation."
        ),
        machine_annotation_tools=None if about.is_sample(params) else _models(params),
        data_biases=wording.biases(params),
        data_limitations=wording.limits(params, verdict),
        personal_sensitive_information=[*wording.personal_data(params), wording.text_policy(params)],
        data_use_cases=wording.uses(),
        data_social_impact=wording.impact(),
    )
    return json.dumps(metadata.to_json(), indent=2, ensure_ascii=False) + "\n"


def _day(date: str) -> dt.datetime | None:
    return dt.datetime.fromisoformat(date) if date else None


def _models(params: Params) -> list[str]:
    names = dict.fromkeys([*params.judge.models, *params.generate.generators])
    return [f"{name}: {wording.served_by(name, params)}" for name in names]


def distribution(folder: Path) -> list[object]:
    """Every file that is in the folder so far, with its size and hash."""
    return [_file(path, folder) for path in files(folder)]


def _file(path: Path, folder: Path) -> object:
    import mlcroissant as mlc

    relative = path.relative_to(folder).as_posix()
    return mlc.FileObject(
        id=relative,
        name=relative,
        content_url=relative,
        content_size=f"{path.stat().st_size} B",
        encoding_formats=[FORMATS.get(path.suffix, "text/plain")],
        sha256=sha256(path),
    )


def record_set(config: str, schema: type[dy.Schema], note: str = "") -> object:
    """A config as a set of records; lists have no plain form and are left out, which ``note`` may explain."""
    import mlcroissant as mlc

    description = f"{(schema.__doc__ or '').strip()} {note}".strip()
    flat = [
        field for field in fields_of(schema) if not field.type.startswith("list") and "[]" not in field.name
    ]
    return mlc.RecordSet(
        id=config,
        name=config,
        description=description,
        key=[f"{config}/{field.name}" for field in flat if field.key],
        fields=[
            mlc.Field(
                id=f"{config}/{field.name}",
                name=field.name,
                description=field.description,
                data_types=[_data_type(field)],
                source=mlc.Source(
                    file_object=f"{config}/{SPLIT}.parquet", extract=mlc.Extract(column=field.name)
                ),
            )
            for field in flat
        ],
    )


def _data_type(field: Field) -> object:
    import mlcroissant as mlc

    if field.type == "boolean":
        return mlc.DataType.BOOL
    if field.type.startswith("float"):
        return mlc.DataType.FLOAT
    return mlc.DataType.INTEGER if field.type.startswith("int") else mlc.DataType.TEXT

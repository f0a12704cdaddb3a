"""Release: the folder that load_dataset loads. What others have published is not in it."""

from __future__ import annotations

from itertools import chain

import polars as pl

from pipeline.core.atomic import replacing
from pipeline.lens import about, places
from pipeline.lens.params import Params
from pipeline.lens.release import documents, tasks, validation
from pipeline.lens.release.configs import CONFIGS, tables
from pipeline.lens.release.dataset import DATASET
from pipeline.lens.release.manifest import FILE, manifest
from pipeline.release import checks, versions
from pipeline.release.configs import SPLIT
from pipeline.release.files import arrow, marked, write_checksums, write_parquet, write_text
from pipeline.step import Job, Step
from pipeline.step.about import licence_of
from pipeline.tables.places import DATA, Place
from pipeline.verdict import gate

FOLDER = places.LENS.home / DATA / "release" / "valact-lens"


def make(job: Job[Params]) -> None:
    params = job.params
    licence = licence_of(params.release.licence)
    configs = tables(
        job.read(places.SCENARIOS),
        job.read(places.ACTIONS),
        job.read(places.PAIRS),
        _of_all(job, places.ITS_RATINGS),
        _of_all(job, places.ITS_CHOICES),
        validation.table(job.read(places.ITEMS), job.read(places.JUDGEMENTS), params),
    )
    verdict = gate.read(job.root / places.GATE)
    with replacing(job.root / FOLDER) as new:
        for name, table in configs.items():
            write_parquet(marked(arrow(table), about.canary(params)), new / name / f"{SPLIT}.parquet")
        tasks.write(new, params.values, params.asked)
        write_text(documents.card(configs, new, params, verdict), new / "README.md")
        write_text(documents.codebook(params), new / "CODEBOOK.md")
        write_text(
            f"{about.title(params)} {params.release.version}\n\n{licence.name}: {licence.url}",
            new / "LICENSE",
        )
        write_text(manifest(new, params, verdict).json(), new / FILE)
        before = DATASET.previous(params.release.previous)
        write_text(versions.changelog(new, params.release.version, before, DATASET), new / versions.CHANGELOG)
        write_text(documents.croissant(new, params), new / "croissant.json")
        write_checksums(new)
        checks.must_hold(checks.card_faults(new, CONFIGS))


def _of_all(job: Job[Params], place: Place) -> pl.DataFrame:
    """The answers of every respondent of params; of nobody else."""
    found = (job.read(place, name) for name in job.params.respondents)
    return pl.concat(chain([place.schema.create_empty()], found))


STEP = Step(
    "release",
    make,
    inputs=(
        places.SCENARIOS,
        places.ACTIONS,
        places.PAIRS,
        places.ITEMS,
        places.JUDGEMENTS,
        places.ITS_RATINGS,
        places.ITS_CHOICES,
    ),
)

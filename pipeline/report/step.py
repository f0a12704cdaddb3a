"""Report: the analysis in sentences, tables and figures, as one HTML page and as Markdown."""

from __future__ import annotations

import shutil

from pipeline.report import catalogue, contents, render
from pipeline.step import Job, Step, about
from pipeline.tables import places
from pipeline.verdict import gate


def make(job: Job) -> None:
    params, data = job.params, job.root / places.DATA
    out = data / "report"
    tables = {name: job.read(place) for name, place in places.ANALYSIS.items()}
    tables["respondents"] = job.read(places.RESPONDENTS)
    shutil.rmtree(out, ignore_errors=True)
    drawn = catalogue.write(tables, params.values, out / "figures")
    built = contents.built_pictures(data / "plots")
    render.take_over(built, data / "plots", out / "figures")
    preface = [
        f"{about.title(params)}, version {params.release.version}. Intervals have a confidence of "
        f"{params.analysis.confidence:.0%}; what each resamples is in docs/statistics.md. Every number stands in "
        "the table that is named beside it.",
        about.notice(params),
    ]
    render.write(
        "Declared and enacted values",
        [line for line in preface if line],
        contents.sections(tables, params.values, drawn, built, gate.read(data / "validate/gate.json")),
        out,
    )


STEP = Step("report", make, inputs=(*places.ANALYSIS.values(), places.RESPONDENTS))

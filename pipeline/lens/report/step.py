"""Report: the analysis in sentences, tables and figures, as one HTML page and as Markdown."""

from __future__ import annotations

import shutil

from pipeline.lens import about, places
from pipeline.lens.params import Params
from pipeline.lens.report.figures import draw
from pipeline.lens.report.sections import sections
from pipeline.report import render
from pipeline.report.document import percent
from pipeline.step import Job, Step
from pipeline.tables.places import DATA

TITLE = "What they state, and what they would do"
READ = {
    "respondents": places.RESPONDENTS,
    "ratings": places.RATINGS,
    "choices": places.CHOICES,
    "enacted": places.ENACTED,
    "declared": places.DECLARED,
    "factors": places.SCORED_FACTORS,
    "actions": places.ACTIONS,
    "pairs": places.PAIRS,
    "lost": places.ASSEMBLE_LEDGER,
    **places.ANALYSIS,
}


def make(job: Job[Params]) -> None:
    params = job.params
    tables = {name: job.read(place) for name, place in READ.items()}
    out = job.root / places.LENS.home / DATA / "report"
    shutil.rmtree(out, ignore_errors=True)
    pictures = list(draw(tables, params.values, out / "figures"))
    lines = [
        about.notice(params),
        f"Written by {about.title(params)}, version {params.release.version}, after arXiv 2501.15463. Intervals have a "
        f"confidence of {percent(params.analysis.confidence)}; docs/statistics.md says what each resamples. The file "
        "beside a table or figure has its numbers with all digits.",
    ]
    found = [section for section in sections(tables, pictures) if not section.empty]
    render.write(TITLE, [line for line in lines if line], found, out)


STEP = Step("report", make, inputs=tuple(READ.values()))

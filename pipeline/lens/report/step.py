"""Report: the analysis in sentences, tables and figures, as one HTML page and as Markdown."""

from __future__ import annotations

import shutil

from pipeline.lens import about, places
from pipeline.lens.params import Params
from pipeline.lens.report import judged, page, people
from pipeline.report import populations
from pipeline.step import Job, Step
from pipeline.tables.places import DATA
from pipeline.verdict import gate

READ = {
    "respondents": places.RESPONDENTS,
    "ratings": places.RATINGS,
    "choices": places.CHOICES,
    "enacted": places.ENACTED,
    "declared": places.DECLARED,
    "factors": places.SCORED_FACTORS,
    "grid": places.FACTORS,
    "actions": places.ACTIONS,
    "pairs": places.PAIRS,
    "lost": places.ASSEMBLE_LEDGER,
    "predicted": places.PREDICTION_SCORES,
    "judged": places.JUDGED,
    "agreement": places.AGREEMENT,
    **places.ANALYSIS,
}


def make(job: Job[Params]) -> None:
    params = job.params
    tables = people.together({name: job.read(place) for name, place in READ.items()})
    out = job.root / places.LENS.home / DATA / "report"
    shutil.rmtree(out, ignore_errors=True)
    shown, simulated = populations.split(tables)
    if params.analysis.simulated == "together":
        shown, simulated = tables, None
    confidence, verdict = params.analysis.confidence, gate.read(job.root / places.GATE)
    lines = [
        about.notice(params),
        f"Written by {about.title(params)}, version {params.release.version}, after arXiv 2501.15463.",
    ]
    aside = []
    if simulated is not None:
        aside = ["Simulated respondents have a report of their own, in simulated/report.html."]
        title = f"{page.TITLE}: simulated respondents"
        page.write(simulated, params.values, confidence, out / "simulated", lines, title)
    judgements = judged.section(tables, verdict, params, out)
    page.write(shown, params.values, confidence, out, [*lines, *aside], judged=judgements)


STEP = Step("report", make, inputs=tuple(READ.values()))

"""Report: the analysis in sentences, tables and figures, as one HTML page and as Markdown."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.core.atomic import write_text
from pipeline.explore import page
from pipeline.explore.corpus import Corpus
from pipeline.report import answer, catalogue, contents, findings, freetext, populations, render, tracks
from pipeline.report.document import Section, percent
from pipeline.report.figure import Tables
from pipeline.report.rows import as_shown
from pipeline.series.folder import HOME
from pipeline.step import Job, Step, about
from pipeline.tables import places
from pipeline.verdict import gate
from pipeline.verdict.gate import Verdict

TITLE = "What they declare, and what they choose"


def make(job: Job) -> None:
    params, data = job.params, job.root / places.DATA
    tables = {name: job.read(place) for name, place in places.ANALYSIS.items()}
    tables["respondents"] = job.read(places.RESPONDENTS)
    out = data / "report"
    shutil.rmtree(out, ignore_errors=True)
    shown, simulated = populations.split(tables)
    if params.analysis.simulated == "together":
        shown, simulated = tables, None
    verdict = _verdict(data / "validate/gate.json")
    aside, series = [], tracks.read(job.root / HOME)
    if simulated is not None:
        aside = ["Simulated respondents have a report of their own, in simulated/report.html."]
        names = simulated["respondents"]["respondent"]
        theirs = [one for one in series if one.track.respondent in names]
        series = [one for one in series if one.track.respondent not in names]
        apart = out / "simulated"
        over_time = tracks.section(theirs, params.values, apart / "figures")
        _write(job, simulated, verdict, apart, [], f"{TITLE}: simulated respondents", [over_time])
    besides = [
        freetext.section(_in_words(job), params.values),
        tracks.section(series, params.values, out / "figures"),
    ]
    _write(job, shown, verdict, out, aside, TITLE, besides)
    corpus = Corpus(job.root, texts=params.release.text == "include")
    write_text(page.whole(corpus, params.values), out / page.NAME)


def _write(
    job: Job,
    tables: Tables,
    verdict: Verdict | None,
    out: Path,
    aside: list[str],
    title: str,
    besides: Sequence[Section],
) -> None:
    params, plots = job.params, job.root / places.DATA / "plots"
    own = _answered_own_questions(job, tables)
    drawn = catalogue.write(tables, params.values, out / "figures")
    built = contents.built_pictures(plots) if own else []
    render.take_over(built, plots, out / "figures")
    lines = [
        about.notice(params) if own else "",
        answer.who_answered(tables),
        answer.validation(verdict, own),
        *aside,
        f"Written by {about.title(params)}, version {params.release.version}. Intervals have a confidence of "
        f"{percent(params.analysis.confidence)}; docs/statistics.md says what each resamples. The "
        "file beside a table or "
        "figure has its numbers with all digits.",
    ]
    render.write(
        title,
        [line for line in lines if line],
        contents.sections(
            tables,
            params.values,
            drawn,
            built,
            verdict if own else None,
            besides,
        ),
        out,
        answers=findings.beside(answer.answers(tables, params.values), tables)
        if tables["respondents"].height
        else [],
        limits=answer.limits(tables, verdict, sample=about.is_sample(params), own=own),
        respondents=as_shown(tables),
        explorer=page.NAME if out == job.root / places.DATA / "report" else f"../{page.NAME}",
    )


def _answered_own_questions(job: Job, tables: Tables) -> bool:
    """Whether anybody of these answered questions of this run, or nobody has answered any: published answers are to
    questions of others, of which this run's validation and funnel say nothing."""
    asked = job.scan(places.CHOICES).join(tables["respondents"].lazy(), on="respondent", how="semi")
    if asked.select(pl.len()).collect().item() == 0:
        return tables["respondents"].is_empty() or not {"published"} & set(tables["respondents"]["kind"])
    own = job.scan(places.QUESTIONS).select("question_id")
    return bool(asked.join(own, on="question_id", how="semi").select(pl.len()).collect().item())


def _in_words(job: Job) -> Tables:
    """What `valact freetext` wrote, by name; nothing where it did not run."""
    found = {place.name: place for place in (places.FREE_SUMMARIES, places.FREE_VALUES, places.FREE_CHECKS)}
    if not all(job.path(place).exists() for place in found.values()):
        return {}
    return {name: job.read(place) for name, place in found.items()}


def _verdict(path: Path) -> Verdict | None:
    """The gate's verdict on the actions; None where stage validate has not run."""
    return gate.read(path) if path.exists() else None


STEP = Step(
    "report",
    make,
    inputs=(
        *places.ANALYSIS.values(),
        places.RESPONDENTS,
        places.CHOICES,
        places.SCORED_OPTIONS,
        places.SCORED_QUESTIONS,
        places.SCENARIOS,
        places.ACTIONS,
        places.QUESTIONS,
        places.OPTIONS,
        places.JUDGED_SCENARIOS,
        places.VOTES,
        places.DRAFTS,
        places.READINGS,
        places.ITEMS,
        places.JUDGEMENTS,
        places.ACTION_VERDICTS,
        places.FREE_SUMMARIES,
        places.FREE_VALUES,
        places.FREE_CHECKS,
    ),
)

"""Release: the folder that load_dataset loads, and the funnel from posts to questions."""

from __future__ import annotations

from pipeline import release
from pipeline.core.errors import InputError
from pipeline.release import authored, funnel, results, translated
from pipeline.release.checks import posts_are_the_samples
from pipeline.release.dealt import Dealt
from pipeline.step import Job, Step
from pipeline.step.about import is_sample
from pipeline.tables import Answers, places
from pipeline.tables.validity import ItemQuality
from pipeline.verdict import gate, judged
from pipeline.withdrawn.door import none_is_left
from pipeline.withdrawn.register import Register

FOLDER = "release/valact-15k"


def make(job: Job) -> None:
    params, data = job.params, job.root / places.DATA
    release.check_params(params)
    counts = funnel.count(data, params)
    if params.scrape.source == "sample":
        posts_are_the_samples(job.path(places.POSTS))
    takedowns = Register.open()
    verdict = gate.read(data / "validate/gate.json")
    none_is_left([data / "scrape", data / "filter", data / "judge", data / "assemble"], takedowns)
    handed_on = job.root / params.release.results
    options = job.read(places.OPTIONS)
    votes, actions = job.read(places.VOTES), job.read(places.ACTIONS)
    configs = release.tables(
        questions=job.read(places.QUESTIONS),
        options=options,
        scenarios=job.read(places.SCENARIOS),
        candidates=job.read(places.CANDIDATES),
        actions=actions,
        votes=votes,
        judged=judged.join(
            job.read(places.ITEMS),
            job.read(places.JUDGEMENTS),
            options,
            params.values,
            source=str(job.path(places.JUDGEMENTS)),
        ),
        verdicts=job.read(places.ACTION_VERDICTS),
        readings=job.read(places.READINGS),
        results=results.read(handed_on),
        answers=results.table(Answers, handed_on),
        item_quality=results.table(ItemQuality, handed_on),
        raters=verdict.kind,
        text=params.release.text,
        authored=None if is_sample(params) else authored.of_the_sample(job.root, Dealt.of(params)),
    )
    if params.release.languages:
        if not job.has(places.TRANSLATIONS):
            raise InputError(
                "there are no translations",
                where="release.languages",
                remedy="name the language in translate.languages, and run `valact translate`",
            )
        configs |= translated.of(
            params,
            configs,
            scenarios=job.read(places.SCENARIOS),
            actions=actions,
            options=options,
            translations=job.read(places.TRANSLATIONS),
            readings=job.read(places.TRANSLATION_READINGS),
        )
    release.build(
        configs,
        counts,
        params,
        data / FOLDER,
        takedowns.entries,
        verdict=verdict,
        answered={"votes": votes, "actions": actions},
    )
    funnel.write(
        counts,
        metrics_file=data / "metrics/funnel.json",
        table_file=data / "plots/funnel.csv",
        plot_file=data / "plots/funnel.svg",
    )


STEP = Step(
    "release",
    make,
    inputs=(
        places.POSTS,
        places.CANDIDATES,
        places.VOTES,
        places.SCENARIOS,
        places.ACTIONS,
        places.QUESTIONS,
        places.OPTIONS,
        places.ITEMS,
        places.JUDGEMENTS,
        places.ACTION_VERDICTS,
        places.READINGS,
        places.TRANSLATIONS,
        places.TRANSLATION_READINGS,
    ),
)

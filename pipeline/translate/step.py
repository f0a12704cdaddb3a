"""Translate: every scenario and action in the languages of params, checked, and read blindly in both languages.

No stage of dvc.yaml: `valact translate` runs it.
"""

from __future__ import annotations

import math
from itertools import chain

from pipeline.annotation import rounds
from pipeline.engine import Engine, Request
from pipeline.params import Params
from pipeline.step import FollowUp, Job, Step
from pipeline.tables import conform, places
from pipeline.tables.translate import TranslationReadings, TranslationReviews, Translations
from pipeline.translate import glossary
from pipeline.translate.bundles import Bundle, bundles
from pipeline.translate.findings import checks
from pipeline.translate.reading import READING, read
from pipeline.translate.reviews import take_over
from pipeline.translate.translator import TRANSLATION, Translator

# Share of scenarios of which something is translated again, where no recorded answers tell.
REPAIRS = 0.1
LABEL_TOKENS = 8
CHARACTERS_A_TOKEN = 2.5


def ask(job: Job) -> tuple[list[Bundle], list[dict[str, object]], list[dict[str, object]]]:
    """Every bundle with what became of its texts, and the rows of readings and of reviews."""
    settings = job.params.translate
    scenarios, actions = job.read(places.SCENARIOS), job.read(places.ACTIONS)
    terms = {language: glossary.load(settings.glossary, language) for language in settings.languages}
    done = [bundle for language in settings.languages for bundle in bundles(scenarios, actions, language)]
    Translator(job.answers, settings, terms).settle(done)
    # Before they are read: a mended text is read as it is now.
    reviewed = take_over(done, terms, job.root / rounds.TRANSLATIONS)
    return done, read(job.answers, done, job.params), reviewed


def make(job: Job) -> None:
    done, rows, reviewed = ask(job)
    texts = chain.from_iterable(bundle.texts.values() for bundle in done)
    translations = conform(Translations, [text.row for text in texts], where="translations")
    # An action is read once in English, however many languages there are.
    readings = conform(
        TranslationReadings,
        [*{(row["action_id"], row["language"], row["reader"]): row for row in rows}.values()],
        where="readings",
    )
    job.write(places.TRANSLATIONS, translations)
    job.write(places.TRANSLATION_READINGS, readings)
    job.write(places.TRANSLATION_REVIEWS, conform(TranslationReviews, reviewed, where="reviews"))
    if idle := sum(not row["current"] for row in reviewed):
        job.note(f"{idle:,} reviews are of texts that are others by now, and count for nothing")
    job.write(places.TRANSLATION_CHECKS, checks(translations, readings, job.params.analysis.confidence))


def follow_ups(params: Params, part: str) -> list[FollowUp]:
    """Of a scenario in every language: translating back, the readings in both languages, and repairs."""
    settings, languages = params.translate, len(params.translate.languages)
    actions = len(params.values) * len(params.generate.generators)
    readings = 2 * languages * math.ceil(actions / settings.batch)
    labels = LABEL_TOKENS * settings.batch
    return [
        FollowUp(languages, languages, model=settings.back, schema=TRANSLATION),
        *(FollowUp(readings, readings, name, tokens=labels, schema=READING) for name in settings.readers),
        FollowUp(
            REPAIRS * languages, settings.max_repairs * languages, model=settings.model, schema=TRANSLATION
        ),
    ]


def tokens(request: Request) -> float:
    """A translation is about as long as what is translated; languages of other scripts take more tokens for it."""
    return len(request.messages[-1].content) / CHARACTERS_A_TOKEN


STEP = Step(
    "translate",
    make,
    inputs=(places.SCENARIOS, places.ACTIONS),
    outputs=(
        places.TRANSLATIONS,
        places.TRANSLATION_READINGS,
        places.TRANSLATION_REVIEWS,
        places.TRANSLATION_CHECKS,
        places.TRANSLATE_TRANSCRIPTS,
    ),
    ask=ask,
    opens=Engine,
    models=lambda params, part: params.translate.models,
    follow_ups=follow_ups,
    tokens=tokens,
)

"""Free text: models say what they would do, and a panel of models codes it.

No stage of dvc.yaml: `valact freetext` runs it. The report reads what it writes.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.core.seeding import seeded_hash
from pipeline.engine import Engine, Request
from pipeline.freetext import asking, coding, findings
from pipeline.freetext.asking import Said
from pipeline.freetext.coding import CODE, Coded, Text
from pipeline.params import Params
from pipeline.step import FollowUp, Job, Step
from pipeline.tables import conform, places
from pipeline.tables.freetext import FreeAnswers, FreeCodes

# Share of answers in which two coders differ, where no recorded ones tell; an answer, and a code, in tokens; what the
# prompt of a coder has more than that of a respondent, in characters.
TIES, ANSWER_TOKENS, CODE_TOKENS, LONGER = 0.3, 60, 8, 2000


@dataclass(frozen=True, slots=True)
class Found:
    """What was said, all codes, and what raters agreed on of the actions among them."""

    said: list[Said]
    coded: list[Coded]
    seen: dict[str, str]


def ask(job: Job) -> Found:
    params = job.params
    scenarios = job.read(places.SCENARIOS)
    said = asking.ask(job.answers, asking.draw(scenarios, params.freetext.scenarios, params.seed), params)
    texts = [Text(one.subject, "answer", one.post, one.text) for one in said if one.text]
    seen, checks = _checks(job, scenarios)
    return Found(said, coding.code(job.answers, [*texts, *checks], params), seen)


def _checks(job: Job, scenarios: pl.DataFrame) -> tuple[dict[str, str], list[Text]]:
    """Actions that at least two raters agreed on, by id, and as texts to code; none where nobody has judged."""
    most, verdicts = job.params.freetext.checks, job.path(places.ACTION_VERDICTS)
    if not most or places.SCENARIOS in job.stand_ins or not verdicts.exists():
        return {}, []
    judged = job.read(places.ACTION_VERDICTS).filter(
        pl.col("consensus").is_not_null(), pl.col("judgements") > 1, pl.col("status") != "repaired"
    )
    seen = dict(judged.select("action_id", "consensus").iter_rows())
    posts = dict(scenarios.select("scenario_id", "text").iter_rows())
    actions = dict(job.read(places.ACTIONS).select("action_id", "text").iter_rows())
    there = [name for name in seen if name in actions and name.split(".")[0] in posts]
    there.sort(key=lambda name: seeded_hash(job.params.seed, "freetext check", name))
    texts = [Text(name, "action", posts[name.split(".")[0]], actions[name]) for name in sorted(there[:most])]
    return {text.subject: seen[text.subject] for text in texts}, texts


def make(job: Job) -> None:
    found, params = ask(job), job.params
    labels = coding.labels_of(found.coded)
    answers = conform(
        FreeAnswers,
        [
            {
                "respondent": one.respondent,
                "scenario_id": one.scenario_id,
                "status": one.response.status,
                "text": one.text,
                "code": coding.majority(labels.get(one.subject, [])),
                "request_key": one.request.key,
                "origin": one.response.origin,
            }
            for one in found.said
        ],
        where="answers in free text",
    )
    codes = [
        {
            "subject": one.text.subject,
            "coder": one.coder,
            "of": one.text.of,
            "label": one.label,
            "status": one.response.status,
            "request_key": one.request.key,
            "origin": one.response.origin,
        }
        for one in found.coded
    ]
    chosen = job.path(places.CHOICES)
    choices = job.read(places.CHOICES) if chosen.exists() else places.CHOICES.schema.create_empty()
    values = findings.values(answers, choices, params)
    job.write(places.FREE_ANSWERS, answers)
    job.write(places.FREE_CODES, conform(FreeCodes, codes, where="codes of free text"))
    job.write(places.FREE_VALUES, values)
    job.write(places.FREE_SUMMARIES, findings.summaries(answers, found.coded, values, params))
    job.write(places.FREE_CHECKS, findings.checked(found.coded, found.seen, params.validation.kind, params))


def models(params: Params, part: str) -> list[str]:
    """Respondents' models and the coders; nobody where no respondent is named."""
    if not params.freetext.respondents:
        return []
    panel, tie_breaker = coding.coders(params)
    answering = [asking.model_of(params, name) for name in params.freetext.respondents]
    return [*dict.fromkeys([*answering, *panel, *([tie_breaker] if tie_breaker else [])])]


def follow_ups(params: Params, part: str) -> list[FollowUp]:
    """Each answer is coded by the panel; where it differs, over an answer or a check, the text is coded once more."""
    panel, tie_breaker = coding.coders(params)
    found = [FollowUp(1, 1, name, LONGER, CODE_TOKENS, CODE, after="") for name in panel]
    if tie_breaker:
        found.append(FollowUp(TIES, 1, tie_breaker, LONGER, CODE_TOKENS, CODE, after=""))
        found.append(FollowUp(TIES, 1, tie_breaker, 0, CODE_TOKENS, CODE, after=CODE))
    return found


def tokens(request: Request) -> float:
    return CODE_TOKENS if request.schema else ANSWER_TOKENS


STEP = Step(
    "freetext",
    make,
    inputs=(places.SCENARIOS, places.ACTIONS, places.ACTION_VERDICTS, places.CHOICES),
    outputs=(
        places.FREE_ANSWERS,
        places.FREE_CODES,
        places.FREE_VALUES,
        places.FREE_SUMMARIES,
        places.FREE_CHECKS,
        places.FREE_TRANSCRIPTS,
    ),
    ask=ask,
    opens=Engine,
    models=models,
    follow_ups=follow_ups,
    tokens=tokens,
)

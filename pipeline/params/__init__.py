"""params.yaml as typed, validated settings.

``load`` is the only way in. An error names the key, the value that it holds and what is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import pydantic
from pydantic import Field, model_validator

from pipeline.core.documents import read_yaml
from pipeline.core.errors import ParamsError
from pipeline.params.analysis import Analysis
from pipeline.params.author import Author
from pipeline.params.base import Subreddit
from pipeline.params.build import Assemble, Generate, Judge, Quota, Release
from pipeline.params.common import Common
from pipeline.params.evaluation import Administer, Instruments, Respondents
from pipeline.params.freetext import Freetext
from pipeline.params.people import Forms
from pipeline.params.posts import Dates, Filter, Run, Score, Scrape
from pipeline.params.probe import Probe
from pipeline.params.publish import Publish
from pipeline.params.refresh import Refresh
from pipeline.params.translate import Translate
from pipeline.params.validation import Validation

PARAMS_FILE = Path("params.yaml")
PROFILES = Path("profiles")

Settings = TypeVar("Settings", bound=Common)


class Params(Common):
    """Everything that a run depends on besides its inputs and recorded answers."""

    categories: Annotated[dict[str, Annotated[list[Subreddit], Field(min_length=1)]], Field(min_length=1)]
    dates: Dates
    score: Score = Score()
    run: Run = Run()
    scrape: Scrape
    filter: Filter = Filter()
    judge: Judge
    quota: Quota
    generate: Generate
    assemble: Assemble = Assemble()
    validation: Validation = Validation()
    release: Release
    publish: Publish = Publish()
    refresh: Refresh = Refresh()
    instruments: Instruments = Field(default_factory=dict)
    respondents: Respondents = Field(default_factory=dict)
    administer: Administer = Administer()
    forms: Forms = Forms()
    analysis: Analysis = Analysis()
    probe: Probe = Probe()
    freetext: Freetext = Freetext()
    author: Author = Author()
    translate: Translate = Translate()

    @model_validator(mode="after")
    def _references(self) -> Params:
        seen: dict[str, str] = {}
        for category, subreddits in self.categories.items():
            for subreddit in subreddits:
                if subreddit.lower() in seen:
                    raise ValueError(
                        f"categories: r/{subreddit} is listed under both {seen[subreddit.lower()]!r} and {category!r}"
                    )
                seen[subreddit.lower()] = category
        for key, names in (
            ("judge.panel or judge.tie_breaker", self.judge.models),
            ("generate.generators", self.generate.generators),
            ("generate.reading.panel or generate.reading.tie_breaker", self.generate.reading.models),
            ("probe.models", self.probe.models),
            ("probe.likelihoods", self.probe.likelihoods),
            ("probe.paraphraser", [self.probe.paraphraser] if self.probe.paraphraser else []),
            ("freetext.coders or freetext.tie_breaker", self.freetext.models),
            ("translate.model, .back or .readers", self.translate.models),
            ("author.model", [self.author.model] if self.author.model else []),
            *(
                (f"respondents.{name}.model", [respondent.asks])
                for name, respondent in self.respondents.items()
                if respondent.asks is not None
            ),
        ):
            self.check_models(key, names)
        if not (self.validation.sample.plain_distractors or self.generate.reading.panel):
            raise ValueError(
                "validation.sample.plain_distractors: which actions show their value plainly is known where models "
                "read them; name readers in generate.reading.panel, or allow plain ones (true)"
            )
        for name, respondent in self.respondents.items():
            respondent.check(f"respondents.{name}", self.values)
        return self

    @property
    def category_of(self) -> dict[str, str]:
        """Category of each subreddit, keyed by the subreddit in lower case."""
        return {s.lower(): category for category, subreddits in self.categories.items() for s in subreddits}

    @property
    def subreddit_spelling(self) -> dict[str, str]:
        """Each subreddit as params spell it, keyed by lower case (Reddit does not distinguish case)."""
        return {s.lower(): s for subreddits in self.categories.values() for s in subreddits}


def load(path: Path | str = PARAMS_FILE) -> Params:
    """Reads and validates a params file; ParamsError names the key, its value and what is allowed."""
    return load_as(Params, path)


def load_as(kind: type[Settings], path: Path | str) -> Settings:
    """The params file of a recipe whose settings are of that kind."""
    path = Path(path)
    raw = read_yaml(path, kind=ParamsError, missing="run from the repository's root")
    return parse_as(kind, raw, where=str(path))


def parse(raw: Any, *, where: str) -> Params:
    """Validates already-read settings."""
    return parse_as(Params, raw, where=where)


def parse_as(kind: type[Settings], raw: Any, *, where: str) -> Settings:
    if not isinstance(raw, dict):
        raise ParamsError("a mapping of settings is needed", where=where)
    try:
        return kind.model_validate(raw)
    except pydantic.ValidationError as error:
        problems = error.errors(include_url=False)
        raise ParamsError(
            "\n".join(_explain(problem) for problem in problems),
            where=where,
            remedy="docs/design.md lists every parameter; profiles/ holds working examples",
        ) from None


def _explain(problem: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in problem["loc"]) or "the whole file"
    message = problem["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    if problem["type"] == "extra_forbidden":
        return f"{key}: there is no such parameter"
    if problem["type"] == "missing":
        return f"{key}: required, but missing"
    if isinstance(problem["input"], dict):
        return f"{key}: {message}"
    return f"{key}: {problem['input']!r} is not allowed: {message}"

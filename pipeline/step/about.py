"""What a run calls itself, from params alone: the sample is told from real posts wherever somebody reads."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.core.errors import ParamsError
from pipeline.params import Params
from pipeline.step import canary as canaries

NAME = "ValAct-15k"

# Who wrote the sample and judged its trial round: README, params, card and the round itself say it in these words.
SAMPLE_WRITTEN = (
    "The sample's posts, votes, actions and readings were written by a language model (Claude) under the direction of "
    "the authors of the ValAct software; none is an answer of GPT-4o, Qwen or any other model that was asked "
    "through the pipeline."
)
SAMPLE_JUDGED = (
    "The sample's trial round was judged by a language model (Claude), the one that wrote the texts, reading each item "
    "without what was intended; no expert and no other person judged."
)


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence by the identifier that dataset cards use."""

    id: str
    name: str
    url: str


LICENCES = {
    licence.id: licence
    for licence in (
        Licence("cc0-1.0", "CC0 1.0 Universal", "https://creativecommons.org/publicdomain/zero/1.0/"),
        Licence(
            "cc-by-4.0", "Creative Commons Attribution 4.0", "https://creativecommons.org/licenses/by/4.0/"
        ),
        Licence(
            "cc-by-sa-4.0",
            "Creative Commons Attribution-ShareAlike 4.0",
            "https://creativecommons.org/licenses/by-sa/4.0/",
        ),
        Licence(
            "cc-by-nc-4.0",
            "Creative Commons Attribution-NonCommercial 4.0",
            "https://creativecommons.org/licenses/by-nc/4.0/",
        ),
    )
}


def licence(params: Params) -> Licence:
    """The licence of the release; ParamsError names the known ones."""
    return licence_of(params.release.licence)


def licence_of(id_: str) -> Licence:
    """The licence of that identifier; ParamsError names the known ones."""
    try:
        return LICENCES[id_]
    except KeyError:
        raise ParamsError(
            f"release.licence: {id_!r} is not known; known are {', '.join(LICENCES)}", where="params.yaml"
        ) from None


def is_sample(params: Params) -> bool:
    return params.scrape.source == "sample"


def title(params: Params) -> str:
    return f"{NAME} (built-in sample)" if is_sample(params) else NAME


def canary(params: Params) -> str:
    """The line by which the files of this release are known."""
    return canaries.canary(title(params), params.release.repository)


def notice(params: Params) -> str:
    """What nobody may overlook; empty for a release of real posts."""
    if not is_sample(params):
        return ""
    return (
        f"This is the built-in sample. {SAMPLE_WRITTEN} They are not Reddit posts, and nobody in them exists. "
        "The sample shows what the pipeline makes; it measures nothing. "
        f"Licence: {licence(params).name}."
    )

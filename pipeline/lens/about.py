"""What a run of the lens calls itself, from params alone."""

from __future__ import annotations

from pipeline.lens.params import Params
from pipeline.step import canary as canaries

NAME = "ValueActionLens"
SAMPLE_WRITTEN = (
    "The sample's actions were written by a language model (Claude) under the direction of the authors of the ValAct "
    "software; none is an answer of a model that was asked through the pipeline. Its respondents are simulated."
)

SAMPLE_JUDGED = (
    "The sample's trial round was judged by a language model (Claude), the one that wrote the actions; no person and "
    "nobody of Germany or Uganda judged, and its three raters are one reading of that model and two variants of it."
)


def is_sample(params: Params) -> bool:
    """Whether the actions are those that we wrote."""
    return params.models[params.generate.generator].model.startswith("valact-lens-sample/")


def title(params: Params) -> str:
    return f"{NAME} (built-in sample)" if is_sample(params) else NAME


def canary(params: Params) -> str:
    """The line by which the files of this release are known."""
    return canaries.canary(title(params), params.release.repository)


def notice(params: Params) -> str:
    """What nobody may overlook; empty for a run that is no sample."""
    if not is_sample(params):
        return ""
    return f"This is the built-in sample. {SAMPLE_WRITTEN} It shows what the pipeline makes; it measures nothing."


WHAT = (
    "For each country, topic and value an action that expresses the value and one that opposes it, and what "
    "respondents state and choose."
)


def writing(params: Params) -> str:
    """Who wrote the actions."""
    if is_sample(params):
        return SAMPLE_WRITTEN
    return f"{params.models[params.generate.generator].model} wrote the actions."

"""Publish: the release to the Hub in one commit and one tag, when that is ordered; else, what would be published.

A token in the environment is no order: `valact release publish` gives it, and nothing else.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from pipeline.core import progress
from pipeline.publish import bundle as bundles
from pipeline.publish.receipt import describe, receipt, write
from pipeline.publish.target import Target
from pipeline.publish.valact import VALACT
from pipeline.step import Job, Step

# Set by the command for the stage that it runs: "release", or SETTINGS to change the repository's settings as well.
ORDER = "VALACT_PUBLISH"
SETTINGS = "settings"


def make(job: Job[Any], target: Target) -> None:
    """The stage of a data set, whose params have ``release`` and ``publish``."""
    params = job.params
    bundle = bundles.load(target.folder, params, target)
    bundles.verify(bundle)
    because = bundles.objections(bundle, params)
    order, token = os.environ.get(ORDER), os.environ.get("HF_TOKEN")
    if because or not order or not token:
        found = receipt(bundle, params, because=because or ["nobody has ordered it"])
    else:
        # The client library is only imported by those who publish.
        from pipeline.publish.publish import publish

        found = publish(bundle, params, token, change_settings=order == SETTINGS)
    write(found, target.receipt)
    progress.say(f"publish: {describe(found, bundle.size)}")


STEP = Step("publish", partial(make, target=VALACT))

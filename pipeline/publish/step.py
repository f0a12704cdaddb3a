"""Publish: the release to the Hub in one commit and one tag; without a token, what would be published."""

from __future__ import annotations

import os

from pipeline.core import progress
from pipeline.publish import bundle as bundles
from pipeline.publish.receipt import describe, receipt, write
from pipeline.step import Job, Step


def make(job: Job) -> None:
    params = job.params
    bundle = bundles.load(bundles.FOLDER, params)
    bundles.verify(bundle)
    because = bundles.objections(bundle, params)
    token = os.environ.get("HF_TOKEN")
    if because or not token:
        found = receipt(bundle, params, because=because or ["HF_TOKEN is not set"])
    else:
        # The client library is only imported by those who publish.
        from pipeline.publish.publish import publish

        found = publish(bundle, params, token)
    write(found)
    progress.say(f"publish: {describe(found, bundle.size)}")


STEP = Step("publish", make)

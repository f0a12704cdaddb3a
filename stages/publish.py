"""Publish: the release to the Hub in one commit and one tag; without a token, what would be published."""

import os

from pipeline.core import progress
from pipeline.params import Params
from pipeline.publish import bundle as bundles
from pipeline.publish.receipt import describe, receipt, write
from pipeline.step.run import stage


@stage("publish")
def main(params: Params) -> None:
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


if __name__ == "__main__":
    main()

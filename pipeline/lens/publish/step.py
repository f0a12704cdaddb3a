"""Publish: the release to the Hub in one commit and one tag, when that is ordered; else, what would be published."""

from __future__ import annotations

from functools import partial

from pipeline.lens.publish.target import LENS
from pipeline.publish.step import make
from pipeline.step import Step

STEP = Step("publish", partial(make, target=LENS))

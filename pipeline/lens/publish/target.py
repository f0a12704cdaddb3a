"""Publishing the lens: no text of others is in it, so nothing is held back."""

from __future__ import annotations

from pipeline.lens.release.dataset import DATASET
from pipeline.lens.release.step import FOLDER
from pipeline.lens.verify import verify
from pipeline.publish.target import Target

LENS = Target(
    dataset=DATASET,
    folder=FOLDER,
    verify=verify,
    closed=lambda folder, described: None,
    objections=lambda described, params: [],
    invented="whose actions and respondents are invented",
)

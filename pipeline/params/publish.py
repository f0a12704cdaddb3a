"""Publishing a built release on the Hugging Face Hub."""

from __future__ import annotations

from typing import Literal

from pipeline.params.base import Section


class Publish(Section):
    """How the repository is to be, and what may be published although it usually must not.

    ``private`` and ``gated`` hold for the repository from then on. ``pull_request`` proposes the release to a
    repository that exists, and tags it once it was merged.
    """

    private: bool = True
    gated: Literal["auto", "manual", False] = False
    pull_request: bool = False
    allow_unvalidated: bool = False
    allow_sample: bool = False

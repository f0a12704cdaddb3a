"""Where the lens holds its rounds, and whom its items want: people of their country."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.annotation.site import Site
from pipeline.lens.tables import NO, OWN_COUNTRY, ValuedItems
from pipeline.recipe import LENS


def _of_the_country(annotation: Mapping[str, Any]) -> bool:
    """Whether its rater does not say to be from elsewhere."""
    said = {
        choice
        for part in annotation.get("result") or ()
        if isinstance(part, Mapping) and part.get("from_name") == OWN_COUNTRY
        for choice in (part.get("value") or {}).get("choices") or ()
    }
    return NO not in said


SITE = Site(LENS.home, ValuedItems, _of_the_country)

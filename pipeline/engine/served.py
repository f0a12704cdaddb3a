"""Whether the model that answered is the one that was asked."""

from __future__ import annotations

import re
from collections.abc import Iterable

# What vendors add to a model's name for one dated or numbered version of it.
_VERSION = re.compile(r"(?:[-@:](?:\d[\d.-]*|latest|preview|v\d[\d.]*))+", re.IGNORECASE)


def substitutes(requested: str, served: Iterable[str]) -> list[str]:
    """The served model ids that are neither the one requested nor a version of it: a vendor answers with another
    model, as some do after a shutdown."""
    wanted = _bare(requested)
    return [
        model
        for model in sorted(served)
        if _bare(model) != wanted
        and not (_bare(model).startswith(wanted) and _VERSION.fullmatch(_bare(model)[len(wanted) :]))
    ]


def _bare(model: str) -> str:
    """Without the path that some servers put before a name."""
    return model.rsplit("/", 1)[-1].lower()

"""What a kind of respondent is. Each is one file in ``pipeline/administer/respondents``, whose name params give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.params.evaluation import Respondent

if TYPE_CHECKING:
    from pipeline.administer.answers import Answers
    from pipeline.administer.asking import Read
    from pipeline.administer.design import Material
    from pipeline.engine import Answerer
    from pipeline.params import Params


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """``settings``: what params may say of one. ``answers`` makes the tables of the respondent of a name; for a kind
    with ``ask`` from what it was asked, for one without (None: it asks nobody) by itself.

    Params read the settings, so a file imports what asks or draws only when that is done.
    """

    settings: type[Respondent]
    answers: Callable[[str, Params, Material, Read | None], Answers]
    ask: Callable[[Answerer, str, Params, Material], Read] | None = None
